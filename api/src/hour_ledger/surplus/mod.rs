//! Surplus of a year that serves others: proposed, rehearsed, allocated and taken back.
//!
//! What may be transferred is decided in `domain::hour_ledger`. An allocation is its lines in the ledger, which name it; there is no
//! other row. It rests on all of a person's lines, so the person is held while it is made.

mod asked;
mod body;
mod refused;
mod v1;

pub(super) use v1::{
    allocate_surplus, list_surplus_allocations, reverse_surplus_allocation, validate_surplus_allocation,
};

use super::{
    service::{About, Asking, person, still_open},
    sight::{Mask, Sight},
};
use crate::{
    audit::Recording,
    auth::Caller,
    changes::{self, Happened},
    extract::{Faults, Page, Paged, Unjudged},
    idempotency::Made,
    policy::PolicySummary,
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::Text,
    wire::PlaceRef,
};
use actix_web::web::Data;
use asked::{AllocationInput, AllocationReversalInput, Wanted, YearHours};
use body::{AllocationBody, Kept, OutcomeBody, TransferBody, YearBody};
use domain::{
    hour_ledger::{self, Allocating, Entry, EntryKind, Gap, NotSpread, Origins, Said, Spreading, Transfer, spreading},
    kernel::{CaseId, CourseId, EntryId, LearnerId, PlatformId, last_day},
};
use refused::{clauses, not_allowed};
use std::collections::BTreeSet;
use store::{
    Db,
    hour_ledger::{entries_of_many, insert_entries},
    registry::{Held, courses_by_id, hold, persons, platform_facts_many},
};

/// The reason code of lines that an allocation is taken back by.
const WITHDRAWN: &str = hour_ledger::ALLOCATION_WITHDRAWN;

/// So many allocations of their own learners make, those taken back among them: each standing is counted over their lines. An office may make
/// further ones.
const MOST_ALLOCATIONS: usize = 100;

/// Someone with all lines, whose business the caller may see to as a whole.
struct Ledger {
    about: About,
    entries: Vec<Entry>,
}

impl Ledger {
    fn open(db: &mut Db, state: &AppState, asking: &Asking, learner: LearnerId) -> Result<Self, Problem> {
        let about = person(db, state, learner)?;
        asking.about(learner)?;
        let sight = Sight::of(&asking.permission, about.book.places(), &about.facts, asking.today);
        asking.permission.require_file(sight.is_whole(), learner)?;
        still_open(&about.facts)?;
        still_known(db, learner)?;
        state.journal.shown(&asking.permission, [learner], state.clock.now())?;
        let mut entries = entries_of_many(db, &[learner], None, None)?;
        let hidden = asking.hidden(db, &[learner])?;
        entries.retain(|line| !hidden.contains(&line.id));
        entries.sort_by_key(|line| line.id);
        Ok(Self { about, entries })
    }

    /// What comes of what is asked. Refusals that the body has no part in are told where nothing is wrong with it.
    fn decide(
        &self,
        db: &mut Db,
        asking: &Asking,
        input: &Unjudged<AllocationInput>,
        (case, state): (CaseId, &AppState),
    ) -> Result<Decided, Problem> {
        let from_year = input.as_read().from_year;
        input.after_named(&["/from_year"], self.office_of(asking, from_year))?;
        let origins = origins(db, &self.entries, from_year)?;
        input.judged(|input, faults| {
            let mut wanted = input.read(&asking.permission, faults);
            self.attested_elsewhere(asking, &wanted, faults);
            let attested = wanted.attested.clone();
            let allocating = Allocating {
                book: &self.about.book,
                learner: &self.about.facts,
                from_year: wanted.from_year,
                entries: &self.entries,
                origins: &origins,
                attested: &attested,
                today: asking.today,
            };
            let spread = match spreading(&allocating) {
                Ok(spread) => spread,
                Err(why) => return Ok(self.not_spread(asking, wanted.from_year, why, faults).map(Err)),
            };
            asked::attested_in_vain(&mut wanted, &spread, faults);
            let chosen = wanted.judged();
            let transfers = match spread.transfers(wanted.from_year, &self.entries, chosen.as_deref()) {
                Ok(transfers) => transfers,
                Err(found) => {
                    faults.extend(not_allowed(&wanted, &spread, found));
                    return Ok(None);
                }
            };
            let by = asking.permission.signature();
            let (policy, learner) = (spread.policy.id, &self.about.facts);
            let said = Said { case, policy, learner, at: state.clock.now(), by: &by };
            let line = |transfer: &Transfer| {
                let drawn = self.entries.iter().find(|line| line.id == transfer.line)?;
                Some(transfer.line(EntryId::from_uuid(state.new_id()), drawn, &said))
            };
            let lines: Vec<Entry> = transfers.iter().filter_map(line).collect();
            let after = [&self.entries[..], &lines].concat();
            let left = spreading(&Allocating { entries: &after, ..allocating }).map(|after| after.gaps);
            Ok(Some(Ok(Decided { spread, lines, after, left: left.unwrap_or_default(), wanted })))
        })?
    }

