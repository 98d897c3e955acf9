//! Whether a text that is kept for good names a person: the ground of an erasure or of a correction stays in the trail of audit, which
//! is not erased.

use super::identity;
use crate::{
    auth::Permission,
    keys::DataKeys,
    problem::{FieldError, Problem, Tried},
    state::AppState,
    text::Text,
    wire::PERSONAL_DATA,
};
use domain::kernel::{LearnerId, PersonName};
use serde_json::json;
use store::registry::LearnerPerson;

/// A ground that somebody gives for what they do to a file, and where it stands in the body.
pub(super) struct Ground<'a> {
    pub(super) learner: LearnerId,
    pub(super) pointer: &'static str,
    pub(super) words: (&'static str, &'static str),
    pub(super) permission: &'a Permission,
}

impl Ground<'_> {
    /// Refuses a ground that names whom it is about. Whoever reads names and numbers masked could find them by such refusals, so the
    /// question is asked last, where nothing else can be refused any more: then a ground that does not fit is a write, which the trail
    /// tells, and one that does is a refused attempt there and takes of the day's questions about document numbers.
    ///
    /// # Errors
    /// `invalid_body` with `personal_data`, which is a refused attempt; `daily_limit` where no more may be asked today, whether the ground
    /// fits or not.
    pub(super) fn names_nobody(
        &self,
        state: &AppState,
        names: impl FnOnce() -> Result<bool, Problem>,
    ) -> Result<(), Problem> {
        let who = self.permission.signature();
        let spent = |problem: Problem| {
            problem.detail(Text::new(
                "今日关于证件号码与姓名的查询次数已用完，明日零时前不再受理所附的依据",
                "no more questions about numbers and names today: until midnight in China no ground is taken",
            ))
        };
        state.quotas.may_try(&who).map_err(spent)?;
        if !names()? {
            return Ok(());
        }
        state.quotas.tried(&who, 1).map_err(spent)?;
        let fault = FieldError::new(self.pointer, PERSONAL_DATA, Text::new(self.words.0, self.words.1));
        Err(Problem::invalid_body(vec![fault]).trying(Tried {
            kind: "learner",
            id: Some(self.learner.to_string()),
            what: Some(json!({ "pointer": self.pointer, "code": PERSONAL_DATA })),
        }))
    }
}

/// Whether a text holds the name or the number of one of these people.
pub(super) fn names_one_of(keys: &DataKeys, people: &[LearnerPerson], text: &str) -> Result<bool, Problem> {
    for person in people {
        if holds_name(text, &person.name) || holds_number(text, identity::opened(keys, person)?.number()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a text holds this name, blanks, dots or hyphens between or not. One character is no name by which anybody is known, and
/// letters within a word are none.
pub(crate) fn holds_name(text: &str, name: &str) -> bool {
    let joins = |c: char| matches!(c, '·' | '-' | '_' | '\'' | '’' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let letters = |text: String| text.replace(joins, "");
    let plain = |text: &str| letters(PersonName::from_stored(text.to_owned()).normalised());
    let normalised = plain(name);
    match normalised.is_ascii() {
        true => words(text).windows(words(name).len().max(1)).any(|some| some == words(name)),
        false => normalised.chars().nth(1).is_some() && plain(text).contains(&normalised),
    }
}

/// Whether a text holds this number, likewise. What is shorter than six characters is no number.
pub(crate) fn holds_number(text: &str, number: &str) -> bool {
    let unbroken = |text: &str| text.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let number = unbroken(number);
    let all = unbroken(&PersonName::from_stored(text.to_owned()).normalised());
    number.chars().count() >= 6 && all.contains(&number)
}

/// The words of Latin letters in a text, in lower case.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}
