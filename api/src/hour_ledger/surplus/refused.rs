//! Why what was chosen is not allowed, in words.

use super::asked::Wanted;
use crate::{explain::ClauseBody, problem::FieldError, text::Text};
use domain::{
    hour_ledger::{Spreading, TransferFault},
    kernel::Citation,
};

pub(super) fn clauses(cite: &[Citation]) -> Vec<ClauseBody> {
    cite.iter().map(ClauseBody::from).collect()
}

/// What was chosen and is not allowed, one by one: why, by which clause, and how much would have been.
pub(super) fn not_allowed(wanted: &Wanted, spread: &Spreading, found: Vec<(usize, TransferFault)>) -> Vec<FieldError> {
    let surplus = spread.policy.rules.surplus.as_ref();
    let cite = surplus.map(|surplus| clauses(&surplus.cite.0)).unwrap_or_default();
    let years = surplus.map(|surplus| surplus.into_years.clone()).unwrap_or_default();
    let fault = |(number, fault): (usize, TransferFault)| {
        let at = wanted.place_of(number);
        let (field, words) = match fault {
            TransferFault::Nothing => ("hours", Text::new("没有可调剂的学时", "nothing to transfer")),
            TransferFault::NoGap => {
                ("hours", Text::new("该年度该类别不缺学时", "the year lacks nothing of the category"))
            }
            TransferFault::NotByHours(verdict) => {
                let zh = "该年度不由学时补足：不适用、尚未开始，或须由主管部门决定";
                let en = format!("hours do not fill that year: it is {verdict}");
                ("year", Text::new(zh, en))
            }
            TransferFault::NotServed => {
                ("year", Text::new("结余不得调剂至该年度", "the surplus does not serve that year"))
            }
            TransferFault::NotAttested => {
                let words = "no rules are in force for that year: an office has to attest what it lacks (attested)";
                ("year", Text::new("该年度没有规则，所缺学时须由主管部门证明（attested）", words))
            }
            TransferFault::BeyondGap(most) => {
                let words = format!("the year lacks no more than {most} of it");
                ("hours", Text::new(format!("该年度该类别只缺 {most}"), words))
            }
            TransferFault::BeyondSpare(most) => {
                let zh = format!("可结转且本年度自身不需要的只有 {most}：再多则本年度不足，或不在可结转之列");
                let en = format!(
                    "of the hours that may serve other years the year itself can spare no more than {most}: more would harm it, or may not be carried over"
                );
                ("hours", Text::new(zh, en))
            }
            TransferFault::BeyondRoom(most) => {
                let en = format!(
                    "the year would count no more than {most} of it: its maximum is reached, or its rules have no such category"
                );
                ("hours", Text::new(format!("该年度该类别至多再计入 {most}：已达上限，或其规则没有该类别"), en))
            }
        };
        let fault_of = FieldError::new(format!("{at}/{field}"), fault.code(), words).with("clauses", &cite);
        match (fault, fault.most()) {
            (_, Some(most)) => fault_of.with("most", most),
            (TransferFault::NotServed, _) => fault_of.with("years", &years),
            (TransferFault::NotByHours(verdict), _) => fault_of.with("verdict", verdict.to_string()),
            _ => fault_of,
        }
    };
    found.into_iter().map(fault).collect()
}
