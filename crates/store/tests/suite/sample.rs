//! A small made-up registry that tests start from.

use domain::{
    kernel::{
        BaseId, CourseId, DocumentKind, EmployerId, FactId, Hours, LearnerId, MergeId, PlaceCode, PlatformId, PolicyId,
    },
    registry::{
        CourseVersion, EmployerKind, EmploymentKind, Level, Mode, PlaceLevel, PlaceNode, ProviderKind, ServedCategory,
        Tier,
    },
};
use store::{
    Store, StoreError,
    policy::{self, PolicyVersion},
    registry::{
        self, CourseInput, Employer, EmployerKindFact, LearnerEmployer, LearnerMerge, LearnerPerson, LearnerPlace,
        LearnerPost, LearningPlatform, MergeUndoing, NewLearner, TrainingBase,
    },
};
use time::{
    Date, OffsetDateTime,
    macros::{date, datetime},
};
use uuid::Uuid;

pub(crate) const AT: OffsetDateTime = datetime!(2021-03-01 08:00 UTC);

pub(crate) fn place(code: &str) -> PlaceCode {
    code.parse().unwrap()
}

macro_rules! new_ids {
    ($($name:ident -> $id:ident),+) => {$(
        pub(crate) fn $name() -> $id {
            $id::from_uuid(Uuid::now_v7())
        }
    )+};
}
new_ids!(
    new_learner_id -> LearnerId, new_course_id -> CourseId, new_fact_id -> FactId, new_policy_id -> PolicyId
);

/// What every database of these tests holds.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) base: BaseId,
    pub(crate) platform: PlatformId,
    pub(crate) employer: EmployerId,
    pub(crate) course: CourseId,
    pub(crate) policy: PolicyId,
    pub(crate) learner: LearnerId,
}

pub(crate) fn tree() -> Vec<PlaceNode> {
    let node = |code: &str, name: &str, parent: Option<&str>, level| PlaceNode {
        code: place(code),
        name: name.to_owned(),
        parent: parent.map(place),
        level,
    };
    vec![
        node("000000", "全国", None, PlaceLevel::Nation),
        node("610000", "陕西省", Some("000000"), PlaceLevel::Province),
        node("610100", "西安市", Some("610000"), PlaceLevel::City),
        node("630000", "青海省", Some("000000"), PlaceLevel::Province),
    ]
}

pub(crate) fn course(code: &str, sample_base: BaseId, platform: PlatformId) -> CourseInput {
    CourseInput {
        new_id: new_course_id(),
        code: code.to_owned(),
        provider_kind: ProviderKind::Base,
        provider_id: sample_base.as_uuid(),
        version: CourseVersion {
            number: 0,
            title: format!("课程 {code}"),
            category: "public.required".to_owned(),
            requirement: None,
            subject: None,
            hours: Hours::whole(8),
            modes: vec![Mode::FaceToFace, Mode::Online],
            policy_year: Some(2021),
            available_from: date!(2021 - 01 - 01),
        },
        platforms: vec![platform],
    }
}

pub(crate) fn learner(name: &str, hash: &str, code: &str, employer: EmployerId) -> NewLearner {
    let learner_id = new_learner_id();
    let (from_on, recorded_at, recorded_by) = (date!(2020 - 01 - 01), AT, "officer".to_owned());
    NewLearner {
        identifier_hash: hash.to_owned(),
        identifier_key_id: "k1".to_owned(),
        person: LearnerPerson {
            learner_id,
            name: name.to_owned(),
            document_kind: DocumentKind::ResidentId,
            document_cipher: vec![1, 2, 3],
            document_mask: Some("610***********000*".to_owned()),
            key_id: "k1".to_owned(),
            suite_id: "aes-256-gcm".to_owned(),
            updated_at: AT,
        },
        places: vec![LearnerPlace {
            learner_id,
            fact_id: new_fact_id(),
            place_code: place(code),
            from_on,
            recorded_at,
            recorded_by: recorded_by.clone(),
        }],
        employers: vec![LearnerEmployer {
            learner_id,
            fact_id: new_fact_id(),
            employer_id: Some(employer),
            from_on,
            recorded_at,
            recorded_by: recorded_by.clone(),
        }],
        posts: vec![LearnerPost {
            learner_id,
            fact_id: new_fact_id(),
            series: Some("会计".to_owned()),
            level: Some(Level::Intermediate),
            employment_kind: EmploymentKind::Permanent,
            from_on,
            recorded_at,
            recorded_by,
        }],
        created_at: AT,
        created_by: "officer".to_owned(),
    }
}

