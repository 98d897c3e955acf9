//! The rows that are sealed anew, table by table: which are next, and how each is opened and sealed again for its own row and field.

use crate::{
    completions::hold_bound_to,
    corrections::{self, Field},
    idempotency,
    keys::{DataKeys, KeysError, Sealed},
    problem::Problem,
    recognition::evidence_bound_to,
    registry::number_bound_to,
};
use domain::kernel::{CaseId, EvidenceId, LearnerId, PlatformId};
use serde::{Deserialize, Serialize};
use store::{
    Db,
    completions::find,
    sealed::{
        SealedHold, answers_by_other_keys, corrections_by_other_keys, files_by_other_keys, holds_by_other_keys,
        persons_by_other_keys, replace_answer, replace_correction, replace_file, replace_hold, replace_person,
    },
};
use time::OffsetDateTime;

/// How many rows a transaction seals anew: few enough that other writes hardly wait for it on SQLite.
const AT_ONCE: i64 = 500;

/// How many files: each may have megabytes.
const FILES_AT_ONCE: i64 = 8;

/// Where a round goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum At {
    Persons(Option<LearnerId>),
    Holds(Option<(PlatformId, String)>),
    Answers(Option<String>),
    Files(Option<(LearnerId, EvidenceId)>),
    Corrections(Option<(LearnerId, CaseId)>),
}

/// What a step came to.
pub(super) struct Step {
    pub(super) looked_at: i64,
    /// How many of those did not open.
    pub(super) unopened: i64,
    /// Where to go on in this round.
    pub(super) next: Option<At>,
}

/// How many rows were looked at, how many of them did not open, and where to go on.
type Looked = (usize, i64, Option<At>);

/// With what rows are sealed anew.
#[derive(Clone, Copy)]
struct Anew<'a> {
    keys: &'a DataKeys,
    key_id: &'a str,
    now: OffsetDateTime,
}

impl Anew<'_> {
    /// The same, sealed by the newest key.
    fn of(self, bytes: &[u8], (key_id, suite_id): (&str, &str), bound_to: &[u8]) -> Result<Sealed, KeysError> {
        let sealed = Sealed { key_id: key_id.to_owned(), suite_id: suite_id.to_owned(), bytes: bytes.to_vec() };
        self.keys.open(&sealed, bound_to).and_then(|opened| self.keys.seal(&opened, bound_to, self.now))
    }

    /// The same of a field that may be empty.
    fn of_some(self, bytes: Option<&Vec<u8>>, by: (&str, &str), bound_to: &[u8]) -> Result<Option<Sealed>, KeysError> {
        bytes.map(|bytes| self.of(bytes, by, bound_to)).transpose()
    }
}

/// Seals the next rows anew.
pub(super) fn step(
    db: &mut Db,
    keys: &DataKeys,
    at: &At,
    (key_id, now): (&str, OffsetDateTime),
) -> Result<Step, Problem> {
    if keys.active(now) != key_id {
        return Err(Problem::internal(format!(
            "this process does not seal by {key_id}: restart it with the newer keys"
        )));
    }
    let anew = Anew { keys, key_id, now };
    let (count, unopened, next) = match at {
        At::Persons(after) => persons(db, anew, *after)?,
        At::Holds(after) => holds(db, anew, after.as_ref().map(|(platform, id)| (*platform, id.as_str())))?,
        At::Answers(after) => answers(db, anew, after.as_deref())?,
        At::Files(after) => files(db, anew, *after)?,
        At::Corrections(after) => requests(db, anew, *after)?,
    };
    Ok(Step { looked_at: i64::try_from(count).unwrap_or(i64::MAX), unopened, next })
}

/// A row that does not open is told, by an id that finds it, and left as it is: one that was damaged must not keep all others under
/// an old key.
fn opened<T>(
    table: &str,
    anew: Result<T, KeysError>,
    row: impl FnOnce() -> Result<String, Problem>,
) -> Result<Option<T>, Problem> {
    match anew {
        Ok(anew) => Ok(Some(anew)),
        Err(error @ (KeysError::DoesNotOpen | KeysError::NoSuchKey { .. })) => {
            let row = row()?;
            let row = row.as_str();
            log::error!(target: "xueshi::work", table, row; "a row is left as it is: {error}");
            Ok(None)
        }
        Err(error) => Err(Problem::internal(error)),
    }
}

/// The id of the completion that a held item is: what platforms call it may hold anything.
fn completion_of(db: &mut Db, row: &SealedHold) -> Result<String, Problem> {
    let found = find(db, row.platform_id, &[&row.external_id])?.pop();
    Ok(found.map_or_else(|| "unknown".to_owned(), |completion| completion.completion_id.to_string()))
}

