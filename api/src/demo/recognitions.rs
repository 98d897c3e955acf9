//! What the demo declares beside what is pushed: a recognition, from the trial through every office of its route to its line of the ledger.

use super::{Failure, Registered, Show, client::Client, sample::Recognition, table::clauses};
use crate::auth::{CallerKind, Subject};
use domain::access::Named;
use serde_json::{Value, json};
use std::io::Write;

/// More stages than any route has.
const MOST_STAGES: usize = 20;

impl Show<'_> {
    /// Declares every achievement of the sample, unless it was before; tells the arithmetic, who approved it, and the line that came of it.
    pub(super) fn recognise(&self, registered: &Registered, out: &mut impl Write) -> Result<(), Failure> {
        for one in &self.sample.recognition {
            let learner = registered.learner(&one.learner)?;
            let filer = self.client(CallerKind::Learner, learner, None)?;
            let trial = json!({ "learner_id": learner, "claim": one.claim, "evidence": [one.evidence["kind"]] });
            let tried = filer.post("/v1/recognitions/validation", &trial)?;
            let (kind, outcome) = (said(&one.claim["kind"]), said(&tried["outcome"]));
            writeln!(out, "  {} tries {kind}: {outcome}, {} hours", one.learner, tried["hours"])?;
            let steps: Vec<&Value> = tried["steps"].as_array().into_iter().flatten().collect();
            let arithmetic: Vec<&str> = steps.iter().map(|step| said(&step["text"])).collect();
            let by = steps.last().map(|step| clauses(step)).unwrap_or_default();
            writeln!(out, "    {} [{by}]", arithmetic.join("；"))?;
            let filed = filed(&filer, learner, one)?;
            let id = filed["recognition_id"].as_str().unwrap_or_default();
            let approved = self.approved(id, &filed["review"])?;
            let offices = approved["stages"].as_array().into_iter().flatten().map(|stage| said(&stage["seat"]));
            let offices: Vec<&str> = offices.collect();
            writeln!(out, "    {} by {}", said(&approved["state"]), offices.join(", "))?;
            let shown = filer.get(&format!("/v1/recognitions/{id}"))?;
            for line in shown["credited"].as_array().into_iter().flatten() {
                writeln!(out, "    line of {}: {} {}", line["year"], said(&line["category"]), counted(line))?;
            }
        }
        Ok(())
    }

    /// The review once every office has said yes that has not yet.
    fn approved(&self, id: &str, review: &Value) -> Result<Value, Failure> {
        let mut review = review.clone();
        for _ in 0..MOST_STAGES {
            let Some(stage) = review["stage"].as_u64().and_then(|at| usize::try_from(at).ok()) else { break };
            let office = self.office(&review["stages"][stage])?;
            review = office.post(&format!("/v1/reviews/{id}/approval"), &json!({ "seen": review["number"] }))?;
        }
        Ok(review)
    }

    /// Somebody who decides a stage, at each stage another one.
    fn office(&self, stage: &Value) -> Result<Client, Failure> {
        let text = |key: &str| stage[key].as_str();
        let place = text("place").map(str::parse).transpose()?;
        let employer = text("employer_id").map(str::parse).transpose()?;
        let series = text("series").map(str::to_owned);
        let kind = match (&employer, &series) {
            (Some(_), _) => CallerKind::EmployerAdministrator,
            (None, Some(_)) => CallerKind::SectorAuthority,
            (None, None) => CallerKind::Officer,
        };
        let name = format!("demo-{}", said(&stage["seat"]));
        self.caller(&Subject { kind, name, named: Named { place, employer, base: None, series } })
    }
}

/// The recognition as it was handed in: the one that was filed before, wherever that came to, or a new one.
fn filed(filer: &Client, learner: &str, one: &Recognition) -> Result<Value, Failure> {
    let known = filer.get(&format!("/v1/learners/{learner}/recognitions"))?;
    let mut known = known["items"].as_array().into_iter().flatten();
    let asked = json!({ "learner_id": learner, "claim": one.claim });
    let mut found = match known.find(|item| item["claim"] == one.claim) {
        Some(item) => item.clone(),
        None => filer.post("/v1/recognitions", &asked)?,
    };
    let at = format!("/v1/recognitions/{}", found["recognition_id"].as_str().unwrap_or_default());
    if found["evidence"].as_array().is_none_or(Vec::is_empty) {
        filer.post(&format!("{at}/evidence"), &one.evidence)?;
    }
    if found["review"]["state"] == "draft" {
        found = filer.post(&format!("{at}/submission"), &Value::Null)?;
    }
    Ok(found)
}

/// The hours of a line, and whether they were taken back since.
fn counted(line: &Value) -> String {
    let gone = line["reversed_at"].as_str().map(|at| format!(", taken back at {at}")).unwrap_or_default();
    format!("{}{gone}", line["hours"])
}

fn said(text: &Value) -> &str {
    text.as_str().unwrap_or("?")
}
