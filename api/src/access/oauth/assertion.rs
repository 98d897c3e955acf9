//! Signed assertions by which a client proves who it is (RFC 7523 3, `private_key_jwt`).

use crate::{
    access::{
        book::{AccessBook, KnownClient},
        foreign::Audience,
        key_set::KeySet,
    },
    auth::{Unreadable, seconds, some_seconds, within},
};
use domain::{
    access::SigningAlgorithm,
    kernel::{ClientId, Words},
};
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

/// How far ahead an assertion may expire: so long its `jti` is kept.
const LONGEST_LIFE: Duration = Duration::minutes(5);

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(deserialize_with = "seconds")]
    exp: i64,
    jti: String,
    #[serde(default, deserialize_with = "some_seconds")]
    nbf: Option<i64>,
    #[serde(default, deserialize_with = "some_seconds")]
    iat: Option<i64>,
}

/// Only to find the client whose keys are to verify the rest.
#[derive(Deserialize)]
struct Subject {
    sub: String,
}

/// What an assertion may say that it is: no token of access, and nothing else that the same key may have signed.
const TYPES: &[&str] = &["JWT", "client-authentication+jwt"];

/// What the log says of one whose client is not registered.
const NO_CLIENT: &str = "assertion not accepted: no client has the id that is its sub";

/// An assertion that holds, but for having been used before.
pub(super) struct Holds<'a> {
    pub(super) client: &'a KnownClient,
    pub(super) jti: String,
    pub(super) expires_at: OffsetDateTime,
}

/// The client that an assertion says it is from.
pub(super) fn says(token: &str) -> Option<ClientId> {
    let claims: Subject = jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
    claims.sub.parse().ok()
}

/// The client whose assertion this is. Unknown clients and wrong signatures take the same path.
///
/// # Errors
/// Everything for which it is not accepted, for the log, with nothing of it.
pub(super) fn verify<'a>(
    book: &'a AccessBook,
    named: Option<ClientId>,
    token: &str,
    audiences: &[String],
    now: OffsetDateTime,
) -> Result<Holds<'a>, String> {
    let (client, no_keys) = (named.and_then(|id| book.client(id)), KeySet::default());
    let keys = client.map_or(&no_keys, |client| &client.keys);
    let claims: Claims = keys.claims(token, TYPES, SigningAlgorithm::ALL).map_err(|why| match client {
        // Then there is no key of any kid.
        None if why == Unreadable::UnknownKey => NO_CLIENT.to_owned(),
        _ => why.cause(),
    })?;
    let client = client.ok_or(NO_CLIENT)?;
    let own = client.id.to_string();
    // It may still be sent in the very second in which it expires. Of the last moments of time, no second is the next.
    let until = OffsetDateTime::from_unix_timestamp(claims.exp).ok();
    let expires_at = until.and_then(|until| until.checked_add(crate::auth::LEEWAY + Duration::SECOND));
    let longest = (now + LONGEST_LIFE + crate::auth::LEEWAY).unix_timestamp();
    let fits = [
        (claims.iss == own && claims.sub == own, "its iss or sub is not the client's id"),
        (audiences.iter().any(|it| claims.aud.names(it)), "its aud is neither the service nor its token endpoint"),
        (
            within(claims.nbf.max(claims.iat).unwrap_or(i64::MIN), claims.exp, now).is_ok(),
            "it expired, or begins later",
        ),
        (claims.exp <= longest && expires_at.is_some(), "it expires more than five minutes ahead"),
        (
            (1..=200).contains(&claims.jti.len()) && !claims.jti.chars().any(char::is_control),
            "its jti is not of 1 to 200 bytes without control characters",
        ),
    ];
    let why: Vec<&str> = fits.into_iter().filter(|(fits, _)| !fits).map(|(_, why)| why).collect();
    match expires_at {
        Some(expires_at) if why.is_empty() => Ok(Holds { client, jti: claims.jti, expires_at }),
        _ => Err(format!("assertion not accepted: {}", why.join("; "))),
    }
}
