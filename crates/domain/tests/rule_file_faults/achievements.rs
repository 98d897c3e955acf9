//! What a rule file may not say of achievements: formulas that contradict themselves, and keys that do not fit together.

use domain::policy::{Fault, Rules};

/// A file with nothing to say against it. The kind of each test stands behind it; its first line is 37.
const VALID: &str = r#"format = 1

[document.notice]
number = "示例〔2020〕1号"
title = "示例通知"
issuer = "示例厅"

[policy]
place = "610000"
year = 2020
title = "示例"
cite = "notice 标题"

[year]
cite = "notice 一"

[unit]
name = "学时"
hours_per_day = 8
cite = "notice 一"

[[category]]
code = "public"
name = "公需科目"
cite = "notice 一(一)"

[[category]]
code = "professional"
name = "专业科目"
min = 60
cite = "notice 一(二)"

[total]
min = 90
cite = "notice 一"

"#;

/// The faults of the file with one kind of achievement, as `line:column path code`.
fn faults(valid: &str, keys: &str) -> Vec<String> {
    let kind =
        format!("[[recognition]]\nkind = \"one\"\nname = \"成果\"\nledger = \"on\"\ncite = \"notice 五\"\n{keys}\n");
    let line = |fault: &Fault| format!("{} {} {}", fault.at, fault.path, fault.kind.code());
    Rules::parse(&format!("{valid}{kind}")).err().unwrap_or_default().iter().map(line).collect()
}

fn of(keys: &str) -> Vec<String> {
    faults(VALID, keys)
}

/// The faults of a formula of professional hours.
fn formula(formula: &str) -> Vec<String> {
    of(&format!("category = \"professional\"\nearned_by = \"conclusion\"\nformula = {{ {formula} }}"))
}

#[test]
fn every_kind_of_formula_can_be_said() {
    for good in [
        "fixed = 12",
        "per_day = 8",
        "per_day = 6, excluded = [\"travel\"], stated_hours_win = true",
        "by_rank = [{ from = 1, hours = 12 }]",
        "by_rank = [{ from = 1, to = 1, hours = 12 }, { from = 2, to = 10000, hours = 6 }, { from = 10001, hours = 0 }]",
        "by_role = [{ role = \"主编\", hours = 20, granted = \"per_item\" }]",
        "by_role = [{ role = \"主持\", hours = 20, granted = \"per_project_year\" }, { role = \"参与\", hours = 10, granted = \"once_at_conclusion\" }]",
        "fulfils = \"category_year\"",
        "fulfils = \"category_tenure\"",
        "as_filed = true",
        "by_reviewer = true",
        "by_reviewer = true, bounds = { least = 1, most = 1, within_minimum = true, cite = \"notice 五\" }",
    ] {
        assert_eq!(formula(good), [""; 0], "{good}");
    }
    assert_eq!(of("formula = { fulfils = \"everything_year\" }"), [""; 0]);
    assert_eq!(of("formula = { by_reviewer = true }"), [""; 0], "the claim names the category");
    assert_eq!(of(""), [""; 0], "what the documents leave open");
}

#[test]
fn a_formula_is_of_one_kind() {
    let told = ["44:11 recognition[0].formula combination"];
    for two in
        ["fixed = 12, per_day = 8", "fulfils = \"category_year\", fixed = 12", "as_filed = true, by_reviewer = true"]
    {
        assert_eq!(formula(two), told, "{two}");
    }
    assert_eq!(formula(""), told);
    assert_eq!(formula("as_filed = false"), ["44:24 recognition[0].formula.as_filed combination"]);
    assert_eq!(formula("fixed = 0"), ["44:21 recognition[0].formula.fixed out_of_range"]);
}

