//! A further division code of a place: what it ends, and when it is refused.

use super::{CodeSystem, DatedCode, PlaceTree};
use crate::kernel::PlaceCode;
use thiserror::Error;
use time::Date;

/// Why a place is not given a further division code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CodeRefusal {
    /// A text that the system does not issue as a code.
    #[error("{0} issues no such code")]
    Form(CodeSystem),
    /// The last day is before the first.
    #[error("the code ends before it begins")]
    EndsBeforeItBegins,
    /// The place never had the code that is said to be succeeded, in this system.
    #[error("the place never had the code that is said to be succeeded")]
    NothingToSucceed,
    /// The code that is said to be succeeded begins on the same day or later.
    #[error("the code to be succeeded begins on {from_on} only")]
    SucceedsALaterCode {
        /// Its first day.
        from_on: Date,
    },
    /// The code leads to another place, by whatever system and whenever.
    #[error("the code leads to {place}")]
    LeadsElsewhere {
        /// That place.
        place: PlaceCode,
    },
    /// Another code of the same system stands for the place on some of the days.
    #[error("{} stands for the place on some of these days", .with.code)]
    Overlaps {
        /// That code.
        with: DatedCode,
    },
}

impl CodeSystem {
    /// Whether a text has the form of this system's codes: six digits, or for statistical codes also nine or twelve, which name
    /// what lies below a county.
    #[must_use]
    pub fn may_issue(self, code: &str) -> bool {
        let long_enough = match self {
            Self::Gb2260 => code.len() == 6,
            Self::Statistical => matches!(code.len(), 6 | 9 | 12),
        };
        long_enough && code.bytes().all(|b| b.is_ascii_digit())
    }
}

impl PlaceTree {
    /// The rows to keep so that a place gets a further code: the code itself and, where it `succeeds` another one of the same
    /// system that would still stand then, that one with the day before as its last. With these rows the tree stays a tree, and
    /// no place has two codes of one system on one day.
    ///
    /// # Errors
    /// Everything that speaks against it, all at once. The place must exist.
    pub fn admit_code(&self, code: DatedCode, succeeds: Option<&str>) -> Result<Vec<DatedCode>, Vec<CodeRefusal>> {
        let mut refusals = Vec::new();
        if !code.system.may_issue(&code.code) {
            refusals.push(CodeRefusal::Form(code.system));
        }
        if code.until_on.is_some_and(|last| last < code.from_on) {
            refusals.push(CodeRefusal::EndsBeforeItBegins);
        }
        if let Some(other) = self.find(&code.code).filter(|node| node.code != code.place) {
            refusals.push(CodeRefusal::LeadsElsewhere { place: other.code.clone() });
        }
        let of_system = || self.codes(&code.place).iter().filter(|other| other.system == code.system);
        let mut ended = None;
        if let Some(named) = succeeds {
            let rows = || of_system().filter(|other| other.code == named);
            let before = rows().filter(|other| other.from_on < code.from_on).max_by_key(|other| other.from_on);
            match (before, rows().map(|other| other.from_on).min()) {
                (Some(before), _) => ended = end_before(before, code.from_on),
                (None, Some(from_on)) => refusals.push(CodeRefusal::SucceedsALaterCode { from_on }),
                (None, None) => refusals.push(CodeRefusal::NothingToSucceed),
            }
        }
        let stays = |other: &&DatedCode| {
            ended.as_ref().is_none_or(|end: &DatedCode| (&end.code, end.from_on) != (&other.code, other.from_on))
        };
        let overlapping = of_system().filter(stays).filter(|other| other.overlaps(&code));
        refusals.extend(overlapping.map(|with| CodeRefusal::Overlaps { with: with.clone() }));
        if refusals.is_empty() { Ok(ended.into_iter().chain([code]).collect()) } else { Err(refusals) }
    }
}

