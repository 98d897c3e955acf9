//! Dimension 1: whose rules these are, for which year, and the documents they rest on.

use crate::{
    kernel::PlaceCode,
    policy::reader::{Cite, Read, Reader, section},
};
use std::collections::BTreeMap;
use time::Date;
use toml::{Spanned, de::DeValue};

section! {
    /// Whose rules, for which year.
    pub struct Identity {
        /// The node of the administration tree.
        place: PlaceCode,
        /// The one policy year; or else `years_from`.
        year: Option<i32>,
        /// The first of an open row of years (a fallback layer).
        years_from: Option<i32>,
        /// What the rules are called.
        title: String,
        /// First day on which the documents are in force, if it matters. Not evaluated yet.
        from: Option<Date>,
        /// First day on which they no longer are (half-open). Not evaluated yet.
        until: Option<Date>,
        /// What the documents leave open as a whole.
        note: Option<String>,
        /// The document that sets the rules.
        cite: Cite,
    }
}

impl Identity {
    /// The first policy year the rules answer for.
    #[must_use]
    pub fn first_year(&self) -> i32 {
        self.year.or(self.years_from).unwrap_or(i32::MAX)
    }

    /// The last policy year the rules answer for; `None` for an open row.
    #[must_use]
    pub const fn last_year(&self) -> Option<i32> {
        self.year
    }

    /// Whether the rules answer for a policy year.
    #[must_use]
    pub fn covers(&self, year: i32) -> bool {
        self.first_year() <= year && self.last_year().is_none_or(|last| year <= last)
    }
}

section! {
    /// A document as issued.
    pub struct Document {
        /// Its number, for instance `陕人社函〔2020〕354号`, or its title where it has none.
        number: String,
        /// Its title.
        title: String,
        /// Who issued it.
        issuer: String,
        /// The day it was signed.
        signed_on: Option<Date>,
        /// The day it was printed.
        printed_on: Option<Date>,
        /// The day from which it is in force, where it says so.
        in_force_from: Option<Date>,
        /// Whether the document itself was read, or is only relied on by one that was.
        relied_on_by: Option<String>,
        /// Anything a reader should know.
        note: Option<String>,
    }
}

/// The documents of a rule file by the short key that its citations use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents(pub BTreeMap<String, Document>);

impl Read for Documents {
    fn expected() -> String {
        "one table for each document: [document.<key>]".to_owned()
    }

    fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            return reader.section(value, &[]).map(|_| Self::default());
        };
        let mut documents = BTreeMap::new();
        for (key, value) in table {
            let key = key.get_ref().as_ref();
            if let Some(document) = reader.within(key, |reader| Document::read(value, reader)) {
                reader.documents.insert(key.to_owned(), document.number.clone());
                documents.insert(key.to_owned(), document);
            } else {
                // The key is known even where its table has faults, so that citations of it are not faulted too.
                reader.documents.insert(key.to_owned(), key.to_owned());
            }
        }
        Some(Self(documents))
    }

    fn stand_in() -> Option<Self> {
        Some(Self::default())
    }
}
