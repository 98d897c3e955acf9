//! Dimension 2: when a year is open, when study must be done, and other dates.

use super::{CategoryCode, Who};
use crate::{
    policy::reader::{Cite, section},
    words,
};
use time::Date;

words! {
    /// What a year asks of somebody whose service begins within it.
    pub enum OwedOnEntry {
        /// All that it asks of others.
        All = "all",
        /// Nothing.
        Nothing = "nothing",
    }
}

section! {
    /// When the year closes. Until then a shortfall is what is still to do.
    pub struct Year {
        /// The last day of the year; absent where the documents leave it open, and then the year stays open.
        closes_on: Option<Date>,
        /// What the year asks of somebody whose service begins within it, after its first day; absent where the documents are silent, and then an office decides.
        owed_on_entry: Option<OwedOnEntry>,
        /// What the documents leave open.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// The days on which study for the year may be completed, in civil time of China, ends included.
    pub struct StudyWindow {
        /// The category it binds; absent for all.
        category: Option<CategoryCode>,
        /// The first day, where one is stated.
        opens_on: Option<Date>,
        /// The last day on time; after it a completion is kept but wants a decision.
        on_time_until: Option<Date>,
        /// The last day at all; after it a completion is refused.
        closes_on: Option<Date>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

words! {
    /// What a date of a document is about.
    pub enum DateSubject {
        /// A platform opens for reading or study.
        PlatformOpens = "platform_opens",
        /// Plans must be filed by then.
        FilingDue = "filing_due",
        /// Learners who apply for a title must have finished.
        StudyDueForApplicants = "study_due_for_applicants",
        /// Hours must be declared by then.
        DeclarationDue = "declaration_due",
        /// Offices must have reviewed by then.
        ReviewDue = "review_due",
        /// Hours are verified at the office.
        Verification = "verification",
        /// E-invoicing must work by then.
        EInvoiceDue = "e_invoice_due",
        /// A report is due.
        ReportDue = "report_due",
        /// A rule binds from then on.
        RuleBinds = "rule_binds",
    }
}

section! {
    /// A date that binds someone other than through the counting of hours.
    pub struct OtherDate {
        /// What it is about.
        subject: DateSubject,
        /// The one day.
        on: Option<Date>,
        /// The first day of a period.
        from: Option<Date>,
        /// The last day of a period or the deadline, itself included.
        by: Option<Date>,
        /// Days that recur every year, as `MM-DD`.
        every_year_on: Vec<String>,
        /// Whom it binds.
        who: Option<Who>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}
