//! The audit trail: sealed by membership, one sealer at a time, removed only with seals whose time is over.

use crate::{
    databases::{Database, on_each},
    sample::AT,
};
use diesel::connection::SimpleConnection;
use domain::{
    audit::{Act, Channel, Event, Finding, LEAST_RETENTION, Member, Report, Seal, SealMark, Unsealed, Verifier},
    kernel::EventId,
};
use std::{sync::mpsc, thread};
use store::{
    Db, Store, StoreError,
    audit::{
        AfterEvent, EventSearch, append_event, append_new_events, count_unsealed, empty_seals, events_past_the_service,
        find_seal, hold_seals, insert_seal, last_seal, last_seal_before, listed_in, oldest_unsealed, seals_after,
        search_events, unsealed_and_gone, unsealed_and_sealed, unsealed_events,
    },
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

fn event(operation: &str) -> Event {
    Event {
        id: EventId::from_uuid(Uuid::now_v7()),
        at: AT,
        act: Act::Write,
        operation: operation.into(),
        actor: "officer:li".into(),
        role: Some("officer".into()),
        on_behalf_of: None,
        channel: Channel::OwnToken,
        channel_name: None,
        subject_kind: Some("employer".into()),
        subject_id: Some("7".into()),
        purpose: None,
        problem: None,
        before: None,
        after: Some(r#"{"名":"示例"}"#.into()),
        request_id: Some("r-1".into()),
        times: 1,
    }
}

fn append(store: &Store, event: &Event) {
    let event = event.clone();
    store.write_blocking(move |db| append_event(db, &event)).unwrap();
}

fn seal(store: &Store, at: OffsetDateTime, limit: i64) -> Option<Seal> {
    store
        .write_blocking(move |db| {
            hold_seals(db)?;
            let members: Vec<Member> = unsealed_events(db, false, limit)?
                .iter()
                .map(|event| Member { event: event.id, fingerprint: event.fingerprint() })
                .collect();
            if members.is_empty() {
                return Ok(None);
            }
            let seal = Seal::after(last_seal(db)?.as_ref(), at, &members);
            insert_seal(db, &seal, &members).map(|()| Some(seal))
        })
        .unwrap()
}

/// An event under a seal, for the test of append-only tables.
pub(crate) fn fill_sealed(store: &Store) {
    append(store, &event("create_employer"));
    assert!(seal(store, AT, 10).is_some());
}

fn verify(store: &Store, against: Option<SealMark>) -> Report {
    store
        .read_blocking(|db| {
            let mut verifier = Verifier::new(last_seal(db)?.as_ref(), against, OffsetDateTime::now_utc());
            for seal in seals_after(db, 0, 1000)? {
                verifier.seal(&seal, &listed_in(db, seal.number)?);
            }
            Ok::<_, StoreError>(verifier.finish(Unsealed {
                waiting: count_unsealed(db)?,
                oldest: oldest_unsealed(db)?,
                gone: unsealed_and_gone(db, 10)?,
                queued_again: unsealed_and_sealed(db, 10)?,
                inserted: events_past_the_service(db, 10)?,
            }))
        })
        .unwrap()
}

/// What an intruder does who owns the database: triggers and keys are no hindrance.
fn tamper(store: &Store, sql: &str) {
    let sql = sql.to_owned();
    let outcome: Result<(), StoreError> = store.write_blocking(move |db| {
        match db {
            Db::Sqlite(c) => {
                let named = "audit_event_no_update audit_event_no_early_delete audit_member_no_update \
                             audit_member_no_early_delete audit_seal_no_update audit_seal_no_delete";
                for trigger in named.split_ascii_whitespace() {
                    c.batch_execute(&format!("DROP TRIGGER IF EXISTS {trigger}"))?;
                }
                c.batch_execute("PRAGMA defer_foreign_keys = ON")?;
                c.batch_execute(&sql)?;
            }
            Db::Pg(c) => c.batch_execute(&format!("SET LOCAL session_replication_role = replica; {sql}"))?,
        }
        Ok(())
    });
    outcome.unwrap();
}

/// An id as SQL writes it.
fn literal(store: &Store, id: EventId) -> String {
    match store.backend() {
        store::Backend::Sqlite => format!("x'{}'", id.as_uuid().simple()),
        store::Backend::Postgres => format!("'{id}'"),
    }
}

#[test]
fn an_event_reads_back_as_it_was_written_and_is_sealed_once() {
    on_each(|database| {
        let store = database.store();
        let mut written = event("create_employer");
        written.on_behalf_of = Some("learner:1".into());
        (written.purpose, written.problem) = (Some("复核".into()), Some("not_found".into()));
        (written.before, written.times) = (Some("{}".into()), 7);
        append(store, &written);
        let found =
            store.read_blocking(|db| search_events(db, EventSearch { limit: 10, ..Default::default() })).unwrap();
        assert_eq!(found, [written.clone()]);
        let first = seal(store, AT, 10).unwrap();
        assert_eq!((first.number, first.members), (1, 1));
        assert_eq!(store.read_blocking(|db| find_seal(db, 1)).unwrap(), Some(first.clone()));
        assert_eq!(seal(store, AT, 10), None);
        let report = verify(store, Some(first.mark()));
        assert_eq!((report.findings, report.seals, report.events, report.waiting), (vec![], 1, 1, 0));
    });
}

#[test]
fn an_event_of_an_older_id_that_comes_later_is_sealed_later() {
    on_each(|database| {
        let store = database.store();
        // Its id and its time are older than those of what was sealed before.
        let late = event("late");
        append(store, &event("early"));
        assert_eq!(seal(store, AT, 10).unwrap().members, 1);
        append(store, &late);
        assert_eq!(verify(store, None).waiting, 1);
        assert_eq!(seal(store, AT + Duration::MINUTE, 10).unwrap().members, 1);
        assert_eq!(verify(store, None).findings, []);
    });
}

/// On SQLite there is one writer, so that transactions commit in the order in which they begin, and this cannot happen.
#[test]
fn a_transaction_that_commits_late_is_sealed_later() {
    let Some(database) = Database::postgres_alone() else { return };
    let store = database.store();
    let ((begun, has_begun), (commit, may_commit)) = (mpsc::channel(), mpsc::channel::<()>());
    let late = event("late");
    thread::scope(|scope| {
        let slow = scope.spawn(move || {
            store.write_blocking(move |db| {
                append_event(db, &late)?;
                begun.send(()).unwrap();
                may_commit.recv().unwrap();
                Ok::<_, StoreError>(())
            })
        });
        has_begun.recv().unwrap();
        // Begun later and committed earlier; the sealer does not wait for the other, and leaves it out.
        append(store, &event("early"));
        assert_eq!(seal(store, AT, 10).unwrap().members, 1);
        assert_eq!((verify(store, None).waiting, verify(store, None).findings), (0, vec![]));
        commit.send(()).unwrap();
        slow.join().unwrap().unwrap();
        assert_eq!(verify(store, None).waiting, 1);
        assert_eq!(seal(store, AT + Duration::MINUTE, 10).unwrap().members, 1);
        let report = verify(store, None);
        assert_eq!((report.findings, report.events, report.waiting), (vec![], 2, 0));
    });
}

#[test]
fn sealers_at_once_make_one_chain_and_seal_everything_once() {
    on_each(|database| {
        let store = database.store();
        (0..60).for_each(|_| append(store, &event("create_employer")));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| while seal(store, AT, 7).is_some() {});
            }
        });
        let report = verify(store, None);
        assert_eq!((report.findings, report.events, report.waiting), (vec![], 60, 0));
        assert_eq!(report.seals, 9);
    });
}

