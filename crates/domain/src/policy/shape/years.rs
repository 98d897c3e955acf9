//! Dimensions 9 and 10: earlier years, surplus, and which years count for which purpose.

use super::{CategoryCode, Who};
use crate::{
    policy::reader::{Cite, section},
    registry::{Level, Mode, Tier},
    words,
};
use time::Date;

/// How something was studied, as far as a provision may name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Studied<'s> {
    /// The category.
    pub category: &'s CategoryCode,
    /// The mode; `None` of what was not studied at all, such as an achievement.
    pub mode: Option<Mode>,
    /// The platform.
    pub platform: Option<&'s str>,
    /// The tier of the base that taught; `None` where no base did, or one without a tier.
    pub base_tier: Option<Tier>,
}

words! {
    /// Whether an earlier year can still be studied.
    pub enum MakeUpMode {
        /// It cannot.
        None = "none",
        /// Until a day.
        UntilDate = "until_date",
        /// No end is stated.
        Open = "open",
        /// What is finished counts for the year in which it is finished, by the rules of that year.
        YearOfCompletion = "year_of_completion",
    }
}

section! {
    /// What holds for the make-up of earlier years, where these have no rules of their own: it decides what is finished after the end of its year.
    pub struct MakeUp {
        /// The mode.
        mode: MakeUpMode,
        /// The first year it reaches; absent for no beginning.
        years_from: Option<i32>,
        /// The last year it reaches.
        years_to: i32,
        /// The last day, where the mode names one.
        closes_on: Option<Date>,
        /// Which study the provision names, for `year_of_completion`; other study wants a decision. Empty for all.
        eligible: Vec<EligibleStudy>,
        /// The office that may decide otherwise for somebody, with a reason: for the years that it reaches, and for that of the file.
        exception_by: Option<String>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

impl MakeUp {
    /// Whether it reaches an earlier year.
    #[must_use]
    pub fn covers(&self, year: i32) -> bool {
        self.years_from.is_none_or(|from| from <= year) && year <= self.years_to
    }
}

words! {
    /// What happens to hours beyond the need of the year.
    pub enum SurplusMode {
        /// Nothing.
        None = "none",
        /// They may be spread over earlier years.
        Spread = "spread",
    }
}

words! {
    /// Which hours serve the present year first.
    pub enum UseFirst {
        /// Those that could not be spread.
        NotEligible = "not_eligible",
    }
}

section! {
    /// Study that a provision names; an empty list allows all.
    pub struct EligibleStudy {
        /// Their category.
        category: CategoryCode,
        /// Their modes.
        modes: Vec<Mode>,
        /// Their platforms.
        platforms: Vec<String>,
        /// The tiers of base they come from.
        base_tiers: Vec<Tier>,
    }
}

impl EligibleStudy {
    /// Whether it names this study. What is not known of it fits no list that names something.
    #[must_use]
    pub fn names(&self, studied: &Studied<'_>) -> bool {
        let platform = |code: &str| self.platforms.iter().any(|named| named == code);
        studied.category.is_within(&self.category)
            && (self.modes.is_empty() || studied.mode.is_some_and(|mode| self.modes.contains(&mode)))
            && (self.platforms.is_empty() || studied.platform.is_some_and(platform))
            && (self.base_tiers.is_empty() || studied.base_tier.is_some_and(|tier| self.base_tiers.contains(&tier)))
    }
}

/// Whether a provision names this study, of completions and of surplus alike; one that names none takes all.
#[must_use]
pub fn takes_study(named: &[EligibleStudy], studied: &Studied<'_>) -> bool {
    named.is_empty() || named.iter().any(|study| study.names(studied))
}

section! {
    /// What happens to surplus.
    pub struct Surplus {
        /// The mode.
        mode: SurplusMode,
        /// The year the hours come from.
        from_year: Option<i32>,
        /// The years they may serve.
        into_years: Vec<i32>,
        /// Which hours.
        eligible: Vec<EligibleStudy>,
        /// Which hours serve the present year first.
        use_first: Option<UseFirst>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

impl Surplus {
    /// Whether surplus of that year may serve any other.
    #[must_use]
    pub fn spreads(&self, year: i32) -> bool {
        self.mode == SurplusMode::Spread && self.from_year == Some(year)
    }
}

words! {
    /// What a verdict is used for.
    pub enum Purpose {
        /// 职称评审.
        TitleReview = "title_review",
        /// 职称认定.
        TitleRecognition = "title_recognition",
        /// 转系列.
        ChangeOfSeries = "change_of_series",
        /// 岗位聘用.
        Appointment = "appointment",
        /// 考核.
        Assessment = "assessment",
        /// 评优评先.
        Awards = "awards",
        /// 专家人选.
        ExpertSelection = "expert_selection",
        /// 职业注册.
        Registration = "registration",
    }
}

impl Purpose {
    /// Whether it is an application for a title (职称申报): a review, a recognition or a change of series (QH 四(二)).
    #[must_use]
    pub const fn is_for_a_title(self) -> bool {
        matches!(self, Self::TitleReview | Self::TitleRecognition | Self::ChangeOfSeries)
    }
}

words! {
    /// Whether all years of a window are needed.
    pub enum Need {
        /// Each.
        EveryYear = "every_year",
        /// One of them.
        AnyYear = "any_year",
    }
}

section! {
    /// The years that a purpose looks at.
    pub struct UseWindow {
        /// The purpose.
        purpose: Purpose,
        /// The levels applied for; empty for all.
        levels: Vec<Level>,
        /// Whom it holds for.
        who: Option<Who>,
        /// How many years.
        years: Option<u32>,
        /// Whether the year of the application is one of them.
        includes_application_year: Option<bool>,
        /// Whether all are needed.
        need: Option<Need>,
        /// The categories looked at; empty for all.
        categories: Vec<CategoryCode>,
        /// Whether the hours must lie in the same or a near specialty.
        same_specialty: Option<bool>,
        /// The last day on which years are verified for the purpose, or where none was, their hours registered; what is later wants a decision.
        verified_by: Option<Date>,
        /// How much the verdict weighs.
        weight: Option<Weight>,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}

words! {
    /// How much a verdict weighs for a purpose.
    pub enum Weight {
        /// 必备条件.
        Necessary = "necessary",
        /// 基本条件.
        Basic = "basic",
        /// 重要条件, 重要依据.
        Important = "important",
    }
}
