//! What an answer about one person is made of: loaded in a handful of queries, counted by the domain.

use super::{
    body::{SummaryBody, Wording},
    labels::Labels,
    line::{HourEntry, Showing},
    sight::{Mask, Sight},
    verified::VerifiedYears,
};
use crate::{
    auth::{Caller, Permission},
    build,
    extract::{Held, Page, Paged, etag, unchanged},
    problem::{Kind, Problem},
    state::AppState,
    text::{Language, Text},
};
use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, ETAG, VARY},
};
use domain::{
    hour_ledger::{self, Entry, Question, Standing},
    kernel::{EntryId, FactId, LearnerId, POLICY_YEARS, china_date},
    policy::RuleBook,
    registry::{Dated, LearnerFacts},
};
use serde::Serialize;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt::{self, Write},
    ops::RangeInclusive,
    sync::Arc,
};
use store::{
    Db,
    hour_ledger::{entries_of, entries_of_many, lines_of_others, page_of_learner, reversals_of},
    policy::Revisions,
    registry::load_person,
};
use time::{Date, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

/// Who asks, in which language, when, and as known at which moment.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) permission: Permission,
    pub(super) language: Language,
    pub(super) today: Date,
    pub(super) known_at: Option<OffsetDateTime>,
    /// What the caller holds already.
    held: Held,
}

impl Asking {
    pub(super) fn new(state: &AppState, permission: Permission, language: Language) -> Self {
        let today = china_date(state.clock.now());
        Self { permission, language, today, known_at: None, held: Held::default() }
    }

    /// The same question by someone who holds some answers already.
    pub(super) fn holding(self, held: Held) -> Self {
        Self { held, ..self }
    }

    /// The same question as known at a moment.
    ///
    /// # Errors
    /// What is wrong with the moment, for people: it is none, or has not come yet.
    pub(super) fn known(mut self, at: Option<&str>, now: OffsetDateTime) -> Result<Self, (&'static str, Text)> {
        let Some(at) = at else { return Ok(self) };
        // A plus sign that a caller did not escape arrives as a blank; no RFC 3339 text holds one otherwise.
        let at = OffsetDateTime::parse(&at.replace(' ', "+"), &Rfc3339).map_err(|_| {
            let words = "must be a moment such as 2021-06-15T12:00:00+08:00";
            ("invalid_value", Text::new("应为 RFC 3339 时刻，如 2021-06-15T12:00:00+08:00", words))
        })?;
        if at > now {
            let words = Text::new("不得晚于当前时刻：将来知道什么，现在无从回答", "must not be in the future");
            return Err(("in_the_future", words));
        }
        self.known_at = Some(store::whole_micros(at).to_offset(UtcOffset::UTC));
        Ok(self)
    }

    /// Refuses a learner who asks about someone else, before anything else is read than that there is such a file.
    pub(super) fn about(&self, learner: LearnerId) -> Result<(), Problem> {
        match self.permission.caller() {
            Caller::Learner(own) => self.permission.require_file(*own == learner, learner),
            _ => Ok(()),
        }
    }

    /// The lines of these files that are not for the caller: of a merge that was undone the ledger keeps what it brought, which is
    /// about another person. The office sees all of it; for everyone else it is as if the merge had never been, also as known then.
    pub(super) fn hidden(&self, db: &mut Db, learners: &[LearnerId]) -> Result<HashSet<EntryId>, Problem> {
        match Mask::of(self.permission.caller()) {
            Mask::Office => Ok(HashSet::new()),
            Mask::Learner => Ok(lines_of_others(db, learners)?),
        }
    }

    /// The civil day on which the answer rests. As known at a moment is as answered on that day: a year that has closed since was
    /// open then.
    pub(super) fn asked_on(&self) -> Date {
        self.known_at.map_or(self.today, |at| self.today.min(china_date(at)))
    }

    /// The domain's answer for one person and year.
    pub(super) fn ask(&self, book: &RuleBook, learner: &LearnerFacts, year: i32, entries: &[Entry]) -> Standing {
        let today = self.asked_on();
        let known_at = self.known_at;
        hour_ledger::standing(&Question { book, learner, year, entries, today, known_at })
    }

