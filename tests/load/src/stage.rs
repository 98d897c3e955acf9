//! The service with a filled database: what every measurement starts from.

use crate::{
    Outcome,
    database::Database,
    items::{COURSES, course_code},
    people::Person,
    push,
};
use domain::{
    kernel::{
        BaseId, CourseId, Document, DocumentKind, EmployerId, FactId, Hours, LearnerId, PlaceCode, PlatformId, Words,
    },
    registry::{CourseVersion, EmployerKind, EmploymentKind, Level, Mode, ProviderKind, ServedCategory, Tier},
};
use store::{
    StoreError,
    registry::{
        self, CourseInput, Employer, EmployerKindFact, LearnerEmployer, LearnerPerson, LearnerPlace, LearnerPost,
        LearningPlatform, NewLearner, TrainingBase,
    },
};
use time::{Duration, OffsetDateTime, macros::date};
use uuid::Uuid;
use xueshi::{
    auth::{CallerKind, Subject},
    clock::Clock,
    settings::{Given, Settings},
    startup::{InBackground, in_background},
    state::AppState,
};

/// The platform that the rules of the place name, so that what it pushes is credited.
const PLATFORM: &str = "jxjy.xidian.edu.cn";
const PROVINCE: &str = "610000";
const PLACE: &str = "610103";
const REGISTRAR: &str = "officer:load";

/// One in so many learners is kept apart for the standings: pushes that are measured do not touch their ledgers.
const APART: usize = 20;

/// The running service, its database and who is in it.
pub(crate) struct Stage {
    // First: stopped before the database goes.
    service: InBackground,
    pub(crate) settings: Settings,
    pub(crate) platform: PlatformId,
    pub(crate) people: Vec<(LearnerId, Person)>,
    pub(crate) database: Database,
}

impl Stage {
    /// Starts the service on the database and fills it.
    pub(crate) fn set(database: Database, learners: u32) -> Outcome<Self> {
        let given = Given {
            database_url: Some(database.url().to_owned()),
            listen: Some(([127, 0, 0, 1], 0).into()),
            keys_dir: Some(database.keys()),
            create_keys: Some(true),
            migrate: Some(true),
            requests_a_minute: Some(0),
            ..Given::default()
        };
        let settings = given.resolve()?;
        let service = in_background(&settings, Clock::System)?;
        let (platform, employer) = register(&service.state)?;
        let people = (0..learners).map(|number| (LearnerId::from_uuid(Uuid::now_v7()), Person::of(number))).collect();
        let stage = Self { service, settings, platform, people, database };
        enrol(&stage, employer)?;
        push::first_items(&stage)?;
        Ok(stage)
    }

    /// Where the service listens.
    pub(crate) fn address(&self) -> String {
        self.service.address.to_string()
    }

    /// What the service holds.
    pub(crate) fn state(&self) -> &AppState {
        &self.service.state
    }

    /// The learners whose standings are asked for.
    pub(crate) fn apart(&self) -> &[(LearnerId, Person)] {
        self.people.split_at(self.people.len() / APART).0
    }

    /// The learners for whom items are pushed.
    pub(crate) fn pushed_for(&self) -> &[(LearnerId, Person)] {
        self.people.split_at(self.people.len() / APART).1
    }

    /// A token of the platform.
    pub(crate) fn platform_token(&self) -> Outcome<String> {
        self.token(CallerKind::Platform, &self.platform.to_string(), None)
    }

    /// A token of an officer who may see every learner here.
    pub(crate) fn officer_token(&self) -> Outcome<String> {
        self.token(CallerKind::Officer, "load", Some(PROVINCE.parse()?))
    }

    fn token(&self, kind: CallerKind, name: &str, place: Option<PlaceCode>) -> Outcome<String> {
        let subject = Subject::of(kind, name, place);
        Ok(self.state().tokens.mint(&subject, OffsetDateTime::now_utc(), Duration::days(1))?)
    }
}

