//! Secret files: read only where others cannot read them, written whole or not at all, by one process at a time.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Reads a secret file, refusing one that others than its owner may read. The reason is in words.
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>, String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(|error| error.to_string())?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!("mode {mode:o} lets others read it; make it 600"));
        }
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(|error| error.to_string())
}

/// Writes a new secret file, whole or not at all, readable by its owner only; answers whether it did: one that is there is left as
/// it is. The reason is in words.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<bool, String> {
    let words = |error: std::io::Error| error.to_string();
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(words)?;
    }
    let held = lock(path)?;
    let draft = draft(path, content)?;
    // A link, unlike a rename, never replaces keys that another process made a moment ago.
    let linked = match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        other => other.map(|()| true).map_err(words),
    };
    fs::remove_file(&draft).map_err(words)?;
    let made = linked?;
    held.sync_all().map_err(words)?;
    Ok(made)
}

/// Takes the folder of a secret file, until the answer is dropped: of two processes that change its files one waits for the other.
/// The file itself is replaced meanwhile, so it cannot be what is held.
pub(super) fn lock(path: &Path) -> Result<fs::File, String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let held = fs::File::open(folder).map_err(|error| error.to_string())?;
    held.lock().map_err(|error| error.to_string())?;
    Ok(held)
}

/// A secret file beside another one, on the disk. Whoever makes one holds the folder, so what is there is left from a crash.
pub(super) fn draft(path: &Path, content: &[u8]) -> Result<PathBuf, String> {
    let words = |error: std::io::Error| error.to_string();
    let draft = path.with_extension("new");
    if let Err(error) = fs::remove_file(&draft)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(words(error));
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft).map_err(words)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(words)?;
    Ok(draft)
}
