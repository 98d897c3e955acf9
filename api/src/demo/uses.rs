//! What the demo asks of years: whether the surplus of one serves others, and whether they allow applications for a title.

use super::{Failure, Registered, Show, client::Client, table::clauses};
use crate::auth::CallerKind;
use serde_json::{Value, json};
use std::io::Write;

impl Show<'_> {
    /// Rehearses every allocation of the sample and makes it, where there is something left to allocate.
    pub(super) fn spread(&self, registered: &Registered, out: &mut impl Write) -> Result<(), Failure> {
        for one in &self.sample.surplus {
            let learner = registered.learner(&one.learner)?;
            let office = self.client(CallerKind::Officer, "demo", Some(&one.office))?;
            let path = format!("/v1/learners/{learner}/surplus-allocations");
            let asked = json!({ "from_year": one.from_year, "attested": one.attested, "reference": one.reference });
            let gaps = one.attested.as_array().into_iter().flatten();
            let gap = |gap: &Value| format!("{} {} {}", gap["year"], said(&gap["category"]), gap["hours"]);
            let gaps: Vec<String> = gaps.map(gap).collect();
            writeln!(out, "  {} lacks {}, as {} attests", one.learner, gaps.join(", "), one.reference)?;
            let tried = office.post(&format!("{path}/validation"), &asked)?;
            let found = transfers(&tried);
            writeln!(out, "    dry run: {} [{}]", found.as_deref().unwrap_or("nothing left"), clauses(&tried))?;
            if found.is_some() {
                office.post(&path, &asked)?;
            }
            let all = office.get(&path)?;
            let stands = |one: &&Value| one["reversed_at"].is_null();
            for one in all["items"].as_array().into_iter().flatten().filter(stands) {
                writeln!(out, "    allocated: {}", transfers(one).unwrap_or_default())?;
            }
        }
        Ok(())
    }

    /// Asks whether the years of people allow what they apply for, and tells of each year what is missing.
    pub(super) fn applications(
        &self,
        registered: &Registered,
        office: &Client,
        out: &mut impl Write,
    ) -> Result<(), Failure> {
        let mut items = Vec::new();
        for one in &self.sample.application {
            let learner = registered.learner(&one.learner)?;
            items.push(json!({
                "learner_id": learner, "purpose": "title_review", "level": one.level, "applied_on": one.applied_on,
            }));
        }
        let answer = office.post("/v1/eligibility-checks", &json!({ "items": items }))?;
        for (one, answer) in self.sample.application.iter().zip(answer["items"].as_array().into_iter().flatten()) {
            let found = &answer["eligibility"];
            let years: Vec<String> = found["years"].as_array().into_iter().flatten().map(year).collect();
            let window = clauses(&found["window"]);
            writeln!(
                out,
                "  {}, {} on {}: {} [{window}]",
                one.learner,
                one.level,
                one.applied_on,
                said(&found["allows"])
            )?;
            writeln!(out, "    {}：{}", said(&found["allows_text"]), years.join("；"))?;
        }
        Ok(())
    }
}

/// The transfers in words; none where there are none.
fn transfers(told: &Value) -> Option<String> {
    let texts: Vec<&str> = told["transfers"].as_array()?.iter().map(|one| said(&one["text"])).collect();
    (!texts.is_empty()).then(|| texts.join("；"))
}

/// A year of a window: what it is, and what it lacks.
fn year(year: &Value) -> String {
    let missing = year["missing"].as_array().into_iter().flatten();
    let missing: Vec<String> = missing.map(|one| format!("{} {}", said(&one["name"]), one["short"])).collect();
    let lacks = if missing.is_empty() { String::new() } else { format!("，缺 {}", missing.join("、")) };
    let standing = said(&year["standing"]["verdict"]);
    format!("{} {}（{standing}）{lacks}", year["year"], said(&year["is_text"]))
}

fn said(text: &Value) -> &str {
    text.as_str().unwrap_or("?")
}
