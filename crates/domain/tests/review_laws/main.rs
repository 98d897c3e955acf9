//! The laws of a review: whatever is tried by whom and in which order, a case ends once, nobody decides what is theirs, and what
//! happened is all there is to know.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should fail loudly, also in what its tests share"
)]

mod cases;

use domain::{
    access::Reach,
    kernel::{CaseId, Citation, EmployerId, LearnerId, PlaceCode},
    policy::shape::{Act, Seat},
    review::{
        Action, Actor, Asked, Candidate, Case, Deed, DeedRefusal, Event, Filing, HoursLeft, Opening, Stage, State,
        Subject, decide, order,
    },
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime, macros::date, macros::datetime};
use uuid::Uuid;

const START: OffsetDateTime = datetime!(2020-10-01 08:00 +08:00);

fn learner(number: u128) -> LearnerId {
    LearnerId::from_uuid(Uuid::from_u128(number))
}

fn employer(number: u128) -> EmployerId {
    EmployerId::from_uuid(Uuid::from_u128(number))
}

fn office(code: &str) -> Reach {
    Reach::Place(code.parse::<PlaceCode>().unwrap())
}

fn stage(seat: Seat, reach: Reach) -> Stage {
    Stage { seat, reach, act: Act::Reviews, office: None, days: None, by: None, cite: Vec::new() }
}

/// The employer, the county, the province.
fn three_stages() -> Vec<Stage> {
    vec![
        stage(Seat::Employer, Reach::Employer(employer(1))),
        stage(Seat::County, office("630102")),
        stage(Seat::Province, office("630000")),
    ]
}

/// A case about learner 1, filed by `filer` for employer 1.
fn opening(hours: HoursLeft) -> Opening {
    let reach = Some(Reach::Employer(employer(1)));
    Opening {
        id: CaseId::from_uuid(Uuid::nil()),
        subject: Subject::Recognition,
        learner: learner(1),
        filed_by: Filing { name: "filer".to_owned(), learner: Some(learner(3)), seat: Seat::Employer, reach },
        hours,
    }
}

/// Their name, who they are as a learner, and what they hold.
type Person = (&'static str, Option<LearnerId>, Vec<Reach>);

/// Everybody.
struct People(Vec<Person>);

fn people() -> People {
    let (unit, county, province) = (Reach::Employer(employer(1)), office("630102"), office("630000"));
    People(vec![
        ("self", Some(learner(1)), vec![unit.clone(), county.clone(), province.clone()]),
        ("filer", Some(learner(3)), vec![unit.clone(), county.clone()]),
        ("colleague", Some(learner(2)), vec![unit.clone()]),
        // The same two people under other names, as who they answer for other offices.
        ("filer at the county", Some(learner(3)), vec![county.clone()]),
        ("colleague at the county", Some(learner(2)), vec![county.clone()]),
        ("two seats", None, vec![unit, county.clone()]),
        ("county", None, vec![county.clone()]),
        ("county two", None, vec![county, province.clone()]),
        ("province", None, vec![province.clone()]),
        ("province two", None, vec![province]),
        ("above", None, vec![Reach::Everywhere, office("000000")]),
    ])
}

impl People {
    fn actor(&self, name: &str) -> Actor<'_> {
        self.0.iter().find(|(known, ..)| *known == name).map(of).unwrap_or_else(|| panic!("nobody is called {name}"))
    }
}

fn of(person: &Person) -> Actor<'_> {
    Actor { name: person.0, learner: person.1, holds: &person.2 }
}

fn asked<'a>(action: Action, receiver: Actor<'a>) -> Asked<'a> {
    let clause = Citation { document: "示例〔2020〕1号".to_owned(), clause: "五(二)".to_owned() };
    match action {
        Action::Submit => Asked::Submit { stages: three_stages() },
        Action::Claim => Asked::Claim,
        Action::Release => Asked::Release,
        Action::Approve => Asked::Approve { hours: None, reason: None },
        Action::ReturnForCompletion => Asked::ReturnForCompletion { reason: "补充证明材料".to_owned() },
        Action::Refuse => Asked::Refuse { clause, reason: None },
        Action::Withdraw => Asked::Withdraw,
        Action::Resubmit => Asked::Resubmit,
        Action::Delegate => Asked::Delegate { to: receiver },
        Action::Cancel => Asked::Cancel { reason: "弄虚作假".to_owned() },
        Action::Revoke => Asked::Revoke { reason: "材料不实".to_owned(), offices: vec![office("630000")] },
    }
}

