//! Sets the stage of a rule file's situations: a rule book of that one file, its platforms, the courses.

use crate::{
    places,
    situations::{self, Course, Credited, Day, Situations, midyear},
    uses::Attested,
};
use domain::{
    completions::{Facts, Item, Reason, Worth},
    hour_ledger::{Basis, Entry, EntryKind, Ground, Node, Origins, Standing, StandingReason},
    kernel::{
        CHINA, CaseId, CompletionId, CourseId, EmployerId, EntryId, FactId, Hours, LearnerId, PlaceCode, PlatformId,
        PolicyId, first_day,
    },
    policy::{
        Policy, RuleBook, Rules,
        shape::{Fulfils, Ledger},
    },
    recognition::{self, Judged, Line},
    registry::{
        CourseFacts, CourseVersion, Dated, EmployerKind, EmploymentKind, LearnerFacts, Level, Mode, PlatformFacts,
        Post, ProviderKind, ServedCategory, Tier,
    },
};
use serde::Deserialize;
use std::collections::BTreeMap;
use time::{Date, Month, OffsetDateTime, Time};
use uuid::Uuid;

pub(crate) struct Stage {
    pub(crate) book: RuleBook,
    pub(crate) rules: Rules,
    pub(crate) year: i32,
    place: PlaceCode,
    courses: BTreeMap<String, CourseFacts>,
    platforms: Vec<PlatformFacts>,
}

/// The person of a situation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Learner {
    pub(crate) place: Option<String>,
    pub(crate) series: Option<String>,
    pub(crate) employer_kind: Option<EmployerKind>,
    pub(crate) employment_kind: Option<EmploymentKind>,
    pub(crate) level: Option<Level>,
    pub(crate) post_since: Option<Day>,
    pub(crate) former_level: Option<Level>,
    pub(crate) left_on: Option<Day>,
}

/// A push that became a line of the ledger.
pub(crate) struct Pushed<'p> {
    pub(crate) facts: &'p Facts<'p>,
    pub(crate) item: &'p Item,
    pub(crate) worth: Worth,
    pub(crate) kind: EntryKind,
    pub(crate) review: Vec<Reason>,
}

const POLICY: u128 = 1;
const LEARNER: u128 = 2;

/// Ids of a stage are small numbers: the same file gives the same ids.
fn id(kind: u128, index: usize) -> Uuid {
    Uuid::from_u128((kind << 64) | index as u128)
}

impl Stage {
    pub(crate) fn new(rules: &Rules, situations: &Situations) -> Result<Self, String> {
        let tree = places::tree()?;
        let place = rules.policy.place.clone();
        if tree.node(&place).is_none() {
            return Err(format!("the place {place} is not in the administration tree"));
        }
        let year = rules.policy.first_year();
        let platforms = platforms(rules, situations);
        let courses = situations.course.iter().enumerate();
        let courses = courses
            .map(|(index, (code, course))| Ok((code.clone(), facts(index, code, course, year, &platforms)?)))
            .collect::<Result<_, String>>()?;
        let published_at = first_day(year).midnight().assume_offset(CHINA);
        let policy = Policy {
            id: PolicyId::from_uuid(id(POLICY, 0)),
            number: 1,
            published_at,
            source_hash: String::new(),
            rules: rules.clone(),
        };
        let rules = rules.clone();
        Ok(Self { book: RuleBook::new(tree, vec![policy]), rules, year, place, courses, platforms })
    }

    /// The day after a year closes; 1 July of the next one where it never does, or where the file has no rules for the year.
    pub(crate) fn day_after(&self, year: i32) -> Date {
        let resolution = self.book.resolve(&self.place, year, None);
        let closing = resolution.in_force().and_then(|policy| policy.rules.year.closes_on).and_then(Date::next_day);
        closing.unwrap_or_else(|| midyear(year + 1).date())
    }

