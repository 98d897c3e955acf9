//! Use cases of courses.

use super::{
    shown::{body, row},
    v1::{CourseBody, CourseInput, CourseKeptBody, CourseQuery, PlanFiling},
};
use crate::{
    audit::Recording,
    auth::Permission,
    bulk::Sent,
    extract::{Page, Paged, Unjudged},
    idempotency::Made,
    lane::Ticket,
    problem::{FieldError, Problem},
    registry::{
        Faults,
        bulk::{self, BulkOutcome, Conflict, Outcome, Outcomes},
        despite_races, not_found,
        release::{Appeared, released_by},
    },
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::{
    kernel::{AuthorityId, BaseId, CourseId, EmployerId, PlaceCode, PlatformId},
    policy::{CategoryCode, RuleBook},
    registry::{CourseFacts, ProviderKind},
};
use std::collections::{BTreeSet, HashMap, HashSet};
use store::{
    Db,
    registry::{
        self as rows, CourseChange, CourseSearch, CourseUpserted, Filing, courses_by_code, courses_by_id, hold_courses,
        insert_filing, last_filings, platform_facts_many, search_courses, upsert_courses,
    },
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Another place's provider holds the code, or offers the course.
const PROVIDED_ELSEWHERE: Conflict = Conflict {
    reason: "provided_elsewhere",
    fields: &["provider"],
    words: (
        "该课程代码属于其他地区的提供者；请另用代码，或由该地区变更",
        "the code belongs to a course of a provider elsewhere: use another code, or have the office there change the course",
    ),
};

pub(super) async fn search(
    state: &Data<AppState>,
    query: CourseQuery,
    page: Page,
) -> Result<Paged<CourseBody>, Problem> {
    let after = page.after::<String>()?;
    let read = move |db: &mut Db| {
        let CourseQuery { q, platform, provider } = &query;
        let (text, after, limit) = (q.as_deref(), after.as_deref(), page.fetch());
        let found = search_courses(db, CourseSearch { text, platform: *platform, provider: *provider, after, limit })?;
        let ids: Vec<CourseId> = found.iter().map(|course| course.id).collect();
        let mut filings = last_filings(db, &ids)?;
        let page = Paged::new(&page, found, |last| last.code.clone());
        Ok(page.map(|course| {
            let filing = filings.remove(&course.id);
            body(course, filing)
        }))
    };
    state.store.read(read).await
}

pub(super) async fn find(state: &Data<AppState>, id: CourseId) -> Result<CourseBody, Problem> {
    state.store.read(move |db| find_body(db, id)).await
}

fn find_body(db: &mut Db, id: CourseId) -> Result<CourseBody, Problem> {
    let facts = find_facts(db, id)?;
    let filing = last_filings(db, &[id])?.remove(&id);
    Ok(body(facts, filing))
}

fn find_facts(db: &mut Db, id: CourseId) -> Result<CourseFacts, Problem> {
    courses_by_id(db, &[id])?.pop().ok_or_else(not_found)
}

pub(super) async fn keep_one(
    state: &Data<AppState>,
    permission: Permission,
    item: Unjudged<CourseInput>,
) -> Result<Made, Problem> {
    item.readable()?;
    let code = item.where_sound(&["/code"]).map(|item| item.code.clone());
    let keep = keeping(state, &permission, vec![Sent { at: 0, item }]);
    let write = move |db: &mut Recording<'_>| {
        let before = code.as_deref().map(|code| held_body(db, code)).transpose()?.flatten();
        // Asked inside the transaction, which fails where nothing was kept, so that no write is recorded.
        let (id, outcome) = bulk::only(keep(db)?)?;
        let course = find_body(db, CourseId::from_uuid(id))?;
        let course = match outcome {
            BulkOutcome::Unchanged => db.unchanged("course", id, course),
            _ => {
                if let Some(before) = &before {
                    db.before(before);
                }
                db.after("course", id, course)
            }
        };
        let kept = CourseKeptBody { outcome, course };
        match outcome {
            BulkOutcome::Created => Made::at(format!("/v1/courses/{id}"), &kept),
            _ => Made::known(&kept),
        }
    };
    state.create(permission.author(), write).await
}

/// The course of a code as it stands, which nobody else changes meanwhile.
fn held_body(db: &mut Db, code: &str) -> Result<Option<CourseBody>, Problem> {
    hold_courses(db, &[code])?;
    courses_by_code(db, &[code])?.pop().map(|course| find_body(db, course.id)).transpose()
}

/// Keeps a chunk of courses in one transaction: a handful of queries for any number of them.
pub(super) async fn keep(
    state: &Data<AppState>,
    permission: &Permission,
    ticket: &Ticket,
    chunk: Vec<Sent<Unjudged<CourseInput>>>,
) -> Result<Outcomes, Problem> {
    let (keep, place) = (keeping(state, permission, chunk), ticket.enter().await?);
    let write = move |db: &mut Recording<'_>| {
        let _held = &place;
        keep(db)
    };
    state.write(permission.author(), write).await
}

