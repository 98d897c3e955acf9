//! Words for people, in both languages, and which of the two a caller wants.

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{ACCEPT_LANGUAGE, HeaderMap},
};
use std::{
    borrow::Cow,
    convert::Infallible,
    fmt::Display,
    future::{Ready, ready},
};

/// The languages the service speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Simplified Chinese, the default.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The tag for `Content-Language`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The language an `Accept-Language` value asks for: the highest quality wins, then the first named; Chinese where
    /// neither language is named.
    #[must_use]
    pub fn negotiate(accept: &str) -> Self {
        let mut best: Option<(u16, Self)> = None;
        for item in accept.split(',') {
            let mut parts = item.split(';').map(str::trim);
            let language = match parts.next().map(primary_subtag).as_deref() {
                Some("zh" | "*") => Self::Chinese,
                Some("en") => Self::English,
                _ => continue,
            };
            let quality = parts.find_map(|p| p.strip_prefix("q=")).map_or(1000, thousandths);
            if quality > best.map_or(0, |(q, _)| q) {
                best = Some((quality, language));
            }
        }
        best.map_or(Self::Chinese, |(_, language)| language)
    }

    /// The language that these request headers ask for.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).map_or(Self::Chinese, Self::negotiate)
    }
}

fn primary_subtag(tag: &str) -> String {
    tag.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

/// A quality value as thousandths; what is not one counts as not acceptable.
fn thousandths(quality: &str) -> u16 {
    let (whole, part) = quality.split_once('.').unwrap_or((quality, ""));
    if !matches!(whole, "0" | "1") || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    let part: u16 = format!("{part:0<3}").parse().unwrap_or(0);
    if whole == "1" { 1000 } else { part }
}

impl FromRequest for Language {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request.headers())))
    }
}

/// One saying in both languages. What leaves the service is always one of the two, never a mixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Text {
    /// Both sayings of one thing.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// A saying that is the same in both languages: a name, a number, a quotation.
    pub fn same(text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        Self { zh: text.clone(), en: text }
    }

    /// Bounds in words; two that are one number are said as that number.
    pub(crate) fn between(from: impl Display, to: impl Display) -> Self {
        let (from, to) = (from.to_string(), to.to_string());
        if from == to { Self::same(from) } else { Self::new(format!("{from} 至 {to}"), format!("{from} to {to}")) }
    }

    /// The saying in one language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_are_one_number_are_said_once() {
        assert_eq!(Text::between(5, 20), Text::new("5 至 20", "5 to 20"));
        assert_eq!(Text::between(18, 18), Text::same("18"));
    }

    #[test]
    fn the_language_with_the_highest_quality_wins() {
        for (accept, language) in [
            ("", Language::Chinese),
            ("en", Language::English),
            ("en-GB,zh;q=0.9", Language::English),
            ("en;q=0.8, zh-CN", Language::Chinese),
            ("zh;q=0.1, EN;q=0.2", Language::English),
            ("fr, de;q=0.9", Language::Chinese),
            ("fr, en;q=0.1", Language::English),
            ("*, en;q=0.5", Language::Chinese),
            ("en;q=0", Language::Chinese),
            ("en;q=nonsense", Language::Chinese),
            ("zh, en", Language::Chinese),
            ("en, zh", Language::English),
        ] {
            assert_eq!(Language::negotiate(accept), language, "{accept}");
        }
    }
}
