//! Log lines, as text for people or as JSON for machines.

use log::{
    Record,
    kv::{Error, Key, Value, VisitSource},
};
use serde_json::Map;
use std::io::{self, Write};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging to standard error. A second call changes nothing: tests start the service many times in one process.
pub fn start(format: LogFormat, level: log::LevelFilter) {
    let mut builder = env_logger::Builder::new();
    // The frameworks' own lines matter only when something is wrong with them.
    builder
        .filter_level(level.min(log::LevelFilter::Warn))
        .filter_module("xueshi", level)
        .filter_module("store", level);
    if level < log::LevelFilter::Debug {
        // What it warns of was sent by whoever reaches the port. That it can do nothing itself, its caller hears and says.
        builder.filter_module("rustls", log::LevelFilter::Off);
    }
    builder.format(move |out, record| match format {
        _ if level < log::LevelFilter::Debug && is_unreadable_request(record) => Ok(()),
        LogFormat::Text => text(out, record),
        LogFormat::Json => json(out, record),
    });
    if builder.try_init().is_err() {
        log::debug!("logging was started before");
    }
}

/// What a caller sends that is no HTTP is answered 400 by the framework, which calls that an error. Nothing here has failed, and
/// whoever reaches the port could fill the log.
fn is_unreadable_request(record: &Record<'_>) -> bool {
    record.target() == "actix_http::h1::dispatcher"
        && record.args().to_string().starts_with("stream error: request parse error")
}

fn stamp() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}

fn text(out: &mut impl Write, record: &Record<'_>) -> io::Result<()> {
    let mut pairs = Pairs(Map::new());
    record.key_values().visit(&mut pairs).map_err(io::Error::other)?;
    write!(out, "{} {:5} {} {}", stamp(), record.level(), record.target(), one_line(&record.args().to_string()))?;
    for (key, value) in &pairs.0 {
        let value = value.as_str().map_or_else(|| value.to_string(), one_line);
        write!(out, " {key}={value}")?;
    }
    writeln!(out)
}

/// A line stays a line, whatever a message quotes.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn json(out: &mut impl Write, record: &Record<'_>) -> io::Result<()> {
    let mut pairs = Pairs(Map::new());
    record.key_values().visit(&mut pairs).map_err(io::Error::other)?;
    let mut line = pairs.0;
    line.insert("at".into(), stamp().into());
    line.insert("level".into(), record.level().as_str().to_ascii_lowercase().into());
    line.insert("target".into(), record.target().into());
    line.insert("message".into(), record.args().to_string().into());
    writeln!(out, "{}", serde_json::Value::Object(line))
}

struct Pairs(Map<String, serde_json::Value>);

impl<'kvs> VisitSource<'kvs> for Pairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let value = match (value.to_bool(), value.to_u64(), value.to_i64()) {
            (Some(truth), ..) => truth.into(),
            (_, Some(number), _) => number.into(),
            (.., Some(number)) => number.into(),
            _ => serde_json::Value::String(value.to_string()),
        };
        self.0.insert(key.to_string(), value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line_in_both_forms() {
        let record = Record::builder()
            .args(format_args!("two\nlines"))
            .level(log::Level::Info)
            .target("xueshi::access")
            .key_values(&[("route", "/v1/x"), ("id", "a\nb")])
            .build();
        let mut line = Vec::new();
        text(&mut line, &record).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert!(line.ends_with("INFO  xueshi::access two lines id=a b route=/v1/x\n"), "{line}");
        let mut line = Vec::new();
        json(&mut line, &record).unwrap();
        assert_eq!(line.iter().filter(|b| **b == b'\n').count(), 1);
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["message"], "two\nlines");
        assert_eq!(value["route"], "/v1/x");
    }
}
