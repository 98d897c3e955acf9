//! What follows when an office decides about hours that wait: they count, or they are taken back; and when it takes that back, they wait
//! again. The item gets a further decision where the answer about it becomes another.

use super::shown::about;
use crate::{
    changes::{Happened, record},
    completions::{hold_items, redraw, said_anew},
    problem::{Kind, Problem},
    recognition::case::Seen,
    registry::hold_kin,
    state::AppState,
    text::Text,
};
use domain::{
    hour_ledger::{
        COUNTED_BY_OFFICE, COUNTING_REVOKED, Entry, OfficeWord, REFUSED_BY_OFFICE, line_counted_by_office, waiting_line,
    },
    kernel::{Citation, CompletionId, EntryId, LearnerId},
    review::{State, What},
};
use store::{
    Db,
    hour_ledger::{entries_of_many, insert_entries},
};
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
    let files = match seen.case.state() {
        State::Approved | State::Refused => seen.files.clone(),
        // They may have gone back since, with the undoing of a merge, into a file that the case does not know.
        State::Revoked => hold_kin(db, &[seen.learner.id])?,
        _ => return Ok(()),
    };
    let item = about(db, seen)?;
    let entries = held(db, item, &files)?;
    let waiting = || waiting_line(item, &entries).ok_or_else(nothing_waits);
    let said = Said { state, by, now };
    match seen.case.state() {
        State::Approved => {
            let line = waiting()?;
            let counts = said.instead(db, (line, COUNTED_BY_OFFICE), |word, line| word.counts(line))?;
            redraw(db, state, (counts.learner, vec![&counts]), (by, now))
        }
        State::Refused => match seen.case.settled().map(|event| &event.what) {
            Some(What::Refused { clause, .. }) => said.refused(db, waiting()?, clause),
            _ => Err(Problem::internal(format!("{} was refused by no clause", seen.case.opening().id))),
        },
        // What was taken back for another reason since stays so; said anew, it waits again.
        State::Revoked => match line_counted_by_office(item, &entries) {
            Some(line) => said.instead(db, (line, COUNTING_REVOKED), |word, line| word.waits_again(line)).map(|_| ()),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// All lines of these files. The item is held: whoever replaces it, or finds its hours false, waits for this transaction, or was before it.
fn held(db: &mut Db, item: CompletionId, files: &[LearnerId]) -> Result<Vec<Entry>, Problem> {
    let before = entries_of_many(db, files, None, None)?;
    hold_items(db, &before.iter().filter(|line| line.completion == Some(item)).take(1).collect::<Vec<_>>())?;
    Ok(entries_of_many(db, files, None, None)?)
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

    /// Takes back a line that waited. Its item says from now on that the office does not count it, and by which clause.
    fn refused(&self, db: &mut Db, line: &Entry, clause: &Citation) -> Result<(), Problem> {
        let last = said_anew(db, &[line])?;
        let reversal = self.reversal((line, REFUSED_BY_OFFICE));
        insert_entries(db, std::slice::from_ref(&reversal))?;
        let outcome = last.keep_refusal(db, line, (clause, self.now))?;
        let item = line.platform.zip(line.external_id.as_deref());
        let told = item.map(|item| Happened::decided(item, Some(line.learner), outcome).over(line));
        record(db, self.now, [Happened::reversed(&reversal)].into_iter().chain(told).collect())
    }

    /// Takes a line back, and lets another one stand in its place, which is answered.
    fn instead(
        &self,
        db: &mut Db,
        what: (&Entry, &str),
        says: impl Fn(&OfficeWord<'_>, &Entry) -> Entry,
    ) -> Result<Entry, Problem> {
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
        record(db, self.now, vec![Happened::reversed(&reversal), told])?;
        Ok(next)
    }
}