    /// The decision on the wire, with both ends of it before and after.
    fn outcome(&self, asking: &Asking, decided: &Decided, allocation: Option<AllocationBody>) -> OutcomeBody {
        let About { book, facts, .. } = &self.about;
        let (policy, wanted, wording) = (&decided.spread.policy, &decided.wanted, asking.wording(book));
        let surplus = policy.rules.surplus.as_ref();
        let served = surplus.map(|surplus| surplus.into_years.clone()).unwrap_or_default();
        let year = |year: i32| {
            let summary = |entries: &[Entry]| wording.summary(facts, &asking.ask(book, facts, year, entries));
            YearBody { before: summary(&self.entries), after: summary(&decided.after) }
        };
        let kept = allocation.is_some();
        let transfer = |line: &Entry| {
            let (counts, is_kept) = (line.hours, kept);
            Some(TransferBody::of(line, line.drawn()?, Kept { is_kept, counts }, wording))
        };
        OutcomeBody {
            allocation,
            transfers: decided.lines.iter().filter_map(transfer).collect(),
            policy: PolicySummary::of(policy, book.places()),
            clauses: surplus.map(|surplus| clauses(&surplus.cite.0)).unwrap_or_default(),
            years: [wanted.from_year].into_iter().chain(served).map(year).collect(),
            gaps_left: decided.left.iter().map(YearHours::of).collect(),
            attested: wanted.attested.iter().map(YearHours::of).collect(),
            reference: wanted.reference.clone(),
        }
    }

    /// Refuses an officer what is the business of the office that answered for the person in that year.
    fn office_of(&self, asking: &Asking, year: i32) -> Result<(), Problem> {
        let About { book, facts, .. } = &self.about;
        match facts.place_on(last_day(year).min(asking.today), None) {
            Some(place) if matches!(asking.permission.caller(), Caller::Official { .. }) => {
                asking.permission.require_office(book.places(), place)
            }
            _ => Ok(()),
        }
    }

    /// What a year lacked that no rules speak of, only the office attests that answered for the person then.
    fn attested_elsewhere(&self, asking: &Asking, wanted: &Wanted, faults: &mut Faults<'_>) {
        let About { book, facts, .. } = &self.about;
        if !matches!(asking.permission.caller(), Caller::Official { .. }) {
            return;
        }
        for (index, gap) in wanted.attested.iter().enumerate() {
            let Some(place) = facts.place_on(last_day(gap.year).min(asking.today), None) else { continue };
            if !asking.permission.covers_place(book.places(), place) {
                let outside = asking.permission.outside(book.places(), place);
                faults.add_error(outside.fault(&format!("/attested/{index}/year")));
            }
        }
    }

    /// Why the surplus of the year serves no other: a fault of the body where no rules are in force for the year, else a refusal.
    fn not_spread(&self, asking: &Asking, year: i32, why: NotSpread, faults: &mut Faults<'_>) -> Option<Problem> {
        let places = self.about.book.places();
        match why {
            NotSpread::NoRule { place } => {
                let called =
                    place.map(|place| PlaceRef::of(places, &place, last_day(year).min(asking.today)).in_words());
                let called = called.unwrap_or_else(|| Text::new("该人员的地区", "the person's place"));
                let words = Text::new(
                    format!("{}没有 {year} 年度的规则", called.zh),
                    format!("{} has no rule in force for {year}", called.en),
                );
                faults.add("/from_year", "no_rule_in_force", words);
                None
            }
            NotSpread::TwoPlaces { places: of_year } => {
                let words = Text::new(
                    "该年度人事隶属在两地，适用何地的规则由主管部门决定",
                    "the person was in places under different rules that year: an office decides by which it is counted",
                );
                let of_year: Vec<_> = of_year.iter().map(|place| PlaceRef::of(places, place, last_day(year))).collect();
                faults.add_error(FieldError::new("/from_year", "two_places", words).with("places", of_year));
                None
            }
            NotSpread::NotCarried { policy, cite } => Some(
                Problem::new(Kind::SurplusNotCarried)
                    .with("policy", PolicySummary::of(&policy, places))
                    .with("clauses", clauses(&cite)),
            ),
        }
    }

