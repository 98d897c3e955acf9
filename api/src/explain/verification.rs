//! Why a year of somebody is not handed in, or not verified.

use super::{Action, Explained, coded};
use crate::text::Text;
use domain::{
    kernel::Hours,
    verification::{Period, Reason, ReasonKind, Unverified, UnverifiedKind},
};

/// A reason against a verification, in words and with a hint.
#[must_use]
pub fn of_verification(reason: &Reason) -> Explained {
    let (text, action) = match &reason.kind {
        ReasonKind::NotStaff => {
            (Text::new("今天不是本单位的人员", "today this is nobody of the employer's staff"), Action::None)
        }
        ReasonKind::FileMerged { successor } => (
            Text::new(
                format!("该档案已并入 {successor}，请以其报送"),
                format!("the file has ended in that of {successor}: hand that one in"),
            ),
            Action::None,
        ),
        ReasonKind::NoRuleInForce { year } => (
            Text::new(
                format!("{year} 年度在该人员所属地区没有有效规则"),
                format!("no rule is in force for {year} where the person belonged to"),
            ),
            Action::AwaitRule,
        ),
        ReasonKind::NoBatchProvided { year } => (
            Text::new(
                format!("{year} 年度的规则没有规定由用人单位集中报送验证"),
                format!("the rules of {year} do not have an employer hand in years to be verified"),
            ),
            Action::None,
        ),
        ReasonKind::NotBound { year } => (
            Text::new(
                format!("{year} 年度该人员由其他主管部门管理，没有可以验证的内容"),
                format!("in {year} the person is another authority's business: there is nothing to verify"),
            ),
            Action::AskAuthority,
        ),
        ReasonKind::NobodyDecides { year } => (
            Text::new(
                format!("{year} 年度的验证有环节无人可办，请由主管机关补登"),
                format!("nobody stands at some step that verifies {year}, which the office in charge can enter"),
            ),
            Action::AskAuthority,
        ),
        ReasonKind::CategoryNotRegistered { name, required, registered, short, .. } => {
            (not_registered(name.as_deref(), (*required, *registered, *short)), Action::None)
        }
        ReasonKind::AlreadyWaiting { .. } => {
            (Text::new("已报送，等待主管机关办理", "it is handed in and waits for the office"), Action::AwaitReview)
        }
        ReasonKind::AlreadyVerified { on, .. } => {
            (Text::new(format!("已于 {on} 验证"), format!("it was verified on {on}")), Action::None)
        }
    };
    let (code, facts) = coded(&reason.kind);
    Explained { code, text, action, facts, cite: reason.cite.clone() }
}

fn not_registered(name: Option<&str>, (required, registered, short): (Hours, Hours, Hours)) -> Text {
    let (zh, en) = (name.unwrap_or("总学时"), name.map_or("the total".to_owned(), |name| format!("category {name}")));
    if short.is_positive() {
        return Text::new(
            format!("{zh}尚未登记齐：须 {required}，已登记 {registered}，缺 {short}"),
            format!("{en} is not registered yet: of {required} there are {registered}, so {short} are missing"),
        );
    }
    Text::new(
        format!("{zh}的学时已登记，尚缺须完成的指定科目"),
        format!("the hours of {en} are registered, and a subject that has to be completed is missing"),
    )
}

/// Why a year that is met does not stand verified, in words and with what helps.
#[must_use]
pub fn of_unverified(why: &Unverified) -> Explained {
    let submitters = listed(&why.submitters, Text::new("用人单位", "the employer"));
    let office = listed(why.office.as_slice(), Text::new("规则所定机关", "the office that the rules name"));
    let (zh, en, action) = match why.kind {
        UnverifiedKind::NotHandedIn => (
            format!("学时已达标，尚未报送验证：由{}集中报送，{}验证", submitters.zh, office.zh),
            format!("met, and not handed in to be verified: {} hands it in, {} verifies it", submitters.en, office.en),
            Action::HandInYear,
        ),
        UnverifiedKind::AwaitsVerification { since, .. } => (
            format!("学时已达标，{since} 已报送，等待{}验证", office.zh),
            format!("met, handed in on {since}, and waits for {} to verify it", office.en),
            Action::AwaitReview,
        ),
        UnverifiedKind::VerificationRefused { on, .. } => (
            format!("学时已达标，{}于 {on} 不予验证，理由见年度验证记录；由{}另行报送", office.zh, submitters.zh),
            format!(
                "met, and {} refused on {on} to verify it, why, the verification says; {} hands it in anew",
                office.en, submitters.en
            ),
            Action::HandInYear,
        ),
        UnverifiedKind::VerificationRevoked { on, .. } => (
            format!("学时已达标，验证于 {on} 撤销，理由见年度验证记录；由{}另行报送", submitters.zh),
            format!(
                "met, and its verification was taken back on {on}, why, the verification says; {} hands it in anew",
                submitters.en
            ),
            Action::HandInYear,
        ),
    };
    let days = match action {
        Action::HandInYear => days(&why.periods),
        _ => Text::new("", ""),
    };
    let (code, facts) = coded(why);
    let text = Text::new(format!("{zh}{}", days.zh), format!("{en}{}", days.en));
    Explained { code, text, action, facts, cite: why.cite.clone() }
}

/// When, where the documents name days: of whom they speak, the clause says.
fn days(periods: &[Period]) -> Text {
    if periods.is_empty() {
        return Text::new("", "");
    }
    let one = |period: &Period| match (period.from, period.by) {
        (Some(from), Some(by)) if from != by => (format!("{from} 至 {by}"), format!("from {from} through {by}")),
        (Some(on), Some(_)) => (format!("{on}"), format!("on {on}")),
        (Some(from), None) => (format!("{from} 起"), format!("from {from} on")),
        (None, by) => by.map(|by| (format!("{by} 前（含）"), format!("through {by}"))).unwrap_or_default(),
    };
    let (zh, en): (Vec<String>, Vec<String>) = periods.iter().map(one).unzip();
    Text::new(
        format!("；通知所列时间为 {}，适用人员和其他人员的时间见条款", zh.join("、")),
        format!("; the notice names {}: for whom, and when for others, its clause says", en.join(", ")),
    )
}

fn listed(names: &[String], else_called: Text) -> Text {
    if names.is_empty() {
        return else_called;
    }
    Text::new(names.join("、"), names.join(", "))
}
