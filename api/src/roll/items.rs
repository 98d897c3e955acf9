//! Putting people on a roll, many at once: rehearsed, or with their lines written in the transaction of the answer.

use super::{
    found::{Outcome, Outcomes, RollItemCounts},
    office::{is_anothers, is_own, reaches, was_of},
    said::{Reading, RollItemInput, Said},
    service::{spoken_for, still_stands},
};
use crate::{
    audit::Recording,
    auth::Permission,
    bulk::Sent,
    changes::{Happened, record},
    extract::Unjudged,
    lane::Ticket,
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::{
    hour_ledger::Entry,
    kernel::{CaseId, EntryId, LearnerId, PersonName},
    policy::RuleBook,
    recognition::Listing,
    registry::LearnerFacts,
    roll::{self, Decided, Item, Listed, Person},
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};
use store::{
    Db,
    hour_ledger::{insert_entries, lines_on_rolls},
    registry::{Holder, find_by_identifier, hold_learners, load_learner_facts, names_of_holders},
    roll::{HeldFor, Roll, find_rolls, hold_roll},
    whole_micros,
};
use time::{Date, OffsetDateTime};

/// A chunk as it comes in.
pub(super) type Chunk = Vec<Sent<Unjudged<RollItemInput>>>;

/// What a rehearsal would have written so far, by person.
pub(super) type Pending = Arc<Mutex<HashMap<LearnerId, Vec<Entry>>>>;

/// An item as far as it can be read without the database.
#[derive(Clone)]
struct Prepared {
    at: u32,
    read: Result<Said, Vec<FieldError>>,
}

/// A roll to which people are put, by whom and when.
#[derive(Clone)]
pub(super) struct Desk {
    state: Data<AppState>,
    permission: Permission,
    roll: Roll,
    now: OffsetDateTime,
    today: Date,
}

impl Desk {
    /// Looks the roll up, and whether the caller may speak by it.
    ///
    /// # Errors
    /// `not_found`, `not_the_listing_authority`, `roll_reversed`.
    pub(super) async fn open(state: &Data<AppState>, permission: Permission, id: CaseId) -> Result<Self, Problem> {
        let (shared, by) = (state.clone(), permission.clone());
        let read = move |db: &mut Db| {
            let book = shared.rule_books.current(db)?;
            let roll = spoken_for(db, &by, &book, id)?;
            still_stands(&roll)?;
            Ok::<_, Problem>(roll)
        };
        let roll = state.store.read(read).await?;
        let (now, today) = (whole_micros(state.clock.now()), state.clock.today());
        Ok(Self { state: state.clone(), permission, roll, now, today })
    }

    fn at_present(&self) -> Self {
        let (now, today) = (whole_micros(self.state.clock.now()), self.state.clock.today());
        Self { now, today, ..self.clone() }
    }

    fn prepared(&self, chunk: Chunk) -> Vec<Prepared> {
        let reading = Reading { keys: &self.state.keys, kind: self.roll.kind, today: self.today };
        chunk.into_iter().map(|sent| Prepared { at: sent.at, read: reading.item(&sent.item) }).collect()
    }

    /// Writes a chunk in one transaction.
    pub(super) async fn keep(&self, ticket: &Ticket, chunk: Chunk) -> Result<Outcomes, Problem> {
        self.state.quotas.may_try(&self.permission.signature())?;
        let (desk, chunk, place) = (self.clone(), self.prepared(chunk), ticket.enter().await?);
        let write = move |db: &mut Recording<'_>| {
            let _held = &place;
            // A body may take long to come in: each chunk is written at its own moment.
            let desk = desk.at_present();
            let Desk { state, permission, roll, now, .. } = &desk;
            hold_roll(db, roll.roll_id, HeldFor::Adding)?;
            let book = state.rule_books.current(db)?;
            still_stands(&spoken_for(db, permission, &book, roll.roll_id)?)?;
            let mut known = Known::load(db, &desk, (&book, &chunk), true)?;
            let (outcomes, lines) = desk.decide(&book, &mut known, &chunk);
            // Before anything of it is kept: where it tries more than is left, nothing is told, however many chunks come in at once.
            state.quotas.tried(&permission.signature(), unknown(&outcomes))?;
            insert_entries(db, &lines)?;
            record(db, *now, lines.iter().map(Happened::listed).collect())?;
            let _ = db.after("roll", roll.roll_id, RollItemCounts::of(&outcomes));
            Ok(outcomes)
        };
        self.state.write(self.permission.author(), write).await
    }

    /// Answers what would become of a chunk. What would have been written before it is `pending`, and what would be now is added.
    /// Who is found by it is looked at, and that is recorded: it tells whose documents are registered, and would leave no other trace.
    pub(super) async fn rehearse(&self, ticket: &Ticket, pending: &Pending, chunk: Chunk) -> Result<Outcomes, Problem> {
        self.state.quotas.may_try(&self.permission.signature())?;
        let (desk, chunk, before) = (self.clone(), self.prepared(chunk), Arc::clone(pending));
        let place = ticket.enter().await?;
        let read = move |db: &mut Db| {
            let _held = &place;
            let book = desk.state.rule_books.current(db)?;
            let mut known = Known::load(db, &desk, (&book, &chunk), false)?;
            known.add(&before);
            let (outcomes, lines) = desk.decide(&book, &mut known, &chunk);
            Ok::<_, Problem>((outcomes, lines, known.seen))
        };
        let (outcomes, lines, seen) = self.state.store.read(read).await?;
        self.state.journal.shown_among(&self.permission, seen, self.state.clock.now())?;
        self.state.quotas.tried(&self.permission.signature(), unknown(&outcomes))?;
        let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
        for line in lines {
            pending.entry(line.learner).or_default().push(line);
        }
        Ok(outcomes)
    }

    /// What becomes of the items of a chunk in order, and the lines that are to be written.
    fn decide(&self, book: &RuleBook, known: &mut Known, chunk: &[Prepared]) -> (Outcomes, Vec<Entry>) {
        let (mut outcomes, mut written) = (Vec::with_capacity(chunk.len()), Vec::new());
        for one in chunk {
            let outcome = match &one.read {
                Err(faults) => Outcome::Malformed(faults.clone()),
                Ok(said) => self.outcome(book, known, said, &mut written),
            };
            outcomes.push((one.at, outcome));
        }
        (outcomes, written)
    }

    fn outcome(&self, book: &RuleBook, known: &mut Known, said: &Said, written: &mut Vec<Entry>) -> Outcome {
        let (caller, places) = (self.permission.caller(), book.places());
        let found = known.people.get_mut(&said.hash).filter(|found| !found.names.is_empty());
        let found = found.filter(|found| {
            let then = said.past_year.as_ref().is_some_and(|past| was_of(places, &self.roll, &found.facts, past.year));
            then || reaches(caller, places, &self.roll, &found.facts, self.today)
        });
        let Some(found) = found else { return Outcome::UnknownPerson };
        known.seen.insert(found.facts.id);
        if !found.names.iter().any(|name| name.matches(&said.name)) {
            return Outcome::OtherName;
        }
        if let Some(past) = &said.past_year
            && is_anothers(caller, book, &found.facts, past.year)
        {
            let words = Text::new(
                "该年度属于其他地区，按其规则计算，由其证明",
                "the year is another place's, which has rules for it and attests it",
            );
            return Outcome::Malformed(vec![FieldError::new("/year", Kind::OutsidePlace.slug(), words)]);
        }
        let learner = found.facts.id;
        let entries = known.entries.entry(learner).or_default();
        let person = Person { book, learner: &found.facts, entries, today: self.today };
        let listed = self.listed();
        let item = match (&listed, &said.past_year) {
            (Some(listed), _) => Item::Listed(listed),
            (None, Some(past)) => Item::PastYear(past),
            (None, None) => return Outcome::UnknownPerson,
        };
        let by = self.permission.signature();
        let saying = roll::Said { roll: self.roll.roll_id, at: self.now, by: &by };
        match roll::decide(&person, item, &saying, &mut || EntryId::from_uuid(self.state.new_id())) {
            Decided::Written(lines) => {
                entries.extend(lines.iter().cloned());
                written.extend(lines);
                Outcome::Created(learner)
            }
            Decided::Unchanged => Outcome::Unchanged(learner),
            Decided::Otherwise(fields) => Outcome::Otherwise(learner, fields),
            Decided::OnAnother(roll) => Outcome::OnAnother(learner, known.others.contains(&roll).then_some(roll)),
            Decided::Refused(reasons) => Outcome::Refused(learner, reasons),
        }
    }

    /// What standing on it says; none of a roll of past years, whose items say it.
    fn listed(&self) -> Option<Listed> {
        let (kind, year) = self.roll.exemption.clone().zip(self.roll.year)?;
        Some(Listed { listing: Listing { kind, year }, list_by: self.roll.attested_by.clone() })
    }
}

