//! Dimension 11: what follows from a missed year, from fraud, or from a badly run base.

use super::Who;
use crate::{
    policy::reader::{Cite, section},
    words,
};
use time::Date;

words! {
    /// What a consequence follows from.
    pub enum Cause {
        /// The year was not completed.
        YearMissed = "year_missed",
        /// Hours were falsified.
        Fraud = "fraud",
        /// An official or manager profited.
        AbuseOfOffice = "abuse_of_office",
        /// A certificate was forged or used by another.
        CertificateAbuse = "certificate_abuse",
        /// Study or filing was late.
        Late = "late",
    }
}

impl Cause {
    /// Whether an office finds it of somebody (查实). What was missed or came late the calendar tells.
    #[must_use]
    pub const fn is_found(self) -> bool {
        match self {
            Self::Fraud | Self::AbuseOfOffice | Self::CertificateAbuse => true,
            Self::YearMissed | Self::Late => false,
        }
    }
}

words! {
    /// What follows.
    pub enum Effect {
        /// 专业技术职务任期顺延.
        TermDeferral = "term_deferral",
        /// 岗位等级晋升年限顺延.
        PromotionDeferral = "promotion_deferral",
        /// Not recommended for title review.
        NoTitleRecommendation = "no_title_recommendation",
        /// Not appointed to a post.
        NoAppointment = "no_appointment",
        /// The annual assessment cannot be excellent.
        NoExcellent = "no_excellent",
        /// No awards of the unit that year.
        NoAwards = "no_awards",
        /// The open title application is cancelled.
        ApplicationCancelled = "application_cancelled",
        /// No title application for some years.
        TitleBar = "title_bar",
        /// An entry in the credit information platforms.
        CreditRecord = "credit_record",
        /// A notice of criticism and liability.
        NoticeAndLiability = "notice_and_liability",
        /// Handled strictly under the rules that apply.
        HandledStrictly = "handled_strictly",
        /// At one's own responsibility.
        OwnResponsibility = "own_responsibility",
    }
}

words! {
    /// From when years are counted.
    pub enum CountedFrom {
        /// The day the finding was decided; the last day is the same day of the last year.
        DecidedOn = "decided_on",
    }
}

section! {
    /// One consequence.
    pub struct Consequence {
        /// Of what.
        cause: Cause,
        /// What follows.
        effect: Effect,
        /// For how many years; for a deferral, per missed year.
        years: Option<u32>,
        /// From when they are counted.
        counted_from: Option<CountedFrom>,
        /// Since when the rule binds.
        since: Option<Date>,
        /// Whom it binds.
        who: Option<Who>,
        /// Whom it is recommended for.
        recommended_for: Option<Who>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// How bases are supervised.
    pub struct Supervision {
        /// Years between routine assessments.
        every_years: Option<u32>,
        /// The heads looked at.
        heads: Vec<String>,
        /// Findings to be handled strictly.
        findings: Vec<String>,
        /// Ways of checking.
        ways: Vec<String>,
        /// Who supervises.
        by: String,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}
