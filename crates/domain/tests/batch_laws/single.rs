//! Single decisions: what one candidate does to itself, and one to another.

use crate::facts::{NOW, Spec, Worth, book, candidate, course, learner, platform};
use domain::{
    completions::{
        BatchFacts, Candidate, Chains, Closed, CourseRef, Decided, Fate, Link, Occasion, Outcome, ReasonKind, Replaced,
        Said, Standing, WaitsFor, Who, decide_batch,
    },
    hour_ledger::EntryKind,
    kernel::{CourseId, EntryId, LearnerId, PolicyId},
};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// An item that the rules credit, under this id.
fn item(external_id: &str, session: Option<(i64, i64)>) -> Candidate {
    let spec = Spec {
        worth: Worth::Credited,
        person_later: false,
        person_mistaken: false,
        course_later: false,
        session,
        replaces: None,
    };
    Candidate { external_id: external_id.to_owned(), ..candidate(&[spec], 0, 0, false) }
}

fn replacing(other: &str, candidate: Candidate) -> Candidate {
    Candidate { replaces: Some(other.to_owned()), ..candidate }
}

fn decide(occasion: Occasion, candidates: &[Candidate], looked_up: Vec<(&str, Link)>) -> Vec<Decided> {
    let mut chains = Chains::of(candidates);
    let _ = chains.learn(looked_up.into_iter().map(|(id, link)| (id.to_owned(), link)));
    let known = learner(0, false);
    let [first, second] = [course("C-0", 0), course("C-1", 1)];
    let facts = BatchFacts {
        book: book(),
        platform: platform(),
        now: NOW,
        occasion,
        by: None,
        by_hash: HashMap::from([("person-0".to_owned(), known.id)]),
        successors: HashMap::new(),
        name_hashes: HashMap::from([(known.id, vec!["name".to_owned()])]),
        learners: HashMap::from([(known.id, known)]),
        courses_by_id: HashMap::from([(first.id, first.clone())]),
        courses_by_code: HashMap::from([(first.code.clone(), first), (second.code.clone(), second)]),
        chains,
        sessions: HashMap::new(),
    };
    decide_batch(facts, candidates, &mut || EntryId::from_uuid(Uuid::now_v7()))
}

fn decide_one(candidate: Candidate) -> Decided {
    decide(Occasion::Push, &[candidate], Vec::new()).pop().unwrap()
}

#[test]
fn a_line_carries_its_decision_and_who_brought_it() {
    let one = decide_one(Candidate { decided: 4, ..item("E", None) });
    let line = one.entry.unwrap();
    assert_eq!((one.number, line.decision_number), (Some(5), Some(5)));
    assert_eq!((one.fate, line.kind), (Fate::Judged(Outcome::Credited), EntryKind::Credit));
    assert_eq!((line.external_id.as_deref(), line.platform), (Some("E"), Some(platform().id)));
    assert_eq!((line.recorded_at, line.recorded_by), (NOW, format!("platform:{}", platform().id)));
}

#[test]
fn whose_number_it_is_stays_unsaid_until_the_name_agrees() {
    let who = Who::Document { hash: "person-0".to_owned(), name_hash: Some("another".to_owned()) };
    let one = decide_one(Candidate { who, ..item("E", None) });
    assert_eq!((one.fate, one.learner), (Fate::Held(WaitsFor::Name("person-0".to_owned())), None));
    assert_eq!(one.number, Some(1));
}

/// What a decision said, for an item that is sent again.
fn said(one: &Decided, pushed_at: OffsetDateTime) -> Said {
    let (outcome, waits_for) = match &one.fate {
        Fate::Judged(outcome) => (Some(*outcome), None),
        Fate::Held(waits_for) => (None, Some(waits_for.to_string())),
    };
    Said {
        outcome,
        waits_for,
        reasons: one.reasons.clone(),
        learner: one.learner,
        course: one.course,
        year: one.worth.as_ref().map(|worth| worth.year),
        category: one.worth.as_ref().map(|worth| worth.node().to_string()),
        policy: one.worth.as_ref().map(|worth| worth.policy.id),
        pushed_at,
    }
}