    /// The allocations among some lines, with what counts of them beside all of these.
    fn shown(&self, asking: &Asking, lines: &[Entry], beside: &[Entry]) -> Vec<AllocationBody> {
        let About { book, facts, .. } = &self.about;
        let years: BTreeSet<i32> = lines.iter().filter(|line| line.drawn().is_some()).map(|line| line.year).collect();
        let standings = years.into_iter().map(|year| asking.ask(book, facts, year, beside));
        let counts = standings.flat_map(|standing| standing.counted).map(|line| (line.entry, line.hours)).collect();
        AllocationBody::all(lines, &counts, (Mask::of(asking.permission.caller()), asking.wording(book)))
    }

    /// Refuses a learner of whom no further allocation is kept; the office may still help.
    fn not_too_many(&self, asking: &Asking) -> Result<(), Problem> {
        if self.cases().len() < MOST_ALLOCATIONS || matches!(asking.permission.caller(), Caller::Official { .. }) {
            return Ok(());
        }
        Err(Problem::new(Kind::TooManyAllocations).with("most", MOST_ALLOCATIONS))
    }

    /// The allocations, those taken back among them, in the order in which they were made.
    fn cases(&self) -> BTreeSet<CaseId> {
        let of_surplus = self.entries.iter().filter(|line| line.drawn().is_some());
        of_surplus.filter_map(|line| line.ground.as_ref()).map(|ground| ground.case).collect()
    }

    /// The lines of an allocation, with what took them back.
    fn allocation(&self, case: CaseId) -> Vec<Entry> {
        let of_case =
            |line: &&Entry| line.ground.as_ref().is_some_and(|ground| ground.case == case && ground.drawn.is_some());
        self.entries.iter().filter(of_case).cloned().collect()
    }
}

/// What comes of an allocation.
struct Decided {
    wanted: Wanted,
    spread: Spreading,
    lines: Vec<Entry>,
    after: Vec<Entry>,
    left: Vec<Gap>,
}

/// Where the lines of a year come from.
fn origins(db: &mut Db, entries: &[Entry], year: i32) -> Result<Origins, Problem> {
    let of_year = || entries.iter().filter(|line| line.year == year);
    let courses: BTreeSet<CourseId> = of_year().filter_map(|line| line.course).collect();
    let platforms: BTreeSet<PlatformId> = of_year().filter_map(|line| line.platform).collect();
    let courses = courses_by_id(db, &Vec::from_iter(courses))?;
    let platforms = platform_facts_many(db, &Vec::from_iter(platforms))?;
    Ok(Origins {
        platforms: platforms.into_iter().map(|platform| (platform.id, platform.code)).collect(),
        base_tiers: courses.iter().filter_map(|course| Some((course.id, course.taught_by_base_of()?))).collect(),
    })
}

/// Says what an allocation would come to, and changes nothing.
fn rehearse(
    db: &mut Db,
    state: &AppState,
    asking: &Asking,
    learner: LearnerId,
    input: &Unjudged<AllocationInput>,
) -> Result<OutcomeBody, Problem> {
    let ledger = input.after(Ledger::open(db, state, asking, learner))?;
    let decided = ledger.decide(db, asking, input, (CaseId::from_uuid(state.new_id()), state))?;
    ledger.not_too_many(asking)?;
    Ok(ledger.outcome(asking, &decided, None))
}

