//! Many people at once, for title committees: one answer each, in order, by a handful of queries for all of them.

use super::{
    body::{StandingBody, SummaryBody, Wording},
    labels::Labels,
    service::Asking,
    sight::Sight,
    verified::VerifiedYears,
};
use crate::{
    extract::{self, Faults, Unjudged},
    identity_text,
    openapi::FieldErrorBody,
    problem::{FieldError, Problem},
    state::AppState,
    text::{Language, Text},
    wire::{words as word_schema, words_or_null},
};
use domain::{
    hour_ledger::{Entry, Standing},
    kernel::{Document, DocumentKind, LearnerId, POLICY_YEARS, Words},
    policy::RuleBook,
    registry::LearnerFacts,
    words,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use store::{
    Db,
    hour_ledger::entries_of_many,
    policy::{Revisions, revisions},
    registry::{find_by_identifier, load_learner_facts},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

/// 查询多人的达标情况 / Whose standings are asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire form; each person is read by itself")]
pub(super) struct StandingsQuery {
    /// 年度；个人未写明时适用 / The policy year of everyone who names none.
    #[schema(example = 2020, minimum = 1990, maximum = 2200)]
    #[serde(default)]
    year: Option<i32>,
    /// 按此时刻已知的情况回答（RFC 3339），不得晚于现在 / As known at that moment, RFC 3339, not in the future.
    #[schema(format = DateTime)]
    #[serde(default)]
    as_known_at: Option<String>,
    /// 是否返回全部节点与分录 / Whether to answer with every node and line.
    #[serde(default)]
    detail: bool,
    /// 1 至 1000 人 / One to a thousand people.
    #[schema(min_items = 1, max_items = 1000)]
    people: Vec<PersonAsked>,
}

/// The same as it is read: whoever is not named rightly is that one's fault.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StandingsAsked {
    #[validate(range(min = 1990, max = 2200))]
    #[serde(default)]
    year: Option<i32>,
    #[schema(format = DateTime)]
    #[serde(default)]
    pub(super) as_known_at: Option<String>,
    #[serde(default)]
    pub(super) detail: bool,
    #[validate(length(min = 1, max = 1000))]
    #[serde(deserialize_with = "extract::bounded_list")]
    people: Vec<extract::Document>,
}

/// 一个人：学员编号或证件 / One person, by id or by identity document.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonAsked {
    /// 学员编号 / The learner's id.
    #[serde(default)]
    learner_id: Option<Uuid>,
    /// 证件类型，缺省为居民身份证 / The kind of identity document; resident_id where left out.
    #[schema(schema_with = words_or_null::<DocumentKind>)]
    #[serde(default)]
    document_kind: Option<DocumentKind>,
    /// 证件号码 / Its number.
    #[schema(example = "610928199001010009")]
    #[serde(default)]
    document_number: Option<String>,
    /// 年度 / The policy year, where it is not that of the whole query.
    #[validate(range(min = 1990, max = 2200))]
    #[schema(example = 2020, minimum = 1990, maximum = 2200)]
    #[serde(default)]
    year: Option<i32>,
}

words! {
    /// Whether the person was found.
    pub(super) enum PersonFound {
        /// The answer is there.
        Yes = "found",
        /// There is no such person, or not for the caller to see.
        No = "unknown_person",
        /// It is not said whose standing is asked for, or not rightly; `errors` says why.
        Malformed = "malformed",
        /// The file has ended in another one of the person; `successor` says in which.
        Merged = "merged",
    }
}

/// 多人查询的结果 / The answers, one each.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StandingAnswers {
    /// 每人一条，次序与请求相同 / One for each person, in order.
    items: Vec<StandingAnswer>,
}

/// 一人的结果 / The answer about one person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StandingAnswer {
    /// 序号，从 1 起 / The number in the query, from 1.
    #[schema(example = 1)]
    line: usize,
    /// 是否查到；不在辖区内的人员与不存在的人员回答相同 / Whether the person was found; one outside the caller's place is answered like one who does not exist.
    #[schema(schema_with = word_schema::<PersonFound>)]
    result: PersonFound,
    /// 该档案已并入的档案，须改以它查询 / The file in which this one has ended: ask about that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Uuid)]
    successor: Option<LearnerId>,
    /// 摘要（detail 为 false 时） / In short, where no detail was asked for.
    summary: Option<SummaryBody>,
    /// 全文（detail 为 true 时） / Whole, where detail was asked for.
    standing: Option<StandingBody>,
    /// 有误时：全部错误，指针相对于该人 / For one who is not named rightly: every fault, by pointers into that person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<FieldErrorBody>)]
    errors: Vec<Value>,
}

/// One person as asked about, with the document as its keyed hash.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    For { year: i32, who: Who },
    Malformed(Vec<FieldError>),
}

#[derive(Clone, Debug)]
pub(super) enum Who {
    Learner(LearnerId),
    Document(String),
}

impl Ask {
    fn who(&self) -> Option<&Who> {
        match self {
            Self::For { who, .. } => Some(who),
            Self::Malformed(_) => None,
        }
    }

