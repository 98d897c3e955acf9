//! Why a roll cannot say something of a person.

use super::{Action, Explained, achievement, coded};
use crate::text::Text;
use domain::{policy::CategoryCode, roll::Reason};

/// A reason against an item of a roll, in words and with a hint.
#[must_use]
pub fn of_roll(reason: &Reason) -> Explained {
    let (text, action) = match reason {
        Reason::NotExempt(reason) => return achievement(reason),
        Reason::ListOfAnother { list_by } => (
            Text::new(
                format!("该人员所在地区的规则规定此名单由{list_by}提供"),
                format!("the rules of the person's place say that such a list is that of {list_by}"),
            ),
            Action::AskAuthority,
        ),
        Reason::YearNotOver { year } => (
            Text::new(format!("{year} 年度尚未结束，不能证明"), format!("{year} is not over, so nobody can attest it")),
            Action::None,
        ),
        Reason::ComputedHere { year, until } => (
            Text::new(
                format!("{year} 年度（至 {until}）由本系统按规则计算，尚未结束，不能证明"),
                format!("{year} is computed here by its rules until {until}, so nobody can attest it yet"),
            ),
            Action::None,
        ),
        Reason::CategoryUnknown { category, known } => (
            Text::new(
                format!("规则中没有类别 {category}；已知类别：{}", listed(known)),
                format!("the rules have no category {category}; they have {}", listed(known)),
            ),
            Action::None,
        ),
    };
    let (code, facts) = coded(reason);
    Explained { code, text, action, facts, cite: Vec::new() }
}

fn listed(known: &[CategoryCode]) -> String {
    known.iter().map(CategoryCode::as_str).collect::<Vec<_>>().join(", ")
}
