//! `application/x-ndjson`: one JSON value a line, read in chunks, so that memory does not grow with the body.

use super::{
    body::{BODY_TIME, broken_off, require_encoding, too_slow},
    media::require_media_type,
    unpack::unpacked,
};
use crate::problem::Problem;
use actix_web::{
    FromRequest, HttpRequest,
    dev::{Decompress, Payload},
    http::header::HeaderMap,
    rt::time::timeout,
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;
use std::future::{Ready, ready};

/// The media type of lines.
pub const NDJSON: &str = "application/x-ndjson";

/// The longest line that is read.
pub const LONGEST_LINE: usize = 64 * 1024;

/// A chunk ends early when its lines are this long together.
const LARGEST_CHUNK: usize = 4 << 20;

/// A body of lines, not yet read.
pub struct Lines {
    body: Decompress<Payload>,
    headers: HeaderMap,
    unread: BytesMut,
    /// How much of `unread` is known to hold no line end.
    searched: usize,
    /// The current line is too long: drop everything up to its end.
    skipping: bool,
    ended: bool,
    number: u32,
}

/// One line that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the body, from 1; blank lines count too.
    pub number: u32,
    /// Its bytes without the line end; nothing if it is longer than [`LONGEST_LINE`].
    pub content: Option<Bytes>,
}

impl Lines {
    pub(crate) fn new(headers: &HeaderMap, payload: Payload) -> Self {
        let body = unpacked(headers, payload);
        Self {
            body,
            headers: headers.clone(),
            unread: BytesMut::new(),
            searched: 0,
            skipping: false,
            ended: false,
            number: 0,
        }
    }

    /// The lines that are not blank among the next `most`, or nothing at the end of the body. Every line is whole: a body that
    /// is cut off inside one fails, and what was handed out before stays as it is.
    ///
    /// # Errors
    /// `bad_request` when the connection breaks off, `request_timeout` when these lines do not come in in time.
    pub async fn next_chunk(&mut self, most: usize) -> Result<Option<Vec<Line>>, Problem> {
        match timeout(BODY_TIME, self.read_chunk(most)).await {
            Ok(chunk) => chunk,
            Err(_) => Err(too_slow(BODY_TIME).with("lines_read", self.number)),
        }
    }

    /// [`Lines::next_chunk`] without a limit of time.
    pub(crate) async fn read_chunk(&mut self, most: usize) -> Result<Option<Vec<Line>>, Problem> {
        let (mut chunk, mut taken, mut length) = (Vec::new(), 0, 0);
        while taken < most && length < LARGEST_CHUNK {
            if let Some(line) = self.take_line() {
                taken += 1;
                length += line.content.as_ref().map_or(0, Bytes::len);
                chunk.extend(Some(line).filter(|line| !line.is_blank()));
            } else if self.ended {
                break;
            } else {
                self.read_on().await?;
            }
        }
        Ok((taken > 0).then_some(chunk))
    }

    /// How many lines were read so far, blank ones among them: what a limit has to look at, or blank lines would have none.
    #[must_use]
    pub const fn lines_read(&self) -> u32 {
        self.number
    }

    async fn read_on(&mut self) -> Result<(), Problem> {
        match self.body.next().await {
            Some(Ok(bytes)) => self.unread.extend_from_slice(&bytes),
            None => self.ended = true,
            Some(Err(error)) => return Err(broken_off(&error, &self.headers).with("lines_read", self.number)),
        }
        Ok(())
    }

    fn take_line(&mut self) -> Option<Line> {
        let end = self.unread.iter().skip(self.searched).position(|byte| *byte == b'\n').map(|at| self.searched + at);
        let Some(end) = end else {
            self.searched = self.unread.len();
            if self.ended {
                return self.take_last();
            }
            if self.searched > LONGEST_LINE {
                self.skipping = true;
                self.unread.clear();
                self.searched = 0;
            }
            return None;
        };
        let mut content = self.unread.split_to(end + 1);
        content.truncate(end);
        self.searched = 0;
        Some(self.line(content))
    }

    /// The last line may have no line end.
    fn take_last(&mut self) -> Option<Line> {
        let content = self.unread.split();
        self.searched = 0;
        (!content.is_empty() || self.skipping).then(|| self.line(content))
    }

    fn line(&mut self, content: BytesMut) -> Line {
        self.number = self.number.saturating_add(1);
        let too_long = std::mem::take(&mut self.skipping) || content.len() > LONGEST_LINE;
        Line { number: self.number, content: (!too_long).then(|| content.freeze()) }
    }
}

impl Line {
    fn is_blank(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.iter().all(u8::is_ascii_whitespace))
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("number", &self.number).finish_non_exhaustive()
    }
}

impl FromRequest for Lines {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let lines = require_media_type(request.headers(), &[NDJSON]).and_then(|()| require_encoding(request.headers()));
        ready(lines.map(|()| Self::new(request.headers(), payload.take())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Kind;
    use actix_web::{http::header::CONTENT_TYPE, test::TestRequest};

    async fn lines(body: impl Into<Bytes>) -> Lines {
        let request = TestRequest::default().insert_header((CONTENT_TYPE, NDJSON)).set_payload(body.into());
        let (request, mut payload) = request.to_http_parts();
        Lines::from_request(&request, &mut payload).await.unwrap()
    }

    async fn all(body: &str, most: usize) -> Vec<(u32, Option<String>)> {
        let mut lines = lines(body.to_owned()).await;
        let mut found = Vec::new();
        loop {
            let Some(chunk) = lines.next_chunk(most).await.unwrap() else { return found };
            assert!(chunk.len() <= most);
            found.extend(
                chunk.into_iter().map(|l| (l.number, l.content.map(|c| String::from_utf8_lossy(&c).into_owned()))),
            );
        }
    }

    #[actix_web::test]
    async fn lines_are_numbered_as_they_stand_and_blank_ones_left_out() {
        for most in [1, 2, 100] {
            let found = all("a\n\nb\r\n  \nc", most).await;
            let texts: Vec<_> = found.iter().map(|(n, text)| (*n, text.as_deref().unwrap().trim_end())).collect();
            assert_eq!(texts, [(1, "a"), (3, "b"), (5, "c")]);
        }
        assert_eq!(all("", 10).await, []);
        assert_eq!(all("\n\n", 10).await, []);
    }

    #[actix_web::test]
    async fn a_line_that_is_too_long_is_dropped_and_the_others_are_kept() {
        let long = "x".repeat(3 * LONGEST_LINE);
        let found = all(&format!("a\n{long}\nb\n{long}"), 10).await;
        assert_eq!(found, [(1, Some("a".into())), (2, None), (3, Some("b".into())), (4, None)]);
        let longest = "x".repeat(LONGEST_LINE);
        assert_eq!(all(&longest, 10).await, [(1, Some(longest.clone()))]);
    }

    #[actix_web::test]
    async fn another_media_type_is_refused() {
        let (request, mut payload) = TestRequest::default().set_payload("a").to_http_parts();
        let refused = Lines::from_request(&request, &mut payload).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::UnsupportedMediaType);
    }
}
