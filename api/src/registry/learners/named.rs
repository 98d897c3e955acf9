//! Whether a text that is kept for good names a person: the ground of an erasure or of a correction stays in the trail of audit, which
//! is not erased.

use super::identity;
use crate::{keys::DataKeys, problem::Problem};
use domain::kernel::PersonName;
use store::registry::LearnerPerson;

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
pub(super) fn holds_name(text: &str, name: &str) -> bool {
    let plain = |text: &str| PersonName::from_stored(text.to_owned()).normalised();
    let normalised = plain(name);
    match normalised.is_ascii() {
        true => words(text).windows(words(name).len().max(1)).any(|some| some == words(name)),
        false => normalised.chars().nth(1).is_some() && plain(text).contains(&normalised),
    }
}

/// Whether a text holds this number, likewise. What is shorter than six characters is no number.
pub(super) fn holds_number(text: &str, number: &str) -> bool {
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
