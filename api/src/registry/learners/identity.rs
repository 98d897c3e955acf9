//! Who a learner is: name and identity document, read, hashed and sealed.

use super::body::{DocumentInput, LearnerInput};
use crate::{
    extract::Faults,
    identity_text,
    keys::{DataKeys, Sealed},
    problem::Problem,
    text::Text,
    wire::{NAMES_A_PERSON, PERSONAL_DATA, names_somebody},
};
use domain::kernel::{Document, LearnerId, PersonName, Words};
use store::registry::LearnerPerson;
use time::{Date, OffsetDateTime};

/// Reads who is to be registered.
pub(super) fn of_learner(faults: &mut Faults<'_>, input: &LearnerInput, today: Date) -> Option<(Document, PersonName)> {
    let document = document(faults, "/document", &input.document, today);
    let name = name(faults, "/name", &input.name);
    document.zip(name)
}

/// Reads a document; `pointer` is where it stands in the body. The form of a number depends on the kind.
pub(super) fn document(faults: &mut Faults<'_>, pointer: &str, input: &DocumentInput, today: Date) -> Option<Document> {
    if !faults.are_sound(&[&format!("{pointer}/kind")]) {
        return None;
    }
    let read = Document::parse(input.kind, &input.number, today);
    let fault = |error| (format!("{pointer}/number"), "invalid_document", identity_text::document(&error));
    faults.keep(read.map_err(fault))
}

/// Reads a name.
pub(super) fn name(faults: &mut Faults<'_>, pointer: &str, text: &str) -> Option<PersonName> {
    let fault = |error| (pointer.to_owned(), "invalid_name", identity_text::name(&error));
    // Columns that were taken for one another; a name is kept in clear.
    if names_somebody(text) {
        let (zh, en) = NAMES_A_PERSON;
        faults.add(pointer, PERSONAL_DATA, Text::new(zh, en));
        return None;
    }
    faults.keep(PersonName::parse(text).map_err(fault))
}

/// The keyed hash by which a document is found.
pub(crate) fn hash(keys: &DataKeys, document: &Document) -> String {
    keys.lookup_hash(document.kind().as_str(), document.number())
}

/// The personal row of a learner. The sealed number opens for this learner only.
pub(super) fn person(
    keys: &DataKeys,
    learner_id: LearnerId,
    name: &PersonName,
    document: &Document,
    updated_at: OffsetDateTime,
) -> Result<LearnerPerson, Problem> {
    let Sealed { key_id, suite_id, bytes } =
        keys.seal(document.number().as_bytes(), &bound_to(learner_id), updated_at).map_err(Problem::internal)?;
    Ok(LearnerPerson {
        learner_id,
        name: name.as_str().to_owned(),
        document_kind: document.kind(),
        document_cipher: bytes,
        document_mask: Some(document.masked()),
        key_id,
        suite_id,
        updated_at,
    })
}

/// The document of a personal row.
pub(super) fn opened(keys: &DataKeys, person: &LearnerPerson) -> Result<Document, Problem> {
    let sealed = Sealed {
        key_id: person.key_id.clone(),
        suite_id: person.suite_id.clone(),
        bytes: person.document_cipher.clone(),
    };
    let number = keys.open(&sealed, &bound_to(person.learner_id)).map_err(Problem::internal)?;
    let number = std::str::from_utf8(&number).map_err(Problem::internal)?;
    Ok(Document::from_stored(person.document_kind, number.to_owned()))
}

/// What the sealed number of a learner is bound to.
pub(crate) fn bound_to(learner: LearnerId) -> Vec<u8> {
    format!("learner_person/{learner}").into_bytes()
}

/// What is said of someone who is registered where the caller does not answer: neither where nor as whom.
pub(super) const REGISTERED_ELSEWHERE: (&str, &str) = (
    "持该身份证件的人员已登记，不在调用方管辖范围；请由负责该人员的机关登记其迁入，或由同时管辖两地的上级更正地区",
    "a person with this document is registered already, outside the places that the caller answers for: ask the office in charge of \
     the person to record the move, or an office above both places to correct the place",
);

/// What is said of a document that is registered, and what to do.
pub(super) fn registered(visible: bool) -> Text {
    let (zh, en) = match visible {
        true => (
            "持该身份证件的人员已登记，学员编号见 learner_id；地区、单位、岗位的变更请登记在该档案中",
            "a person with this document is registered already, as learner_id: enter in that file what changed about place, employer or \
             post",
        ),
        false => REGISTERED_ELSEWHERE,
    };
    Text::new(zh, en)
}

/// A correction that corrects nothing.
pub(super) fn nothing_to_correct(faults: &mut Faults<'_>) {
    faults.add("", "missing", Text::new("应给出 name 或 document", "name or document must be given"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::kernel::DocumentKind;
    use time::macros::{date, datetime};
    use uuid::Uuid;

    #[test]
    fn a_sealed_document_opens_for_its_learner_only() {
        let keys = DataKeys::ephemeral().unwrap();
        let today = date!(2021 - 06 - 15);
        let document = Document::parse(DocumentKind::ResidentId, "610302199001010002", today).unwrap();
        let name = PersonName::parse("示例甲").unwrap();
        let id = |n| LearnerId::from_uuid(Uuid::from_u128(n));
        let row = person(&keys, id(1), &name, &document, datetime!(2021-06-15 04:00 UTC)).unwrap();
        assert_eq!(row.document_mask.as_deref(), Some("6103**********0002"));
        assert!(opened(&keys, &row).unwrap() == document);
        assert!(opened(&keys, &LearnerPerson { learner_id: id(2), ..row }).is_err());
    }
}
