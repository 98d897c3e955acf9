//! Public keys of other systems (JWK sets, RFC 7517) and what they verify.
//!
//! Each key is good for exactly one algorithm, which follows from the key and not from the token: RSA signs RS256, P-256 signs
//! ES256, Ed25519 signs `EdDSA`. A token must name its key by `kid`; keys or addresses of keys that it brings along (`jwk`,
//! `jku`, `x5c`, `x5u`) are never looked at, and critical extensions (`crit`) are not understood, so refused.

use super::fault;
use crate::{problem::FieldError, text::Text};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{access::SigningAlgorithm, kernel::Words};
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The longest token of another system that is looked at.
const LONGEST: usize = 8192;

/// How many keys a set may have.
const MOST_KEYS: usize = 20;

/// Public keys, found by their ids.
#[derive(Debug, Default)]
pub(super) struct KeySet(Vec<PublicKey>);

#[derive(Debug)]
struct PublicKey {
    id: String,
    algorithm: SigningAlgorithm,
    key: DecodingKey,
}

impl KeySet {
    /// Reads a JWK set; answers the keys and the set as it is kept: what is understood of it, and nothing private.
    pub(super) fn read(set: &Value, pointer: &str) -> Result<(Self, String), Vec<FieldError>> {
        let keys = set.get("keys").and_then(Value::as_array).filter(|keys| (1..=MOST_KEYS).contains(&keys.len()));
        let Some(keys) = keys else {
            let (zh, en) = ("应为含 1 至 20 个公钥的 JWK Set", "must be a JWK set of 1 to 20 public keys");
            return Err(vec![fault(pointer, "not_a_key_set", zh, en)]);
        };
        let (mut found, mut kept, mut faults) = (Vec::<PublicKey>::new(), Vec::new(), Vec::new());
        for (index, jwk) in keys.iter().enumerate() {
            match read_key(jwk) {
                Ok((key, _)) if found.iter().any(|other| other.id == key.id) => {
                    faults.push(fault(&format!("{pointer}/keys/{index}/kid"), "duplicate", "重复", "said twice"));
                }
                Ok((key, text)) => {
                    found.push(key);
                    kept.push(text);
                }
                Err((zh, en)) => {
                    faults.push(FieldError::new(format!("{pointer}/keys/{index}"), "unusable_key", Text::new(zh, en)))
                }
            }
        }
        if faults.is_empty() { Ok((Self(found), serde_json::json!({ "keys": kept }).to_string())) } else { Err(faults) }
    }

    /// The keys as they were kept.
    pub(super) fn stored(text: &str) -> Option<Self> {
        let set = serde_json::from_str(text).ok()?;
        Self::read(&set, "").ok().map(|(keys, _)| keys)
    }

    /// Whether a key of a set, as it was kept, is gone from another.
    pub(super) fn lost(before: Option<&str>, after: Option<&str>) -> bool {
        let keys = |set: Option<&str>| -> Vec<Value> {
            let mut set: Value = set.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            set.get_mut("keys").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
        };
        let after = keys(after);
        keys(before).iter().any(|key| !after.contains(key))
    }

    /// The algorithms of the keys.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = SigningAlgorithm> + '_ {
        self.0.iter().map(|key| key.algorithm)
    }

    /// What a token claims, if one of these keys signed it by one of the allowed algorithms. Nothing of the claims is judged.
    pub(super) fn claims<T: DeserializeOwned>(&self, token: &str, allowed: &[SigningAlgorithm]) -> Option<T> {
        if token.len() > LONGEST {
            return None;
        }
        // `none` is no algorithm that the library can name, so such a header does not read.
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.crit.is_some() {
            return None;
        }
        let known = header.kid.as_deref().and_then(|id| self.0.iter().find(|key| key.id == id));
        let known = known.filter(|key| header.alg == in_library(key.algorithm) && allowed.contains(&key.algorithm));
        let Some(key) = known else {
            verify_in_vain(token, header.alg);
            return None;
        };
        Some(jsonwebtoken::decode::<T>(token, &key.key, &signature_only(header.alg)).ok()?.claims)
    }
}

/// Takes the time of a verification, so that an unknown client or key does not answer sooner than a wrong signature.
pub(super) fn verify_in_vain(token: &str, algorithm: Algorithm) {
    let key = match algorithm {
        Algorithm::ES256 => DecodingKey::from_ec_components(P256_X, P256_Y),
        Algorithm::RS256 => Ok(DecodingKey::from_rsa_raw_components(&[0xc5; 256], &[1, 0, 1])),
        Algorithm::EdDSA => Ok(DecodingKey::from_ed_der(&ED25519_BASE)),
        _ => return,
    };
    if let Ok(key) = key {
        let _ = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &signature_only(algorithm));
    }
}

/// The base points of the curves: keys that verify nothing anyone could sign.
const P256_X: &str = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY";
const P256_Y: &str = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
const ED25519_BASE: [u8; 32] = {
    let mut bytes = [0x66; 32];
    bytes[0] = 0x58;
    bytes
};

fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    validation
}

