//! The Chinese of what the domain's parser says in English: what stands somewhere, what belongs there, which keys go together.
//!
//! A phrase that is not here is said as the parser said it; a test reads the parser's phrases and finds none missing.

/// The Chinese of a phrase; the phrase itself where it is a name, a number or unknown.
pub(super) fn phrase(en: &str) -> String {
    if let Some((_, zh)) = FIXED.iter().find(|(known, _)| *known == en) {
        return (*zh).to_owned();
    }
    for (prefix, zh, again) in BEGINNINGS {
        if let Some(rest) = en.strip_prefix(prefix) {
            return format!("{zh}{}", if *again { phrase(rest) } else { rest.to_owned() });
        }
    }
    if let Some((number, of)) =
        en.strip_prefix("a number from 1 to the ").and_then(|rest| rest.split_once(" declared subjects of "))
    {
        return format!("1 至 {number}（{of} 的指定科目数）之间的数");
    }
    en.to_owned()
}

/// How a phrase begins, its Chinese, and whether the rest is a phrase again.
const BEGINNINGS: &[(&str, &str, bool)] = &[
    ("one of: ", "以下之一：", false),
    ("a list, each ", "列表，每项为", true),
    ("a table with ", "含以下键的表：", false),
    ("the text ", "文本 ", false),
    ("the number ", "数字 ", false),
    ("the date ", "日期 ", false),
    ("online for ", "网络，适用于", true),
    ("face to face for ", "面授，适用于", true),
    ("platform ", "平台 ", false),
];

const FIXED: &[(&str, &str)] = &[
    ("a text in quotes", "带引号的文本"),
    ("true or false", "true 或 false"),
    ("a whole number", "整数"),
    ("a whole number from 0", "不小于 0 的整数"),
    ("a year from 1990 to 2200", "1990 至 2200 之间的年份"),
    ("a number of hours with at most two decimal places, such as 24 or 0.5", "最多两位小数的学时数，如 24 或 0.5"),
    ("a date without quotes, such as 2020-12-31", "不带引号的日期，如 2020-12-31"),
    ("the key of a place in quotes, such as \"610000\"", "带引号的地区代码，如 \"610000\""),
    ("a citation in quotes: \"<document> <clause>\"", "带引号的依据：\"<文件> <条款>\""),
    ("one table for each document: [document.<key>]", "每个文件一张表：[document.<键>]"),
    (
        "the code of a category in quotes, such as \"public\" or \"public.required\"",
        "带引号的类别代码，如 \"public\" 或 \"public.required\"",
    ),
    ("a share between 0 and 1", "0 至 1 之间的比例"),
    ("a mark from 0 to 100", "0 至 100 之间的分数"),
    ("more than 0", "大于 0 的数"),
    ("fen, from 0", "不小于 0 的分（货币）"),
    ("a day as MM-DD", "MM-DD 形式的日期"),
    ("a list", "列表"),
    ("a table", "表"),
    ("total", "总量"),
    ("all categories together", "所有类别合计"),
    ("all categories", "所有类别"),
    ("everyone", "所有人"),
    ("the same years", "相同年度"),
    ("write either year or years_from, exactly one of them", "year 与 years_from 须写且只写其一"),
    ("declare at least one [[category]]", "至少声明一个 [[category]]"),
    ("declare the subjects with [[subject]]", "请以 [[subject]] 声明指定科目"),
    (
        "overlapping sessions can only be needs_review: a refusal would depend on which came in first",
        "overlapping_sessions 只能为 needs_review：若予拒绝，结果将取决于到达先后",
    ),
    (
        "minutes_per_unit belongs to what = \"more_than_the_time\", and only there",
        "minutes_per_unit 须且只能用于 what = \"more_than_the_time\"",
    ),
    (
        "the days must follow one another: opens_on, on_time_until, closes_on",
        "日期须依次为 opens_on、on_time_until、closes_on",
    ),
    ("closes_on belongs to mode = \"until_date\", and only there", "closes_on 须且只能用于 mode = \"until_date\""),
    (
        "eligible belongs to mode = \"year_of_completion\", and only there",
        "eligible 只能用于 mode = \"year_of_completion\"",
    ),
    (
        "choose and subjects_only belong to a category without parts; write them at the part that has the subjects",
        "choose 与 subjects_only 只能用于没有下级的类别；请写在指定科目所属的下级类别",
    ),
    ("years_from must not be after years_to", "years_from 不得晚于 years_to"),
    (
        "years_to must lie before the year of the rules: what these decide themselves is not made up",
        "years_to 须早于本规则的年度：本规则自身决定的年度不属补学",
    ),
    (
        "mode = \"spread\" needs from_year, into_years and eligible",
        "mode = \"spread\" 须同时写明 from_year、into_years 与 eligible",
    ),
    ("name the authority in charge of those who are out", "请写明不适用人员的主管部门（authority）"),
    (
        "a rule for everyone must stand last: the first that fits decides",
        "适用于所有人的条目须放在最后：以最先符合者为准",
    ),
    (
        "write exactly one of fixed, per_day, by_rank, by_role, fulfils, as_filed, by_reviewer",
        "fixed、per_day、by_rank、by_role、fulfils、as_filed、by_reviewer 须写且只写其一",
    ),
    (
        "the bands must follow one another without a gap, and the last must have no `to`",
        "各档须首尾相接，最后一档不写 `to`",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        kernel::{Hours, PlaceCode},
        policy::{CategoryCode, Read},
        registry::Mode,
    };
    use time::Date;

    #[test]
    fn what_the_parser_expects_is_said_in_chinese() {
        let expected = [
            String::expected(),
            bool::expected(),
            i64::expected(),
            u32::expected(),
            i32::expected(),
            Hours::expected(),
            Date::expected(),
            PlaceCode::expected(),
            CategoryCode::expected(),
            Mode::expected(),
            Vec::<Hours>::expected(),
            domain::policy::Cite::expected(),
            domain::policy::shape::Documents::expected(),
            domain::policy::shape::Identity::expected(),
        ];
        for en in expected {
            assert_ne!(phrase(&en), en);
        }
        assert_eq!(phrase(&Vec::<Date>::expected()), "列表，每项为不带引号的日期，如 2020-12-31");
        assert_eq!(phrase("online for everyone"), "网络，适用于所有人");
    }

    /// The parser's rules of combination are texts of its own source; none may lack its Chinese.
    #[test]
    fn every_rule_of_combination_is_said_in_chinese() {
        let source = concat!(
            include_str!("../../../crates/domain/src/policy/meaning/mod.rs"),
            include_str!("../../../crates/domain/src/policy/meaning/tree.rs"),
        );
        let texts = source.lines().filter_map(|line| {
            let line = line.trim();
            let told = line.starts_with("let rule = \"") || line.starts_with("let text = \"");
            let told = told || (line.starts_with("note.combination(") && line.contains(", \""));
            let text = line.rsplit_once(if line.starts_with("let ") { " = \"" } else { ", \"" })?.1;
            told.then(|| text.trim_end_matches(';').trim_end_matches(')').trim_end_matches('"').replace("\\\"", "\""))
        });
        let texts: Vec<String> = texts.collect();
        assert!(texts.len() > 10, "{texts:?}");
        for en in texts {
            assert_ne!(phrase(&en), en, "say it in Chinese");
        }
    }
}
