//! Codes that are paths, their parts divided by dots: `public.required` lies within `public`.

/// Whether `path` is `upper` or lies below it.
#[must_use]
pub fn is_within(path: &str, upper: &str) -> bool {
    path.strip_prefix(upper).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
