//! Recorded items that are decided anew by other rules.

use crate::facts::{NOW, Spec, Worth, always, book, candidate, course, learner, platform, uuid};
use domain::{
    completions::{
        BatchFacts, Candidate, Chains, CourseRef, Decided, Fate, Occasion, Outcome, Reason, ReasonKind, Recorded,
        Replaced, Who, decide_batch, may_be_reassessed,
    },
    hour_ledger::{Entry, EntryKind, REASSESSED},
    kernel::{EntryId, Hours, LearnerId, PolicyId},
    registry::{EmploymentKind, LearnerFacts, Post},
};
use std::collections::HashMap;
use time::Duration;
use uuid::Uuid;

/// The rules that answer for the place and the year.
fn in_force() -> PolicyId {
    PolicyId::from_uuid(uuid(4, 0))
}

struct Anew {
    policy: PolicyId,
    person: LearnerFacts,
    hours: Hours,
    sessions: Vec<Entry>,
}

impl Anew {
    fn new() -> Self {
        Self { policy: in_force(), person: learner(0, false), hours: Hours::whole(1), sessions: Vec::new() }
    }

    /// What is decided at an occasion; the course gives so many hours.
    fn decide(self, occasion: Occasion, candidates: &[Candidate]) -> Vec<Decided> {
        let Self { person, hours, sessions, .. } = self;
        let courses = [0, 1].map(|number| {
            let mut course = course(&format!("C-{number}"), number);
            course.versions[0].hours = hours;
            (course.code.clone(), course)
        });
        let facts = BatchFacts {
            book: book(),
            platform: platform(),
            now: NOW,
            occasion,
            by: matches!(occasion, Occasion::Reassessment(_)).then_some("officer:li"),
            by_hash: HashMap::from([("person-0".to_owned(), person.id)]),
            successors: HashMap::new(),
            name_hashes: HashMap::from([(person.id, vec!["name".to_owned()])]),
            sessions: HashMap::from([(person.id, sessions)]),
            learners: HashMap::from([(person.id, person)]),
            courses_by_id: HashMap::new(),
            courses_by_code: HashMap::from(courses),
            chains: Chains::of(candidates),
        };
        decide_batch(facts, candidates, &mut || EntryId::from_uuid(Uuid::now_v7()))
    }

    fn again(self, recorded: &[Candidate]) -> Vec<Decided> {
        let occasion = Occasion::Reassessment(self.policy);
        self.decide(occasion, recorded)
    }

    fn one(self, recorded: Candidate) -> Decided {
        self.again(&[recorded]).pop().unwrap()
    }
}