    pub(super) fn wording<'w>(&self, book: &'w RuleBook) -> Wording<'w> {
        let (today, known_at) = (self.asked_on(), self.known_at);
        Wording { book, language: self.language, today, known_at, verified: None }
    }

    /// The tag of an answer, made before the answer is: it covers every entry and fact the answer rests on, whether or not it
    /// changed anything, the rules and places by their revision, what platforms are called, the civil day, the language,
    /// whose eyes it is for, the moment asked about, and the program that words it.
    pub(super) fn tag(&self, about: &About, years: &str, entries: &[Entry], labels: &Labels) -> String {
        let known_at = self.known_at.map(|at| at.unix_timestamp_nanos().to_string()).unwrap_or_default();
        let (today, mask) = (self.today.to_string(), Mask::of(self.permission.caller()).as_str());
        let (facts, rules) = (fact_ids(&about.facts, self.known_at), about.revisions.rule_book.to_string());
        let (ids, called) = (entry_ids(entries), labels.changing(entries.iter()));
        let (of_whom, language) = (about.facts.id.to_string(), self.language.tag());
        let words = build::NAME;
        etag(&[&of_whom, years, &ids, &facts, &rules, &called, &today, language, mask, &known_at, words])
    }

    /// The answer, or that the caller holds it: then it is not even made.
    pub(super) fn tell<B: Serialize>(&self, tag: String, body: impl FnOnce() -> B) -> Result<Told, Problem> {
        let text = match self.held.has(&tag) {
            true => None,
            false => Some(serde_json::to_string(&body()).map_err(Problem::internal)?),
        };
        Ok(Told { text, tag, language: self.language })
    }
}

/// The ids of the facts that were known. Facts never change, so their ids say it all.
fn fact_ids(facts: &LearnerFacts, known_at: Option<OffsetDateTime>) -> String {
    fn known<T>(facts: &[Dated<T>], known_at: Option<OffsetDateTime>) -> impl Iterator<Item = FactId> {
        facts.iter().filter(move |fact| known_at.is_none_or(|at| fact.recorded_at <= at)).map(|fact| fact.fact_id)
    }
    let of_learner =
        known(&facts.places, known_at).chain(known(&facts.employers, known_at)).chain(known(&facts.posts, known_at));
    let of_employers = facts.employer_kinds.values().flat_map(|kinds| known(kinds, known_at));
    one_text(of_learner.chain(of_employers).collect())
}

fn entry_ids(entries: &[Entry]) -> String {
    one_text(entries.iter().map(|entry| entry.id).collect())
}

/// Ids in their own order.
fn one_text<T: fmt::Display>(ids: BTreeSet<T>) -> String {
    ids.iter().fold(String::with_capacity(ids.len() * 36), |mut all, id| {
        // Writing to a text cannot fail.
        let _ = write!(all, "{id}");
        all
    })
}

/// An answer as it goes out; without a text the caller holds it already.
#[derive(Debug)]
pub(super) struct Told {
    text: Option<String>,
    tag: String,
    language: Language,
}

impl Told {
    pub(super) fn respond(self) -> HttpResponse {
        let Some(text) = self.text else { return unchanged(&self.tag) };
        HttpResponse::Ok()
            .insert_header((ETAG, self.tag))
            .insert_header((CACHE_CONTROL, "private, no-cache"))
            .insert_header((VARY, "accept-language, authorization"))
            .insert_header((CONTENT_LANGUAGE, self.language.tag()))
            .content_type("application/json")
            .body(text)
    }
}

/// A registered person with the rule book.
pub(super) struct About {
    pub(super) book: Arc<RuleBook>,
    pub(super) facts: LearnerFacts,
    pub(super) revisions: Revisions,
}

/// Reads both by one statement; everyone registered has had a place from the first day on.
pub(super) fn person(db: &mut Db, state: &AppState, learner: LearnerId) -> Result<About, Problem> {
    let (facts, revisions) = load_person(db, learner)?;
    if facts.places.is_empty() {
        return Err(Problem::new(Kind::NotFound));
    }
    Ok(About { book: state.rule_books.at(db, revisions.rule_book)?, facts, revisions })
}

/// Refuses a file that has ended, to whoever may see it.
pub(super) fn still_open(facts: &LearnerFacts) -> Result<(), Problem> {
    facts.ended_in.map_or(Ok(()), |successor| Err(Problem::learner_merged(successor)))
}

