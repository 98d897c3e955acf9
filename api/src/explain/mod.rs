//! Reasons in words: what the domain says with typed facts, said to people in both languages and to machines by a stable
//! code, the facts, and one action that would help.
//!
//! The domain decides and knows no sentences; here every kind of reason has its sentence, by exhaustive matches, so that a
//! new reason without words does not compile. [`reason`] explains outcomes of items, [`why_not`], [`standing_reason`] and
//! [`verdict`] explain standings, [`allows`], [`year_is`] and [`use_reason`] what years are used for, [`of_roll`] what a roll cannot say, [`of_exception`] what no office can grant, [`of_verification`] why a year cannot be handed in or verified, [`of_unverified`] why one that is met is not yet.

mod achievement;
mod exception;
mod reason;
mod roll;
mod standing;
#[cfg(test)]
mod tests;
mod uses;
mod verification;

pub use achievement::{achievement, coded};
pub use exception::of_exception;
pub use reason::{of_line, reason};
pub use roll::of_roll;
pub(crate) use standing::standing_reason;
pub use standing::{total, verdict, why_not};
pub use uses::{allows, effect, year_is};
pub(crate) use uses::{reviewed_not_declared, use_reason};
pub use verification::{of_unverified, of_verification};

use crate::{
    text::{Language, Text},
    wire::words,
};
use domain::{
    kernel::{Citation, Words},
    registry::{Mode, ProviderKind, Tier},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

domain::words! {
    /// What the caller can do about it.
    pub enum Action {
        /// Nothing to be done.
        None = "none",
        /// Register the person; the held item is then judged by itself.
        RegisterPerson = "register_person",
        /// Correct the name, in the item or in the register.
        CorrectName = "correct_name",
        /// Register the course; the held item is then judged by itself.
        RegisterCourse = "register_course",
        /// Correct the course in the register, then send the item again.
        CorrectCourse = "correct_course",
        /// Register that the platform carries the course, then send the item again.
        RegisterCoursePlatform = "register_course_platform",
        /// Have an officer enter the filing of the plan, then send the item again.
        FilePlan = "file_plan",
        /// Send a new item with the result of the exam.
        SendExamResult = "send_exam_result",
        /// The learner takes the exam again; send a new item then.
        RetakeExam = "retake_exam",
        /// Send the corrected content under a new external id.
        UseNewExternalId = "use_new_external_id",
        /// Send the item that this one replaces.
        SendReplacedItem = "send_replaced_item",
        /// Send a new item that replaces the one named, which took the place before.
        ReplaceTheOther = "replace_the_other",
        /// Check the clock and the times: wrong ones are sent under a new external id, right ones that lay ahead again once they
        /// have come.
        CheckTimes = "check_times",
        /// The learner studies it from a source that the rule allows.
        StudyElsewhere = "study_elsewhere",
        /// Wait for the authority's decision.
        AwaitReview = "await_review",
        /// Wait until a rule for the year is published.
        AwaitRule = "await_rule",
        /// Turn to the authority named.
        AskAuthority = "ask_authority",
        /// The employer declares whether the hours lie in the same or a near specialty; ask again with that.
        DeclareSpecialty = "declare_specialty",
        /// The employer hands the year in to be verified.
        HandInYear = "hand_in_year",
    }
}

/// One reason, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The stable code, for machines.
    pub code: String,
    /// The sentence, for people.
    pub text: Text,
    /// What would help.
    pub action: Action,
    /// The typed facts behind the sentence.
    pub facts: Map<String, Value>,
    /// Where the rule stands written; empty where no rule speaks.
    pub cite: Vec<Citation>,
}

/// 原因说明 / A reason, explained.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonBody {
    /// 稳定的原因代码 / The stable code.
    #[schema(example = "completed_after_window")]
    pub code: String,
    /// 说明，语言随 Accept-Language / The sentence in the caller's language.
    #[schema(example = "完成日期晚于截止日 2021-12-31，不予计入")]
    pub text: String,
    /// 机器可执行的提示 / A hint that a machine can act on.
    pub hint: HintBody,
    /// 具名事实 / The typed facts behind the sentence.
    #[schema(value_type = Object)]
    pub facts: Map<String, Value>,
    /// 依据条款 / The clauses it rests on.
    pub clauses: Vec<ClauseBody>,
}

/// 提示 / A hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Hint)]
pub struct HintBody {
    /// 建议的动作 / What would help.
    #[schema(schema_with = words::<Action>)]
    pub action: Action,
}

/// 条款 / A clause of a named document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Clause)]
pub struct ClauseBody {
    /// 文号 / The document's number as issued.
    #[schema(example = "青人社厅函〔2020〕227号")]
    pub document: String,
    /// 条款 / The clause as the document prints it.
    #[schema(example = "四(一)")]
    pub clause: String,
}

impl From<&Citation> for ClauseBody {
    fn from(citation: &Citation) -> Self {
        Self { document: citation.document.clone(), clause: citation.clause.clone() }
    }
}

impl Explained {
    /// The reason as it goes over the wire, in one language.
    #[must_use]
    pub fn body(&self, language: Language) -> ReasonBody {
        ReasonBody {
            code: self.code.clone(),
            text: self.text.in_language(language).to_owned(),
            hint: HintBody { action: self.action },
            facts: self.facts.clone(),
            clauses: self.cite.iter().map(ClauseBody::from).collect(),
        }
    }
}

/// Several reasons as one sentence.
fn joined(texts: &[Text]) -> Text {
    let all = |of: fn(&Text) -> &str, by: &str| texts.iter().map(of).collect::<Vec<_>>().join(by);
    Text::new(all(|text| &text.zh, "；"), all(|text| &text.en, "; "))
}

/// The names of closed words, as one list.
fn list<W: Words>(words: &[W], name: fn(W) -> Text) -> Text {
    let names: Vec<Text> = words.iter().map(|word| name(*word)).collect();
    let all = |of: fn(&Text) -> &str, by: &str| names.iter().map(of).collect::<Vec<_>>().join(by);
    Text::new(all(|text| &text.zh, "、"), all(|text| &text.en, ", "))
}

/// A mode of study.
#[must_use]
pub fn mode(mode: Mode) -> Text {
    match mode {
        Mode::Online => Text::new("网络", "online"),
        Mode::FaceToFace => Text::new("面授", "face to face"),
    }
}

/// Who recognised a base or a platform.
#[must_use]
pub fn tier(tier: Tier) -> Text {
    match tier {
        Tier::National => Text::new("国家级", "national"),
        Tier::Provincial => Text::new("省级", "provincial"),
        Tier::City => Text::new("市级", "city"),
    }
}

/// Who offers a course.
#[must_use]
pub fn provider(kind: ProviderKind) -> Text {
    match kind {
        ProviderKind::Base => Text::new("继续教育基地", "a training base"),
        ProviderKind::Authority => Text::new("主管部门", "an authority"),
        ProviderKind::Employer => Text::new("用人单位", "an employer"),
    }
}
