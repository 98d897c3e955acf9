//! Entity tags for reads that portals poll.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, VARY},
};
use sha2::{Digest, Sha256};

/// The tag of an answer that depends on exactly these parts. Each goes in behind its length, so that no two lists of parts
/// share a tag.
#[must_use]
pub fn etag(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hex: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// The tags of the answers that a caller holds already.
#[derive(Clone, Debug, Default)]
pub struct Held(Vec<String>);

impl Held {
    /// What a request says in `If-None-Match`.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        Self(request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).map(Into::into).collect())
    }

    /// Whether the answer with this tag is among them.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        // A weak comparison, as RFC 9110 13.1.2 asks for here.
        let same = |given: &str| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag;
        self.0.iter().flat_map(|value| value.split(',')).map(str::trim).any(same)
    }
}

/// The 304 for a caller who holds the answer with this tag.
#[must_use]
pub fn unchanged(tag: &str) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .insert_header((VARY, "accept-language, authorization"))
        .finish()
}

/// The 304 to give if the caller holds this very answer already. Otherwise answer in full, with the same `ETag`.
#[must_use]
pub fn not_modified(request: &HttpRequest, tag: &str) -> Option<HttpResponse> {
    Held::of(request).has(tag).then(|| unchanged(tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn the_tag_depends_on_every_part_and_on_where_parts_end() {
        assert_eq!(etag(&["a", "b"]), etag(&["a", "b"]));
        assert_ne!(etag(&["a", "b"]), etag(&["ab", ""]));
        assert_ne!(etag(&["a"]), etag(&["a", ""]));
    }

    #[test]
    fn who_holds_the_answer_is_told_so() {
        let tag = etag(&["a"]);
        for held in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let request = TestRequest::default().insert_header((IF_NONE_MATCH, held.clone())).to_http_request();
            assert!(not_modified(&request, &tag).is_some(), "{held}");
        }
        let other = TestRequest::default().insert_header((IF_NONE_MATCH, "\"x\"")).to_http_request();
        assert!(not_modified(&other, &tag).is_none());
        assert!(not_modified(&TestRequest::default().to_http_request(), &tag).is_none());
    }
}
