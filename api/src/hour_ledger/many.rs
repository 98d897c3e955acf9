//! Many people at once, for title committees: one answer each, in order, by a handful of queries for all of them.

use super::{
    body::{StandingBody, SummaryBody},
    labels::Labels,
    service::{Asking, YEARS},
    sight::Sight,
};
use crate::{
    identity_text,
    problem::{FieldError, Problem},
    state::AppState,
    text::{Language, Text},
};
use domain::{
    hour_ledger::{Entry, Standing},
    kernel::{Document, DocumentKind, LearnerId, Words},
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

/// How many people one query may name.
const MOST_PEOPLE: usize = 1000;

/// 查询多人的达标情况 / Whose standings are asked for.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StandingsQuery {
    /// 年度；个人未写明时适用 / The policy year of everyone who names none.
    #[validate(range(min = 1990, max = 2200))]
    #[schema(example = 2020, minimum = 1990, maximum = 2200)]
    #[serde(default)]
    pub(super) year: Option<i32>,
    /// 按此时刻已知的情况回答（RFC 3339），不得晚于现在 / As known at that moment, RFC 3339, not in the future.
    #[schema(format = DateTime)]
    #[serde(default)]
    pub(super) as_known_at: Option<String>,
    /// 是否返回全部节点与分录 / Whether to answer with every node and line.
    #[serde(default)]
    pub(super) detail: bool,
    /// 1 至 1000 人 / One to a thousand people.
    #[validate(nested)]
    #[schema(min_items = 1, max_items = 1000)]
    pub(super) people: Vec<PersonAsked>,
}

/// 一个人：学员编号或证件 / One person, by id or by identity document.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonAsked {
    /// 学员编号 / The learner's id.
    #[serde(default)]
    learner_id: Option<Uuid>,
    /// 证件类型，缺省为居民身份证 / The kind of identity document; resident_id where left out.
    #[schema(value_type = Option<String>, example = "resident_id")]
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
    /// 是否查到 / Whether the person was found.
    #[derive(ToSchema)]
    pub(super) enum PersonFound {
        /// The answer is there.
        Yes = "found",
        /// There is no such person, or not for the caller to see.
        No = "unknown_person",
        /// The number cannot be that of such a document.
        Malformed = "malformed",
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
    result: PersonFound,
    /// 摘要（detail 为 false 时） / In short, where no detail was asked for.
    summary: Option<SummaryBody>,
    /// 全文（detail 为 true 时） / Whole, where detail was asked for.
    standing: Option<StandingBody>,
    /// 证件号码有误时：错误 / For a malformed number: the faults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    errors: Vec<Value>,
}

/// One person as asked about, with the document as its keyed hash.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    year: i32,
    who: Who,
}

#[derive(Clone, Debug)]
enum Who {
    Learner(LearnerId),
    Document(String),
    Malformed(FieldError),
}

