//! Wire types of reviews.

use crate::{
    corrections::AskedBody,
    exceptions::ExceptedBody,
    findings::FoundBody,
    provisional::ProvisionalBody,
    recognition::{ClaimedBody, shown::CaseBody},
    verification::VerificationBody,
    wire::{Day, one_line, words},
};
use domain::{
    kernel::{CaseId, Citation, EmployerId, GrantId, Hours},
    review::{Asked, MOST_AT_ONCE},
    words,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError};

/// Which cases of a queue.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct QueueQuery {
    /// 只列该用人单位的人员 / Only people of this employer.
    #[param(value_type = Option<Uuid>)]
    pub(super) employer: Option<EmployerId>,
    /// 只列截止日不晚于该日的 / Only what is due by this day, itself included.
    pub(super) due_until: Option<Day>,
    /// 至多条数 / How many cases at most.
    #[serde(default = "fifty")]
    #[validate(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(super) limit: u16,
}

const fn fifty() -> u16 {
    50
}

/// 待办队列的开头；办理后重新查询 / The head of a queue: deal with it, and ask anew.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReviewQueue)]
pub(super) struct QueueBody {
    /// 先按截止日，同日各单位轮流，再按到达先后 / By deadline; within a day the units in turn, each by arrival.
    pub(super) items: Vec<ReviewBody>,
    /// 是否还有未列出的 / Whether more waits than is listed.
    pub(super) more: bool,
}

/// 审核事项 / A case with what it is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReviewCase)]
pub(super) struct ReviewBody {
    #[serde(flatten)]
    pub(super) case: CaseBody,
    /// 所申报的成果；其他事项为 null / What is declared, of a recognition.
    pub(super) recognition: Option<ClaimedBody>,
    /// 查实的内容；其他事项为 null / What is found, of a finding.
    pub(super) finding: Option<FoundBody>,
    /// 待核的学时；其他事项为 null / The hours that wait, of a case about such.
    pub(super) provisional: Option<ProvisionalBody>,
    /// 学员申请的更正；其他事项为 null / What is asked to be corrected, of a correction.
    pub(super) correction: Option<AskedBody>,
    /// 例外认定的内容；其他事项为 null / What is to be granted, of an exception.
    pub(super) exception: Option<ExceptedBody>,
    /// 报送验证的年度；其他事项为 null / The year that is handed in, of a verification.
    pub(super) verification: Option<VerificationBody>,
}

/// 同意 / An approval.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalInput {
    /// 所依据的经过序号；此后他人已办理的，告知而不办 / The number of the last event seen; what somebody settled since is told instead.
    #[validate(range(min = 0))]
    pub(super) seen: Option<i32>,
    /// 核定学时，规则由审核人核定时 / The hours granted, where the rule leaves them to the reviewer.
    #[validate(custom(function = some_hours))]
    #[schema(value_type = Option<f64>, example = 16)]
    pub(super) hours: Option<Hours>,
    /// 理由；核定学时的须说明 / Why; wanted where hours are granted.
    #[validate(length(min = 1, max = 500), custom(function = one_line))]
    pub(super) reason: Option<String>,
}

/// 退回补正 / A return for completion.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReturnInput {
    /// 所依据的经过序号 / The number of the last event seen.
    #[validate(range(min = 0))]
    pub(super) seen: Option<i32>,
    /// 须补正什么 / What is to be completed.
    #[validate(length(min = 1, max = 500), custom(function = one_line))]
    #[schema(example = "缺主办单位文件")]
    pub(super) reason: String,
}

/// 转办 / To whom a case is handed.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HandOverInput {
    /// 接收人据以办理的授权 / The grant by which the receiver could decide it.
    #[schema(value_type = Uuid)]
    pub(super) grant_id: GrantId,
    /// 所依据的经过序号 / The number of the last event seen.
    #[validate(range(min = 0))]
    pub(super) seen: Option<i32>,
}

/// 不予认定 / A refusal.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusalInput {
    /// 所依据的经过序号 / The number of the last event seen.
    #[validate(range(min = 0))]
    pub(super) seen: Option<i32>,
    /// 依据条款 / By which clause.
    #[validate(nested)]
    pub(super) clause: ClauseInput,
    /// 理由 / Why, beyond the clause.
    #[validate(length(min = 1, max = 500), custom(function = one_line))]
    pub(super) reason: Option<String>,
}

/// 撤销认定 / Why an approval is taken back.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevocationInput {
    /// 所依据的经过序号 / The number of the last event seen.
    #[validate(range(min = 0))]
    pub(super) seen: Option<i32>,
    /// 理由；不得含个人信息 / Why; no personal data.
    #[validate(length(min = 1, max = 500), custom(function = one_line))]
    #[schema(example = "证明材料不实")]
    pub(super) reason: String,
}

