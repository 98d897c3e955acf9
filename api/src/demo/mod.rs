//! `xueshi demo`: the service on a database of its own, filled through its own interface, with tokens and lines to try it.
//! Running it again is safe: what is registered stays, and what is pushed again is answered as recorded.

mod client;
mod recognitions;
mod sample;
mod table;
mod uses;

use crate::{
    auth::{CallerKind, Subject},
    clock::Clock,
    logging,
    settings::Said,
    startup::{InBackground, in_background},
};
use client::{CallError, Client};
use sample::{Learner, Platform, Sample};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    error::Error,
    io::{self, Write},
};
use time::Duration;

type Failure = Box<dyn Error>;

/// How many items the demo pushes at once.
const BATCH: usize = 10;

/// The place whose officer registers what the demo shows, wherever it belongs.
const NATION: &str = "000000";

/// How long the demo's tokens hold.
const TOKEN: Duration = Duration::days(30);

/// Starts the service in the demo's folder, fills it, says how to try it, and serves until stopped.
pub(crate) fn run(said: &Said) -> Result<(), Failure> {
    let settings = said.resolve_demo()?;
    logging::start(settings.log_format, settings.log_level);
    let service = in_background(&settings, Clock::System)?;
    let out = &mut io::stdout().lock();
    let show = Show { service: &service, sample: Sample::read()?, address: format!("http://{}", service.address) };
    let office = show.client(CallerKind::Officer, "demo", Some(NATION))?;
    writeln!(out, "Xueshi serves at {}.\n\nRegistering:", show.address)?;
    let registered = show.register(&office, out)?;
    writeln!(out, "\nPushing completions:")?;
    let remarks = show.push(&registered, out)?;
    writeln!(out, "\nRecognitions:")?;
    show.recognise(&registered, out)?;
    writeln!(out, "\nSurplus:")?;
    show.spread(&registered, out)?;
    writeln!(out, "\nStandings:")?;
    let standings = show.standings(&office)?;
    table::print(&show.sample, &standings, &remarks, out)?;
    writeln!(out, "\nTitle reviews:")?;
    show.applications(&registered, &office, out)?;
    show.welcome(&registered, &standings, out)?;
    out.flush()?;
    service.until_signal()?;
    Ok(())
}

struct Show<'s> {
    service: &'s InBackground,
    sample: Sample,
    address: String,
}

/// The ids that the service gave.
struct Registered {
    platforms: HashMap<String, String>,
    /// By name; the sample has nobody twice.
    learners: HashMap<String, String>,
}

impl Registered {
    fn learner(&self, name: &str) -> Result<&str, Failure> {
        let id = self.learners.get(name).map(String::as_str);
        id.ok_or_else(|| format!("nobody is registered as {name}").into())
    }
}

