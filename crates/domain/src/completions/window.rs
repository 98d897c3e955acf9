//! When a completion had to be done.

use super::{Reason, ReasonKind};
use crate::policy::shape::{CategoryCode, MakeUp, MakeUpMode, Rules};
use time::Date;

/// What the study windows of a year say about a completion of `category` on `day`; without one, those of all categories.
pub(super) fn within_year(rules: &Rules, category: Option<&CategoryCode>, day: Date) -> Vec<Reason> {
    let binds = |of: &CategoryCode| category.is_some_and(|category| category.is_within(of));
    let binding = rules.study_window.iter().filter(|window| window.category.as_ref().is_none_or(binds));
    let mut reasons = Vec::new();
    for window in binding {
        let kind = match (window.opens_on, window.on_time_until, window.closes_on) {
            (Some(opens_on), _, _) if day < opens_on => ReasonKind::CompletedBeforeWindow { opens_on },
            (_, _, Some(closes_on)) if day > closes_on => ReasonKind::CompletedAfterWindow { closes_on },
            (_, Some(on_time_until), _) if day > on_time_until => ReasonKind::CompletedLate { on_time_until },
            _ => continue,
        };
        reasons.push(Reason::cited(kind, &window.cite));
    }
    reasons
}

/// What the provision for an earlier year says about a completion on `day`.
pub(super) fn making_up(make_up: &MakeUp, year: i32, day: Date) -> Vec<Reason> {
    let kind = match (make_up.mode, make_up.closes_on) {
        // What a provision of another year gives to the year of its completion, the rules of the completion's year do not.
        (MakeUpMode::None | MakeUpMode::YearOfCompletion, _) => ReasonKind::MakeUpNotAllowed { year },
        (_, Some(closes_on)) if day > closes_on => ReasonKind::MakeUpClosed { year, closes_on },
        _ => return Vec::new(),
    };
    vec![Reason::cited(kind, &make_up.cite)]
}