/// 条款 / A clause of a named document.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClauseInput {
    /// 文号 / The document's number as issued.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "青人社厅函〔2020〕227号")]
    document: String,
    /// 条款 / The clause as the document prints it.
    #[validate(length(min = 1, max = 100), custom(function = one_line))]
    #[schema(example = "五(二)2(1)")]
    clause: String,
}

fn some_hours(hours: &Hours) -> Result<(), ValidationError> {
    if hours.is_positive() && *hours <= Hours::whole(10_000) {
        return Ok(());
    }
    Err(ValidationError::new("range")
        .with_message("应大于 0 且不超过 10000 / must be more than 0 and at most 10000".into()))
}

impl ClauseInput {
    fn citation(&self) -> Citation {
        Citation { document: self.document.clone(), clause: self.clause.clone() }
    }
}

/// What is asked, and up to which event it was seen.
pub(super) type Said = (Option<u32>, Asked<'static>);

fn number(seen: Option<i32>) -> Option<u32> {
    seen.and_then(|seen| u32::try_from(seen).ok())
}

impl ApprovalInput {
    pub(super) fn said(&self) -> Said {
        (number(self.seen), Asked::Approve { hours: self.hours, reason: self.reason.clone() })
    }
}

impl ReturnInput {
    pub(super) fn said(&self) -> Said {
        (number(self.seen), Asked::ReturnForCompletion { reason: self.reason.clone() })
    }
}

impl RevocationInput {
    pub(super) fn said(&self) -> Said {
        // Whose officials may is for who knows the case.
        (number(self.seen), Asked::Revoke { reason: self.reason.clone(), offices: Vec::new() })
    }
}

impl RefusalInput {
    pub(super) fn said(&self) -> Said {
        (number(self.seen), Asked::Refuse { clause: self.clause.citation(), reason: self.reason.clone() })
    }
}

words! {
    /// What an office decides about one of many cases.
    pub(super) enum Decision {
        /// It says yes.
        Approve = "approve",
        /// It hands it back.
        ReturnForCompletion = "return_for_completion",
        /// It says no.
        Refuse = "refuse",
    }

    /// What became of one of many decisions.
    pub(super) enum Became {
        /// It was taken.
        Decided = "decided",
        /// The caller had decided so before.
        DecidedBefore = "decided_before",
        /// It was not taken; the problem says why.
        Refused = "refused",
    }
}

/// The number that the schema names.
const _: () = assert!(MOST_AT_ONCE == 500);

/// 批量办理 / Many decisions.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionsInput {
    /// 至多 500 项，每项单独作答 / At most 500, each answered by itself.
    #[validate(nested, length(min = 1, max = 500))]
    pub(super) items: Vec<DecisionInput>,
}

/// 一项办理 / One decision.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionInput {
    /// 事项编号 / The case.
    #[schema(value_type = Uuid)]
    pub(super) case_id: CaseId,
    /// 办理 / What is decided.
    #[schema(schema_with = words::<Decision>)]
    pub(super) decision: Decision,
    /// 所依据的经过序号 / The number of the last event seen.
    #[validate(range(min = 0))]
    pub(super) seen: Option<i32>,
    /// 核定学时 / The hours granted, where the rule leaves them to the reviewer.
    #[validate(custom(function = some_hours))]
    #[schema(value_type = Option<f64>)]
    hours: Option<Hours>,
    /// 理由 / Why.
    #[validate(length(min = 1, max = 500), custom(function = one_line))]
    reason: Option<String>,
    /// 不予认定的依据条款 / By which clause it is refused.
    #[validate(nested)]
    clause: Option<ClauseInput>,
}

impl DecisionInput {
    pub(super) fn said(&self) -> Said {
        let reason = self.reason.clone();
        // What is missing of a reason or a clause the machine finds, as it finds a blank one.
        let asked = match self.decision {
            Decision::Approve => Asked::Approve { hours: self.hours, reason },
            Decision::ReturnForCompletion => Asked::ReturnForCompletion { reason: reason.unwrap_or_default() },
            Decision::Refuse => {
                let blank = || Citation { document: String::new(), clause: String::new() };
                Asked::Refuse { clause: self.clause.as_ref().map_or_else(blank, ClauseInput::citation), reason }
            }
        };
        (number(self.seen), asked)
    }
}

/// 批量办理的结果 / What became of many decisions.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct DecisionsBody {
    /// 逐项，顺序同请求 / One an item, in the order of the request.
    pub(super) items: Vec<DecidedBody>,
}

/// 一项办理的结果 / What became of one decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct DecidedBody {
    /// 事项编号 / The case.
    #[schema(value_type = Uuid)]
    pub(super) case_id: CaseId,
    /// 结果 / What became of it.
    #[schema(schema_with = words::<Became>)]
    pub(super) result: Became,
    /// 未办理的原因 / Why it was not taken.
    #[schema(value_type = Option<Object>)]
    pub(super) problem: Option<Value>,
}
