//! Dimensions 15 and 16: certificates, and how ratios are cut and words compared.

use crate::{
    policy::reader::{Cite, section},
    words,
};

words! {
    /// What a certificate number outlives.
    pub enum Outlives {
        /// A new booklet when the old one is full.
        Renewal = "renewal",
        /// Loss or damage.
        Replacement = "replacement",
    }
}

section! {
    /// How certificates are made, numbered and used.
    pub struct CertificateRule {
        /// What the rule is about, in words.
        about: String,
        /// Who issues.
        issuer: Option<String>,
        /// What the number outlives.
        number_outlives: Vec<Outlives>,
        /// What an applicant brings.
        requires: Vec<String>,
        /// Seals and marks.
        seals: Vec<String>,
        /// Whether the learner prints it.
        printed_by_learner: Option<bool>,
        /// What is recorded.
        records: Vec<String>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

words! {
    /// How a ratio loses its further places.
    pub enum Cut {
        /// They are dropped.
        Truncated = "truncated",
        /// They are rounded half up.
        HalfUp = "half_up",
    }
}

section! {
    /// How ratios are cut and words compared.
    pub struct Rounding {
        /// How a ratio is cut.
        ratio: Option<Cut>,
        /// To how many places of a percentage.
        ratio_places: Option<u32>,
        /// Whether 以上, 以下, 以内 include the number.
        bounds_included: Option<bool>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}
