//! What is kept of an answer that made no decision, and its reading. It names people by their ids alone.

use super::answer::{Answer, Credit, First};
use crate::{problem::FieldError, text::Text};
use domain::{completions::Reason, kernel::LearnerId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is kept of an answer beside its line, id and outcome.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<First>,
    #[serde(skip_serializing_if = "Option::is_none")]
    learner: Option<LearnerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<Credit>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflicting: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
}

#[derive(Serialize, Deserialize)]
struct Fault {
    pointer: String,
    code: String,
    zh: String,
    en: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    facts: Map<String, Value>,
}

impl Detail {
    /// What is kept of an answer, as text.
    pub(super) fn text_of(answer: &Answer) -> String {
        let fault = |fault: &FieldError| Fault {
            pointer: fault.pointer.clone(),
            code: fault.code.clone(),
            zh: fault.detail.zh.to_string(),
            en: fault.detail.en.to_string(),
            facts: fault.facts.clone(),
        };
        let detail = Self {
            first: answer.first.clone(),
            learner: answer.learner,
            credit: answer.credit.clone(),
            conflicting: answer.conflicting.clone(),
            faults: answer.faults.iter().map(fault).collect(),
            reasons: answer.reasons.clone(),
        };
        // Plain data with text keys, which JSON can always hold.
        serde_json::to_string(&detail).unwrap_or_default()
    }

    /// The answer with all that was kept of it.
    pub(super) fn of(self, answer: Answer) -> Answer {
        let fault = |fault: Fault| FieldError {
            facts: fault.facts,
            ..FieldError::new(fault.pointer, fault.code, Text::new(fault.zh, fault.en))
        };
        Answer {
            first: self.first,
            learner: self.learner,
            credit: self.credit,
            conflicting: self.conflicting,
            faults: self.faults.into_iter().map(fault).collect(),
            reasons: self.reasons,
            ..answer
        }
    }
}
