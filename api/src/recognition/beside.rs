//! What stands beside a claim and may be the same thing: the rules leave it to whoever decides, who is shown it.

use super::{case::Seen, claim::ClaimInput};
use crate::{
    problem::Problem,
    wire::{Day, words_or_null},
};
use domain::{
    hour_ledger::{Entry, studied_on},
    kernel::{CHINA, CaseId, EntryId, Hours},
    policy::CategoryCode,
    recognition::Claim,
    registry::Mode,
};
use serde::Serialize;
use store::{
    Db,
    hour_ledger::{SessionWindow, lines_within},
    recognition::claims_handed_in,
};
use utoipa::ToSchema;

/// How many other cases are looked at for what is alike, the latest first.
const LOOKED_AT: i64 = 200;

/// What else the person handed in that may be the same thing.
pub(super) fn alike(db: &mut Db, seen: &Seen, claim: &Claim) -> Result<Vec<CaseId>, Problem> {
    let mut found = Vec::new();
    for other in claims_handed_in(db, &seen.files, seen.case.opening().id, LOOKED_AT)? {
        if claim.resembles(&ClaimInput::of(&other)?.claim(Vec::new())) {
            found.push(other.case_id);
        }
    }
    Ok(found)
}

/// 平台报送的同期学习 / What a platform reported of the same days.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecognitionSameDays)]
pub(crate) struct SameDaysBody {
    /// 台账分录 / The line of the ledger.
    #[schema(value_type = Uuid)]
    entry_id: EntryId,
    /// 类别 / The category.
    #[schema(value_type = String, example = "professional")]
    category: CategoryCode,
    /// 学时 / The hours.
    #[schema(value_type = f64, example = 24)]
    hours: Hours,
    /// 学习方式 / How it was studied.
    #[schema(schema_with = words_or_null::<Mode>)]
    mode: Option<Mode>,
    /// 首日；未报送起止时间的为完成之日 / Its first day; that of completion where no session was stated.
    from_on: Day,
    /// 末日 / Its last day.
    until_on: Day,
}

impl From<&Entry> for SameDaysBody {
    fn from(line: &Entry) -> Self {
        let (from, until) = line.days();
        Self {
            entry_id: line.id,
            category: line.category.clone(),
            hours: line.hours,
            mode: line.mode,
            from_on: Day(from),
            until_on: Day(until),
        }
    }
}

/// What platforms reported of the days that a claim takes, as far as it stands.
pub(super) fn same_days(db: &mut Db, seen: &Seen, claim: &Claim) -> Result<Vec<SameDaysBody>, Problem> {
    let Some((first, last)) = claim.days_taken() else { return Ok(Vec::new()) };
    let Some(after) = last.next_day() else { return Ok(Vec::new()) };
    let window = SessionWindow {
        learner: seen.learner.id,
        from: first.midnight().assume_offset(CHINA),
        until: after.midnight().assume_offset(CHINA),
    };
    let lines = lines_within(db, window)?;
    Ok(studied_on(&lines, (first, last)).into_iter().map(SameDaysBody::from).collect())
}
