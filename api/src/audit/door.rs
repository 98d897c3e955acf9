//! The door of all writes of a request: what comes through it leaves its event in the same transaction.
//!
//! A service cannot write and forget its event: [`AppState::write`] opens the transaction with the [`Author`] and appends the event
//! itself. What the service adds is what it was about and what stood before and after. A test of this module holds that no service
//! goes past the door.

use crate::{
    auth::Whose,
    idempotency::{Made, Once},
    problem::{Kind, Problem, Proven},
    state::AppState,
};
use domain::{
    audit::{Act, Channel, Event},
    kernel::{ClientId, EventId, LearnerId},
};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    fmt::Display,
    ops::{Deref, DerefMut},
};
use store::{Db, audit::append_event, registry::persons, whole_micros};
use time::OffsetDateTime;
use uuid::Uuid;

/// A text of more characters than this is recorded by its hash alone: a rule file, a set of keys.
const LONGEST: usize = 200;

/// Who does what, as events and records name it.
#[derive(Clone, Debug)]
pub(crate) struct Author {
    /// The name under which records know the caller.
    pub(crate) signature: String,
    pub(crate) role: Option<&'static str>,
    pub(crate) operation: String,
    pub(crate) came: Came,
    /// The key under which a creation is to have its effect once.
    pub(crate) once: Option<Once>,
    /// Nothing is written before it was asked whose it is.
    pub(crate) whose: Whose,
}

/// By which way a caller came, and with which request.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) channel: Channel,
    /// The client or the issuer.
    pub(crate) name: Option<String>,
    pub(crate) request_id: Option<String>,
}

impl Author {
    /// Someone without a token that holds.
    pub(crate) fn nobody(operation: String, request_id: Option<String>) -> Self {
        let came = Came { channel: Channel::Unproven, name: None, request_id };
        Self { signature: "nobody".to_owned(), role: None, operation, came, once: None, whose: Whose::nobodys() }
    }

    /// The same, of a token that holds and speaks for nobody here.
    pub(crate) fn proven(self, proven: &Proven) -> Self {
        let Proven { signature, issuer } = proven.clone();
        let came = Came { channel: Channel::Issuer, name: Some(issuer), ..self.came };
        Self { signature, came, ..self }
    }

    /// A client that has proved who it is, and has no token yet.
    pub(crate) fn client(id: ClientId, operation: String) -> Self {
        let came = Came { channel: Channel::Client, name: Some(id.to_string()), request_id: None };
        Self { signature: format!("client:{id}"), came, ..Self::nobody(operation, None) }
    }

    /// Whether it is this learner who does it, by whatever way.
    pub(super) fn is_learner(&self, id: &str) -> bool {
        self.signature.strip_prefix("learner:") == Some(id)
    }

    /// An event of what the author does, as far as it is known before anything is done.
    pub(super) fn event(&self, at: OffsetDateTime) -> Event {
        let Self { signature, role, operation, came, .. } = self.clone();
        // The back end of a mini-program acts for the learner whom its token names.
        let client = came.name.as_deref().filter(|_| came.channel == Channel::Client && role == Some("learner"));
        let (actor, on_behalf_of) = match client.map(|client| format!("client:{client}")) {
            Some(client) => (client, Some(signature)),
            None => (signature, None),
        };
        Event {
            id: EventId::from_uuid(Uuid::now_v7()),
            at: whole_micros(at),
            act: Act::Write,
            operation,
            actor,
            role: role.map(str::to_owned),
            on_behalf_of,
            channel: came.channel,
            channel_name: came.name,
            subject_kind: None,
            subject_id: None,
            purpose: None,
            problem: None,
            before: None,
            after: None,
            request_id: came.request_id,
            times: 1,
        }
    }
}

/// A writing transaction whose event is still being told. Queries take it for the [`Db`] that it is.
pub(crate) struct Recording<'a> {
    db: &'a mut Db,
    event: Event,
}

impl Recording<'_> {
    /// What it is about.
    pub(crate) fn about(&mut self, kind: &str, id: impl Display) {
        (self.event.subject_kind, self.event.subject_id) = (Some(kind.to_owned()), Some(id.to_string()));
    }

    /// What it is about where that is many things, and what became of them. It has no one id, and none is made up.
    pub(crate) fn among(&mut self, kind: &str, body: &impl Serialize) {
        self.event.subject_kind = Some(kind.to_owned());
        self.event.after = told(body);
    }

    /// That nothing was written and someone was shown what is another's, and what for.
    pub(crate) fn showed(&mut self, kind: &str, id: impl Display, purpose: String) {
        self.about(kind, id);
        (self.event.act, self.event.purpose) = (Act::Read, Some(purpose));
    }

    /// What stood before, as callers other than the learner may see it: masked.
    pub(crate) fn before(&mut self, body: &impl Serialize) {
        self.event.before = told(body);
    }

    /// What stands now, as callers other than the learner may see it: masked. Hands the body back.
    pub(crate) fn after<T: Serialize>(&mut self, kind: &str, id: impl Display, body: T) -> T {
        self.about(kind, id);
        self.event.after = told(&body);
        body
    }

    /// What stands now and stood so before: what was asked was done already, and the event says that nothing changed. Hands the body back.
    pub(crate) fn unchanged<T: Serialize>(&mut self, kind: &str, id: impl Display, body: T) -> T {
        self.about(kind, id);
        (self.event.before, self.event.after) = (None, told(&Unchanged { body: &body, unchanged: true }));
        body
    }
}

