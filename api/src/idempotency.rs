//! Repeats of requests that create something (`Idempotency-Key`): what was done is not done again, and is answered as it was.
//!
//! The permit of an operation that creates ([`Line::creates`](crate::auth::Line::creates)) reads the key from the head of the
//! request ([`Once`]); the extractor of the body leaves its digest ([`Seen`]); the door of writes looks for an answer before the
//! work and keeps the answer after it, in the same transaction ([`Claim`]). What fails leaves nothing behind, so that it is
//! decided anew when it is sent again. One key names one request of one caller for a day, or longer by
//! setting.

use crate::{
    keys::{DataKeys, Sealed},
    problem::{Kind, Problem},
    text::Text,
};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue, LOCATION},
    },
};
use domain::kernel::LearnerId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use store::{
    Db,
    idempotency::{KeptAnswer, Repeatable, find_or_take, keep},
};
use time::{Duration, OffsetDateTime};

/// The header that names a request which is to have its effect once.
pub(crate) const KEY: &str = "Idempotency-Key";

/// The header by which an answer says that it was given before.
pub(crate) const REPLAYED: &str = "Idempotency-Replayed";

/// How many characters a key may have.
pub(crate) const LONGEST_KEY: usize = 255;

/// What the answer to a request that creates something is: kept whole, so that a repeat gets the same bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    status: u16,
    location: Option<String>,
    body: String,
    /// Whose files it shows, so that a repeat is a look at them as well.
    pub(crate) shows: Vec<String>,
    #[serde(skip)]
    pub(crate) replayed: bool,
}

impl Made {
    fn with(status: StatusCode, location: Option<String>, body: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(body).map_err(Problem::internal)?;
        Ok(Self { status: status.as_u16(), location, body, shows: Vec::new(), replayed: false })
    }

    /// 201 with the address of what was made.
    pub(crate) fn at(address: String, body: &impl Serialize) -> Result<Self, Problem> {
        Self::with(StatusCode::CREATED, Some(address), body)
    }

    /// 201 for what has no address of its own.
    pub(crate) fn new(body: &impl Serialize) -> Result<Self, Problem> {
        Self::with(StatusCode::CREATED, None, body)
    }

    /// The same, as what shows the files of these learners. Where the event is about one learner, that goes without saying.
    pub(crate) fn showing(self, learners: &[LearnerId]) -> Self {
        Self { shows: learners.iter().map(ToString::to_string).collect(), ..self }
    }

    /// 200 for what was there already.
    pub(crate) fn known(body: &impl Serialize) -> Result<Self, Problem> {
        Self::with(StatusCode::OK, None, body)
    }
}

impl Responder for Made {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(StatusCode::from_u16(self.status).unwrap_or(StatusCode::CREATED));
        if let Some(address) = self.location {
            response.insert_header((LOCATION, address));
        }
        if self.replayed {
            response.insert_header((REPLAYED, HeaderValue::from_static("true")));
        }
        response.content_type("application/json").body(self.body)
    }
}

/// The digest of the body of a request, left by whoever reads the body for whoever asks later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<OnceLock<[u8; 32]>>);

impl Seen {
    /// Where the digest of this request's body is to be left; nowhere that matters if nobody asks for it.
    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// Leaves it.
    pub(crate) fn leave(&self, body: &[u8]) {
        let _ = self.0.set(Sha256::digest(body).into());
    }

    /// The digest; of a request that has no body that of nothing.
    fn digest(&self) -> [u8; 32] {
        self.0.get().copied().unwrap_or_else(|| Sha256::digest([]).into())
    }
}

/// A request that is to have its effect once. Holds nothing of what was sent but digests.
#[derive(Clone, Debug)]
pub(crate) struct Once {
    key_hash: String,
    /// What is asked for, and where.
    target: String,
    body: Seen,
}

