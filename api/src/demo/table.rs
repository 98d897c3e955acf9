//! The demo's table of standings.

use super::sample::Sample;
use serde_json::Value;
use std::io::{self, Write};

/// Prints one line a person, with what is missing and under which clause.
pub(super) fn print(sample: &Sample, standings: &[Value], out: &mut impl Write) -> io::Result<()> {
    let heads = ["name", "place", "year", "verdict", "total", "missing, and the clause"];
    let mut rows = vec![heads.map(str::to_owned)];
    for (learner, answer) in sample.learner.iter().zip(standings) {
        let standing = if answer["standing"].is_object() { &answer["standing"] } else { answer };
        let nodes: Vec<&Value> = standing["nodes"].as_array().into_iter().flatten().collect();
        let total = nodes.iter().find(|node| node["code"] == "total");
        let total = total.map_or_else(String::new, |node| format!("{}/{}", node["earned"], node["required"]));
        rows.push([
            learner.name.clone(),
            standing["place"]["name"].as_str().unwrap_or("?").to_owned(),
            learner.year.to_string(),
            verdict(standing),
            total,
            missing(standing, &nodes),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| columns(&row[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    for (index, row) in rows.iter().enumerate() {
        let padded =
            |(cell, width): (&String, &usize)| format!("{cell}{}", " ".repeat(width.saturating_sub(columns(cell))));
        let line = row.iter().zip(&widths).map(padded).collect::<Vec<_>>().join("  ");
        writeln!(out, "  {}", line.trim_end())?;
        if let Some(learner) = index.checked_sub(1).and_then(|index| sample.learner.get(index)) {
            writeln!(out, "    {}", learner.shows)?;
        }
    }
    Ok(())
}

fn verdict(standing: &Value) -> String {
    let verdict = standing["verdict"].as_str().unwrap_or("?");
    let open = standing["open"].as_bool() == Some(true) && verdict == "unmet";
    if open { format!("{verdict}, open") } else { verdict.to_owned() }
}

fn missing(standing: &Value, nodes: &[&Value]) -> String {
    let clause = |node: &Value| {
        let mut said = String::new();
        let mut document = "";
        for clause in node["clauses"].as_array().into_iter().flatten() {
            let text = |key: &str| clause[key].as_str().unwrap_or_default();
            // Named once, as in a rule file.
            let head = if text("document") == document { "" } else { text("document") };
            document = text("document");
            let divider = if said.is_empty() { "" } else { "; " };
            said = format!("{said}{divider}{head} {}", text("clause"));
        }
        said
    };
    let short: Vec<String> = nodes
        .iter()
        .filter(|node| node["short"].as_f64().is_some_and(|short| short > 0.0))
        .map(|node| format!("{} {} [{}]", node["code"].as_str().unwrap_or("?"), node["short"], clause(node)))
        .collect();
    let reasons = standing["reasons"].as_array().into_iter().flatten();
    let reasons = reasons.filter_map(|reason| reason["text"].as_str().map(str::to_owned));
    let parts: Vec<String> = if standing["verdict"] == "not_applicable" {
        reasons.collect()
    } else {
        short.into_iter().chain(reasons).collect()
    };
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

/// How many columns of a terminal a text takes: a Chinese character takes two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}
