//! Use cases of clients.

use super::v1::{ClientBody, ClientChange, ClientInput, NewSecretBody, SecretBody, SecretInput};
use crate::{
    access::{changed, key_set::KeySet, not_found},
    audit::{Author, Recording},
    extract::{Faults, Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    state::AppState,
    text::Text,
    wire::Moment,
};
use actix_web::web::Data;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    access::{ClientKind, Scope, Scopes},
    kernel::{ClientId, SecretId},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use store::{
    Db,
    access::{
        Client, ClientSecret, end_secret, find_client, hold_access, insert_client, insert_secret, list_clients,
        secrets_of, update_client,
    },
    registry::find_platform,
};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// How many secrets of a client may hold or come at once.
pub(in crate::access) const MOST_SECRETS: usize = 8;

pub(super) async fn list(state: &Data<AppState>, page: Page) -> Result<Paged<ClientBody>, Problem> {
    let after = page.after::<ClientId>()?;
    let read = move |db: &mut Db| {
        let rows = list_clients(db, after, page.fetch())?;
        let page = Paged::new(&page, rows, |last| last.client_id);
        let next_cursor = page.next_cursor;
        Ok(Paged { items: bodies(db, page.items)?, next_cursor })
    };
    state.store.read(read).await
}

pub(super) async fn find(state: &Data<AppState>, id: ClientId) -> Result<ClientBody, Problem> {
    state.store.read(move |db| shown(db, id)).await
}

pub(super) async fn create(
    state: &Data<AppState>,
    author: Author,
    id: ClientId,
    input: Unjudged<ClientInput>,
) -> Result<Made, Problem> {
    let (now, by) = (state.clock.now(), author.signature.clone());
    let write = move |db: &mut Recording<'_>| {
        let (input, scopes, jwks) = input.judged(|input, faults| {
            let kept = of_kind(faults, input);
            if let Some(platform) = input.platform_id {
                let exists = find_platform(db, platform)?.is_some();
                if !exists && !faults.tell_of("/platform_id") {
                    let words = Text::new("所指平台不存在", "the platform does not exist");
                    faults.add("/platform_id", "unknown_reference", words);
                }
            }
            Ok(Some((input, kept.0, kept.1)))
        })?;
        let row = Client {
            client_id: id,
            kind: input.kind,
            platform_id: input.platform_id,
            name: input.name.trim().to_owned(),
            scopes,
            jwks,
            created_at: now,
            created_by: by.clone(),
            updated_at: now,
            disabled_at: None,
            tokens_from_at: None,
        };
        insert_client(db, &row)?;
        let body = shown(db, id)?;
        Made::at(format!("/v1/clients/{id}"), &db.after("client", id, body))
    };
    changed(state, state.create(author, write).await)
}

/// Scopes and keys as they are kept; what does not fit the kind of client is a fault.
fn of_kind(faults: &mut Faults<'_>, input: &ClientInput) -> (String, Option<String>) {
    let jwks = keys(faults, input.jwks.as_ref());
    if !faults.are_sound(&["/kind"]) {
        return (String::new(), jwks);
    }
    match (input.kind, input.platform_id) {
        (ClientKind::Platform, None) => {
            let words = Text::new("学习平台客户端应指明平台", "a platform's client needs its platform");
            faults.add("/platform_id", "missing", words);
        }
        (ClientKind::MiniProgram, Some(_)) => {
            let words = Text::new("小程序客户端不代表平台", "a mini-program's client speaks for no platform");
            faults.add("/platform_id", "not_of_this_kind", words);
        }
        _ => {}
    }
    (scopes(faults, input.kind, &input.scopes), jwks)
}

