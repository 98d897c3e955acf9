//! Versions and publications of the rule book.

use crate::{
    databases::on_each,
    sample::{AT, Sample, draft, fill, new_policy_id, place},
};
use store::{StoreError, policy};
use time::Duration;

#[test]
fn a_version_is_published_once_and_numbers_count_up_in_its_place_and_year() {
    on_each(|database| {
        let store = database.store();
        let Sample { policy: first, .. } = fill(store);
        let (second, other_year) = (draft("610000", 2021), draft("610000", 2022));
        let (second_id, other_id) = (second.policy_id, other_year.policy_id);
        store
            .write_blocking(move |db| {
                policy::insert_version(db, &second)?;
                policy::insert_version(db, &other_year)
            })
            .unwrap();
        let revision = || store.read_blocking(|db| policy::current_revision(db, policy::RULE_BOOK)).unwrap();
        let mut before = revision();
        let publish = |id| store.write_blocking(move |db| policy::publish(db, id, AT, "administrator"));
        for (id, number) in [(first, 1), (second_id, 2), (other_id, 1)] {
            assert_eq!(publish(id).unwrap().unwrap().number, number);
            assert!(revision() > std::mem::replace(&mut before, revision()));
        }
        assert!(matches!(publish(first), Err(StoreError::Conflict { .. })));
        assert_eq!(publish(new_policy_id()).unwrap(), None);
        assert_eq!(revision(), before);
        let all = store.read_blocking(policy::published_all).unwrap();
        // Another replica's clock is behind, or it waited for its turn: the last one still is the last.
        let moments: Vec<_> = all.iter().map(|(_, publication)| publication.published_at).collect();
        assert_eq!(moments, [0, 1, 2].map(|n| AT + Duration::microseconds(n)));
        assert_eq!(all.iter().map(|(version, _)| version.policy_id).collect::<Vec<_>>(), [first, second_id, other_id]);
        let shaanxi = place("610000");
        let page = store.read_blocking(|db| policy::list_versions(db, Some(&shaanxi), Some(first), 1)).unwrap();
        assert_eq!(page.len(), 1);
        assert_eq!(page[0].0.policy_id, second_id);
        assert_eq!(page[0].1.as_ref().map(|publication| publication.number), Some(2));
        assert!(store.read_blocking(|db| policy::find_version(db, first)).unwrap().is_some());
    });
}