/// Of somebody who was erased since, nothing that was answered is answered again; nor is it done again.
fn still_somebodys(db: &mut Db, made: &Made) -> Result<(), Problem> {
    let shown: BTreeSet<LearnerId> =
        made.shows.iter().filter_map(|id| Some(LearnerId::from_uuid(id.parse().ok()?))).collect();
    let known = persons(db, &shown.iter().copied().collect::<Vec<_>>())?;
    if known.len() < shown.len() { Err(Problem::new(Kind::NotFound)) } else { Ok(()) }
}

/// A body that stood so before.
#[derive(Serialize)]
struct Unchanged<'a, T> {
    #[serde(flatten)]
    body: &'a T,
    unchanged: bool,
}

impl Deref for Recording<'_> {
    type Target = Db;

    fn deref(&self) -> &Db {
        self.db
    }
}

impl DerefMut for Recording<'_> {
    fn deref_mut(&mut self) -> &mut Db {
        self.db
    }
}

impl AppState {
    /// One writing transaction with its event. It may run more than once, like any of [`store::Store::write`].
    ///
    /// # Errors
    /// What the closure says, or the database; then nothing is written, and no event.
    pub(crate) async fn write<T, F>(&self, author: Author, write: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Recording<'_>) -> Result<T, Problem> + Send + 'static,
    {
        let now = self.clock.now();
        self.store.write(move |db: &mut Db| recorded(db, &author, now, &write).map(|(value, _)| value)).await
    }

    /// As [`write`](Self::write), for what creates: where the request names a key under which the same was done before, that
    /// answer is given again, and nothing is done and no event written; else the answer is kept with the effect.
    ///
    /// # Errors
    /// As [`write`](Self::write), and `idempotency_key_reused` or `idempotency_in_progress`; then nothing is kept, and the same
    /// request is decided anew.
    pub(crate) async fn create<F>(&self, author: Author, write: F) -> Result<Made, Problem>
    where
        F: Fn(&mut Recording<'_>) -> Result<Made, Problem> + Send + 'static,
    {
        let Some(once) = author.once.clone() else { return self.write(author, write).await };
        let (claim, now, by) =
            (once.claim(&self.keys, &self.under_way, self.repeats_retention)?, self.clock.now(), author.clone());
        let held = claim.held();
        let created = move |db: &mut Db| {
            if let Some(made) = claim.answered(db, now)? {
                return still_somebodys(db, &made).map(|()| made);
            }
            let (mut made, event) = recorded(db, &author, now, &write)?;
            made.shows.extend(event.subject_id.filter(|_| event.subject_kind.as_deref() == Some("learner")));
            claim.keep(db, &made, now)?;
            Ok(made)
        };
        let made: Result<Made, Problem> = self.store.write(created).await;
        held.let_go();
        let made = made?;
        if made.replayed {
            // The key is the caller's own, and so is what was made under it.
            by.whose.asked();
            self.journal.shown_again(&by, &made.shows, now)?;
        }
        Ok(made)
    }
}

/// What is written, and its event beside it.
fn recorded<T>(
    db: &mut Db,
    author: &Author,
    now: OffsetDateTime,
    write: &impl Fn(&mut Recording<'_>) -> Result<T, Problem>,
) -> Result<(T, Event), Problem> {
    let mut recording = Recording { db, event: author.event(now) };
    let value = write(&mut recording)?;
    author.whose.require_asked(&author.operation)?;
    append_event(recording.db, &recording.event)?;
    Ok((value, recording.event))
}

/// A body as an event keeps it.
fn told(body: &impl Serialize) -> Option<String> {
    let mut value = serde_json::to_value(body).ok()?;
    shorten(&mut value);
    Some(value.to_string())
}

/// Long texts give way to their hashes, and keys, which say nothing to people, to theirs.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().count() > LONGEST => *value = hashed(text),
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(members) => {
            for (name, member) in members {
                if name == "jwks" && !member.is_null() {
                    *member = hashed(&member.to_string());
                } else {
                    shorten(member);
                }
            }
        }
        _ => {}
    }
}

fn hashed(text: &str) -> Value {
    let digits: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Cell;
    use serde_json::json;
    use std::{fs, path::Path};

    /// Files that may write past the door, and why that leaves no write without its event.
    const PAST: &[(&str, &str)] = &[
        ("audit/door.rs", "is the door"),
        ("audit/journal.rs", "records reads and refusals, which write nothing else"),
        ("work.rs", "goes on with what a recorded write began, and seals and numbers what others recorded"),
        ("work/step.rs", "goes on, by the runner, with what a recorded write began"),
        ("work/tests.rs", "drives the runner and serves nobody"),
        ("resealing.rs", "seals anew what stands, and records that"),
        ("startup.rs", "proves keys before anyone is served, and records which came and went"),
        ("cli/keys.rs", "records what an operator did to files"),
        ("cli/work.rs", "records what an operator had tried again"),
        ("policy/seed.rs", "fills a new database"),
        ("completions/service.rs", "rehearses, or goes on with a sending whose opening was recorded"),
        ("reassessment/run.rs", "goes on, by the runner, with what a recorded write began"),
        ("reassessment/trial.rs", "rehearses"),
        ("access/issuers/refresh.rs", "keeps what was fetched, and records another set itself"),
        ("access/oauth/service.rs", "remembers an assertion that was used"),
    ];

    /// Who is written to without the store's door: the state, whose door is this one, what a chunk is judged at, which writes
    /// within a transaction, and a file.
    const OTHERS: [&str; 3] = ["state", "desk", "options"];

    /// Whether code opens a writing transaction of the store, however it is broken into lines and whatever the store is called.
    fn passes(code: &str) -> bool {
        let lines = code.lines().map(|line| line.split("//").next().unwrap());
        let code: String = lines.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
        let by_method = code.match_indices(".write(").any(|(at, found)| {
            let is_lock = code[at + found.len()..].starts_with(')');
            let start = code[..at].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |before| before + 1);
            !is_lock && !OTHERS.contains(&&code[start..at])
        });
        by_method || ["write_blocking", "Store::write", "store::write"].iter().any(|name| code.contains(name))
    }

