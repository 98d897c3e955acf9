//! What is asked, unmasked: for the office that decides it, with a purpose, on the record and within the limit of the day that holds for
//! learners' files.

use super::{body::UnmaskedBody, kept::wanted, service::seen_by};
use crate::{
    audit::Recording,
    auth::Permission,
    extract::Unjudged,
    problem::{Kind, Problem},
    recognition::case::{Acting, Held},
    registry::{DocumentBody, UnmaskingInput, Wanted, holds_name, holds_number, once_more, refers_to_nobody},
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::{
    kernel::{CaseId, Document},
    review::Phase,
};
use store::{corrections::find_correction, registry::persons};

pub(super) async fn unmask(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    input: Unjudged<UnmaskingInput>,
) -> Result<UnmaskedBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let seen = input.after(seen_by(db, (&permission, book.places()), (id, Held::No), today))?;
        let acting = Acting::of(permission.caller(), book.places());
        // Whoever else sees the case has no decision to take for which the whole would be needed.
        if !seen.case.stages().iter().any(|stage| acting.holds().contains(&stage.reach)) {
            return Err(Problem::new(Kind::NotYourStage).with("stage", 0).about_file(seen.learner.id));
        }
        let input = input.judged(|input, _| Ok(Some(input)))?;
        let row = find_correction(db, &seen.files, id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
        let wanted = wanted(&shared.keys, &row)?;
        let is_masked = matches!(wanted, Some(Wanted::Name(_) | Wanted::Document(..) | Wanted::Merge(..)));
        if seen.case.state().is_final() || !is_masked {
            return Err(nothing_to_see(seen.case.state().phase()));
        }
        let left_today = once_more(db, (&shared, &permission), input.purpose, now)?;
        let whole =
            |document: &Document| DocumentBody { kind: document.kind(), number: Some(document.number().to_owned()) };
        let (name, document) = match wanted {
            Some(Wanted::Name(name)) => (Some(name.as_str().to_owned()), None),
            Some(Wanted::Document(document, _)) => (None, Some(whole(&document))),
            Some(Wanted::Merge(document, name)) => (Some(name.as_str().to_owned()), Some(whole(&document))),
            Some(Wanted::Employment(..) | Wanted::Placement(..)) | None => (None, None),
        };
        let learner_id = seen.learner.id;
        let people = persons(db, &seen.files)?;
        let asked_for = || {
            name.as_ref().is_some_and(|name| holds_name(&input.reference, name))
                || document
                    .as_ref()
                    .and_then(|one| one.number.as_ref())
                    .is_some_and(|it| holds_number(&input.reference, it))
        };
        refers_to_nobody((&shared, &permission), (learner_id, &people), &input.reference, asked_for)?;
        db.showed("learner", learner_id, format!("{}: {}", input.purpose, input.reference.trim()));
        Ok(UnmaskedBody { correction_id: id, learner_id, name, document, left_today })
    };
    state.write(author, write).await
}

/// The refusal where no decision is left for which the whole would be needed, or nothing of what was asked is masked.
fn nothing_to_see(state: Phase) -> Problem {
    let words = Text::new(
        "该申请已办结，或所申请的内容没有遮盖，无需查看完整信息",
        "the request is settled, or nothing of what it asks is masked: there is nothing to be shown whole",
    );
    Problem::new(Kind::ReviewNotNow).detail(words).with("state", state)
}