    pub(crate) fn learner(&self, given: &Learner) -> Result<LearnerFacts, String> {
        let place = match &given.place {
            Some(code) => {
                self.book.places().find(code).map(|node| node.code.clone()).ok_or(format!("no place {code}"))?
            }
            None => self.place.clone(),
        };
        let employer = EmployerId::from_uuid(id(3, 0));
        let kind = given.employer_kind.unwrap_or(EmployerKind::Enterprise);
        let post = |level| Post {
            series: given.series.clone(),
            level,
            employment_kind: given.employment_kind.unwrap_or(EmploymentKind::Permanent),
        };
        let former = given.former_level.map(|level| always(post(Some(level))));
        let present = given.post_since.map_or_else(|| always(post(given.level)), |day| since(day.0, post(given.level)));
        let left = given.left_on.map(|day| since(day.0, None));
        Ok(LearnerFacts {
            id: LearnerId::from_uuid(id(LEARNER, 0)),
            places: vec![always(place)],
            employers: [always(Some(employer))].into_iter().chain(left).collect(),
            employer_kinds: [(employer, vec![always(kind)])].into(),
            posts: former.into_iter().chain([present]).collect(),
            ended_in: None,
        })
    }

    pub(crate) fn course(&self, code: &str) -> Result<&CourseFacts, String> {
        self.courses.get(code).ok_or_else(|| format!("no [course.{code}] in the situations file"))
    }

    pub(crate) fn platform(&self, code: Option<&str>) -> Result<&PlatformFacts, String> {
        let named = |platform: &&PlatformFacts| code.is_none_or(|code| platform.code == code);
        self.platforms.iter().find(named).ok_or_else(|| format!("no platform {}", code.unwrap_or("at all")))
    }

    pub(crate) fn entry(&self, index: usize, credited: &Credited, year: i32) -> Result<Entry, String> {
        let course = match &credited.course {
            Some(code) => self.course(code)?.id,
            None => CourseId::from_uuid(id(4, index)),
        };
        let mut entry = self.blank(index, midyear(year));
        entry.year = year;
        entry.category = situations::category(&credited.category);
        entry.subject = credited.subject.clone();
        entry.hours = credited.hours;
        entry.course = Some(course);
        entry.mode = credited.mode;
        if let Some(code) = &credited.platform {
            entry.platform = Some(self.platform(Some(code))?.id);
        }
        if let Some(day) = credited.completed_on {
            entry.completed_at = day.0.with_time(Time::MIDNIGHT).assume_offset(CHINA);
            entry.recorded_at = entry.completed_at;
        }
        if let Some(day) = credited.recorded_on {
            entry.recorded_at = day.0.with_time(Time::MIDNIGHT).assume_offset(CHINA);
        }
        Ok(entry)
    }

    /// What a provision about surplus may ask of the lines of a situation besides what they keep.
    pub(crate) fn origins(&self, credited: &[Credited]) -> Origins {
        let platforms = self.platforms.iter().map(|platform| (platform.id, platform.code.clone())).collect();
        let of_courses = self.courses.values().filter_map(|course| Some((course.id, course.taught_by_base_of()?)));
        let of_credited = credited.iter().enumerate().filter(|(_, credited)| credited.course.is_none());
        let of_credited =
            of_credited.filter_map(|(index, one)| Some((CourseId::from_uuid(id(4, index)), one.base_tier?)));
        Origins { platforms, base_tiers: of_courses.chain(of_credited).collect() }
    }

    /// The lines of a year that an office attests: that it was met, or so many hours.
    pub(crate) fn attested(&self, index: usize, attested: &Attested) -> Vec<Entry> {
        let line = |number: usize, category: &str, hours: Hours, fulfils: Option<Fulfils>| Entry {
            year: attested.year,
            category: situations::category(category),
            hours,
            completion: None,
            decision_number: Some(1),
            policy: None,
            ground: Some(Ground {
                basis: Basis::Attestation,
                case: CaseId::from_uuid(id(12, index)),
                achievement: None,
                fulfils,
                drawn: None,
            }),
            ..self.blank(500_000 + 100 * index + number, midyear(attested.year))
        };
        match &attested.hours {
            None => vec![line(0, Node::TOTAL, Hours::ZERO, Some(Fulfils::EverythingYear))],
            Some(hours) => hours.iter().enumerate().map(|(n, (code, hours))| line(n, code, *hours, None)).collect(),
        }
    }

