//! Signed assertions by which a client proves who it is (RFC 7523 3, `private_key_jwt`).

use crate::{
    access::{
        book::{AccessBook, KnownClient},
        foreign::Audience,
        key_set::KeySet,
    },
    auth::within,
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
    exp: i64,
    jti: String,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
}

/// Only to find the client whose keys are to verify the rest.
#[derive(Deserialize)]
struct Subject {
    sub: String,
}

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
pub(super) fn verify<'a>(
    book: &'a AccessBook,
    named: Option<ClientId>,
    token: &str,
    audiences: &[String],
    now: OffsetDateTime,
) -> Option<Holds<'a>> {
    let (client, no_keys) = (named.and_then(|id| book.client(id)), KeySet::default());
    let keys = client.map_or(&no_keys, |client| &client.keys);
    let claims: Claims = keys.claims(token, SigningAlgorithm::ALL)?;
    let client = client?;
    let own = client.id.to_string();
    let fits = claims.iss == own
        && claims.sub == own
        && audiences.iter().any(|audience| claims.aud.names(audience))
        && within(claims.nbf.or(claims.iat).unwrap_or(i64::MIN), claims.exp, now).is_ok()
        && claims.exp <= (now + LONGEST_LIFE + crate::auth::LEEWAY).unix_timestamp()
        && (1..=200).contains(&claims.jti.len())
        && !claims.jti.chars().any(char::is_control);
    // It may still be sent in the very second in which it expires. Of the last moments of time, no second is the next.
    let until = OffsetDateTime::from_unix_timestamp(claims.exp).ok()?;
    let expires_at = until.checked_add(crate::auth::LEEWAY + Duration::SECOND)?;
    fits.then_some(Holds { client, jti: claims.jti, expires_at })
}
