//! Dimensions 3 and 4: the unit, the tree of categories with minima and maxima, and fixed subjects.

use crate::{
    kernel::{Hours, is_within},
    policy::reader::{Cite, Read, Reader, section},
    words,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use toml::{Spanned, de::DeValue};

/// The path of a category in the tree, parts divided by dots: `public`, `public.required`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoryCode(String);

impl CategoryCode {
    /// A code as given; whether a tree has it is the tree's to say.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code one step up, `None` at the top.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('.').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Whether this is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        is_within(&self.0, &other.0)
    }
}

impl fmt::Display for CategoryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Read for CategoryCode {
    fn expected() -> String {
        "the code of a category in quotes, such as \"public\" or \"public.required\"".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        match value.get_ref() {
            DeValue::String(text) if text.split('.').all(part) => Some(Self(text.as_ref().to_owned())),
            _ => reader.wrong(value),
        }
    }

    fn stand_in() -> Option<Self> {
        Some(Self(String::new()))
    }
}

words! {
    /// The units in which hours are counted. They are never converted into one another.
    pub enum UnitName {
        /// 学时.
        StudyHour = "学时",
        /// 小时.
        Hour = "小时",
        /// 学分.
        CreditPoint = "学分",
    }
}

section! {
    /// The unit of every amount of hours in the file.
    pub struct Unit {
        /// Its name.
        name: UnitName,
        /// About how many minutes one is, where the documents say so. A description, never a factor.
        minutes_about: Option<u32>,
        /// What a day is worth where a rule counts days.
        hours_per_day: Option<Hours>,
        /// What never counts as study time, for instance travel.
        excluded: Vec<Excluded>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

words! {
    /// Time that never counts as study.
    pub enum Excluded {
        /// Days of travel.
        Travel = "travel",
    }
}

words! {
    /// Of which total a share is taken.
    pub enum ShareOf {
        /// Of the hours that the rule asks for.
        RequiredTotal = "required_total",
        /// Of the hours that the learner earned.
        EarnedTotal = "earned_total",
    }
}

section! {
    /// A share of a total, as the documents print it beside or instead of a figure.
    pub struct Share {
        /// Numerator.
        numerator: i64,
        /// Denominator.
        denominator: i64,
        /// Of which total.
        of: ShareOf,
    }
}

section! {
    /// A node of the tree of categories.
    pub struct Category {
        /// Its path.
        code: CategoryCode,
        /// Its name in the documents.
        name: String,
        /// The least hours a year.
        min: Option<Hours>,
        /// The most hours that count a year.
        max: Option<Hours>,
        /// The same minimum as a share, where the documents print one.
        share: Option<Share>,
        /// How many of its declared subjects must be completed.
        choose: Option<u32>,
        /// Whether only its declared subjects count.
        subjects_only: Option<bool>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// What all categories together must reach.
    pub struct Total {
        /// The least hours a year.
        min: Hours,
        /// The most hours that count a year.
        max: Option<Hours>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// A subject that the authority fixed for the year.
    pub struct Subject {
        /// The code that courses of this subject carry.
        code: String,
        /// The title in the documents.
        title: String,
        /// The category it belongs to.
        category: CategoryCode,
        /// What it is worth.
        hours: Hours,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}
