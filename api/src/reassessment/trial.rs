//! What a reassessment would change, for some people at a time: it is done to them as the runner would do it, what became of them is counted,
//! and all of it is undone.

use super::{
    body::{
        ChangeCount, TrialBody, TrialChange, TrialExample, TrialInput, TrialRecognitions, TrialVerdicts, TrialWorth,
    },
    run::looked_at,
    service::published,
};
use crate::{
    auth::Permission,
    completions::reassess::{Became, Reassessing, Worth, reassess},
    extract::{Page, Paged, Unjudged},
    hour_ledger::{Row, Sight, people},
    lane::Ticket,
    problem::Problem,
    quota, recognition,
    state::AppState,
    wire::PlaceRef,
};
use actix_web::web::Data;
use domain::{
    completions::Outcome,
    hour_ledger::{Basis, Entry, EntryKind, Question, Verdict, standing},
    kernel::{CaseId, EntryId, Hours, LearnerId, PolicyId},
    policy::{Policy, RuleBook},
    registry::LearnerFacts,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{
    Db, StoreError,
    hour_ledger::entries_of_many,
    registry::{load_learner_facts, persons},
};
use time::{Date, OffsetDateTime};

/// How many people are looked at where nothing is said.
const PEOPLE: u16 = 100;
/// How many examples of each change are given.
const EXAMPLES: usize = 3;
/// A person is worth so many in a question about standings: each item is decided anew.
const WORTH: usize = 5;

/// A transaction that ends in a rollback although nothing failed.
enum Ended {
    Failed(Problem),
    Tried(Box<(TrialBody, Vec<LearnerId>)>),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

pub(super) async fn validate(
    state: &Data<AppState>,
    (permission, ticket): (Permission, Ticket),
    id: PolicyId,
    input: Unjudged<TrialInput>,
) -> Result<TrialBody, Problem> {
    let most: usize = input.as_read().limit.unwrap_or(PEOPLE).into();
    state.quotas.spend_on_body(&permission.signature(), quota::many(most.saturating_mul(WORTH)))?;
    let (shared, place, asking) = (state.clone(), ticket.enter().await?, permission.clone());
    let ended = state.store.write(move |db| {
        let (_held, now) = (&place, shared.clock.now());
        let tried = answer(db, &shared, (&asking, now), (id, &input))?;
        Err::<(), _>(Ended::Tried(Box::new(tried)))
    });
    match ended.await {
        Err(Ended::Tried(tried)) => {
            let (told, shown) = *tried;
            state.journal.shown_among(&permission, shown, state.clock.now())?;
            Ok(told)
        }
        Err(Ended::Failed(problem)) => Err(problem),
        Ok(()) => Err(Problem::internal("a rehearsal was kept")),
    }
}

fn answer(
    db: &mut Db,
    state: &AppState,
    (permission, now): (&Permission, OffsetDateTime),
    (id, input): (PolicyId, &Unjudged<TrialInput>),
) -> Result<(TrialBody, Vec<LearnerId>), Problem> {
    let book = state.rule_books.current(db)?;
    let policy = input.after(published(db, (permission, &book), id))?;
    let page = input.judged(|input, faults| {
        let page = Page::of_body(&["reassessment", &id.to_string()], None, input.cursor.clone());
        let mut page = page.map_err(|found| faults.extend(found)).ok();
        page.iter_mut().for_each(|page| page.limit = input.limit.unwrap_or(PEOPLE));
        Ok(page)
    })?;
    let place = &policy.rules.policy.place;
    let places = BTreeSet::from_iter(book.places().subtree(place));
    let after: Option<Row> = page.after()?;
    let rows = people(db, &places, after.as_ref(), page.fetch())?;
    let Paged { items: rows, next_cursor } = Paged::new(&page, rows, Clone::clone);
    let mut own = looked_at(db, &rows, &places)?;
    let known: BTreeSet<LearnerId> = persons(db, &own)?.into_iter().map(|person| person.learner_id).collect();
    own.retain(|id| known.contains(id));
    let before = by_learner(entries_of_many(db, &own, None, None)?);
    let recognitions = recognitions(db, (&book, &policy), before.values().flatten())?;
    let mut tried = Tried { people: own.len(), ..Tried::default() };
    tried.decide(db, state, &own, Reassessing { policy: id, by: &permission.signature(), now })?;
    let seeing = Seeing { permission, book: &book, today: state.clock.today() };
    let changed: Vec<LearnerId> = BTreeSet::from_iter(tried.became.iter().map(|one| one.learner)).into_iter().collect();
    let facts: HashMap<LearnerId, LearnerFacts> =
        load_learner_facts(db, &changed)?.into_iter().map(|facts| (facts.id, facts)).collect();
    let entries = by_learner(entries_of_many(db, &changed, None, None)?);
    let verdicts = seeing.verdicts(&facts, (&before, &entries));
    let (kinds, shown) = seeing.kinds(&facts, &tried.became);
    let body = TrialBody {
        policy_id: id,
        place: PlaceRef::of(book.places(), place, seeing.today),
        people: tried.people,
        items: tried.items,
        unchanged: tried.items.saturating_sub(tried.became.len()),
        changed: kinds,
        verdicts,
        recognitions,
        next_cursor,
    };
    Ok((body, shown))
}

/// The lines of people.
type Ledgers = HashMap<LearnerId, Vec<Entry>>;

fn by_learner(entries: Vec<Entry>) -> Ledgers {
    let mut of = Ledgers::new();
    for line in entries {
        of.entry(line.learner).or_default().push(line);
    }
    of
}

/// What was found so far.
#[derive(Default)]
struct Tried {
    people: usize,
    items: usize,
    became: Vec<Became>,
}

impl Tried {
    /// Decides all items of these people anew.
    fn decide(
        &mut self,
        db: &mut Db,
        state: &AppState,
        people: &[LearnerId],
        of: Reassessing<'_>,
    ) -> Result<(), Problem> {
        let mut after = None;
        loop {
            let looked = reassess(db, state, (people, after.as_ref()), of)?;
            self.items += looked.items;
            self.became.extend(looked.became);
            match looked.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}

/// How many recognitions stand that another version credited and this one governs now, and how many of these it would credit otherwise.
fn recognitions<'e>(
    db: &mut Db,
    (book, policy): (&RuleBook, &Policy),
    lines: impl Iterator<Item = &'e Entry> + Clone,
) -> Result<TrialRecognitions, Problem> {
    let gone: BTreeSet<EntryId> = lines.clone().filter_map(|line| line.reverses).collect();
    let governs = |line: &Entry| {
        let resolution = book.resolve(&line.place, line.year, None);
        resolution.in_force().is_some_and(|found| found.id == policy.id)
    };
    let stands = |line: &&Entry| line.kind != EntryKind::Reversal && !gone.contains(&line.id);
    let mut cases: BTreeSet<CaseId> = BTreeSet::new();
    for line in lines.filter(stands).filter(|line| line.policy != Some(policy.id) && governs(line)) {
        let recognised = line.ground.as_ref().filter(|ground| ground.basis == Basis::Recognition);
        cases.extend(recognised.map(|ground| ground.case));
    }
    let mut found = TrialRecognitions::default();
    for case in cases {
        found.credited += 1;
        found.otherwise += u32::from(recognition::worth_otherwise(db, &policy.rules, case)?);
    }
    Ok(found)
}

/// As whom, and when, what came of it is looked at.
struct Seeing<'s> {
    permission: &'s Permission,
    book: &'s RuleBook,
    today: Date,
}

impl Seeing<'_> {
    fn sight<'f>(&'f self, facts: &'f LearnerFacts) -> Sight<'f> {
        Sight::of(self.permission, self.book.places(), facts, self.today)
    }

    fn verdict(&self, learner: &LearnerFacts, year: i32, entries: &[Entry]) -> Verdict {
        let Self { book, today, .. } = *self;
        standing(&Question { book, learner, year, entries, today, known_at: None }).verdict
    }

    /// The years of these people, as far as the caller sees them, whose verdict would be another one.
    fn verdicts(
        &self,
        people: &HashMap<LearnerId, LearnerFacts>,
        (before, after): (&Ledgers, &Ledgers),
    ) -> Vec<TrialVerdicts> {
        let mut changed: BTreeMap<(Verdict, Verdict), u32> = BTreeMap::new();
        for (id, facts) in people {
            let (Some(after), sight) = (after.get(id), self.sight(facts)) else { continue };
            let before = before.get(id).map_or(&[][..], Vec::as_slice);
            let years: BTreeSet<i32> = after.iter().map(|line| line.year).collect();
            for year in years.into_iter().filter(|year| sight.sees(*year)) {
                let verdicts = (self.verdict(facts, year, before), self.verdict(facts, year, after));
                if verdicts.0 != verdicts.1 {
                    *changed.entry(verdicts).or_default() += 1;
                }
            }
        }
        let told = |((before, after), years)| TrialVerdicts { before, after, years };
        changed.into_iter().map(told).collect()
    }

    /// The kinds of change with examples, and whom these show.
    fn kinds(
        &self,
        people: &HashMap<LearnerId, LearnerFacts>,
        became: &[Became],
    ) -> (Vec<TrialChange>, Vec<LearnerId>) {
        let mut kinds: BTreeMap<(Outcome, Outcome), TrialChange> = BTreeMap::new();
        let mut shown: BTreeSet<LearnerId> = BTreeSet::new();
        for one in became {
            let (before, after) = (one.before.outcome, one.after.outcome);
            let none = Hours::ZERO;
            let count = ChangeCount { before, after, items: 0, hours_before: none, hours_after: none };
            let kind = kinds.entry((before, after)).or_insert_with(|| TrialChange { count, examples: Vec::new() });
            kind.count.items += 1;
            kind.count.hours_before = [kind.count.hours_before, one.before.hours].into_iter().sum();
            kind.count.hours_after = [kind.count.hours_after, one.after.hours].into_iter().sum();
            let years: Vec<i32> = [one.before.year, one.after.year].into_iter().flatten().collect();
            let sight = people.get(&one.learner).map(|facts| self.sight(facts));
            let sees = sight.is_some_and(|sight| sight.is_whole() || years.iter().any(|year| sight.sees(*year)));
            if sees && kind.examples.len() < EXAMPLES {
                let _ = shown.insert(one.learner);
                kind.examples.push(example(one));
            }
        }
        (kinds.into_values().collect(), shown.into_iter().collect())
    }
}

fn example(one: &Became) -> TrialExample {
    let worth = |worth: Worth| TrialWorth { year: worth.year, hours: worth.hours };
    TrialExample {
        learner_id: one.learner,
        platform_id: one.platform,
        external_id: one.external_id.clone(),
        before: worth(one.before),
        after: worth(one.after),
        reasons: one.reasons.clone(),
    }
}
