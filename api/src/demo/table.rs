//! The demo's table of standings.

use super::sample::{Learner, Sample};
use serde_json::Value;
use std::io::{self, Write};

/// Prints one line a person, with what is missing and under which clause, and below it how that came about, as the service told it.
pub(super) fn print(
    sample: &Sample,
    standings: &[Value],
    remarks: &[Vec<String>],
    out: &mut impl Write,
) -> io::Result<()> {
    let heads = ["name", "place", "year", "verdict", "total", "missing, and the clause"];
    let mut rows = vec![heads.map(str::to_owned)];
    let mut captions = Vec::new();
    for ((learner, answer), remarks) in sample.learner.iter().zip(standings).zip(remarks) {
        let standing = if answer["standing"].is_object() { &answer["standing"] } else { answer };
        let nodes: Vec<&Value> = standing["nodes"].as_array().into_iter().flatten().collect();
        let total = nodes.iter().find(|node| node["code"] == "total");
        let total = total.map_or_else(String::new, |node| format!("{}/{}", node["earned"], node["required"]));
        captions.push(caption(learner, standing, &nodes, remarks));
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
        if let Some(caption) = index.checked_sub(1).and_then(|index| captions.get(index)) {
            writeln!(out, "    {caption}")?;
        }
    }
    Ok(())
}

/// Why an item was not simply credited, in the words of its answer; none where it was.
pub(super) fn remark(item: &Value, answer: &Value) -> Option<String> {
    let reasons = answer["reasons"].as_array().into_iter().flatten();
    let reasons: Vec<&str> = reasons.filter_map(|reason| reason["text"].as_str()).collect();
    let course = item["course_code"].as_str().unwrap_or("?");
    (!reasons.is_empty()).then(|| format!("{course}：{}", reasons.join("；")))
}

/// Whose rule answered for whom, what each category has of what it needs, the verdict, and what was remarked on the items.
fn caption(learner: &Learner, standing: &Value, nodes: &[&Value], remarks: &[String]) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let categories = nodes.iter().filter(|node| node["code"] != "total" && standing["verdict"] != "not_applicable");
    let hours = |node: &Value| match node["required"].as_f64() {
        // What is not required is counted all the same.
        None | Some(0.0) => node["earned"].to_string(),
        Some(_) => format!("{}/{}", node["earned"], node["required"]),
    };
    let mut parts: Vec<String> = categories.map(|node| format!("{} {}", text(&node["name"]), hours(node))).collect();
    parts.push(text(&standing["verdict_text"]));
    let head = format!("{}，{}：{}", text(&standing["policy"]["place_name"]), learner.series, parts.join("，"));
    [head].into_iter().chain(remarks.iter().cloned()).collect::<Vec<_>>().join("；")
}

fn verdict(standing: &Value) -> String {
    let verdict = standing["verdict"].as_str().unwrap_or("?");
    let open = standing["open"].as_bool() == Some(true) && verdict == "unmet";
    if open { format!("{verdict}, open") } else { verdict.to_owned() }
}

fn missing(standing: &Value, nodes: &[&Value]) -> String {
    let short: Vec<String> = nodes
        .iter()
        .filter(|node| node["short"].as_f64().is_some_and(|short| short > 0.0))
        .map(|node| format!("{} {} [{}]", node["code"].as_str().unwrap_or("?"), node["short"], clauses(node)))
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

/// The clauses of an answer, each document named once, as in a rule file.
pub(super) fn clauses(told: &Value) -> String {
    let mut said = String::new();
    let mut document = "";
    for clause in told["clauses"].as_array().into_iter().flatten() {
        let text = |key: &str| clause[key].as_str().unwrap_or_default();
        let head = if text("document") == document { "" } else { text("document") };
        document = text("document");
        let divider = if said.is_empty() { "" } else { "; " };
        said = format!("{said}{divider}{head} {}", text("clause"));
    }
    said
}

/// How many columns of a terminal a text takes: a Chinese character takes two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_caption_says_what_was_answered_and_nothing_else() {
        let sample = Sample::read().unwrap();
        let standing = json!({
            "verdict": "unmet", "verdict_text": "未达标", "policy": { "place_name": "某市" }, "place": { "name": "某县" },
            "nodes": [
                { "code": "total", "name": "合计", "earned": 1, "required": 3, "short": 2 },
                { "code": "public", "name": "公需课", "earned": 1, "required": 2, "short": 1 },
                { "code": "public.elective", "name": "选修课", "earned": 1, "required": 0, "short": 0 },
            ],
        });
        let answers = vec![standing; sample.learner.len()];
        let remarks: Vec<Vec<String>> = (0..answers.len()).map(|index| vec![format!("C-{index}：缘由")]).collect();
        let mut out = Vec::new();
        print(&sample, &answers, &remarks, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let captions: Vec<&str> = out.lines().filter(|line| line.starts_with("    ")).collect();
        for (index, (caption, learner)) in captions.iter().zip(&sample.learner).enumerate() {
            let wanted = format!("    某市，{}：公需课 1/2，选修课 1，未达标；C-{index}：缘由", learner.series);
            assert_eq!(*caption, wanted);
        }
        assert_eq!(captions.len(), answers.len());
    }

    #[test]
    fn an_item_is_remarked_on_only_with_the_reasons_of_its_answer() {
        let item = json!({ "course_code": "C" });
        assert_eq!(remark(&item, &json!({ "outcome": "credited", "reasons": [] })), None);
        let refused = json!({ "outcome": "refused", "reasons": [{ "text": "一" }, { "text": "二" }] });
        assert_eq!(remark(&item, &refused).as_deref(), Some("C：一；二"));
    }
}
