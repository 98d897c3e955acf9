//! What the fuzzers drive (`tests/fuzz`), and `cargo test` replays their corpora through: each takes any bytes, and panics when
//! something does not hold that always should. Not part of what the crate offers.

#![expect(clippy::panic, reason = "a panic is how a fuzzer learns that something does not hold")]

use crate::{
    access::names_a_learner,
    auth::{CallerKind, LEEWAY, Session, Subject, Tokens},
    completions::read_one,
    extract::{Document, Line, Lines, Sheet, read_items},
    keys::DataKeys,
    problem::{FieldError, Problem},
    roll,
    text::Language,
};
use actix_web::{dev::Payload, http::header::HeaderMap, web::Bytes};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    kernel::{Document as IdentityDocument, DocumentKind, PersonName, Words},
    roll::RollKind,
};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use futures_util::{FutureExt, stream};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::sync::LazyLock;
use time::{Date, Duration, OffsetDateTime, macros::datetime};

static KEYS: LazyLock<DataKeys> = LazyLock::new(|| DataKeys::ephemeral().unwrap_or_else(|error| panic!("{error}")));
static TOKENS: LazyLock<Tokens> =
    LazyLock::new(|| Tokens::ephemeral("issuer", "audience").unwrap_or_else(|error| panic!("{error}")));

const NOW: OffsetDateTime = datetime!(2021-06-15 12:00 +08:00);

/// At most so many faults are named of one body, and of one item.
const MOST: (usize, usize) = (501, 21);

fn today() -> Date {
    NOW.date()
}

/// A problem is told in both languages, names a bounded number of faults, and names each by a pointer.
fn told(problem: &Problem) {
    for language in [Language::Chinese, Language::English] {
        let body = problem.to_value(language);
        assert!(body["detail"].is_string() || body["title"].is_string(), "{body}");
        let errors = body["errors"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(errors.len() <= MOST.0, "{} faults", errors.len());
        assert!(errors.iter().all(|fault| fault["pointer"].is_string() && fault["code"].is_string()), "{body}");
    }
}

/// A JSON body of many items, and each item in it.
pub fn batch_body(bytes: &[u8]) {
    match read_items(bytes) {
        Ok(items) => items.iter().take(100).for_each(item),
        Err(problem) => told(&problem),
    }
}

fn item(document: &Document) {
    let faults = read_one(&KEYS, today(), document);
    assert!(faults.len() <= MOST.1, "{} faults", faults.len());
}

/// A body of lines, however it is cut into packets: the first byte says how. Whatever the cuts, the lines are the same.
pub fn lines(bytes: &[u8]) {
    let Some((cut, body)) = bytes.split_first() else { return };
    let packets = body.chunks(usize::from(*cut) + 1).map(Bytes::copy_from_slice).collect::<Vec<_>>();
    let (cut_up, whole) =
        (read_lines(packets, usize::from(*cut % 7) + 1), read_lines(vec![Bytes::copy_from_slice(body)], 1000));
    assert_eq!(cut_up, whole);
    for (_, content) in whole {
        if let Some(document) = content.and_then(|content| serde_json::from_slice(&content).ok()) {
            item(&document);
        }
    }
}

fn read_lines(packets: Vec<Bytes>, most: usize) -> Vec<(u32, Option<Bytes>)> {
    let body = stream::iter(packets.into_iter().map(Ok));
    let mut lines = Lines::new(&HeaderMap::new(), Payload::Stream { payload: Box::pin(body) });
    let mut all = Vec::new();
    while let Some(Ok(Some(chunk))) = lines.read_chunk(most).now_or_never() {
        all.extend(chunk.into_iter().map(|line| (line.number, line.content)));
    }
    all
}

/// A table of people for a roll, after a byte that says for which kind: of each row that is read, every cell with something in it
/// stands in the item, and each item is judged.
pub fn table(bytes: &[u8]) {
    let Some((kind, body)) = bytes.split_first() else { return };
    let kind = if kind % 2 == 0 { RollKind::PastYears } else { RollKind::Exemption };
    let mut lines = read_lines(vec![Bytes::copy_from_slice(body)], 1000).into_iter();
    let Some((number, content)) = lines.next() else { return };
    let sheet = match Sheet::open(&Line { number, content }, roll::HEADINGS) {
        Ok(sheet) => sheet,
        Err(faults) => return pointed(&faults, usize::MAX),
    };
    for (number, content) in lines {
        let line = Line { number, content };
        let Some(row) = sheet.row(&line) else { continue };
        match row.read {
            Ok(document) => {
                let lost = row.unread.iter().any(|fault| fault.code == "too_many_cells");
                assert!(lost || said(&document.value) == filled(&line), "{}", document.value);
                let refused = !row.unread.is_empty();
                let faults = roll::read_one(&KEYS, kind, today(), (&document, row.unread));
                assert!(!refused || !faults.is_empty(), "taken in spite of a cell that cannot be read");
                pointed(&faults, MOST.1);
            }
            Err(faults) => pointed(&faults, sheet.width() + 1),
        }
    }
}

/// Faults have codes, places that are pointers, and are so many at most.
fn pointed(faults: &[FieldError], most: usize) {
    assert!(!faults.is_empty() || most == MOST.1, "refused without a word");
    assert!(faults.len() <= most, "{} faults", faults.len());
    assert!(faults.iter().all(|fault| fault.pointer.is_empty() || fault.pointer.starts_with('/')));
    assert!(faults.iter().all(|fault| !fault.code.is_empty()));
}

/// How much an item says: each amount of hours is one thing.
fn said(item: &Value) -> usize {
    let fields = item.as_object().map_or(0, serde_json::Map::len);
    item["hours"].as_array().map_or(fields, |hours| fields - 1 + hours.len())
}

/// How many cells of a row have something in them, by a reader that knows no columns.
fn filled(line: &Line) -> usize {
    let content = line.content.as_deref().unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content);
    let mut record = csv::ByteRecord::new();
    let mut filled = 0;
    while reader.read_byte_record(&mut record).unwrap_or_else(|error| panic!("{error}")) {
        filled += record.iter().filter(|cell| !String::from_utf8_lossy(cell).trim().is_empty()).count();
    }
    filled
}