/// What is known of the people whom a chunk names.
struct Known {
    /// By the hashes of their documents.
    people: HashMap<String, Found>,
    /// What rolls say of them.
    entries: HashMap<LearnerId, Vec<Entry>>,
    /// Those of these rolls that the caller may open.
    others: HashSet<CaseId>,
    /// Who was found by what was sent, whatever became of it: that a document is registered is told by any outcome but one.
    seen: HashSet<LearnerId>,
}

struct Found {
    /// Under which the person is known: several where files were joined, none where they were erased.
    names: Vec<PersonName>,
    facts: LearnerFacts,
}

impl Known {
    /// Loads it by a handful of queries. Who is written of is held first, so that of two rolls at once the second sees the first, and
    /// nobody is written of who is being erased or whose file is going over into another.
    fn load(db: &mut Db, desk: &Desk, (book, chunk): (&RuleBook, &[Prepared]), held: bool) -> Result<Self, Problem> {
        let hashes: HashSet<&str> =
            chunk.iter().filter_map(|one| one.read.as_ref().ok()).map(|said| said.hash.as_str()).collect();
        let hashes: Vec<&str> = hashes.into_iter().collect();
        let mut found = find_by_identifier(db, &hashes)?;
        let ids = |found: &[Holder]| found.iter().map(|holder| holder.learner).collect::<BTreeSet<LearnerId>>();
        let mut holds = BTreeSet::new();
        // A file that went over into another while this waited for it leads to that one, which is held then as well.
        while held && !ids(&found).is_subset(&holds) {
            holds.extend(ids(&found));
            if !hold_learners(db, &Vec::from_iter(ids(&found)))? {
                break;
            }
            found = find_by_identifier(db, &hashes)?;
        }
        let ids: Vec<LearnerId> = found.iter().map(|holder| holder.learner).collect();
        let mut entries: HashMap<LearnerId, Vec<Entry>> = HashMap::new();
        for line in lines_on_rolls(db, &ids)? {
            entries.entry(line.learner).or_default().push(line);
        }
        let lines = entries.values().flatten().filter_map(|line| line.ground.as_ref());
        let cases: BTreeSet<CaseId> =
            lines.map(|ground| ground.case).filter(|case| *case != desk.roll.roll_id).collect();
        let rolls = find_rolls(db, &Vec::from_iter(cases))?.into_iter();
        let own = rolls.filter(|roll| is_own(desk.permission.caller(), book.places(), roll));
        let others = own.map(|roll| roll.roll_id).collect();
        let names = names_of_holders(db, &found, &[])?;
        let mut people = HashMap::new();
        for (Holder { hash, learner, .. }, facts) in found.into_iter().zip(load_learner_facts(db, &ids)?) {
            let names = names.get(&learner).into_iter().flatten().cloned().map(PersonName::from_stored).collect();
            people.insert(hash, Found { names, facts });
        }
        Ok(Self { people, entries, others, seen: HashSet::new() })
    }

    /// Adds what would have been written of these people before.
    fn add(&mut self, pending: &Pending) {
        let pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
        let people: HashSet<LearnerId> = self.people.values().map(|found| found.facts.id).collect();
        for (learner, lines) in people.into_iter().filter_map(|id| pending.get_key_value(&id)) {
            self.entries.entry(*learner).or_default().extend(lines.iter().cloned());
        }
    }
}

/// How many of them name nobody whom the caller may put there, or somebody by another name: whose a number is, and how they are called, must
/// not be found by trying.
fn unknown(outcomes: &Outcomes) -> usize {
    outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::UnknownPerson | Outcome::OtherName)).count()
}
