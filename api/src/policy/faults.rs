//! Faults of a rule file in words: where, what was found, what to write instead; and as a problem that names all of them.
//!
//! The domain says it in English; here is the Chinese, by an exhaustive match.

use super::phrases::phrase;
use crate::{
    extract::of_a_body,
    problem::{FieldError, Kind, Problem},
    text::Text,
};
use domain::policy::{Ends, Fault, FaultKind, Rules};

/// The refusal of a rule file, with every fault. What is not TOML at all is malformed; what is, but says what a rule file may
/// not say, is invalid.
pub(crate) fn refusal(pointer: &str, faults: &[Fault]) -> Problem {
    // The reader finds one more than are named where there are more.
    let errors = of_a_body(faults.iter().map(|fault| field_error(pointer, fault)).collect());
    let syntax = faults.iter().find(|fault| matches!(fault.kind, FaultKind::Syntax { .. }));
    match syntax {
        Some(Fault { at, .. }) => {
            Problem::new(Kind::MalformedToml).with("line", at.line).with("column", at.column).errors(errors)
        }
        None => Problem::new(Kind::InvalidRuleFile).errors(errors),
    }
}

fn field_error(pointer: &str, fault: &Fault) -> FieldError {
    let Fault { at, path, kind } = fault;
    let mut error = FieldError::new(pointer, kind.code(), Text::new(zh(kind), kind.to_string()))
        .with("line", at.line)
        .with("column", at.column)
        .with("path", path);
    let (found, expected) = found_and_expected(kind);
    if let Some(found) = found {
        error = error.with("found", found);
    }
    if let Some(expected) = expected {
        error = error.with("expected", expected);
    }
    error
}

/// Rules of another authority than the version in force: a fault that only the rule book can see.
pub(crate) fn another_issuer(rules: &Rules, displaced: &Rules) -> FieldError {
    let names = |rules: &Rules| rules.issuers().into_iter().collect::<Vec<_>>().join("、");
    let (found, expected) = (names(rules), names(displaced));
    let text = Text::new(
        format!(
            "现行规则由{expected}发布，本文件由{found}发布，发布后将对所有人取而代之；确系接续的，请在 policy.cite 中一并引用现行规则的文件"
        ),
        format!(
            "the rules in force were issued by {expected}, these by {found}, and they would take their place for \
             everybody; where they do take over, cite a document of the former in policy.cite as well"
        ),
    );
    let at = rules.policy.at;
    FieldError::new("", "issuer_differs", text)
        .with("line", at.line)
        .with("column", at.column)
        .with("path", "policy.cite")
        .with("found", found)
        .with("expected", expected)
}

fn found_and_expected(kind: &FaultKind) -> (Option<String>, Option<String>) {
    use FaultKind as F;
    match kind {
        F::UnknownKey { known, .. } => (None, Some(known.join(", "))),
        F::Missing { expected } => (None, Some(expected.clone())),
        F::MissingClause { example } => (None, Some(example.clone())),
        F::WrongType { found, expected } | F::WrongUnit { found, expected } | F::OutOfRange { found, expected } => {
            (Some(found.clone()), Some(expected.clone()))
        }
        F::UnknownWord { found, expected } => (Some(found.clone()), Some(expected.join(", "))),
        F::UnknownDocument { found, known }
        | F::UnknownCategory { found, known }
        | F::Undeclared { found, known, .. } => (Some(found.clone()), Some(known.join(", "))),
        F::MinimumAboveMaximum { min, max, .. } => (Some(min.clone()), Some(format!("<= {max}"))),
        F::PartsAboveMaximum { sum, max, .. } => (Some(sum.clone()), Some(format!("<= {max}"))),
        F::Doubled { code: found, .. } | F::UnknownPlace { found } => (Some(found.clone()), None),
        F::BeforeTheYear { found, begins } => (Some(found.clone()), Some(format!(">= {begins}"))),
        F::Syntax { .. }
        | F::ShareDisagrees { .. }
        | F::Overlap { .. }
        | F::SecondWindow { .. }
        | F::NoCommonDay { .. }
        | F::EmptyPeriod { .. }
        | F::Combination { .. } => (None, None),
    }
}

