//! `xueshi token`: a bearer token for an operator's use. What is wrong with the question is told all at once.

use super::{print, whole_number};
use crate::{
    auth::{CallerKind, Subject, Tokens},
    clock::Clock,
    keys::Maker,
    settings::{Said, Settings},
    startup,
    wire::{names_somebody, series_name},
};
use clap::Args;
use domain::{
    access::{Named, Part},
    kernel::{PlaceCode, Words},
    registry::PlaceTree,
};
use std::{error::Error, str::FromStr};
use time::Duration;
use uuid::Uuid;

#[derive(Debug, Args)]
pub(super) struct Order {
    #[command(flatten)]
    settings: Said,
    /// Whom it speaks for
    #[arg(long = "as", value_name = "ROLE")]
    kind: CallerKind,
    /// A learner's or platform's UUID; an official's name
    #[arg(long)]
    id: String,
    /// The place that an officer or a sector authority answers for: one that the program brings along, or that the database of
    /// the settings has
    #[arg(long)]
    place: Option<String>,
    /// The employer that an employer_administrator answers for
    #[arg(long, value_name = "UUID")]
    employer: Option<String>,
    /// The training base that a base_operator answers for
    #[arg(long, value_name = "UUID")]
    base: Option<String>,
    /// The series that a sector authority answers for
    #[arg(long)]
    series: Option<String>,
    /// How many days it holds, 1 to 31: it cannot be called back but with the key that signed it
    #[arg(long, default_value = "1", value_parser = whole_number::<1, 31>)]
    days: u32,
}

/// A series as rules name it: a token for another one would be good for nothing.
struct SeriesName(String);

impl FromStr for SeriesName {
    type Err = validator::ValidationError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        series_name(name).map(|()| Self(name.to_owned()))
    }
}

const UUID: &str = "a UUID, such as 0190d3f0-0000-7000-8000-000000000001";

impl Order {
    /// Prints the token.
    pub(super) fn fill(&self) -> Result<(), Box<dyn Error>> {
        let subject = self.subject().map_err(|faults| faults.join("\nxueshi: "))?;
        let settings = self.settings.resolve()?;
        subject.named.place.as_ref().map(|place| known(place, &settings)).transpose()?;
        if settings.create_keys {
            Tokens::create_key_if_missing(&settings.keys_dir, Maker::Operator)?;
        }
        let tokens = Tokens::load(&settings.keys_dir, &settings.token_issuer, &settings.token_audience)
            .map_err(|error| format!("{error}; `--create-keys` makes missing keys"))?;
        let token = tokens.mint(&subject, Clock::System.now(), Duration::days(self.days.into()))?;
        print(&format!("{token}\n"))
    }

    /// Whom the token speaks for; else everything that is wrong with it.
    fn subject(&self) -> Result<Subject, Vec<String>> {
        let mut faults = Vec::new();
        let id = &self.id;
        let printable =
            !id.trim().is_empty() && id.chars().count() <= 100 && !id.chars().any(|c| c.is_control() || c == '#');
        let (right, expected) = match self.kind.role() {
            None => (Uuid::parse_str(id).is_ok(), UUID),
            Some(_) => (
                printable,
                "a name of 1 to 100 characters, none of control and no #, which parts an issuer from its officials",
            ),
        };
        if right && names_somebody(id) {
            faults.push(format!("--id: holds the number of an identity card: {} is named by an account", self.kind));
        }
        if !right {
            faults.push(format!("--id: found {id:?}, expected {expected}: {} is named so", self.kind));
        }
        let place = "the code of a place, such as 610000";
        let series = "the name of a series as the notices have it, such as 会计";
        let named = Named {
            place: self.part(Part::Place, self.place.as_deref(), place, &mut faults),
            employer: self.part(Part::Employer, self.employer.as_deref(), UUID, &mut faults),
            base: self.part(Part::Base, self.base.as_deref(), UUID, &mut faults),
            series: self
                .part::<SeriesName>(Part::Series, self.series.as_deref(), series, &mut faults)
                .map(|SeriesName(name)| name),
        };
        if faults.is_empty() { Ok(Subject { kind: self.kind, name: id.clone(), named }) } else { Err(faults) }
    }

    /// What the caller answers for: read where the role has it, a fault where it is missing or the role has none.
    fn part<T: FromStr>(&self, part: Part, given: Option<&str>, expected: &str, faults: &mut Vec<String>) -> Option<T> {
        let needed = self.kind.role().is_some_and(|role| role.answers_for().contains(&part));
        let (kind, name) = (self.kind, part.as_str());
        let found = match (needed, given) {
            (false, None) => return None,
            (false, Some(given)) => {
                faults.push(format!("--{name}: found {given:?}, expected none: {kind} answers for no {name}"));
                return None;
            }
            (true, None) => "nothing".to_owned(),
            (true, Some(given)) => match given.parse() {
                Ok(read) if !given.trim().is_empty() => return Some(read),
                _ => format!("{given:?}"),
            },
        };
        faults.push(format!("--{name}: found {found}, expected {expected}: {kind} answers for one"));
        None
    }
}

/// Refuses a place that nobody can answer for: a token for it would be good for nothing. The database begins with the places that
/// the program brings along and only gains others, so it is asked for those alone; a token may be made where it is out of reach.
fn known(place: &PlaceCode, settings: &Settings) -> Result<(), Box<dyn Error>> {
    let among = |(nodes, codes)| PlaceTree::new(nodes, codes).map(|tree| tree.find(place.as_str()).is_some());
    if among(policies::places::seed()?)? {
        return Ok(());
    }
    let unknown = format!(
        "--place: found \"{place}\", expected the code of a place: no place of the administration tree has or had this one"
    );
    match startup::places(settings) {
        Ok(Some(tree)) => {
            if among(tree)? {
                Ok(())
            } else {
                Err(unknown.into())
            }
        }
        Ok(None) => Err(format!("{unknown}; the database of the settings holds none yet").into()),
        Err(error) => Err(format!("{unknown}, as far as the program knows; {error}").into()),
    }
}