pub(super) async fn replace(
    state: &Data<AppState>,
    author: Author,
    id: ClientId,
    input: Unjudged<ClientChange>,
) -> Result<ClientBody, Problem> {
    let now = state.clock.now();
    let write = move |db: &mut Recording<'_>| {
        hold_access(db)?;
        let mut row = input.after(find_client(db, id)?.ok_or_else(not_found))?;
        let before = shown(db, id)?;
        db.before(&before);
        let (input, scopes, jwks) = input.judged(|input, faults| {
            let scopes = scopes(faults, row.kind, &input.scopes);
            Ok(Some((input, scopes, keys(faults, input.jwks.as_ref()))))
        })?;
        row.scopes = scopes;
        if KeySet::lost(row.jwks.as_deref(), jwks.as_deref()) {
            row.tokens_from_at = Some(after_an_end(now, row.tokens_from_at));
        }
        row.jwks = jwks;
        (row.name, row.updated_at) = (input.name.trim().to_owned(), now);
        update_client(db, &row)?;
        let body = shown(db, id)?;
        Ok(db.after("client", id, body))
    };
    changed(state, state.write(author, write).await)
}

/// Disables a client, or lets it in again. What is so already stays as it is.
pub(super) async fn set_disabled(
    state: &Data<AppState>,
    author: Author,
    id: ClientId,
    disabled: bool,
) -> Result<ClientBody, Problem> {
    let now = state.clock.now();
    let write = move |db: &mut Recording<'_>| {
        hold_access(db)?;
        let mut row = find_client(db, id)?.ok_or_else(not_found)?;
        let before = shown(db, id)?;
        if row.disabled_at.is_some() == disabled {
            return Ok(db.unchanged("client", id, before));
        }
        db.before(&before);
        (row.disabled_at, row.updated_at) = (disabled.then_some(now), now);
        if disabled {
            row.tokens_from_at = Some(after_an_end(now, row.tokens_from_at));
        }
        update_client(db, &row)?;
        let body = shown(db, id)?;
        Ok(db.after("client", id, body))
    };
    changed(state, state.write(author, write).await)
}

pub(super) async fn add_secret(
    state: &Data<AppState>,
    author: Author,
    id: ClientId,
    input: Unjudged<SecretInput>,
) -> Result<NewSecretBody, Problem> {
    let now = state.clock.now();
    let (from_at, until_at) = input.judged(|input, faults| {
        let (from_at, until_at) = (input.from_at.map_or(now, |at| at.0), input.until_at.map(|at| at.0));
        let beginning = if faults.are_sound(&["/from_at"]) { from_at.max(now) } else { now };
        if until_at.is_some_and(|until| until <= beginning) {
            let words = Text::new("截止时刻应晚于起始时刻和现在", "the end must be after the beginning and after now");
            faults.add("/until_at", "before_beginning", words);
        }
        Ok(Some((from_at, until_at)))
    })?;
    let secret = fresh_secret()?;
    let row = ClientSecret {
        secret_id: SecretId::from_uuid(state.new_id()),
        client_id: id,
        secret_hash: Sha256::digest(secret.as_bytes()).to_vec(),
        from_at,
        until_at,
        created_at: now,
        created_by: author.signature.clone(),
    };
    let body = NewSecretBody {
        secret_id: row.secret_id,
        client_id: id,
        client_secret: secret.to_string(),
        from_at: from_at.into(),
        until_at: until_at.map(Into::into),
    };
    let write = move |db: &mut Recording<'_>| {
        // Held first, so that two at once cannot both be the last that fits.
        hold_access(db)?;
        find_client(db, id)?.ok_or_else(not_found)?;
        let live = secrets_of(db, &[id])?.iter().filter(|secret| secret.until_at.is_none_or(|at| at > now)).count();
        if live >= MOST_SECRETS {
            return Err(Problem::new(Kind::TooManySecrets).with("most", MOST_SECRETS));
        }
        db.after("client_secret", row.secret_id, told(&row));
        Ok(insert_secret(db, &row)?)
    };
    changed(state, state.write(author, write).await).map(|()| body)
}

pub(super) async fn remove_secret(
    state: &Data<AppState>,
    author: Author,
    id: ClientId,
    secret: SecretId,
) -> Result<(), Problem> {
    let now = state.clock.now();
    let write = move |db: &mut Recording<'_>| {
        hold_access(db)?;
        let row = secrets_of(db, &[id])?.into_iter().find(|row| row.secret_id == secret).ok_or_else(not_found)?;
        if row.until_at.is_some_and(|until| until <= now) {
            db.unchanged("client_secret", secret, told(&row));
            return Ok(());
        }
        db.before(&told(&row));
        db.after("client_secret", secret, told(&ClientSecret { until_at: Some(now), ..row }));
        end_secret(db, id, secret, now)?;
        let mut client = find_client(db, id)?.ok_or_else(not_found)?;
        client.tokens_from_at = Some(after_an_end(now, client.tokens_from_at));
        Ok(update_client(db, &client)?)
    };
    changed(state, state.write(author, write).await)
}