const fn in_library(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::Es256 => Algorithm::ES256,
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

/// Why a key cannot be used, in both languages.
type Reason = (&'static str, &'static str);

/// One key, and what is kept of it.
fn read_key(jwk: &Value) -> Result<(PublicKey, Value), Reason> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default();
    if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|name| jwk.get(name).is_some()) {
        return Err((
            "含有私钥或对称密钥；该密钥已泄露，请更换",
            "it holds a private or symmetric key, which is disclosed now: make another",
        ));
    }
    if jwk.get("use").is_some() && text("use") != "sig" {
        return Err(("use 应为 sig", "use must be sig"));
    }
    let id = text("kid");
    if id.is_empty() || id.len() > 200 || id.chars().any(char::is_control) {
        return Err(("应有 1 至 200 个字符的 kid", "it must have a kid of 1 to 200 characters"));
    }
    let (algorithm, names, key) = match (text("kty"), text("crv")) {
        ("RSA", _) => (SigningAlgorithm::Rs256, &["n", "e"][..], rsa(text("n"), text("e"))?),
        ("EC", "P-256") => (SigningAlgorithm::Es256, &["crv", "x", "y"][..], p256(text("x"), text("y"))?),
        ("OKP", "Ed25519") => (SigningAlgorithm::EdDsa, &["crv", "x"][..], ed25519(text("x"))?),
        _ => {
            return Err((
                "应为 RSA、EC P-256 或 OKP Ed25519 公钥",
                "it must be a public key RSA, EC P-256 or OKP Ed25519",
            ));
        }
    };
    if jwk.get("alg").is_some() && text("alg") != algorithm.as_str() {
        return Err(("alg 与密钥类型不符", "alg does not fit the key"));
    }
    let kept = names.iter().chain(&["kty", "kid"]).map(|name| ((*name).to_owned(), text(name).into()));
    let mut kept: Map<String, Value> = kept.collect();
    kept.insert("alg".into(), algorithm.as_str().into());
    kept.insert("use".into(), "sig".into());
    Ok((PublicKey { id: id.to_owned(), algorithm, key }, kept.into()))
}

fn rsa(n: &str, e: &str) -> Result<DecodingKey, Reason> {
    let words = (
        "应为 2048 至 4096 位、指数 65537 的 RSA 公钥",
        "it must be an RSA key of 2048 to 4096 bits with exponent 65537",
    );
    let modulus = URL_SAFE_NO_PAD.decode(n).map_err(|_| words)?;
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    let odd = modulus.last().is_some_and(|last| last % 2 == 1);
    if !(2048..=4096).contains(&bits) || !odd || e != "AQAB" {
        return Err(words);
    }
    Ok(DecodingKey::from_rsa_raw_components(&modulus, &[1, 0, 1]))
}

fn p256(x: &str, y: &str) -> Result<DecodingKey, Reason> {
    let words = ("不是 P-256 曲线上的点", "it is not a point of P-256");
    let whole = [x, y].iter().all(|part| URL_SAFE_NO_PAD.decode(part).is_ok_and(|bytes| bytes.len() == 32));
    let key = DecodingKey::from_ec_components(x, y).map_err(|_| words)?;
    // The library looks at the point when it is asked to verify something, whatever that is.
    let on_curve = whole && jsonwebtoken::crypto::verify("", b"", &key, Algorithm::ES256).is_ok();
    if on_curve { Ok(key) } else { Err(words) }
}

fn ed25519(x: &str) -> Result<DecodingKey, Reason> {
    let words = ("不是可用的 Ed25519 公钥", "it is not a usable Ed25519 key");
    let bytes = URL_SAFE_NO_PAD.decode(x).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).ok_or(words)?;
    let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak()).ok_or(words)?;
    Ok(DecodingKey::from_ed_der(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ed() -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": URL_SAFE_NO_PAD.encode(ED25519_BASE) })
    }

    fn with(change: impl Fn(&mut Value)) -> Value {
        let mut key = ed();
        change(&mut key);
        json!({ "keys": [key] })
    }

    #[test]
    fn a_set_is_kept_without_what_is_not_understood() {
        let set = with(|key| key["x5u"] = "https://elsewhere.example/".into());
        let (keys, kept) = KeySet::read(&set, "/jwks").unwrap();
        assert!(!kept.contains("x5u") && kept.contains("EdDSA"), "{kept}");
        assert_eq!(keys.algorithms().collect::<Vec<_>>(), [SigningAlgorithm::EdDsa]);
        assert!(KeySet::stored(&kept).is_some());
        let point = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "b", "x": P256_X, "y": P256_Y }] });
        assert!(KeySet::read(&point, "").is_ok());
    }

    #[test]
    fn keys_that_could_be_misused_are_refused() {
        let small = URL_SAFE_NO_PAD.encode([0xc5; 128]);
        for set in [
            json!({}),
            json!({ "keys": [] }),
            json!({ "keys": [ed(), ed()] }),
            with(|key| key["d"] = "AA".into()),
            with(|key| key["kid"] = "".into()),
            with(|key| key["use"] = "enc".into()),
            with(|key| key["alg"] = "HS256".into()),
            with(|key| key["x"] = URL_SAFE_NO_PAD.encode([0; 32]).into()),
            with(|key| key["x"] = "AA".into()),
            json!({ "keys": [{ "kty": "oct", "kid": "a", "k": "AAAA" }] }),
            json!({ "keys": [{ "kty": "RSA", "kid": "a", "n": small, "e": "AQAB" }] }),
            json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "b", "x": P256_X, "y": P256_X }] }),
            json!({ "keys": [{ "kty": "EC", "crv": "P-384", "kid": "b", "x": P256_X, "y": P256_Y }] }),
        ] {
            assert!(KeySet::read(&set, "/jwks").is_err(), "{set}");
        }
    }
}
