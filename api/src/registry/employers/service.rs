//! Use cases of employers.

use super::v1::{EmployerBody, EmployerInput, EmployerKindBody};
use crate::{
    auth::Caller,
    extract::{Page, Paged},
    places,
    problem::{FieldError, Kind, Problem},
    registry::{CatalogueQuery, Faults, not_found, places_asked_for},
    state::AppState,
    text::{Language, Text},
    wire::PlaceRef,
};
use actix_web::web::Data;
use domain::{
    kernel::{CreditCode, EmployerId, FactId, china_date},
    registry::{Dated, EmployerKind, PlaceTree, held_on, is_news},
};
use serde_json::Value;
use store::{
    Db, StoreError,
    registry::{
        AfterName, Employer, EmployerKindFact, Held, Search, append_employer_kinds, employer_kinds, find_authority,
        find_employer, find_employer_by_credit_code, hold, search_employers, upsert_employer,
    },
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

pub(super) async fn search(
    state: &Data<AppState>,
    query: CatalogueQuery,
    page: Page,
    language: Language,
) -> Result<Paged<EmployerBody>, Problem> {
    let after = page.after::<(String, Uuid)>()?.map(|(name, id)| AfterName { name, id });
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let asked = places_asked_for(tree, query.place.as_deref())?;
        // A credit code is looked for in the form in which it is kept, however it was typed.
        let code = query.q.as_deref().and_then(|text| CreditCode::parse(text).ok());
        let text = code.as_ref().map(CreditCode::as_str).or(query.q.as_deref());
        let search = Search { text, places: asked.as_deref(), after: after.as_ref(), limit: page.fetch() };
        let rows = search_employers(db, search)?;
        let page = Paged::new(&page, rows, |last| (last.name.clone(), last.employer_id));
        let next_cursor = page.next_cursor;
        Ok(Paged { items: Shown { tree, today, language }.many(db, page.items)?, next_cursor })
    };
    state.store.read(read).await
}

pub(super) async fn find(state: &Data<AppState>, id: EmployerId, language: Language) -> Result<EmployerBody, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let row = find_employer(db, id)?.ok_or_else(not_found)?;
        Shown { tree: book.places(), today, language }.one(db, row)
    };
    state.store.read(read).await
}

pub(super) async fn create(
    state: &Data<AppState>,
    caller: Caller,
    id: EmployerId,
    input: EmployerInput,
    language: Language,
) -> Result<EmployerBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let fact_id = FactId::from_uuid(state.new_id());
    let write = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        let row = row(db, tree, id, &input, (now, now))?;
        keep(db, tree, &caller, &row)?;
        state_kind(db, &kind(id, fact_id, &input, (now, today), &caller))?;
        Shown { tree, today, language }.one(db, row)
    };
    state.store.write(write).await
}

pub(super) async fn replace(
    state: &Data<AppState>,
    caller: Caller,
    id: EmployerId,
    input: EmployerInput,
    language: Language,
) -> Result<EmployerBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let fact_id = FactId::from_uuid(state.new_id());
    let write = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let tree = book.places();
        hold(db, Held::Employer(id))?;
        let before = find_employer(db, id)?.ok_or_else(not_found)?;
        places::require(&caller, tree, &before.place_code)?;
        let row = row(db, tree, id, &input, (before.created_at, now))?;
        keep(db, tree, &caller, &row)?;
        state_kind(db, &kind(id, fact_id, &input, (now, today), &caller))?;
        Shown { tree, today, language }.one(db, row)
    };
    state.store.write(write).await
}

/// The row that the input asks for, or all its faults.
fn row(
    db: &mut Db,
    tree: &PlaceTree,
    id: EmployerId,
    input: &EmployerInput,
    (created_at, updated_at): (OffsetDateTime, OffsetDateTime),
) -> Result<Employer, Problem> {
    let mut faults = Faults::default();
    if let Some(from_on) = input.kind_from_on {
        faults.first_day("/kind_from_on", from_on.0, china_date(updated_at));
    }
    let place = faults.place("/place", tree, &input.place);
    let registered = input.registered_place.as_deref();
    let registered_place = registered.and_then(|code| faults.place("/registered_place", tree, code));
    if let Some(authority) = input.authority_id {
        faults.must_exist("/authority_id", find_authority(db, authority)?.is_some());
    }
    faults.refuse()?;
    // The body's rules have read it once already.
    let credit_code = input.credit_code.as_deref().and_then(|text| CreditCode::parse(text).ok());
    Ok(Employer {
        employer_id: id,
        name: input.name.trim().to_owned(),
        credit_code_checksum_ok: credit_code.as_ref().is_none_or(CreditCode::checksum_ok),
        credit_code: credit_code.map(|code| code.to_string()),
        place_code: place.ok_or_else(not_found)?,
        registered_place_code: registered_place,
        authority_id: input.authority_id,
        created_at,
        updated_at,
    })
}

