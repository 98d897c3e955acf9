//! Clients and the scopes of their tokens.

use crate::{
    kernel::{UnknownWord, Words},
    words,
};
use std::{collections::BTreeSet, fmt, str::FromStr};

words! {
    /// What a client is.
    pub enum ClientKind {
        /// A learning platform, speaking for itself.
        Platform = "platform",
        /// The back end of a mini-program, speaking for one learner at a time whom it has verified.
        MiniProgram = "mini_program",
    }

    /// What a token of a client is good for (RFC 6749 3.3).
    pub enum Scope {
        /// Push completions and take them back.
        CompletionsWrite = "completions:write",
        /// See what became of what was pushed.
        CompletionsRead = "completions:read",
        /// Read the catalogue: courses, platforms, training bases, places.
        CoursesRead = "courses:read",
        /// Speak for the learner whom the token names.
        LearnerSelf = "learner:self",
    }
}

impl Scope {
    /// Which clients may have it.
    #[must_use]
    pub const fn is_for(self, kind: ClientKind) -> bool {
        match kind {
            ClientKind::MiniProgram => matches!(self, Self::LearnerSelf),
            ClientKind::Platform => !matches!(self, Self::LearnerSelf),
        }
    }
}

/// A set of scopes. As text: words with one blank between, in the order of their declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

/// Scopes that a client cannot be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRefusal;

impl Scopes {
    /// Whether a scope is among them.
    #[must_use]
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }

    /// Those that both have.
    #[must_use]
    pub fn both(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).copied().collect())
    }

    /// What a client that has these gets when it asks: all of them when it names none, else exactly what it names.
    ///
    /// # Errors
    /// When it asks for a scope that it does not have or that does not exist. Nothing is left out in silence.
    pub fn granted(&self, asked: Option<&str>) -> Result<Self, ScopeRefusal> {
        let Some(asked) = asked else { return Ok(self.clone()) };
        let asked: Self = asked.parse().map_err(|_: UnknownWord| ScopeRefusal)?;
        if asked.is_empty() || !asked.0.is_subset(&self.0) { Err(ScopeRefusal) } else { Ok(asked) }
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl FromStr for Scopes {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        text.split(' ').filter(|word| !word.is_empty()).map(str::parse).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.iter().map(Words::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_what_it_asks_for_or_nothing() {
        let has: Scopes = "completions:write courses:read".parse().unwrap();
        assert_eq!(has.granted(None).unwrap(), has);
        assert_eq!(has.granted(Some("courses:read")).unwrap().to_string(), "courses:read");
        for asked in ["", " ", "completions:read", "courses:read completions:read", "everything", "COURSES:READ"] {
            assert_eq!(has.granted(Some(asked)), Err(ScopeRefusal), "{asked}");
        }
    }

    #[test]
    fn each_scope_is_for_one_kind_of_client() {
        for scope in Scope::ALL {
            assert_ne!(scope.is_for(ClientKind::Platform), scope.is_for(ClientKind::MiniProgram), "{scope}");
        }
    }
}