/// One attempt: who, what, to whom, how many minutes after the last one.
type Attempt = (usize, Action, usize, i64);

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    // Approvals, claims and new submissions more often than what ends a case, so that the last stage is reached.
    let action = prop_oneof![
        6 => Just(Action::Approve), 3 => Just(Action::Claim), 1 => Just(Action::Release), 1 => Just(Action::Refuse),
        2 => Just(Action::ReturnForCompletion), 3 => Just(Action::Resubmit), 2 => Just(Action::Delegate),
        3 => Just(Action::Submit), 1 => Just(Action::Withdraw), 2 => Just(Action::Revoke),
    ];
    let one = (0..11_usize, action, 0..11_usize, prop_oneof![4 => 0..30_i64, 1 => 100..12_000_i64]);
    prop::collection::vec(one, 1..60)
}

/// The case after all attempts, with the refused ones left out; each event is held against the laws as it comes.
fn run(attempts: &[Attempt]) -> Case {
    let people = people();
    let (mut case, mut at) = (Case::draft(opening(HoursLeft::Computed)), START);
    for (who, action, receiver, minutes) in attempts {
        at += Duration::minutes(*minutes);
        let (by, receiver) = (of(&people.0[*who]), of(&people.0[*receiver]));
        let deed = Deed { by, at, seen: None, asked: asked(*action, receiver) };
        match decide(&case, &deed) {
            Ok(event) => {
                lawful(&case, &deed, receiver);
                case = case.with(event).unwrap();
            }
            Err(refusal) => {
                let revokes = case.state() == State::Approved && *action == Action::Revoke;
                let told = matches!(refusal, DeedRefusal::SettledAlready { .. }) || revokes;
                assert!(!case.state().is_final() || told, "who comes too late learns who was first, not {refusal:?}");
            }
        }
    }
    case
}

/// What must hold whenever somebody was let do something.
fn lawful(before: &Case, deed: &Deed<'_>, receiver: Actor<'_>) {
    let action = deed.asked.action();
    if action == Action::Revoke {
        assert_eq!(before.state(), State::Approved, "only what was approved is taken back");
        assert!(deed.by.holds.contains(&before.stages().last().unwrap().reach), "{} does not sit there", deed.by.name);
        assert!(![Some(learner(1)), Some(learner(3))].contains(&deed.by.learner), "{} has a part in it", deed.by.name);
        return;
    }
    assert!(!before.state().is_final(), "nothing else happens to what is settled");
    if !action.is_of_the_stage() {
        return;
    }
    let deciders = if action == Action::Delegate { vec![deed.by, receiver] } else { vec![deed.by] };
    for actor in deciders {
        assert!(actor.holds.contains(&before.stage().unwrap().reach), "{} does not sit there", actor.name);
        assert_ne!(actor.learner, Some(learner(1)), "nobody decides their own");
        let is = |event: &&Event| event.by == actor.name || (event.learner.is_some() && event.learner == actor.learner);
        let handed_in = |event: &&Event| matches!(event.what.action(), Action::Submit | Action::Resubmit);
        assert_ne!(actor.learner, Some(learner(3)), "{} opened it", actor.name);
        assert_eq!(before.events().iter().filter(handed_in).find(is), None, "{} handed it in", actor.name);
        let last = before.events().iter().rfind(|event| event.what.action() == Action::Approve);
        assert_eq!(last.filter(is), None, "{} decided the stage before", actor.name);
    }
    assert!(before.claim_at(deed.at).is_none_or(|claim| claim.by == deed.by.name), "somebody else has it");
}