/// The code with the day before `from_on` as its last, where it would still stand then.
fn end_before(before: &DatedCode, from_on: Date) -> Option<DatedCode> {
    let stands = before.until_on.is_none_or(|last| from_on <= last);
    stands.then(|| DatedCode { until_on: from_on.previous_day(), ..before.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{PlaceLevel, PlaceNode};
    use proptest::prelude::*;
    use time::macros::date;

    fn code(code: &str, from_on: Date, until_on: Option<Date>) -> DatedCode {
        let place = "610928".parse().unwrap();
        DatedCode { system: CodeSystem::Gb2260, code: code.to_owned(), place, from_on, until_on, name: None }
    }

    fn tree(codes: Vec<DatedCode>) -> PlaceTree {
        let node = |code: &str, parent: Option<&str>, level| PlaceNode {
            code: code.parse().unwrap(),
            name: code.to_owned(),
            parent: parent.map(|parent| parent.parse().unwrap()),
            level,
        };
        let nodes = vec![
            node("610000", None, PlaceLevel::Province),
            node("610928", Some("610000"), PlaceLevel::County),
            node("610929", Some("610000"), PlaceLevel::County),
        ];
        PlaceTree::new(nodes, codes).unwrap()
    }

    const OLD: Date = date!(1980 - 01 - 01);
    const NEW: Date = date!(2021 - 01 - 01);

    #[test]
    fn a_code_ends_on_the_day_before_its_successor_begins() {
        let tree = tree(vec![code("610928", OLD, None)]);
        let rows = tree.admit_code(code("610981", NEW, None), Some("610928")).unwrap();
        assert_eq!(rows, [code("610928", OLD, Some(date!(2020 - 12 - 31))), code("610981", NEW, None)]);
    }

    #[test]
    fn a_code_that_ended_before_stays_as_it_was() {
        let until = Some(date!(2020 - 06 - 30));
        let rows = tree(vec![code("610928", OLD, until)]).admit_code(code("610981", NEW, None), Some("610928"));
        assert_eq!(rows.unwrap(), [code("610981", NEW, None)]);
    }

    #[test]
    fn codes_of_one_system_never_overlap() {
        let old = code("610928", OLD, Some(date!(2021 - 01 - 01)));
        let tree = tree(vec![old.clone()]);
        let refused = tree.admit_code(code("610981", NEW, None), None).unwrap_err();
        assert_eq!(refused, [CodeRefusal::Overlaps { with: old }]);
        assert!(tree.admit_code(code("610981", date!(2021 - 01 - 02), None), None).is_ok());
        let statistical = DatedCode { system: CodeSystem::Statistical, ..code("610928", NEW, None) };
        assert!(tree.admit_code(statistical, None).is_ok());
    }

    #[test]
    fn everything_that_speaks_against_a_code_is_said_at_once() {
        let tree = tree(vec![code("610928", NEW, None)]);
        let refused = tree.admit_code(code("610929", OLD, Some(date!(1979 - 12 - 31))), Some("610928")).unwrap_err();
        let elsewhere = CodeRefusal::LeadsElsewhere { place: "610929".parse().unwrap() };
        let later = CodeRefusal::SucceedsALaterCode { from_on: NEW };
        assert_eq!(refused, [CodeRefusal::EndsBeforeItBegins, elsewhere, later]);
        let refused = tree.admit_code(code("61098", OLD, Some(OLD)), Some("610900")).unwrap_err();
        assert_eq!(refused, [CodeRefusal::Form(CodeSystem::Gb2260), CodeRefusal::NothingToSucceed]);
    }

    proptest! {
        #[test]
        fn whatever_is_admitted_leaves_a_tree_with_one_code_a_day(
            wanted in prop::collection::vec((0_u8..4, 0_i32..20, prop::option::of(0_i32..20), prop::option::of(0_u8..4)), 1..10),
        ) {
            let day = |n: i32| Date::from_julian_day(2_459_000 + n).unwrap();
            let name = |n: u8| format!("61098{n}");
            let mut rows: Vec<DatedCode> = Vec::new();
            for (which, from, until, succeeds) in wanted {
                let further = code(&name(which), day(from), until.map(day));
                let Ok(admitted) = tree(rows.clone()).admit_code(further, succeeds.map(name).as_deref()) else { continue };
                for row in admitted {
                    rows.retain(|other| (&other.code, other.from_on) != (&row.code, row.from_on));
                    rows.push(row);
                }
                tree(rows.clone());
                for n in 0..25 {
                    prop_assert!(rows.iter().filter(|row| row.holds_on(day(n))).count() <= 1);
                }
            }
        }
    }
}
