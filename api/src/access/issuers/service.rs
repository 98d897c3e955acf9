//! Use cases of issuers.

use super::{
    address,
    v1::{IssuerBody, IssuerBrief, IssuerInput, IssuerSeen, SubjectKind},
};
use crate::{
    access::{changed, key_set::KeySet, not_found},
    audit::{Author, Recording},
    auth::CallerKind,
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
use serde_json::Value;
use store::{
    Db,
    access::{
        IssuersOf, TokenIssuer, find_issuer, find_issuer_by_iss, hold_access, insert_issuer, list_issuers,
        update_issuer,
    },
};
use ureq::http::Uri;

/// Those that the caller may see: an officer gives grants to officials of such as are not disabled, and needs no others.
pub(super) async fn list(state: &Data<AppState>, caller: CallerKind, page: Page) -> Result<Paged<IssuerSeen>, Problem> {
    let after = page.after::<IssuerId>()?;
    let which = if caller == CallerKind::Officer { IssuersOf::Officials } else { IssuersOf::All };
    let read = move |db: &mut Db| {
        let rows = list_issuers(db, which, after, page.fetch())?;
        Ok(Paged::new(&page, rows, |last| last.issuer_id).map(|row| seen(row, caller)))
    };
    state.store.read(read).await
}

pub(super) async fn find(state: &Data<AppState>, caller: CallerKind, id: IssuerId) -> Result<IssuerSeen, Problem> {
    let shown = move |row: &TokenIssuer| caller != CallerKind::Officer || takes_grants(row);
    let find = move |db: &mut Db| find_issuer(db, id)?.filter(shown).ok_or_else(not_found);
    state.store.read(find).await.map(|row| seen(row, caller))
}

/// Whether somebody can be given a grant as an official of it.
pub(in crate::access) fn takes_grants(row: &TokenIssuer) -> bool {
    row.names_officials && row.disabled_at.is_none()
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
        well_said(faults, input);
        Ok(Some((input, Read::of(input, state, faults))))
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
        jwks_due_at: read.jwks_uri.is_some().then_some(now),
        jwks_uri: read.jwks_uri,
        jwks_fetched_at: None,
        jwks_failed_at: None,
        jwks_failure: None,
        jwks_failures: 0,
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

/// What a token may say in `iss` and `aud` (RFC 7519 2): an address where there is a colon in it, else a name; never with a blank, which
/// nobody sees and no token would have.
fn is_string_or_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return !text.chars().any(char::is_whitespace) };
    let of_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(of_scheme);
    let by_web = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https");
    let host = |uri: Uri| uri.host().is_some_and(|host| !host.is_empty());
    named
        && !rest.is_empty()
        && rest.bytes().all(|byte| byte.is_ascii_graphic())
        && (!by_web || text.parse().is_ok_and(host))
}

fn well_said(faults: &mut Faults<'_>, input: &IssuerInput) {
    for (pointer, text) in [("/iss", &input.iss), ("/audience", &input.audience)] {
        if !is_string_or_uri(text) && !faults.tell_of(pointer) {
            let zh = "应为网址（URI），或不含空白和冒号的名称";
            let words = Text::new(zh, "must be an address (URI), or a name without blanks and colons");
            faults.add(pointer, "not_a_uri_or_name", words);
        }
    }
    for index in repeated(&input.subjects) {
        faults.twice(&format!("/subjects/{index}"));
    }
    for index in repeated(&input.algorithms) {
        faults.twice(&format!("/algorithms/{index}"));
    }
}

/// Where a list says something again.
fn repeated<T: PartialEq>(all: &[T]) -> impl Iterator<Item = usize> + '_ {
    (0..all.len()).filter(|index| all.iter().take(*index).any(|before| Some(before) == all.get(*index)))
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
    let (now, shared) = (state.clock.now(), state.clone());
    let write = move |db: &mut Recording<'_>| {
        hold_access(db)?;
        let mut row = input.after(find_issuer(db, id)?.ok_or_else(not_found))?;
        db.before(&body(row.clone()));
        let (input, read) = input.judged(|input, faults| {
            if row.iss != input.iss {
                faults.add("/iss", "immutable", Text::new("登记后不可变更", "it stays as it was registered"));
            }
            well_said(faults, input);
            Ok(Some((input, Read::of(input, &shared, faults))))
        })?;
        (row.name, row.audience) = (input.name.trim().to_owned(), input.audience.clone());
        row.names_learners = input.subjects.contains(&SubjectKind::Learner);
        row.names_officials = input.subjects.contains(&SubjectKind::Official);
        row.longest_token_seconds = input.longest_token_seconds;
        if row.jwks_uri.is_none() || row.jwks_uri != read.jwks_uri {
            // What was fetched from another address counts no more.
            (row.jwks, row.jwks_fetched_at) = (read.jwks, None);
            (row.jwks_failed_at, row.jwks_failure, row.jwks_failures) = (None, None, 0);
        }
        row.jwks_due_at = read.jwks_uri.is_some().then_some(now);
        (row.algorithms, row.jwks_uri, row.updated_at) = (read.algorithms, read.jwks_uri, now);
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
        let before = body(row.clone());
        if row.disabled_at.is_some() == disabled {
            return Ok(db.unchanged("token_issuer", id, before));
        }
        db.before(&before);
        (row.disabled_at, row.updated_at) = (disabled.then_some(now), now);
        update_issuer(db, &row)?;
        Ok(db.after("token_issuer", id, body(row)))
    };
    changed(state, state.write(author, write).await)
}