    pub(crate) fn pushed(&self, index: usize, pushed: Pushed<'_>) -> Entry {
        let Pushed { facts: Facts { course, platform, .. }, item, worth, kind, review } = pushed;
        Entry {
            kind,
            year: worth.year,
            place: worth.place,
            category: worth.category,
            subject: worth.subject,
            hours: worth.hours,
            course: Some(course.id),
            course_version: Some(worth.course_version),
            platform: Some(platform.id),
            external_id: Some(format!("push-{index}")),
            mode: Some(item.mode),
            started_at: item.started_at,
            ended_at: item.ended_at,
            review,
            ..self.blank(1000 + index, item.completed_at)
        }
    }

    /// The lines of an achievement that reaches the ledger: for certain, or provisional where an office still has to decide.
    pub(crate) fn recognised(&self, index: usize, basis: Basis, judged: &Judged) -> Vec<Entry> {
        let kind = match judged.outcome {
            recognition::Outcome::Worth => EntryKind::Credit,
            recognition::Outcome::NeedsReview => EntryKind::Provisional,
            recognition::Outcome::Refused => return Vec::new(),
        };
        let entry = |(number, line): (usize, &Line)| Entry {
            kind,
            year: line.year,
            category: line.category.clone().unwrap_or_else(|| situations::category("total")),
            hours: line.hours,
            completion: None,
            decision_number: Some(1),
            ground: Some(Ground {
                basis,
                case: CaseId::from_uuid(id(11, index)),
                achievement: Some(line.achievement.clone()),
                fulfils: line.fulfils,
                drawn: None,
            }),
            ..self.blank(200_000 + 100 * index + number, midyear(line.year))
        };
        let lines = judged.lines.iter().enumerate().filter(|_| judged.ledger == Some(Ledger::On));
        lines.map(entry).collect()
    }

    fn blank(&self, index: usize, completed_at: OffsetDateTime) -> Entry {
        Entry {
            id: EntryId::from_uuid(id(5, index)),
            learner: LearnerId::from_uuid(id(LEARNER, 0)),
            kind: EntryKind::Credit,
            year: self.year,
            place: self.place.clone(),
            category: situations::category("public"),
            subject: None,
            hours: Hours::ZERO,
            course: None,
            course_version: None,
            platform: None,
            external_id: None,
            completion: Some(CompletionId::from_uuid(id(6, index))),
            decision_number: Some(1),
            mode: None,
            started_at: None,
            ended_at: None,
            completed_at,
            ground: None,
            policy: Some(PolicyId::from_uuid(id(POLICY, 0))),
            review: Vec::new(),
            reverses: None,
            reason_code: None,
            recorded_at: completed_at,
            recorded_by: "situation".to_owned(),
        }
    }
}

fn always<T>(value: T) -> Dated<T> {
    since(OffsetDateTime::UNIX_EPOCH.date(), value)
}

fn since<T>(from_on: Date, value: T) -> Dated<T> {
    Dated { value, from_on, recorded_at: OffsetDateTime::UNIX_EPOCH, fact_id: FactId::from_uuid(id(7, 0)) }
}

fn platforms(rules: &Rules, situations: &Situations) -> Vec<PlatformFacts> {
    let served = |category: &str| ServedCategory { category: category.to_owned(), from_on: Date::MIN, until_on: None };
    let mut all: Vec<PlatformFacts> = Vec::new();
    for named in &rules.platform {
        if all.iter().any(|platform| platform.code == named.code) {
            continue;
        }
        // For what the documents name it decides nothing, so no situation may pass by it: here it is registered for everything,
        // unless the situations say how it is registered.
        all.push(PlatformFacts {
            id: PlatformId::from_uuid(id(8, all.len())),
            code: named.code.clone(),
            name: named.name.clone(),
            tier: named.tier.unwrap_or(Tier::Provincial),
            categories: rules.category.iter().map(|category| served(category.code.as_str())).collect(),
        });
    }
    for (code, platform) in &situations.platform {
        let categories = platform.serves.iter().map(|category| served(category)).collect();
        if let Some(named) = all.iter_mut().find(|named| named.code == *code) {
            (named.tier, named.categories) = (platform.tier, categories);
            continue;
        }
        all.push(PlatformFacts {
            id: PlatformId::from_uuid(id(8, all.len())),
            code: code.clone(),
            name: code.clone(),
            tier: platform.tier,
            categories,
        });
    }
    all
}

