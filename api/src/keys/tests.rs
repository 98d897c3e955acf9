//! Sealing, hashing, and the file of keys.

use super::*;
use std::fs;
use time::{Duration, macros::datetime};

const NOW: OffsetDateTime = datetime!(2021-06-15 04:00 UTC);

#[test]
fn what_was_sealed_opens_only_whole_and_in_its_place() {
    let keys = DataKeys::ephemeral().unwrap();
    let sealed = keys.seal(b"11010519900101000X", b"learner_person/1", NOW).unwrap();
    assert_eq!(&**keys.open(&sealed, b"learner_person/1").unwrap(), b"11010519900101000X");
    assert!(matches!(keys.open(&sealed, b"learner_person/2"), Err(KeysError::DoesNotOpen)));
    for at in 0..sealed.bytes.len() {
        let mut changed = sealed.clone();
        changed.bytes[at] ^= 1;
        assert!(matches!(keys.open(&changed, b"learner_person/1"), Err(KeysError::DoesNotOpen)), "{at}");
    }
    let short = Sealed { bytes: vec![1; 5], ..sealed.clone() };
    assert!(matches!(keys.open(&short, b"learner_person/1"), Err(KeysError::DoesNotOpen)));
    let unknown = Sealed { key_id: "data-9".into(), ..sealed.clone() };
    assert!(matches!(keys.open(&unknown, b"learner_person/1"), Err(KeysError::NoSuchKey { .. })));
    let unknown = Sealed { suite_id: "suite-9".into(), ..sealed.clone() };
    let refused = keys.open(&unknown, b"learner_person/1");
    assert!(matches!(refused, Err(KeysError::NoSuchKey { suite_id, .. }) if suite_id == "suite-9"));
    let stranger = DataKeys::ephemeral().unwrap();
    assert!(matches!(stranger.open(&sealed, b"learner_person/1"), Err(KeysError::DoesNotOpen)));
}

#[test]
fn the_same_value_is_never_sealed_the_same_way_twice() {
    let keys = DataKeys::ephemeral().unwrap();
    assert_ne!(keys.seal(b"a", b"", NOW).unwrap().bytes, keys.seal(b"a", b"", NOW).unwrap().bytes);
}

#[test]
fn hashes_are_stable_keyed_and_kept_apart_by_purpose() {
    let keys = DataKeys::ephemeral().unwrap();
    assert_eq!(keys.lookup_hash("id", "1"), keys.lookup_hash("id", "1"));
    assert_ne!(keys.lookup_hash("id", "12"), keys.lookup_hash("id1", "2"));
    assert_ne!(keys.lookup_hash("id", "1"), keys.name_hash("1"));
    assert_ne!(keys.lookup_hash("id", "1"), DataKeys::ephemeral().unwrap().lookup_hash("id", "1"));
}

#[test]
fn keys_of_the_same_name_are_told_apart_by_their_proofs() {
    let (one, other) = (DataKeys::ephemeral().unwrap(), DataKeys::ephemeral().unwrap());
    let ids = |keys: &DataKeys| keys.proofs().iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    assert_eq!((ids(&one), ids(&other)), (vec!["data-1".into(), "lookup-1".into()], ids(&one)));
    assert!(one.proofs().iter().zip(other.proofs()).all(|(a, b)| a.1 != b.1));
    assert_ne!(one.proofs()[0].1, one.proofs()[1].1);
}

#[test]
fn hashes_are_written_in_lower_case_digits() {
    assert_eq!(hexadecimal(&[0x00, 0x0f, 0xa5, 0xff]), "000fa5ff");
    assert_eq!(DataKeys::ephemeral().unwrap().name_hash("x").len(), 64);
}

#[test]
fn a_key_file_is_made_once_and_refused_when_others_may_read_it() {
    let folder = std::env::temp_dir().join(format!("xueshi-keys-{}", uuid::Uuid::now_v7()));
    let path = folder.join("data-keys.json");
    assert!(DataKeys::load(&path).is_err());
    DataKeys::create_if_missing(&path, Maker::Operator).unwrap();
    let first = DataKeys::load(&path).unwrap();
    DataKeys::create_if_missing(&path, Maker::Operator).unwrap();
    let again = DataKeys::load(&path).unwrap();
    assert_eq!(first.name_hash("x"), again.name_hash("x"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(DataKeys::load(&path).unwrap_err().to_string().contains("644"));
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_broken_key_file_is_refused_without_showing_a_key() {
    let mut file = KeyFile::fresh(Maker::Operator).unwrap();
    file.active = "data-7".into();
    assert!(DataKeys::from_file(&file).unwrap_err().contains("data-7"));
    let mut file = KeyFile::fresh(Maker::Operator).unwrap();
    file.lookup_key = STANDARD.encode([7; 16]);
    let reason = DataKeys::from_file(&file).unwrap_err();
    assert!(reason.contains("16 bytes") && !reason.contains(&file.lookup_key));
    assert!(!format!("{:?}", DataKeys::ephemeral().unwrap()).contains("cipher"));
}

#[test]
fn a_new_key_seals_from_its_moment_on_and_the_old_one_still_opens() {
    let folder = std::env::temp_dir().join(format!("xueshi-keys-{}", uuid::Uuid::now_v7()));
    let path = folder.join("data-keys.json");
    DataKeys::create_if_missing(&path, Maker::Operator).unwrap();
    let before = DataKeys::load(&path).unwrap();
    let sealed = before.seal(b"a", b"x", NOW).unwrap();
    let from = NOW + Duration::HOUR;
    let id = DataKeys::add_key(&path, from, NOW).unwrap();
    assert_eq!(id, "data-20210615T050000Z");
    let keys = DataKeys::load(&path).unwrap();
    for (at, wanted) in [(NOW, "data-1"), (from - Duration::MICROSECOND, "data-1"), (from, id.as_str())] {
        let now = keys.seal(b"a", b"x", at).unwrap();
        assert_eq!((now.key_id.as_str(), keys.active(at)), (wanted, wanted), "{at}");
        assert_eq!(&**keys.open(&now, b"x").unwrap(), b"a");
    }
    assert_eq!(&**keys.open(&sealed, b"x").unwrap(), b"a");
    assert_eq!(keys.lookup_hash("id", "1"), before.lookup_hash("id", "1"));
    // While one waits no other can follow; then it can, and the one before the last one still opens.
    let refused = DataKeys::add_key(&path, from + Duration::DAY, from - Duration::SECOND).unwrap_err().to_string();
    assert!(refused.contains("data-20210615T050000Z seals from 2021-06-15T05:00:00Z on"), "{refused}");
    let third = DataKeys::add_key(&path, from + Duration::DAY, from).unwrap();
    let keys = DataKeys::load(&path).unwrap();
    assert_eq!((keys.active(from), keys.active(from + Duration::DAY)), (id.as_str(), third.as_str()));
    assert_eq!(&**keys.open(&sealed, b"x").unwrap(), b"a");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    // Readable by its owner only, as before.
    assert!(read_private(&path).is_ok());
    std::fs::remove_dir_all(folder).unwrap();
}
