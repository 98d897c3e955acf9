//! Which faults of meaning only follow from a fault of form.
//!
//! Where a value could not be read, another stands in for it ([`Read::stand_in`](super::Read::stand_in)), so that everything
//! around it is still judged, and a file's faults are told all at once. What is then found only because of the stand-in would send
//! its reader after a fault that is not there; it is left out here.

use super::{Fault, FaultKind};

/// Whether a fault of meaning rests on a value that could not be read.
pub(super) fn follows(fault: &Fault, of_form: &[Fault]) -> bool {
    let unread = || of_form.iter().map(|other| other.path.as_str()).filter(|path| decides(path));
    let among = |list: &str, keys: &[&str]| unread().any(|path| is_of(path, list, keys));
    if of_form.iter().any(|other| is_within(&fault.path, &other.path)) {
        return true;
    }
    match &fault.kind {
        FaultKind::UnknownCategory { .. }
        | FaultKind::MinimumAboveMaximum { .. }
        | FaultKind::PartsAboveMaximum { .. } => among("category", &["code"]),
        FaultKind::Undeclared { what, .. } => among(what.trim_matches(['[', ']']), &["code"]),
        FaultKind::Overlap { .. }
        | FaultKind::Doubled { .. }
        | FaultKind::SecondWindow { .. }
        | FaultKind::NoCommonDay { .. } => {
            let list = fault.path.split('[').next().unwrap_or_default();
            unread().any(|path| is_of(path, list, &[]))
        }
        FaultKind::WrongUnit { .. } => unread().any(|path| is_within("unit.name", path)),
        FaultKind::ShareDisagrees { .. } => {
            unread().any(|path| is_within(path, &fault.path) || is_within("total.min", path))
        }
        // These look at several keys of a table: of the one that the fault names, or, where it names the table, of this.
        FaultKind::Combination { .. } | FaultKind::OutOfRange { .. } | FaultKind::EmptyPeriod { .. } => {
            let subjects = fault.path.ends_with(".choose") || fault.path.ends_with(".subjects_only");
            let table = match fault.path.rsplit_once('.') {
                Some((table, _)) if !matches!(fault.kind, FaultKind::OutOfRange { .. }) => table,
                _ => &fault.path,
            };
            unread().any(|path| is_within(path, table) || is_within(path, &fault.path))
                || (subjects && (among("subject", &["category"]) || among("category", &["code"])))
        }
        _ => false,
    }
}

/// Whether anything else is judged by what stands at a path.
fn decides(path: &str) -> bool {
    path == "unit.name" || !matches!(path.rsplit('.').next(), Some("cite" | "note" | "title" | "name" | "place"))
}

/// Whether `path` is `other` or stands inside it.
fn is_within(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether `path` is a list, one of its entries as a whole, or one of `keys` of an entry (any key, where none is named).
fn is_of(path: &str, list: &str, keys: &[&str]) -> bool {
    let Some(rest) = path.strip_prefix(list) else { return false };
    match rest.split_once("].") {
        Some((index, key)) => index.starts_with('[') && (keys.is_empty() || keys.contains(&key)),
        None => rest.is_empty() || rest.starts_with('['),
    }
}
