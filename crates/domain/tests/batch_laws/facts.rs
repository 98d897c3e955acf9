//! What a case is played with: one place with one year's rules, one platform, people and courses.

use domain::{
    completions::{Candidate, CourseRef, Item, Who},
    kernel::{CompletionId, CourseId, FactId, Hours, LearnerId, PlatformId, PolicyId},
    policy::{Policy, RuleBook, Rules},
    registry::{
        CourseFacts, CourseVersion, Dated, EmploymentKind, LearnerFacts, Mode, PlaceLevel, PlaceNode, PlaceTree,
        PlatformFacts, Post, ProviderKind, ServedCategory, Tier,
    },
};
use proptest::sample::Index;
use std::sync::LazyLock;
use time::{
    Duration, OffsetDateTime,
    macros::{date, datetime},
};
use uuid::Uuid;

pub(crate) const NOW: OffsetDateTime = datetime!(2021-01-01 08:00 +08:00);
pub(crate) const MORNING: OffsetDateTime = datetime!(2020-03-01 08:00 +08:00);

pub(crate) const RULES: &str = r#"format = 1

[document.notice]
number = "示例〔2020〕1号"
title = "示例通知"
issuer = "示例厅"

[policy]
place = "610000"
year = 2020
title = "示例"
cite = "notice 标题"

[year]
cite = "notice 一"

[unit]
name = "小时"
cite = "notice 一"

[[category]]
code = "professional"
name = "专业课"
cite = "notice 三"

[total]
min = 50
cite = "notice 一"

[[scope]]
who = { series = ["会计"] }
standing = "out"
authority = "示例财政厅"
cite = "notice 二"

[[scope]]
standing = "in"
cite = "notice 二"

[[source]]
category = "professional"
cite = "notice 五"

[[study_window]]
on_time_until = 2020-11-30
cite = "notice 七"

[[check]]
what = "overlapping_sessions"
then = "needs_review"
cite = "notice 六"
"#;

/// What the rules say of an item, once all that it names is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    Credited,
    Late,
    NotCounted,
    Refused,
}

impl Worth {
    pub(crate) fn is_accepted(self) -> bool {
        self != Self::Refused
    }

    pub(crate) fn has_line(self) -> bool {
        matches!(self, Self::Credited | Self::Late)
    }
}

/// One item of a case.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) worth: Worth,
    /// Whether it names somebody, or a course, that is registered in the middle of the case.
    pub(crate) person_later: bool,
    /// Whether its person is in scope and is said not to be for a part of the case; of no effect on what is not counted anyway.
    pub(crate) person_mistaken: bool,
    pub(crate) course_later: bool,
    /// A session of its own, by begin and length in hours.
    pub(crate) session: Option<(i64, i64)>,
    pub(crate) replaces: Option<Index>,
}

pub(crate) fn uuid(room: u128, number: usize) -> Uuid {
    Uuid::from_u128((room << 64) | number as u128)
}

pub(crate) fn always<T>(value: T) -> Dated<T> {
    Dated { value, from_on: date!(2000 - 01 - 01), recorded_at: MORNING, fact_id: FactId::from_uuid(Uuid::nil()) }
}

/// How many learners there are.
pub(crate) const LEARNERS: usize = 6;

/// Learners 1 and 3 are out of scope, 4 and 5 are so by mistake; 2, 3 and 5 are registered later.
pub(crate) fn learner(number: usize, mistaken: bool) -> LearnerFacts {
    let out = matches!(number, 1 | 3) || matches!(number, 4 | 5) && mistaken;
    let series = out.then(|| "会计".to_owned());
    let post = Post { series, level: None, employment_kind: EmploymentKind::Permanent };
    LearnerFacts {
        places: vec![always("610000".parse().unwrap())],
        posts: vec![always(post)],
        ..LearnerFacts::nothing_of(LearnerId::from_uuid(uuid(1, number)))
    }
}

/// Whether a learner is registered in the middle of a case.
pub(crate) fn is_late(number: usize) -> bool {
    matches!(number, 2 | 3 | 5)
}

