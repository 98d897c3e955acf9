//! Taking learners in, one or many: new ones are registered, known ones get what is news about them.

use super::{
    body::LearnerInput,
    file, identity,
    stated::{self, Employers, NewFacts, PAST_OF_ANOTHER, Record, Stated, Within},
};
use crate::{
    audit::Recording,
    auth::Permission,
    bulk::Sent,
    extract::Unjudged,
    idempotency::Made,
    lane::Ticket,
    problem::{FieldError, Kind, Problem},
    registry::{
        bulk::{self, Conflict, Outcome, Outcomes},
        despite_races,
        release::{Appeared, released_by},
    },
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::{
    kernel::{LearnerId, PersonName},
    registry::{LearnerFacts, PlaceTree},
};
use std::collections::HashMap;
use store::{
    Db,
    registry::{
        Holder, LearnerPerson, NewLearner, find_by_identifier, hold_learners, insert_learners, load_learner_facts,
        names_of_holders,
    },
};
use time::{Date, OffsetDateTime};

const OTHER_NAME: Conflict = Conflict {
    reason: "other_name",
    fields: &["name"],
    words: (
        "该身份证件已以另一姓名登记；请核对，登记有误的在其档案中更正姓名",
        "the document is registered with another name: compare, and correct the name in the file if that is the wrong one",
    ),
};
const REGISTERED_ELSEWHERE: Conflict =
    Conflict { reason: "registered_elsewhere", fields: &[], words: identity::REGISTERED_ELSEWHERE };
const REGISTERED_MEANWHILE: Conflict = Conflict {
    reason: "registered_meanwhile",
    fields: &[],
    words: ("该学员刚由他人登记；请重新提交", "someone else has just registered the learner: send it again"),
};

/// What is done about a learner who is known already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IfKnown {
    /// Say so.
    Refuse,
    /// Add what is news.
    Update,
}

pub(super) async fn create(
    state: &Data<AppState>,
    permission: Permission,
    item: Unjudged<LearnerInput>,
) -> Result<Made, Problem> {
    item.readable()?;
    let keep = keeping(state, &permission, vec![Sent { at: 0, item }], IfKnown::Refuse)?;
    let (shared, author, today) = (state.clone(), permission.author(), state.clock.today());
    let write = move |db: &mut Recording<'_>| {
        // Asked inside the transaction, which fails where the learner was not registered, so that no write is recorded.
        let (id, _) = bulk::only(keep(db)?)?;
        let book = shared.rule_books.current(db)?;
        let learner = file::shown(db, &permission, book.places(), LearnerId::from_uuid(id), today)?;
        Made::at(format!("/v1/learners/{id}"), &db.after("learner", id, learner))
    };
    state.create(author, write).await
}

/// Keeps a chunk of learners in one transaction: a handful of queries for any number of them.
pub(super) async fn keep(
    state: &Data<AppState>,
    permission: &Permission,
    ticket: &Ticket,
    chunk: Vec<Sent<Unjudged<LearnerInput>>>,
) -> Result<Outcomes, Problem> {
    let keep = keeping(state, permission, chunk, IfKnown::Update)?;
    let place = ticket.enter().await?;
    let write = move |db: &mut Recording<'_>| {
        let _held = &place;
        keep(db)
    };
    state.write(permission.author(), write).await
}

/// What is done in the transaction that keeps a chunk.
fn keeping(
    state: &Data<AppState>,
    permission: &Permission,
    chunk: Vec<Sent<Unjudged<LearnerInput>>>,
    if_known: IfKnown,
) -> Result<impl Fn(&mut Recording<'_>) -> Result<Outcomes, Problem> + Send + 'static, Problem> {
    let (shared, permission) = (state.clone(), permission.clone());
    let (now, today) = (state.clock.now(), state.clock.today());
    let read = chunk.into_iter().map(|sent| Prepared::read(state, sent, (now, today), permission.signature()));
    let chunk: Vec<Prepared> = read.collect::<Result<_, _>>()?;
    Ok(move |db: &mut Recording<'_>| {
        let outcomes = despite_races(db, |db| {
            let book = shared.rule_books.current(db)?;
            let mut desk = Desk::open(db, &chunk, Desk::new(book.places(), &permission, (now, today), if_known))?;
            let outcomes: Vec<_> = chunk.iter().map(|one| (one.at, desk.judge(one))).collect();
            desk.write(db, &shared)?;
            Ok(outcomes)
        })?;
        bulk::record(db, "learner", &outcomes);
        Ok(outcomes)
    })
}

