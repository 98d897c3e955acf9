//! The media type of a body, and the one encoding of characters that is read.

use super::{faults::shown, items::JSON, lines::NDJSON};
use crate::{
    problem::{Kind, Problem},
    text::Text,
};
use actix_web::{
    HttpRequest,
    http::header::{Accept, CONTENT_LENGTH, CONTENT_TYPE, Header, HeaderMap, Quality, TRANSFER_ENCODING},
};

/// The names of the one encoding of characters that is read; everything is written in it as well.
const UTF_8: [&str; 2] = ["utf-8", "utf8"];

/// Refuses a body of another media type, or in another encoding of characters than UTF-8.
///
/// # Errors
/// As [`media_type`].
pub(super) fn require_media_type(headers: &HeaderMap, wanted: &[&str]) -> Result<(), Problem> {
    media_type(headers, wanted).map(drop)
}

/// Of which of the wanted media types a body is: the first of them where the head neither says of what type it is nor that there is one.
/// Then it is the body that is missing, and whoever reads it says so.
///
/// # Errors
/// As [`media_type`].
pub(crate) fn media_type_or_nothing<'w>(headers: &HeaderMap, wanted: &[&'w str]) -> Result<&'w str, Problem> {
    let length = headers.get(CONTENT_LENGTH).map_or(Some("0"), |value| value.to_str().ok());
    let announced = length.map(str::trim) != Some("0") || headers.contains_key(TRANSFER_ENCODING);
    match wanted.first() {
        Some(first) if !announced && !headers.contains_key(CONTENT_TYPE) => Ok(first),
        _ => media_type(headers, wanted),
    }
}

/// Refuses a body that came all the same, of no type: by HTTP/2 none need be announced.
///
/// # Errors
/// As [`media_type`].
pub(crate) fn require_type_of(body: &[u8], headers: &HeaderMap, wanted: &[&str]) -> Result<(), Problem> {
    if body.is_empty() { Ok(()) } else { require_media_type(headers, wanted) }
}

/// Which of the wanted media types a body has. Parameters other than `charset` are let through.
///
/// # Errors
/// `unsupported_media_type` for another one, with those that are `supported`; and for another `charset` than UTF-8, which it
/// names: read as UTF-8, such a text would be another one.
fn media_type<'w>(headers: &HeaderMap, wanted: &[&'w str]) -> Result<&'w str, Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (media, parameters) = given.split_once(';').unwrap_or((given, ""));
    let found = wanted.iter().find(|wanted| media.trim().eq_ignore_ascii_case(wanted)).ok_or_else(|| {
        Problem::new(Kind::UnsupportedMediaType).with("supported", wanted).header("accept-post", &wanted.join(", "))
    })?;
    match charset(parameters).filter(|charset| !UTF_8.iter().any(|known| charset.eq_ignore_ascii_case(known))) {
        None => Ok(found),
        Some(charset) => Err(other_charset(&charset)),
    }
}

fn other_charset(charset: &str) -> Problem {
    // Said back where it looks like the name of an encoding, and not otherwise.
    let charset = shown(charset);
    Problem::new(Kind::UnsupportedMediaType)
        .detail(Text::new(
            format!("请求体的字符编码须为 UTF-8，而 charset 为 {charset}"),
            format!("The body must be in UTF-8; its charset is {charset}"),
        ))
        .with("charset", charset)
        .with("supported_charsets", ["utf-8"])
}

/// The value of `charset` among the parameters of a media type (RFC 9110, 5.6.6): a word, or one in quotes.
fn charset(parameters: &str) -> Option<String> {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, after) = rest.split_at(end_of_parameter(rest));
        rest = after.get(1..).unwrap_or_default();
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if name.trim().eq_ignore_ascii_case("charset") {
            let value = value.trim();
            let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            return Some(inner.unwrap_or(value).replace('\\', ""));
        }
    }
    None
}

/// Where a parameter ends: at the next semicolon that stands in no quotes.
fn end_of_parameter(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    let end = text.bytes().position(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => return true,
            _ => {}
        }
        false
    });
    end.unwrap_or(text.len())
}

/// Whether the caller would have an answer of many things as lines rather than as a page: it names them, and likes nothing that it
/// names better (RFC 9110 12.5.1).
pub(crate) fn wants_lines(request: &HttpRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    let liked =
        |kind: &str| accept.iter().filter(|item| item.item.essence_str() == kind).map(|item| item.quality).max();
    liked(NDJSON).is_some_and(|lines| lines > Quality::ZERO && liked(JSON).is_none_or(|pages| lines >= pages))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use actix_web::http::header::HeaderValue;

    fn read(content_type: &str) -> Result<&'static str, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
        media_type(&headers, &["application/json", "text/plain"])
    }

    #[test]
    fn utf_8_is_read_however_it_is_named() {
        for parameters in [
            "",
            ";",
            "; charset=utf-8",
            ";charset=UTF-8",
            "; CharSet=\"Utf-8\"",
            "; charset=utf8 ; v=1",
            "; v=\"a;charset=gbk\"",
            "; v=\"a\\\";charset=gbk\"",
        ] {
            assert_eq!(read(&format!("Application/JSON{parameters}")).unwrap(), "application/json", "{parameters}");
        }
    }

    #[test]
    fn where_neither_a_type_nor_a_body_is_sent_it_is_the_body_that_is_missing() {
        let wanted = ["application/json", "text/plain"];
        for (head, nothing) in [
            (None, true),
            (Some((CONTENT_LENGTH, "0")), true),
            (Some((CONTENT_LENGTH, "1")), false),
            (Some((CONTENT_LENGTH, "x")), false),
            (Some((TRANSFER_ENCODING, "chunked")), false),
            (Some((CONTENT_TYPE, "text/html")), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some((name, value)) = &head {
                headers.insert(name.clone(), HeaderValue::from_static(value));
            }
            assert_eq!(
                media_type_or_nothing(&headers, &wanted).ok(),
                nothing.then_some("application/json"),
                "{head:?}"
            );
            assert!(require_type_of(b"", &headers, &wanted).is_ok());
            assert!(require_type_of(b"{}", &headers, &wanted).is_err(), "{head:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert_eq!(media_type_or_nothing(&headers, &wanted).unwrap(), "text/plain");
        assert!(require_type_of(b"x", &headers, &wanted).is_ok());
    }

    #[test]
    fn another_encoding_is_refused_by_its_name() {
        for parameters in ["; charset=gbk", ";charset=\"gbk\"", "; v=\"a;b\"; Charset = gbk", "; a; charset=\"g\\bk\""]
        {
            let refused = read(&format!("text/plain{parameters}")).unwrap_err();
            assert_eq!(refused.kind(), Kind::UnsupportedMediaType);
            let told = refused.to_value(Language::English);
            assert_eq!(told["charset"], "gbk", "{parameters}");
            assert!(told["detail"].as_str().unwrap().ends_with("is gbk"), "{told}");
        }
        assert!(read("text/plain; charset=").is_err() && read("text/html; charset=utf-8").is_err());
    }
}
