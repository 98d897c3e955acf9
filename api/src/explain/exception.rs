//! Why nothing can be granted by exception.

use super::{Action, Explained, coded, verdict};
use crate::text::Text;
use domain::{
    exceptions::{Reason, ReasonKind},
    hour_ledger::Verdict,
    policy::{CategoryCode, shape::MakeUpMode},
};

/// A reason against an exception, in words and with a hint.
#[must_use]
pub fn of_exception(reason: &Reason) -> Explained {
    let (text, action) = match &reason.kind {
        ReasonKind::NoExceptionProvided { year, make_up } => (not_provided(*year, *make_up), Action::None),
        ReasonKind::YearOpen { year, until } => (
            Text::new(
                format!("{year} 年度至 {until} 方结束，此前完成的学时按规则计入，不需例外认定"),
                format!(
                    "{year} is open until {until}: what is finished by then counts by its rules, and needs no exception"
                ),
            ),
            Action::None,
        ),
        ReasonKind::YearNotMissed { year, verdict: Verdict::NeedsReview } => (
            Text::new(
                format!("{year} 年度待核，请先由主管部门核定"),
                format!("an office has to decide about {year} first"),
            ),
            Action::AwaitReview,
        ),
        ReasonKind::YearNotMissed { year, verdict: found } => {
            let found = verdict(*found, false);
            let zh = format!("{year} 年度没有未达标（{}），没有可以例外认定的内容", found.zh);
            (Text::new(zh, format!("{year} was not missed ({}), so there is nothing to grant", found.en)), Action::None)
        }
        ReasonKind::HoursWithoutRules { year } => (
            Text::new(
                format!("{year} 年度没有规则，所认定的学时无从计入；可以认定该年度整体通过（met）"),
                format!("{year} has no rules by which hours could count; it can be let pass as a whole (met)"),
            ),
            Action::None,
        ),
        ReasonKind::AlreadyWaiting { year, .. } => (
            Text::new(
                format!("该人员 {year} 年度已有一件例外认定待办理，请先办结或撤回"),
                format!("another one of this person for {year} waits: it is decided or withdrawn first"),
            ),
            Action::AwaitReview,
        ),
        ReasonKind::CategoryUnknown { category, known } => (
            Text::new(
                format!("规则中没有类别 {category}；已知类别：{}", listed(known)),
                format!("the rules have no category {category}; they have {}", listed(known)),
            ),
            Action::None,
        ),
    };
    let (code, facts) = coded(&reason.kind);
    Explained { code, text, action, facts, cite: reason.cite.clone() }
}

fn not_provided(year: i32, make_up: Option<MakeUpMode>) -> Text {
    let (zh, en) = match make_up {
        Some(MakeUpMode::None) => ("不予补学", "it is not made up"),
        Some(MakeUpMode::UntilDate) => ("限期补学", "it is made up until a day"),
        Some(MakeUpMode::Open) => ("可以补学", "it may be made up"),
        Some(MakeUpMode::YearOfCompletion) => {
            ("补学的计入完成的年度", "what is finished later counts for the year of its completion")
        }
        None => ("未作规定", "nothing"),
    };
    Text::new(
        format!("规则没有指定可以对 {year} 年度作出例外认定的机关（关于补学：{zh}）"),
        format!("the rules name no office that may decide otherwise for {year}; of making it up they say: {en}"),
    )
}

fn listed(known: &[CategoryCode]) -> String {
    known.iter().map(CategoryCode::as_str).collect::<Vec<_>>().join(", ")
}