/// Allocates: the lines of the transfers are appended.
async fn allocate(
    state: &Data<AppState>,
    asking: Asking,
    learner: LearnerId,
    input: Unjudged<AllocationInput>,
) -> Result<Made, Problem> {
    let (shared, author) = (state.clone(), asking.permission.author());
    let case = CaseId::from_uuid(state.new_id());
    let write = move |db: &mut Recording<'_>| {
        hold(db, Held::Learner(learner))?;
        let ledger = input.after(Ledger::open(db, &shared, &asking, learner))?;
        let decided = ledger.decide(db, &asking, &input, (case, shared.get_ref()))?;
        ledger.not_too_many(&asking)?;
        if decided.lines.is_empty() {
            return Err(Problem::new(Kind::NothingToAllocate));
        }
        insert_entries(db, &decided.lines)?;
        changes::record(db, shared.clock.now(), decided.lines.iter().map(Happened::served).collect())?;
        let allocation = ledger.shown(&asking, &decided.lines, &decided.after).pop();
        let body = ledger.outcome(&asking, &decided, allocation);
        let body = db.after("surplus_allocation", case, body);
        Made::new(&body).map(|made| made.showing(&[learner]))
    };
    state.create(author, write).await
}

/// Of an erased person nothing more is recorded, nor asked.
fn still_known(db: &mut Db, learner: LearnerId) -> Result<(), Problem> {
    if persons(db, &[learner])?.is_empty() { Err(Problem::new(Kind::NotFound)) } else { Ok(()) }
}

/// A page of someone's allocations, the earliest first.
fn list(
    db: &mut Db,
    state: &AppState,
    asking: &Asking,
    (learner, page): (LearnerId, Page),
) -> Result<Paged<AllocationBody>, Problem> {
    let after = page.after::<CaseId>()?;
    let ledger = Ledger::open(db, state, asking, learner)?;
    let cases = ledger.cases().into_iter().filter(|case| after.is_none_or(|after| *case > after));
    let page = Paged::new(&page, cases.take(page.rows() + 1).collect(), |last| *last);
    let of_page: Vec<Entry> = page.items.iter().flat_map(|case| ledger.allocation(*case)).collect();
    let items = ledger.shown(asking, &of_page, &ledger.entries);
    Ok(Paged { items, next_cursor: page.next_cursor })
}

/// Takes an allocation back: the years are as if it had never been.
async fn reverse(
    state: &Data<AppState>,
    asking: Asking,
    (learner, case): (LearnerId, CaseId),
    input: Unjudged<AllocationReversalInput>,
) -> Result<AllocationBody, Problem> {
    let (shared, author, now) = (state.clone(), asking.permission.author(), state.clock.now());
    let write = move |db: &mut Recording<'_>| {
        hold(db, Held::Learner(learner))?;
        let found = Ledger::open(db, &shared, &asking, learner).and_then(|ledger| {
            let lines = ledger.allocation(case);
            let from = lines.iter().find_map(Entry::drawn).ok_or_else(|| Problem::new(Kind::NotFound))?;
            ledger.office_of(&asking, from.year)?;
            Ok((ledger, lines))
        });
        let (ledger, lines) = input.after(found)?;
        let reason = input.judged(|input, _| Ok(Some(input.reason.clone())))?;
        let gone: BTreeSet<EntryId> = lines.iter().filter_map(|line| line.reverses).collect();
        let by = asking.permission.signature();
        let live = lines.iter().filter(|line| line.kind == EntryKind::Credit && !gone.contains(&line.id));
        let reversals: Vec<Entry> =
            live.map(|line| line.reversal(EntryId::from_uuid(shared.new_id()), WITHDRAWN, now, &by)).collect();
        if reversals.is_empty() {
            return Err(Problem::new(Kind::AllocationReversed));
        }
        let before = ledger.shown(&asking, &lines, &ledger.entries).pop();
        db.before(&serde_json::json!({ "allocation": before }));
        insert_entries(db, &reversals)?;
        changes::record(db, now, reversals.iter().map(Happened::reversed).collect())?;
        let (all, after) = ([&lines[..], &reversals].concat(), [&ledger.entries[..], &reversals].concat());
        let body = ledger.shown(&asking, &all, &after).pop().ok_or_else(|| Problem::internal("no allocation"))?;
        let told = serde_json::json!({ "reason": reason, "learner_id": learner, "allocation": body });
        let _ = db.after("surplus_allocation", case, told);
        Ok(body)
    };
    state.write(author, write).await
}
