//! What an employer holds, what speaks against one, and what it is from a day on.

use super::v1::{EmployerBody, EmployerInput, EmployerKindBody};
use crate::{
    problem::{FieldError, Kind, Problem},
    registry::{
        Faults,
        catalogue::{Change, Entry, Head, Shown},
        release::{Appeared, released_by},
    },
    text::{Language, Text},
};
use domain::{
    kernel::{CreditCode, EmployerId, FactId},
    registry::{Dated, EmployerKind, held_on, is_news},
};
use serde_json::Value;
use store::{
    Db, StoreError,
    registry::{
        Employer, EmployerKindFact, Held, Search, append_employer_kinds, employer_kinds, find_authority, find_employer,
        find_employer_by_credit_code, search_employers, upsert_employer,
    },
};
use uuid::Uuid;

impl Entry for Employer {
    const PATH: &'static str = "/v1/employers";
    const KIND: &'static str = "employer";
    type Id = EmployerId;
    type Input = EmployerInput;
    type Body = EmployerBody;

    fn new_id(id: Uuid) -> EmployerId {
        EmployerId::from_uuid(id)
    }

    fn held(id: EmployerId) -> Held {
        Held::Employer(id)
    }

    fn page(db: &mut Db, search: Search<'_>) -> Result<Vec<Self>, StoreError> {
        // A credit code is looked for in the form in which it is kept, however it was typed.
        let code = search.text.and_then(|text| CreditCode::parse(text).ok());
        let text = code.as_ref().map(CreditCode::as_str).or(search.text);
        search_employers(db, Search { text, ..search })
    }

    fn find(db: &mut Db, id: EmployerId) -> Result<Option<Self>, StoreError> {
        find_employer(db, id)
    }

    fn head(&self) -> Head<'_> {
        let Self { name, place_code: place, created_at, .. } = self;
        Head { id: self.employer_id.as_uuid(), name, place, created_at: *created_at }
    }

    fn place_in(input: &Self::Input) -> &str {
        &input.place
    }

    fn asked_for(db: &mut Db, change: &Change<'_, Self>, faults: &mut Faults<'_>) -> Result<Option<Self>, Problem> {
        let (tree, input) = (change.tree, change.input);
        if let Some(from_on) = input.kind_from_on {
            faults.first_day("/kind_from_on", from_on.0, change.today());
        }
        let place = faults.place("/place", tree, &input.place);
        let registered = input.registered_place.as_deref();
        let registered_place = registered.and_then(|code| faults.place("/registered_place", tree, code));
        if let Some(authority) = input.authority_id {
            faults.must_exist("/authority_id", find_authority(db, authority)?.is_some());
        }
        // The body's rules have read it once already.
        let credit_code = input.credit_code.as_deref().and_then(|text| CreditCode::parse(text).ok());
        Ok(place.map(|place_code| Self {
            employer_id: change.id,
            name: input.name.trim().to_owned(),
            credit_code_checksum_ok: credit_code.as_ref().is_none_or(CreditCode::checksum_ok),
            credit_code: credit_code.map(|code| code.to_string()),
            place_code,
            registered_place_code: registered_place,
            authority_id: input.authority_id,
            created_at: change.created_at,
            updated_at: change.now,
        }))
    }

    fn keep(&self, db: &mut Db, change: &Change<'_, Self>) -> Result<(), Problem> {
        let code = self.credit_code.as_deref();
        let holder = code.map(|code| find_employer_by_credit_code(db, code)).transpose()?.flatten();
        if let Some(other) = holder.filter(|other| other.employer_id != self.employer_id) {
            return Err(taken().with("employer_id", other.employer_id));
        }
        upsert_employer(db, self).map_err(|error| match error {
            // Someone else took the code since it was looked for.
            StoreError::Conflict { .. } => taken(),
            error => error.into(),
        })?;
        if state_kind(db, &kind(change))? {
            released_by(db, change.state, Appeared::Employer(self.employer_id), change.now)?;
        }
        Ok(())
    }

    fn bodies(db: &mut Db, shown: Shown<'_>, rows: Vec<Self>) -> Result<Vec<EmployerBody>, Problem> {
        let ids: Vec<EmployerId> = rows.iter().map(|row| row.employer_id).collect();
        let mut kinds = employer_kinds(db, &ids)?;
        let body = |row: Self| {
            let kinds = kinds.remove(&row.employer_id).unwrap_or_default();
            body(shown, row, kinds).ok_or_else(|| Problem::internal("an employer without a kind"))
        };
        rows.into_iter().map(body).collect()
    }
}

fn taken() -> Problem {
    let words = Text::new("该统一社会信用代码已登记", "the unified social credit code is registered already");
    Problem::new(Kind::AlreadyExists).detail(words)
}

/// What the input says the employer is, and since when.
fn kind(change: &Change<'_, Employer>) -> EmployerKindFact {
    EmployerKindFact {
        employer_id: change.id,
        fact_id: FactId::from_uuid(change.state.new_id()),
        kind: change.input.kind,
        from_on: change.input.kind_from_on.map_or_else(|| change.today(), |day| day.0),
        recorded_at: change.now,
        recorded_by: change.permission.signature(),
    }
}

/// Adds the fact if it is news: what an employer was recorded to be is never overwritten. Answers whether it was news of an
/// employer that was known as something before.
fn state_kind(db: &mut Db, fact: &EmployerKindFact) -> Result<bool, Problem> {
    let known = employer_kinds(db, &[fact.employer_id])?.remove(&fact.employer_id).unwrap_or_default();
    if is_news(&known, &fact.kind, fact.from_on) {
        append_employer_kinds(db, std::slice::from_ref(fact))?;
        return Ok(!known.is_empty());
    }
    Ok(false)
}

/// None where nobody ever said what the employer is, which the interface does not let happen.
fn body(shown: Shown<'_>, row: Employer, mut kinds: Vec<Dated<EmployerKind>>) -> Option<EmployerBody> {
    kinds.sort_unstable_by_key(|fact| (fact.from_on, fact.recorded_at, fact.fact_id));
    let now = held_on(&kinds, shown.today, None)?;
    Some(EmployerBody {
        employer_id: row.employer_id,
        name: row.name,
        warnings: warnings(row.credit_code.as_deref(), row.credit_code_checksum_ok, shown.language),
        credit_code: row.credit_code,
        kind: now.value,
        kind_from_on: now.from_on.into(),
        kinds: kinds.iter().map(kind_body).collect(),
        place: shown.place(&row.place_code),
        registered_place: row.registered_place_code.map(|place| shown.place(&place)),
        authority_id: row.authority_id,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    })
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