/// A token as it comes, or, after a zero byte, claims that are signed with the service's own key: what anyone may send, and what a
/// mistake of the service itself would look like.
pub fn token(bytes: &[u8]) {
    let Some(session) = verified(bytes) else { return };
    let Some((0, claims)) = bytes.split_first() else { panic!("a token was taken that nobody signed") };
    let claims: Value = serde_json::from_slice(claims).unwrap_or_default();
    let (from, until) = (claims["nbf"].as_i64(), claims["exp"].as_i64());
    let (now, leeway) = (NOW.unix_timestamp(), LEEWAY.whole_seconds());
    assert!(until.is_some_and(|until| until.saturating_add(leeway) >= now), "{claims}");
    assert!(from.is_some_and(|from| from.saturating_sub(leeway) <= now), "{claims}");
    assert_eq!((&claims["iss"], &claims["aud"]), (&"issuer".into(), &"audience".into()), "{claims}");
    assert_eq!(session.caller.kind().as_str(), claims["kind"].as_str().unwrap_or_default(), "{claims}");
}

/// The issuer whose tokens [`foreign_token`] reads, and the key that signs for it.
struct Portal {
    jwks: Value,
    key: EncodingKey,
}

static PORTAL: LazyLock<Portal> = LazyLock::new(|| {
    let key = SigningKey::from_bytes(&[7; 32]);
    let der = key.to_pkcs8_der().unwrap_or_else(|error| panic!("{error}"));
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().to_bytes());
    let jwks = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": x }] });
    Portal { jwks, key: EncodingKey::from_ed_der(der.as_bytes()) }
});

/// How long tokens of that issuer may hold.
const LONGEST: Duration = Duration::HOUR;

