//! What is declared of one achievement, and who is listed as exempt.

use crate::{kernel::Hours, policy::CategoryCode, words};
use std::collections::BTreeMap;
use time::{Date, Duration};

/// What a learner or an office declares of one achievement, after its form was checked.
///
/// No rule asks for a title, a number or a name, so none is here: only whether the document is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// The code of its `[[recognition]]`.
    pub kind: String,
    /// The category, where the rule lets the claim name one.
    pub category: Option<CategoryCode>,
    /// The first day of the activity or the project.
    pub first_on: Option<Date>,
    /// Its last day.
    pub last_on: Option<Date>,
    /// The day on the certificate.
    pub certificate_on: Option<Date>,
    /// The day of grant, issue or affirmation.
    pub granted_on: Option<Date>,
    /// The day on which the project was concluded (结题).
    pub concluded_on: Option<Date>,
    /// The days it took, travel included; absent for every day from the first to the last.
    pub days: Option<u32>,
    /// How many of them were travel.
    pub travel_days: u32,
    /// The hours that the organiser's document states.
    pub stated: Option<Hours>,
    /// Whether that document, or the one that proves the achievement, is named with its title or its number.
    pub document_named: bool,
    /// The rank among the authors, from 1.
    pub rank: Option<u32>,
    /// The role, in the words of the rule.
    pub role: Option<String>,
    /// The level, in the words of the rule.
    pub level: Option<String>,
    /// The kinds of evidence attached, in the words of the rule.
    pub evidence: Vec<String>,
    /// Whether it lies in the person's own field.
    pub own_field: Option<bool>,
    /// The conditions that the rule has in words, and whether each is declared to hold.
    pub conditions: BTreeMap<String, bool>,
    /// The hours of the plan as filed and determined, where one was.
    pub filed: Option<Hours>,
    /// What the reviewer granted, once one did.
    pub granted: Option<Grant>,
}

/// What a reviewer granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// How many hours.
    pub hours: Hours,
    /// Whether a reason was given.
    pub reason_given: bool,
}

/// That a person stands on the list of an authority, for a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The code of its `[[exemption]]`.
    pub kind: String,
    /// The policy year.
    pub year: i32,
}

words! {
    /// The days of a claim.
    pub enum DayOf {
        /// The first day.
        FirstOn = "first_on",
        /// The last day.
        LastOn = "last_on",
        /// The day on the certificate.
        CertificateOn = "certificate_on",
        /// The day of grant, issue or affirmation.
        GrantedOn = "granted_on",
        /// The day of conclusion.
        ConcludedOn = "concluded_on",
    }
}

impl Claim {
    /// The days that are declared, each with its name.
    pub fn named_days(&self) -> impl Iterator<Item = (DayOf, Date)> {
        let all = [DayOf::FirstOn, DayOf::LastOn, DayOf::CertificateOn, DayOf::GrantedOn, DayOf::ConcludedOn];
        all.into_iter().filter_map(|of| Some((of, self.day(of)?)))
    }

    /// One of the days.
    #[must_use]
    pub const fn day(&self, of: DayOf) -> Option<Date> {
        match of {
            DayOf::FirstOn => self.first_on,
            DayOf::LastOn => self.last_on,
            DayOf::CertificateOn => self.certificate_on,
            DayOf::GrantedOn => self.granted_on,
            DayOf::ConcludedOn => self.concluded_on,
        }
    }

    /// The first and the last day that it takes. Where the first is not declared, that is as many days back as it took, itself included.
    #[must_use]
    pub fn days_taken(&self) -> Option<(Date, Date)> {
        let last = self.last_on?;
        let back = self.days.unwrap_or(1).saturating_sub(1);
        let first = self.first_on.or_else(|| last.checked_sub(Duration::days(back.into())))?;
        Some((first, last))
    }

    /// Whether two claims of one person may be of one thing: they take the same days, or are of one kind and name the same day.
    /// Nothing follows from it here; whoever decides looks at both.
    #[must_use]
    pub fn resembles(&self, other: &Self) -> bool {
        let overlap = |((from, until), (other_from, other_until)): ((Date, Date), (Date, Date))| {
            from <= other_until && other_from <= until
        };
        let names = |day: (DayOf, Date)| day.0 != DayOf::FirstOn && other.day(day.0) == Some(day.1);
        self.days_taken().zip(other.days_taken()).is_some_and(overlap)
            || (self.kind == other.kind && self.named_days().any(names))
    }
}
