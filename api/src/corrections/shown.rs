//! Requests for corrections as callers see them: names and numbers masked, but the own name for who asks.

use super::{
    body::{AskedBody, AskedEmploymentBody, AskedMergeBody, AskedPlacementBody, CorrectionBody},
    kept::wanted,
};
use crate::{
    auth::Caller,
    problem::{Kind, Problem},
    recognition::{case::Seen, shown::CaseBody},
    registry::{DocumentBody, Occasion, Wanted},
    wire::{Day, Moment, PlaceRef},
};
use domain::{
    corrections::CorrectionKind,
    kernel::{Document, PersonName},
};
use store::{
    Db,
    corrections::{Correction, find_correction},
};
/// What is asked in a case, as callers see it.
///
/// # Errors
/// `not_found` where the case asks for no correction.
pub(crate) fn asked(db: &mut Db, at: Occasion<'_>, seen: &Seen) -> Result<AskedBody, Problem> {
    let row = find_correction(db, &seen.files, seen.case.opening().id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    shown(at, seen, row)
}

pub(super) fn shown(at: Occasion<'_>, seen: &Seen, row: Correction) -> Result<AskedBody, Problem> {
    let own = matches!(at.permission.caller(), Caller::Learner(_));
    let named = |name: &PersonName| if own { name.as_str().to_owned() } else { name.masked() };
    let masked = |document: &Document| DocumentBody { kind: document.kind(), number: Some(document.masked()) };
    let proofs = row.proofs.as_deref().map(serde_json::from_str).transpose().map_err(Problem::internal)?;
    let mut body = AskedBody {
        correction_id: row.case_id,
        learner_id: seen.learner.id,
        kind: row.kind,
        name: None,
        document: None,
        document_was: row.document_was,
        employment: None,
        placement: None,
        merge: None,
        reason: row.reason.clone(),
        proofs: proofs.unwrap_or_default(),
        asked_at: Moment(row.recorded_at),
    };
    let from_on = row.from_on.map(Day);
    // One damaged row must not keep an office from all others of its queue; what cannot be read cannot be approved either.
    let wanted = wanted(&at.state.keys, &row).unwrap_or_else(|problem| {
        let (case, cause) = (row.case_id.to_string(), problem.cause().unwrap_or_default());
        log::error!(target: "xueshi::corrections", case = case.as_str(); "what is asked does not open: {cause}");
        None
    });
    match wanted {
        Some(Wanted::Name(name)) => body.name = Some(named(&name)),
        Some(Wanted::Document(document, _)) => body.document = Some(masked(&document)),
        Some(Wanted::Employment(employer_id, _)) => {
            body.employment = Some(AskedEmploymentBody { employer_id, from_on });
        }
        Some(Wanted::Placement(place, _)) => {
            body.placement = Some(AskedPlacementBody { place: PlaceRef::of(at.tree, &place, at.today), from_on });
        }
        Some(Wanted::Merge(document, name)) => {
            body.merge = Some(AskedMergeBody { document: masked(&document), name: Some(named(&name)) });
        }
        None => {}
    }
    Ok(body)
}

/// A request with where its review is. Which office decides on a merge says where the other file is, so the learner is not told.
pub(super) fn with_review(at: Occasion<'_>, seen: &Seen, asked: AskedBody) -> CorrectionBody {
    let caller = at.permission.caller();
    let review = CaseBody::of(&seen.case, caller, at.now);
    let hidden = asked.kind == CorrectionKind::Merge && matches!(caller, Caller::Learner(_));
    CorrectionBody { asked, review: if hidden { review.without_offices() } else { review } }
}
