//! Descriptions of people, wherever a rule has one.

use super::Notes;
use crate::policy::shape::{Rules, Who};

/// A description without any key fits everyone, which is what a rule without a description says: the key was forgotten.
pub(super) fn described(rules: &Rules, note: &mut Notes<'_>) {
    let mut look = |table: &str, index: usize, key: &str, who: &Option<Who>| {
        if let Some(who) = who.as_ref().filter(|who| who.is_empty()) {
            let rule = "say by at least one key whom it describes, or leave it out where everyone is meant";
            note.combination(who.at, format!("{table}[{index}].{key}"), rule);
        }
    };
    rules.scope.iter().enumerate().for_each(|(i, rule)| look("scope", i, "who", &rule.who));
    rules.date.iter().enumerate().for_each(|(i, date)| look("date", i, "who", &date.who));
    rules.recognition.iter().enumerate().for_each(|(i, kind)| look("recognition", i, "who", &kind.who));
    rules.exemption.iter().enumerate().for_each(|(i, exemption)| look("exemption", i, "who", &exemption.who));
    rules.window.iter().enumerate().for_each(|(i, window)| look("window", i, "who", &window.who));
    for (i, consequence) in rules.consequence.iter().enumerate() {
        look("consequence", i, "who", &consequence.who);
        look("consequence", i, "recommended_for", &consequence.recommended_for);
    }
    rules.fund.iter().enumerate().for_each(|(i, fund)| look("fund", i, "who", &fund.who));
    rules.route.iter().enumerate().for_each(|(i, route)| look("route", i, "who", &route.who));
}