#[test]
fn another_decision_falls_only_where_it_says_something_new() {
    let failed = || {
        let mut item = item("E", None);
        item.item.passed = Some(false);
        item
    };
    let nobody = || Candidate { who: Who::Document { hash: "nobody".to_owned(), name_hash: None }, ..item("E", None) };
    let number =
        |candidate: Candidate, said: Said| decide_one(Candidate { decided: 1, said: Some(said), ..candidate }).number;
    for candidate in [failed(), nobody()] {
        let last = said(&decide_one(candidate.clone()), NOW);
        assert_eq!(number(candidate.clone(), last.clone()), None);
        let elsewhere = Some("course:another".to_owned());
        let other = CourseId::from_uuid(Uuid::nil());
        for new in [
            Said { outcome: Some(Outcome::NotCounted), ..last.clone() },
            Said { waits_for: elsewhere, ..last.clone() },
            Said { reasons: Vec::new(), ..last.clone() },
            Said { learner: Some(LearnerId::from_uuid(Uuid::nil())), ..last.clone() },
            Said { course: Some(other), ..last.clone() },
            Said { year: Some(1999), ..last.clone() },
            Said { category: Some("other".to_owned()), ..last.clone() },
            Said { policy: Some(PolicyId::from_uuid(Uuid::nil())), ..last.clone() },
            // It lay in the future when it was pushed last, and is past now.
            Said { pushed_at: candidate.item.completed_at - Duration::minutes(2), ..last.clone() },
        ] {
            assert_eq!(number(candidate.clone(), new.clone()), Some(2), "{new:?}");
        }
    }
    // What is worth hours now says something new, whatever was said before.
    let credited = decide_one(item("E", None));
    assert_eq!(number(item("E", None), said(&credited, NOW)), Some(2));
}

#[test]
fn an_id_that_this_service_never_made_is_refused() {
    let nobody = Who::Learner(LearnerId::from_uuid(Uuid::now_v7()));
    let one = decide_one(Candidate { who: nobody, ..item("E", None) });
    assert_eq!((one.fate, one.entry), (Fate::Judged(Outcome::Refused), None));
    assert_eq!(one.reasons[0].kind, ReasonKind::NoSuchPerson);
}

#[test]
fn a_code_that_looks_like_an_id_names_no_course_by_it() {
    let id = course("C-0", 0).id;
    let one = decide_one(Candidate { course: CourseRef::Id(id), ..item("E", None) });
    assert_eq!(one.course, Some(id));
    let one = decide_one(Candidate { course: CourseRef::Code(id.to_string()), ..item("E", None) });
    assert_eq!(one.fate, Fate::Held(WaitsFor::Course(id.to_string())));
}

#[test]
fn a_session_beside_another_wants_a_decision_unless_it_corrects_it() {
    let first = item("A", Some((0, 2)));
    let second = Candidate { course: CourseRef::Code("C-1".to_owned()), ..item("B", Some((1, 2))) };
    let both = decide(Occasion::Push, &[first.clone(), second.clone()], Vec::new());
    assert_eq!(both[1].fate, Fate::Judged(Outcome::NeedsReview));
    assert_eq!(both[1].reasons[0].kind, ReasonKind::OverlappingSessions);
    // By itself it is worth its hours; a year's count looks for overlaps again.
    assert_eq!(both[1].entry.as_ref().unwrap().kind, EntryKind::Credit);
    // The answers are in the order of the candidates, the decisions in that of the chain.
    let both = decide(Occasion::Push, &[replacing("A", second), first], Vec::new());
    assert_eq!(both[0].fate, Fate::Judged(Outcome::Credited));
    let [Replaced::Reversed { external_id, reversal }] = &both[0].replaced[..] else { panic!("{both:?}") };
    assert_eq!((external_id.as_str(), reversal.reverses), ("A", both[1].entry.as_ref().map(|line| line.id)));
}

