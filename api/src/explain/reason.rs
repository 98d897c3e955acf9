//! Why an item has the outcome it has.

use super::{Action, Explained, coded, list, mode, provider, tier};
use crate::text::Text;
use domain::{
    completions::{Reason, ReasonKind},
    kernel::{Hours, PlaceCode},
    registry::{Mode, ProviderKind, Tier},
};
use std::borrow::Cow;
use time::Date;

/// A reason of an outcome, in words and with a hint. Places are called by what `called` says for a year, in words; the facts name
/// them by code.
#[must_use]
pub fn reason(reason: &Reason, called: &dyn Fn(&PlaceCode, i32) -> Text) -> Explained {
    let (code, facts) = coded(&reason.kind);
    let text = text(&reason.kind, called);
    Explained { code, text, action: action(&reason.kind), facts, cite: reason.cite.clone() }
}

/// A reason why a line of the ledger is under review: such a one names no place, as an item that waits for rules has no line.
#[must_use]
pub fn of_line(why: &Reason) -> Explained {
    reason(why, &|place, _| Text::new(place.to_string(), place.to_string()))
}

fn action(kind: &ReasonKind) -> Action {
    use ReasonKind as R;
    match kind {
        R::OutOfScope { .. } | R::RefusedByOffice => Action::AskAuthority,
        R::CategoryUnknownToRule { .. }
        | R::NotADeclaredSubject { .. }
        | R::SubjectUnknown { .. }
        | R::SubjectHoursDiffer { .. }
        | R::BeforeTheCourse { .. } => Action::CorrectCourse,
        R::HoursNotOfCourse { .. }
        | R::ModeNotOffered { .. }
        | R::Withdrawn
        | R::WaitedTooLong
        | R::ReplacementCircle { .. } => Action::UseNewExternalId,
        R::PlatformDoesNotCarryCourse => Action::RegisterCoursePlatform,
        R::PlatformNotServingCategory { .. } | R::BaseNotRecognised { .. } => Action::AskAuthority,
        R::NoSourceForCategory { .. }
        | R::ModeNotAllowed { .. }
        | R::PlatformNotAllowed { .. }
        | R::PlatformTierNotAllowed { .. }
        | R::ProviderNotAllowed { .. }
        | R::BaseTierNotAllowed { .. } => Action::StudyElsewhere,
        R::ExamResultMissing { .. } => Action::SendExamResult,
        R::ExamNotPassed { .. } => Action::RetakeExam,
        R::PlanNotFiled => Action::FilePlan,
        R::CompletedLate { .. } | R::MakeUpNotNamed { .. } => Action::AwaitReview,
        R::CompletedBeforeWindow { .. }
        | R::CompletedAfterWindow { .. }
        | R::MakeUpNotAllowed { .. }
        | R::MakeUpClosed { .. }
        | R::Replaced { .. } => Action::None,
        R::InTheFuture | R::MoreThanTheTime { .. } | R::OverlappingSessions => Action::CheckTimes,
        R::PersonUnknown => Action::RegisterPerson,
        R::NameMismatch => Action::CorrectName,
        R::CourseUnknown { .. } => Action::RegisterCourse,
        R::NoSuchPerson | R::NoSuchCourse { .. } => Action::UseNewExternalId,
        R::ReplacedItemUnknown { .. } => Action::SendReplacedItem,
        R::AlreadyReplaced { .. } => Action::ReplaceTheOther,
        R::NoRuleInForce { .. } => Action::AwaitRule,
    }
}