/// A secret as events tell of it: whose it is, and when it holds.
fn told(row: &ClientSecret) -> Value {
    let moment = |at: OffsetDateTime| Moment::from(at);
    json!({ "client_id": row.client_id, "from_at": moment(row.from_at), "until_at": row.until_at.map(moment) })
}

/// From when a client's tokens hold, after its secret, its key or all of it was ended: whoever got one by what is ended may not keep
/// it. A little later than now, since other replicas learn of it within a second and their clocks differ; what they issue until
/// then must not hold either. Whole seconds, as tokens have, and later than the last time: what was issued after that says that it
/// holds from then, also where this end comes in the very same second.
fn after_an_end(now: OffsetDateTime, last: Option<OffsetDateTime>) -> OffsetDateTime {
    const MARGIN: Duration = Duration::seconds(5);
    let next = now.replace_nanosecond(0).unwrap_or(now).saturating_add(MARGIN);
    last.map_or(next, |last| next.max(last.saturating_add(Duration::SECOND)))
}

/// 32 random bytes, with a beginning by which scanners of leaked secrets find it.
fn fresh_secret() -> Result<Zeroizing<String>, Problem> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).map_err(Problem::internal)?;
    Ok(Zeroizing::new(format!("xs_{}", URL_SAFE_NO_PAD.encode(*bytes))))
}

fn scopes(faults: &mut Faults<'_>, kind: ClientKind, asked: &[Scope]) -> String {
    for (index, scope) in asked.iter().enumerate() {
        if !scope.is_for(kind) {
            let words = Text::new("此类客户端不得有该授权范围", "clients of this kind cannot have this scope");
            faults.add(&format!("/scopes/{index}"), "not_of_this_kind", words);
        }
    }
    asked.iter().copied().collect::<Scopes>().to_string()
}

fn keys(faults: &mut Faults<'_>, set: Option<&Value>) -> Option<String> {
    match KeySet::read(set?, "/jwks") {
        Ok((_, kept)) => Some(kept),
        Err(found) => {
            faults.extend(found);
            None
        }
    }
}

fn shown(db: &mut Db, id: ClientId) -> Result<ClientBody, Problem> {
    let row = find_client(db, id)?.ok_or_else(not_found)?;
    bodies(db, vec![row])?.pop().ok_or_else(not_found)
}

/// The clients with their secrets: two queries for any number.
fn bodies(db: &mut Db, rows: Vec<Client>) -> Result<Vec<ClientBody>, Problem> {
    let ids: Vec<ClientId> = rows.iter().map(|row| row.client_id).collect();
    let mut secrets: HashMap<ClientId, Vec<SecretBody>> = HashMap::new();
    for row in secrets_of(db, &ids)? {
        secrets.entry(row.client_id).or_default().push(SecretBody {
            secret_id: row.secret_id,
            from_at: row.from_at.into(),
            until_at: row.until_at.map(Into::into),
            created_at: row.created_at.into(),
            created_by: row.created_by,
        });
    }
    let moment = |at: Option<OffsetDateTime>| at.map(Into::into);
    let body = |row: Client| ClientBody {
        client_id: row.client_id,
        kind: row.kind,
        platform_id: row.platform_id,
        name: row.name,
        scopes: row.scopes.parse::<Scopes>().map(|all| all.iter().collect()).unwrap_or_default(),
        jwks: row.jwks.and_then(|text| serde_json::from_str(&text).ok()),
        secrets: secrets.remove(&row.client_id).unwrap_or_default(),
        created_at: row.created_at.into(),
        created_by: row.created_by,
        updated_at: row.updated_at.into(),
        disabled_at: moment(row.disabled_at),
        tokens_from_at: moment(row.tokens_from_at),
    };
    Ok(rows.into_iter().map(body).collect())
}