pub(crate) fn platform() -> &'static PlatformFacts {
    static PLATFORM: LazyLock<PlatformFacts> = LazyLock::new(|| PlatformFacts {
        id: PlatformId::from_uuid(uuid(3, 0)),
        code: "example.cn".to_owned(),
        name: "示例平台".to_owned(),
        tier: Tier::Provincial,
        categories: vec![ServedCategory {
            category: "professional".to_owned(),
            from_on: date!(2000 - 01 - 01),
            until_on: None,
        }],
    });
    &PLATFORM
}

pub(crate) fn course(code: &str, number: usize) -> CourseFacts {
    let version = CourseVersion {
        number: 1,
        title: "示例课程".to_owned(),
        category: "professional".to_owned(),
        requirement: None,
        subject: None,
        hours: Hours::whole(1),
        modes: vec![Mode::Online, Mode::FaceToFace],
        policy_year: Some(2020),
        available_from: date!(2010 - 01 - 01),
    };
    CourseFacts {
        id: CourseId::from_uuid(uuid(2, number)),
        code: code.to_owned(),
        provider_kind: ProviderKind::Authority,
        provider_id: Uuid::nil(),
        base_tier: None,
        base_recognised: None,
        versions: vec![version],
        platforms: vec![platform().id],
        filed_on: None,
    }
}

pub(crate) fn book() -> &'static RuleBook {
    static BOOK: LazyLock<RuleBook> = LazyLock::new(|| {
        let node = |code: &str, parent: Option<&str>, level| PlaceNode {
            code: code.parse().unwrap(),
            name: code.to_owned(),
            parent: parent.map(|code| code.parse().unwrap()),
            level,
        };
        let nodes =
            vec![node("000000", None, PlaceLevel::Nation), node("610000", Some("000000"), PlaceLevel::Province)];
        let policy = Policy {
            id: PolicyId::from_uuid(uuid(4, 0)),
            number: 1,
            published_at: MORNING,
            source_hash: String::new(),
            rules: Rules::parse(RULES).unwrap(),
        };
        RuleBook::new(PlaceTree::new(nodes, Vec::new()).unwrap(), vec![policy])
    });
    &BOOK
}

pub(crate) fn external_id(item: usize) -> String {
    format!("E-{item}")
}

/// What the case's item replaces; itself never, which the wire refuses.
pub(crate) fn replaces(specs: &[Spec], item: usize) -> Option<usize> {
    let other = specs[item].replaces.as_ref()?.index(specs.len());
    (other != item).then_some(other)
}

pub(crate) fn candidate(specs: &[Spec], item: usize, decided: i32, accepted: bool) -> Candidate {
    let spec = &specs[item];
    let person = match (spec.worth == Worth::NotCounted, spec.person_mistaken) {
        (true, _) => 1 + if spec.person_later { 2 } else { 0 },
        (false, true) => 4 + usize::from(spec.person_later),
        (false, false) => {
            if spec.person_later {
                2
            } else {
                0
            }
        }
    };
    let code = if spec.course_later { "later".to_owned() } else { format!("C-{item}") };
    let hours = |from: i64| MORNING + Duration::hours(from);
    let completed_at = match spec.worth {
        Worth::Late => datetime!(2020-12-01 08:00 +08:00),
        _ => hours(9),
    };
    Candidate {
        external_id: external_id(item),
        completion: CompletionId::from_uuid(uuid(5, item)),
        who: Who::Document { hash: format!("person-{person}"), name_hash: Some("name".to_owned()) },
        course: CourseRef::Code(code),
        item: Item {
            mode: if spec.session.is_some() { Mode::FaceToFace } else { Mode::Online },
            claimed: None,
            started_at: spec.session.map(|(from, _)| hours(from)),
            ended_at: spec.session.map(|(from, long)| hours(from + long)),
            score: None,
            passed: Some(spec.worth != Worth::Refused),
            completed_at,
        },
        replaces: replaces(specs, item).map(external_id),
        decided,
        accepted,
        said: None,
        recorded: None,
        pushed_at: NOW,
    }
}
