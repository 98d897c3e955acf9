//! The review room: what happened to a case stays, two officers cannot both be first, and a queue holds what waits.

use crate::{
    databases::on_each,
    sample::{AT, fill},
};
use domain::{
    access::Reach,
    kernel::{CaseId, Citation, EmployerId, Hours, LearnerId, PlaceCode},
    policy::shape::{Act, Seat},
    review::{
        Actor, Asked, Candidate, Case, Deed, DeedRefusal, Filing, HoursLeft, Opening, Stage, State, Subject, decide,
        order,
    },
};
use store::{Store, StoreError, review};
use time::{Date, Duration, OffsetDateTime, macros::date};
use uuid::Uuid;

fn place(code: &str) -> PlaceCode {
    code.parse().unwrap()
}

fn county() -> Reach {
    Reach::Place(place("610928"))
}

fn stage(reach: Reach, by: Option<Date>) -> Stage {
    let cite = vec![Citation { document: "示例〔2021〕1号".to_owned(), clause: "二(二)".to_owned() }];
    let (seat, office) = (Seat::County, Some("县人社局".to_owned()));
    Stage { seat, reach, act: Act::Reviews, office, days: Some(20), by, cite }
}

fn opening(learner: LearnerId) -> Opening {
    Opening {
        id: CaseId::from_uuid(Uuid::now_v7()),
        subject: Subject::Recognition,
        learner,
        filed_by: Filing { name: "learner:1".to_owned(), learner: Some(learner), seat: Seat::Learner, reach: None },
        hours: HoursLeft::ToReviewer { at_least: Some(Hours::whole(2)), at_most: Some(Hours::whole(56)) },
    }
}

/// Does it in a transaction of its own, as the service does.
fn act(
    store: &Store,
    id: CaseId,
    (name, holds): (&'static str, Vec<Reach>),
    (at, seen): (OffsetDateTime, Option<u32>),
    asked: Asked<'static>,
) -> Result<Result<Case, DeedRefusal>, StoreError> {
    store.write_blocking(move |db| {
        let case = review::hold_case(db, id)?.unwrap();
        let learner = (name == "learner:1").then(|| case.opening().learner);
        let by = Actor { name, learner, holds: &holds };
        let event = match decide(&case, &Deed { by, at, seen, asked: asked.clone() }) {
            Ok(event) => event,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let after = case.with(event).unwrap();
        review::append_event(db, &after)?;
        Ok(Ok(after))
    })
}

/// A case that waits for the county, then for the province.
fn waiting_case(store: &Store, learner: LearnerId, unit: Option<EmployerId>, at: OffsetDateTime) -> CaseId {
    let opening = opening(learner);
    let id = opening.id;
    store.write_blocking(move |db| review::open_case(db, &opening, (unit, Some(place("610100"))), at)).unwrap();
    let stages = vec![stage(county(), None), stage(Reach::Place(place("610000")), Some(date!(2021 - 12 - 15)))];
    act(store, id, ("learner:1", Vec::new()), (at, None), Asked::Submit { stages }).unwrap().unwrap();
    id
}

fn approve() -> Asked<'static> {
    Asked::Approve { hours: Some(Hours::whole(16)), reason: Some("按证书".to_owned()) }
}

/// One case that nobody handed in, one that waits and is taken up, one that was refused and one that the first office approved.
pub(crate) fn fill_cases(store: &Store, learner: LearnerId, unit: EmployerId) {
    let draft = opening(learner);
    store.write_blocking(move |db| review::open_case(db, &draft, (Some(unit), None), AT)).unwrap();
    let clause = Citation { document: "示例〔2021〕1号".to_owned(), clause: "三".to_owned() };
    for asked in [Asked::Claim, Asked::Refuse { clause, reason: None }, approve()] {
        let id = waiting_case(store, learner, Some(unit), AT);
        act(store, id, ("officer:a", vec![county()]), (AT, None), asked).unwrap().unwrap();
    }
}

#[test]
fn a_case_read_back_is_what_its_events_made_it() {
    on_each(|database| {
        let store = database.store();
        let id = waiting_case(store, fill(store).learner, None, AT);
        let county = ("officer:a", vec![county()]);
        act(store, id, county.clone(), (AT, None), Asked::Claim).unwrap().unwrap();
        let back = Asked::ReturnForCompletion { reason: "缺证书".to_owned() };
        act(store, id, county.clone(), (AT, None), back).unwrap().unwrap();
        act(store, id, ("learner:1", Vec::new()), (AT, None), Asked::Resubmit).unwrap().unwrap();
        act(store, id, county, (AT, None), approve()).unwrap().unwrap();
        let clause = Citation { document: "示例〔2021〕1号".to_owned(), clause: "三".to_owned() };
        let refuse = Asked::Refuse { clause, reason: None };
        let province = ("officer:p", vec![Reach::Place(place("610000"))]);
        let made = act(store, id, province, (AT + Duration::DAY, None), refuse).unwrap().unwrap();
        let found = store.read_blocking(move |db| review::find_case(db, id)).unwrap().unwrap();
        assert_eq!(found, made);
        assert_eq!((found.state(), found.number(), found.granted()), (State::Refused, 6, Some(Hours::whole(16))));
        assert_eq!(store.read_blocking(|db| review::find_case(db, CaseId::from_uuid(Uuid::nil()))).unwrap(), None);
    });
}

#[test]
fn of_officers_at_once_one_is_first_and_the_others_learn_who() {
    on_each(|database| {
        let store = database.store();
        let id = waiting_case(store, fill(store).learner, None, AT);
        let names = ["officer:a", "officer:b", "officer:c", "officer:d"];
        let answers: Vec<_> = std::thread::scope(|scope| {
            let asked = names.map(|name| {
                scope.spawn(move || act(store, id, (name, vec![county()]), (AT, Some(1)), approve()).unwrap())
            });
            asked.into_iter().map(|answer| answer.join().unwrap()).collect()
        });
        let first: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        assert_eq!(first.len(), 1);
        let winner = &first[0].events()[1].by;
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            let DeedRefusal::SettledAlready { by, .. } = refused else { panic!("{refused:?}") };
            assert_eq!(by, winner);
        }
        let found = store.read_blocking(move |db| review::find_case(db, id)).unwrap().unwrap();
        assert_eq!((found.number(), found.state()), (2, State::Waiting { stage: 1 }));
    });
}

