//! What follows when an office decides about hours that wait: they count, or they are taken back; and when it takes that back, they wait
//! again. The item gets a further decision where the answer about it becomes another.

use super::shown::{about, lines_of};
use crate::{
    changes::{Happened, record},
    completions::said_anew,
    problem::{Kind, Problem},
    recognition::case::Seen,
    state::AppState,
    text::Text,
};
use domain::{
    hour_ledger::{
        COUNTED_BY_OFFICE, COUNTING_REVOKED, Entry, OfficeWord, REFUSED_BY_OFFICE, line_counted_by_office, waiting_line,
    },
    kernel::EntryId,
    review::State,
};
use store::{Db, hour_ledger::insert_entries};
use time::OffsetDateTime;

/// Lets follow what follows from where a case about hours that wait has come to.
///
/// # Errors
/// `review_not_now` where nothing of them waits any more; when the database fails.
pub(crate) fn follow(
    db: &mut Db,
    state: &AppState,
    seen: &Seen,
    (by, now): (&str, OffsetDateTime),
) -> Result<(), Problem> {
    let (item, entries) = (about(db, seen)?, lines_of(db, seen)?);
    let waiting = || waiting_line(item, &entries).ok_or_else(nothing_waits);
    let said = Said { state, by, now };
    match seen.case.state() {
        State::Approved => said.instead(db, (waiting()?, COUNTED_BY_OFFICE), |word, line| word.counts(line)),
        State::Refused => said.taken_back(db, (waiting()?, REFUSED_BY_OFFICE)),
        // What was taken back for another reason since stays so.
        State::Revoked => match line_counted_by_office(item, &entries) {
            Some(line) => said.instead(db, (line, COUNTING_REVOKED), |word, line| word.waits_again(line)),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn nothing_waits() -> Problem {
    let words = Text::new(
        "该项学时已被冲销或更正，不再待核；本事项随后自动终止",
        "the hours were taken back or corrected meanwhile and wait no longer; the case ends by itself soon",
    );
    Problem::new(Kind::ReviewNotNow).detail(words)
}

/// In whose name, and when.
struct Said<'a> {
    state: &'a AppState,
    by: &'a str,
    now: OffsetDateTime,
}

impl Said<'_> {
    fn reversal(&self, (line, reason_code): (&Entry, &str)) -> Entry {
        line.reversal(EntryId::from_uuid(self.state.new_id()), reason_code, self.now, self.by)
    }

    fn taken_back(&self, db: &mut Db, what: (&Entry, &str)) -> Result<(), Problem> {
        let reversal = self.reversal(what);
        insert_entries(db, std::slice::from_ref(&reversal))?;
        record(db, self.now, vec![Happened::reversed(&reversal)])
    }

    /// Takes a line back, and lets another one stand in its place.
    fn instead(
        &self,
        db: &mut Db,
        what: (&Entry, &str),
        says: impl Fn(&OfficeWord<'_>, &Entry) -> Entry,
    ) -> Result<(), Problem> {
        let line = what.0;
        let last = said_anew(db, &[line])?;
        let missing = || Problem::internal(format!("no decision over the item of {}", line.id));
        let decision_number = last.number(line).ok_or_else(missing)?;
        let id = EntryId::from_uuid(self.state.new_id());
        let word = OfficeWord { id, decision_number, at: self.now, by: self.by };
        let (reversal, next) = (self.reversal(what), says(&word, line));
        insert_entries(db, &[reversal.clone(), next.clone()])?;
        let outcome = last.keep_word(db, &next)?;
        let told = Happened { outcome: Some(outcome), ..Happened::said_anew(&next) };
        record(db, self.now, vec![Happened::reversed(&reversal), told])
    }
}