/// An item as far as it can be read without the database. Nothing here is shown by `Debug`.
#[derive(Clone)]
struct Prepared {
    at: u32,
    item: Unjudged<LearnerInput>,
    record: Record,
    /// None where anything is wrong with it, or with anything else that shows without the database.
    identity: Option<Identity>,
}

#[derive(Clone)]
struct Identity {
    name: PersonName,
    hash: String,
    hash_key_id: String,
    person: LearnerPerson,
}

impl Prepared {
    fn read(
        state: &AppState,
        Sent { at, item }: Sent<Unjudged<LearnerInput>>,
        (now, today): (OffsetDateTime, Date),
        by: String,
    ) -> Result<Self, Problem> {
        let read = item.judged_alone(|input, faults| identity::of_learner(faults, input, today)).ok();
        let record = Record::new(LearnerId::from_uuid(state.new_id()), now, by, || state.new_id());
        let identity = |(document, name)| {
            Ok::<_, Problem>(Identity {
                hash: identity::hash(&state.keys, &document),
                hash_key_id: state.keys.lookup_key_id().to_owned(),
                person: identity::person(&state.keys, record.learner_id, &name, &document, now)?,
                name,
            })
        };
        let identity = read.map(identity).transpose()?;
        Ok(Self { at, item, record, identity })
    }
}

/// A learner who is known, earlier items of the chunk included.
struct Known {
    /// Under which the person is known: several where files were joined, none where they were erased.
    names: Vec<PersonName>,
    facts: LearnerFacts,
}

/// Where a chunk is judged: what is known, and what is to be written.
struct Desk<'a> {
    tree: &'a PlaceTree,
    permission: &'a Permission,
    now: OffsetDateTime,
    today: Date,
    if_known: IfKnown,
    employers: Employers,
    known: HashMap<String, Known>,
    learners: Vec<NewLearner>,
    facts: NewFacts,
}

impl<'a> Desk<'a> {
    fn new(
        tree: &'a PlaceTree,
        permission: &'a Permission,
        (now, today): (OffsetDateTime, Date),
        if_known: IfKnown,
    ) -> Self {
        let (employers, known) = (Employers::new(), HashMap::new());
        let (learners, facts) = (Vec::new(), NewFacts::default());
        Self { tree, permission, now, today, if_known, employers, known, learners, facts }
    }

    /// Loads what the chunk names. Those who are known and get what is news about them are held first: what is seen of them then
    /// is what is added to.
    fn open(db: &mut Db, chunk: &[Prepared], mut desk: Self) -> Result<Self, Problem> {
        desk.employers = stated::employers(db, chunk.iter().filter_map(|one| one.item.as_read().employment.as_ref()))?;
        let hashes: Vec<&str> =
            chunk.iter().filter_map(|one| one.identity.as_ref()).map(|who| who.hash.as_str()).collect();
        let mut found = find_by_identifier(db, &hashes)?;
        let ids: Vec<LearnerId> = found.iter().map(|holder| holder.learner).collect();
        if desk.if_known == IfKnown::Update && hold_learners(db, &ids)? {
            found = find_by_identifier(db, &hashes)?;
            if found.iter().any(|holder| !ids.contains(&holder.learner)) {
                return Err(Problem::new(Kind::Conflict).with("reason", REGISTERED_MEANWHILE.reason));
            }
        }
        let ids: Vec<LearnerId> = found.iter().map(|holder| holder.learner).collect();
        let names = names_of_holders(db, &found, &[])?;
        for (Holder { hash, learner, .. }, facts) in found.into_iter().zip(load_learner_facts(db, &ids)?) {
            let names = names.get(&learner).into_iter().flatten().cloned().map(PersonName::from_stored).collect();
            desk.known.insert(hash, Known { names, facts });
        }
        Ok(desk)
    }