/// One line a kind, so that the compiler sees that none is missing; longer sentences stand below.
fn text(kind: &ReasonKind, called: &dyn Fn(&PlaceCode, i32) -> Text) -> Text {
    use ReasonKind as R;
    match kind {
        R::OutOfScope { authority, under } => out_of_scope(authority, under.as_deref()),
        R::CategoryUnknownToRule { category } => {
            say(format!("适用规则没有“{category}”这一类别"), format!("the rule in force has no category {category}"))
        }
        R::NotADeclaredSubject { subjects } => not_declared(subjects),
        R::SubjectUnknown { subject } => say(
            format!("适用规则没有“{subject}”这一指定科目"),
            format!("the rule in force declares no subject {subject}"),
        ),
        R::SubjectHoursDiffer { course, subject } => subject_hours(*course, *subject),
        R::HoursNotOfCourse { claimed, course } => claimed_hours(*claimed, *course),
        R::ModeNotOffered { mode } => mode_not_offered(*mode),
        R::PlatformDoesNotCarryCourse => {
            say("该平台未承载此网络课程", "the platform does not carry this online course")
        }
        R::PlatformNotServingCategory { category } => platform_not_serving(category),
        R::NoSourceForCategory { category } => {
            say(format!("规则未为“{category}”类别开放任何来源"), format!("the rule opens no source for {category}"))
        }
        R::ModeNotAllowed { allowed } => modes_allowed(allowed),
        R::PlatformNotAllowed { allowed } => platforms_allowed(allowed),
        R::PlatformTierNotAllowed { allowed } => tiers_allowed("平台", "platforms", allowed),
        R::ProviderNotAllowed { allowed } => providers_allowed(allowed),
        R::BaseTierNotAllowed { allowed } => tiers_allowed("继续教育基地", "training bases", allowed),
        R::BaseNotRecognised { on } => {
            say(format!("该基地在 {on} 未获认定"), format!("the training base was not recognised on {on}"))
        }
        R::ExamResultMissing { pass_mark } => exam_result_missing(*pass_mark),
        R::ExamNotPassed { score, pass_mark } => exam_not_passed(*score, *pass_mark),
        R::PlanNotFiled => say(
            "该课程的培训计划未在培训前备案",
            "the plan of the course is not filed, or was filed only after the training",
        ),
        R::CompletedBeforeWindow { opens_on } => before_window(*opens_on),
        R::CompletedLate { on_time_until } => late(*on_time_until),
        R::CompletedAfterWindow { closes_on } => after_window(*closes_on),
        R::MakeUpNotAllowed { year } => {
            say(format!("{year} 年度的学时不得补学"), format!("the hours of {year} cannot be made up"))
        }
        R::MakeUpNotNamed { year } => make_up_not_named(*year),
        R::MakeUpClosed { year, closes_on } => make_up_closed(*year, *closes_on),
        R::InTheFuture => say("完成时间晚于接收时间", "the completion lies in the future"),
        R::BeforeTheCourse { available_from } => before_course(*available_from),
        R::MoreThanTheTime { minutes_needed, minutes_between } => more_than_the_time(*minutes_needed, *minutes_between),
        R::OverlappingSessions => say("与同一人的另一学习时段重叠", "the session overlaps another of the same person"),
        R::PersonUnknown => say("该人员尚未登记", "the person is not registered yet"),
        R::NameMismatch => {
            say("该证件号码登记的姓名与所报姓名不一致", "the document number is registered under another name")
        }
        R::CourseUnknown { course } => {
            say(format!("课程“{course}”尚未登记"), format!("the course {course} is not registered yet"))
        }
        R::NoSuchPerson => say(
            "没有该编号的人员，请核对编号，或改报证件号码和姓名",
            "no person has this id; check it, or send document number and name",
        ),
        R::NoSuchCourse { course } => no_such_course(course),
        R::ReplacedItemUnknown { replaces } => replaced_unknown(replaces),
        R::ReplacementCircle { replaces } => circle(replaces),
        R::NoRuleInForce { place, year } => no_rule(&called(place, *year), *year),
        R::WaitedTooLong => say("等待过久，不再保留等待", "it waited too long and is kept waiting no longer"),
        R::RefusedByOffice => {
            say("主管机关审核后不予计入", "the office in charge, for whose word the hours waited, does not count them")
        }
        R::Withdrawn => say("该挂起记录已撤回", "the held item was withdrawn"),
        R::AlreadyReplaced { by } => say(
            format!("所更正的记录已由“{by}”更正；如需再次更正，请更正“{by}”"),
            format!("the item it replaces was replaced by {by} already; replace {by} instead"),
        ),
        R::Replaced { by } => say(format!("已由“{by}”更正"), format!("replaced by {by}")),
    }
}