/// What is done in the transaction that keeps a chunk.
fn keeping(
    state: &Data<AppState>,
    permission: &Permission,
    chunk: Vec<Sent<Unjudged<CourseInput>>>,
) -> impl Fn(&mut Recording<'_>) -> Result<Outcomes, Problem> + Send + 'static {
    let (shared, now, permission) = (state.clone(), state.clock.now(), permission.clone());
    let chunk: Vec<(Sent<Unjudged<CourseInput>>, CourseId)> =
        chunk.into_iter().map(|sent| (sent, CourseId::from_uuid(state.new_id()))).collect();
    move |db: &mut Recording<'_>| {
        let outcomes = despite_races(db, |db| keep_chunk(db, &shared, &permission, &chunk, now))?;
        bulk::record(db, "course", &outcomes);
        Ok(outcomes)
    }
}

fn keep_chunk(
    db: &mut Db,
    state: &AppState,
    permission: &Permission,
    chunk: &[(Sent<Unjudged<CourseInput>>, CourseId)],
    now: OffsetDateTime,
) -> Result<Vec<(u32, Outcome)>, Problem> {
    let book = state.rule_books.current(db)?;
    let codes: Vec<&str> = chunk.iter().map(|(sent, _)| sent.item.as_read().code.as_str()).collect();
    hold_courses(db, &codes)?;
    let known = Known::load(db, chunk)?;
    let mut courses = known.courses.clone();
    let (mut outcomes, mut inputs, mut places_in_chunk) = (Vec::new(), Vec::new(), Vec::new());
    for (Sent { at, item }, id) in chunk {
        match known.judge((&book, permission), &courses, item) {
            Ok(item) => {
                courses.insert(item.code.clone(), Offered::of_input(item));
                inputs.push(row(item, *id));
                places_in_chunk.push((*at, item));
            }
            Err(outcome) => outcomes.push((*at, outcome)),
        }
    }
    let kept = upsert_courses(db, &inputs, now, &permission.signature())?;
    let mut before = known.courses;
    for ((at, item), kept) in places_in_chunk.into_iter().zip(kept) {
        let offered = Offered::of_input(item);
        let moved = before.insert(item.code.clone(), offered.clone()).is_some_and(|old| old != offered);
        outcomes.push((at, outcome(&kept, moved)));
    }
    let changed = outcomes.iter().any(|(_, one)| matches!(one, Outcome::Created(_) | Outcome::Updated(_)));
    if changed {
        let codes: Vec<String> = inputs.into_iter().map(|input| input.code).collect();
        released_by(db, state, Appeared::Courses(&codes), now)?;
    }
    Ok(outcomes)
}

fn outcome(kept: &CourseUpserted, moved: bool) -> Outcome {
    let id = kept.course_id.as_uuid();
    match kept.change {
        CourseChange::Created => Outcome::Created(id),
        CourseChange::NewVersion => Outcome::Updated(id),
        CourseChange::Unchanged if moved => Outcome::Updated(id),
        CourseChange::Unchanged => Outcome::Unchanged(id),
    }
}

/// Who offers a course and where it is carried, which is not part of any version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Offered {
    provider: (ProviderKind, Uuid),
    platforms: Vec<PlatformId>,
}

