//! Many items at once, each judged by itself: a JSON list, lines of JSON, or a table, the latter two in bounded memory.
//!
//! A chunk of at most a thousand is read to its end, then handed to its room, which keeps it in one transaction; what was kept stays
//! when a later chunk fails, and sending everything again is safe. Lines and tables are answered by NDJSON, one line a line.
//! What may become of an item each room says for itself ([`Judged`]).

use crate::{
    extract::{
        Body, Document, Headings, ItemsOrLines, ItemsOrTable, LONGEST_LINE, Line, Lines, NDJSON, Sheet, Unjudged,
        malformed_line, no_items,
    },
    problem::{FieldError, Kind, Problem},
    text::{Language, Text},
};
use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::Value;
use std::{collections::HashMap, fmt::Debug};

/// Items in one chunk, so in one transaction.
const CHUNK: usize = 1_000;
/// Lines in one body.
const MOST_LINES: u32 = 100_000;
/// How many faults of one body, and reasons against what it says, are named, an item being answered with all or none of its own; more would only make the answer
/// as large as the mistake.
const MOST_NAMED: usize = 5_000;

/// What became of an item, in the words of its room.
pub(crate) trait Judged: Sized {
    /// The same on the wire.
    type Result: Serialize;
    /// The answer to a list: what became of all of them, and how many had which outcome.
    type Body: Serialize + Default;

    /// It cannot be read.
    fn malformed(faults: Vec<FieldError>) -> Self;
    /// The wire form; `at` is its place in the body.
    fn result(self, at: u32, language: Language) -> Self::Result;
    /// The faults that a result names.
    fn faults(result: &mut Self::Result) -> &mut Option<Vec<Value>>;
    /// How many things are wrong with an item, or speak against it, as far as its result names them.
    fn named(result: &Self::Result) -> usize;
    /// Leaves them out.
    fn hush(result: &mut Self::Result);
    /// Adds a result to the answer; of lines it is counted only by whoever reads them.
    fn add(body: &mut Self::Body, result: Self::Result);
}

/// An item with its place in the body: the index in a list from 0, the number of a line from 1.
#[derive(Clone, Debug)]
pub(crate) struct Sent<T> {
    pub(crate) at: u32,
    pub(crate) item: T,
}

/// Hands the items of a body to `keep`, a chunk at a time, and answers what became of each.
///
/// # Errors
/// When the body breaks off, has too many lines, or a chunk cannot be kept; `kept_through` says up to where all is kept.
pub(crate) async fn each_chunk<T: Body, O: Judged>(
    body: ItemsOrLines,
    language: Language,
    keep: impl AsyncFn(Vec<Sent<Unjudged<T>>>) -> Result<Vec<(u32, O)>, Problem>,
) -> Result<HttpResponse, Problem> {
    match body {
        ItemsOrLines::Json(items) => listed(items, language, keep).await,
        ItemsOrLines::Lines(lines) => each_line(lines, Reader::Json, language, keep).await,
    }
}

/// The same of a body that may be a table as well, whose columns `headings` know by the words of its first line.
///
/// # Errors
/// As [`each_chunk`], and for a table without columns that are known.
pub(crate) async fn each_row<T: Body, O: Judged>(
    (body, headings): (ItemsOrTable, Headings),
    language: Language,
    keep: impl AsyncFn(Vec<Sent<Unjudged<T>>>) -> Result<Vec<(u32, O)>, Problem>,
) -> Result<HttpResponse, Problem> {
    match body {
        ItemsOrTable::Items(body) => each_chunk(body, language, keep).await,
        ItemsOrTable::Table(lines) => each_line(lines, Reader::Header(headings), language, keep).await,
    }
}

async fn listed<T: Body, O: Judged>(
    items: Vec<Document>,
    language: Language,
    keep: impl AsyncFn(Vec<Sent<Unjudged<T>>>) -> Result<Vec<(u32, O)>, Problem>,
) -> Result<HttpResponse, Problem> {
    let mut answer: Answer<O> = Answer::new(language, false);
    let items =
        (0_u32..).zip(items).map(|(at, value)| Found { at, read: Ok(value), unread: Vec::new(), columns: Vec::new() });
    answer.judge(items, &keep).await?;
    answer.respond()
}

async fn each_line<T: Body, O: Judged>(
    mut lines: Lines,
    mut reader: Reader,
    language: Language,
    keep: impl AsyncFn(Vec<Sent<Unjudged<T>>>) -> Result<Vec<(u32, O)>, Problem>,
) -> Result<HttpResponse, Problem> {
    let mut answer: Answer<O> = Answer::new(language, true);
    let (mut kept_through, mut carries) = (0, false);
    loop {
        let so_far = |problem: Problem| problem.with("kept_through", kept_through);
        let Some(mut chunk) = lines.next_chunk(CHUNK).await.map_err(so_far)? else { break };
        let last = lines.lines_read();
        if last > MOST_LINES {
            return Err(so_far(Problem::new(Kind::BodyTooLarge).with("limit_lines", MOST_LINES)));
        }
        reader.open(&mut chunk)?;
        carries |= !chunk.is_empty();
        // Lazily, so that one line is a value in memory at a time: of what was sent only its items are kept.
        let items = chunk.into_iter().filter_map(|line| reader.read(&line));
        answer.judge(items, &keep).await.map_err(so_far)?;
        kept_through = last;
    }
    if carries { answer.respond() } else { Err(no_items()) }
}

