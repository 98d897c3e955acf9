//! A new data key in the file: it is there before it seals, so that every replica can open what the first of them seals by it.

use super::{
    DataKeys, KeyFile, KeysError, fresh_key,
    private::{draft, lock, read_private},
};
use std::{fs, path::Path};
use time::{
    OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, format_description::well_known::Rfc3339,
    macros::format_description,
};
use zeroize::Zeroizing;

const MOMENT: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

impl DataKeys {
    /// Adds a key that seals from a moment on; what the others sealed goes on to open. Answers its id.
    ///
    /// # Errors
    /// Says what is wrong with the file, or that the last new key still waits for its moment.
    pub fn add_key(path: &Path, from: OffsetDateTime, now: OffsetDateTime) -> Result<String, KeysError> {
        let added = lock(path).and_then(|held| {
            let text = read_private(path)?;
            let mut file = KeyFile::of_text(&text)?;
            Self::from_file(&file)?;
            let id = file.follow(from, now)?;
            let text = serde_json::to_string_pretty(&file).map(Zeroizing::new).map_err(|error| error.to_string())?;
            let draft = draft(path, text.as_bytes())?;
            fs::rename(&draft, path).and_then(|()| held.sync_all()).map_err(|error| error.to_string())?;
            Ok(id)
        });
        added.map_err(|reason| KeysError::File { path: path.display().to_string(), reason })
    }
}

impl KeyFile {
    fn follow(&mut self, from: OffsetDateTime, now: OffsetDateTime) -> Result<String, String> {
        // One that waits and one before it is all that replicas must agree on.
        if let Some(waits) = self.active_from.filter(|waits| *waits > now) {
            let waits = waits.format(&Rfc3339).unwrap_or_default();
            return Err(format!("the key {} seals from {waits} on; another one can follow it after that", self.active));
        }
        let from = from.to_offset(UtcOffset::UTC).truncate_to_second();
        let id = format!("data-{}", from.format(MOMENT).map_err(|error| error.to_string())?);
        if self.data_keys.contains_key(&id) {
            return Err(format!("there is a key {id} already"));
        }
        self.data_keys.insert(id.clone(), fresh_key()?);
        self.before = Some(std::mem::replace(&mut self.active, id.clone()));
        self.active_from = Some(from);
        Ok(id)
    }
}
