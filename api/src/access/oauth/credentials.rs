//! What a client shows for itself: `client_secret_basic`, `client_secret_post` or `private_key_jwt`, and only one of them.

use super::failure::Failure;
use crate::extract::Form;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// What stands in `client_assertion_type` (RFC 7523 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The fields of a token request.
pub(super) struct Asked {
    fields: HashMap<String, String>,
}

/// Who the client says it is, and how it proves that.
pub(super) enum Presented {
    Secret { client: String, secret: Zeroizing<String> },
    Assertion { client: Option<String>, token: String },
}

impl Asked {
    /// Takes the fields. One that stands twice is refused, an empty one counts as not said (RFC 6749 3.2).
    pub(super) fn of(Form(pairs): Form) -> Result<Self, Failure> {
        let mut fields = HashMap::new();
        for (name, value) in pairs {
            if fields.contains_key(&name) {
                return Err(Failure::InvalidRequest("a parameter is said twice"));
            }
            fields.insert(name, value);
        }
        fields.retain(|_, value| !value.is_empty());
        Ok(Self { fields })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// How the client proves who it is.
    pub(super) fn presented(&self, headers: &HeaderMap) -> Result<Presented, Failure> {
        let client = self.get("client_id").map(str::to_owned);
        let basic = headers.contains_key(AUTHORIZATION);
        match (basic, self.get("client_secret"), self.get("client_assertion")) {
            (true, None, None) => {
                let (named, secret) = of_basic(headers).ok_or(Failure::InvalidClient)?;
                if client.is_some_and(|client| client != named) {
                    return Err(Failure::InvalidRequest("client_id is not that of the Authorization header"));
                }
                Ok(Presented::Secret { client: named, secret })
            }
            (false, Some(secret), None) => {
                let client = client.ok_or(Failure::InvalidRequest("client_id is missing"))?;
                Ok(Presented::Secret { client, secret: Zeroizing::new(secret.to_owned()) })
            }
            (false, None, Some(token)) => {
                if self.get("client_assertion_type") != Some(JWT_BEARER) {
                    return Err(Failure::InvalidRequest("client_assertion_type must be that of RFC 7523"));
                }
                Ok(Presented::Assertion { client, token: token.to_owned() })
            }
            (false, None, None) => Err(Failure::InvalidClient),
            _ => Err(Failure::InvalidRequest("the client must prove itself in one way only")),
        }
    }
}

/// Id and secret of a Basic header; both are form-encoded inside (RFC 6749 2.3.1).
fn of_basic(headers: &HeaderMap) -> Option<(String, Zeroizing<String>)> {
    let mut given = headers.get_all(AUTHORIZATION);
    let (scheme, encoded) = given.next()?.to_str().ok()?.split_once(' ')?;
    if given.next().is_some() || !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = Zeroizing::new(String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?);
    let (client, secret) = text.split_once(':')?;
    let decoded = |part: &str| {
        let mut pairs = form_urlencoded::parse(part.as_bytes());
        pairs.next().map(|(whole, _)| whole.into_owned()).unwrap_or_default()
    };
    Some((decoded(client), Zeroizing::new(decoded(secret))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn a_basic_header_is_decoded_twice() {
        let mut headers = HeaderMap::new();
        let value = format!("basic {}", STANDARD.encode("a%3Ab:c%25+d"));
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&value).unwrap());
        let (client, secret) = of_basic(&headers).unwrap();
        assert_eq!((client.as_str(), secret.as_str()), ("a:b", "c% d"));
        for bad in ["Basic", "Basic !", "Bearer abc", "Basic YWJj"] {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(bad).unwrap());
            assert!(of_basic(&headers).is_none(), "{bad}");
        }
    }
}