proptest! {
    #[test]
    fn whatever_is_tried_the_laws_hold_and_the_history_is_the_case(attempts in attempts()) {
        let case = run(&attempts);
        let folded = Case::fold(case.opening().clone(), case.events().iter().cloned());
        prop_assert_eq!(folded.as_ref(), Ok(&case));
        let count = |action| case.events().iter().filter(|event| event.what.action() == action).count();
        let ends = [Action::Refuse, Action::Withdraw, Action::Cancel].map(count).iter().sum::<usize>();
        match case.state() {
            State::Approved | State::Revoked => {
                prop_assert_eq!((count(Action::Approve), ends), (case.stages().len(), 0));
                prop_assert_eq!(count(Action::Revoke), usize::from(case.state() == State::Revoked));
            }
            State::Refused | State::Withdrawn | State::Cancelled => prop_assert_eq!(ends, 1),
            State::Waiting { stage } | State::Returned { stage } => {
                prop_assert_eq!((count(Action::Approve), ends), (stage, 0));
            }
            State::Draft => prop_assert_eq!(case.number(), 0),
        }
        prop_assert!(count(Action::Submit) <= 1);
        prop_assert_eq!(u32::try_from(case.events().len()), Ok(case.number()));
    }

    /// Two who read the same case and act on it: one is written, the other does not follow and learns who was first.
    #[test]
    fn of_two_officers_one_wins(attempts in attempts(), first in 0..11_usize, second in 0..11_usize) {
        let (case, people) = (run(&attempts), people());
        let at = START + Duration::days(400);
        let approve = |actor| Deed { by: actor, at, seen: Some(case.number()), asked: asked(Action::Approve, actor) };
        let (one, two) = (of(&people.0[first]), of(&people.0[second]));
        if let (Ok(won), Ok(lost)) = (decide(&case, &approve(one)), decide(&case, &approve(two))) {
            prop_assert_eq!(won.number, lost.number);
            let after = case.clone().with(won).unwrap();
            prop_assert!(after.clone().with(lost).is_err());
            let told = decide(&after, &approve(two));
            let by_first = matches!(told, Err(DeedRefusal::SettledAlready { by, action: Action::Approve, .. }) if by == one.name);
            prop_assert!(by_first);
        }
    }

    /// A history with an event left out, doubled or moved is no history.
    #[test]
    fn a_history_cannot_be_changed_unseen(attempts in attempts(), at in any::<prop::sample::Index>()) {
        let case = run(&attempts);
        prop_assume!(case.number() > 1);
        let events: Vec<Event> = case.events().to_vec();
        let at = at.index(events.len() - 1);
        let fold = |events: Vec<Event>| Case::fold(case.opening().clone(), events);
        let (mut without, mut doubled, mut moved) = (events.clone(), events.clone(), events);
        without.remove(at);
        doubled.insert(at, doubled[at].clone());
        moved.swap(at, at + 1);
        prop_assert!(fold(without).is_err() && fold(doubled).is_err() && fold(moved).is_err());
    }

    /// A queue loses nobody, does not depend on the order in which it was read, keeps deadlines, and lets nobody overtake a
    /// case of the same unit and deadline.
    #[test]
    fn a_queue_is_in_one_order_and_fair(rows in prop::collection::vec((0..4_u8, 0..50_i64, 0..4_u8), 0..60)) {
        let candidates: Vec<Candidate> = rows.iter().enumerate().map(|(index, (due, minutes, unit))| Candidate {
            case: CaseId::from_uuid(Uuid::from_u128(index as u128)),
            due_on: (*due > 0).then(|| date!(2020 - 12 - 01) + Duration::days((*due).into())),
            arrived_at: START + Duration::minutes(*minutes),
            unit: (*unit > 0).then(|| employer((*unit).into())),
        }).collect();
        let ordered = order(candidates.clone());
        let mut reversed = candidates.clone();
        reversed.reverse();
        prop_assert_eq!(&ordered, &order(reversed));
        let ids = |list: &[Candidate]| { let mut ids: Vec<_> = list.iter().map(|one| one.case).collect(); ids.sort(); ids };
        prop_assert_eq!(ids(&ordered), ids(&candidates));
        let mut shown: BTreeMap<_, BTreeMap<_, usize>> = BTreeMap::new();
        for pair in ordered.windows(2) {
            let deadline = |one: &Candidate| one.due_on.unwrap_or(time::Date::MAX);
            prop_assert!(deadline(&pair[0]) <= deadline(&pair[1]));
        }
        for (index, one) in ordered.iter().enumerate() {
            let overtaken = ordered[index..].iter().filter(|later| later.due_on == one.due_on && later.unit == one.unit);
            prop_assert!(overtaken.into_iter().all(|later| one.arrived_at <= later.arrived_at));
            // Who has been shown once more than another unit that still waits is not shown again before it.
            let units = shown.entry(one.due_on).or_default();
            let own = units.get(&one.unit).copied().unwrap_or_default();
            for later in ordered[index..].iter().filter(|later| later.due_on == one.due_on) {
                prop_assert!(own <= units.get(&later.unit).copied().unwrap_or_default());
            }
            *units.entry(one.unit).or_default() += 1;
        }
    }
}

/// So that the laws above are about more than cases that never leave their first stage.
#[test]
fn random_attempts_reach_every_end() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::new();
    for _ in 0..400 {
        let case = run(&attempts().new_tree(&mut runner).unwrap().current());
        *seen.entry(case.state().phase()).or_insert(0) += 1;
    }
    for phase in ["approved", "refused", "withdrawn", "waiting", "returned"] {
        assert!(seen.keys().any(|found| found.to_string() == phase), "{phase} was never reached: {seen:?}");
    }
}