impl Offered {
    fn of_input(input: &CourseInput) -> Self {
        let mut platforms = input.platforms.clone();
        platforms.sort_unstable();
        platforms.dedup();
        Self { provider: (input.provider.kind, input.provider.id), platforms }
    }

    fn of_facts(facts: &CourseFacts) -> Self {
        Self { provider: (facts.provider_kind, facts.provider_id), platforms: facts.platforms.clone() }
    }
}

/// What a chunk of courses names, as the database knows it.
struct Known {
    courses: HashMap<String, Offered>,
    /// The places of the providers that exist.
    providers: HashMap<(ProviderKind, Uuid), PlaceCode>,
    platforms: HashSet<PlatformId>,
}

impl Known {
    fn load(db: &mut Db, chunk: &[(Sent<Unjudged<CourseInput>>, CourseId)]) -> Result<Self, Problem> {
        let codes: Vec<&str> = chunk.iter().map(|(sent, _)| sent.item.as_read().code.as_str()).collect();
        let courses: HashMap<String, Offered> = courses_by_code(db, &codes)?
            .into_iter()
            .map(|facts| (facts.code.clone(), Offered::of_facts(&facts)))
            .collect();
        let named =
            chunk.iter().map(|(sent, _)| sent.item.as_read()).map(|item| (item.provider.kind, item.provider.id));
        let providers: HashSet<_> = named.chain(courses.values().map(|offered| offered.provider)).collect();
        let platforms: HashSet<PlatformId> =
            chunk.iter().flat_map(|(sent, _)| sent.item.as_read().platforms.iter().copied()).collect();
        let platforms: Vec<PlatformId> = platforms.into_iter().collect();
        Ok(Self {
            courses,
            providers: places_of_providers(db, &providers)?,
            platforms: platform_facts_many(db, &platforms)?.into_iter().map(|facts| facts.id).collect(),
        })
    }

    /// The course, if it may be kept as it is handed in. `courses` are those before this one, earlier items included.
    fn judge<'i>(
        &self,
        (book, permission): (&RuleBook, &Permission),
        courses: &HashMap<String, Offered>,
        sent: &'i Unjudged<CourseInput>,
    ) -> Result<&'i CourseInput, Outcome> {
        let tree = book.places();
        let provided = sent.where_sound(&["/provider/kind", "/provider/id"]).map(|item| &item.provider);
        let named = provided.and_then(|provider| self.providers.get(&(provider.kind, provider.id)));
        if let Some(place) = named.filter(|place| !permission.covers_place(tree, place)) {
            return Err(Outcome::Outside { pointer: "/provider/id", outside: permission.outside(tree, place) });
        }
        let judged = sent.judged_alone(|item, faults| self.resolve(faults, book, item).map(|_| item));
        let item = judged.map_err(Outcome::Malformed)?;
        let holder = courses.get(&item.code).and_then(|before| self.providers.get(&before.provider));
        match holder {
            Some(place) if !permission.covers_place(tree, place) => Err(Outcome::Conflict(PROVIDED_ELSEWHERE)),
            _ => Ok(item),
        }
    }

    /// The place of the provider; what does not exist, or is said twice, is a fault.
    fn resolve(&self, faults: &mut Faults<'_>, book: &RuleBook, item: &CourseInput) -> Option<&PlaceCode> {
        category(faults, book, &item.category);
        if item.modes.iter().enumerate().any(|(index, mode)| item.modes[..index].contains(mode)) {
            faults.twice("/modes");
        }
        let place = self.providers.get(&(item.provider.kind, item.provider.id));
        if faults.are_sound(&["/provider/kind"]) {
            faults.must_exist("/provider/id", place.is_some());
        }
        for (index, id) in item.platforms.iter().enumerate() {
            faults.must_exist(&format!("/platforms/{index}"), self.platforms.contains(id));
        }
        place
    }
}

