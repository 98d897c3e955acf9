//! Who is shown somebody's file is on record for it, whichever operation shows it: every operation of the table by every kind of
//! official who may use it, and the reads that this left.

use super::{requests::asked, rows, send, world::World};
use crate::{audit::looking::settled, tables::learners};
use std::collections::{BTreeMap, BTreeSet};
use tests::each_backend;
use xueshi::auth::CallerKind::{self, EmployerAdministrator, Officer, SectorAuthority};

/// Operations whose answer names learners and that leave no read of each of them, with the reason.
const NO_READ_OF_EACH: [(&str, &str); 6] = [
    ("add_roll_items", "answers whom the caller has named by number and name, with the id alone"),
    ("create_learner", "answers what the caller has just said"),
    ("erase_learner", "answers that nothing of the person is left"),
    ("keep_learners", "answers whom the caller has named, with the id alone"),
    ("list_changes", "ids and kinds; what they are of is read by operations of their own"),
    ("reverse_roll", "answers whom the caller has named by the id, with what became of it"),
];

/// Operations about somebody whom neither the address nor the answer names.
const UNNAMED: [&str; 3] = ["decide_reviews", "get_recognition_evidence", "validate_recognition"];

#[test]
fn every_operation_that_shows_a_learner_to_an_official_leaves_one_read_of_each() {
    each_backend(|app| {
        let world = World::new(app);
        let mut told: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for row in rows().iter().filter(|row| row.own == "allowed") {
            let kind = CallerKind::ALL.iter().copied().find(|kind| kind.as_str() == row.caller);
            let Some(kind @ (Officer | SectorAuthority | EmployerAdministrator)) = kind else { continue };
            world.acting.set(kind);
            // A reader for each, since of one reader, person and hour no more than one read is kept.
            world.name.replace(row.operation.clone());
            let asked = asked(&world, &row.operation, &world.own).unwrap();
            if asked.never {
                continue;
            }
            let answer = send(&world.caller(kind), &asked);
            assert_eq!(answer.status, asked.status, "{}: {}", row.operation, answer.text);
            let named = |id: &String| asked.path.contains(id.as_str()) || answer.text.contains(id.as_str());
            let named = learners(app).into_iter().filter(named).collect();
            told.insert((format!("{kind}:{}", row.operation), row.operation.clone()), named);
        }
        let mut noted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for event in settled(app) {
            noted.entry(event.actor).or_default().extend(event.subject_id);
        }
        let (mut wrong, mut shown) = (Vec::new(), 0);
        for ((actor, operation), named) in told {
            let mut noted = noted.remove(&actor).unwrap_or_default();
            noted.sort_unstable();
            let fits = if NO_READ_OF_EACH.iter().any(|(name, _)| *name == operation) {
                noted.is_empty() && !named.is_empty()
            } else if UNNAMED.contains(&operation.as_str()) {
                noted.len() == 1 && named.is_empty()
            } else {
                shown += usize::from(!named.is_empty());
                noted.iter().eq(&named)
            };
            if !fits {
                wrong.push(format!("{actor}: named {named:?}, noted {noted:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(shown > 60, "{shown}");
    });
}
