//! A case of any kind as callers see it.

use crate::{
    auth::Caller,
    explain::ClauseBody,
    wire::{Day, Moment, words, words_or_null},
};
use domain::{
    access::{Reach, Role},
    kernel::{CaseId, Hours, Words},
    policy::shape::{Act, Seat},
    review::{Action, Case, Event, Phase, Stage, What},
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// Whose names a caller is told of those who did something; of all others only what kind of caller they are. Who of an office does what
/// is the offices' to know, and an employer's own administrators know one another.
#[derive(Clone, Copy)]
pub(super) enum Names {
    All,
    Of(Option<Role>),
}

impl Names {
    pub(super) const fn of(caller: &Caller) -> Self {
        match caller {
            Caller::Official { role: Role::Officer | Role::SectorAuthority, .. } => Self::All,
            Caller::Official { role, .. } => Self::Of(Some(*role)),
            Caller::Learner(_) | Caller::Platform(_) => Self::Of(None),
        }
    }

    /// Of a case in which another employer has had a part as well, no names of any are told.
    fn within(self, case: &Case, caller: &Caller) -> Self {
        let reaches = case.stages().iter().map(|stage| &stage.reach).chain(&case.opening().filed_by.reach);
        let mut employers = reaches.filter_map(Reach::employer);
        match (self, caller.employer()) {
            (Self::Of(_), Some(own)) if employers.any(|other| other != own) => Self::Of(None),
            (names, _) => names,
        }
    }

    pub(super) fn told(self, by: &str) -> String {
        let kind = by.split(':').next().unwrap_or_default();
        match self {
            Self::Of(role) if role.is_none_or(|role| role.as_str() != kind) => kind.to_owned(),
            Self::All | Self::Of(_) => by.to_owned(),
        }
    }
}

/// 审核环节 / An office that a case has to pass.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReviewStage)]
pub(crate) struct StageBody {
    /// 规则文件中的位置 / What the rule file says the office is.
    #[schema(schema_with = words::<Seat>)]
    seat: Seat,
    /// 办理什么 / What it does.
    #[schema(schema_with = words::<Act>)]
    act: Act,
    /// 文件中的名称 / The office in words of the documents.
    office: Option<String>,
    /// 办理地区 / The place whose office decides, where it is one of a place.
    #[schema(example = "630100")]
    place: Option<String>,
    /// 办理单位 / The employer that decides, where it is one.
    employer_id: Option<Uuid>,
    /// 办理的职称系列 / The series whose authority decides, where it is one.
    series: Option<String>,
    /// 依据条款 / The clauses.
    clauses: Vec<ClauseBody>,
}

impl From<&Stage> for StageBody {
    fn from(stage: &Stage) -> Self {
        Self {
            seat: stage.seat,
            act: stage.act,
            office: stage.office.clone(),
            place: stage.reach.place().map(ToString::to_string),
            employer_id: stage.reach.employer().map(|id| id.as_uuid()),
            series: stage.reach.series().map(str::to_owned),
            clauses: stage.cite.iter().map(ClauseBody::from).collect(),
        }
    }
}

/// 审核经过 / Something that happened to a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReviewEvent)]
pub(crate) struct EventBody {
    /// 序号，从 1 起 / Its number, from 1.
    #[schema(example = 1)]
    number: u32,
    /// 时刻 / When.
    at: Moment,
    /// 何人；主管部门见其名，用人单位只见本单位的，学员只见类别 / Who: by name for offices, for an employer of its own alone; else the kind of caller.
    #[schema(example = "officer:li")]
    by: String,
    /// 何事 / What.
    #[schema(schema_with = words::<Action>)]
    action: Action,
    /// 理由 / Why.
    reason: Option<String>,
    /// 不予认定的依据条款 / By which clause it was refused.
    clause: Option<ClauseBody>,
    /// 核定的学时 / The hours granted, where they are left to the reviewer.
    #[schema(value_type = Option<f64>)]
    hours: Option<Hours>,
    /// 转给何人 / To whom it was handed.
    to: Option<String>,
}

/// 审核情况 / Where a case is, and everything that happened to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub(crate) struct CaseBody {
    /// 事项编号 / The case.
    #[schema(value_type = Uuid)]
    case_id: CaseId,
    /// 状态 / Where it is.
    #[schema(schema_with = words::<Phase>)]
    state: Phase,
    /// 所在环节，从 0 起 / The stage at which it waits or which returned it, from 0.
    stage: Option<usize>,
    /// 全部环节；提交后不变 / All stages; they stay as they were when it was handed in.
    stages: Vec<StageBody>,
    /// 最后一条经过的序号，办理时用作 seen / The number of the last event, to be said as `seen` by who acts on it.
    #[schema(example = 1)]
    number: u32,
    /// 由谁提交 / As what it was filed.
    #[schema(schema_with = words_or_null::<Seat>)]
    filed_by: Option<Seat>,
    /// 到达现状态的时刻 / When it came to where it is.
    arrived_at: Option<Moment>,
    /// 本环节的截止日（含） / The last day of the stage, itself included.
    due_on: Option<Day>,
    /// 由谁认领 / Who has taken it up.
    taken_by: Option<String>,
    /// 认领至何时 / Until when others leave it alone.
    taken_until: Option<Moment>,
    /// 经过 / Everything that happened, in order.
    history: Vec<EventBody>,
}

impl CaseBody {
    /// The case as a caller sees it.
    pub(crate) fn of(case: &Case, caller: &Caller, now: OffsetDateTime) -> Self {
        let names = Names::of(caller).within(case, caller);
        let masked = |name: &str| names.told(name);
        let claim = case.claim_at(now);
        Self {
            case_id: case.opening().id,
            state: case.state().phase(),
            stage: case.state().stage(),
            stages: case.stages().iter().map(StageBody::from).collect(),
            number: case.number(),
            filed_by: Some(case.opening().filed_by.seat),
            arrived_at: case.arrived_at().map(Moment),
            due_on: case.due_on().map(Day),
            taken_by: claim.map(|claim| masked(&claim.by)),
            taken_until: claim.map(|claim| Moment(claim.until)),
            history: case.events().iter().map(|event| happened(event, masked)).collect(),
        }
    }

    /// The same without the offices that decide it.
    pub(crate) fn without_offices(self) -> Self {
        Self { stages: Vec::new(), ..self }
    }

    /// The word of where it is.
    pub(crate) fn state(&self) -> &'static str {
        self.state.as_str()
    }
}

fn happened(event: &Event, masked: impl Fn(&str) -> String) -> EventBody {
    let (mut reason, mut clause, mut hours, mut to) = (None, None, None, None);
    match &event.what {
        What::Approved { hours: granted, reason: why } => (hours, reason) = (*granted, why.clone()),
        What::Returned { reason: why } | What::Cancelled { reason: why } | What::Revoked { reason: why } => {
            reason = Some(why.clone());
        }
        What::Refused { clause: by, reason: why } => {
            (clause, reason) = (Some(ClauseBody::from(by)), why.clone());
        }
        What::Delegated { to: receiver, .. } => to = Some(masked(receiver)),
        What::Submitted { .. } | What::Claimed { .. } | What::Released | What::Withdrawn | What::Resubmitted => {}
    }
    let (number, at, by, action) = (event.number, Moment(event.at), masked(&event.by), event.what.action());
    EventBody { number, at, by, action, reason, clause, hours, to }
}