    fn year(&self) -> Option<i32> {
        match self {
            Self::For { year, .. } => Some(*year),
            Self::Malformed(_) => None,
        }
    }
}

/// Reads whom a query is about. One person who is not named rightly is that one's answer and loses no other.
pub(super) fn read(state: &AppState, query: &StandingsAsked) -> Vec<Ask> {
    let asked = query.people.iter().map(|person| {
        let person = Unjudged::<PersonAsked>::of_item(person);
        let judged =
            person.and_then(|person| person.judged_alone(|person, faults| ask(state, query.year, person, faults)));
        judged.unwrap_or_else(Ask::Malformed)
    });
    asked.collect()
}

fn ask(state: &AppState, year: Option<i32>, person: &PersonAsked, faults: &mut Faults<'_>) -> Option<Ask> {
    let year = person.year.or(year);
    if year.is_none() {
        let words = Text::new("须给出年度，或在查询中统一给出", "give a year, here or for the whole query");
        faults.add("/year", "missing", words);
    }
    let document = (person.document_kind, person.document_number.as_deref());
    Who::read(state, person.learner_id, document, faults).zip(year).map(|(who, year)| Ask::For { year, who })
}

impl Who {
    /// Reads whom an item names: either by id or by document.
    pub(super) fn read(
        state: &AppState,
        learner: Option<Uuid>,
        (kind, number): (Option<DocumentKind>, Option<&str>),
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        match (learner, number) {
            (Some(id), None) if kind.is_none() => Some(Self::Learner(LearnerId::from_uuid(id))),
            (None, Some(number)) => by_document(state, kind, number, faults),
            _ => {
                let words =
                    Text::new("须且仅须给出 learner_id 或证件之一", "give either learner_id or an identity document");
                faults.add("", "exactly_one", words);
                None
            }
        }
    }
}

/// The form of a number depends on the kind.
fn by_document(state: &AppState, kind: Option<DocumentKind>, number: &str, faults: &mut Faults<'_>) -> Option<Who> {
    if !faults.are_sound(&["/document_kind"]) {
        return None;
    }
    match Document::parse(kind.unwrap_or(DocumentKind::ResidentId), number, state.clock.today()) {
        Ok(document) => Some(Who::Document(state.keys.lookup_hash(document.kind().as_str(), document.number()))),
        Err(error) => {
            faults.add("/document_number", "invalid_document", identity_text::document(&error));
            None
        }
    }
}

/// Everything that the answers rest on.
struct Gathered {
    book: Arc<RuleBook>,
    revisions: Revisions,
    facts: HashMap<LearnerId, LearnerFacts>,
    entries: HashMap<LearnerId, Vec<Entry>>,
    verified: VerifiedYears,
    /// Of each ask, the person the caller sees for that year.
    people: Vec<Option<LearnerId>>,
}

/// Answers about everyone.
pub(super) fn answer(
    db: &mut Db,
    state: &AppState,
    asking: &Asking,
    asks: &[Ask],
    detail: bool,
) -> Result<StandingAnswers, Problem> {
    asking.permission.asks_of_each_item();
    let gathered = gather(db, state, asking, asks)?;
    let labels = if detail {
        state.labels.of(db, gathered.revisions.registry, gathered.entries.values().flatten())?
    } else {
        Labels::default()
    };
    let wording = Wording { verified: Some(&gathered.verified), ..asking.wording(&gathered.book) };
    let mut items = Vec::with_capacity(asks.len());
    let mut counted: HashMap<(LearnerId, i32), Standing> = HashMap::new();
    for (index, (ask, person)) in asks.iter().zip(&gathered.people).enumerate() {
        let mut item = blank(index + 1, ask, asking.language);
        let found = ask.year().and_then(|year| Some((gathered.of(*person)?, year)));
        if let Some(successor) = found.and_then(|((facts, _), _)| facts.ended_in) {
            (item.result, item.successor) = (PersonFound::Merged, Some(successor));
        } else if let Some(((facts, entries), year)) = found {
            // Whoever is asked about more than once is counted once.
            let standing =
                counted.entry((facts.id, year)).or_insert_with(|| asking.ask(&gathered.book, facts, year, entries));
            item.result = PersonFound::Yes;
            if detail {
                let sight = Sight::of(&asking.permission, gathered.book.places(), facts, asking.today);
                item.standing = Some(wording.standing((facts, &sight), standing, entries, &labels));
            } else {
                item.summary = Some(wording.summary(facts, standing));
            }
        }
        items.push(item);
    }
    Ok(StandingAnswers { items })
}

fn blank(line: usize, ask: &Ask, language: Language) -> StandingAnswer {
    let (result, errors) = match ask {
        Ask::Malformed(faults) => {
            (PersonFound::Malformed, faults.iter().map(|fault| fault.to_value(language)).collect())
        }
        Ask::For { .. } => (PersonFound::No, Vec::new()),
    };
    StandingAnswer { line, result, successor: None, summary: None, standing: None, errors }
}

