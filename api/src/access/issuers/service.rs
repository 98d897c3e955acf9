//! Use cases of issuers.

use super::v1::{IssuerBody, IssuerInput, SubjectKind};
use crate::{
    access::{key_set::KeySet, not_found},
    audit::{Author, Recording},
    extract::{Faults, Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::{
    access::SigningAlgorithm,
    kernel::{IssuerId, Words},
};
use store::{
    Db,
    access::{TokenIssuer, find_issuer, find_issuer_by_iss, hold_access, insert_issuer, list_issuers, update_issuer},
};

pub(super) async fn list(state: &Data<AppState>, page: Page) -> Result<Paged<IssuerBody>, Problem> {
    let after = page.after::<IssuerId>()?;
    let read = move |db: &mut Db| {
        let rows = list_issuers(db, after, page.fetch())?;
        Ok(Paged::new(&page, rows, |last| last.issuer_id).map(body))
    };
    state.store.read(read).await
}

pub(super) async fn find(state: &Data<AppState>, id: IssuerId) -> Result<IssuerBody, Problem> {
    state.store.read(move |db| find_issuer(db, id)?.map(body).ok_or_else(not_found)).await
}

pub(super) async fn create(
    state: &Data<AppState>,
    author: Author,
    id: IssuerId,
    input: Unjudged<IssuerInput>,
) -> Result<Made, Problem> {
    let now = state.clock.now();
    let (input, read) = input.judged(|input, faults| {
        named_rightly(faults, state, &input.iss);
        Ok(Some((input, Read::of(input, faults))))
    })?;
    let row = TokenIssuer {
        issuer_id: id,
        iss: input.iss.clone(),
        name: input.name.trim().to_owned(),
        audience: input.audience.clone(),
        names_learners: input.subjects.contains(&SubjectKind::Learner),
        names_officials: input.subjects.contains(&SubjectKind::Official),
        algorithms: read.algorithms,
        jwks: read.jwks,
        longest_token_seconds: input.longest_token_seconds,
        created_at: now,
        created_by: author.signature.clone(),
        updated_at: now,
        disabled_at: None,
    };
    let write = move |db: &mut Recording<'_>| {
        // Held first, so that of two at once the second sees the first.
        hold_access(db)?;
        if let Some(other) = find_issuer_by_iss(db, &row.iss)? {
            return Err(Problem::new(Kind::AlreadyExists).with("issuer_id", other.issuer_id));
        }
        insert_issuer(db, &row)?;
        Made::at(format!("/v1/token-issuers/{id}"), &db.after("token_issuer", id, body(row.clone())))
    };
    changed(state, state.create(author, write).await)
}

fn named_rightly(faults: &mut Faults<'_>, state: &AppState, iss: &str) {
    if iss == state.tokens.issuer() || iss == state.public_url {
        let words = Text::new("这是本服务自己的签发者名称", "this is what the service calls itself");
        faults.add("/iss", "reserved", words);
    }
    if iss.contains('#') {
        // Officials are called `iss#sub`, so that nobody could tell two of them apart.
        faults.add("/iss", "number_sign", Text::new("不得含有 #", "must not hold a #"));
    }
}

pub(super) async fn replace(
    state: &Data<AppState>,
    author: Author,
    id: IssuerId,
    input: Unjudged<IssuerInput>,
) -> Result<IssuerBody, Problem> {
    let now = state.clock.now();
    let write = move |db: &mut Recording<'_>| {
        hold_access(db)?;
        let mut row = input.after(find_issuer(db, id)?.ok_or_else(not_found))?;
        db.before(&body(row.clone()));
        let (input, read) = input.judged(|input, faults| {
            if row.iss != input.iss {
                faults.add("/iss", "immutable", Text::new("登记后不可变更", "it stays as it was registered"));
            }
            Ok(Some((input, Read::of(input, faults))))
        })?;
        (row.name, row.audience) = (input.name.trim().to_owned(), input.audience.clone());
        row.names_learners = input.subjects.contains(&SubjectKind::Learner);
        row.names_officials = input.subjects.contains(&SubjectKind::Official);
        (row.algorithms, row.jwks, row.updated_at) = (read.algorithms, read.jwks, now);
        row.longest_token_seconds = input.longest_token_seconds;
        update_issuer(db, &row)?;
        Ok(db.after("token_issuer", id, body(row)))
    };
    changed(state, state.write(author, write).await)
}

/// Disables an issuer, or takes its tokens again. What is so already stays as it is.
pub(super) async fn set_disabled(
    state: &Data<AppState>,
    author: Author,
    id: IssuerId,
    disabled: bool,
) -> Result<IssuerBody, Problem> {
    let now = state.clock.now();
    let write = move |db: &mut Recording<'_>| {
        hold_access(db)?;
        let mut row = find_issuer(db, id)?.ok_or_else(not_found)?;
        db.before(&body(row.clone()));
        if row.disabled_at.is_some() != disabled {
            (row.disabled_at, row.updated_at) = (disabled.then_some(now), now);
            update_issuer(db, &row)?;
        }
        Ok(db.after("token_issuer", id, body(row)))
    };
    changed(state, state.write(author, write).await)
}

/// Lets this process see its own change with the next request.
fn changed<T>(state: &AppState, outcome: Result<T, Problem>) -> Result<T, Problem> {
    state.access.forget();
    outcome
}

/// Keys and algorithms as they are kept.
#[derive(Debug, Default)]
struct Read {
    jwks: String,
    algorithms: String,
}

impl Read {
    fn of(input: &IssuerInput, faults: &mut Faults<'_>) -> Self {
        let (keys, jwks) = match KeySet::read(&input.jwks, "/jwks") {
            Ok(read) => read,
            Err(found) => {
                faults.extend(found);
                return Self::default();
            }
        };
        if let Some(unlisted) = keys.algorithms().find(|algorithm| !input.algorithms.contains(algorithm)) {
            let zh = format!("有签名算法为 {unlisted} 的公钥，但未允许该算法");
            let en = format!("there is a key for {unlisted}, which is not allowed here");
            faults.add("/algorithms", "key_not_allowed", Text::new(zh, en));
        }
        let mut allowed: Vec<SigningAlgorithm> = input.algorithms.clone();
        allowed.sort_unstable();
        allowed.dedup();
        let allowed: Vec<&str> = allowed.iter().map(|algorithm| algorithm.as_str()).collect();
        Self { jwks, algorithms: allowed.join(" ") }
    }
}

fn body(row: TokenIssuer) -> IssuerBody {
    let subjects = [(row.names_learners, SubjectKind::Learner), (row.names_officials, SubjectKind::Official)];
    IssuerBody {
        issuer_id: row.issuer_id,
        iss: row.iss,
        name: row.name,
        audience: row.audience,
        subjects: subjects.into_iter().filter_map(|(may, kind)| may.then_some(kind)).collect(),
        algorithms: row.algorithms.split(' ').filter_map(SigningAlgorithm::of_word).collect(),
        jwks: serde_json::from_str(&row.jwks).unwrap_or_default(),
        longest_token_seconds: row.longest_token_seconds,
        created_at: row.created_at.into(),
        created_by: row.created_by,
        updated_at: row.updated_at.into(),
        disabled_at: row.disabled_at.map(Into::into),
    }
}
