//! Which program this is, to the letter.

/// Names the sources that this program was built from. It goes into the tags of answers that callers keep, so that a build that
/// words or counts otherwise under the same version does not answer 304 for what the one before it said.
pub(crate) const NAME: &str = env!("XUESHI_BUILD");

#[cfg(test)]
#[path = "../build_name.rs"]
mod build_name;

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn a_build_is_named_by_every_letter_of_its_sources() {
        assert!(NAME.len() == 16 && NAME.bytes().all(|byte| byte.is_ascii_hexdigit()), "{NAME}");
        let folder = std::env::temp_dir().join(format!("xueshi-build-{}", uuid::Uuid::now_v7()));
        let name = || build_name::of(&[&folder.join("src")]).unwrap();
        fs::create_dir_all(folder.join("src/explain")).unwrap();
        fs::write(folder.join("src/explain/words.rs"), "已达标").unwrap();
        let first = name();
        fs::write(folder.join("src/notes.txt"), "no source").unwrap();
        assert_eq!(name(), first);
        fs::write(folder.join("src/explain/words.rs"), "达标").unwrap();
        let reworded = name();
        fs::rename(folder.join("src/explain/words.rs"), folder.join("src/explain/texts.rs")).unwrap();
        assert!(reworded != first && name() != reworded);
        assert!(build_name::of(&[Path::new("/no/such/folder")]).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