/// What the fault is and what to write instead, in Chinese.
pub(crate) fn zh(kind: &FaultKind) -> String {
    use FaultKind as F;
    match kind {
        F::Syntax { message } => format!("不是合法的 TOML：{message}"),
        F::UnknownKey { nearest, known } => {
            let meant = nearest.map_or_else(String::new, |key| format!("是否为 `{key}`？"));
            format!("未知的键；{meant}此处可用：{}", known.join("、"))
        }
        F::Missing { expected } => format!("缺少；请填写{}", phrase(expected)),
        F::MissingClause { example } => {
            format!("未注明条款；请写 cite = \"<文件> <条款>\"，例如 \"{example}\"")
        }
        F::WrongType { found, expected } => format!("此处为{}；请填写{}", phrase(found), phrase(expected)),
        F::UnknownWord { found, expected } => format!("“{found}”不可用；请填写以下之一：{}", expected.join("、")),
        F::UnknownDocument { found, known } => {
            format!("本文件没有名为“{found}”的文件；请以 [document.{found}] 引入，或填写以下之一：{}", known.join("、"))
        }
        F::UnknownCategory { found, known } => {
            format!("没有类别“{found}”；请以 [[category]] 声明，或填写以下之一：{}", known.join("、"))
        }
        F::Undeclared { what, found, known } => format!("{what} 未声明“{found}”；已声明：{}", known.join("、")),
        F::Doubled { code, first } => format!("“{code}”已见于第 {} 行；不得重复", first.line),
        F::MinimumAboveMaximum { min, max, of, max_at } => {
            format!("下限 {min} 高于{}的上限 {max}（第 {} 行）；请降低下限或提高上限", phrase(of), max_at.line)
        }
        F::PartsAboveMaximum { sum, max, of } => format!("各部分下限合计 {sum}，高于{}的上限 {max}", phrase(of)),
        F::ShareDisagrees { numerator, denominator, whole, min } => {
            format!("{}的 {numerator}/{denominator} 不等于此处的下限 {min}；请更正比例或下限", phrase(whole))
        }
        F::Overlap { what, other, ends } => {
            let rule = match ends {
                Ends::FirstDayOut => "前一条的 until 不得晚于后一条的 from（until 当日不再适用）",
                Ends::YearIncluded => "前一条的 years_to 须早于后一条的 years_from（years_to 当年仍适用）",
            };
            format!("与第 {} 行重叠（{}）；{rule}", other.line, phrase(what))
        }
        F::SecondWindow { of, other } => format!(
            "第 {} 行已有{}的学习时段，学习须同时在两个时段之内；请合为一个，写明首日与末日",
            other.line,
            phrase(of)
        ),
        F::NoCommonDay { of, other } => format!(
            "与第 {} 行的时段没有共同的日期，而{of}的学习须同时在两个时段之内；请使二者共有可学习的日期",
            other.line
        ),
        F::UnknownPlace { found } => format!("地区“{found}”不在行政区划中；请填写已登记的地区代码"),
        F::BeforeTheYear { found, begins } => {
            format!("{found} 结束，而本规则的年度自 {begins} 开始；请填写该年度内或其后的日期")
        }
        F::EmptyPeriod { from, until } => format!("{from} 开始而 {until} 结束；结束日为不再适用的第一天"),
        F::WrongUnit { found, expected } => format!("单位为{found}，而本规则以{expected}计；不作任何换算"),
        F::OutOfRange { found, expected } => format!("此处为 {found}；请填写{}", phrase(expected)),
        F::Combination { rule } => phrase(rule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use domain::policy::Rules;
    use serde_json::Value;

    /// Breaks an embedded rule file in one way.
    fn faults(text: &str, other: &str) -> Vec<Fault> {
        let source = policies::FILES[0].rules;
        assert!(source.contains(text), "{text}");
        Rules::parse(&source.replacen(text, other, 1)).err().unwrap_or_default()
    }

    #[test]
    fn every_fault_has_its_line_and_its_words_in_each_language() {
        let faults = faults("format = 1", "format = \"x\"\ncolour = \"red\"");
        let problem = refusal("/source", &faults);
        assert_eq!(problem.kind(), Kind::InvalidRuleFile);
        for language in [Language::Chinese, Language::English] {
            let body = problem.to_value(language);
            let errors = body["errors"].as_array().unwrap();
            assert!(errors.len() >= 2, "{body}");
            for error in errors {
                assert!(error["line"].is_u64() && error["column"].is_u64() && error["path"].is_string(), "{error}");
                let english = error["detail"].as_str().is_some_and(|text| !text.contains('；'));
                assert_eq!(english, language == Language::English, "{error}");
            }
        }
    }

    #[test]
    fn what_is_no_toml_is_malformed_with_its_place() {
        let problem = refusal("", &faults("format = 1", "format = "));
        let body = problem.to_value(Language::English);
        assert_eq!((problem.kind(), &body["line"]), (Kind::MalformedToml, &body["errors"][0]["line"]));
        assert_eq!(body["errors"][0]["code"], Value::from("syntax"));
    }
}
