//! What is gathered, told apart, and written when.

use super::*;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2021-06-15 12:10 +08:00);

fn someone(name: &str) -> Author {
    Author { signature: format!("officer:{name}"), role: Some("officer"), ..Author::nobody("get_learner".into(), None) }
}

fn read(journal: &Journal, name: &str, subject: usize, now: OffsetDateTime) -> Result<(), Problem> {
    journal.read(&someone(name), ("learner", Where::Alone), [Some(subject.to_string())], now)
}

#[test]
fn a_read_is_one_event_for_reader_person_and_hour_in_whatever_process() {
    let (one, other) = (Journal::default(), Journal::default());
    for minute in 0..50 {
        read(&one, "li", 7, NOW + Duration::minutes(minute)).unwrap();
    }
    read(&other, "li", 7, NOW + Duration::minutes(49)).unwrap();
    let (of_one, of_other) = (one.take(NOW, false), other.take(NOW, false));
    assert_eq!((of_one.len(), of_one[0].id), (1, of_other[0].id));
    for (name, subject, now) in [("li", 8, NOW), ("wang", 7, NOW), ("li", 7, NOW + Duration::HOUR)] {
        read(&one, name, subject, now).unwrap();
    }
    assert!(one.take(NOW, false).iter().all(|event| event.id != of_one[0].id));
}

#[test]
fn in_lists_somebody_is_one_event_an_hour_and_another_one_by_themselves() {
    let journal = Journal::default();
    for (operation, place) in
        [("list_learners", Where::Among), ("search_learners", Where::Among), ("get_learner", Where::Alone)]
    {
        let li = Author { signature: "officer:li".to_owned(), ..Author::nobody(operation.into(), None) };
        journal.read(&li, ("learner", place), [Some("7".to_owned()), Some("7".to_owned())], NOW).unwrap();
    }
    let taken = journal.take(NOW, false);
    let told: Vec<&str> = taken.iter().map(|event| event.operation.as_str()).collect();
    assert_eq!(told, ["list_learners", "get_learner"]);
}

#[test]
fn when_no_read_can_be_gathered_any_more_none_is_allowed() {
    let journal = Journal::default();
    for subject in 0..MOST_READS {
        read(&journal, "li", subject, NOW).unwrap();
    }
    assert_eq!(read(&journal, "li", MOST_READS, NOW).unwrap_err().kind(), crate::problem::Kind::Unavailable);
    // What is gathered already needs no more room.
    read(&journal, "li", 1, NOW).unwrap();
    let waiting = journal.take(NOW, false);
    assert_eq!(waiting.len(), MOST_READS);
    read(&journal, "li", MOST_READS, NOW).unwrap();
    journal.take_back(waiting);
    assert_eq!(journal.take(NOW, false).len(), MOST_READS + 1);
}

#[test]
fn refusals_are_written_at_once_and_then_once_a_minute_and_none_is_lost() {
    let journal = Journal::default();
    let refuse = |times: i64| (0..times).for_each(|_| journal.refused(&someone("li"), "not_found", None, NOW));
    refuse(3);
    let first = journal.take(NOW, false);
    assert_eq!((first.len(), first[0].times), (1, 3));
    refuse(4);
    assert!(journal.take(NOW + Duration::seconds(59), false).is_empty());
    // What could not be written counts again.
    journal.take_back(first);
    let again = journal.take(NOW + Duration::seconds(59), false);
    assert_eq!((again.len(), again[0].times), (1, 7));
    refuse(1);
    assert_eq!(journal.take(NOW + Duration::seconds(60), true)[0].times, 1);
}

#[test]
fn who_tries_much_takes_no_room_from_others() {
    let journal = Journal::default();
    let tried = |n: usize| Tried { kind: "learner", id: Some(n.to_string()), what: None };
    for n in 0..MOST_REFUSALS + 10 {
        journal.refused(&someone("li"), "not_found", Some(&tried(n)), NOW);
    }
    journal.refused(&someone("wang"), "not_found", Some(&tried(7)), NOW);
    let taken = journal.take(NOW, false);
    assert_eq!(taken.len(), MOST_OF_ONE + 2);
    let of = |name: &str| taken.iter().filter(|event| event.actor == format!("officer:{name}")).collect::<Vec<_>>();
    assert_eq!(of("wang")[0].subject_id.as_deref(), Some("7"));
    assert_eq!(of("li").iter().map(|event| event.times).sum::<i64>(), i64::try_from(MOST_REFUSALS).unwrap() + 10);
}

#[test]
fn more_different_refusals_than_can_be_told_apart_are_counted_together() {
    let journal = Journal::default();
    for name in 0..MOST_REFUSALS + 10 {
        journal.refused(&someone(&name.to_string()), "not_found", None, NOW);
    }
    let taken = journal.take(NOW, false);
    assert_eq!(taken.len(), MOST_REFUSALS + 1);
    let together = taken.iter().find(|event| event.actor == EVERYONE).unwrap();
    assert_eq!((together.times, together.problem.as_deref()), (10, Some("not_found")));
    assert_eq!(taken.iter().map(|event| event.times).sum::<i64>(), i64::try_from(MOST_REFUSALS).unwrap() + 10);
}
