//! From where the hours of a category may come: platform, mode, provider, exam, filing.

use super::{Facts, Item, Reason, ReasonKind, decide::path};
use crate::{
    kernel::china_date,
    policy::shape::{CategoryCode, EligibleStudy, Exam, Rules, SourceRule, Studied, takes_study},
    registry::{CourseFacts, CourseVersion, Mode, ProviderKind},
};
use time::Date;

/// Why no source of the rules admits the item; nothing where one does.
///
/// Every source of the category is tried; where none admits the item, the reasons of the one that came nearest are given.
pub(super) fn admitted(
    rules: &Rules,
    category: &CategoryCode,
    facts: &Facts<'_>,
    item: &Item,
    day: Date,
) -> Vec<Reason> {
    let open = rules.source.iter().filter(|source| category.is_within(&source.category));
    let tried = open.map(|source| by_one(source, facts, item, day));
    tried
        .min_by_key(Vec::len)
        .unwrap_or_else(|| vec![Reason::plain(ReasonKind::NoSourceForCategory { category: category.to_string() })])
}

fn by_one(source: &SourceRule, facts: &Facts<'_>, item: &Item, day: Date) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut refuse = |kind| reasons.push(Reason::cited(kind, &source.cite));
    let (course, platform) = (facts.course, facts.platform);
    if !allows(&source.modes, &item.mode) {
        refuse(ReasonKind::ModeNotAllowed { allowed: source.modes.clone() });
    }
    if !allows(&source.platforms, &platform.code) {
        refuse(ReasonKind::PlatformNotAllowed { allowed: source.platforms.clone() });
    }
    if !allows(&source.platform_tiers, &platform.tier) {
        refuse(ReasonKind::PlatformTierNotAllowed { allowed: source.platform_tiers.clone() });
    }
    if !allows(&source.providers, &course.provider_kind) {
        refuse(ReasonKind::ProviderNotAllowed { allowed: source.providers.clone() });
    }
    if course.provider_kind == ProviderKind::Base {
        if !course.base_tier.is_some_and(|tier| allows(&source.base_tiers, &tier)) && !source.base_tiers.is_empty() {
            refuse(ReasonKind::BaseTierNotAllowed { allowed: source.base_tiers.clone() });
        }
        if course.base_recognised_on(day) == Some(false) {
            refuse(ReasonKind::BaseNotRecognised { on: day });
        }
    }
    if let Some(exam) = &source.exam {
        reasons.extend(examined(exam, item));
    } else if item.passed == Some(false) {
        let kind = ReasonKind::ExamNotPassed { score: item.score, pass_mark: None };
        reasons.push(Reason::cited(kind, &source.cite));
    }
    if let Some(filing) = &source.filing
        && !filed_before(course, item)
    {
        reasons.push(Reason::cited(ReasonKind::PlanNotFiled, &filing.cite));
    }
    reasons
}

fn allows<T: PartialEq>(list: &[T], value: &T) -> bool {
    list.is_empty() || list.contains(value)
}

/// A plan filed on the day of the training, or before, was filed in time; one filed afterwards never is (QH-A17). Of several
/// statements about the filing the last holds.
fn filed_before(course: &CourseFacts, item: &Item) -> bool {
    let held_on = china_date(item.started_at.unwrap_or(item.completed_at));
    course.filed_on.is_some_and(|filed_on| filed_on <= held_on)
}

/// Whether a provision names this study; one that names none takes all.
pub(super) fn eligible(named: &[EligibleStudy], category: &CategoryCode, facts: &Facts<'_>, item: &Item) -> bool {
    let (mode, platform) = (Some(item.mode), Some(facts.platform.code.as_str()));
    takes_study(named, &Studied { category, mode, platform, base_tier: facts.course.taught_by_base_of() })
}

/// A mark at the pass mark passes (以上 includes the number, GD-A3). Where the rule sets no mark, the platform says.
fn examined(exam: &Exam, item: &Item) -> Option<Reason> {
    let pass_mark = exam.pass_mark;
    let failed = match (pass_mark, item.score, item.passed) {
        (_, _, Some(false)) => true,
        (Some(mark), Some(score), _) => score < mark,
        (Some(_), None, _) | (None, _, None) => {
            return Some(Reason::cited(ReasonKind::ExamResultMissing { pass_mark }, &exam.cite));
        }
        (None, _, Some(true)) => false,
    };
    failed.then(|| Reason::cited(ReasonKind::ExamNotPassed { score: item.score, pass_mark }, &exam.cite))
}

/// What holds whatever the rules say: the course is given that way, and the platform may serve it. The platform is asked with
/// the course's own path, which may lead further than the tree of the rules.
pub(super) fn carried(facts: &Facts<'_>, version: &CourseVersion, item: &Item, day: Date) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !version.modes.contains(&item.mode) {
        reasons.push(Reason::plain(ReasonKind::ModeNotOffered { mode: item.mode }));
    }
    if item.mode == Mode::Online && !carries(facts.course, facts) {
        reasons.push(Reason::plain(ReasonKind::PlatformDoesNotCarryCourse));
    }
    let path = path(version);
    if !facts.platform.serves(path.as_str(), day) {
        let category = path.to_string();
        reasons.push(Reason::plain(ReasonKind::PlatformNotServingCategory { category }));
    }
    reasons
}

fn carries(course: &CourseFacts, facts: &Facts<'_>) -> bool {
    course.platforms.contains(&facts.platform.id)
}