/// One item as it was found in a body.
struct Found {
    at: u32,
    read: Result<Document, Vec<FieldError>>,
    /// What is wrong with cells of a table that could not be read.
    unread: Vec<FieldError>,
    /// In which columns of a table its faults stand, by pointers.
    columns: Vec<(String, String)>,
}

/// How lines are read.
enum Reader {
    /// Each is a value.
    Json,
    /// The first one names the columns of the others.
    Header(Headings),
    /// Each is a row of these columns.
    Rows(Sheet),
}

impl Reader {
    /// Reads the first line of a table.
    ///
    /// # Errors
    /// `invalid_body` with what is wrong with it.
    fn open(&mut self, chunk: &mut Vec<Line>) -> Result<(), Problem> {
        if let Self::Header(headings) = self
            && !chunk.is_empty()
        {
            *self = Self::Rows(Sheet::open(&chunk.remove(0), *headings).map_err(Problem::invalid_body)?);
        }
        Ok(())
    }

    /// The value of a line; none of a row without anything in it.
    fn read(&self, line: &Line) -> Option<Found> {
        let at = line.number;
        Some(match self {
            Self::Rows(sheet) => {
                let row = sheet.row(line)?;
                Found { at, read: row.read, unread: row.unread, columns: row.columns }
            }
            Self::Json | Self::Header(_) => Found { at, read: read(line), unread: Vec::new(), columns: Vec::new() },
        })
    }
}

fn read(line: &Line) -> Result<Document, Vec<FieldError>> {
    let fault = |code: &str, words: Text| vec![FieldError::new("", code, words)];
    let Some(content) = &line.content else {
        let words = Text::new(format!("该行超过 {LONGEST_LINE} 字节"), format!("longer than {LONGEST_LINE} bytes"));
        return Err(fault("line_too_long", words));
    };
    serde_json::from_slice(content).map_err(|error| fault(Kind::MalformedJson.slug(), malformed_line(&error)))
}

/// The answer as it grows.
struct Answer<O: Judged> {
    language: Language,
    body: O::Body,
    /// How many faults the items so far have together.
    named: usize,
    /// Where results go line by line instead of into `body`.
    lines: Option<Vec<u8>>,
}

impl<O: Judged> Answer<O> {
    fn new(language: Language, ndjson: bool) -> Self {
        Self { language, body: O::Body::default(), named: 0, lines: ndjson.then(Vec::new) }
    }

    async fn judge<T: Body>(
        &mut self,
        items: impl Iterator<Item = Found>,
        keep: &impl AsyncFn(Vec<Sent<Unjudged<T>>>) -> Result<Vec<(u32, O)>, Problem>,
    ) -> Result<(), Problem> {
        let (mut sent, mut outcomes, mut columns_of) = (Vec::new(), Vec::new(), HashMap::new());
        for Found { at, read, unread, columns } in items {
            columns_of.insert(at, columns);
            match read.and_then(|document| Unjudged::of_row(&document, unread)) {
                Ok(item) => sent.push(Sent { at, item }),
                Err(errors) => outcomes.push((at, O::malformed(errors))),
            }
        }
        if !sent.is_empty() {
            outcomes.extend(keep(sent).await?);
        }
        outcomes.sort_unstable_by_key(|(at, _)| *at);
        for (at, outcome) in outcomes {
            let mut result = outcome.result(at, self.language);
            if let Some(columns) = columns_of.get(&at) {
                name_columns(O::faults(&mut result), columns);
            }
            self.add(result)?;
        }
        Ok(())
    }

    fn add(&mut self, mut result: O::Result) -> Result<(), Problem> {
        self.named = self.named.saturating_add(O::named(&result));
        if self.named > MOST_NAMED {
            O::hush(&mut result);
        }
        match &mut self.lines {
            Some(lines) => {
                serde_json::to_writer(&mut *lines, &result).map_err(Problem::internal)?;
                lines.push(b'\n');
            }
            None => O::add(&mut self.body, result),
        }
        Ok(())
    }

    fn respond(self) -> Result<HttpResponse, Problem> {
        Ok(match self.lines {
            Some(lines) => HttpResponse::Ok().content_type(NDJSON).body(lines),
            None => HttpResponse::Ok().json(self.body),
        })
    }
}

/// Says of each fault in which column it stands, by the column's own words.
fn name_columns(faults: &mut Option<Vec<Value>>, columns: &[(String, String)]) {
    for fault in faults.iter_mut().flatten().filter_map(Value::as_object_mut) {
        let pointer = fault.get("pointer").and_then(Value::as_str).unwrap_or_default();
        let stands = |at: &str| pointer == at || pointer.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'));
        if let Some((_, column)) = columns.iter().find(|(at, _)| stands(at)) {
            let column = column.clone().into();
            fault.insert("column".to_owned(), column);
        }
    }
}
