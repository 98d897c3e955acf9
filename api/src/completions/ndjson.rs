//! Lines in, lines out: a push of any length in bounded memory, and the outcomes of a batch as a stream.

use super::{
    answer::Answer,
    item::{Line, Reading},
    service::{Phase, Sending, close, open, push_chunk},
};
use crate::{
    auth::Permission,
    extract::{Document, LONGEST_LINE, Lines, malformed_line, no_items},
    lane::Ticket,
    problem::{FieldError, Problem},
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::kernel::BatchId;

/// How many lines are decided in one transaction.
pub(super) const CHUNK: usize = 1000;

/// How many lines one push may have, blank ones among them.
pub(super) const MOST_LINES: u32 = 100_000;

/// How many faults are named in the answer; the rest is read with the outcomes.
const FAULTS: usize = 100;

/// Takes in lines chunk by chunk: a chunk is read fully before its transaction opens, and stands or falls as a whole.
/// When the connection breaks, what came before stands, and sending everything again is safe.
pub(super) async fn push(
    state: &Data<AppState>,
    (permission, ticket): (&Permission, &Ticket),
    batch: BatchId,
    mut lines: Lines,
) -> Result<(Sending, Vec<Answer>), Problem> {
    // What carries nothing opens no batch; any line does, so that the batch can be asked about while it comes.
    let mut first = lines.next_chunk(1).await;
    while matches!(&first, Ok(Some(blank)) if blank.is_empty()) && lines.lines_read() <= MOST_LINES {
        first = lines.next_chunk(1).await;
    }
    if matches!(first, Ok(None)) {
        return Err(no_items());
    }
    let mut first = Some(first);
    let mut sending = open(state, (&permission.author(), ticket), permission.platform()?, batch).await?;
    let mut faults = Vec::new();
    loop {
        let read = match first.take() {
            Some(Ok(Some(mut begun))) => lines.next_chunk(CHUNK - 1).await.map(|rest| {
                begun.extend(rest.into_iter().flatten());
                Some(begun)
            }),
            Some(ended) => ended,
            None => lines.next_chunk(CHUNK).await,
        };
        let read = match read {
            Ok(None) => break,
            Ok(Some(read)) => read,
            Err(problem) => return Err(cut(state, ticket, &sending, problem).await),
        };
        if lines.lines_read() > MOST_LINES {
            let problem = Problem::new(crate::problem::Kind::BodyTooLarge)
                .detail(Text::new(
                    "一次至多 100000 行；此前的行已记录",
                    "at most 100000 lines at once; those before are recorded",
                ))
                .with("limit_lines", MOST_LINES);
            return Err(cut(state, ticket, &sending, problem).await);
        }
        if read.is_empty() {
            continue;
        }
        let reading = Reading { keys: &state.keys, today: state.clock.today() };
        let chunk = read.into_iter().map(|line| read_line(reading, &line)).collect();
        let answers;
        (sending, answers) = match push_chunk(state, ticket, &sending, chunk).await {
            Ok(done) => done,
            Err(problem) => return Err(cut(state, ticket, &sending, problem).await),
        };
        let room = FAULTS - faults.len();
        faults.extend(answers.into_iter().filter(Answer::is_fault).take(room));
    }
    match close(state, ticket, &sending, Phase::Complete).await {
        Ok(()) => Ok((sending, faults)),
        Err(problem) => Err(cut(state, ticket, &sending, problem).await),
    }
}

async fn cut(state: &Data<AppState>, ticket: &Ticket, sending: &Sending, problem: Problem) -> Problem {
    // What came before stands, and counts.
    sending.counts.each(|outcome, times| state.metrics.count("completions", outcome, times));
    // The push has failed already; that its end could not be noted adds nothing the caller could use.
    if let Err(second) = close(state, ticket, sending, Phase::Cut).await {
        log::warn!(target: "xueshi::completions", "a cut batch stays open: {second}");
    }
    let problem = problem.with("batch_id", sending.origin.batch).with("attempt", sending.origin.attempt);
    problem.with("lines_recorded", sending.lines)
}

fn read_line(reading: Reading<'_>, line: &crate::extract::Line) -> Line {
    let number = i32::try_from(line.number).unwrap_or(i32::MAX);
    let refused =
        |code: &str, words: Text| Line { number, external_id: None, read: Err(vec![FieldError::new("", code, words)]) };
    let Some(content) = &line.content else {
        let words = Text::new(format!("该行超过 {LONGEST_LINE} 字节"), format!("longer than {LONGEST_LINE} bytes"));
        return refused("length", words);
    };
    match serde_json::from_slice::<Document>(content) {
        Ok(item) => reading.line(number, &item),
        Err(error) => refused("malformed_json", malformed_line(&error)),
    }
}
