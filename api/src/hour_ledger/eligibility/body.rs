//! Answers about applications on the wire.

use super::super::{
    body::{SummaryBody, Wording},
    many::PersonFound,
};
use crate::{
    explain::{self, ClauseBody, ReasonBody},
    openapi::FieldErrorBody,
    policy::PolicySummary,
    text::Language,
    wire::{Day, PlaceRef, words, words_or_null},
};
use domain::{
    findings::Finding,
    hour_ledger::{Allows, Asked, Eligibility, Window, YearIs, YearUsed},
    kernel::{CaseId, Hours, LearnerId, PlaceCode},
    policy::{
        Fulfils,
        shape::{Degree, Effect, Ledger, Need, Purpose, Weight},
    },
    recognition::{Judged, Outcome},
    registry::{LearnerFacts, Level},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// 逐项结果 / The answers, one each.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct EligibilityAnswers {
    /// 每项一条，次序与请求相同 / One for each application, in order.
    pub(super) items: Vec<EligibilityAnswer>,
}

/// 一项的结果 / The answer about one application.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct EligibilityAnswer {
    /// 序号，从 1 起 / The number in the query, from 1.
    #[schema(example = 1)]
    pub(super) line: usize,
    /// 是否查到；不属于调用方的人员与不存在的人员回答相同 / Whether the person was found; one who is not the caller's is answered like one who does not exist.
    #[schema(schema_with = words::<PersonFound>)]
    pub(super) result: PersonFound,
    /// 该档案已并入的档案，须改以它查询 / The file in which this one has ended: ask about that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid)]
    pub(super) successor: Option<LearnerId>,
    /// 查到时的回答 / The answer, where the person was found.
    pub(super) eligibility: Option<EligibilityBody>,
    /// 有误时：全部错误，指针相对于该项 / For an item that is not said rightly: every fault, by pointers into it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<FieldErrorBody>)]
    pub(super) errors: Vec<Value>,
}

/// 学时可否用于一项申报 / Whether someone's years allow an application.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Eligibility)]
pub(in super::super) struct EligibilityBody {
    /// 学员 / The learner.
    #[schema(value_type = Uuid)]
    learner_id: LearnerId,
    /// 用途 / What the years are to be used for.
    #[schema(schema_with = words::<Purpose>)]
    purpose: Purpose,
    /// 申报的级别 / The level applied for.
    #[schema(schema_with = words_or_null::<Level>)]
    level: Option<Level>,
    /// 回答所依据的现有级别：申报中写明的，否则为申报之日登记的 / The level held, as the application says, else as registered on its day.
    #[schema(schema_with = words_or_null::<Level>)]
    present_level: Option<Level>,
    /// 回答所依据的最高学历（学位），未写明为 null / The degree held, as the application says.
    #[schema(schema_with = words_or_null::<Degree>)]
    degree: Option<Degree>,
    /// 申报之日 / The day of the application.
    applied_on: Day,
    /// 结论 / The answer.
    #[schema(schema_with = words::<Allows>)]
    allows: Allows,
    /// 结论的说明 / The answer in words.
    #[schema(example = "学时符合申报要求")]
    allows_text: String,
    /// 申报之日所属地区，依其规则回答 / The place on the day of the application, whose rules say what is asked.
    place: Option<PlaceRef>,
    /// 这些规则 / Those rules; null where none is in force.
    policy: Option<PolicySummary>,
    /// 规则要求什么；没有规定时为 null / What they ask; null where they ask nothing.
    window: Option<WindowBody>,
    /// 所看的各年度，由近及远 / The years looked at, the latest first.
    years: Vec<YearBody>,
    /// 用人单位申报的成果，次序与请求相同 / What the employer declares, in order.
    declared: Vec<DeclaredBody>,
    /// 该申报若尚未办结，是否因查实而取消；未取消为 null / That the application, where it is still open, is cancelled by a finding; null where none does.
    pub(super) cancelled: Option<CancelledBody>,
    /// 结论的其他依据 / What the answer rests on besides the years.
    reasons: Vec<ReasonBody>,
}

/// 因查实而取消申报 / That a finding cancels an application for a title that was handed in by its day and is still open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApplicationCancelled)]
pub(in super::super) struct CancelledBody {
    /// 查实事项 / The finding.
    #[schema(value_type = Uuid)]
    finding_id: CaseId,
    /// 查实之日 / The day on which it was established.
    decided_on: Day,
    /// 依据条款 / The clauses.
    clauses: Vec<ClauseBody>,
}