#[test]
fn an_event_of_a_number_that_is_taken_is_refused_whoever_held_nothing() {
    on_each(|database| {
        let store = database.store();
        let id = waiting_case(store, fill(store).learner, None, AT);
        let case = store.read_blocking(move |db| review::find_case(db, id)).unwrap().unwrap();
        let after = |name: &'static str| {
            let (holds, asked) = (vec![county()], Asked::Claim);
            let by = Actor { name, learner: None, holds: &holds };
            let event = decide(&case, &Deed { by, at: AT, seen: None, asked }).unwrap();
            case.clone().with(event).unwrap()
        };
        let (one, other) = (after("officer:a"), after("officer:b"));
        store.write_blocking(move |db| review::append_event(db, &one)).unwrap();
        let refused = store.write_blocking(move |db| review::append_event(db, &other));
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        let found = store.read_blocking(move |db| review::find_case(db, id)).unwrap().unwrap();
        assert_eq!(found.claim_at(AT).map(|claim| claim.by.as_str()), Some("officer:a"));
    });
}

#[test]
fn a_queue_holds_what_waits_for_an_office_and_nobody_else_has_taken_up() {
    on_each(|database| {
        let store = database.store();
        let learner = fill(store).learner;
        let unit = EmployerId::from_uuid(Uuid::from_u128(7));
        let [first, second, third] =
            [1, 2, 3].map(|minute| waiting_case(store, learner, Some(unit), AT + Duration::minutes(minute)));
        let queue = |name: &'static str, reach: Reach, at: OffsetDateTime| {
            let found: Vec<Candidate> = store
                .read_blocking(move |db| {
                    review::waiting(db, std::slice::from_ref(&reach), (name, at), review::Narrowed::default(), 10)
                })
                .unwrap();
            assert_eq!(order(found.clone()), found, "one unit, so in the order of arrival");
            found.into_iter().map(|candidate| candidate.case).collect::<Vec<_>>()
        };
        assert_eq!(queue("officer:a", county(), AT), [first, second, third]);
        assert_eq!(queue("officer:a", Reach::Place(place("610000")), AT), []);
        act(store, first, ("officer:a", vec![county()]), (AT, None), Asked::Claim).unwrap().unwrap();
        assert_eq!(queue("officer:a", county(), AT), [first, second, third]);
        assert_eq!(queue("officer:b", county(), AT), [second, third]);
        let later = AT + domain::review::CLAIM_LASTS;
        assert_eq!(queue("officer:b", county(), later), [first, second, third], "claims run out");
        act(store, second, ("officer:b", vec![county()]), (AT, None), approve()).unwrap().unwrap();
        assert_eq!(queue("officer:b", county(), later), [first, third]);
        assert_eq!(queue("officer:b", Reach::Place(place("610000")), AT), [second]);
        let of_learner = store.read_blocking(move |db| review::cases_of(db, learner)).unwrap();
        assert_eq!(of_learner, [first, second, third]);
    });
}

