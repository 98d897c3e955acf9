//! The room of completions: evidence under its key, every decision, and the queue of what waits.

use crate::{
    databases::on_each,
    evidence::{batch, completion, decision, hold, outcome},
    sample::{Sample, fill},
};
use std::collections::HashMap;
use store::{
    Store, StoreError,
    completions::{
        self, Answered, Completion, CompletionBatch, CompletionDecision, CompletionHold, insert_decisions,
        insert_new_completions, insert_outcomes, page_outcomes,
    },
};

fn open(store: &Store, sample: &Sample) -> CompletionBatch {
    let batch = batch(sample);
    let row = batch.clone();
    store.write_blocking(move |db| completions::insert_batch(db, &row)).unwrap();
    batch
}

fn insert(store: &Store, rows: Vec<Completion>) -> Vec<String> {
    let mut new = store.write_blocking(move |db| insert_new_completions(db, &rows)).unwrap();
    new.sort();
    new
}

#[test]
fn a_chunk_of_a_thousand_items_sent_again_brings_only_what_is_new() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let batch = open(store, &sample);
        let item = |n: i32| completion(&sample, &batch, &format!("e-{n:04}"), n);
        assert_eq!(insert(store, (0..1000).map(item).collect()).len(), 1000);
        assert!(insert(store, (0..1000).map(item).collect()).is_empty());
        // The same key twice in one chunk is one item.
        assert_eq!(insert(store, vec![item(999), item(1000), item(1000)]), ["e-1000"]);
        let found =
            store.read_blocking(|db| completions::find(db, sample.platform, &["e-0001", "e-1000", "x"])).unwrap();
        assert_eq!(found.len(), 2);
        let one = found[0].clone();
        let again = store.read_blocking(move |db| completions::find_by_completion_id(db, one.completion_id)).unwrap();
        assert_eq!(again.as_ref(), Some(&found[0]));
    });
}

#[test]
fn every_decision_stays_and_the_last_one_is_found() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let batch = open(store, &sample);
        let items: Vec<Completion> = (1..4).map(|n| completion(&sample, &batch, &format!("e-{n}"), n)).collect();
        let rows = vec![
            decision(&sample, &items[0], 1, "held"),
            decision(&sample, &items[0], 2, "credited"),
            CompletionDecision { learner_id: None, ..decision(&sample, &items[1], 1, "refused") },
            CompletionDecision { learner_id: None, ..decision(&sample, &items[0], 3, "not_counted") },
        ];
        assert_eq!(insert(store, items).len(), 3);
        let twice = rows[2].clone();
        store.write_blocking(move |db| insert_decisions(db, &rows)).unwrap();
        let refused = store.write_blocking(move |db| insert_decisions(db, std::slice::from_ref(&twice)));
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        let platform = sample.platform;
        let latest =
            store.read_blocking(|db| completions::latest_decisions(db, platform, &["e-1", "e-2", "e-3"])).unwrap();
        assert_eq!(latest.iter().map(|d| d.outcome.as_str()).collect::<Vec<_>>(), ["not_counted", "refused"]);
        let mut first =
            store.read_blocking(|db| completions::first_outcomes(db, platform, &["e-1", "e-2", "e-3"])).unwrap();
        first.sort();
        assert_eq!(first, [("e-1", "held"), ("e-2", "refused")].map(|(id, was)| (id.to_owned(), was.to_owned())));
        let all = store.read_blocking(|db| completions::decisions_of(db, platform, "e-1")).unwrap();
        assert_eq!(all.iter().map(|d| d.number).collect::<Vec<_>>(), [1, 2, 3]);
        // The last decision names nobody: whose the item is was said before.
        let named = store.read_blocking(|db| completions::last_named(db, platform, &["e-1", "e-2", "e-3"])).unwrap();
        assert_eq!(named, HashMap::from([("e-1".to_owned(), sample.learner)]));
    });
}