/// Hours of a category that no published rule counts, not even as a part of a wider one, would be worth nothing anywhere.
fn category(faults: &mut Faults<'_>, book: &RuleBook, category: &str) {
    let wanted = CategoryCode::new(category);
    if book.versions().any(|version| version.rules.node_of(&wanted).is_some()) {
        return;
    }
    let all = book.versions().flat_map(|version| &version.rules.category).map(|category| category.code.as_str());
    let known: BTreeSet<&str> = all.collect();
    let list = known.iter().copied().collect::<Vec<_>>().join(", ");
    let words = Text::new(
        format!("没有任何已发布的规则有此类别；已知类别：{list}。新类别请先发布规则"),
        format!("no published rule has this category; known are: {list}. Publish the rule of a new one first"),
    );
    faults.add_error(FieldError::new("/category", "unknown_category", words).with("known", known));
}

/// The places of those of the providers that exist: three queries for any number.
pub(super) fn places_of_providers(
    db: &mut Db,
    providers: &HashSet<(ProviderKind, Uuid)>,
) -> Result<HashMap<(ProviderKind, Uuid), PlaceCode>, Problem> {
    let of_kind = |wanted| providers.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, id)| *id);
    let bases: Vec<BaseId> = of_kind(ProviderKind::Base).map(BaseId::from_uuid).collect();
    let authorities: Vec<AuthorityId> = of_kind(ProviderKind::Authority).map(AuthorityId::from_uuid).collect();
    let employers: Vec<EmployerId> = of_kind(ProviderKind::Employer).map(EmployerId::from_uuid).collect();
    let mut found = HashMap::with_capacity(providers.len());
    let bases = rows::bases_by_id(db, &bases)?.into_iter();
    found.extend(bases.map(|row| ((ProviderKind::Base, row.base_id.as_uuid()), row.place_code)));
    let authorities = rows::authorities_by_id(db, &authorities)?.into_iter();
    found.extend(authorities.map(|row| ((ProviderKind::Authority, row.authority_id.as_uuid()), row.place_code)));
    let employers = rows::employers_by_id(db, &employers)?.into_iter();
    found.extend(employers.map(|row| ((ProviderKind::Employer, row.employer_id.as_uuid()), row.place_code)));
    Ok(found)
}

pub(super) async fn file_plan(
    state: &Data<AppState>,
    permission: Permission,
    id: CourseId,
    said: Unjudged<PlanFiling>,
) -> Result<CourseBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        // Held before it is looked at: what is checked here is what holds when the filing is entered.
        let code = said.after(find_facts(db, id))?.code;
        hold_courses(db, &[&code])?;
        let course = find_facts(db, id)?;
        let provider = (course.provider_kind, course.provider_id);
        let place = places_of_providers(db, &HashSet::from([provider]))?.remove(&provider);
        said.after(permission.require_place(tree, &place.ok_or_else(not_found)?))?;
        let filing = said.judged(|said, faults| Ok(Some(filing(faults, said, today))))?;
        let before = find_body(db, id)?;
        db.before(&before);
        if insert_filing(db, id, filing.as_ref(), now, &permission.signature())? {
            released_by(db, &shared, Appeared::Courses(std::slice::from_ref(&course.code)), now)?;
        }
        let body = find_body(db, id)?;
        Ok(db.after("course", id, body))
    };
    state.write(author, write).await
}

/// What is said, if it can be: a day that has come with its reference, or neither, which says that nothing is filed.
fn filing(faults: &mut Faults<'_>, said: &PlanFiling, today: Date) -> Option<Filing> {
    let (day, reference) = (said.filed_on.map(|day| day.0), said.reference.as_deref());
    if day.is_some_and(|day| day > today) {
        faults.add("/filed_on", "in_future", Text::new("备案日尚未到来", "that day has not come yet"));
    }
    match (day, reference) {
        _ if !faults.are_sound(&["/filed_on"]) => {}
        (Some(_), None) => faults.add("/reference", "missing", Text::new("缺少备案文号", "the reference is missing")),
        (None, Some(_)) => {
            let words = Text::new("未备案时不得有备案文号", "where nothing is filed there is no reference");
            faults.add("/reference", "without_filing", words);
        }
        _ => {}
    }
    day.zip(reference.map(|reference| reference.trim().to_owned()))
}
