//! `application/x-ndjson`: one JSON value a line, read in chunks, so that memory does not grow with the body.

use super::{
    body::{Bound, broken_off, require_encoding, too_slow},
    media::require_media_type,
    unpack::unpacked,
};
use crate::{
    auth::Again,
    problem::{Kind, Problem},
    settings::BODY_TIME,
};
use actix_web::{
    FromRequest, HttpRequest,
    dev::{Decompress, Payload},
    http::header::HeaderMap,
    rt::time::timeout,
    web::{Buf, Bytes, BytesMut},
};
use futures_util::StreamExt;
use memchr::memchr;
use std::{
    future::{Ready, ready},
    time::Duration,
};
use tokio::task::yield_now;

/// The media type of lines.
pub const NDJSON: &str = "application/x-ndjson";

/// The longest line that is read.
pub const LONGEST_LINE: usize = 64 * 1024;

/// All lines together, unpacked: a hundred thousand of the usual length are a fifth of it.
const LONGEST_BODY: usize = 256 << 20;

/// After so much that came in at once others have their turn: what is unpacked is there without waiting for it.
const BREATH: usize = 1 << 20;

/// The mark of the order of bytes that some programs put before the first line of a text.
const MARK: &[u8] = "\u{feff}".as_bytes();

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
    /// How long a chunk may take to come in.
    time: Duration,
    /// How much came in, and how much of it since others had their turn.
    came: usize,
    at_once: usize,
    /// Asked before more lines are handed out.
    again: Option<Box<Again>>,
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
            time: BODY_TIME,
            came: 0,
            at_once: 0,
            again: None,
        }
    }

    /// The body of a request that was let in: whoever sends it must still be let in when lines are handed out.
    pub(crate) fn of(request: &HttpRequest, payload: &mut Payload) -> Self {
        let Bound { time, .. } = Bound::ordinary(request);
        Self { again: Again::of(request).map(Box::new), time, ..Self::new(request.headers(), payload.take()) }
    }

    /// The lines that are not blank among the next `most`, or nothing at the end of the body. Every line is whole: a body that
    /// is cut off inside one fails, and what was handed out before stays as it is.
    ///
    /// # Errors
    /// `bad_request` when the connection breaks off, `body_too_large` when more comes in than any body may be, `request_timeout` when these lines do not come in in time, and what a request
    /// is refused with that begins now, when its token has ended or was taken back meanwhile: a body may come in for hours.
    pub async fn next_chunk(&mut self, most: usize) -> Result<Option<Vec<Line>>, Problem> {
        let time = self.time;
        let Ok(chunk) = timeout(time, self.read_chunk(most)).await else {
            return Err(too_slow(time).with("lines_read", self.number));
        };
        let carries = matches!(&chunk, Ok(Some(lines)) if !lines.is_empty());
        if let Some(again) = self.again.as_ref().filter(|_| carries) {
            again.ask().await?;
        }
        chunk
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
            Some(Ok(bytes)) => {
                self.came = self.came.saturating_add(bytes.len());
                if self.came > LONGEST_BODY {
                    let problem = Problem::new(Kind::BodyTooLarge).with("limit_bytes", LONGEST_BODY);
                    return Err(problem.with("lines_read", self.number));
                }
                self.unread.extend_from_slice(&bytes);
                self.at_once += bytes.len();
                if self.at_once >= BREATH {
                    self.at_once = 0;
                    yield_now().await;
                }
            }
            None => self.ended = true,
            Some(Err(error)) => return Err(broken_off(&error, &self.headers).with("lines_read", self.number)),
        }
        Ok(())
    }

    fn take_line(&mut self) -> Option<Line> {
        let unsearched = self.unread.get(self.searched..).unwrap_or_default();
        let Some(end) = memchr(b'\n', unsearched).map(|at| self.searched + at) else {
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
        let mut content = content;
        if self.number == 1 && content.starts_with(MARK) {
            content.advance(MARK.len());
        }
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
        ready(lines.map(|()| Self::of(request, payload)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{http::header::CONTENT_TYPE, rt::spawn, test::TestRequest};
    use flate2::{Compression, write::GzEncoder};
    use std::{cell::Cell, io::Write, rc::Rc};

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
        assert_eq!(all("\u{feff}a\n\u{feff}b", 10).await, [(1, Some("a".into())), (2, Some("\u{feff}b".into()))]);
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
    async fn a_body_that_is_small_only_while_packed_ends_at_the_bound_and_others_have_their_turn_before() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..(LONGEST_BODY >> 20) + 1 {
            encoder.write_all(&piece).unwrap();
        }
        let packed = encoder.finish().unwrap();
        assert!(packed.len() < 1 << 20);
        let request = TestRequest::default().insert_header((CONTENT_TYPE, NDJSON));
        let request = request.insert_header(("content-encoding", "gzip")).set_payload(packed);
        let (request, mut payload) = request.to_http_parts();
        let mut lines = Lines::from_request(&request, &mut payload).await.unwrap();
        let turns = Rc::new(Cell::new(0_usize));
        let counted = Rc::clone(&turns);
        // Runs on the same thread, so only when the reader lets it.
        let other = spawn(async move {
            loop {
                counted.set(counted.get() + 1);
                yield_now().await;
            }
        });
        let refused = lines.next_chunk(1000).await.unwrap_err();
        other.abort();
        assert_eq!(refused.kind(), Kind::BodyTooLarge);
        assert!(turns.get() >= 50, "{} turns", turns.get());
    }

    #[actix_web::test]
    async fn another_media_type_is_refused() {
        let (request, mut payload) = TestRequest::default().set_payload("a").to_http_parts();
        let refused = Lines::from_request(&request, &mut payload).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::UnsupportedMediaType);
    }
}