/// A token of another system as it comes, or, after a zero byte, claims that are signed with that system's key: what anyone may send,
/// and what a careless portal would sign.
pub fn foreign_token(bytes: &[u8]) {
    let Some(names_a_learner) = foreign(bytes) else { return };
    let Some((0, claims)) = bytes.split_first() else { panic!("a token was taken that nobody signed") };
    let claims: Value = serde_json::from_slice(claims).unwrap_or_default();
    let (now, leeway) = (NOW.unix_timestamp(), LEEWAY.whole_seconds());
    let until = claims["exp"].as_i64().unwrap_or_else(|| panic!("without an end: {claims}"));
    assert!(until.saturating_add(leeway) >= now, "{claims}");
    assert!(until <= now + LONGEST.whole_seconds() + leeway, "{claims}");
    assert!(claims["nbf"].as_i64().is_none_or(|from| from.saturating_sub(leeway) <= now), "{claims}");
    let audience = claims["aud"].as_array().map_or_else(|| vec![&claims["aud"]], |all| all.iter().collect());
    assert!(claims["iss"] == "portal" && audience.iter().any(|one| *one == "audience"), "{claims}");
    // Nobody is named in two ways, and by a number only with a name.
    let (id, number) = (&claims["learner_id"], &claims["document_number"]);
    assert_eq!(names_a_learner, !id.is_null() || !number.is_null(), "{claims}");
    assert!(id.is_null() || number.is_null(), "{claims}");
    assert!(number.is_null() || claims["name"].is_string(), "{claims}");
}

fn foreign(bytes: &[u8]) -> Option<bool> {
    let Portal { jwks, key } = &*PORTAL;
    let token = match bytes.split_first() {
        Some((0, claims)) => {
            let mut header = Header::new(Algorithm::EdDSA);
            header.kid = Some("ed".to_owned());
            jsonwebtoken::encode(&header, &serde_json::from_slice::<Value>(claims).ok()?, key).ok()?
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    names_a_learner(jwks, ("portal", "audience"), (LONGEST, NOW), &token)
}

/// Whether the foreign token that these bytes stand for is taken.
#[must_use]
pub fn is_taken_from_a_portal(bytes: &[u8]) -> bool {
    foreign(bytes).is_some()
}

/// Whether the token that these bytes stand for is taken.
#[must_use]
pub fn is_taken(bytes: &[u8]) -> bool {
    verified(bytes).is_some()
}

fn verified(bytes: &[u8]) -> Option<Session> {
    let token = match bytes.split_first() {
        Some((0, claims)) => TOKENS.sign_as_it_is(&serde_json::from_slice::<Value>(claims).ok()?, NOW).ok()?,
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    TOKENS.verify(&token, NOW).ok()
}

/// An identity document's number of each kind, and a name.
pub fn identity_number(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for kind in DocumentKind::ALL {
        let Ok(document) = IdentityDocument::parse(*kind, &text, today()) else { continue };
        let again = IdentityDocument::parse(*kind, document.number(), today());
        assert_eq!(again.as_ref().map(IdentityDocument::number), Ok(document.number()), "normal form is stable");
        let mask = document.masked();
        assert!(mask.contains('*') && !mask.contains(document.number()), "{mask} of {}", document.number());
    }
    if let Ok(name) = PersonName::parse(&text) {
        let normal = name.normalised();
        let again = PersonName::parse(&normal).map(|name| name.normalised());
        assert!(again.is_ok_and(|again| again == normal), "normal form is stable: {normal:?}");
    }
}

/// A rule file.
pub fn rule_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(faults) = domain::policy::Rules::parse(&text) {
        assert!(!faults.is_empty() && faults.len() <= MOST.0, "{} faults", faults.len());
        let lines = text.lines().count() + 1;
        for fault in &faults {
            assert!((1..=lines).contains(&fault.at.line) && fault.at.column >= 1, "{fault:?} in {lines} lines");
        }
    }
}

/// A subject whose token holds, for a first corpus.
#[must_use]
pub fn good_claims() -> Vec<u8> {
    let subject = Subject::of(CallerKind::SystemAdministrator, "li", None);
    let token = TOKENS.mint(&subject, NOW, time::Duration::HOUR).unwrap_or_default();
    let payload = token.split('.').nth(1).unwrap_or_default();
    let claims = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    [&[0], claims.as_slice()].concat()
}