#[test]
fn a_day_has_the_hours_that_the_unit_gives_it() {
    assert_eq!(formula("per_day = 8.5"), ["44:23 recognition[0].formula.per_day out_of_range"]);
    assert_eq!(formula("per_day = 0"), ["44:23 recognition[0].formula.per_day out_of_range"]);
    let without = VALID.replace("hours_per_day = 8\n", "");
    let per_day = "category = \"professional\"\nformula = { per_day = 8 }";
    assert_eq!(faults(&without, per_day), ["42:23 recognition[0].formula.per_day combination"]);
    for other in ["excluded = [\"travel\"]", "stated_hours_win = true"] {
        assert_eq!(formula(&format!("fixed = 8, {other}")), ["44:11 recognition[0].formula combination"], "{other}");
    }
}

#[test]
fn bands_of_ranks_begin_with_the_first_and_leave_no_gap() {
    let told = |code: &str| [format!("44:23 recognition[0].formula.by_rank {code}")];
    let ranks = |first: &str, second: &str| {
        formula(&format!("by_rank = [{{ {first}, hours = 2 }}, {{ {second}, hours = 1 }}]"))
    };
    assert_eq!(ranks("from = 1, to = 3", "from = 4"), [""; 0]);
    assert_eq!(ranks("from = 1, to = 10000", "from = 10001"), [""; 0]);
    assert_eq!(ranks("from = 1, to = 3", "from = 5"), told("combination"), "a gap");
    assert_eq!(ranks("from = 1, to = 3", "from = 3"), told("combination"), "an overlap");
    assert_eq!(ranks("from = 1, to = 3", "from = 4, to = 6"), told("combination"), "an end");
    assert_eq!(ranks("from = 1", "from = 4"), told("combination"), "no end between two");
    assert_eq!(ranks("from = 2, to = 3", "from = 4"), told("combination"), "no first rank");
    assert_eq!(ranks("from = 1, to = 0", "from = 1"), told("combination"), "a band of nobody");
    assert_eq!(ranks("from = 1, to = 4294967295", "from = 4"), told("out_of_range"));
}

#[test]
fn roles_stand_once_and_years_of_a_project_need_its_conclusion() {
    let role = |role: &str, granted: &str| format!("{{ role = \"{role}\", hours = 9, granted = \"{granted}\" }}");
    let roles = |rest: &str, one: &str, two: &str| {
        of(&format!("category = \"professional\"\n{rest}\nformula = {{ by_role = [{one}, {two}] }}"))
    };
    let (year, once, item) = ("per_project_year", "once_at_conclusion", "per_item");
    let concluded = "earned_by = \"conclusion\"";
    assert_eq!(roles(concluded, &role("主持", year), &role("参与", once)), [""; 0]);
    assert_eq!(
        roles(concluded, &role("主持", year), &role("主持", once)),
        ["44:91 recognition[0].formula.by_role[1].role combination"]
    );
    assert_eq!(
        roles("earned_by = \"grant_date\"", &role("主持", year), &role("参与", item)),
        ["44:60 recognition[0].formula.by_role[0].granted combination"]
    );
    assert_eq!(
        roles("roles = [\"主持\"]", &role("主持", item), &role("参与", item)),
        ["43:9 recognition[0].roles combination"]
    );
}

#[test]
fn a_fulfilment_has_no_cap_and_everything_no_category() {
    let cap = "cap = { hours = 30, per = \"person_year\" }";
    assert_eq!(of(&format!("category = \"professional\"\n{cap}\nformula = {{ fixed = 8 }}")), [""; 0]);
    assert_eq!(
        of(&format!("category = \"professional\"\n{cap}\nformula = {{ fulfils = \"category_year\" }}")),
        ["43:7 recognition[0].cap combination"]
    );
    assert_eq!(
        of("category = \"professional\"\nformula = { fulfils = \"everything_year\" }"),
        ["42:12 recognition[0].category combination"]
    );
}

