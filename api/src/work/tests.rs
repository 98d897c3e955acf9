//! Who has a turn, what is given back, and what a panic comes to.

use super::*;
use domain::kernel::WorkId;
use store::work::{NewWork, enqueue, find_work};

/// A service on a database of its own.
pub(crate) fn serving() -> Data<AppState> {
    let file = std::env::temp_dir().join(format!("xueshi-work-test-{}.db", uuid::Uuid::now_v7()));
    let address = format!("sqlite://{}", file.display());
    let mut state = Arc::into_inner(crate::edge_tests::state().into_inner()).unwrap();
    state.store = store::Store::connect(&address, &store::StoreOptions::default()).unwrap();
    state.store.migrate().unwrap();
    Data::new(state)
}

#[test]
fn sealing_has_its_turn_within_a_release_that_takes_long_and_before_others_that_wait_longer() {
    let state = serving();
    let (now, ids) = (state.clock.now(), [(); 2].map(|()| WorkId::from_uuid(uuid::Uuid::now_v7())));
    let payload = r#"{"passes":[{"key":"a"},{"key":"b"}]}"#;
    let event = sealing::from_inside("test", now);
    let queued = move |db: &mut store::Db| {
        for id in ids {
            let run_after = now - Duration::hours(1);
            enqueue(db, NewWork { id, kind: release::RELEASE, payload, run_after }, now)?;
        }
        store::audit::append_event(db, &event)
    };
    state.store.write_blocking(queued).unwrap();
    let go_on = AtomicBool::new(false);
    let mut at = 0;
    assert!(next(&state, "a", &go_on, Wait::ZERO, &mut at).unwrap());
    let find = |id| state.store.read_blocking(move |db| find_work(db, id)).unwrap().unwrap();
    assert_eq!((find(ids[0]).state, find(ids[0]).attempts), (WorkState::Waiting, 0));
    assert_eq!(find(ids[0]).reached.as_deref(), Some(r#"{"pass":1,"after":null}"#));
    look_after(&state, &go_on);
    assert!(next(&state, "a", &go_on, Wait::ZERO, &mut at).unwrap());
    let sealed = state.store.read_blocking(store::audit::last_seal).unwrap();
    assert_eq!(sealed.map(|seal| seal.members), Some(1));
    for (first, second) in [(WorkState::Done, WorkState::Waiting), (WorkState::Done, WorkState::Waiting)] {
        assert!(next(&state, "a", &go_on, Wait::ZERO, &mut at).unwrap());
        assert_eq!((find(ids[0]).state, find(ids[1]).state), (first, second));
    }
    assert!(next(&state, "a", &go_on, Wait::ZERO, &mut at).unwrap());
    assert_eq!(find(ids[1]).state, WorkState::Done);
    assert!(!next(&state, "a", &go_on, Wait::ZERO, &mut at).unwrap());
}

#[test]
fn a_runner_that_is_to_stop_gives_its_work_back_and_the_next_one_ends_it() {
    let state = serving();
    let (now, id) = (state.clock.now(), WorkId::from_uuid(uuid::Uuid::now_v7()));
    let new =
        NewWork { id, kind: release::RELEASE, payload: r#"{"passes":[{"key":"a"},{"key":"b"}]}"#, run_after: now };
    state.store.write_blocking(move |db| enqueue(db, new, now)).unwrap();
    let find = || state.store.read_blocking(move |db| find_work(db, id)).unwrap().unwrap();
    let mut at = 0;
    for _ in 0..20 {
        assert!(next(&state, "a", &AtomicBool::new(true), TURN, &mut at).unwrap());
        let row = find();
        assert_eq!((row.state, row.attempts, row.run_after), (WorkState::Waiting, 0, now));
    }
    assert!(next(&state, "b", &AtomicBool::new(false), TURN, &mut at).unwrap());
    let row = find();
    assert_eq!((row.state, row.reached.as_deref()), (WorkState::Done, Some(r#"{"pass":2,"after":null}"#)));
    assert!(!next(&state, "b", &AtomicBool::new(false), TURN, &mut at).unwrap());
}

#[test]
fn fetching_keys_keeps_nothing_else_from_its_turn() {
    let state = serving();
    let now = state.clock.now();
    let reseal = serde_json::json!({ "key_id": state.keys.active(now) }).to_string();
    let passes = r#"{"passes":[{"key":"a"}]}"#;
    let queued =
        [(refresh::FETCH, "{}"), (refresh::FETCH, "{}"), (release::RELEASE, passes), (resealing::RESEAL, &reseal)];
    let mut waiting = queued.map(|(kind, payload)| {
        let id = WorkId::from_uuid(uuid::Uuid::now_v7());
        let payload = payload.to_owned();
        let queue = move |db: &mut Db| enqueue(db, NewWork { id, kind, payload: &payload, run_after: now }, now);
        state.store.write_blocking(queue).unwrap();
        (kind, id)
    });
    let (go_on, mut at, mut done) = (AtomicBool::new(false), 0, Vec::new());
    while next(&state, "a", &go_on, TURN, &mut at).unwrap() {
        for (kind, id) in &mut waiting {
            let found = *id;
            let row = state.store.read_blocking(move |db| find_work(db, found)).unwrap().unwrap();
            assert_eq!(row.last_error, None, "{kind}");
            if row.state == WorkState::Done && !done.contains(&(*kind, found)) {
                done.push((*kind, found));
            }
        }
    }
    let kinds: Vec<_> = done.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [refresh::FETCH, release::RELEASE, resealing::RESEAL, refresh::FETCH]);
}

#[test]
fn standing_work_is_laid_down_when_its_turn_is_over_and_gone_on_with_where_it_was() {
    let state = serving();
    let (now, id) = (state.clock.now(), WorkId::from_uuid(uuid::Uuid::now_v7()));
    let new = NewWork { id, kind: numbering::NUMBER, payload: "{}", run_after: now };
    state.store.write_blocking(move |db| enqueue(db, new, now)).unwrap();
    let go_on = AtomicBool::new(false);
    let once = |turn: Wait, owner: &'static str| {
        let lease = Lease { owner, now, lasts: LEASE };
        let leased = state.store.write_blocking(move |db| lease_next(db, &[numbering::NUMBER], lease));
        let (work, turn) = (leased.unwrap().unwrap(), Turn::begin(turn, &go_on));
        let standing = Standing { owner, work: &work, turn: &turn };
        // Of twenty-five things there are, ten are done a step.
        let step = move |db: &mut store::Db, _: &crate::state::AppState, _| {
            let done = find_work(db, id).map_err(Problem::from)?.map_or(0, |work| work.done);
            Ok((25 - done).min(10))
        };
        let end = standing.in_steps(&state, 10, step).unwrap();
        state.store.write_blocking(move |db| store::work::give_back(db, id, owner, now)).unwrap();
        let found = state.store.read_blocking(move |db| find_work(db, id)).unwrap().unwrap();
        (end, found.done)
    };
    assert_eq!(once(Wait::ZERO, "a"), (End::Paused, 10), "a step at least");
    assert_eq!(once(Wait::ZERO, "b"), (End::Paused, 20));
    assert_eq!(once(TURN, "c"), (End::Done, 25));
}

#[test]
fn a_panic_is_a_failure_of_the_work_and_not_the_end_of_the_runner() {
    let state = serving();
    let (now, id) = (state.clock.now(), WorkId::from_uuid(uuid::Uuid::now_v7()));
    let new = NewWork { id, kind: release::RELEASE, payload: "{}", run_after: now };
    let leased = state.store.write_blocking(move |db| {
        enqueue(db, new, now)?;
        lease_next(db, &[release::RELEASE], Lease { owner: "a", now, lasts: LEASE })
    });
    end(&state, "a", &leased.unwrap().unwrap(), || panic!("a mistake in the code")).unwrap();
    let row = state.store.read_blocking(move |db| find_work(db, id)).unwrap().unwrap();
    assert_eq!((row.state, row.attempts, row.last_error.as_deref()), (WorkState::Waiting, 1, Some("it panicked")));
}

/// Of two runners, one of which stood still for longer than its lease, one does the work.
#[test]
fn a_step_of_a_runner_that_lost_its_lease_leaves_nothing() {
    let state = serving();
    let (now, [id, made]) = (state.clock.now(), [(); 2].map(|()| WorkId::from_uuid(uuid::Uuid::now_v7())));
    let leased = |owner: &'static str, lasts: Duration| {
        let lease = Lease { owner, now, lasts };
        state
            .store
            .write_blocking(move |db| lease_next(db, &[release::RELEASE], lease))
            .unwrap()
            .map(|work| work.work_id)
    };
    let queued = NewWork { id, kind: release::RELEASE, payload: "{}", run_after: now };
    state.store.write_blocking(move |db| enqueue(db, queued, now)).unwrap();
    assert_eq!(leased("slow", Duration::seconds(-1)), Some(id));
    assert_eq!(leased("quick", LEASE), Some(id));
    let step = |owner: &str| {
        let stepped = in_step(&state, (id, owner), move |db, now| {
            let new = NewWork { id: made, kind: "made", payload: "{}", run_after: now };
            enqueue(db, new, now)?;
            Ok(("done", Reached { done: 7, total: None, at: "{}".to_owned() }))
        });
        let find = |id| state.store.read_blocking(move |db| find_work(db, id)).unwrap();
        (stepped.unwrap(), find(made).is_some(), find(id).unwrap().done)
    };
    assert_eq!(step("slow"), (None, false, 0));
    assert_eq!(step("quick"), (Some("done"), true, 7));
}