pub(crate) fn draft(code: &str, year_from: i32) -> PolicyVersion {
    PolicyVersion {
        policy_id: new_policy_id(),
        place_code: place(code),
        year_from,
        year_until: None,
        source: "format = 1".to_owned(),
        source_hash: "0".repeat(64),
        drafted_at: AT,
        drafted_by: "administrator".to_owned(),
    }
}

pub(crate) fn employer(name: &str, credit_code: Option<&str>) -> Employer {
    Employer {
        employer_id: EmployerId::from_uuid(Uuid::now_v7()),
        name: name.to_owned(),
        credit_code: credit_code.map(str::to_owned),
        credit_code_checksum_ok: true,
        place_code: place("610100"),
        registered_place_code: None,
        authority_id: None,
        created_at: AT,
        updated_at: AT,
    }
}

pub(crate) fn kind(employer_id: EmployerId, kind: EmployerKind, from_on: Date) -> EmployerKindFact {
    EmployerKindFact {
        employer_id,
        fact_id: new_fact_id(),
        kind,
        from_on,
        recorded_at: AT,
        recorded_by: "officer".to_owned(),
    }
}

pub(crate) fn fill(store: &Store) -> Sample {
    let base = TrainingBase {
        base_id: BaseId::from_uuid(Uuid::now_v7()),
        name: "示例基地".to_owned(),
        level: Tier::Provincial,
        place_code: place("610000"),
        authority_id: None,
        recognised_from: date!(2019 - 01 - 01),
        recognised_until: None,
        created_at: AT,
        updated_at: AT,
    };
    let platform = LearningPlatform {
        platform_id: PlatformId::from_uuid(Uuid::now_v7()),
        platform_code: "demo".to_owned(),
        name: "示例平台".to_owned(),
        level: Tier::Provincial,
        place_code: place("610000"),
        base_id: Some(base.base_id),
        created_at: AT,
        updated_at: AT,
    };
    let employer = employer("示例学校", Some("12610000000000000X"));
    let kind = kind(employer.employer_id, EmployerKind::PublicInstitution, date!(2020 - 01 - 01));
    let categories =
        vec![ServedCategory { category: "public".to_owned(), from_on: date!(2021 - 01 - 01), until_on: None }];
    let course = course("C-1", base.base_id, platform.platform_id);
    let learner = learner("示例甲", "hash-1", "610100", employer.employer_id);
    let version = draft("610000", 2021);
    let sample = Sample {
        base: base.base_id,
        platform: platform.platform_id,
        employer: employer.employer_id,
        course: course.new_id,
        policy: version.policy_id,
        learner: learner.person.learner_id,
    };
    store
        .write_blocking(move |db| {
            registry::upsert_places(db, &tree(), &[])?;
            registry::upsert_base(db, &base)?;
            registry::upsert_platform(db, &platform)?;
            registry::set_platform_categories(db, platform.platform_id, &categories)?;
            registry::upsert_employer(db, &employer)?;
            registry::append_employer_kinds(db, std::slice::from_ref(&kind))?;
            registry::upsert_courses(db, std::slice::from_ref(&course), AT, "officer")?;
            registry::insert_learners(db, std::slice::from_ref(&learner))?;
            policy::insert_version(db, &version)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    sample
}

/// A merge and its undoing.
pub(crate) fn undone_merge(ends: LearnerId, stays: LearnerId) -> (LearnerMerge, MergeUndoing) {
    let merge = LearnerMerge {
        merge_id: MergeId::from_uuid(Uuid::now_v7()),
        ends_id: ends,
        stays_id: stays,
        reason: "重复登记".to_owned(),
        reference: None,
        merged_at: AT,
        merged_by: "officer".to_owned(),
    };
    let undoing = MergeUndoing {
        merge_id: merge.merge_id,
        reason: "并非同一人".to_owned(),
        undone_at: AT,
        undone_by: "officer".to_owned(),
    };
    (merge, undoing)
}