fn keep(db: &mut Db, tree: &PlaceTree, caller: &Caller, row: &Employer) -> Result<(), Problem> {
    places::require(caller, tree, &row.place_code)?;
    let holder = row.credit_code.as_deref().map(|code| find_employer_by_credit_code(db, code)).transpose()?.flatten();
    if let Some(other) = holder.filter(|other| other.employer_id != row.employer_id) {
        return Err(taken().with("employer_id", other.employer_id));
    }
    upsert_employer(db, row).map_err(|error| match error {
        // Someone else took the code since it was looked for.
        StoreError::Conflict { .. } => taken(),
        error => error.into(),
    })
}

fn taken() -> Problem {
    let words = Text::new("该统一社会信用代码已登记", "the unified social credit code is registered already");
    Problem::new(Kind::AlreadyExists).detail(words)
}

/// What the input says the employer is, and since when.
fn kind(
    employer_id: EmployerId,
    fact_id: FactId,
    input: &EmployerInput,
    (recorded_at, today): (OffsetDateTime, Date),
    caller: &Caller,
) -> EmployerKindFact {
    let from_on = input.kind_from_on.map_or(today, |day| day.0);
    EmployerKindFact { employer_id, fact_id, kind: input.kind, from_on, recorded_at, recorded_by: caller.signature() }
}

/// Adds the fact if it is news: what an employer was recorded to be is never overwritten.
fn state_kind(db: &mut Db, fact: &EmployerKindFact) -> Result<(), Problem> {
    let known = employer_kinds(db, &[fact.employer_id])?.remove(&fact.employer_id).unwrap_or_default();
    if is_news(&known, &fact.kind, fact.from_on) {
        append_employer_kinds(db, std::slice::from_ref(fact))?;
    }
    Ok(())
}

/// How employers are shown on a day.
struct Shown<'a> {
    tree: &'a PlaceTree,
    today: Date,
    language: Language,
}

impl Shown<'_> {
    fn one(&self, db: &mut Db, row: Employer) -> Result<EmployerBody, Problem> {
        self.many(db, vec![row])?.pop().ok_or_else(not_found)
    }

    fn many(&self, db: &mut Db, rows: Vec<Employer>) -> Result<Vec<EmployerBody>, Problem> {
        let ids: Vec<EmployerId> = rows.iter().map(|row| row.employer_id).collect();
        let mut kinds = employer_kinds(db, &ids)?;
        let body = |row: Employer| {
            let kinds = kinds.remove(&row.employer_id).unwrap_or_default();
            self.body(row, kinds).ok_or_else(|| Problem::internal("an employer without a kind"))
        };
        rows.into_iter().map(body).collect()
    }

    /// None where nobody ever said what the employer is, which the interface does not let happen.
    fn body(&self, row: Employer, mut kinds: Vec<Dated<EmployerKind>>) -> Option<EmployerBody> {
        kinds.sort_unstable_by_key(|fact| (fact.from_on, fact.recorded_at, fact.fact_id));
        let now = held_on(&kinds, self.today, None)?;
        Some(EmployerBody {
            employer_id: row.employer_id,
            name: row.name,
            warnings: warnings(row.credit_code.as_deref(), row.credit_code_checksum_ok, self.language),
            credit_code: row.credit_code,
            kind: now.value,
            kind_from_on: now.from_on.into(),
            kinds: kinds.iter().map(kind_body).collect(),
            place: PlaceRef::of(self.tree, &row.place_code),
            registered_place: row.registered_place_code.map(|place| PlaceRef::of(self.tree, &place)),
            authority_id: row.authority_id,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        })
    }
}

fn kind_body(fact: &Dated<EmployerKind>) -> EmployerKindBody {
    EmployerKindBody {
        fact_id: fact.fact_id,
        kind: fact.value,
        from_on: fact.from_on.into(),
        recorded_at: fact.recorded_at.into(),
    }
}

/// What looks wrong but is kept, because codes that really were issued look so.
fn warnings(credit_code: Option<&str>, checksum_ok: bool, language: Language) -> Vec<Value> {
    let Some(code) = credit_code.filter(|_| !checksum_ok).and_then(|code| CreditCode::parse(code).ok()) else {
        return Vec::new();
    };
    let expected = code.expected_check();
    let words = Text::new(
        format!("校验码不符，按前 17 位应为 {expected}；已照原样登记，请核对"),
        format!("the check character does not fit; the first 17 ask for {expected}. Kept as given; please compare"),
    );
    vec![FieldError::new("/credit_code", "credit_code_checksum", words).to_value(language)]
}
