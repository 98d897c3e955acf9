//! The typed shape of the law: every dimension in which the rules of places differ, and nothing about any one place.
//!
//! | dimension | section of a rule file | module | evaluated |
//! | --- | --- | --- | --- |
//! | 1 identity | `policy`, `document.*` | [`identity`] | yes, but the days of `policy` |
//! | 2 calendar | `year`, `study_window`, `date` | [`calendar`] | `year`, `study_window` |
//! | 3 unit | `unit` | [`counting`] | the name |
//! | 4 categories | `category`, `total`, `subject` | [`counting`] | yes |
//! | 5 scope | `scope` | [`scope`] | yes |
//! | 6 sources | `source`, `platform`, `check` | [`sources`] | yes, of `platform` the code, of `filing` not the days |
//! | 7 recognition | `recognition` | [`recognition`] | yes: what one is worth by itself |
//! | 8 exemptions | `exemption` | [`recognition`] | yes, of `list_by` not whose list it is |
//! | 9 make-up and surplus | `make_up`, `surplus` | [`years`] | yes |
//! | 10 windows for use | `window` | [`years`] | yes |
//! | 11 consequences | `consequence`, `supervision` | [`consequences`] | `consequence` |
//! | 12 money | `fee`, `place_list`, `fund`, `money_rule` | [`money`] | not yet |
//! | 13 workflow | `route`, `office`, `duty` | [`workflow`] | `route`, of `office` the self-reviewing |
//! | 14 course accreditation | `courseware` | [`courseware`] | not yet |
//! | 15 certificate | `certificate` | [`certificate`] | not yet |
//! | 16 rounding | `rounding` | [`certificate`] | not yet |

pub mod calendar;
pub mod certificate;
pub mod consequences;
pub mod counting;
pub mod courseware;
pub mod identity;
pub mod money;
pub mod recognition;
pub mod scope;
pub mod sources;
pub mod workflow;
pub mod years;

pub use self::{
    calendar::*, certificate::*, consequences::*, counting::*, courseware::*, identity::*, money::*, recognition::*,
    scope::*, sources::*, workflow::*, years::*,
};
use super::reader::section;
use crate::registry::LearnerFacts;
use std::collections::BTreeSet;
use time::{Date, OffsetDateTime};

section! {
    /// A whole rule file. `document` stands first because every citation after it names one.
    pub struct Rules {
        /// The version of this shape; 1.
        format: i64,
        /// The documents that the clauses belong to.
        document: Documents,
        /// Whose rules, for which year.
        policy: Identity,
        /// When the year closes.
        year: Year,
        /// In which unit hours are counted.
        unit: Unit,
        /// The tree of categories, parents before children.
        category: Vec<Category>,
        /// What all categories together must reach.
        total: Total,
        /// Subjects that the authority fixed.
        subject: Vec<Subject>,
        /// Who is in, encouraged or out; the first that fits decides, and who fits none is in.
        scope: Vec<ScopeRule>,
        /// From where hours of a category may come; a category without any source takes none.
        source: Vec<SourceRule>,
        /// Platforms that the documents name.
        platform: Vec<NamedPlatform>,
        /// What is implausible, and what follows.
        check: Vec<Check>,
        /// When study for the year must be done.
        study_window: Vec<StudyWindow>,
        /// Other dates of the documents.
        date: Vec<OtherDate>,
        /// Whether and until when earlier years may be made up.
        make_up: Vec<MakeUp>,
        /// What happens to hours beyond what the year needs.
        surplus: Option<Surplus>,
        /// Achievements that are worth hours.
        recognition: Vec<Recognition>,
        /// Who is deemed to have met what.
        exemption: Vec<Exemption>,
        /// Which years count for which purpose.
        window: Vec<UseWindow>,
        /// What follows from a missed year or from fraud.
        consequence: Vec<Consequence>,
        /// How bases are supervised.
        supervision: Vec<Supervision>,
        /// Prices per unit.
        fee: Vec<Fee>,
        /// Lists of places that a rule refers to.
        place_list: Vec<PlaceList>,
        /// Training funds of employers.
        fund: Vec<Fund>,
        /// Other rules about money.
        money_rule: Vec<MoneyRule>,
        /// Who submits what to whom.
        route: Vec<Route>,
        /// Offices, bases and units that the documents name.
        office: Vec<NamedOffice>,
        /// Duties that no figure decides.
        duty: Vec<Duty>,
        /// What a course must be to be approved.
        courseware: Vec<Courseware>,
        /// How certificates are made and numbered.
        certificate: Vec<CertificateRule>,
        /// How ratios are cut and words compared.
        rounding: Option<Rounding>,
    }
}

impl Rules {
    /// The deepest node of the tree on the path of `code`; `None` where the tree has not even its top.
    #[must_use]
    pub fn node_of(&self, code: &CategoryCode) -> Option<&Category> {
        let mut code = Some(code.clone());
        while let Some(wanted) = code {
            if let Some(node) = self.category.iter().find(|category| category.code == wanted) {
                return Some(node);
            }
            code = wanted.parent();
        }
        None
    }

    /// Who issued the documents that the rules as a whole rest on: those that `policy.cite` names.
    #[must_use]
    pub fn issuers(&self) -> BTreeSet<&str> {
        let cited = |document: &&Document| self.policy.cite.0.iter().any(|cite| cite.document == document.number);
        self.document.0.values().filter(cited).map(|document| document.issuer.as_str()).collect()
    }

    /// The rule of scope that decides about a person on a day; `None` where the rules say nothing, and then they bind.
    #[must_use]
    pub fn scope_of(&self, learner: &LearnerFacts, day: Date, known_at: Option<OffsetDateTime>) -> Option<&ScopeRule> {
        let person = Described::on(learner, day, known_at);
        self.scope.iter().find(|rule| rule.who.as_ref().is_none_or(|who| who.fits(&person)))
    }

    /// The kind of achievement with this code.
    #[must_use]
    pub fn recognition_of(&self, kind: &str) -> Option<&Recognition> {
        self.recognition.iter().find(|known| known.kind == kind)
    }

    /// The exemption with this code.
    #[must_use]
    pub fn exemption_of(&self, kind: &str) -> Option<&Exemption> {
        self.exemption.iter().find(|known| known.kind == kind)
    }

    /// The provision about make-up that names an office which may let a year pass by exception: of a year that these rules are for any
    /// that names one, of another year one that covers it.
    #[must_use]
    pub fn exception_of(&self, year: i32) -> Option<&MakeUp> {
        let of_year = |make_up: &&MakeUp| self.policy.covers(year) || make_up.covers(year);
        self.make_up.iter().filter(of_year).find(|make_up| make_up.exception_by.is_some())
    }
}