fn pushed(external_id: &str, session: Option<(i64, i64)>) -> Candidate {
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

/// An item as it stands after it was decided once.
fn recorded(item: Candidate, decided: &Decided) -> Candidate {
    let judged = match decided.fate {
        Fate::Judged(outcome) => Some(outcome),
        Fate::Held(_) => None,
    };
    let (reasons, line) = (decided.reasons.clone(), decided.entry.clone());
    let (outcome, learner) = (judged.unwrap(), decided.learner.unwrap());
    let recorded = Recorded { learner, outcome, reasons, line };
    Candidate { who: Who::Learner(learner), decided: 1, accepted: true, recorded: Some(recorded), ..item }
}

fn first(item: Candidate) -> Candidate {
    let decided = Anew::new().decide(Occasion::Push, std::slice::from_ref(&item)).pop().unwrap();
    recorded(item, &decided)
}

/// The line of an item that stands, and what took another back.
fn lines(one: &Decided) -> (Option<&Entry>, Vec<&Entry>) {
    let reversals = one.replaced.iter().filter_map(|replaced| match replaced {
        Replaced::Reversed { reversal, .. } => Some(&**reversal),
        Replaced::Closed(_) => None,
    });
    (one.entry.as_ref(), reversals.collect())
}

#[test]
fn an_item_of_which_the_same_would_be_said_stays_as_it_is() {
    let stands = first(pushed("E", None));
    let one = Anew::new().one(stands.clone());
    assert!(one.concerned);
    assert_eq!((one.number, one.replaced.len()), (None, 0));
    assert_eq!(one.entry, stands.recorded.unwrap().line, "whoever is decided after it sees what stands");
}

#[test]
fn an_item_that_other_rules_govern_is_none_of_theirs() {
    let changed = Anew { policy: PolicyId::from_uuid(Uuid::nil()), hours: Hours::whole(2), ..Anew::new() };
    let one = changed.one(first(pushed("E", None)));
    assert_eq!((one.concerned, one.number, one.replaced.len()), (false, None, 0));
}

#[test]
fn a_line_worth_something_else_is_taken_back_and_another_stands_in_its_place() {
    for hours in [Hours::from_hundredths(99), Hours::from_hundredths(101)] {
        let stands = first(pushed("E", None));
        let before = stands.recorded.as_ref().unwrap().line.clone().unwrap();
        let one = Anew { hours, ..Anew::new() }.one(stands);
        let (line, reversals) = lines(&one);
        let line = line.unwrap();
        assert_eq!((one.number, one.fate.clone()), (Some(2), Fate::Judged(Outcome::Credited)));
        assert_eq!((line.hours, line.decision_number, line.policy), (hours, Some(2), Some(in_force())));
        assert_eq!(line.recorded_by, "officer:li");
        let [reversal] = reversals[..] else { panic!("{one:?}") };
        assert_eq!((reversal.reverses, reversal.reason_code.as_deref()), (Some(before.id), Some(REASSESSED)));
        assert_eq!((reversal.hours, reversal.recorded_by.as_str()), (before.hours, "officer:li"));
    }
}

#[test]
fn an_item_that_is_not_counted_any_more_has_no_line_and_one_that_counts_now_has_one() {
    let post = Post { series: Some("会计".to_owned()), level: None, employment_kind: EmploymentKind::Permanent };
    let out = || LearnerFacts { posts: vec![always(post.clone())], ..learner(0, false) };
    let one = Anew { person: out(), ..Anew::new() }.one(first(pushed("E", None)));
    let (line, reversals) = lines(&one);
    assert_eq!((one.fate.clone(), line, reversals.len()), (Fate::Judged(Outcome::NotCounted), None, 1));

    let item = pushed("E", None);
    let decided = Anew { person: out(), ..Anew::new() }.decide(Occasion::Push, std::slice::from_ref(&item));
    let one = Anew::new().one(recorded(item, &decided[0]));
    let (line, reversals) = lines(&one);
    assert_eq!((one.number, one.fate.clone(), reversals.len()), (Some(2), Fate::Judged(Outcome::Credited), 0));
    assert_eq!(line.unwrap().kind, EntryKind::Credit);
}

#[test]
fn an_item_that_would_wait_stays_as_it_is() {
    let stands = first(pushed("E", None));
    let lost = Candidate { course: CourseRef::Code("C-9".to_owned()), ..stands.clone() };
    let gone = Candidate { who: Who::Learner(LearnerId::from_uuid(Uuid::nil())), ..stands };
    for item in [lost, gone] {
        let one = Anew { hours: Hours::whole(2), ..Anew::new() }.one(item);
        assert_eq!((one.number, one.replaced.len(), one.concerned), (None, 0, false));
    }
}

#[test]
fn a_session_beside_another_is_no_reason_to_decide_otherwise_and_none_overlaps_its_own_line() {
    let other = Candidate { course: CourseRef::Code("C-1".to_owned()), ..pushed("B", Some((1, 2))) };
    let both = Anew::new().decide(Occasion::Push, &[pushed("A", Some((0, 2))), other.clone()]);
    assert_eq!(both[1].fate, Fate::Judged(Outcome::NeedsReview), "it came second");
    let sessions: Vec<Entry> = both.iter().filter_map(|one| one.entry.clone()).collect();
    let stand = [recorded(pushed("A", Some((0, 2))), &both[0]), recorded(other, &both[1])];
    let again = Anew { sessions: sessions.clone(), ..Anew::new() }.again(&stand);
    assert!(again.iter().all(|one| one.number.is_none() && one.concerned), "{again:?}");
    // Alone it overlaps nothing but the line that it takes back.
    let sessions = vec![sessions[0].clone()];
    let one = Anew { hours: Hours::whole(2), sessions, ..Anew::new() }.one(stand[0].clone());
    assert_eq!((one.number, one.fate), (Some(2), Fate::Judged(Outcome::Credited)));
}

#[test]
fn what_an_item_displaced_stays_so_while_it_is_accepted() {
    let item = Candidate { replaces: Some("A".to_owned()), ..first(pushed("B", None)) };
    let mut chains = Chains::of(std::slice::from_ref(&item));
    let line = item.recorded.as_ref().unwrap().line.clone().unwrap();
    let before = domain::completions::Link {
        decided: 1,
        standing: domain::completions::Standing::Line { entry: Box::new(line), reversed: true },
        replaces: None,
        replaced_by: Some("B".to_owned()),
    };
    assert!(chains.learn([("A".to_owned(), before)]));
    let facts = BatchFacts {
        book: book(),
        platform: platform(),
        now: NOW + Duration::DAY,
        occasion: Occasion::Reassessment(in_force()),
        by: None,
        by_hash: HashMap::new(),
        successors: HashMap::new(),
        name_hashes: HashMap::new(),
        learners: HashMap::from([(learner(0, false).id, learner(0, false))]),
        courses_by_id: HashMap::new(),
        courses_by_code: HashMap::from([("C-0".to_owned(), course("C-0", 0))]),
        chains,
        sessions: HashMap::new(),
    };
    let one = decide_batch(facts, &[item], &mut || EntryId::from_uuid(Uuid::nil())).pop().unwrap();
    assert_eq!((one.number, one.concerned), (None, true), "nobody else has its place: {one:?}");
}

#[test]
fn only_what_was_judged_and_stands_may_be_decided_anew() {
    let because = |kind| vec![Reason::plain(kind)];
    let out_of_scope = ReasonKind::OutOfScope { authority: "示例厅".to_owned(), under: None };
    let line = first(pushed("E", None)).recorded.unwrap().line.unwrap();
    let waits =
        Entry { kind: EntryKind::Provisional, review: because(ReasonKind::OverlappingSessions), ..line.clone() };
    let counted_by_office = Entry { kind: EntryKind::Credit, ..waits.clone() };
    assert!(may_be_reassessed(Some(Outcome::Credited), &[], Some((&line, false))));
    assert!(may_be_reassessed(Some(Outcome::NeedsReview), &[], Some((&waits, false))));
    assert!(!may_be_reassessed(Some(Outcome::Credited), &[], Some((&counted_by_office, false))));
    assert!(may_be_reassessed(Some(Outcome::NotCounted), &because(out_of_scope), None));
    assert!(may_be_reassessed(Some(Outcome::Refused), &because(ReasonKind::PlanNotFiled), None));
    assert!(!may_be_reassessed(None, &[], None), "it waits");
    assert!(!may_be_reassessed(Some(Outcome::Credited), &[], Some((&line, true))), "it was taken back");
    assert!(!may_be_reassessed(Some(Outcome::Credited), &[], None));
    for closed in [ReasonKind::Withdrawn, ReasonKind::WaitedTooLong, ReasonKind::Replaced { by: "F".to_owned() }] {
        assert!(!may_be_reassessed(Some(Outcome::NotCounted), &because(closed), None));
    }
}
