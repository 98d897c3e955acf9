//! Where the data keys come from: a file in the folder of keys, or their text in the environment.

use super::{
    Said, Settings,
    fault::{Fault, Place},
    file::File,
    value::Value,
};
use crate::keys::{DATA_KEYS_VARIABLE, DataKeys, KeysError};
use std::{ffi::OsStr, fmt, path::PathBuf};
use zeroize::Zeroizing;

/// What `data-keys.json` would hold. It shows nothing of itself, and is wiped when it goes.
#[derive(Clone)]
pub struct KeyText(Zeroizing<String>);

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(***)")
    }
}

impl Value for KeyText {
    const EXPECTED: &'static str = "the text of a data-keys.json";

    fn of(text: &OsStr) -> Option<Self> {
        text.to_str().map(|text| Self(Zeroizing::new(text.to_owned())))
    }
}

impl Said {
    /// Keys are taken from the environment alone: a command line can be read by every process of the machine, and a settings file by
    /// whoever may know the settings.
    pub(super) fn refuse_open_keys(&self, file: &File<'_>, faults: &mut Vec<Fault>) {
        let is_flag = |argument: std::ffi::OsString| {
            argument.to_str().is_some_and(|text| text == "--data-keys" || text.starts_with("--data-keys="))
        };
        let by_flag = self.data_keys.is_some()
            && (self.data_keys != std::env::var_os(DATA_KEYS_VARIABLE) || std::env::args_os().any(is_flag));
        for place in by_flag.then_some(Place::CommandLine).into_iter().chain(file.place_of("data_keys")) {
            let what = format!(
                "keys are taken from data-keys.json or from the environment variable {DATA_KEYS_VARIABLE} alone"
            );
            faults.push(Fault::new("data_keys", place, what));
        }
    }
}

impl Settings {
    /// Where the data keys are, or would be.
    #[must_use]
    pub fn data_keys_file(&self) -> PathBuf {
        self.keys_dir.join("data-keys.json")
    }

    /// How the place is called where the data keys come from.
    #[must_use]
    pub fn data_keys_place(&self) -> String {
        match self.data_keys {
            Some(_) => format!("of {DATA_KEYS_VARIABLE}"),
            None => self.data_keys_file().display().to_string(),
        }
    }

    /// Reads the data keys.
    ///
    /// # Errors
    /// Says where they come from and why they cannot be used.
    pub fn load_data_keys(&self) -> Result<DataKeys, KeysError> {
        match &self.data_keys {
            Some(KeyText(text)) => DataKeys::of_text(text).map_err(|reason| KeysError::Text { reason }),
            None => DataKeys::load(&self.data_keys_file()),
        }
    }
}
