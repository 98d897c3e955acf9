//! Why a declared achievement is worth what it is.

use super::{Action, Explained};
use crate::text::Text;
use domain::{
    kernel::{Hours, Words},
    recognition::{DayOf, Reason, ReasonKind},
};
use serde::Serialize;
use serde_json::{Map, Value};

/// What is tagged by its `code`, as that code and the facts beside it.
#[must_use]
pub fn coded(kind: &impl Serialize) -> (String, Map<String, Value>) {
    let mut facts = match serde_json::to_value(kind) {
        Ok(Value::Object(facts)) => facts,
        _ => Map::new(),
    };
    let code = match facts.remove("code") {
        Some(Value::String(code)) => code,
        _ => String::new(),
    };
    (code, facts)
}

/// A reason of a judgement over an achievement, in words and with a hint.
#[must_use]
pub fn achievement(reason: &Reason) -> Explained {
    let (code, facts) = coded(&reason.kind);
    let (text, action) = (text(&reason.kind), action(&reason.kind));
    Explained { code, text, action, facts, cite: reason.cite.clone() }
}

fn action(kind: &ReasonKind) -> Action {
    match kind {
        ReasonKind::OutOfScope { .. } => Action::AskAuthority,
        ReasonKind::NoRuleForYear { .. } | ReasonKind::YearNotBegun { .. } => Action::AwaitRule,
        ReasonKind::CategoryInDoubt { .. }
        | ReasonKind::BeganTooEarly { .. }
        | ReasonKind::PostUnknown
        | ReasonKind::PostStartUnknown { .. }
        | ReasonKind::DegreeUnknown
        | ReasonKind::EmploymentUnknown
        | ReasonKind::YearUnclear { .. }
        | ReasonKind::HoursToBeGranted { .. } => Action::AwaitReview,
        _ => Action::None,
    }
}