#[test]
fn hours_belong_to_a_category_that_is_named_once() {
    let told = ["37:1 recognition[0].category combination"];
    assert_eq!(of("formula = { fixed = 8 }"), told);
    assert_eq!(of("formula = { fulfils = \"category_year\" }"), told);
    assert_eq!(of("categories = [\"professional\", \"public\"]\nformula = { fixed = 8 }"), [""; 0]);
    assert_eq!(
        of("category = \"professional\"\ncategories = [\"public\"]\nformula = { fixed = 8 }"),
        ["43:14 recognition[0].categories combination"]
    );
    for key in ["categories", "categories_in_doubt"] {
        let unknown = format!("42:{} recognition[0].{key} unknown_category", key.len() + 4);
        assert_eq!(of(&format!("{key} = [\"publc\"]")), [unknown]);
    }
}

#[test]
fn bounds_belong_to_what_a_reviewer_grants() {
    let bounds = |formula: &str, bounds: &str| {
        of(&format!(
            "category = \"professional\"\nformula = {{ {formula}, bounds = {{ {bounds}, cite = \"notice 五\" }} }}"
        ))
    };
    assert_eq!(bounds("by_reviewer = true", "least = 2, most = 2"), [""; 0]);
    assert_eq!(
        bounds("by_reviewer = true", "least = 3, most = 2"),
        ["43:42 recognition[0].formula.bounds combination"]
    );
    assert_eq!(bounds("fixed = 2", "most = 2"), ["43:33 recognition[0].formula.bounds combination"]);
    let of_category = |category: &str| {
        of(&format!(
            "category = \"{category}\"\nformula = {{ by_reviewer = true, bounds = {{ within_minimum = true, cite = \"notice 五\" }} }}"
        ))
    };
    assert_eq!(of_category("professional"), [""; 0]);
    let told = of_category("public");
    assert!(
        told.len() == 1 && told[0].ends_with("recognition[0].formula.bounds.within_minimum combination"),
        "{told:?}"
    );
    let no_clause = of("formula = { by_reviewer = true, bounds = { most = 2 } }");
    assert_eq!(no_clause, ["42:42 recognition[0].formula.bounds.cite missing_clause"]);
}

#[test]
fn what_narrows_a_kind_has_something_to_narrow() {
    assert_eq!(of("evidence_need = \"all\""), ["42:17 recognition[0].evidence_need combination"]);
    assert_eq!(of("evidence = [\"证书\"]\nevidence_need = \"all\""), [""; 0]);
    assert_eq!(of("rank_to = 0"), ["42:11 recognition[0].rank_to out_of_range"]);
    assert_eq!(
        of("category = \"professional\"\nrank_to = 3\nformula = { by_rank = [{ from = 1, hours = 2 }] }"),
        ["43:11 recognition[0].rank_to combination"]
    );
}

#[test]
fn an_achievement_of_the_ledger_is_named_by_one_code() {
    let exemption = |kind: &str, keys: &str| {
        let table = format!(
            "[[exemption]]\nkind = \"{kind}\"\nname = \"名单\"\nlist_by = \"示例局\"\ncite = \"notice 六\"\n{keys}\n"
        );
        of(&format!("\n{table}"))
    };
    assert_eq!(exemption("two", "fulfils = \"everything_year\""), [""; 0]);
    assert_eq!(exemption("one", "fulfils = \"everything_year\""), ["44:8 exemption[0].kind combination"]);
    assert_eq!(
        exemption("two", "fulfils = \"everything_year\"\ncategories = [\"public\"]"),
        ["49:14 exemption[0].categories combination"]
    );
    assert_eq!(exemption("two", "fulfils = \"category_year\"\ncategories = [\"public\"]"), [""; 0]);
    let again = "[[exemption]]\nkind = \"two\"\nname = \"名单\"\nlist_by = \"示例局\"\ncite = \"notice 六\"\nfulfils = \"everything_year\"";
    let told = exemption("two", &format!("fulfils = \"everything_year\"\n{again}"));
    assert!(told.len() == 1 && told[0].ends_with("exemption[1].code doubled"), "{told:?}");
}
