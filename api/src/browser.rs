//! What every answer tells a browser: to run nothing, show it in no frame, hand it to no other site. Few callers are browsers,
//! but an answer that is opened in one must do no harm (OWASP REST Security Cheat Sheet, "Security Headers"; ASVS 5.0.0 V3.4).

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, CROSS_ORIGIN_OPENER_POLICY, CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap,
    HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

/// Of data nothing is to be loaded or run.
const OF_DATA: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The pages of Swagger UI load their own scripts, styles and pictures, some of both written into the page, and ask this
/// service alone. A script that is written into a page is not run there either.
const OF_PAGES: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                        connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// A year, and the names below (ASVS 5.0.0 V3.4.1).
const HSTS: &str = "max-age=31536000; includeSubDomains";

/// Puts the headers on an answer. `route` is the template of its path; `encrypted` says that callers come by HTTPS, without which
/// a browser must not be told to insist on it (RFC 6797, 7.2).
pub(crate) fn protect(headers: &mut HeaderMap, route: &str, encrypted: bool) {
    let policy = if route.starts_with("/docs/") { OF_PAGES } else { OF_DATA };
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "no-referrer"),
        (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    name_charset(headers);
    if encrypted {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}

/// Says of a text in which characters it is written, where whoever made it did not: all text here is UTF-8, and a browser that must
/// guess may guess what runs a script (ASVS 5.0.0 V4.1.1).
fn name_charset(headers: &mut HeaderMap) {
    let unnamed = |kind: &&str| kind.starts_with("text/") && !kind.contains("charset=");
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).filter(unnamed);
    if let Some(Ok(named)) = kind.map(|kind| HeaderValue::from_str(&format!("{kind}; charset=utf-8"))) {
        headers.insert(CONTENT_TYPE, named);
    }
}