fn facts(
    index: usize,
    code: &str,
    course: &Course,
    year: i32,
    platforms: &[PlatformFacts],
) -> Result<CourseFacts, String> {
    let carrying = |code: &String| {
        let found = platforms.iter().find(|platform| platform.code == *code);
        found.map(|platform| platform.id).ok_or_else(|| format!("no platform {code}"))
    };
    let carried = match course.platforms.as_slice() {
        [] => platforms.iter().map(|platform| platform.id).collect(),
        named => named.iter().map(carrying).collect::<Result<_, _>>()?,
    };
    let provider_kind = course.provider.unwrap_or(ProviderKind::Base);
    let modes = if course.modes.is_empty() { vec![Mode::Online, Mode::FaceToFace] } else { course.modes.clone() };
    let version = CourseVersion {
        number: 1,
        title: course.title.clone().unwrap_or_else(|| code.to_owned()),
        category: course.category.clone(),
        requirement: course.requirement,
        subject: course.subject.clone(),
        hours: course.hours,
        modes,
        policy_year: course.policy_year,
        available_from: course.available_from.map_or_else(|| first_day(year - 1), |day| day.0),
    };
    Ok(CourseFacts {
        id: CourseId::from_uuid(id(9, index)),
        code: code.to_owned(),
        provider_kind,
        provider_id: id(10, index),
        base_tier: (provider_kind == ProviderKind::Base).then(|| course.base_tier.unwrap_or(Tier::Provincial)),
        base_recognised: None,
        versions: vec![version],
        platforms: carried,
        filed_on: course.filed_on.map(|day| day.0),
    })
}

pub(crate) fn authority(standing: &Standing) -> &str {
    let named = standing.reasons.iter().find_map(|reason| match reason {
        StandingReason::OutOfScope { authority, .. } => Some(authority.as_str()),
        _ => None,
    });
    named.unwrap_or("none")
}

pub(crate) fn date(found: toml::value::Date) -> Option<Date> {
    Date::from_calendar_date(i32::from(found.year), Month::try_from(found.month).ok()?, found.day).ok()
}

pub(crate) fn instant(found: &toml::value::Datetime) -> Option<OffsetDateTime> {
    let (day, clock) = (date(found.date?)?, found.time?);
    let clock =
        Time::from_hms_nano(clock.hour, clock.minute, clock.second.unwrap_or(0), clock.nanosecond.unwrap_or(0)).ok()?;
    let minutes = match found.offset? {
        toml::value::Offset::Z => 0,
        toml::value::Offset::Custom { minutes } => i32::from(minutes),
    };
    let offset = time::UtcOffset::from_whole_seconds(minutes * 60).ok()?;
    Some(day.with_time(clock).assume_offset(offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_year_that_the_file_does_not_rule_does_not_close_with_the_one_it_does() {
        let of_qinghai = crate::FILES.iter().find(|file| file.path == "630000-qinghai/2020.toml").unwrap();
        let (rules, none) = (Rules::parse(of_qinghai.rules).unwrap(), Situations::parse("").unwrap());
        let stage = Stage::new(&rules, &none).unwrap();
        assert_eq!(stage.day_after(2020), date!(2021 - 01 - 01));
        assert_eq!(stage.day_after(2021), date!(2022 - 07 - 01));
        assert_eq!(stage.day_after(2019), date!(2020 - 07 - 01));
    }
}
