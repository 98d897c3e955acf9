//! The kinds of value that a setting has: how each is read, and how it is called where something else was found.

use super::fault::shown;
use crate::{logging::LogFormat, production::Mode};
use clap::ValueEnum;
use log::LevelFilter;
use std::{
    ffi::{OsStr, OsString},
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    str::FromStr,
};
use toml::de::DeValue;

/// A value of a setting.
pub(super) trait Value: Sized {
    /// What to write.
    const EXPECTED: &'static str;

    /// Reads it from a flag, a variable or the text of a file.
    fn of(text: &OsStr) -> Option<Self>;

    /// Its text in a settings file; none where that has a value of another type.
    fn written(value: &DeValue<'_>) -> Option<OsString> {
        match value {
            DeValue::String(text) => Some(text.as_ref().into()),
            _ => None,
        }
    }
}

/// A number, which a settings file has without quotes.
fn number(value: &DeValue<'_>) -> Option<OsString> {
    match value {
        DeValue::Integer(number) => {
            i128::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string().into())
        }
        _ => None,
    }
}

fn parsed<T: FromStr>(text: &OsStr) -> Option<T> {
    text.to_str()?.parse().ok()
}

macro_rules! numbers {
    ($($type:ty: $expected:literal,)+) => {
        $(impl Value for $type {
            const EXPECTED: &'static str = $expected;

            fn of(text: &OsStr) -> Option<Self> {
                parsed(text)
            }

            fn written(value: &DeValue<'_>) -> Option<OsString> {
                number(value)
            }
        })+
    };
}

numbers! {
    NonZeroUsize: "a whole number above 0",
    NonZeroU32: "a whole number from 1 to 4294967295",
    u32: "a whole number from 0 to 4294967295",
}

impl Value for String {
    const EXPECTED: &'static str = "a text";

    fn of(text: &OsStr) -> Option<Self> {
        text.to_str().map(str::to_owned)
    }
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "a path, as a text";

    /// No empty one: what lies below it would lie wherever the program was started.
    fn of(text: &OsStr) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }
}

impl Value for SocketAddr {
    const EXPECTED: &'static str = "an address with its port, such as 127.0.0.1:8080";

    fn of(text: &OsStr) -> Option<Self> {
        parsed(text)
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "true or false";

    fn of(text: &OsStr) -> Option<Self> {
        parsed(text)
    }

    fn written(value: &DeValue<'_>) -> Option<OsString> {
        match value {
            DeValue::Boolean(value) => Some(value.to_string().into()),
            _ => None,
        }
    }
}

impl Value for LogFormat {
    const EXPECTED: &'static str = "text or json";

    fn of(text: &OsStr) -> Option<Self> {
        Self::from_str(text.to_str()?, false).ok()
    }
}

impl Value for Mode {
    const EXPECTED: &'static str = "development or production";

    fn of(text: &OsStr) -> Option<Self> {
        Self::from_str(text.to_str()?, false).ok()
    }
}

impl Value for LevelFilter {
    const EXPECTED: &'static str = "off, error, warn, info, debug or trace";

    fn of(text: &OsStr) -> Option<Self> {
        parsed(text)
    }
}

/// What a settings file has where a value of another type belongs.
pub(super) fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {}", shown(text.as_ref().as_ref())),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(value) => format!("the date {value}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
