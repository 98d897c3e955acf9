//! What is wrong with a rule file: where, what was found, and what to write instead.

use std::fmt;

/// A place in a rule file, counted from one; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Spot {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One fault of a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where in the file.
    pub at: Spot,
    /// The key, as a path such as `category[2].min`.
    pub path: String,
    /// What is wrong there.
    pub kind: FaultKind,
}

/// The kinds of fault. `Display` says what was found and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// The text is not TOML at all.
    #[error("not TOML: {message}")]
    Syntax {
        /// The parser's words.
        message: String,
    },
    /// A key that the shape of the law does not know.
    #[error("unknown key; {}known here: {}", did_you_mean(.nearest), .known.join(", "))]
    UnknownKey {
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
        /// All keys known at this place.
        known: &'static [&'static str],
    },
    /// A key that must be there is not.
    #[error("missing; write {expected}")]
    Missing {
        /// What belongs there.
        expected: String,
    },
    /// A rule without the clause it rests on.
    #[error("no clause is named; write cite = \"<document> <clause>\", for instance \"{example}\"")]
    MissingClause {
        /// A citation that would do, with a document of this file where it names one.
        example: String,
    },
    /// A value of another type.
    #[error("found {found}; write {expected}")]
    WrongType {
        /// What stands there.
        found: String,
        /// What belongs there.
        expected: String,
    },
    /// A word that is none of a closed list.
    #[error("{found:?} is not known here; write one of: {}", .expected.join(", "))]
    UnknownWord {
        /// The word.
        found: String,
        /// The list.
        expected: Vec<&'static str>,
    },
    /// A document that the file does not introduce.
    #[error("{found:?} is no document of this file; introduce it as [document.{found}] or write one of: {}", .known.join(", "))]
    UnknownDocument {
        /// The key.
        found: String,
        /// The documents of the file.
        known: Vec<String>,
    },
    /// A category that the tree does not have.
    #[error("no category {found:?}; declare it with [[category]] or write one of: {}", .known.join(", "))]
    UnknownCategory {
        /// The code.
        found: String,
        /// The codes of the tree.
        known: Vec<String>,
    },
    /// A platform or a list of places that the file does not declare.
    #[error("no {what} {found:?} is declared; known: {}", .known.join(", "))]
    Undeclared {
        /// The kind of thing.
        what: &'static str,
        /// The code.
        found: String,
        /// The declared codes.
        known: Vec<String>,
    },
    /// The same code twice.
    #[error("{code:?} stands already at line {}; give each its own", .first.line)]
    Doubled {
        /// The code.
        code: String,
        /// Where it stood first.
        first: Spot,
    },
    /// A minimum that no learner could reach.
    #[error("the minimum {min} is above the maximum {max} of {of} (line {}); lower the one or raise the other", .max_at.line)]
    MinimumAboveMaximum {
        /// The minimum found.
        min: String,
        /// The maximum it exceeds.
        max: String,
        /// Whose maximum.
        of: String,
        /// Where the maximum stands.
        max_at: Spot,
    },
    /// Minima of the parts that together exceed the maximum of the whole.
    #[error("the minima of the parts add up to {sum}, above the maximum {max} of {of}")]
    PartsAboveMaximum {
        /// The sum.
        sum: String,
        /// The maximum.
        max: String,
        /// Whose maximum.
        of: String,
    },
    /// A share that does not give the hours printed beside it.
    #[error(
        "{numerator}/{denominator} of {whole} is not the minimum {min} given here; correct the share or the minimum"
    )]
    ShareDisagrees {
        /// Numerator of the share.
        numerator: i64,
        /// Denominator of the share.
        denominator: i64,
        /// What it is a share of.
        whole: String,
        /// The minimum written down.
        min: String,
    },
    /// Two rules for the same thing on the same day.
    #[error("overlaps with line {} ({what}); {}", .other.line, .ends.rule())]
    Overlap {
        /// For what both speak.
        what: String,
        /// Where the other stands.
        other: Spot,
        /// How their ends are meant.
        ends: Ends,
    },
    /// A second study window for the same.
    #[error(
        "line {} has a study window for {of} already, and study must be within both; write one window with the first and the last day", .other.line
    )]
    SecondWindow {
        /// What both bind.
        of: String,
        /// Where the other stands.
        other: Spot,
    },
    /// Two study windows that bind the same study and leave it no day.
    #[error(
        "has no day in common with line {}, and study of {of} must be within both; let the two share the days on which {of} may be studied", .other.line
    )]
    NoCommonDay {
        /// What both bind.
        of: String,
        /// Where the other stands.
        other: Spot,
    },
    /// A place that the administration tree does not have.
    #[error("{found:?} is no place of the administration tree; write the code of a place that is registered")]
    UnknownPlace {
        /// The code.
        found: String,
    },
    /// A day that lies before everything it could end.
    #[error("ends on {found}, but the year of the rules begins on {begins}; write a day of that year or later")]
    BeforeTheYear {
        /// The day found.
        found: String,
        /// The first day of the first year.
        begins: String,
    },
    /// A period that ends before it begins.
    #[error("ends on {until} but begins on {from}; the end is the first day no longer covered")]
    EmptyPeriod {
        /// Begin.
        from: String,
        /// End.
        until: String,
    },
    /// Another unit than the policy's.
    #[error("unit {found}, but this policy counts {expected}; no conversion is ever implied")]
    WrongUnit {
        /// The unit found.
        found: String,
        /// The unit of the policy.
        expected: String,
    },
    /// A value outside what makes sense.
    #[error("found {found}; write {expected}")]
    OutOfRange {
        /// The value.
        found: String,
        /// What would do.
        expected: String,
    },
    /// What is well formed by itself and does not fit together: keys that need or shut out one another, days or rows out of order.
    #[error("{rule}")]
    Combination {
        /// The rule, as an instruction.
        rule: String,
    },
}

