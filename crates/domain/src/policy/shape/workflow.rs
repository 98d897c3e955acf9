//! Dimension 13: who submits what to whom, offices that the documents name, duties that no figure decides.

use super::Who;
use crate::{
    kernel::PlaceCode,
    policy::reader::{Cite, section},
    registry::Tier,
    words,
};
use time::Date;

words! {
    /// What travels along a route.
    pub enum RouteSubject {
        /// 培训计划备案.
        PlanFiling = "plan_filing",
        /// Approval of a public online course.
        PublicCourse = "public_course",
        /// Right to give, and approval of, a professional online course.
        ProfessionalCourse = "professional_course",
        /// Registration of public hours.
        PublicHours = "public_hours",
        /// Review of professional hours.
        ProfessionalHours = "professional_hours",
        /// Recognition of achievements.
        Recognition = "recognition",
        /// Achievements computed when a title is applied for.
        TitleTimeHours = "title_time_hours",
        /// Declaration of hours by the learner.
        Declaration = "declaration",
        /// The employer's batch after registration.
        EmployerBatch = "employer_batch",
        /// Certificates.
        Certificate = "certificate",
        /// Reports.
        Report = "report",
        /// Problems and suggestions.
        Feedback = "feedback",
    }
}

words! {
    /// What an office does at a step.
    pub enum Act {
        /// Selects a provider.
        Selects = "selects",
        /// Makes or submits.
        Submits = "submits",
        /// Collects and forwards.
        Forwards = "forwards",
        /// Reviews.
        Reviews = "reviews",
        /// Approves.
        Approves = "approves",
        /// Takes on file.
        Files = "files",
        /// Registers.
        Registers = "registers",
        /// Verifies and stamps.
        Verifies = "verifies",
        /// Publishes.
        Publishes = "publishes",
        /// Produces automatically.
        Generates = "generates",
        /// Receives.
        Receives = "receives",
    }
}

section! {
    /// One step of a route.
    pub struct Step {
        /// The office, in words of the documents.
        office: String,
        /// What it does.
        act: Act,
        /// When the step applies, where not always.
        only_for: Option<String>,
    }
}

section! {
    /// Who submits what to whom.
    pub struct Route {
        /// What travels.
        subject: RouteSubject,
        /// Whose case takes this route; absent for all.
        who: Option<Who>,
        /// The submitters, in words of the documents.
        submitters: Vec<String>,
        /// The steps in order.
        step: Vec<Step>,
        /// The last day, itself included.
        by: Option<Date>,
        /// Days within which an office decides, where stated.
        days: Option<u32>,
        /// Whether nothing counts without it.
        precondition: Option<bool>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

words! {
    /// Why a document names an office.
    pub enum OfficeRole {
        /// Human resources department.
        HumanResources = "human_resources",
        /// Authority of a sector or series.
        Sector = "sector",
        /// Training base.
        Base = "base",
        /// Unit that reviews its own staff.
        SelfReviewing = "self_reviewing",
        /// Commended.
        Commended = "commended",
        /// Contact for questions.
        Contact = "contact",
    }
}

section! {
    /// An office, base or unit that the documents name. Persons and their numbers are never entered.
    pub struct NamedOffice {
        /// Why it is named.
        role: OfficeRole,
        /// Its name; several where a table lists them with nothing else.
        names: Vec<String>,
        /// The series it answers for.
        series: Vec<String>,
        /// Its place.
        place: Option<PlaceCode>,
        /// Its tier, for a base.
        tier: Option<Tier>,
        /// Public service lines.
        hotline: Vec<String>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

section! {
    /// A duty that no figure decides, in our own words.
    pub struct Duty {
        /// Who has it.
        who: String,
        /// What it is.
        what: String,
        /// The clause.
        cite: Cite,
    }
}
