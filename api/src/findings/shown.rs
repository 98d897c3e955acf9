//! Findings as callers see them, and whose they are to see.

use super::{
    body::{FoundBody, FoundLineBody},
    judge::{Ledger, computed},
};
use crate::{
    auth::{Caller, Permission},
    explain::{self, ClauseBody},
    problem::{Kind, Problem},
    recognition::case::Seen,
    text::Language,
    wire::{Day, Moment, words},
};
use domain::{
    findings::{Finding, Sanction, drawing_on},
    hour_ledger::Entry,
    kernel::{EntryId, LearnerId, PolicyId},
    policy::{RuleBook, shape::Effect},
    review::{Case, State},
};
use serde::Serialize;
use std::collections::HashMap;
use store::{
    Db,
    findings::{Found, find_finding, findings_of},
    registry::ended_in,
};
use utoipa::ToSchema;

/// 查实的一项惩戒 / One thing that follows from a finding.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Sanction)]
pub(crate) struct SanctionBody {
    /// 后果 / What follows.
    #[schema(schema_with = words::<Effect>)]
    effect: Effect,
    /// 后果的说明 / The same in words.
    #[schema(example = "不得申报职称")]
    text: String,
    /// 首日 / The first day.
    from_on: Day,
    /// 末日（含）；规则未定年限的为 null / The last day, itself included; null where no number of years is stated.
    until_on: Option<Day>,
    /// 说明 / A reading worth knowing.
    note: Option<String>,
    /// 依据的规则版本 / The version of the rules that says so.
    #[schema(value_type = Uuid)]
    policy_id: PolicyId,
    /// 依据条款 / The clauses.
    clauses: Vec<ClauseBody>,
}

impl SanctionBody {
    pub(crate) fn of(one: &Sanction, language: Language) -> Self {
        Self {
            effect: one.effect,
            text: explain::effect(one.effect, None).in_language(language).to_owned(),
            from_on: Day(one.from_on),
            until_on: one.until_on.map(Day),
            note: one.note.clone(),
            policy_id: one.policy,
            clauses: one.cite.iter().map(ClauseBody::from).collect(),
        }
    }
}

impl FoundLineBody {
    pub(super) fn of(line: &Entry, entries: &[Entry]) -> Self {
        let by = entries.iter().find(|by| by.reverses == Some(line.id));
        Self {
            entry_id: line.id,
            year: line.year,
            category: line.category.clone(),
            hours: line.hours,
            drawn_by: drawing_on(line.id, entries).into_iter().map(|line| line.id).collect(),
            reversed_at: by.map(|by| Moment(by.recorded_at)),
            reversed_for: by.and_then(|by| by.reason_code.clone()),
        }
    }
}

/// What is found in a case, as callers see it.
///
/// # Errors
/// `not_found` where the case is about no finding.
pub(crate) fn found(db: &mut Db, book: &RuleBook, seen: &Seen, language: Language) -> Result<FoundBody, Problem> {
    let found = find_finding(db, &seen.files, seen.case.opening().id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    shown(db, book, (seen, found), language)
}

pub(super) fn shown(
    db: &mut Db,
    book: &RuleBook,
    (seen, found): (&Seen, Found),
    language: Language,
) -> Result<FoundBody, Problem> {
    let Ledger { entries } = Ledger::of(db, &seen.files)?;
    let named = |line: &&Entry| found.lines.contains(&line.id);
    let lines: Vec<&Entry> = entries.iter().filter(named).collect();
    let sanctions = match &found.decided {
        Some((_, sanctions)) => sanctions.clone(),
        None => computed(book, &seen.learner, (found.alleged.cause, found.alleged.decided_on), lines.iter().copied()),
    };
    Ok(FoundBody {
        finding_id: found.alleged.case_id,
        learner_id: seen.learner.id,
        cause: found.alleged.cause,
        decided_on: Day(found.alleged.decided_on),
        document: found.alleged.document,
        lines: lines.into_iter().map(|line| FoundLineBody::of(line, &entries)).collect(),
        sanctions: sanctions.iter().map(|one| SanctionBody::of(one, language)).collect(),
        effective_at: found.decided.as_ref().map(|(at, _)| Moment(*at)),
        annulled_at: found.annulled_at.map(Moment),
    })
}

/// Whether a finding is for a caller to see, who may see its person: for the person once it took effect.
pub(super) fn is_told(permission: &Permission, case: &Case) -> bool {
    match permission.caller() {
        Caller::Learner(_) => matches!(case.state(), State::Approved | State::Revoked),
        _ => true,
    }
}

/// What took effect of these people, whichever of their files it was found in.
pub(crate) fn of_people(db: &mut Db, people: &[LearnerId]) -> Result<HashMap<LearnerId, Vec<Finding>>, Problem> {
    let ended = ended_in(db, people)?;
    let files: Vec<LearnerId> = people.iter().copied().chain(ended.keys().copied()).collect();
    let mut of: HashMap<LearnerId, Vec<Finding>> = HashMap::new();
    for (file, findings) in findings_of(db, &files)? {
        of.entry(ended.get(&file).copied().unwrap_or(file)).or_default().extend(findings);
    }
    of.values_mut().for_each(|findings| findings.sort_by_key(|finding| finding.case));
    Ok(of)
}

/// The ids of lines.
pub(super) fn ids<'e>(lines: impl IntoIterator<Item = &'e Entry>) -> Vec<EntryId> {
    lines.into_iter().map(|line| line.id).collect()
}
