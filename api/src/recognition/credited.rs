//! The lines that an approved case made, where they stand now, and what became of them.

use super::{case::Seen, credit::REVOKED, judge::judged_by};
use crate::{
    problem::Problem,
    wire::{Moment, words_or_null},
};
use domain::{
    hour_ledger::{Entry, EntryKind},
    kernel::{EntryId, Hours, PolicyId, china_date},
    policy::{CategoryCode, Fulfils, Policy, RuleBook, Rules, shape::Ledger},
    recognition::{Claim, Judged, Line, Outcome},
    review::{Action, Case, State},
};
use serde::Serialize;
use std::{collections::HashMap, sync::Arc};
use store::{Db, hour_ledger::lines_of_case};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The lines of a case, of each year and category under its last number: what went to another file of the person and came back stands anew.
pub(super) struct Credited(Vec<(Entry, Option<Entry>)>);

impl Credited {
    pub(super) fn of(db: &mut Db, seen: &Seen) -> Result<Self, Problem> {
        // Of a case that is not approved there is no line, and nobody asks for one.
        if !matches!(seen.case.state(), State::Approved | State::Revoked) {
            return Ok(Self(Vec::new()));
        }
        let all = lines_of_case(db, &seen.files, seen.case.opening().id)?;
        let (reversals, lines): (Vec<Entry>, Vec<Entry>) =
            all.into_iter().partition(|line| line.kind == EntryKind::Reversal);
        let mut by: HashMap<EntryId, Entry> =
            reversals.into_iter().filter_map(|line| Some((line.reverses?, line))).collect();
        // Of what a finding took back, and its annulment says anew, each line has its own last number.
        let mut last: HashMap<(i32, CategoryCode), Option<i32>> = HashMap::new();
        for line in &lines {
            let greatest = last.entry((line.year, line.category.clone())).or_default();
            *greatest = line.decision_number.max(*greatest);
        }
        let is_last = |line: &Entry| last.get(&(line.year, line.category.clone())) == Some(&line.decision_number);
        let mut lines: Vec<Entry> = lines.into_iter().filter(is_last).collect();
        lines.sort_by_key(|line| (line.year, line.category.clone(), line.id));
        Ok(Self(lines.into_iter().map(|line| (by.remove(&line.id), line)).map(|(by, line)| (line, by)).collect()))
    }

    /// Those that were not taken back.
    pub(super) fn standing(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(|(_, by)| by.is_none()).map(|(line, _)| line)
    }

    /// As callers see them. What was taken back with the approval went when that was revoked, whenever its line went over to another file.
    pub(super) fn bodies(&self, case: &Case) -> Vec<CreditedBody> {
        let revoked = case.events().iter().rfind(|event| event.what.action() == Action::Revoke).map(|event| event.at);
        let gone_at =
            |by: &Entry| revoked.filter(|_| by.reason_code.as_deref() == Some(REVOKED)).unwrap_or(by.recorded_at);
        let body =
            |(line, by): &(Entry, Option<Entry>)| CreditedBody::of(line, by.as_ref().map(|by| (by, gone_at(by))));
        self.0.iter().map(body).collect()
    }

    /// What it was worth when it was approved: the lines are those of the ledger, the arithmetic that of the rules that decided, as known
    /// then. Where the arithmetic no longer leads to these lines (the person's facts came with another file), it is left out.
    pub(super) fn worth(&self, book: &RuleBook, seen: &Seen, claim: &Claim) -> Option<(Judged, Arc<Policy>)> {
        let (first, _) = self.0.first()?;
        let policy = book.versions().find(|policy| Some(policy.id) == first.policy).map(Arc::clone)?;
        let lines: Vec<Line> = self.0.iter().map(|(line, _)| as_judged(line)).collect();
        let judged = as_approved(&policy.rules, seen, claim)?;
        let earned_on = Some(china_date(first.completed_at));
        let judged = if are_same(&judged.lines, &lines) {
            Judged { lines, earned_on, ..judged }
        } else {
            let (steps, reasons) = (Vec::new(), Vec::new());
            Judged { outcome: Outcome::Worth, ledger: Some(Ledger::On), earned_on, lines, steps, reasons }
        };
        Some((judged, policy))
    }

    /// Whether these rules lead to the lines that stand.
    pub(super) fn agrees_with(&self, rules: &Rules, seen: &Seen, claim: &Claim) -> bool {
        let lines: Vec<Line> = self.standing().map(as_judged).collect();
        as_approved(rules, seen, claim).is_some_and(|judged| are_same(&judged.lines, &lines))
    }
}

/// What a claim was worth by these rules when it was approved, as known then.
fn as_approved(rules: &Rules, seen: &Seen, claim: &Claim) -> Option<Judged> {
    let approval = seen.case.events().iter().rfind(|event| event.what.action() == Action::Approve)?;
    Some(judged_by(rules, &seen.learner, claim, (china_date(approval.at), Some(approval.at))))
}

fn are_same(lines: &[Line], others: &[Line]) -> bool {
    others.len() == lines.len() && others.iter().all(|line| lines.contains(line))
}

fn as_judged(line: &Entry) -> Line {
    let ground = line.ground.as_ref();
    let fulfils = line.fulfils();
    // What fulfils everything has no category of its own.
    let category = Some(line.category.clone()).filter(|_| fulfils != Some(Fulfils::EverythingYear));
    let achievement = ground.and_then(|ground| ground.achievement.clone()).unwrap_or_default();
    Line { year: line.year, category, hours: line.hours, fulfils, achievement }
}

/// 已计入台账的一条 / A line of the ledger that the approval made.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecognitionCredit)]
pub(crate) struct CreditedBody {
    /// 分录；档案合并或恢复后为现在的分录 / The line; after two files were joined or parted, the one that stands for it now.
    #[schema(value_type = Uuid)]
    entry_id: EntryId,
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    year: i32,
    /// 类别；视同全年完成的为 total / The category; `total` where everything of the year is fulfilled.
    #[schema(value_type = String, example = "professional")]
    category: CategoryCode,
    /// 学时；视同完成的为 0 / The hours; 0 for what fulfils.
    #[schema(value_type = f64, example = 28)]
    hours: Hours,
    /// 视同完成的范围 / What is deemed met.
    #[schema(schema_with = words_or_null::<Fulfils>)]
    fulfils: Option<Fulfils>,
    /// 作出决定的规则版本 / The rules that decided.
    #[schema(value_type = Option<Uuid>)]
    policy_id: Option<PolicyId>,
    /// 记入时刻 / When it was recorded.
    recorded_at: Moment,
    /// 冲销时刻；撤销认定的为撤销时刻，仍有效的为 null / When it was taken back, of a revoked approval the moment of that; null while it stands.
    reversed_at: Option<Moment>,
    /// 冲销原因 / Why it was taken back.
    #[schema(example = "recognition_revoked")]
    reversed_for: Option<String>,
}

impl CreditedBody {
    fn of(line: &Entry, by: Option<(&Entry, OffsetDateTime)>) -> Self {
        Self {
            entry_id: line.id,
            year: line.year,
            category: line.category.clone(),
            hours: line.hours,
            fulfils: line.fulfils(),
            policy_id: line.policy,
            recorded_at: Moment(line.recorded_at),
            reversed_at: by.map(|(_, at)| Moment(at)),
            reversed_for: by.and_then(|(by, _)| by.reason_code.clone()),
        }
    }
}