impl CancelledBody {
    pub(super) fn of(finding: &Finding) -> Self {
        let cancelling = finding.sanctions.iter().filter(|one| one.effect == Effect::ApplicationCancelled);
        Self {
            finding_id: finding.case,
            decided_on: Day(finding.decided_on),
            clauses: cancelling.flat_map(|one| &one.cite).map(ClauseBody::from).collect(),
        }
    }
}

/// 规则对一种用途的要求 / What the rules ask for a purpose.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UseWindow)]
pub(in super::super) struct WindowBody {
    /// 年数；未规定为 null / How many years; null where no number is stated.
    #[schema(example = 3)]
    years: Option<u32>,
    /// 申报当年是否为其中之一 / Whether the year of the application is one of them.
    includes_application_year: bool,
    /// 是否须每年都符合 / Whether all of them are needed.
    #[schema(schema_with = words::<Need>)]
    need: Need,
    /// 所看的类别；空为全年度 / The categories looked at; none for the whole year.
    categories: Vec<String>,
    /// 是否须为相同或相近专业 / Whether the hours must lie in the same or a near specialty.
    same_specialty: bool,
    /// 为该用途验证的最后一日，未经验证的年度以学时登记之日为准，此后的由主管部门决定；未规定为 null / The last day on which years are verified for
    /// the purpose, or of a year that no office verified, on which its hours are registered; of what is later an office decides; null where there is none.
    verified_by: Option<Day>,
    /// 作为条件的分量，未写明为 null / How much the years weigh; null where that is not said.
    #[schema(schema_with = words_or_null::<Weight>)]
    weight: Option<Weight>,
    /// 说明 / A reading worth knowing.
    note: Option<String>,
    /// 依据条款 / The clauses.
    clauses: Vec<ClauseBody>,
}

/// 所看的一个年度 / A year looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = YearUsed)]
pub(in super::super) struct YearBody {
    /// 年度 / The policy year.
    #[schema(example = 2020)]
    year: i32,
    /// 该年度如何 / What it is.
    #[schema(schema_with = words::<YearIs>)]
    is: YearIs,
    /// 说明 / The same in words.
    is_text: String,
    /// 所看的类别还缺什么 / What is missing of what the purpose looks at.
    missing: Vec<MissingBody>,
    /// 申报之日台账上的达标情况 / Its standing on the day of the application, by the ledger alone.
    standing: SummaryBody,
    /// 计入申报成果后的达标情况；无申报为 null / The same with what is declared; null where nothing is.
    with_declared: Option<SummaryBody>,
}

/// 所缺学时 / What is missing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MissingHours)]
pub(in super::super) struct MissingBody {
    /// 类别代码；合计为 total / The code of the category; `total` for the year.
    #[schema(example = "professional")]
    code: String,
    /// 名称 / Its name.
    #[schema(example = "专业科目")]
    name: String,
    /// 缺口 / How much.
    #[schema(value_type = f64, example = 30)]
    short: Hours,
    /// 依据条款 / Where it stands written that it is needed.
    clauses: Vec<ClauseBody>,
}

/// 申报成果的折算 / What a declared achievement is worth.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeclaredAchievement)]
pub(in super::super) struct DeclaredBody {
    /// 种类 / Its kind.
    #[schema(example = "patent_invention")]
    kind: String,
    /// 折算结果 / What becomes of it.
    #[schema(schema_with = words::<Outcome>)]
    outcome: Outcome,
    /// 是否计入本次回答：可折算且不进入台账的 / Whether it counts in this answer: what is worth something and never enters the ledger.
    counted: bool,
    /// 该种类是否进入台账；规则没有该种类为 null / Whether its kind enters the ledger; null where the rules have none such.
    #[schema(schema_with = words_or_null::<Ledger>)]
    ledger: Option<Ledger>,
    /// 各年度的学时 / Its hours, year by year.
    lines: Vec<DeclaredLine>,
    /// 计算过程 / The arithmetic.
    steps: Vec<DeclaredStep>,
    /// 原因 / Why it is refused, has to be decided, or does not count here.
    reasons: Vec<ReasonBody>,
}