    #[test]
    fn nothing_is_written_by_who_may_write_their_own_before_it_was_asked_whose_it_is() {
        let file = std::env::temp_dir().join(format!("xueshi-door-test-{}.db", Uuid::now_v7()));
        let store = store::Store::connect(&format!("sqlite://{}", file.display()), &store::StoreOptions::default());
        let store = store.unwrap();
        store.migrate().unwrap();
        for (cell, asks, written) in [
            (Cell::Hide, false, false),
            (Cell::Deny, false, false),
            (Cell::Own, false, false),
            (Cell::Hide, true, true),
            (Cell::Any, false, true),
        ] {
            let whose = Whose::of(cell);
            let author = Author { whose: whose.clone(), ..Author::nobody("correct_learner".to_owned(), None) };
            if asks {
                whose.asked();
            }
            let write = move |db: &mut Db| recorded(db, &author, OffsetDateTime::now_utc(), &|_| Ok(())).map(|_| ());
            assert_eq!(store.write_blocking(write).is_ok(), written, "{cell:?}, asked: {asks}");
        }
        let events = store.read_blocking(store::audit::count_unsealed).unwrap();
        assert_eq!(events, 2);
    }

    #[test]
    fn a_write_past_the_door_is_found_in_every_way_of_writing() {
        for past in [
            "state.store.write(move |db| go(db)).await",
            "state\n    .store\n    .write(move |db| go(db))",
            "state.store // the store\n    .write (\n        go)",
            "let doors = &state.store;\ndoors.write(go)",
            "let write = Store::write;",
            "store\n    .write_blocking(go)",
        ] {
            assert!(passes(past), "{past}");
        }
        for through in
            ["state\n    .write(author, write)\n    .await", "desk.write(db, &shared)?", "self.0.write().x()"]
        {
            assert!(!passes(through), "{through}");
        }
    }

    fn writers(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                writers(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            if passes(text.split("#[cfg(test)]").next().unwrap()) {
                let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
                found.push(path.strip_prefix(src).unwrap().display().to_string());
            }
        }
    }

    #[test]
    fn no_write_of_a_request_goes_past_the_door() {
        let mut found = Vec::new();
        writers(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        found.sort_unstable();
        let mut allowed: Vec<&str> = PAST.iter().map(|(file, _)| *file).collect();
        allowed.sort_unstable();
        assert_eq!(found, allowed);
    }

    #[test]
    fn long_texts_and_keys_are_kept_by_their_hashes() {
        let body =
            json!({ "name": "示例", "source": "x".repeat(201), "jwks": { "keys": [] }, "list": ["y".repeat(201)] });
        let kept: Value = serde_json::from_str(&told(&body).unwrap()).unwrap();
        assert_eq!(kept["name"], "示例");
        for long in [&kept["source"], &kept["jwks"], &kept["list"][0]] {
            assert!(long.as_str().unwrap().starts_with("sha256:"), "{kept}");
        }
    }
}
