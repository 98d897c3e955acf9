//! At which node of a tree a line counts, and as which declared subject.

use super::{Entry, WhyNot};
use crate::policy::shape::{Category, Rules};

pub(super) fn category_of<'r>(rules: &'r Rules, entry: &Entry) -> Result<&'r Category, WhyNot> {
    let node = rules.node_of(&entry.category).ok_or(WhyNot::CategoryUnknownToRule)?;
    // What rests on no pushed item an office granted, attested or deems met: it is no course that could have a subject.
    let is_course = entry.ground.is_none();
    if is_course && node.subjects_only == Some(true) && declared(rules, node, entry).is_none() {
        return Err(WhyNot::NotADeclaredSubject { cite: node.cite.0.clone() });
    }
    Ok(node)
}

pub(super) fn declared(rules: &Rules, node: &Category, entry: &Entry) -> Option<String> {
    let subject = entry.subject.as_ref()?;
    let known = rules.subject.iter().any(|known| known.code == *subject && known.category == node.code);
    known.then(|| subject.clone())
}