/// A window of the queue is a window of the fair order, however much one unit has handed in.
#[test]
fn a_window_shorter_than_the_pile_of_one_unit_shows_the_others_too() {
    on_each(|database| {
        let store = database.store();
        let learner = fill(store).learner;
        let [many, one] = [7, 8].map(|unit| Some(EmployerId::from_uuid(Uuid::from_u128(unit))));
        let pile: Vec<CaseId> =
            (1..=4).map(|minute| waiting_case(store, learner, many, AT + Duration::minutes(minute))).collect();
        let late = waiting_case(store, learner, one, AT + Duration::minutes(9));
        let of_nobody = waiting_case(store, learner, None, AT + Duration::minutes(10));
        let window = |limit: i64| {
            let reach = county();
            let found = store
                .read_blocking(move |db| {
                    review::waiting(
                        db,
                        std::slice::from_ref(&reach),
                        ("officer:a", AT),
                        review::Narrowed::default(),
                        limit,
                    )
                })
                .unwrap();
            assert_eq!(order(found.clone()), found);
            found.into_iter().map(|candidate| candidate.case).collect::<Vec<_>>()
        };
        assert_eq!(window(3), [pile[0], late, of_nobody]);
        assert_eq!(window(9), [pile[0], late, of_nobody, pile[1], pile[2], pile[3]]);
    });
}

/// A case that waits for the county alone, until a day if one is given.
fn waiting_until(store: &Store, learner: LearnerId, by: Option<Date>, at: OffsetDateTime) -> CaseId {
    let opening = opening(learner);
    let id = opening.id;
    store.write_blocking(move |db| review::open_case(db, &opening, (None, None), at)).unwrap();
    let stages = vec![Stage { days: None, ..stage(county(), by) }];
    act(store, id, ("learner:1", Vec::new()), (at, None), Asked::Submit { stages }).unwrap().unwrap();
    id
}

/// What is read is the head of the queue, however much waits: what came first without a deadline stands behind what is due.
#[test]
fn the_earlier_deadline_is_read_first_and_what_has_none_last() {
    on_each(|database| {
        let store = database.store();
        let learner = fill(store).learner;
        let case = |minute, by| waiting_until(store, learner, by, AT + Duration::minutes(minute));
        let never = case(1, None);
        let [late, early] = [(2, date!(2021 - 12 - 16)), (3, date!(2021 - 12 - 15))].map(|(at, by)| case(at, Some(by)));
        let window = |due_until: Option<Date>, limit: i64| {
            let narrowed = review::Narrowed { employer: None, due_until };
            let found =
                store.read_blocking(move |db| review::waiting(db, &[county()], ("officer:a", AT), narrowed, limit));
            found.unwrap().into_iter().map(|candidate| candidate.case).collect::<Vec<_>>()
        };
        assert_eq!(window(None, 1), [early]);
        assert_eq!(window(None, 2), [early, late]);
        assert_eq!(window(None, 9), [early, late, never]);
        assert_eq!(window(Some(date!(2021 - 12 - 14)), 9), []);
        assert_eq!(window(Some(date!(2021 - 12 - 15)), 9), [early]);
        assert_eq!(window(Some(date!(2021 - 12 - 16)), 9), [early, late]);
    });
}

/// Who was one learner when they filed and decided is known again once that file has ended in another.
#[test]
fn a_case_names_its_learners_by_the_files_that_stand() {
    on_each(|database| {
        let store = database.store();
        let learner = fill(store).learner;
        let id = waiting_case(store, learner, None, AT);
        let stays = LearnerId::from_uuid(Uuid::now_v7());
        let merge = store::registry::LearnerMerge {
            merge_id: domain::kernel::MergeId::from_uuid(Uuid::now_v7()),
            ends_id: learner,
            stays_id: stays,
            reason: "重复登记".to_owned(),
            reference: None,
            merged_at: AT,
            merged_by: "officer".to_owned(),
        };
        store.write_blocking(move |db| store::registry::insert_merge(db, &merge)).unwrap();
        let case = store.read_blocking(move |db| review::find_case(db, id)).unwrap().unwrap();
        assert_eq!((case.opening().learner, case.opening().filed_by.learner), (stays, Some(stays)));
        assert_eq!(case.events()[0].learner, Some(stays));
        let holds = [county()];
        let by = Actor { name: "officer:a", learner: Some(stays), holds: &holds };
        let refused = decide(&case, &Deed { by, at: AT, seen: None, asked: Asked::Claim });
        assert_eq!(refused, Err(DeedRefusal::OwnCase));
    });
}