    fn judge(&mut self, one: &Prepared) -> Outcome {
        let pointer = "/placement/place";
        let named = one.item.where_sound(&[pointer]).and_then(|item| self.tree.find(&item.placement.place));
        if let Some(place) =
            named.map(|node| &node.code).filter(|place| !self.permission.covers_place(self.tree, place))
        {
            return Outcome::Outside { pointer, outside: self.permission.outside(self.tree, place) };
        }
        let judged = one.item.judged_alone(|item, faults| {
            if one.identity.is_none() {
                identity::of_learner(faults, item, self.today);
            }
            let sent = stated::Sent {
                placement: Some(&item.placement),
                employment: item.employment.as_ref(),
                post: item.post.as_ref(),
            };
            let stated = sent.resolve(faults, Within::TOGETHER, (self.tree, &self.employers), self.today);
            one.identity.as_ref().zip(Some(stated))
        });
        let (who, stated) = match judged {
            Ok(judged) => judged,
            Err(faults) => return Outcome::Malformed(faults),
        };
        if self.known.contains_key(&who.hash) {
            self.update(one, who, &stated)
        } else {
            self.register(one, who, &stated)
        }
    }

    /// Writes what was judged, and lets go what waits for it. Where someone else has registered one of the new learners, all is
    /// judged anew: what is said here of that learner belongs to the file there.
    fn write(self, db: &mut Db, state: &AppState) -> Result<(), Problem> {
        let new = insert_learners(db, &self.learners)?;
        if new.len() < self.learners.len() {
            return Err(Problem::new(Kind::Conflict).with("reason", REGISTERED_MEANWHILE.reason));
        }
        self.facts.append(db)?;
        let hashes: Vec<String> = self.learners.into_iter().map(|one| one.identifier_hash).collect();
        if !hashes.is_empty() {
            released_by(db, state, Appeared::People(&hashes), self.now)?;
        }
        released_by(db, state, Appeared::Elsewhere(&self.facts.moved()), self.now)?;
        released_by(db, state, Appeared::Otherwise(&self.facts.changed()), self.now)
    }

    fn register(&mut self, one: &Prepared, who: &Identity, stated: &Stated) -> Outcome {
        let id = one.record.learner_id;
        let mut facts = LearnerFacts::nothing_of(id);
        let NewFacts { places, employers, posts } = stated.news(&mut facts, &one.record);
        self.learners.push(NewLearner {
            identifier_hash: who.hash.clone(),
            identifier_key_id: who.hash_key_id.clone(),
            person: who.person.clone(),
            places,
            employers,
            posts,
            created_at: self.now,
            created_by: one.record.recorded_by.clone(),
        });
        self.known.insert(who.hash.clone(), Known { names: vec![who.name.clone()], facts });
        Outcome::Created(id.as_uuid())
    }

    fn update(&mut self, one: &Prepared, who: &Identity, stated: &Stated) -> Outcome {
        let Some(known) = self.known.get_mut(&who.hash) else { return Outcome::Conflict(REGISTERED_MEANWHILE) };
        let own = file::is_own(self.permission.caller(), self.tree, &known.facts, self.today);
        let visible = self.permission.covers(own);
        let id = known.facts.id;
        if self.if_known == IfKnown::Refuse {
            let words = identity::registered(visible);
            return Outcome::Exists { pointer: "/document", id: visible.then(|| id.as_uuid()), words };
        }
        if !visible {
            return Outcome::Conflict(REGISTERED_ELSEWHERE);
        }
        if !known.names.is_empty() && !known.names.iter().any(|name| name.matches(&who.name)) {
            return Outcome::Conflict(OTHER_NAME);
        }
        if stated.past_taken(&known.facts, (self.permission, self.tree), self.today).is_some() {
            let (code, zh, en) = PAST_OF_ANOTHER;
            return Outcome::Malformed(vec![FieldError::new("/placement/from_on", code, Text::new(zh, en))]);
        }
        let news = stated.news(&mut known.facts, &Record { learner_id: id, ..one.record.clone() });
        if news.is_empty() {
            return Outcome::Unchanged(id.as_uuid());
        }
        self.facts.extend(news);
        Outcome::Updated(id.as_uuid())
    }
}
