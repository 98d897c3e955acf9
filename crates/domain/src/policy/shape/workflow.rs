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

impl Act {
    /// Whether a case waits until it is done. What is published, produced or received follows by itself.
    #[must_use]
    pub const fn is_waited_for(self) -> bool {
        match self {
            Self::Selects
            | Self::Submits
            | Self::Forwards
            | Self::Reviews
            | Self::Approves
            | Self::Files
            | Self::Registers
            | Self::Verifies => true,
            Self::Publishes | Self::Generates | Self::Receives => false,
        }
    }

    /// Whether a person in an office decides by it: they could also say no. Who hands in or hands on decides nothing.
    #[must_use]
    pub const fn decides(self) -> bool {
        self.is_waited_for() && !matches!(self, Self::Submits)
    }
}

words! {
    /// Who stands at a step of a route, in a form that the facts of a case resolve.
    pub enum Seat {
        /// The learner whose case it is.
        Learner = "learner",
        /// 用人单位: the learner's employer.
        Employer = "employer",
        /// 上级部门, 人事主管单位: an entered relation of the learner or the employer, never derived (SX-A14).
        Superior = "superior",
        /// 继续教育基地: the training base that taught or that asks.
        Base = "base",
        /// 施教机构: whoever taught, be it a base, an authority or an employer.
        Provider = "provider",
        /// 行业主管部门: the authority of the learner's series, the nearest on the way up from the place.
        SectorAuthority = "sector_authority",
        /// The human resources department of the county, or of a zone that is no peer of cities.
        County = "county",
        /// The human resources department of the city, or of a zone that is a peer of cities.
        City = "city",
        /// The human resources department of the province.
        Province = "province",
        /// 同级人社部门: the human resources department at the employer's own place.
        SameLevel = "same_level",
        /// 企业注册地人社部门: the human resources department of the place where the employer is registered.
        PlaceOfRegistration = "place_of_registration",
        /// A learning platform or the service itself: produces and takes in, and decides nothing.
        Platform = "platform",
    }

    /// What becomes of a step that nobody stands at.
    pub enum Vacant {
        /// The case cannot be submitted; the answer says what is missing.
        Refused = "refused",
        /// The step falls away.
        Skipped = "skipped",
    }
}

impl Seat {
    /// Whether someone in it can decide a case of somebody else.
    #[must_use]
    pub const fn can_decide(self) -> bool {
        !matches!(self, Self::Learner | Self::Platform)
    }
}

section! {
    /// One step of a route.
    pub struct Step {
        /// The office, in words of the documents.
        office: String,
        /// Who that is: the first of these whom the case has.
        seat: Vec<Seat>,
        /// What it does.
        act: Act,
        /// When the step applies, in words of the documents, where not always.
        only_for: Option<String>,
        /// The tiers of base for which the step applies; empty for all.
        tiers: Vec<Tier>,
        /// What becomes of the step where nobody stands at it; absent for `refused`.
        vacant: Option<Vacant>,
        /// Days within which it is done, the day of arrival not counted; absent for the route's.
        days: Option<u32>,
        /// The day by which it is done, itself included.
        by: Option<Date>,
    }
}

section! {
    /// Who submits what to whom.
    pub struct Route {
        /// What travels.
        subject: RouteSubject,
        /// Whose case takes this route; absent for all, and always of an `employer_batch`.
        who: Option<Who>,
        /// The submitters, in words of the documents.
        submitters: Vec<String>,
        /// Who that is. Of the routes of one subject the first decides that fits the case and whoever submits it.
        filed_by: Vec<Seat>,
        /// The steps in order.
        step: Vec<Step>,
        /// Whether an employer that an `office` names as self_reviewing decides alone, in place of all steps.
        self_reviewing: Option<bool>,
        /// The last day of submission, itself included.
        by: Option<Date>,
        /// Days within which each step is done, the day of arrival not counted, where stated.
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
        /// Unit that reviews the cases of its own staff, on the routes that say so.
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