/// The standing of one person in one year.
pub(super) fn standing(
    db: &mut Db,
    state: &AppState,
    asking: &Asking,
    (learner, year): (LearnerId, i32),
) -> Result<Told, Problem> {
    let about = person(db, state, learner)?;
    asking.about(learner)?;
    let About { book, facts, revisions } = &about;
    if !POLICY_YEARS.contains(&year) {
        return Err(Problem::new(Kind::NotFound));
    }
    let sight = Sight::of(&asking.permission, book.places(), facts, asking.today);
    asking.permission.require_file(sight.sees(year), learner)?;
    still_open(facts)?;
    state.journal.shown(&asking.permission, [learner], state.clock.now())?;
    let mut entries = entries_of(db, learner, year, asking.known_at)?;
    let hidden = asking.hidden(db, &[learner])?;
    entries.retain(|entry| !hidden.contains(&entry.id));
    let labels = state.labels.of(db, revisions.registry, entries.iter().filter(|entry| entry.year == year))?;
    // What of other years shows in the answer depends on which of them the caller sees.
    let seen: BTreeSet<i32> = entries.iter().map(|entry| entry.year).filter(|year| sight.sees(*year)).collect();
    let verified = VerifiedYears::of(db, (asking, book), [facts], &[year])?;
    let tag = asking.tag(&about, &format!("{year} {seen:?} {}", verified.tag()), &entries, &labels);
    asking.tell(tag, || {
        let standing = asking.ask(book, facts, year, &entries);
        Wording { verified: Some(&verified), ..asking.wording(book) }.standing(
            (facts, &sight),
            &standing,
            &entries,
            &labels,
        )
    })
}

/// 各年度的达标摘要 / A standing in short for each year.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StandingList {
    /// 每个有分录的年度及本年度，由早到晚 / Every year with entries and the present one, the earliest first.
    items: Vec<SummaryBody>,
}

/// The standings of one person: each year with entries, and the present one.
pub(super) fn standings(
    db: &mut Db,
    state: &AppState,
    asking: &Asking,
    (learner, wanted): (LearnerId, &RangeInclusive<i32>),
) -> Result<Told, Problem> {
    let about = person(db, state, learner)?;
    asking.about(learner)?;
    let About { book, facts, .. } = &about;
    let mut entries = entries_of_many(db, &[learner], None, asking.known_at)?;
    let hidden = asking.hidden(db, &[learner])?;
    entries.retain(|entry| !hidden.contains(&entry.id));
    let mut years: BTreeSet<i32> = entries.iter().map(|entry| entry.year).chain([asking.today.year()]).collect();
    let sight = Sight::of(&asking.permission, book.places(), facts, asking.today);
    years.retain(|year| sight.sees(*year));
    asking.permission.require_file(!years.is_empty(), learner)?;
    still_open(facts)?;
    state.journal.shown(&asking.permission, [learner], state.clock.now())?;
    years.retain(|year| wanted.contains(year));
    let verified = VerifiedYears::of(db, (asking, book), [facts], &Vec::from_iter(years.iter().copied()))?;
    let wording = Wording { verified: Some(&verified), ..asking.wording(book) };
    let named = format!("{years:?} {}", verified.tag());
    asking.tell(asking.tag(&about, &named, &entries, &Labels::default()), || {
        let summary = |year: &i32| wording.summary(facts, &asking.ask(book, facts, *year, &entries));
        StandingList { items: years.iter().map(summary).collect() }
    })
}

/// A page of one person's ledger. Whoever sees some years only must name one of them.
pub(super) fn hour_entries(
    db: &mut Db,
    state: &AppState,
    asking: &Asking,
    (learner, year): (LearnerId, Option<i32>),
    page: &Page,
) -> Result<Paged<HourEntry>, Problem> {
    let after: Option<EntryId> = page.after()?;
    let About { book, facts, revisions } = person(db, state, learner)?;
    asking.about(learner)?;
    let sight = Sight::of(&asking.permission, book.places(), &facts, asking.today);
    asking.permission.require_file(year.map_or(sight.is_whole(), |year| sight.sees(year)), learner)?;
    still_open(&facts)?;
    state.journal.shown(&asking.permission, [learner], state.clock.now())?;
    let hidden = asking.hidden(db, &[learner])?;
    let entries = page_of_learner(db, learner, year, (after, &hidden), page.fetch())?;
    let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
    let reversed_by: HashMap<EntryId, EntryId> = reversals_of(db, learner, &ids)?.into_iter().collect();
    let labels = state.labels.of(db, revisions.registry, entries.iter())?;
    let (mask, language) = (Mask::of(asking.permission.caller()), asking.language);
    let showing = Showing { labels: &labels, places: book.places(), mask, sight: &sight, language };
    let page = Paged::new(page, entries, |entry| entry.id);
    Ok(page.map(|entry| {
        let by = reversed_by.get(&entry.id).copied();
        showing.entry(entry, by)
    }))
}