#[test]
fn of_an_item_that_was_let_go_and_still_waits_no_decision_falls() {
    let unknown = CourseRef::Code("C-9".to_owned());
    let waits = Candidate { course: unknown, decided: 1, ..item("A", None) };
    let corrects = replacing("A", Candidate { decided: 1, ..item("B", None) });
    for (occasion, number) in [(Occasion::Release, None), (Occasion::Push, Some(2))] {
        let both = decide(occasion, &[waits.clone(), corrects.clone()], Vec::new());
        assert_eq!((&both[0].fate, both[0].number), (&Fate::Held(WaitsFor::Course("C-9".to_owned())), number));
        // The number of the next decision over it follows those that fell.
        let closed = Closed::replaced("A", number.unwrap_or(1), "B");
        assert_eq!((both[1].number, &both[1].replaced[..]), (Some(2), &[Replaced::Closed(closed)][..]));
    }
}

#[test]
fn what_was_not_accepted_passes_on_and_the_place_of_what_was_is_taken_once() {
    let line = decide_one(item("A", None)).entry.unwrap();
    let last = |standing, replaces: Option<&str>| {
        let replaces = replaces.map(str::to_owned);
        Link { decided: 1, standing, replaces, replaced_by: None }
    };
    let first = |reversed| last(Standing::Line { entry: Box::new(line.clone()), reversed }, None);
    let corrected = |links| {
        let one = decide(Occasion::Push, &[replacing("B", item("C", None))], links).pop().unwrap();
        let of = |replaced: &Replaced| match replaced {
            Replaced::Reversed { external_id, .. } => format!("reversed {external_id}"),
            Replaced::Closed(closed) => format!("closed {}", closed.external_id),
        };
        (one.fate, one.replaced.iter().map(of).collect::<Vec<_>>())
    };
    let credited = Fate::Judged(Outcome::Credited);
    let told = |what: &[&str]| (credited.clone(), what.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
    let passes_on = || last(Standing::NotAccepted, Some("A"));
    assert_eq!(corrected(vec![("B", passes_on()), ("A", first(false))]), told(&["closed B", "reversed A"]));
    assert_eq!(corrected(vec![("B", passes_on()), ("A", first(true))]), told(&["closed B"]));
    assert_eq!(corrected(vec![("B", last(Standing::NotCounted, Some("A")))]), told(&["closed B"]));
    assert_eq!(corrected(vec![("B", last(Standing::Replaced, Some("A")))]), told(&[]));
    let waits = |id: &str| Fate::Held(WaitsFor::Item { platform: platform().id, external_id: id.to_owned() });
    assert_eq!(corrected(vec![("B", passes_on())]), (waits("A"), Vec::new()));
    assert_eq!(corrected(Vec::new()), (waits("B"), Vec::new()));
}

#[test]
fn what_leads_into_a_circle_is_refused_and_told_which_item_leads_there() {
    let circle = |links: &[(&str, &str)]| {
        let link = |replaces: &str| Link {
            decided: 1,
            standing: Standing::NotAccepted,
            replaces: Some(replaces.to_owned()),
            replaced_by: None,
        };
        let links = links.iter().map(|(id, replaces)| (*id, link(replaces))).collect();
        let one = decide(Occasion::Push, &[replacing("B", item("C", None))], links).pop().unwrap();
        (one.fate, one.reasons[0].kind.clone(), one.replaced.len())
    };
    let reason = ReasonKind::ReplacementCircle { replaces: "B".to_owned() };
    let refused = (Fate::Judged(Outcome::Refused), reason, 0);
    assert_eq!(circle(&[("B", "C")]), refused);
    assert_eq!(circle(&[("B", "A"), ("A", "C")]), refused);
    // It need not be of the circle itself.
    assert_eq!(circle(&[("B", "A"), ("A", "B")]), refused);
    assert_eq!(
        circle(&[("B", "A"), ("A", "Z")]).0,
        Fate::Held(WaitsFor::Item { platform: platform().id, external_id: "Z".to_owned() })
    );
}