#[test]
fn what_a_case_was_opened_as_never_changes_and_no_text_is_without_end() {
    on_each(|database| {
        let store = database.store();
        let learner = fill(store).learner;
        waiting_case(store, learner, None, AT);
        for sql in [
            "UPDATE review_case SET opening = '{}'",
            "UPDATE review_case SET learner_id = case_id",
            "UPDATE review_case SET subject = 'fraud_finding', number = 9",
            "DELETE FROM review_case",
        ] {
            let refused = crate::append_only::execute(store, sql.to_owned());
            let Err(StoreError::RuleViolated(message)) = &refused else { panic!("{sql}: {refused:?}") };
            assert!(message.contains("append-only"), "{sql}: {message}");
        }
        crate::append_only::execute(store, "UPDATE review_case SET number = number".to_owned()).unwrap();
        let mut long = opening(learner);
        long.filed_by.name = "a".repeat(70_000);
        let refused = store.write_blocking(move |db| review::open_case(db, &long, (None, None), AT));
        assert!(matches!(refused, Err(StoreError::RuleViolated(_))), "{refused:?}");
    });
}

#[test]
fn whose_people_a_case_concerns_is_said_of_a_draft_and_stays_once_it_is_handed_in() {
    on_each(|database| {
        let store = database.store();
        let opening = opening(fill(store).learner);
        let id = opening.id;
        let [first, second] = [7, 8].map(|unit| EmployerId::from_uuid(Uuid::from_u128(unit)));
        store.write_blocking(move |db| review::open_case(db, &opening, (Some(first), None), AT)).unwrap();
        let concern = |unit| store.write_blocking(move |db| review::concern(db, id, unit));
        concern(Some(second)).unwrap();
        let stages = vec![stage(county(), None)];
        act(store, id, ("learner:1", Vec::new()), (AT, None), Asked::Submit { stages }).unwrap().unwrap();
        for unit in [Some(first), Some(second), None] {
            let refused = concern(unit);
            let Err(StoreError::RuleViolated(message)) = &refused else { panic!("{unit:?}: {refused:?}") };
            assert!(message.contains("append-only"), "{message}");
        }
        let waiting = |employer| {
            let narrowed = review::Narrowed { employer: Some(employer), due_until: None };
            store.read_blocking(move |db| review::waiting(db, &[county()], ("officer:a", AT), narrowed, 10)).unwrap()
        };
        assert_eq!((waiting(first).len(), waiting(second).len()), (0, 1));
    });
}

/// A case that waits, so that its tables hold rows.
pub(crate) fn fill_review(store: &Store, learner: LearnerId) {
    waiting_case(store, learner, None, AT);
}

#[test]
fn a_backlog_counts_what_waits_and_how_fast_it_comes_and_goes() {
    on_each(|database| {
        let store = database.store();
        let learner = fill(store).learner;
        let first = waiting_case(store, learner, None, AT);
        waiting_case(store, learner, None, AT + Duration::DAY);
        let later = AT + Duration::days(2);
        let county = ("officer:a", vec![county()]);
        act(store, first, county.clone(), (later, None), Asked::Claim).unwrap().unwrap();
        let piles = |code: &str| {
            let places = [place(code)];
            store.read_blocking(move |db| review::piles(db, &places)).unwrap()
        };
        let passed = |since| {
            let places = [place("610100"), place("610300")];
            let found = store.read_blocking(move |db| review::passed(db, &places, since)).unwrap();
            found.get(&Seat::County).copied().unwrap_or_default()
        };
        let days = |code| {
            let mut found: Vec<_> = piles(code).iter().map(|pile| (pile.arrived_on, pile.due_on, pile.cases)).collect();
            found.sort_unstable();
            found
        };
        let due = |day| Some(date!(2021 - 03 - 20) + Duration::days(day));
        let [one, two] = [date!(2021 - 03 - 01), date!(2021 - 03 - 02)];
        assert_eq!(days("610100"), [(one, due(1), 1), (two, due(2), 1)]);
        assert_eq!(days("610300"), []);
        // Whoever takes a case up moves it nowhere.
        assert_eq!(passed(AT), review::Passed { arrived: 2, left: 0 });
        act(store, first, county, (later, None), approve()).unwrap().unwrap();
        // It left the one desk for the next, which the sample calls the same.
        assert_eq!(passed(AT), review::Passed { arrived: 3, left: 1 });
        assert_eq!(passed(later), review::Passed { arrived: 1, left: 1 });
        assert_eq!(passed(later + Duration::SECOND), review::Passed::default());
        let back = Asked::ReturnForCompletion { reason: "缺证书".to_owned() };
        let province = ("officer:p", vec![Reach::Place(place("610000"))]);
        act(store, first, province, (later, None), back).unwrap().unwrap();
        assert_eq!(days("610100"), [(two, due(2), 1)]);
        assert_eq!(passed(later), review::Passed { arrived: 1, left: 2 });
        let opened = |code: &str| {
            let places = [place(code)];
            store.read_blocking(move |db| review::first_opened_at(db, &places)).unwrap()
        };
        assert_eq!((opened("610100"), opened("610300")), (Some(AT), None));
    });
}