/// Keys and algorithms as they are kept.
#[derive(Debug, Default)]
struct Read {
    jwks: Option<String>,
    jwks_uri: Option<String>,
    algorithms: String,
}

impl Read {
    fn of(input: &IssuerInput, state: &AppState, faults: &mut Faults<'_>) -> Self {
        let (mut jwks, mut jwks_uri) = (None, None);
        match (&input.jwks, &input.jwks_uri) {
            (Some(set), None) => jwks = given(input, set, faults),
            (None, Some(address)) => jwks_uri = registrable(address, state, faults),
            (Some(_), Some(_)) => {
                let words = Text::new("公钥集与其地址只可给出一项", "keys are given or fetched, not both");
                faults.add("/jwks_uri", "not_both", words);
            }
            (None, None) => {
                let words = Text::new("须给出公钥集或其地址（jwks_uri）", "must be given, or its address (jwks_uri)");
                faults.add("/jwks", "missing", words);
            }
        }
        let mut allowed: Vec<SigningAlgorithm> = input.algorithms.clone();
        allowed.sort_unstable();
        let allowed: Vec<&str> = allowed.iter().map(|algorithm| algorithm.as_str()).collect();
        Self { jwks, jwks_uri, algorithms: allowed.join(" ") }
    }
}

/// Keys that are given, as they are kept.
fn given(input: &IssuerInput, set: &Value, faults: &mut Faults<'_>) -> Option<String> {
    let (keys, jwks) = match KeySet::read(set, "/jwks") {
        Ok(read) => read,
        Err(found) => {
            faults.extend(found);
            return None;
        }
    };
    if let Some(unlisted) = keys.algorithms().find(|algorithm| !input.algorithms.contains(algorithm)) {
        let zh = format!("有签名算法为 {unlisted} 的公钥，但未允许该算法");
        let en = format!("there is a key for {unlisted}, which is not allowed here");
        faults.add("/algorithms", "key_not_allowed", Text::new(zh, en));
    }
    Some(jwks)
}

/// An address from which keys can be fetched.
fn registrable(address: &str, state: &AppState, faults: &mut Faults<'_>) -> Option<String> {
    if let Some((code, words)) = address::fault(address, &state.key_source.private_hosts) {
        faults.add("/jwks_uri", code, words);
    } else if !state.key_source.is_ready() {
        let words = Text::new(
            "服务没有可信的根证书，无法由地址取得公钥；请运维人员设置 --jwks-ca-file",
            "the service knows no root certificates, so it can fetch no keys; the operator must set --jwks-ca-file",
        );
        faults.add("/jwks_uri", "no_certificates", words);
    }
    Some(address.to_owned())
}

/// An issuer as far as a caller of this kind may see it.
fn seen(row: TokenIssuer, caller: CallerKind) -> IssuerSeen {
    let whole = body(row);
    if caller != CallerKind::Officer {
        return IssuerSeen::Whole(Box::new(whole));
    }
    let IssuerBody { issuer_id, iss, name, subjects, .. } = whole;
    IssuerSeen::Brief(IssuerBrief { issuer_id, iss, name, subjects })
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
        jwks: row.jwks.and_then(|text| serde_json::from_str(&text).ok()),
        jwks_uri: row.jwks_uri,
        jwks_fetched_at: row.jwks_fetched_at.map(Into::into),
        jwks_failed_at: row.jwks_failed_at.map(Into::into),
        jwks_failure: row.jwks_failure,
        longest_token_seconds: row.longest_token_seconds,
        created_at: row.created_at.into(),
        created_by: row.created_by,
        updated_at: row.updated_at.into(),
        disabled_at: row.disabled_at.map(Into::into),
    }
}