fn persons(db: &mut Db, anew: Anew<'_>, after: Option<LearnerId>) -> Result<Looked, Problem> {
    let (rows, mut unopened) = (persons_by_other_keys(db, anew.key_id, after, AT_ONCE)?, 0);
    for row in &rows {
        let sealed = anew.of(&row.document_cipher, (&row.key_id, &row.suite_id), &number_bound_to(row.learner_id));
        match opened("learner_person", sealed, || Ok(row.learner_id.to_string()))? {
            Some(sealed) => replace_person(db, row, (&sealed.bytes, &sealed.key_id, &sealed.suite_id))?,
            None => unopened += 1,
        }
    }
    let next = rows.last().map_or(At::Holds(None), |last| At::Persons(Some(last.learner_id)));
    Ok((rows.len(), unopened, Some(next)))
}

fn holds(db: &mut Db, anew: Anew<'_>, after: Option<(PlatformId, &str)>) -> Result<Looked, Problem> {
    let (rows, mut unopened) = (holds_by_other_keys(db, anew.key_id, after, AT_ONCE)?, 0);
    for row in &rows {
        let (bound_to, by) = (hold_bound_to(row.platform_id, &row.external_id), (&*row.key_id, &*row.suite_id));
        let field = |field: &Option<Vec<u8>>| anew.of_some(field.as_ref(), by, &bound_to);
        let both = field(&row.document_cipher).and_then(|document| Ok((document, field(&row.name_cipher)?)));
        let Some((document, name)) = opened("completion_hold", both, || completion_of(db, row))? else {
            unopened += 1;
            continue;
        };
        let Some(of) = document.as_ref().or(name.as_ref()) else { continue };
        replace_hold(db, row, (bytes(&document), bytes(&name)), (&of.key_id, &of.suite_id))?;
    }
    let next = |last: &SealedHold| At::Holds(Some((last.platform_id, last.external_id.clone())));
    Ok((rows.len(), unopened, Some(rows.last().map_or(At::Answers(None), next))))
}

fn answers(db: &mut Db, anew: Anew<'_>, after: Option<&str>) -> Result<Looked, Problem> {
    let (rows, mut unopened) = (answers_by_other_keys(db, anew.key_id, after, AT_ONCE)?, 0);
    for row in &rows {
        let bound_to = idempotency::bound_to(&row.key_hash, &row.request_hash);
        let sealed = anew.of(&row.answer_cipher, (&row.key_id, &row.suite_id), &bound_to);
        match opened("idempotency_answer", sealed, || Ok(row.key_hash.clone()))? {
            Some(sealed) => replace_answer(db, row, (&sealed.bytes, &sealed.key_id, &sealed.suite_id))?,
            None => unopened += 1,
        }
    }
    let next = rows.last().map_or(At::Files(None), |last| At::Answers(Some(last.key_hash.clone())));
    Ok((rows.len(), unopened, Some(next)))
}

fn files(db: &mut Db, anew: Anew<'_>, after: Option<(LearnerId, EvidenceId)>) -> Result<Looked, Problem> {
    let (rows, mut unopened) = (files_by_other_keys(db, anew.key_id, after, FILES_AT_ONCE)?, 0);
    for row in &rows {
        let bound_to = evidence_bound_to(row.learner_id, row.evidence_id);
        let sealed = anew.of(&row.content_cipher, (&row.key_id, &row.suite_id), &bound_to);
        match opened("recognition_evidence", sealed, || Ok(row.evidence_id.to_string()))? {
            Some(sealed) => replace_file(db, row, (&sealed.bytes, &sealed.key_id, &sealed.suite_id))?,
            None => unopened += 1,
        }
    }
    let next = |last: (LearnerId, EvidenceId)| At::Files(Some(last));
    let next = rows.last().map_or(At::Corrections(None), |last| next((last.learner_id, last.evidence_id)));
    Ok((rows.len(), unopened, Some(next)))
}

fn requests(db: &mut Db, anew: Anew<'_>, after: Option<(LearnerId, CaseId)>) -> Result<Looked, Problem> {
    let (rows, mut unopened) = (corrections_by_other_keys(db, anew.key_id, after, AT_ONCE)?, 0);
    for row in &rows {
        let (of, by) = ((row.learner_id, row.case_id), (&*row.key_id, &*row.suite_id));
        let field = |field: &Option<Vec<u8>>, name| anew.of_some(field.as_ref(), by, &corrections::bound_to(of, name));
        let both = field(&row.document_cipher, Field::Document)
            .and_then(|document| Ok((document, field(&row.name_cipher, Field::Name)?)));
        let Some((document, name)) = opened("correction", both, || Ok(row.case_id.to_string()))? else {
            unopened += 1;
            continue;
        };
        let Some(of) = document.as_ref().or(name.as_ref()) else { continue };
        replace_correction(db, row, (bytes(&name), bytes(&document)), (&of.key_id, &of.suite_id))?;
    }
    Ok((rows.len(), unopened, rows.last().map(|last| At::Corrections(Some((last.learner_id, last.case_id))))))
}

fn bytes(field: &Option<Sealed>) -> Option<&[u8]> {
    field.as_ref().map(|sealed| sealed.bytes.as_slice())
}