/// How the end of a dated entry is meant; what follows it must begin accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// `until` is the first day no longer covered.
    FirstDayOut,
    /// `years_to` is one of the years.
    YearIncluded,
}

impl Ends {
    const fn rule(self) -> &'static str {
        match self {
            Self::FirstDayOut => "let `until` of the one be no later than `from` of the other (`until` is not covered)",
            Self::YearIncluded => {
                "let `years_to` of the one lie before `years_from` of the other (`years_to` is included)"
            }
        }
    }
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |key| format!("did you mean `{key}`? "))
}

impl FaultKind {
    /// A stable word for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "syntax",
            Self::UnknownKey { .. } => "unknown_key",
            Self::Missing { .. } => "missing",
            Self::MissingClause { .. } => "missing_clause",
            Self::WrongType { .. } => "wrong_type",
            Self::UnknownWord { .. } => "unknown_word",
            Self::UnknownDocument { .. } => "unknown_document",
            Self::UnknownCategory { .. } => "unknown_category",
            Self::Undeclared { .. } => "undeclared",
            Self::Doubled { .. } => "doubled",
            Self::MinimumAboveMaximum { .. } => "minimum_above_maximum",
            Self::PartsAboveMaximum { .. } => "parts_above_maximum",
            Self::ShareDisagrees { .. } => "share_disagrees",
            Self::Overlap { .. } => "overlap",
            Self::SecondWindow { .. } => "second_window",
            Self::NoCommonDay { .. } => "no_common_day",
            Self::UnknownPlace { .. } => "unknown_place",
            Self::BeforeTheYear { .. } => "before_the_year",
            Self::EmptyPeriod { .. } => "empty_period",
            Self::WrongUnit { .. } => "wrong_unit",
            Self::OutOfRange { .. } => "out_of_range",
            Self::Combination { .. } => "combination",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}: {}", self.at, self.kind)
        } else {
            write!(f, "{}: {}: {}", self.at, self.path, self.kind)
        }
    }
}