/// Reads whom a query is about.
///
/// # Errors
/// `invalid_body` where there is nobody or too many, or with every person who is named in no way or in two, or for no year.
pub(super) fn read(state: &AppState, query: &StandingsQuery) -> Result<Vec<Ask>, Problem> {
    if !(1..=MOST_PEOPLE).contains(&query.people.len()) {
        let words = Text::new("应为 1 至 1000 人", "must be 1 to 1000 people");
        return Err(Problem::invalid_body(vec![FieldError::new("/people", "length", words)]));
    }
    let mut faults = Vec::new();
    let mut asks = Vec::with_capacity(query.people.len());
    for (index, person) in query.people.iter().enumerate() {
        let at = format!("/people/{index}");
        let year = person.year.or(query.year);
        if year.is_none() {
            let words = Text::new("须给出年度，或在查询中统一给出", "give a year, here or for the whole query");
            faults.push(FieldError::new(format!("{at}/year"), "missing", words));
        }
        match who(state, person, &at) {
            Ok(who) => asks.extend(year.map(|year| Ask { year, who })),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(asks) } else { Err(Problem::invalid_body(faults)) }
}

fn who(state: &AppState, person: &PersonAsked, at: &str) -> Result<Who, FieldError> {
    match (person.learner_id, &person.document_number) {
        (Some(id), None) if person.document_kind.is_none() => Ok(Who::Learner(LearnerId::from_uuid(id))),
        (None, Some(number)) => {
            let kind = person.document_kind.unwrap_or(DocumentKind::ResidentId);
            Ok(match Document::parse(kind, number, state.clock.today()) {
                Ok(document) => Who::Document(state.keys.lookup_hash(document.kind().as_str(), document.number())),
                Err(error) => {
                    let pointer = format!("{at}/document_number");
                    Who::Malformed(FieldError::new(pointer, "invalid_document", identity_text::document(&error)))
                }
            })
        }
        _ => {
            let words =
                Text::new("须且仅须给出 learner_id 或证件之一", "give either learner_id or an identity document");
            Err(FieldError::new(at, "exactly_one", words))
        }
    }
}

/// Everything that the answers rest on.
struct Gathered {
    book: Arc<RuleBook>,
    revisions: Revisions,
    facts: HashMap<LearnerId, LearnerFacts>,
    entries: HashMap<LearnerId, Vec<Entry>>,
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
    let gathered = gather(db, state, asking, asks)?;
    let labels = if detail {
        state.labels.of(db, gathered.revisions.registry, gathered.entries.values().flatten())?
    } else {
        Labels::default()
    };
    let wording = asking.wording(&gathered.book);
    let mut items = Vec::with_capacity(asks.len());
    for (index, (ask, person)) in asks.iter().zip(&gathered.people).enumerate() {
        let mut item = blank(index + 1, ask, asking.language);
        if let Some((learner, standing, entries)) = gathered.standing(asking, *person, ask.year) {
            item.result = PersonFound::Yes;
            if detail {
                item.standing = Some(wording.standing(learner, &standing, entries, &labels));
            } else {
                item.summary = Some(wording.summary(learner, &standing));
            }
        }
        items.push(item);
    }
    Ok(StandingAnswers { items })
}

fn blank(line: usize, ask: &Ask, language: Language) -> StandingAnswer {
    let (result, errors) = match &ask.who {
        Who::Malformed(fault) => (PersonFound::Malformed, vec![fault.to_value(language)]),
        Who::Learner(_) | Who::Document(_) => (PersonFound::No, Vec::new()),
    };
    StandingAnswer { line, result, summary: None, standing: None, errors }
}

impl Gathered {
    fn standing(
        &self,
        asking: &Asking,
        person: Option<LearnerId>,
        year: i32,
    ) -> Option<(LearnerId, Standing, &[Entry])> {
        let facts = self.facts.get(&person?)?;
        let entries = self.entries.get(&facts.id).map_or(&[][..], Vec::as_slice);
        Some((facts.id, asking.ask(&self.book, facts, year, entries), entries))
    }
}

fn gather(db: &mut Db, state: &AppState, asking: &Asking, asks: &[Ask]) -> Result<Gathered, Problem> {
    let revisions = revisions(db)?;
    let book = state.rule_books.at(db, revisions.rule_book)?;
    let people = identify(db, asks)?;
    let named: BTreeSet<LearnerId> = people.iter().flatten().copied().collect();
    let facts = load_learner_facts(db, &Vec::from_iter(named))?;
    let facts: HashMap<LearnerId, LearnerFacts> =
        facts.into_iter().filter(|facts| !facts.places.is_empty()).map(|facts| (facts.id, facts)).collect();
    let seen = |(ask, person): (&Ask, Option<LearnerId>)| {
        let facts = facts.get(&person?)?;
        Sight::of(&asking.caller, book.places(), facts, asking.today).sees(ask.year).then_some(facts.id)
    };
    let people: Vec<Option<LearnerId>> = asks.iter().zip(people).map(seen).collect();
    let visible: BTreeSet<LearnerId> = people.iter().flatten().copied().collect();
    let years: BTreeSet<i32> = asks.iter().map(|ask| ask.year).filter(|year| YEARS.contains(year)).collect();
    let (visible, years) = (Vec::from_iter(visible), Vec::from_iter(years));
    let mut entries: HashMap<LearnerId, Vec<Entry>> = HashMap::new();
    for entry in entries_of_many(db, &visible, Some(&years), asking.known_at)? {
        entries.entry(entry.learner).or_default().push(entry);
    }
    Ok(Gathered { book, revisions, facts, entries, people })
}

/// Of each ask, whose id or document it is; whether there is such a learner shows by their facts.
fn identify(db: &mut Db, asks: &[Ask]) -> Result<Vec<Option<LearnerId>>, Problem> {
    let hashes: BTreeSet<&str> = asks
        .iter()
        .filter_map(|ask| match &ask.who {
            Who::Document(hash) => Some(hash.as_str()),
            _ => None,
        })
        .collect();
    let known: HashMap<String, LearnerId> = find_by_identifier(db, &Vec::from_iter(hashes))?.into_iter().collect();
    let of = |ask: &Ask| match &ask.who {
        Who::Learner(id) => Some(*id),
        Who::Document(hash) => known.get(hash).copied(),
        Who::Malformed(_) => None,
    };
    Ok(asks.iter().map(of).collect())
}