impl Show<'_> {
    fn token(&self, kind: CallerKind, name: &str, place: Option<&str>) -> Result<String, Failure> {
        let place = place.map(str::parse).transpose()?;
        self.token_of(&Subject::of(kind, name, place))
    }

    fn token_of(&self, subject: &Subject) -> Result<String, Failure> {
        Ok(self.service.state.tokens.mint(subject, self.service.state.clock.now(), TOKEN)?)
    }

    fn client(&self, kind: CallerKind, name: &str, place: Option<&str>) -> Result<Client, Failure> {
        Ok(Client::new(&self.address, self.token(kind, name, place)?))
    }

    fn caller(&self, subject: &Subject) -> Result<Client, Failure> {
        Ok(Client::new(&self.address, self.token_of(subject)?))
    }

    fn register(&self, office: &Client, out: &mut impl Write) -> Result<Registered, Failure> {
        let sample = &self.sample;
        let mut bases = HashMap::new();
        for base in &sample.base {
            let body = json!({
                "name": base.name, "level": base.level, "place": base.place, "recognised_from": "2015-10-01",
            });
            let id = keep(office, "/v1/training-bases", &base.name, "base_id", &body)?;
            bases.insert(base.key.as_str(), id);
        }
        let mut employers = HashMap::new();
        for employer in &sample.employer {
            let body = json!({ "name": employer.name, "kind": employer.kind, "place": employer.place });
            let id = keep(office, "/v1/employers", &employer.name, "employer_id", &body)?;
            employers.insert(employer.key.as_str(), id);
        }
        for authority in &sample.authority {
            let body = json!({
                "kind": "sector", "name": authority.name, "place": authority.place, "series": authority.series,
            });
            let _ = keep(office, "/v1/authorities", &authority.name, "authority_id", &body)?;
        }
        let mut platforms = HashMap::new();
        for platform in &sample.platform {
            let body = platform_body(platform);
            let id = keep(office, "/v1/learning-platforms", &platform.code, "platform_id", &body)?;
            platforms.insert(platform.code.clone(), id);
        }
        let (bases_kept, platforms_kept) = (bases.len(), platforms.len());
        let authorities = format!("{} sector authority", sample.authority.len());
        writeln!(
            out,
            "  {bases_kept} bases, {} employers, {authorities}, {platforms_kept} platforms",
            employers.len()
        )?;
        self.register_courses(office, &bases, &platforms, out)?;
        let learners = self.register_learners(office, &employers, out)?;
        Ok(Registered { platforms, learners })
    }

    fn register_courses(
        &self,
        office: &Client,
        bases: &HashMap<&str, String>,
        platforms: &HashMap<String, String>,
        out: &mut impl Write,
    ) -> Result<(), Failure> {
        let item = |course: &sample::Course| {
            json!({
                "code": course.code,
                "provider": { "kind": "base", "id": bases.get(course.provider.as_str()) },
                "title": course.title,
                "category": course.category,
                "requirement": course.requirement,
                "subject": course.subject,
                "hours": course.hours,
                "modes": ["online"],
                "policy_year": course.policy_year,
                "available_from": format!("{}-01-01", course.policy_year),
                "platforms": course.platforms.iter().map(|code| platforms.get(code)).collect::<Vec<_>>(),
            })
        };
        let items: Vec<Value> = self.sample.course.iter().map(item).collect();
        let answer = office.post("/v1/courses/bulk", &json!({ "items": items }))?;
        let courses = settled(&answer, "courses")?;
        for course in self.sample.course.iter().filter(|course| course.filed_on.is_some()) {
            let known = office.get(&format!("/v1/courses?q={}", escaped(&course.code)))?;
            let known = known["items"].as_array().and_then(|items| items.first()).cloned().unwrap_or_default();
            if known["filed_on"].is_null() {
                let id = known["course_id"].as_str().unwrap_or_default();
                let body = json!({ "filed_on": course.filed_on, "reference": "示例备案" });
                office.post(&format!("/v1/courses/{id}/plan-filing"), &body)?;
            }
        }
        writeln!(out, "  {courses} courses")?;
        Ok(())
    }

    fn register_learners(
        &self,
        office: &Client,
        employers: &HashMap<&str, String>,
        out: &mut impl Write,
    ) -> Result<HashMap<String, String>, Failure> {
        let mut items = Vec::new();
        for learner in &self.sample.learner {
            items.push(json!({
                "document": { "kind": "resident_id", "number": self.number(learner)? },
                "name": learner.name,
                "placement": { "place": learner.place, "from_on": "2019-01-01" },
                "employment": { "employer_id": employers.get(learner.employer.as_str()), "from_on": "2019-01-01" },
                "post": { "series": learner.series, "employment_kind": "permanent", "from_on": "2019-01-01" },
            }));
        }
        let answer = office.post("/v1/learners/bulk", &json!({ "items": items }))?;
        writeln!(out, "  {} learners", settled(&answer, "learners")?)?;
        let ids = answer["items"].as_array().into_iter().flatten().map(|item| item["id"].as_str().unwrap_or_default());
        let names = self.sample.learner.iter().map(|learner| learner.name.clone());
        Ok(names.zip(ids.map(str::to_owned)).collect())
    }

    fn number(&self, learner: &Learner) -> Result<String, Failure> {
        let number = learner.number(self.service.state.clock.today());
        number.ok_or_else(|| format!("the sample's {} has no valid identity number", learner.name).into())
    }

    /// Pushes every platform's completions in batches; answers what was remarked on those of each learner.
    fn push(&self, registered: &Registered, out: &mut impl Write) -> Result<Vec<Vec<String>>, Failure> {
        let mut remarks = vec![Vec::new(); self.sample.learner.len()];
        for platform in &self.sample.platform {
            let Some(id) = registered.platforms.get(&platform.code) else { continue };
            let client = self.client(CallerKind::Platform, id, None)?;
            let mut items = Vec::new();
            for (index, learner) in self.sample.learner.iter().enumerate() {
                let number = self.number(learner)?;
                let took = learner.took.iter().filter(|took| took.platform == platform.code);
                items.extend(took.map(|took| (index, took.item(index, learner, &number))));
            }
            let batches = items.chunks(BATCH);
            let all = batches.len();
            for (number, batch) in batches.enumerate() {
                let sent: Vec<&Value> = batch.iter().map(|(_, item)| item).collect();
                let answer = client.post("/v1/completion-batches", &json!({ "items": sent }))?;
                let counts = answer["counts"].as_object().into_iter().flatten();
                let counts: Vec<String> = counts
                    .filter(|(_, count)| count.as_u64() != Some(0))
                    .map(|(outcome, count)| format!("{count} {outcome}"))
                    .collect();
                writeln!(out, "  {}, batch {} of {all}: {}", platform.code, number + 1, counts.join(", "))?;
                for ((index, item), answer) in batch.iter().zip(answer["items"].as_array().into_iter().flatten()) {
                    remarks[*index].extend(table::remark(item, answer));
                }
            }
        }
        Ok(remarks)
    }

    fn standings(&self, office: &Client) -> Result<Vec<Value>, Failure> {
        let mut people = Vec::new();
        for learner in &self.sample.learner {
            people.push(json!({
                "document_number": self.number(learner)?, "year": learner.year,
            }));
        }
        let answer = office.post("/v1/standings/query", &json!({ "people": people, "detail": true }))?;
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        if items.len() != people.len() {
            return Err(format!("{} standings for {} people", items.len(), people.len()).into());
        }
        Ok(items)
    }

    fn welcome(&self, registered: &Registered, standings: &[Value], out: &mut impl Write) -> Result<(), Failure> {
        let address = &self.address;
        let learner =
            standings.first().and_then(|answer| answer["standing"]["learner_id"].as_str()).unwrap_or_default();
        let platform = &self.sample.platform[0].code;
        let platform = registered.platforms.get(platform).map(String::as_str).unwrap_or_default();
        let tokens = [
            ("SYSTEM", self.token(CallerKind::SystemAdministrator, "demo-system", None)?),
            ("SECURITY", self.token(CallerKind::SecurityAdministrator, "demo-security", None)?),
            ("AUDIT", self.token(CallerKind::AuditAdministrator, "demo-audit", None)?),
            ("OFFICER", self.token(CallerKind::Officer, "demo", Some("610000"))?),
            ("PLATFORM", self.token(CallerKind::Platform, platform, None)?),
            ("LEARNER", self.token(CallerKind::Learner, learner, None)?),
        ];
        writeln!(out, "\nSwagger UI: {address}/docs/\n\nTokens ({} days), ready to paste:\n", TOKEN.whole_days())?;
        for (name, token) in &tokens {
            writeln!(out, "export {name}={token}")?;
        }
        let number = self.number(&self.sample.learner[0])?;
        let item = json!({ "items": [self.sample.learner[0].took[0].item(0, &self.sample.learner[0], &number)] });
        writeln!(out, "\nThree lines to try (after the exports):\n")?;
        writeln!(out, "curl -s -H \"Authorization: Bearer $LEARNER\" {address}/v1/learners/{learner}/standings/2020")?;
        writeln!(out, "curl -s -H \"Authorization: Bearer $OFFICER\" {address}/v1/policies/610000/2020")?;
        writeln!(
            out,
            "curl -s -H \"Authorization: Bearer $PLATFORM\" -H 'Content-Type: application/json' \
             -d '{item}' {address}/v1/completion-batches"
        )?;
        writeln!(out, "\nCtrl-C stops it; running it again is safe.")?;
        Ok(())
    }
}