fn register(state: &AppState) -> Outcome<(PlatformId, EmployerId)> {
    let now = state.clock.now();
    let base = TrainingBase {
        base_id: BaseId::from_uuid(Uuid::now_v7()),
        name: "示例继续教育基地".to_owned(),
        level: Tier::Provincial,
        place_code: PROVINCE.parse()?,
        authority_id: None,
        recognised_from: date!(2015 - 01 - 01),
        recognised_until: None,
        created_at: now,
        updated_at: now,
    };
    let platform = LearningPlatform {
        platform_id: PlatformId::from_uuid(Uuid::now_v7()),
        platform_code: PLATFORM.to_owned(),
        name: "示例学习平台".to_owned(),
        level: Tier::Provincial,
        place_code: PROVINCE.parse()?,
        base_id: Some(base.base_id),
        created_at: now,
        updated_at: now,
    };
    let employer = Employer {
        employer_id: EmployerId::from_uuid(Uuid::now_v7()),
        name: "示例单位".to_owned(),
        credit_code: None,
        credit_code_checksum_ok: true,
        place_code: PLACE.parse()?,
        registered_place_code: None,
        authority_id: None,
        created_at: now,
        updated_at: now,
    };
    let kind = EmployerKindFact {
        employer_id: employer.employer_id,
        fact_id: FactId::from_uuid(Uuid::now_v7()),
        kind: EmployerKind::PublicInstitution,
        from_on: date!(2015 - 01 - 01),
        recorded_at: now,
        recorded_by: REGISTRAR.to_owned(),
    };
    let courses: Vec<CourseInput> = (0..COURSES).map(|number| course(number, &platform, base.base_id)).collect();
    let served =
        [ServedCategory { category: "professional".to_owned(), from_on: date!(2015 - 01 - 01), until_on: None }];
    let ids = (platform.platform_id, employer.employer_id);
    state.store.write_blocking(move |db| {
        registry::upsert_base(db, &base)?;
        registry::upsert_platform(db, &platform)?;
        registry::set_platform_categories(db, platform.platform_id, &served)?;
        registry::upsert_employer(db, &employer)?;
        registry::append_employer_kinds(db, std::slice::from_ref(&kind))?;
        registry::upsert_courses(db, &courses, now, REGISTRAR)?;
        Ok::<_, StoreError>(())
    })?;
    Ok(ids)
}

fn course(number: usize, platform: &LearningPlatform, base: BaseId) -> CourseInput {
    CourseInput {
        new_id: CourseId::from_uuid(Uuid::now_v7()),
        code: course_code(number),
        provider_kind: ProviderKind::Base,
        provider_id: base.as_uuid(),
        version: CourseVersion {
            number: 0,
            title: format!("示例专业课第{number}讲"),
            category: "professional".to_owned(),
            requirement: None,
            subject: None,
            hours: Hours::whole(8),
            modes: vec![Mode::Online],
            policy_year: Some(2020),
            available_from: date!(2020 - 01 - 01),
        },
        platforms: vec![platform.platform_id],
    }
}

fn enrol(stage: &Stage, employer: EmployerId) -> Outcome<()> {
    let place: PlaceCode = PLACE.parse()?;
    for some in stage.people.chunks(1000) {
        let learners: Vec<NewLearner> = some
            .iter()
            .map(|(id, person)| learner(stage.state(), *id, person, &place, employer))
            .collect::<Outcome<_>>()?;
        let added = stage
            .state()
            .store
            .write_blocking(move |db| registry::insert_learners(db, &learners).map(|added| added.len()))?;
        if added != some.len() {
            return Err("a made-up document was used twice".into());
        }
    }
    Ok(())
}

fn learner(
    state: &AppState,
    learner_id: LearnerId,
    person: &Person,
    place: &PlaceCode,
    employer: EmployerId,
) -> Outcome<NewLearner> {
    let now = state.clock.now();
    let document = Document::parse(DocumentKind::ResidentId, &person.number, state.clock.today())?;
    let sealed =
        state.keys.seal(document.canonical().as_bytes(), format!("learner_person/{learner_id}").as_bytes(), now)?;
    let (from_on, recorded_by) = (date!(2019 - 01 - 01), REGISTRAR.to_owned());
    let fact_id = || FactId::from_uuid(Uuid::now_v7());
    Ok(NewLearner {
        identifier_hash: state.keys.lookup_hash(DocumentKind::ResidentId.as_str(), document.number()),
        identifier_key_id: state.keys.lookup_key_id().to_owned(),
        person: LearnerPerson {
            learner_id,
            name: person.name.clone(),
            document_kind: DocumentKind::ResidentId,
            document_cipher: sealed.bytes,
            document_mask: Some(document.masked()),
            key_id: sealed.key_id,
            suite_id: sealed.suite_id,
            updated_at: now,
        },
        places: vec![LearnerPlace {
            learner_id,
            fact_id: fact_id(),
            place_code: place.clone(),
            from_on,
            recorded_at: now,
            recorded_by: recorded_by.clone(),
        }],
        employers: vec![LearnerEmployer {
            learner_id,
            fact_id: fact_id(),
            employer_id: Some(employer),
            from_on,
            recorded_at: now,
            recorded_by: recorded_by.clone(),
        }],
        posts: vec![LearnerPost {
            learner_id,
            fact_id: fact_id(),
            series: Some("工程".to_owned()),
            level: Some(Level::Intermediate),
            employment_kind: EmploymentKind::Permanent,
            from_on,
            recorded_at: now,
            recorded_by: recorded_by.clone(),
        }],
        created_at: now,
        created_by: recorded_by,
    })
}