fn say(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Text {
    Text::new(zh, en)
}

fn out_of_scope(authority: &str, under: Option<&str>) -> Text {
    match under {
        Some(under) => say(
            format!("该人员由{authority}按{under}管理，此处留存但不计学时"),
            format!("the person is the business of {authority} under {under}; kept here and not counted"),
        ),
        None => say(
            format!("该人员由{authority}管理，此处留存但不计学时"),
            format!("the person is the business of {authority}; kept here and not counted"),
        ),
    }
}

pub(super) fn not_declared(subjects: &[String]) -> Text {
    say(
        format!("该类别只认可指定科目：{}", subjects.join("、")),
        format!("the category takes declared subjects only: {}", subjects.join(", ")),
    )
}

fn subject_hours(course: Hours, subject: Hours) -> Text {
    say(
        format!("课程为 {course} 学时，而指定科目为 {subject} 学时"),
        format!("the course has {course} hours, its declared subject {subject}"),
    )
}

fn claimed_hours(claimed: Hours, course: Hours) -> Text {
    say(
        format!("申报 {claimed} 学时，课程为 {course} 学时；只按整门课程计入"),
        format!("{claimed} hours are claimed, the course has {course}; only whole courses count"),
    )
}

fn mode_not_offered(given: Mode) -> Text {
    let name = mode(given);
    say(format!("该课程不以{}方式开设", name.zh), format!("the course is not given {}", name.en))
}

fn platform_not_serving(category: &str) -> Text {
    say(
        format!("该平台当日不得开设“{category}”类别"),
        format!("the platform may not serve the category {category} on that day"),
    )
}

fn modes_allowed(allowed: &[Mode]) -> Text {
    let names = list(allowed, mode);
    say(
        format!("该类别不得以此方式学习；允许的方式：{}", names.zh),
        format!("the category may not be studied in this mode; allowed: {}", names.en),
    )
}

fn platforms_allowed(allowed: &[String]) -> Text {
    say(
        format!("该类别不得在此平台学习；允许的平台：{}", allowed.join("、")),
        format!("the category may not be studied on this platform; allowed: {}", allowed.join(", ")),
    )
}

fn tiers_allowed(what_zh: &str, what_en: &str, allowed: &[Tier]) -> Text {
    let names = list(allowed, tier);
    say(
        format!("该类别只认可{}{what_zh}", names.zh),
        format!("the category is taken from {what_en} of these tiers only: {}", names.en),
    )
}

fn providers_allowed(allowed: &[ProviderKind]) -> Text {
    let names = list(allowed, provider);
    say(format!("该类别只能由以下机构施教：{}", names.zh), format!("the category may be given only by: {}", names.en))
}

fn exam_result_missing(pass_mark: Option<Hours>) -> Text {
    match pass_mark {
        Some(mark) => say(
            format!("缺少考试成绩；合格线为 {mark} 分"),
            format!("the result of the exam is missing; the pass mark is {mark}"),
        ),
        None => say("缺少考试结果（是否合格）", "the result of the exam (passed or not) is missing"),
    }
}

fn exam_not_passed(score: Option<Hours>, pass_mark: Option<Hours>) -> Text {
    match (score, pass_mark) {
        (Some(score), Some(mark)) if score >= mark => say(
            format!("考试 {score} 分，已达到合格线 {mark} 分，但平台报告为未合格"),
            format!(
                "the exam's {score} points reach the pass mark of {mark}, but the platform reports it as not passed"
            ),
        ),
        (Some(score), Some(mark)) => say(
            format!("考试 {score} 分，未达到合格线 {mark} 分"),
            format!("the exam's {score} points are below the pass mark of {mark}"),
        ),
        _ => say("考试未合格", "the exam was not passed"),
    }
}

fn before_window(opens_on: Date) -> Text {
    say(
        format!("完成日期早于学习开始日 {opens_on}，不予计入"),
        format!("completed before the study window opened on {opens_on}"),
    )
}

fn late(on_time_until: Date) -> Text {
    say(
        format!("完成日期晚于按期截止日 {on_time_until}，需由主管部门决定"),
        format!("completed after the last day on time, {on_time_until}; an authority has to decide"),
    )
}

fn after_window(closes_on: Date) -> Text {
    say(
        format!("完成日期晚于截止日 {closes_on}，不予计入"),
        format!("completed after the study window closed on {closes_on}"),
    )
}

fn make_up_not_named(year: i32) -> Text {
    say(
        format!("课程属 {year} 年度；补学规定未列明此种学习，须由主管部门决定"),
        format!(
            "the course was made for {year}, and the provision for making that up does not name this study; an office decides"
        ),
    )
}

fn make_up_closed(year: i32, closes_on: Date) -> Text {
    say(
        format!("{year} 年度的学时只能补学至 {closes_on}"),
        format!("the hours of {year} could be made up only until {closes_on}"),
    )
}

fn before_course(available_from: Date) -> Text {
    say(
        format!("完成日期早于课程开设日 {available_from}"),
        format!("completed before the course could be taken, on {available_from}"),
    )
}

fn more_than_the_time(needed: i64, between: i64) -> Text {
    say(
        format!("所计学时至少需要 {needed} 分钟，起止时间之间只有 {between} 分钟"),
        format!("the hours take at least {needed} minutes, between start and end are {between}"),
    )
}

fn no_such_course(course: &str) -> Text {
    say(
        format!("没有编号为“{course}”的课程，请核对编号，或改报课程代码"),
        format!("no course has the id {course}; check it, or send its code"),
    )
}

fn replaced_unknown(replaces: &str) -> Text {
    say(
        format!("所替代的记录“{replaces}”尚未收到"),
        format!("the item {replaces} that this one replaces has not arrived yet"),
    )
}

fn circle(replaces: &str) -> Text {
    say(
        format!(
            "所更正的记录“{replaces}”属于或引向互相更正的循环，循环中的记录均不计入；请以新的 external_id 重新推送正确内容，且不更正循环中的任何记录"
        ),
        format!(
            "the item {replaces} that this one replaces leads into a circle of items that replace one another, none of which \
             counts; send the right content under a new external_id that replaces none of them"
        ),
    )
}

pub(super) fn no_rule(Text { zh, en }: &Text, year: i32) -> Text {
    say(format!("{zh}没有 {year} 年度的规则"), format!("{en} has no rule in force for {year}"))
}