impl Gathered {
    fn of(&self, person: Option<LearnerId>) -> Option<(&LearnerFacts, &[Entry])> {
        let facts = self.facts.get(&person?)?;
        Some((facts, self.entries.get(&facts.id).map_or(&[][..], Vec::as_slice)))
    }
}

fn gather(db: &mut Db, state: &AppState, asking: &Asking, asks: &[Ask]) -> Result<Gathered, Problem> {
    let revisions = revisions(db)?;
    let book = state.rule_books.at(db, revisions.rule_book)?;
    let (people, facts) = identify(db, asks.iter().map(Ask::who))?;
    let seen = |(ask, person): (&Ask, Option<LearnerId>)| {
        let facts = facts.get(&person?)?;
        Sight::of(&asking.permission, book.places(), facts, asking.today).sees(ask.year()?).then_some(facts.id)
    };
    let people: Vec<Option<LearnerId>> = asks.iter().zip(people).map(seen).collect();
    in_vain(state, asking, asks.iter().map(Ask::who).zip(people.iter().map(Option::is_some)))?;
    let visible: BTreeSet<LearnerId> = people.iter().flatten().copied().collect();
    let years: BTreeSet<i32> = asks.iter().filter_map(Ask::year).filter(|year| POLICY_YEARS.contains(year)).collect();
    let entries = lines_shown(db, state, asking, &visible, &years)?;
    let shown = visible.iter().filter_map(|id| facts.get(id));
    let verified = VerifiedYears::of(db, (asking, &book), shown, &Vec::from_iter(years))?;
    Ok(Gathered { book, revisions, facts, entries, verified, people })
}

/// Counts the documents by which nobody was found whom the caller sees, and notes that some were tried.
///
/// # Errors
/// `too_many_requests` where these are more than a caller may try a day.
pub(super) fn in_vain<'a>(
    state: &AppState,
    asking: &Asking,
    asked: impl Iterator<Item = (Option<&'a Who>, bool)>,
) -> Result<(), Problem> {
    let by_document = asked.filter_map(|(who, found)| match who {
        Some(Who::Document(hash)) => Some((hash.as_str(), found)),
        _ => None,
    });
    let asked: BTreeSet<(&str, bool)> = by_document.collect();
    if asked.is_empty() {
        return Ok(());
    }
    let in_vain = asked.iter().filter(|(_, found)| !found).count();
    if in_vain > 0 {
        state.journal.listed(&asking.permission, "learner", state.clock.now())?;
    }
    state.quotas.tried(&asking.permission.signature(), in_vain)
}

/// The lines of some years of those whom the caller sees, person by person; that they were looked at is noted.
pub(super) fn lines_shown(
    db: &mut Db,
    state: &AppState,
    asking: &Asking,
    visible: &BTreeSet<LearnerId>,
    years: &BTreeSet<i32>,
) -> Result<HashMap<LearnerId, Vec<Entry>>, Problem> {
    let (people, now) = (visible.iter().copied(), state.clock.now());
    match visible.len() {
        1 => state.journal.shown(&asking.permission, people, now)?,
        _ => state.journal.shown_among(&asking.permission, people, now)?,
    }
    let (visible, years): (Vec<_>, Vec<_>) = (visible.iter().copied().collect(), years.iter().copied().collect());
    let hidden = asking.hidden(db, &visible)?;
    let mut entries: HashMap<LearnerId, Vec<Entry>> = HashMap::new();
    for entry in entries_of_many(db, &visible, Some(&years), asking.known_at)? {
        if !hidden.contains(&entry.id) {
            entries.entry(entry.learner).or_default().push(entry);
        }
    }
    Ok(entries)
}

/// Of each ask, whose id or document it is, and what the register knows of those who are learners.
pub(super) type Identified = (Vec<Option<LearnerId>>, HashMap<LearnerId, LearnerFacts>);

/// Finds whom asks are about, by a query for all of them.
pub(super) fn identify<'a>(
    db: &mut Db,
    asks: impl Iterator<Item = Option<&'a Who>> + Clone,
) -> Result<Identified, Problem> {
    let hashes: BTreeSet<&str> = asks
        .clone()
        .filter_map(|who| match who {
            Some(Who::Document(hash)) => Some(hash.as_str()),
            _ => None,
        })
        .collect();
    let holders = find_by_identifier(db, &Vec::from_iter(hashes))?;
    let known: HashMap<String, LearnerId> = holders.into_iter().map(|found| (found.hash, found.learner)).collect();
    let of = |who: Option<&Who>| match who? {
        Who::Learner(id) => Some(*id),
        Who::Document(hash) => known.get(hash).copied(),
    };
    let people: Vec<Option<LearnerId>> = asks.map(of).collect();
    let named: BTreeSet<LearnerId> = people.iter().flatten().copied().collect();
    let facts = load_learner_facts(db, &Vec::from_iter(named))?.into_iter();
    let learners = facts.filter(|facts| !facts.places.is_empty()).map(|facts| (facts.id, facts)).collect();
    Ok((people, learners))
}
