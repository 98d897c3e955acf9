//! Public keys of other systems (JWK sets, RFC 7517) and what they verify.
//!
//! Each key is good for exactly one algorithm, which follows from the key and not from the token: RSA signs RS256, P-256 signs
//! ES256, Ed25519 signs `EdDSA`. A token must name its key by `kid`; keys or addresses of keys that it brings along (`jwk`,
//! `jku`, `x5c`, `x5u`) are never looked at, and critical extensions (`crit`) are not understood, so refused.

use super::fault;
use crate::{auth::Unreadable, problem::FieldError, text::Text};
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

    /// What is kept of a set that was fetched: its keys that fit and are allowed. Others are not understood and ignored, as RFC 7517
    /// asks in section 5; which and why is told in words that hold nothing of them. None when the set discloses a key, or none is left.
    pub(super) fn fetched(set: &Value, allowed: &[SigningAlgorithm]) -> Option<(String, Vec<(usize, &'static str)>)> {
        let keys = set.get("keys")?.as_array()?;
        if keys.iter().any(discloses_a_key) {
            return None;
        }
        let (mut found, mut kept, mut ignored) = (Vec::<PublicKey>::new(), Vec::new(), Vec::new());
        for (index, jwk) in keys.iter().enumerate() {
            match read_key(jwk) {
                Ok(_) if found.len() == MOST_KEYS => ignored.push((index, "there are enough keys before it")),
                Ok((key, _)) if found.iter().any(|other| other.id == key.id) => {
                    ignored.push((index, "a key before it has its kid"));
                }
                Ok((key, _)) if !allowed.contains(&key.algorithm) => {
                    ignored.push((index, "its algorithm is not allowed for this issuer"));
                }
                Ok((key, text)) => {
                    found.push(key);
                    kept.push(text);
                }
                Err((_, en)) => ignored.push((index, en)),
            }
        }
        (!kept.is_empty()).then(|| (serde_json::json!({ "keys": kept }).to_string(), ignored))
    }

    /// The keys as they were kept.
    pub(super) fn stored(text: &str) -> Option<Self> {
        let set = serde_json::from_str(text).ok()?;
        Self::read(&set, "").ok().map(|(keys, _)| keys)
    }

    /// Whether a key of a set, as it was kept, is gone from another.
    pub(super) fn lost(before: Option<&str>, after: Option<&str>) -> bool {
        !missing(before, after).is_empty()
    }

    /// Whether a token names a key that is not among these.
    pub(super) fn lacks_key_of(&self, token: &str) -> bool {
        let header = jsonwebtoken::decode_header(token).ok().filter(|_| token.len() <= LONGEST);
        header.and_then(|header| header.kid).is_some_and(|id| self.0.iter().all(|key| key.id != id))
    }

    /// The algorithms of the keys.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = SigningAlgorithm> + '_ {
        self.0.iter().map(|key| key.algorithm)
    }

    /// What a token claims, if one of these keys signed it by one of the allowed algorithms, and it says that it is of one of these
    /// types, or of none. Nothing of the claims is judged.
    pub(super) fn claims<T: DeserializeOwned>(
        &self,
        token: &str,
        types: &[&str],
        allowed: &[SigningAlgorithm],
    ) -> Result<T, Unreadable> {
        // What anyone can read off the token comes first, whoever signed it.
        if token.len() > LONGEST {
            return Err(Unreadable::TooLong);
        }
        // `none` is no algorithm that the library can name, so such a header does not read.
        let header = jsonwebtoken::decode_header(token).map_err(|_| Unreadable::Form)?;
        if SigningAlgorithm::ALL.iter().all(|known| header.alg != in_library(*known)) {
            return Err(Unreadable::Form);
        }
        if header.crit.is_some() {
            return Err(Unreadable::Critical);
        }
        if !header.typ.as_deref().is_none_or(|typ| is_one_of(types, typ)) {
            return Err(Unreadable::Type);
        }
        let id = header.kid.as_deref().ok_or(Unreadable::NoKeyId)?;
        let known = self.0.iter().find(|key| key.id == id).ok_or(Unreadable::UnknownKey);
        let fits = |key: &&PublicKey| header.alg == in_library(key.algorithm) && allowed.contains(&key.algorithm);
        match known.and_then(|key| Some(key).filter(fits).ok_or(Unreadable::Algorithm)) {
            Ok(key) => {
                let read = jsonwebtoken::decode::<T>(token, &key.key, &signature_only(header.alg));
                read.map(|read| read.claims).map_err(|error| Unreadable::of::<T>(&error, token))
            }
            Err(why) => {
                verify_in_vain(token, header.alg);
                Err(why)
            }
        }
    }
}