fn platform_body(platform: &Platform) -> Value {
    let served = |category: &String| json!({ "category": category, "from_on": "2015-10-01" });
    json!({
        "code": platform.code,
        "name": platform.name,
        "level": platform.level,
        "place": platform.place,
        "categories": platform.categories.iter().map(served).collect::<Vec<_>>(),
    })
}

/// The id of what a search finds by its whole name or code, or of what is made now.
fn keep(client: &Client, path: &str, wanted: &str, id: &str, body: &Value) -> Result<String, CallError> {
    let found = client.get(&format!("{path}?q={}", escaped(wanted)))?;
    let known = found["items"].as_array().into_iter().flatten();
    let mut known = known.filter(|item| item["name"] == wanted || item["code"] == wanted);
    let kept = match known.next() {
        Some(item) => item.clone(),
        None => client.post(path, body)?,
    };
    Ok(kept[id].as_str().unwrap_or_default().to_owned())
}

/// How many items a bulk request settled; refuses an answer in which one failed.
fn settled(answer: &Value, what: &str) -> Result<usize, Failure> {
    let items = answer["items"].as_array().cloned().unwrap_or_default();
    let bad = |item: &&Value| !matches!(item["outcome"].as_str(), Some("created" | "updated" | "unchanged"));
    match items.iter().find(bad) {
        Some(item) => Err(format!("registering {what}: {item}").into()),
        None => Ok(items.len()),
    }
}

/// A text as a query parameter.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