impl Once {
    /// Reads the head of a request; none where it names no key. `caller` is all that makes a caller the one they are.
    ///
    /// # Errors
    /// `bad_request` for a header that is no key.
    pub(crate) fn of(
        request: &HttpRequest,
        keys: &DataKeys,
        caller: &str,
        operation: &str,
    ) -> Result<Option<Self>, Problem> {
        let mut given = request.headers().get_all(HeaderName::from_static("idempotency-key"));
        let Some(key) = given.next() else { return Ok(None) };
        let visible = key.as_bytes().iter().all(u8::is_ascii_graphic) && (1..=LONGEST_KEY).contains(&key.len());
        if !visible || given.next().is_some() {
            return Err(unreadable());
        }
        let body = Seen::default();
        request.extensions_mut().insert(body.clone());
        let key = String::from_utf8_lossy(key.as_bytes());
        Ok(Some(Self {
            key_hash: keys.idempotency_hash(&[caller, &key]),
            target: format!("{operation} {}", request.path()),
            body,
        }))
    }

    /// Begins the work, unless the same is under way in this process: then nobody need wait for it.
    ///
    /// # Errors
    /// `idempotency_in_progress`.
    pub(crate) fn claim(
        self,
        keys: &Arc<DataKeys>,
        under_way: &UnderWay,
        kept_for: Duration,
    ) -> Result<Claim, Problem> {
        let body: String = self.body.digest().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Claim {
            request_hash: keys.idempotency_hash(&[&self.target, &body]),
            keys: Arc::clone(keys),
            kept_for,
            held: Arc::new(under_way.enter(self.key_hash)?),
        })
    }
}

fn unreadable() -> Problem {
    let words = Text::new(
        format!("请求头 {KEY} 应只出现一次，为 1 至 {LONGEST_KEY} 个可见 ASCII 字符，不含空格"),
        format!(
            "the header {KEY} must stand once, with 1 to {LONGEST_KEY} visible characters of ASCII, without spaces"
        ),
    );
    Problem::new(Kind::BadRequest).detail(words).with("header", KEY)
}

/// The keys of requests that this process is at work on.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay(Arc<Mutex<HashSet<String>>>);

impl UnderWay {
    fn enter(&self, key_hash: String) -> Result<Held, Problem> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.insert(key_hash.clone()) {
            return Ok(Held { key_hash, among: self.clone(), let_go: AtomicBool::new(false) });
        }
        Err(Problem::new(Kind::IdempotencyInProgress).header("retry-after", "1"))
    }
}

/// A key that is at work; let go once, at the latest when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    key_hash: String,
    among: UnderWay,
    let_go: AtomicBool,
}

impl Held {
    /// Lets go of it before the caller has the answer, who may ask again at once.
    pub(crate) fn let_go(&self) {
        if !self.let_go.swap(true, Ordering::SeqCst) {
            self.among.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key_hash);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// A key that this request works under. It goes into the transaction with the work, so that it is held until that ends, also
/// where the caller no longer waits.
#[derive(Debug)]
pub(crate) struct Claim {
    request_hash: String,
    keys: Arc<DataKeys>,
    /// How long an answer is kept.
    kept_for: Duration,
    held: Arc<Held>,
}

impl Claim {
    /// What is held meanwhile.
    pub(crate) fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held)
    }

    /// The answer that was given to the same request; none where the work is to be done.
    ///
    /// # Errors
    /// `idempotency_key_reused` where the key named another request.
    pub(crate) fn answered(&self, db: &mut Db, now: OffsetDateTime) -> Result<Option<Made>, Problem> {
        let asked = Repeatable { key_hash: &self.held.key_hash, request_hash: &self.request_hash };
        let Some(kept) = find_or_take(db, asked, now, now - self.kept_for)? else { return Ok(None) };
        if kept.request_hash != self.request_hash {
            return Err(Problem::new(Kind::IdempotencyKeyReused));
        }
        let KeptAnswer { key_id, suite_id, answer_cipher: bytes, .. } = kept;
        let opened = self.keys.open(&Sealed { key_id, suite_id, bytes }, &self.place()).map_err(Problem::internal)?;
        let made: Made = serde_json::from_slice(&opened).map_err(Problem::internal)?;
        Ok(Some(Made { replayed: true, ..made }))
    }

    /// Keeps the answer for repeats.
    pub(crate) fn keep(&self, db: &mut Db, made: &Made, now: OffsetDateTime) -> Result<(), Problem> {
        let answer = zeroize::Zeroizing::new(serde_json::to_vec(made).map_err(Problem::internal)?);
        let Sealed { key_id, suite_id, bytes } =
            self.keys.seal(&answer, &self.place(), now).map_err(Problem::internal)?;
        Ok(keep(db, &self.held.key_hash, (&bytes, &key_id, &suite_id))?)
    }