/// One line a kind, so that the compiler sees that none is missing.
#[rustfmt::skip]
fn text(kind: &ReasonKind) -> Text {
    use ReasonKind as R;
    match kind {
        R::KindUnknown { .. } => Text::new("规则中没有这个认定种类", "the rules have no such kind"),
        R::OutOfScope { authority, .. } => both(format!("该人员由{authority}管理"), format!("the person is the business of {authority}")),
        R::DayMissing { day } => both(format!("缺少{}", day_zh(*day)), format!("{} is missing", day.as_str())),
        R::NoDayGiven => Text::new("没有填写任何日期", "no day is declared"),
        R::InTheFuture { day, on } => both(format!("{}（{on}）晚于今天", day_zh(*day)), format!("{} ({on}) lies in the future", day.as_str())),
        R::EndsBeforeItBegins { first_on, last_on } => both(format!("结束日期 {last_on} 早于首日 {first_on}"), format!("it ends on {last_on}, before its first day {first_on}")),
        R::DaysMissing => Text::new("没有填写天数，也没有载明的学时", "neither days nor hours are declared"),
        R::MoreDaysThanLieBetween { days, between } => both(format!("填写 {days} 天，而首日至末日只有 {between} 天"), format!("{days} days are declared, and only {between} lie between the first and the last")),
        R::MoreTravelThanDays { travel_days, days } => both(format!("路途 {travel_days} 天多于总天数 {days}"), format!("{travel_days} days of travel are more than {days} days")),
        R::DocumentNotNamed => Text::new("没有写明载有学时或证明成果的文件", "the document that states or proves it is not named"),
        R::WorthNothing => Text::new("按规则不计学时", "by the rules it is worth no hours"),
        R::RankMissing => Text::new("缺少排名", "the rank is missing"),
        R::RankNotCounted { rank, .. } => both(format!("排名第 {rank} 不计学时"), format!("rank {rank} is not counted")),
        R::RoleMissing { roles } => both(format!("缺少角色：{}", zh(roles)), format!("the role is missing: {}", en(roles))),
        R::RoleNotCounted { roles, .. } => both(format!("该角色不计学时；可计：{}", zh(roles)), format!("the role is not counted; these are: {}", en(roles))),
        R::LevelMissing { levels } => both(format!("缺少级别：{}", zh(levels)), format!("the level is missing: {}", en(levels))),
        R::LevelNotCounted { levels, .. } => both(format!("该级别不计学时；可计：{}", zh(levels)), format!("the level is not counted; these are: {}", en(levels))),
        R::EvidenceMissing { missing, any_one: true } => both(format!("缺少证明材料，以下任一：{}", zh(missing)), format!("evidence is missing, one of {}", en(missing))),
        R::EvidenceMissing { missing, any_one: false } => both(format!("缺少证明材料：{}", zh(missing)), format!("evidence is missing: {}", en(missing))),
        R::CategoryMissing { .. } => Text::new("须写明学时类别", "the claim must name a category"),
        R::CategoryNotAdmitted { category, .. } => both(format!("不能计入 {category}"), format!("it does not serve {category}")),
        R::CategoryInDoubt { category } => both(format!("能否计入 {category} 需由主管部门决定"), format!("whether it serves {category} is for an office to decide")),
        R::OwnFieldNotDeclared => Text::new("没有说明是否属本专业", "whether it lies in the own field is not declared"),
        R::NotOwnField => Text::new("不属本专业", "it does not lie in the own field"),
        R::ConditionNotDeclared { condition } => both(format!("没有说明是否满足：{condition}"), format!("not declared whether it holds: {condition}")),
        R::ConditionNotMet { condition } => both(format!("不满足：{condition}"), format!("does not hold: {condition}")),
        R::ConditionUnknown { condition } => both(format!("规则中没有此条件：{condition}"), format!("the rules have no such condition: {condition}")),
        R::EarnedTooEarly { earned_from } => both(format!("{earned_from} 之前取得的不计"), format!("only what was earned from {earned_from} on counts")),
        R::BeganTooEarly { earned_from } => both(format!("始于 {earned_from} 之前，前段如何计需由主管部门决定"), format!("it began before {earned_from}; an office decides about its first days")),
        R::BeforePresentPost { since } => both(format!("任现职（{since}）之前取得的不计"), format!("earned before the present post, which began on {since}")),
        R::PostStartUnknown { recorded_since } => both(format!("现职起始日不明（最早记录 {recorded_since}）"), format!("when the present post began is not known (recorded since {recorded_since})")),
        R::PostUnknown => Text::new("没有登记任职情况", "no post is recorded"),
        R::NotForThem => Text::new("不适用于该人员", "it is for people of another description"),
        R::DegreeUnknown => Text::new("没有登记学位情况", "the degree held is not known here"),
        R::NotInPost { on } => both(format!("{on} 不在职"), format!("the person had no employer on {on}")),
        R::EmploymentUnknown => Text::new("没有登记在职情况", "whether the person had an employer is not recorded"),
        R::YearUnclear { years } => both(format!("计入哪个年度不明：{}", years_of(years, "、")), format!("the year is not clear: {}", years_of(years, ", "))),
        R::NoRuleForYear { year } => both(format!("{year} 年度没有有效规则"), format!("no rules speak for {year}")),
        R::YearNotExempt { year, years } => both(format!("{year} 年度不在免修年度之列：{}", years_of(years, "、")), format!("{year} is not among the exempt years: {}", years_of(years, ", "))),
        R::YearNotBegun { year } => both(format!("{year} 年度尚未开始"), format!("the year {year} has not begun")),
        R::FiledHoursMissing => Text::new("缺少经报备并审定的计划学时", "the hours of the filed and determined plan are missing"),
        R::HoursToBeGranted { least, most } => both(format!("学时由审核人核定{}", bounds(*least, *most, "，不少于 ", "，不超过 ")), format!("the reviewer grants the hours{}", bounds(*least, *most, ", at least ", ", at most "))),
        R::GrantWithoutReason => Text::new("核定学时须说明理由", "hours are granted with a reason"),
        R::GrantBelowLeast { hours, least } => both(format!("核定 {hours}，少于下限 {least}"), format!("{hours} granted, and the rules allow no less than {least}")),
        R::GrantAboveMost { hours, most } => both(format!("核定 {hours}，超过上限 {most}"), format!("{hours} granted, and the rules allow no more than {most}")),
        R::NothingToGrant => Text::new("规则已有算式，学时不由审核人核定", "the rules have a formula, and leave no hours to grant"),
        R::NoYearInPresentPost => Text::new("项目没有一个年度在现职期间", "no year of the project lies within the present post"),
    }
}

fn both(zh: String, en: String) -> Text {
    Text::new(zh, en)
}

fn zh(words: &[String]) -> String {
    words.join("、")
}

fn en(words: &[String]) -> String {
    words.join(", ")
}

fn years_of(years: &[i32], between: &str) -> String {
    years.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

fn bounds(least: Option<Hours>, most: Option<Hours>, from: &str, to: &str) -> String {
    let part = |words: &str, hours: Option<Hours>| hours.map_or_else(String::new, |hours| format!("{words}{hours}"));
    part(from, least) + &part(to, most)
}

const fn day_zh(day: DayOf) -> &'static str {
    match day {
        DayOf::FirstOn => "首日",
        DayOf::LastOn => "末日",
        DayOf::CertificateOn => "证书日期",
        DayOf::GrantedOn => "授权、发布或批示日期",
        DayOf::ConcludedOn => "结题日期",
    }
}
