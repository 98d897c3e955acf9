//! Dimensions 7 and 8: achievements that are worth hours, and who is deemed to have met what. What one is worth by itself is
//! decided in the room `recognition`; caps and fulfilments are applied where a year is counted.

use super::{CategoryCode, Excluded, Who};
use crate::{
    kernel::Hours,
    policy::reader::{Cite, section},
    words,
};
use time::Date;

words! {
    /// What a formula fulfils without counting hours.
    pub enum Fulfils {
        /// The category's minimum of the year.
        CategoryYear = "category_year",
        /// Everything of the year.
        EverythingYear = "everything_year",
        /// The category in every year of the present post.
        CategoryTenure = "category_tenure",
    }
}

words! {
    /// How often an amount is granted.
    pub enum Granted {
        /// Once for each item.
        PerItem = "per_item",
        /// For each year of a project.
        PerProjectYear = "per_project_year",
        /// Once, in the year the project was concluded.
        OnceAtConclusion = "once_at_conclusion",
    }
}

section! {
    /// A band of ranks: ends included, `to` absent for all beyond.
    pub struct RankBand {
        /// First rank.
        from: u32,
        /// Last rank.
        to: Option<u32>,
        /// What it is worth.
        hours: Hours,
    }
}

section! {
    /// What a role in an achievement is worth.
    pub struct RoleBand {
        /// The role.
        role: String,
        /// What it is worth.
        hours: Hours,
        /// How often.
        granted: Granted,
    }
}

section! {
    /// Between what a reviewer may grant. More than nothing is always granted, and for a reason.
    pub struct GrantBounds {
        /// The least.
        least: Option<Hours>,
        /// The most.
        most: Option<Hours>,
        /// Whether no more than the minimum of the category is granted, so that no surplus arises by grant alone.
        within_minimum: Option<bool>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// How an achievement becomes hours; one of the kinds.
    pub struct Formula {
        /// A fixed amount.
        fixed: Option<Hours>,
        /// An amount per day.
        per_day: Option<Hours>,
        /// Days that do not count.
        excluded: Vec<Excluded>,
        /// Whether hours stated by the organiser win over days.
        stated_hours_win: Option<bool>,
        /// By rank among the authors.
        by_rank: Vec<RankBand>,
        /// By role.
        by_role: Vec<RoleBand>,
        /// A fulfilment.
        fulfils: Option<Fulfils>,
        /// The hours that a filed and approved plan states.
        as_filed: Option<bool>,
        /// What the reviewer grants, with a reason.
        by_reviewer: Option<bool>,
        /// Between what the reviewer grants; absent where the documents set no bounds.
        bounds: Option<GrantBounds>,
    }
}

words! {
    /// Over what a cap runs.
    pub enum CapPer {
        /// One item.
        Item = "item",
        /// One person and year.
        PersonYear = "person_year",
    }
}

section! {
    /// The most hours that count.
    pub struct Cap {
        /// The amount.
        hours: Hours,
        /// Over what.
        per: CapPer,
    }
}

words! {
    /// Whether an achievement becomes an entry of the ledger.
    pub enum Ledger {
        /// It does.
        On = "on",
        /// It is computed when a title is applied for and never stored as hours.
        Off = "off",
    }
}

words! {
    /// How much of the evidence that a rule lists is needed.
    pub enum EvidenceNeed {
        /// One of the list proves it.
        AnyOne = "any_one",
        /// Each of the list is needed.
        All = "all",
    }
}

words! {
    /// The day that decides the year of an achievement.
    pub enum EarnedBy {
        /// The day the activity ended.
        ActivityEnd = "activity_end",
        /// The day on the certificate.
        CertificateDate = "certificate_date",
        /// The day a project was concluded.
        Conclusion = "conclusion",
        /// The day of grant, issue or affirmation.
        GrantDate = "grant_date",
    }
}

section! {
    /// An achievement that is worth hours.
    pub struct Recognition {
        /// Its code.
        kind: String,
        /// Its name in the documents.
        name: String,
        /// Other names in the documents.
        aliases: Vec<String>,
        /// The category its hours belong to.
        category: Option<CategoryCode>,
        /// The categories of which the claim names one, where there is more than one; absent with `category`: any of the tree.
        categories: Vec<CategoryCode>,
        /// Categories that the claim may name as well, and then an office decides whether they are served at all.
        categories_in_doubt: Vec<CategoryCode>,
        /// How it becomes hours; absent where the documents leave it open: then the reviewer grants them, with a reason.
        formula: Option<Formula>,
        /// The most that counts.
        cap: Option<Cap>,
        /// What proves it.
        evidence: Vec<String>,
        /// How much of that is needed; absent for any one.
        evidence_need: Option<EvidenceNeed>,
        /// The levels of which it must be one, in words of the documents, where the kind itself names none.
        levels: Vec<String>,
        /// The roles of which the person must have had one, where hours do not depend on it.
        roles: Vec<String>,
        /// The last rank among the authors that counts, where hours do not depend on it.
        rank_to: Option<u32>,
        /// From when it counts.
        earned_from: Option<Date>,
        /// What decides its year.
        earned_by: Option<EarnedBy>,
        /// Whether it counts only within the present post.
        within_present_post: Option<bool>,
        /// Whether the person must be in post (在职) on the day that decides the year.
        in_post: Option<bool>,
        /// Whether it must lie in the person's own field.
        own_field: Option<bool>,
        /// Who may claim it.
        who: Option<Who>,
        /// Other conditions, in words.
        conditions: Vec<String>,
        /// On or off the ledger.
        ledger: Ledger,
        /// Who certifies it.
        certified_by: Option<String>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// Who is deemed to have met what.
    pub struct Exemption {
        /// Its code.
        kind: String,
        /// Its name.
        name: String,
        /// Whom it may reach.
        who: Option<Who>,
        /// What is deemed met.
        fulfils: Fulfils,
        /// The categories deemed met; empty for all.
        categories: Vec<CategoryCode>,
        /// The policy years.
        years: Vec<i32>,
        /// The authority whose list decides.
        list_by: String,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}