    /// The row and the field that the answer is sealed for.
    fn place(&self) -> Vec<u8> {
        bound_to(&self.held.key_hash, &self.request_hash)
    }
}

/// What an answer that is kept is bound to.
pub(crate) fn bound_to(key_hash: &str, request_hash: &str) -> Vec<u8> {
    format!("idempotency_answer/{key_hash}/{request_hash}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn once(keys: &DataKeys, caller: &str, key: &str) -> Once {
        let request = TestRequest::post().uri("/v1/things").insert_header((KEY, key)).to_http_request();
        let once = Once::of(&request, keys, caller, "create_thing").unwrap().unwrap();
        Seen::of(&request).unwrap().leave(b"{}");
        once
    }

    #[test]
    fn of_twins_in_one_process_the_second_is_told_to_retry() {
        let (keys, under_way) = (Arc::new(DataKeys::ephemeral().unwrap()), UnderWay::default());
        let first = once(&keys, "a", "k").claim(&keys, &under_way, Duration::DAY).unwrap();
        let refused = once(&keys, "a", "k").claim(&keys, &under_way, Duration::DAY).unwrap_err();
        assert_eq!(refused.kind(), Kind::IdempotencyInProgress);
        let response = refused.respond(crate::text::Language::English, None);
        assert_eq!(response.headers().get("retry-after").unwrap(), "1");
        for (caller, key) in [("b", "k"), ("a", "l"), ("ak", "k")] {
            assert!(once(&keys, caller, key).claim(&keys, &under_way, Duration::DAY).is_ok(), "{caller} {key}");
        }
        // Let go of when the work is done; that the rest of it goes later takes the key from nobody.
        first.held().let_go();
        let second = once(&keys, "a", "k").claim(&keys, &under_way, Duration::DAY).unwrap();
        drop(first);
        assert!(once(&keys, "a", "k").claim(&keys, &under_way, Duration::DAY).is_err());
        drop(second);
        assert!(once(&keys, "a", "k").claim(&keys, &under_way, Duration::DAY).is_ok());
    }

    #[test]
    fn a_header_that_is_no_key_is_refused_and_none_is_none() {
        let keys = DataKeys::ephemeral().unwrap();
        let of = |request: TestRequest| Once::of(&request.to_http_request(), &keys, "a", "b");
        assert!(of(TestRequest::post()).unwrap().is_none());
        let longest = "k".repeat(LONGEST_KEY);
        assert!(of(TestRequest::post().insert_header((KEY, longest.as_str()))).unwrap().is_some());
        for key in ["", "a b", &format!("{longest}k"), "学时"] {
            let value = HeaderValue::from_bytes(key.as_bytes()).unwrap();
            let refused = of(TestRequest::post().insert_header((KEY, value))).unwrap_err();
            assert_eq!(refused.kind(), Kind::BadRequest, "{key}");
        }
        let twice = TestRequest::post().append_header((KEY, "a")).append_header((KEY, "b"));
        assert_eq!(of(twice).unwrap_err().kind(), Kind::BadRequest);
    }

    #[test]
    fn another_body_or_another_address_is_another_request() {
        let (keys, under_way) = (Arc::new(DataKeys::ephemeral().unwrap()), UnderWay::default());
        let hash = |path: &str, operation: &str, body: Option<&[u8]>| {
            let request = TestRequest::post().uri(path).insert_header((KEY, "k")).to_http_request();
            let once = Once::of(&request, &keys, "a", operation).unwrap().unwrap();
            body.into_iter().for_each(|body| Seen::of(&request).unwrap().leave(body));
            once.claim(&keys, &under_way, Duration::DAY).unwrap().request_hash
        };
        let same = hash("/v1/a", "a", Some(b"{}"));
        assert_eq!(same, hash("/v1/a", "a", Some(b"{}")));
        for other in [
            hash("/v1/b", "a", Some(b"{}")),
            hash("/v1/a", "b", Some(b"{}")),
            hash("/v1/a", "a", Some(b"{ }")),
            hash("/v1/a", "a", None),
        ] {
            assert_ne!(other, same);
        }
        assert_eq!(hash("/v1/a", "a", None), hash("/v1/a", "a", Some(b"")));
    }
}