#[test]
fn the_answers_of_a_batch_are_paged_by_line_with_and_without_decision() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let batch = open(store, &sample);
        let (decisions, outcomes): (Vec<i32>, Vec<i32>) = (1..=20).partition(|line| line % 3 == 0);
        let decisions: Vec<_> = decisions
            .into_iter()
            .map(|line| decision(&sample, &completion(&sample, &batch, &format!("e-{line}"), line), 1, "credited"))
            .collect();
        let outcomes: Vec<_> = outcomes.into_iter().map(|line| outcome(&batch, line)).collect();
        store
            .write_blocking(move |db| {
                insert_decisions(db, &decisions)?;
                insert_outcomes(db, &outcomes)
            })
            .unwrap();
        let (mut seen, mut after) = (Vec::new(), 0);
        loop {
            let page = store.read_blocking(|db| page_outcomes(db, batch.batch_id, 1, after, 7)).unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 7);
            after = last.line();
            seen.extend(page.iter().map(Answered::line));
        }
        assert_eq!(seen, (1..=20).collect::<Vec<_>>());
        let last = store.read_blocking(|db| completions::last_attempt(db, batch.batch_id)).unwrap();
        assert_eq!(last, Some(batch));
    });
}

#[test]
fn what_waits_is_found_by_what_it_waits_for_and_keeps_who_it_is_about() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        let person = vec![hold(&sample, "e-1", "person:a"), hold(&sample, "e-2", "person:b")];
        let course = CompletionHold { document_cipher: None, name_cipher: None, ..hold(&sample, "e-1", "course:C-9") };
        store.write_blocking(move |db| completions::put_holds(db, &person)).unwrap();
        store.write_blocking(move |db| completions::put_holds(db, &[course.clone(), course.clone()])).unwrap();
        let waiting = |key: &'static str| store.read_blocking(|db| completions::find_waiting(db, &[key], 9)).unwrap();
        assert!(waiting("person:a").is_empty());
        assert_eq!(waiting("course:C-9")[0].document_cipher, Some(vec![1]), "it stays as it was first kept");
        let platform = sample.platform;
        let page =
            |after| store.read_blocking(move |db| completions::waiting_of_platform(db, platform, after, 1)).unwrap();
        assert_eq!(page(None)[0].external_id, "e-1");
        assert_eq!(page(Some("e-1"))[0].external_id, "e-2");
        let next = |prefix: &'static str, after: Option<&'static str>| {
            store.read_blocking(move |db| completions::next_awaited(db, prefix, after)).unwrap()
        };
        assert_eq!(next("person:", None).as_deref(), Some("person:b"));
        assert_eq!(next("person:", Some("person:b")), None);
        let asked = ["person:b", "nothing", "person:a", "course:C-9", "person:b"];
        let among = store.read_blocking(move |db| completions::awaited_among(db, &asked)).unwrap();
        assert_eq!(among, ["course:C-9", "person:b"]);
        let exactly = |key: &'static str| store.read_blocking(|db| completions::waiting_for(db, key, None, 9)).unwrap();
        assert_eq!(
            (exactly("course:C-9").len(), exactly("course:C").len()),
            (1, 0),
            "the whole key, not its beginning"
        );
        let of = store.read_blocking(move |db| completions::holds_of(db, platform, &["e-2", "e-3"])).unwrap();
        assert_eq!(of.iter().map(|hold| hold.external_id.as_str()).collect::<Vec<_>>(), ["e-2"]);
        store.write_blocking(move |db| completions::delete_holds(db, platform, &["e-1", "e-2"])).unwrap();
        assert!(page(None).is_empty());
    });
}

#[test]
fn many_holds_are_put_at_once_and_again() {
    on_each(|database| {
        let store = database.store();
        let sample = fill(store);
        for waits_for in ["person:a", "course:C-9"] {
            let rows: Vec<_> = (0..1001).map(|n| hold(&sample, &format!("e-{n:04}"), waits_for)).collect();
            store.write_blocking(move |db| completions::put_holds(db, &rows)).unwrap();
            let found = store.read_blocking(|db| completions::find_waiting(db, &[waits_for], 2000)).unwrap();
            assert_eq!(found.len(), 1001);
        }
    });
}