#[test]
fn the_same_event_again_is_left_out_and_not_queued_twice() {
    on_each(|database| {
        let store = database.store();
        let (one, other) = (event("get_learner"), event("get_learner"));
        let both = [one.clone(), other];
        assert_eq!(store.write_blocking(move |db| append_new_events(db, std::slice::from_ref(&one))).unwrap(), 1);
        assert!(seal(store, AT, 10).is_some());
        assert_eq!(store.write_blocking(move |db| append_new_events(db, &both)).unwrap(), 1);
        assert_eq!(seal(store, AT, 10).unwrap().members, 1);
        assert_eq!(verify(store, None).findings, []);
    });
}

#[test]
fn what_an_intruder_does_to_events_is_found() {
    on_each(|database| {
        let store = database.store();
        let events: Vec<Event> = (0..5).map(|number| event(&number.to_string())).collect();
        for event in &events[..4] {
            append(store, event);
            seal(store, AT, 10);
        }
        append(store, &events[4]);
        assert_eq!(verify(store, None).findings, []);
        let id = |at: usize| literal(store, events[at].id);
        tamper(store, &format!("UPDATE audit_event SET actor = 'officer:wu' WHERE event_id = {}", id(0)));
        tamper(store, &format!("DELETE FROM audit_event WHERE event_id = {}", id(1)));
        tamper(store, &format!("DELETE FROM audit_member WHERE event_id = {}", id(2)));
        tamper(store, &format!("DELETE FROM audit_event WHERE event_id = {}", id(4)));
        let copied = EventId::from_uuid(Uuid::now_v7());
        let columns = "happened_at, act, operation, actor, channel, times";
        let insert = format!(
            "INSERT INTO audit_event (event_id, {columns}) SELECT {}, {columns} FROM audit_event WHERE event_id = {}",
            literal(store, copied),
            id(3)
        );
        tamper(store, &insert);
        let wanted = [
            Finding::EventChanged(events[0].id),
            Finding::EventRemoved(events[1].id),
            Finding::MembersChanged(3),
            Finding::EventRemoved(events[4].id),
            Finding::EventInserted(events[2].id),
            Finding::EventInserted(copied),
        ];
        assert_eq!(verify(store, None).findings, wanted);
    });
}

