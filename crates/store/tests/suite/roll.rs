//! The room of rolls: what was made stays, but that the whole of it is taken back once; and the ledger says who stands on one.

use crate::{
    append_only::execute,
    databases::on_each,
    evidence::{credit, reversal},
    sample::{AT, fill, place},
};
use domain::{
    hour_ledger::{Basis, Entry, Ground},
    kernel::{CaseId, CompletionId, EntryId, WorkId},
    roll::RollKind,
};
use store::{
    StoreError,
    hour_ledger::{RollCounts, RollItem, count_on_roll, insert_entries, lines_on_rolls, page_of_roll, people_on_roll},
    roll::{Roll, RollReversal, RollSearch, find_roll, insert_roll, reverse_roll, search_rolls},
};
use uuid::Uuid;

fn roll() -> Roll {
    Roll {
        roll_id: CaseId::from_uuid(Uuid::now_v7()),
        kind: RollKind::PastYears,
        place_code: place("610000"),
        office_place_code: place("610000"),
        series: None,
        exemption: None,
        year: None,
        document: "示例〔2021〕1号".to_owned(),
        attested_by: "示例厅".to_owned(),
        reason: "迁移".to_owned(),
        recorded_at: AT,
        recorded_by: "officer:li".to_owned(),
        reversed_at: None,
        reversed_by: None,
        reversal_reason: None,
        work_id: None,
    }
}

#[test]
fn a_roll_stays_as_it_was_made_and_is_taken_back_once() {
    on_each(|database| {
        let (store, made) = (database.store(), roll());
        let (id, row) = (made.roll_id, made.clone());
        store.write_blocking(move |db| insert_roll(db, &row)).unwrap();
        for sql in [
            "UPDATE roll SET document = 'x'",
            "UPDATE roll SET place_code = '630000'",
            "UPDATE roll SET office_place_code = '630000'",
            "DELETE FROM roll",
        ] {
            let refused = execute(store, sql.to_owned());
            assert!(matches!(&refused, Err(StoreError::RuleViolated(_))), "{sql}: {refused:?}");
        }
        let work = WorkId::from_uuid(Uuid::now_v7());
        let reverse = move || {
            store.write_blocking(move |db| {
                reverse_roll(db, id, RollReversal { work, reason: "有误", at: AT, by: "officer:li" })
            })
        };
        assert!(reverse().unwrap());
        assert!(!reverse().unwrap());
        let refused = execute(store, "UPDATE roll SET reversal_reason = 'x'".to_owned());
        assert!(matches!(&refused, Err(StoreError::RuleViolated(_))), "{refused:?}");
        let found = store.read_blocking(move |db| find_roll(db, id)).unwrap().unwrap();
        assert_eq!((found.reversed_at, found.work_id, found.document), (Some(AT), Some(work), made.document));
    });
}

#[test]
fn rolls_are_found_by_place_series_and_kind_in_the_order_in_which_they_were_made() {
    on_each(|database| {
        let (store, first) = (database.store(), roll());
        let of = Some("卫生".to_owned());
        let list =
            Roll { kind: RollKind::Exemption, exemption: Some("x".into()), year: Some(2020), series: of, ..roll() };
        let elsewhere = Roll { place_code: place("630000"), ..roll() };
        let all = [first, list, elsewhere];
        let ids = all.clone().map(|one| one.roll_id);
        store.write_blocking(move |db| all.iter().try_for_each(|one| insert_roll(db, one))).unwrap();
        let places = [place("610000")];
        let everything = RollSearch { places: &places, series: None, kind: None, after: None, limit: 10 };
        let found = |search: RollSearch<'_>| -> Vec<CaseId> {
            let rows = store.read_blocking(|db| search_rolls(db, search)).unwrap();
            rows.into_iter().map(|one| one.roll_id).collect()
        };
        assert_eq!(found(everything), ids[..2]);
        assert_eq!(found(RollSearch { after: Some(ids[0]), ..everything }), ids[1..2]);
        assert_eq!(found(RollSearch { series: Some("卫生"), ..everything }), ids[1..2]);
        assert_eq!(found(RollSearch { kind: Some(RollKind::PastYears), ..everything }), ids[..1]);
    });
}

#[test]
fn who_stands_on_a_roll_the_ledger_says() {
    on_each(|database| {
        let (store, sample) = (database.store(), fill(database.store()));
        let (case, learner) = (CaseId::from_uuid(Uuid::now_v7()), sample.learner);
        let line = |year, number| Entry {
            id: EntryId::from_uuid(Uuid::now_v7()),
            year,
            completion: None,
            decision_number: Some(number),
            ground: Some(Ground { basis: Basis::Attestation, case, achievement: None, fulfils: None, drawn: None }),
            ..credit(&sample, CompletionId::from_uuid(Uuid::now_v7()))
        };
        let (first, second) = (line(2018, 1), line(2019, 2));
        let pushed = credit(&sample, CompletionId::from_uuid(Uuid::now_v7()));
        let lines = vec![first.clone(), second.clone(), pushed];
        store.write_blocking(move |db| insert_entries(db, &lines)).unwrap();
        let item = |year, number| RollItem { learner, year, number };
        let seen = || {
            store.read_blocking(|db| {
                let page = page_of_roll(db, case, None, 1)?;
                let rest = page_of_roll(db, case, page.last().copied(), 10)?;
                let people = people_on_roll(db, case, None, 10)?;
                let after = people_on_roll(db, case, Some(learner), 10)?;
                Ok::<_, StoreError>((page, rest, people, after, count_on_roll(db, case)?))
            })
        };
        let (page, rest, people, after, counts) = seen().unwrap();
        assert_eq!((page, rest), (vec![item(2018, 1)], vec![item(2019, 2)]));
        assert_eq!((people, after), (vec![learner], vec![]));
        assert_eq!(counts, RollCounts { people: 1, lines: 2, reversed: 0 });
        let both = [reversal(&first), reversal(&second)];
        store.write_blocking(move |db| insert_entries(db, &both)).unwrap();
        let (page, _, people, _, counts) = seen().unwrap();
        assert_eq!((page.len(), people.len()), (1, 0), "what was taken back is listed, and stands no more");
        assert_eq!(counts, RollCounts { people: 0, lines: 2, reversed: 2 });
        assert_eq!(store.read_blocking(move |db| lines_on_rolls(db, &[learner])).unwrap().len(), 4);
    });
}