/// 申报成果在一个年度的学时 / What it is worth in a year.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct DeclaredLine {
    /// 年度 / The policy year.
    year: i32,
    /// 类别；视同全部完成为 null / The category; null where everything is fulfilled.
    category: Option<String>,
    /// 学时；视同完成的为 0 / The hours; 0 where it fulfils.
    #[schema(value_type = f64, example = 60)]
    hours: Hours,
    /// 视同完成的范围 / What it fulfils.
    #[schema(schema_with = words_or_null::<Fulfils>)]
    fulfils: Option<Fulfils>,
}

/// 计算的一步 / One step of the arithmetic.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct DeclaredStep {
    /// 说明 / The step in words.
    text: String,
    /// 依据条款 / The clauses.
    clauses: Vec<ClauseBody>,
}

impl EligibilityBody {
    pub(super) fn of(
        asked: &Asked<'_>,
        found: &Eligibility,
        declared: Vec<DeclaredBody>,
        wording: Wording<'_>,
    ) -> Self {
        let Asked { learner, application, .. } = *asked;
        let (places, language) = (wording.book.places(), wording.language);
        let place = |code: &PlaceCode| PlaceRef::of(places, code, application.applied_on);
        let reasons = found.reasons.iter();
        let reasons = reasons.map(|reason| explain::use_reason(reason, &place).body(language));
        Self {
            learner_id: learner.id,
            purpose: application.purpose,
            level: application.level,
            present_level: asked.present_level(),
            degree: application.degree,
            applied_on: Day(application.applied_on),
            allows: found.allows,
            allows_text: explain::allows(found.allows).in_language(language).to_owned(),
            place: found.place.as_ref().map(place),
            policy: found.policy.as_ref().map(|policy| PolicySummary::of(policy, places)),
            window: found.window.as_ref().map(WindowBody::of),
            years: found.years.iter().map(|year| YearBody::of(learner, year, wording)).collect(),
            declared,
            cancelled: None,
            reasons: reasons.collect(),
        }
    }
}

impl WindowBody {
    fn of(window: &Window) -> Self {
        Self {
            years: window.years,
            includes_application_year: window.includes_application_year,
            need: window.need,
            categories: window.categories.iter().map(ToString::to_string).collect(),
            same_specialty: window.same_specialty,
            verified_by: window.verified_by.map(Day),
            weight: window.weight,
            note: window.note.clone(),
            clauses: window.cite.iter().map(ClauseBody::from).collect(),
        }
    }
}

impl YearBody {
    fn of(learner: &LearnerFacts, used: &YearUsed, wording: Wording<'_>) -> Self {
        let nodes = &used.standing.nodes;
        let missing = |(code, short): &(String, Hours)| {
            let node = nodes.iter().find(|node| node.code == *code);
            let name = node.and_then(|node| node.name.clone());
            MissingBody {
                code: code.clone(),
                name: name.unwrap_or_else(|| explain::total().in_language(wording.language).to_owned()),
                short: *short,
                clauses: node.map(|node| node.cite.iter().map(ClauseBody::from).collect()).unwrap_or_default(),
            }
        };
        Self {
            year: used.standing.year,
            is: used.is,
            is_text: explain::year_is(used.is).in_language(wording.language).to_owned(),
            missing: used.missing.iter().map(missing).collect(),
            standing: wording.summary(learner, &used.standing),
            with_declared: used.with_declared.as_ref().map(|standing| wording.summary(learner, standing)),
        }
    }
}

impl DeclaredBody {
    pub(super) fn of(kind: &str, judged: &Judged, counted: bool, language: Language) -> Self {
        let step = |step: &domain::recognition::Step| DeclaredStep {
            text: match language {
                Language::Chinese => step.kind.in_chinese(),
                Language::English => step.kind.in_english(),
            },
            clauses: step.cite.iter().map(ClauseBody::from).collect(),
        };
        let reason = |reason: &domain::recognition::Reason| explain::achievement(reason).body(language);
        let reviewed = (judged.ledger == Some(Ledger::On)).then(|| explain::reviewed_not_declared().body(language));
        let line = |line: &domain::recognition::Line| DeclaredLine {
            year: line.year,
            category: line.category.as_ref().map(ToString::to_string),
            hours: line.hours,
            fulfils: line.fulfils,
        };
        Self {
            kind: kind.to_owned(),
            outcome: judged.outcome,
            counted,
            ledger: judged.ledger,
            lines: judged.lines.iter().map(line).collect(),
            steps: judged.steps.iter().map(step).collect(),
            reasons: judged.reasons.iter().map(reason).chain(reviewed).collect(),
        }
    }
}