#[test]
fn what_an_intruder_does_to_seals_is_found() {
    on_each(|database| {
        let store = database.store();
        for at in 0..4 {
            append(store, &event("create_employer"));
            seal(store, AT + Duration::minutes(at), 10);
        }
        let last = store.read_blocking(last_seal).unwrap().unwrap().mark();
        assert_eq!(verify(store, Some(last)).findings, []);
        // The end is cut off with everything that belongs to it: only a seal that was kept elsewhere tells.
        tamper(
            store,
            "DELETE FROM audit_event WHERE event_id IN (SELECT event_id FROM audit_member WHERE seal_number = 4);
             DELETE FROM audit_member WHERE seal_number = 4; DELETE FROM audit_seal WHERE number = 4",
        );
        assert_eq!(verify(store, None).findings, []);
        assert_eq!(verify(store, Some(last)).findings, [Finding::CutOff(4)]);
        // Somebody says that the first events were removed when their time was over, and removes them.
        tamper(
            store,
            "UPDATE audit_seal SET emptied_through = 1 WHERE number = 3; DELETE FROM audit_member WHERE seal_number = 1",
        );
        let findings = verify(store, None).findings;
        assert!(findings.contains(&Finding::SealChanged(3)) && findings.contains(&Finding::EmptiedTooEarly(3)));
        tamper(store, "DELETE FROM audit_member WHERE seal_number = 2; DELETE FROM audit_seal WHERE number = 2");
        assert!(verify(store, None).findings.contains(&Finding::SealMissing(2)));
    });
}

#[test]
fn events_go_with_their_seals_when_their_time_is_over_and_not_before() {
    on_each(|database| {
        let store = database.store();
        for at in (0..3).map(|days| AT + Duration::days(days)) {
            append(store, &Event { at, ..event("create_employer") });
            seal(store, at, 10);
        }
        let early: Result<usize, StoreError> = store.write_blocking(|db| empty_seals(db, false, (0, 1)));
        assert!(matches!(early, Err(StoreError::RuleViolated(_))), "{early:?}");
        let now = AT + LEAST_RETENTION + Duration::days(1);
        let old = move |db: &mut Db, after, limit| last_seal_before(db, false, (after, limit), now - LEAST_RETENTION);
        assert_eq!(store.read_blocking(|db| old(db, 0, 1)).unwrap().unwrap().number, 1, "no more than asked for");
        assert_eq!(store.read_blocking(|db| old(db, 2, 5)).unwrap(), None);
        let removed: Result<usize, StoreError> = store.write_blocking(move |db| {
            hold_seals(db)?;
            let (last, over) = (last_seal(db)?, old(db, 0, 10)?.unwrap());
            let seal = Seal::after(last.as_ref(), now, &[]).emptying_through(false, over.number);
            insert_seal(db, &seal, &[])?;
            empty_seals(db, false, (0, over.number))
        });
        assert_eq!(removed.unwrap(), 2);
        let report = verify(store, None);
        assert_eq!((report.findings, report.removed, report.events), (vec![], 2, 1));
        // What is not over stays refused.
        let more: Result<usize, StoreError> = store.write_blocking(|db| empty_seals(db, false, (0, 3)));
        assert!(matches!(more, Err(StoreError::RuleViolated(_))), "{more:?}");
    });
}

