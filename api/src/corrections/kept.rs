//! How a request is kept: what is personal of it sealed field by field, bound to its row and field.

use crate::{
    keys::{DataKeys, Sealed},
    problem::Problem,
    registry::Wanted,
};
use domain::{
    corrections::CorrectionKind,
    kernel::{CaseId, Document, LearnerId, PersonName},
    registry::DocumentWas,
};
use store::corrections::Correction;
use time::OffsetDateTime;

/// A sealed field of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Name,
    Document,
}

/// What a sealed field of a request is bound to.
pub(crate) fn bound_to((learner, case): (LearnerId, CaseId), field: Field) -> Vec<u8> {
    let field = match field {
        Field::Name => "name",
        Field::Document => "document",
    };
    format!("correction/{learner}/{case}/{field}").into_bytes()
}

/// Who asks, when, and with which words.
pub(super) struct Filed {
    pub(super) key: (LearnerId, CaseId),
    pub(super) at: OffsetDateTime,
    pub(super) by: String,
    pub(super) reason: String,
    pub(super) proofs: Vec<String>,
}

/// The row of a request.
pub(super) fn row(keys: &DataKeys, wanted: &Wanted, filed: Filed) -> Result<Correction, Problem> {
    let Filed { key, at, by, reason, proofs } = filed;
    let (learner_id, case_id) = key;
    let proofs = serde_json::to_string(&proofs).map_err(Problem::internal)?;
    let mut row = Correction {
        learner_id,
        case_id,
        kind: kind_of(wanted),
        document_kind: None,
        document_was: None,
        employer_id: None,
        place_code: None,
        from_on: None,
        reason: Some(reason),
        proofs: Some(proofs),
        recorded_at: at,
        recorded_by: by,
        name_cipher: None,
        document_cipher: None,
        key_id: None,
        suite_id: None,
    };
    let mut seal = |text: &str, field| {
        let Sealed { key_id, suite_id, bytes } =
            keys.seal(text.as_bytes(), &bound_to(key, field), at).map_err(Problem::internal)?;
        (row.key_id, row.suite_id) = (Some(key_id), Some(suite_id));
        match field {
            Field::Name => row.name_cipher = Some(bytes),
            Field::Document => row.document_cipher = Some(bytes),
        }
        Ok::<_, Problem>(())
    };
    match wanted {
        Wanted::Name(name) => seal(name.as_str(), Field::Name)?,
        Wanted::Document(document, was) => {
            seal(document.number(), Field::Document)?;
            (row.document_kind, row.document_was) = (Some(document.kind()), Some(*was));
        }
        Wanted::Employment(employer, from_on) => (row.employer_id, row.from_on) = (*employer, *from_on),
        Wanted::Placement(place, from_on) => (row.place_code, row.from_on) = (Some(place.clone()), *from_on),
        Wanted::Merge(document, name) => {
            seal(document.number(), Field::Document)?;
            seal(name.as_str(), Field::Name)?;
            row.document_kind = Some(document.kind());
        }
    }
    Ok(row)
}

fn kind_of(wanted: &Wanted) -> CorrectionKind {
    match wanted {
        Wanted::Name(_) => CorrectionKind::Name,
        Wanted::Document(..) => CorrectionKind::Document,
        Wanted::Employment(..) => CorrectionKind::Employment,
        Wanted::Placement(..) => CorrectionKind::Placement,
        Wanted::Merge(..) => CorrectionKind::Merge,
    }
}

/// What a request asks for; none where its person was erased.
pub(super) fn wanted(keys: &DataKeys, row: &Correction) -> Result<Option<Wanted>, Problem> {
    let name = || opened(keys, row, Field::Name).map(|text| text.map(PersonName::from_stored));
    let document = || {
        let number = opened(keys, row, Field::Document)?;
        Ok::<_, Problem>(row.document_kind.zip(number).map(|(kind, number)| Document::from_stored(kind, number)))
    };
    Ok(match row.kind {
        CorrectionKind::Name => name()?.map(Wanted::Name),
        CorrectionKind::Document => {
            let was = row.document_was.unwrap_or(DocumentWas::Wrong);
            document()?.map(|document| Wanted::Document(document, was))
        }
        CorrectionKind::Employment => Some(Wanted::Employment(row.employer_id, row.from_on)),
        CorrectionKind::Placement => row.place_code.clone().map(|place| Wanted::Placement(place, row.from_on)),
        CorrectionKind::Merge => document()?.zip(name()?).map(|(document, name)| Wanted::Merge(document, name)),
    })
}

fn opened(keys: &DataKeys, row: &Correction, field: Field) -> Result<Option<String>, Problem> {
    let cipher = match field {
        Field::Name => &row.name_cipher,
        Field::Document => &row.document_cipher,
    };
    let (Some(bytes), Some(key_id), Some(suite_id)) = (cipher, &row.key_id, &row.suite_id) else { return Ok(None) };
    let sealed = Sealed { key_id: key_id.clone(), suite_id: suite_id.clone(), bytes: bytes.clone() };
    let text = keys.open(&sealed, &bound_to((row.learner_id, row.case_id), field)).map_err(Problem::internal)?;
    Ok(Some(std::str::from_utf8(&text).map_err(Problem::internal)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::kernel::DocumentKind;
    use time::macros::datetime;
    use uuid::Uuid;

    #[test]
    fn what_is_sealed_of_a_request_opens_in_its_own_row_and_field_alone() {
        let keys = DataKeys::ephemeral().unwrap();
        let id = |n| (LearnerId::from_uuid(Uuid::from_u128(n)), CaseId::from_uuid(Uuid::from_u128(n)));
        let at = datetime!(2021-06-15 04:00 UTC);
        let filed = |n| Filed { key: id(n), at, by: "learner:1".into(), reason: "x".into(), proofs: Vec::new() };
        let document = Document::from_stored(DocumentKind::Passport, "E00000001".to_owned());
        let merge = Wanted::Merge(document, PersonName::from_stored("示例甲".to_owned()));
        let kept = row(&keys, &merge, filed(1)).unwrap();
        let Some(Wanted::Merge(document, name)) = wanted(&keys, &kept).unwrap() else { unreachable!("a merge") };
        assert_eq!((document.number(), name.as_str()), ("E00000001", "示例甲"));
        assert!(wanted(&keys, &Correction { learner_id: id(2).0, ..kept.clone() }).is_err());
        let swapped = Correction {
            name_cipher: kept.document_cipher.clone(),
            document_cipher: kept.name_cipher.clone(),
            ..kept.clone()
        };
        assert!(wanted(&keys, &swapped).is_err());
        let emptied =
            Correction { name_cipher: None, document_cipher: None, key_id: None, suite_id: None, ..kept.clone() };
        assert!(wanted(&keys, &emptied).unwrap().is_none());
    }
}
