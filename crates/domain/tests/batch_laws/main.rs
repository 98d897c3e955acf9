//! The laws of deciding batches: whatever items of a platform correct one another, in whatever order and batches they arrive
//! and however often, and whenever a wrong fact about their people is entered and corrected, the same lines stand in the end.
//! Where two items replace the same one, the first that is accepted stands.
//!
//! A [`World`] keeps what the database would keep and refuses what its keys refuse. What should stand is said another way: by
//! asking of each item alone whether anything accepted took its place.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly, also in what its tests share")]

mod facts;
mod reassessed;
mod single;
mod world;

use domain::{completions::Outcome, hour_ledger::EntryKind, kernel::LearnerId};
use facts::{Spec, Worth, external_id, replaces};
use proptest::{prelude::*, sample::Index};
use std::collections::BTreeSet;
use world::World;

/// What happens in a case.
#[derive(Clone, Debug)]
struct Case {
    specs: Vec<Spec>,
    /// Which items are pushed, in batches of these sizes. All are pushed once more at the end.
    pushes: Vec<Index>,
    sizes: Vec<usize>,
    person_appears: usize,
    course_appears: usize,
    /// When a wrong fact about some people is entered, and when it is corrected.
    mistake: usize,
    correction: usize,
}

fn spec() -> impl Strategy<Value = Spec> {
    let worth = prop_oneof![
        4 => Just(Worth::Credited), 1 => Just(Worth::Late), 2 => Just(Worth::NotCounted), 3 => Just(Worth::Refused)
    ];
    let later = || prop::bool::weighted(0.2);
    let session = prop::option::weighted(0.3, (0_i64..4, 1_i64..3));
    let mistaken = prop::bool::weighted(0.4);
    (worth, later(), mistaken, later(), session, prop::option::weighted(0.7, any::<Index>())).prop_map(
        |(worth, person_later, person_mistaken, course_later, session, replaces)| Spec {
            worth,
            person_later,
            person_mistaken,
            course_later,
            session,
            replaces,
        },
    )
}

/// How the items of a case are pushed, and when something happens in between.
fn plays() -> impl Strategy<Value = (Vec<usize>, Vec<Index>, [usize; 4])> {
    let sizes = prop::collection::vec(1..6_usize, 1..8);
    (sizes, prop::collection::vec(any::<Index>(), 0..24), [0..6_usize, 0..6_usize, 0..6_usize, 0..8_usize])
}

/// The same items, pushed in two ways.
fn cases() -> impl Strategy<Value = [Case; 2]> {
    (prop::collection::vec(spec(), 1..9), plays(), plays()).prop_map(|(specs, one, other)| {
        [one, other].map(|(sizes, pushes, [person_appears, course_appears, mistake, correction])| Case {
            specs: specs.clone(),
            pushes,
            sizes,
            person_appears,
            course_appears,
            mistake,
            correction,
        })
    })
}

/// Each item is replaced by one other at most: of two, the first keeps it.
fn unbranched(mut case: Case) -> Case {
    let mut taken = BTreeSet::new();
    for item in 0..case.specs.len() {
        if replaces(&case.specs, item).is_some_and(|other| !taken.insert(other)) {
            case.specs[item].replaces = None;
        }
    }
    case
}

/// The item at the end of an item's chain; none where it never ends.
fn end_of_chain(specs: &[Spec], item: usize) -> Option<usize> {
    let mut end = item;
    for _ in 0..specs.len() {
        match replaces(specs, end) {
            Some(next) => end = next,
            None => return Some(end),
        }
    }
    None
}

/// Whether an item's chain never ends.
fn leads_into_a_circle(specs: &[Spec], item: usize) -> bool {
    let mut next = replaces(specs, item);
    for _ in 0..specs.len() {
        next = next.and_then(|item| replaces(specs, item));
    }
    next.is_some()
}

/// What stands in the end: what is worth a line and accepted, and has nothing accepted above it, directly or over items
/// that were not accepted.
fn wanted(specs: &[Spec]) -> Vec<String> {
    let accepted = |item: usize| specs[item].worth.is_accepted() && !leads_into_a_circle(specs, item);
    let takes_the_place = |by: usize, of: usize| {
        let mut next = replaces(specs, by);
        while let Some(item) = next.filter(|item| *item != of && !accepted(*item)) {
            next = replaces(specs, item);
        }
        next == Some(of)
    };
    let stands = |item: &usize| {
        accepted(*item)
            && specs[*item].worth.has_line()
            && !(0..specs.len()).any(|by| accepted(by) && takes_the_place(by, *item))
    };
    let mut all: Vec<String> = (0..specs.len()).filter(stands).map(external_id).collect();
    all.sort();
    all
}

fn play(case: &Case) -> World<'_> {
    let mut world = World::new(&case.specs);
    let mut pushes = case.pushes.iter().map(|index| index.index(case.specs.len()));
    for (number, size) in case.sizes.iter().enumerate() {
        if number == case.person_appears {
            world.person_appears();
        }
        if number == case.course_appears {
            world.course_appears();
        }
        if number == case.mistake {
            world.fact_is_mistaken();
        }
        if number == case.correction {
            world.fact_is_corrected();
        }
        let items: Vec<usize> = pushes.by_ref().take(*size).collect();
        world.push(&items);
    }
    world.person_appears();
    world.course_appears();
    world.fact_is_corrected();
    world.push(&(0..case.specs.len()).collect::<Vec<_>>());
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn the_same_lines_stand_whatever_the_order_and_the_batches(cases in cases()) {
        let cases = cases.map(unbranched);
        let wanted = wanted(&cases[0].specs);
        let [one, other] = [&cases[0], &cases[1]].map(|case| play(case).standing());
        let ids = |standing: &[(String, EntryKind, LearnerId)]| {
            standing.iter().map(|(id, ..)| id.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(ids(&one), wanted, "each once, and of a chain the last accepted item only");
        prop_assert_eq!(one, other, "another order and other batches");
    }

    #[test]
    fn of_items_that_replace_the_same_one_a_single_one_counts(cases in cases()) {
        let case = &cases[0];
        let mut counting = BTreeSet::new();
        for (id, ..) in play(case).standing() {
            let item = (0..case.specs.len()).find(|item| external_id(*item) == id).unwrap();
            prop_assert!(counting.insert(end_of_chain(&case.specs, item)), "{}", id);
        }
    }

    #[test]
    fn what_was_pushed_is_pushed_again_without_effect(cases in cases(), again in prop::collection::vec(any::<Index>(), 1..9)) {
        let case = &cases[0];
        let mut world = play(case);
        let lines = world.ledger.len();
        let again: Vec<usize> = again.iter().map(|index| index.index(case.specs.len())).collect();
        world.push(&again);
        prop_assert_eq!(world.ledger.len(), lines);
    }

    #[test]
    fn nothing_waits_in_the_end_and_what_leads_into_a_circle_is_refused(cases in cases()) {
        let case = &cases[0];
        let world = play(case);
        prop_assert!(world.waiting.is_empty(), "{:?}", world.waiting);
        for item in (0..case.specs.len()).filter(|item| leads_into_a_circle(&case.specs, *item)) {
            prop_assert_eq!(world.outcome(item), Some(Outcome::Refused), "{}", external_id(item));
        }
    }
}