#[test]
fn reads_wait_for_seals_of_their_own_and_go_with_those_alone() {
    on_each(|database| {
        let store = database.store();
        append(store, &event("create_employer"));
        append(store, &Event { act: Act::Read, ..event("get_learner") });
        let sealed = store.write_blocking(|db| {
            hold_seals(db)?;
            for of_reads in [true, false] {
                let members: Vec<Member> = unsealed_events(db, of_reads, 10)?
                    .iter()
                    .map(|event| Member { event: event.id, fingerprint: event.fingerprint() })
                    .collect();
                let last = last_seal(db)?;
                insert_seal(db, &Seal::after(last.as_ref(), AT, &members).over_reads(of_reads), &members)?;
            }
            let over = last_seal_before(db, true, (0, 10), AT)?;
            let last = Seal::after(last_seal(db)?.as_ref(), AT + LEAST_RETENTION, &[]).emptying_through(true, 2);
            insert_seal(db, &last, &[])?;
            Ok::<_, StoreError>(over.map(|over| over.number))
        });
        assert_eq!(sealed.unwrap(), Some(1));
        let others: Result<usize, StoreError> = store.write_blocking(|db| empty_seals(db, false, (0, 2)));
        assert!(matches!(others, Err(StoreError::RuleViolated(_))), "{others:?}");
        let reads: Result<usize, StoreError> = store.write_blocking(|db| empty_seals(db, true, (0, 2)));
        assert_eq!(reads.unwrap(), 1);
        let report = verify(store, None);
        assert_eq!((report.findings, report.removed, report.events), (vec![], 1, 1));
    });
}

#[test]
fn events_are_searched_and_paged_in_the_order_of_time() {
    on_each(|database| {
        let store = database.store();
        let mut events = Vec::new();
        for number in 0..6_i32 {
            let mut event = event(if number % 2 == 0 { "create_employer" } else { "replace_employer" });
            // Two share each moment, so that the id decides.
            event.at = AT + Duration::hours(i64::from(number / 2));
            event.subject_id = Some((number % 3).to_string());
            event.actor = if number < 4 { "officer:li".into() } else { "officer:wu".into() };
            event.request_id = Some(format!("r-{number}"));
            append(store, &event);
            events.push(event);
        }
        let all = EventSearch { limit: 10, ..Default::default() };
        let search =
            |search: EventSearch<'_>| -> Vec<Event> { store.read_blocking(|db| search_events(db, search)).unwrap() };
        assert_eq!(search(all), events);
        let page = search(EventSearch { limit: 3, ..all });
        let after = Some(AfterEvent { at: page[2].at, id: page[2].id });
        assert_eq!([page, search(EventSearch { after, ..all })].concat(), events);
        let numbers = |found: &[Event]| -> Vec<usize> {
            found.iter().map(|one| events.iter().position(|event| event == one).unwrap()).collect()
        };
        assert_eq!(numbers(&search(EventSearch { operation: Some("replace_employer"), ..all })), [1, 3, 5]);
        assert_eq!(numbers(&search(EventSearch { subjects: Some(&["0".to_owned()]), ..all })), [0, 3]);
        assert_eq!(numbers(&search(EventSearch { actor: Some("officer:wu"), ..all })), [4, 5]);
        assert_eq!(numbers(&search(EventSearch { request: Some("r-2"), ..all })), [2]);
        assert_eq!(numbers(&search(EventSearch { acts: &[Act::Read], ..all })), [0; 0]);
        let hour = Duration::HOUR;
        assert_eq!(numbers(&search(EventSearch { from: Some(AT + hour), until: Some(AT + hour * 2), ..all })), [2, 3]);
    });
}
