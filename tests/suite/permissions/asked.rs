//! A request, and how its effect shows: in the answer, and to whoever looks afterwards.

use serde_json::Value;
use tests::Answer;
use xueshi::auth::CallerKind;

/// A request, and how its effect shows.
pub(super) struct Asked {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Option<Value>,
    /// The status where it is allowed.
    pub(super) status: u16,
    /// What the answer then holds, and what is looked at afterwards.
    pub(super) shows: String,
    /// What shows afterwards, where the answer holds nothing of it.
    pub(super) leaves: Option<String>,
    /// Who looks where afterwards: an address in which `{}` stands for that of the answer's `Location`, and `{/pointer}` for what the
    /// answer holds there.
    pub(super) then: Option<(CallerKind, String)>,
    /// Whether nobody at all may change what is asked to be changed.
    pub(super) never: bool,
}

pub(super) fn ask(method: &'static str, path: impl Into<String>, body: Option<Value>) -> Asked {
    let status = if method == "POST" { 201 } else { 200 };
    Asked { method, path: path.into(), body, status, shows: String::new(), leaves: None, then: None, never: false }
}

pub(super) fn get(path: impl Into<String>) -> Asked {
    ask("GET", path, None)
}

pub(super) fn post(path: impl Into<String>, body: Value) -> Asked {
    ask("POST", path, Some(body))
}

pub(super) fn put(path: impl Into<String>, body: Value) -> Asked {
    ask("PUT", path, Some(body))
}

impl Asked {
    pub(super) fn shows(self, what: impl ToString) -> Self {
        Self { shows: what.to_string(), ..self }
    }

    pub(super) fn leaves(self, what: impl ToString) -> Self {
        Self { leaves: Some(what.to_string()), ..self }
    }

    pub(super) fn with(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn then(self, who: CallerKind, path: impl Into<String>) -> Self {
        Self { then: Some((who, path.into())), ..self }
    }

    /// That what was made is where the answer says.
    pub(super) fn there(self, who: CallerKind) -> Self {
        self.then(who, "{}")
    }
}

/// The address to look at, with what the answer says in it; none where it does not say.
pub(super) fn address(template: &str, answer: &Answer) -> Option<String> {
    let Some((before, rest)) = template.split_once('{') else { return Some(template.to_owned()) };
    let (pointer, after) = rest.split_once('}')?;
    let said = if pointer.is_empty() { answer.header("location") } else { answer.json.pointer(pointer)?.as_str()? };
    (!said.is_empty()).then(|| format!("{before}{said}{after}"))
}
