//! The name of a build: a hash over the texts of its sources. Needs nothing but the files, so a copy without history has one too.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
};

/// The name of what is in these folders: sixteen hexadecimal digits, the same wherever the same compiler
/// reads the same files.
///
/// # Errors
/// When a folder or a file cannot be read.
pub(crate) fn of(folders: &[&Path]) -> io::Result<String> {
    let mut hash = DefaultHasher::new();
    for folder in folders {
        let mut files = Vec::new();
        gather(folder, &mut files)?;
        files.sort();
        for file in files {
            // By where it lies in its folder: where the folder lies is the machine's business.
            let parts = file.strip_prefix(folder).unwrap_or(&file).iter();
            parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().hash(&mut hash);
            fs::read(&file)?.hash(&mut hash);
        }
    }
    Ok(format!("{:016x}", hash.finish()))
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => gather(&path, files)?,
            false if path.extension().is_some_and(|end| end == "rs") => files.push(path),
            false => {}
        }
    }
    Ok(())
}