/// Whether a media type is one of these, as tokens write it: in any case, and with or without `application/` (RFC 7515 4.1.9).
fn is_one_of(types: &[&str], typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    types.iter().any(|one| one.eq_ignore_ascii_case(typ))
}

/// The ids of the keys that came and of those that went between two sets as they were kept. A key that another one follows under its
/// id has both come and gone.
pub(super) fn came_and_went(before: Option<&str>, after: &str) -> (Vec<String>, Vec<String>) {
    (missing(Some(after), before), missing(before, Some(after)))
}

/// The ids of the keys of one set that are not in the other.
fn missing(of: Option<&str>, other: Option<&str>) -> Vec<String> {
    let keys = |set: Option<&str>| -> Vec<Value> {
        let mut set: Value = set.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        set.get_mut("keys").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
    };
    let other = keys(other);
    let missing = keys(of).into_iter().filter(|key| !other.contains(key));
    missing.filter_map(|key| Some(key.get("kid")?.as_str()?.to_owned())).collect()
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

/// Whether a key is a private or symmetric one.
fn discloses_a_key(jwk: &Value) -> bool {
    ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|name| jwk.get(name).is_some())
}

/// One key, and what is kept of it.
fn read_key(jwk: &Value) -> Result<(PublicKey, Value), Reason> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap_or_default();
    if discloses_a_key(jwk) {
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
    fn a_key_that_another_follows_under_its_id_has_come_and_gone() {
        let kept = |change: &dyn Fn(&mut Value)| KeySet::read(&with(change), "").unwrap().1;
        let (one, renamed) = (kept(&|_| {}), kept(&|key| key["kid"] = "b".into()));
        let other = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "a", "x": P256_X, "y": P256_Y }] });
        let other = KeySet::read(&other, "").unwrap().1;
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(came_and_went(None, &one), (ids(&["a"]), ids(&[])));
        assert_eq!(came_and_went(Some(&one), &one), (ids(&[]), ids(&[])));
        assert_eq!(came_and_went(Some(&one), &renamed), (ids(&["b"]), ids(&["a"])));
        assert_eq!(came_and_went(Some(&one), &other), (ids(&["a"]), ids(&["a"])));
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
    #[test]
    fn of_a_fetched_set_the_keys_that_fit_are_kept_and_the_others_ignored() {
        let p256 = json!({ "kty": "EC", "crv": "P-256", "kid": "b", "x": P256_X, "y": P256_Y });
        let with = |name: &str, value: &str| {
            let mut key = ed();
            key[name] = value.into();
            key
        };
        let without_id = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0xc5; 256]), "e": "AQAB" });
        let p384 = json!({ "kty": "EC", "crv": "P-384", "kid": "c", "x": P256_X, "y": P256_Y });
        let others =
            [with("use", "enc"), p384, without_id, with("alg", "HS256"), with("kty", "of the future"), "x".into()];
        for other in others {
            let (kept, ignored) = KeySet::fetched(&json!({ "keys": [other, ed()] }), SigningAlgorithm::ALL).unwrap();
            assert_eq!(kept, KeySet::read(&json!({ "keys": [ed()] }), "").unwrap().1, "{other}");
            assert!(ignored.len() == 1 && ignored[0].0 == 0 && !ignored[0].1.is_empty(), "{other}: {ignored:?}");
            assert!(KeySet::stored(&kept).is_some());
            assert!(KeySet::fetched(&json!({ "keys": [other] }), SigningAlgorithm::ALL).is_none(), "none is left");
        }
        let ids = |set: &Value, allowed: &[SigningAlgorithm]| {
            let (kept, ignored) = KeySet::fetched(set, allowed)?;
            Some((missing(Some(&kept), None), ignored.into_iter().map(|(index, _)| index).collect::<Vec<_>>()))
        };
        let both = json!({ "keys": [p256, ed(), ed()] });
        assert_eq!(ids(&both, &[SigningAlgorithm::EdDsa]), Some((vec!["a".to_owned()], vec![0, 2])));
        assert_eq!(ids(&both, &[SigningAlgorithm::Rs256]), None);
        let many: Vec<Value> = (0..22).map(|n| with("kid", &n.to_string())).collect();
        assert_eq!(ids(&json!({ "keys": many }), SigningAlgorithm::ALL).unwrap().1, [20, 21]);
        for disclosed in [with("d", "AA"), json!({ "kty": "oct", "kid": "c", "k": "AAAA" })] {
            assert_eq!(ids(&json!({ "keys": [ed(), disclosed] }), SigningAlgorithm::ALL), None);
        }
        assert_eq!(ids(&json!({ "keys": [] }), SigningAlgorithm::ALL), None);
        assert_eq!(ids(&json!([]), SigningAlgorithm::ALL), None);
    }
}
