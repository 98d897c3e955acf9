//! Every kind of fault that a rule file can have: where it is said to be, and that all of them are said at once.
//!
//! Each file here is one valid file with some texts replaced, so that the places can be counted with a finger.

use domain::policy::{Fault, Rules};

mod achievements;
mod days;
mod routes;
mod uses;

/// A file with nothing to say against it. Line 1 is `format = 1`.
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
name = "小时"
cite = "notice 一"

[[category]]
code = "public"
name = "公需课"
min = 24
max = 40
cite = "notice 一(一)"

[[category]]
code = "public.required"
name = "必修课"
min = 20
cite = "notice 一(一)"

[total]
min = 30
cite = "notice 一"

[[subject]]
code = "one"
title = "科目一"
category = "public"
hours = 24
cite = "notice 一(一)1"

[[source]]
category = "public"
modes = ["online"]
platforms = ["example.cn"]
cite = "notice 二"

[[platform]]
code = "example.cn"
name = "示例平台"
serves = ["public"]
from = 2020-01-01
until = 2021-01-01
cite = "notice 二"

[[make_up]]
mode = "none"
years_to = 2019
cite = "notice 三"

[[fee]]
mode = "online"
fen_per_unit = 400
unit = "小时"
from = 2020-01-01
until = 2020-07-01
cite = "notice 四"

[[fee]]
mode = "online"
fen_per_unit = 200
unit = "小时"
from = 2020-07-01
cite = "notice 四"
"#;

/// The valid file with texts replaced, each of which must be there.
fn broken(replaced: &[(&str, &str)]) -> String {
    replaced.iter().fold(VALID.to_owned(), |source, (text, other)| {
        assert!(source.contains(text), "{text:?} is not in the file");
        source.replacen(text, other, 1)
    })
}

/// The faults of a file as `line:column path code`.
fn faults(source: &str) -> Vec<String> {
    let line = |fault: &Fault| format!("{} {} {}", fault.at, fault.path, fault.kind.code());
    Rules::parse(source).err().unwrap_or_default().iter().map(line).collect()
}

/// One replacement and the one fault that it makes.
type Case = (&'static str, &'static str, &'static str);

fn each_alone(cases: &[Case]) {
    for (text, other, fault) in cases {
        assert_eq!(faults(&broken(&[(text, other)])), [*fault], "{text:?} became {other:?}");
    }
}

#[test]
fn the_file_that_the_others_are_made_of_has_no_fault() {
    assert_eq!(Rules::parse(VALID).map(|rules| rules.category.len()), Ok(2));
}

#[test]
fn a_fault_of_syntax_is_told_alone_with_line_and_column() {
    each_alone(&[
        ("min = 24", "min = ", "24:7  syntax"),
        ("[total]", "[total", "34:7  syntax"),
        ("\"notice 标题\"", "\"notice 标题", "12:18  syntax"),
    ]);
    assert_eq!(faults(&broken(&[("[total]", "[total"), ("format = 1", "format = 2")])), ["34:7  syntax"]);
}

#[test]
fn a_key_or_value_that_cannot_be_read_is_told_with_its_place() {
    each_alone(&[
        ("min = 24", "minn = 24", "24:1 category[0].minn unknown_key"),
        ("hours = 24\n", "", "38:1 subject[0].hours missing"),
        ("hours = 24", "hours = \"24\"", "42:9 subject[0].hours wrong_type"),
        ("hours = 24", "hours = 24.125", "42:9 subject[0].hours wrong_type"),
        ("hours = 24", "hours = -1", "42:9 subject[0].hours wrong_type"),
        ("until = 2021-01-01", "until = \"2021-01-01\"", "56:9 platform[0].until wrong_type"),
        ("place = \"610000\"", "place = \"Shaanxi!\"", "9:9 policy.place wrong_type"),
        ("mode = \"none\"", "mode = \"never\"", "60:8 make_up[0].mode unknown_word"),
        ("modes = [\"online\"]", "modes = [\"online\", \"radio\"]", "47:20 source[0].modes[1] unknown_word"),
        ("name = \"小时\"", "name = \"节\"", "18:8 unit.name unknown_word"),
    ]);
}

#[test]
fn a_rule_without_a_clause_of_a_document_is_refused() {
    each_alone(&[
        ("cite = \"notice 一(一)1\"\n", "", "38:1 subject[0].cite missing_clause"),
        ("cite = \"notice 一(一)1\"", "cite = \"notice\"", "43:8 subject[0].cite missing_clause"),
        ("cite = \"notice 一(一)1\"", "cite = \"order 一(一)1\"", "43:8 subject[0].cite unknown_document"),
        // A document that is named second is no clause of the first.
        ("cite = \"notice 一(一)1\"", "cite = \"notice 一; noticed 二\"", "43:8 subject[0].cite unknown_document"),
    ]);
    for clauses in ["一; 二(一) 1", "一; iv", "一; IV 2"] {
        let cite = format!("cite = \"notice {clauses}\"");
        assert_eq!(faults(&broken(&[("cite = \"notice 一(一)1\"", &cite)])), [""; 0], "{clauses}");
    }
}

#[test]
fn a_description_of_nobody_in_particular_is_refused() {
    let rule = |who: &str| format!("{VALID}\n[[scope]]\nwho = {who}\nstanding = \"in\"\ncite = \"notice 五\"\n");
    for who in ["{}", "{ series = [] }"] {
        assert_eq!(faults(&rule(who)), ["80:7 scope[0].who combination"], "{who}");
    }
    assert_eq!(faults(&rule("{ series = [\"会计\"] }")), [""; 0]);
}

#[test]
fn what_is_not_declared_or_declared_twice_is_refused() {
    each_alone(&[
        ("category = \"public\"\nhours", "category = \"publc\"\nhours", "41:12 subject[0].category unknown_category"),
        ("serves = [\"public\"]", "serves = [\"publc\"]", "54:10 platform[0].serves unknown_category"),
        ("\"public.required\"", "\"elective.required\"", "29:8 category[1].code unknown_category"),
        ("\"public.required\"", "\"public\"", "29:8 category[1].code doubled"),
        ("platforms = [\"example.cn\"]", "platforms = [\"other.cn\"]", "48:13 source[0].platforms undeclared"),
    ]);
}

#[test]
fn minima_maxima_dates_and_units_must_agree() {
    each_alone(&[
        ("min = 24", "min = 41", "24:7 category[0].min minimum_above_maximum"),
        (
            "max = 40",
            "max = 40\nshare = { numerator = 1, denominator = 2, of = \"required_total\" }",
            "26:9 category[0].share share_disagrees",
        ),
        ("from = 2020-07-01", "from = 2020-06-30", "72:1 fee[1] overlap"),
        ("until = 2021-01-01", "until = 2020-01-01", "51:1 platform[0] empty_period"),
        ("unit = \"小时\"", "unit = \"学时\"", "67:8 fee[0].unit wrong_unit"),
        ("fen_per_unit = 400", "fen_per_unit = -1", "66:16 fee[0].fen_per_unit out_of_range"),
        ("years_to = 2019", "years_to = 2020", "61:12 make_up[0].years_to combination"),
        ("year = 2020\n", "year = 2020\nyears_from = 2020\n", "8:1 policy combination"),
        ("format = 1", "format = 2", "1:10 format out_of_range"),
    ]);
}

#[test]
fn choosing_subjects_belongs_to_a_category_without_parts() {
    each_alone(&[
        ("max = 40", "max = 40\nchoose = 1", "26:10 category[0].choose combination"),
        ("max = 40", "max = 40\nsubjects_only = true", "26:17 category[0].subjects_only combination"),
    ]);
    // Without the part both may stand there, and so they may at the part where it has the subjects.
    let part = "[[category]]\ncode = \"public.required\"\nname = \"必修课\"\nmin = 20\ncite = \"notice 一(一)\"\n";
    let both = "choose = 1\nsubjects_only = true";
    assert_eq!(faults(&broken(&[(part, ""), ("max = 40", &format!("max = 40\n{both}"))])), [""; 0]);
    let at_the_part = [
        ("min = 20", &*format!("min = 20\n{both}")),
        ("category = \"public\"\nhours", "category = \"public.required\"\nhours"),
    ];
    assert_eq!(faults(&broken(&at_the_part)), [""; 0]);
}

#[test]
fn numbers_that_cannot_be_computed_with_are_out_of_range() {
    let share = |numerator: &str, denominator: &str, of: &str| {
        let share =
            format!("max = 40\nshare = {{ numerator = {numerator}, denominator = {denominator}, of = \"{of}\" }}");
        faults(&broken(&[("max = 40", &share)]))
    };
    let huge = "4611686018427387904";
    for of in ["required_total", "earned_total"] {
        assert_eq!(share(huge, huge, of), ["26:9 category[0].share out_of_range"]);
        assert_eq!(share("1", "1000001", of), ["26:9 category[0].share out_of_range"]);
        assert_eq!(share("4", "0", of), ["26:9 category[0].share out_of_range"]);
    }
    assert_eq!(share("1", "1000000", "earned_total"), [""; 0]);
    assert_eq!(share("800000", "1000000", "required_total"), [""; 0]);
}

#[test]
fn what_make_up_names_belongs_to_the_year_of_completion_and_to_the_tree() {
    let eligible = |mode: &str, category: &str| {
        let row =
            format!("mode = \"{mode}\"\neligible = [{{ category = \"{category}\", platforms = [\"example.cn\"] }}]");
        faults(&broken(&[("mode = \"none\"", &row)]))
    };
    assert_eq!(eligible("year_of_completion", "public"), [""; 0]);
    assert_eq!(eligible("none", "public"), ["61:12 make_up[0].eligible combination"]);
    assert_eq!(eligible("year_of_completion", "publc"), ["61:26 make_up[0].eligible[0].category unknown_category"]);
}

#[test]
fn a_part_cannot_ask_for_more_than_the_whole_may_count() {
    let found = faults(&broken(&[("min = 20", "min = 41")]));
    assert_eq!(found, ["25:7 category[0].max parts_above_maximum", "31:7 category[1].min minimum_above_maximum"]);
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let source = broken(&[
        ("name = \"必修课\"", "nmae = \"必修课\"\nname = \"必修课\""),
        ("min = 20", "min = 41"),
        ("category = \"public\"\nhours", "category = \"publc\"\nhours"),
        ("cite = \"notice 一(一)1\"\n", ""),
        ("unit = \"小时\"", "unit = \"学时\""),
        ("from = 2020-07-01", "from = 2020-06-30"),
    ]);
    assert_eq!(
        faults(&source),
        [
            "25:7 category[0].max parts_above_maximum",
            "30:1 category[1].nmae unknown_key",
            "32:7 category[1].min minimum_above_maximum",
            "39:1 subject[0].cite missing_clause",
            "42:12 subject[0].category unknown_category",
            "67:8 fee[0].unit wrong_unit",
            "72:1 fee[1] overlap",
        ]
    );
}

#[test]
fn each_fault_says_what_to_write_instead() {
    let told = |text: &str, other: &str| {
        let faults = Rules::parse(&broken(&[(text, other)])).err().unwrap_or_default();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let cases = [
        ("min = 24", "minn = 24", "24:1: category[0].minn: unknown key; did you mean `min`?"),
        ("title = \"示例\"", "titel = \"示例\"", "policy.titel: unknown key; did you mean `title`?"),
        ("title = \"示例\"", "title = \"示例\"\ncolour = \"red\"", "policy.colour: unknown key; known here: "),
        ("cite = \"notice 一(一)1\"\n", "", "write cite = \"<document> <clause>\", for instance \"notice 一(一)\""),
        ("from = 2020-07-01", "from = 2020-06-30", "overlaps with line 64 (online for everyone)"),
        ("category = \"public\"\nhours", "category = \"publc\"\nhours", "write one of: public, public.required"),
        ("min = 24", "min = 41", "lower the one or raise the other"),
        ("unit = \"小时\"", "unit = \"学时\"", "this policy counts 小时; no conversion is ever implied"),
    ];
    for (text, other, expected) in cases {
        let told = told(text, other);
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn what_only_follows_from_another_fault_is_not_told() {
    each_alone(&[
        // A category with a fault is declared all the same.
        ("cite = \"notice 一(一)\"", "cite = \"notcie 一(一)\"", "26:8 category[0].cite unknown_document"),
        ("cite = \"notice 一(一)\"", "cite = \"\"", "26:8 category[0].cite missing_clause"),
        ("code = \"public\"", "code = \"Public\"", "22:8 category[0].code wrong_type"),
        ("code = \"example.cn\"", "code = 1", "52:8 platform[0].code wrong_type"),
        ("year = 2020\n", "year = 20200\n", "10:8 policy.year wrong_type"),
        ("min = 30", "min = \"30\"", "35:7 total.min wrong_type"),
        ("from = 2020-07-01", "from = \"2020-07-01\"", "76:8 fee[1].from wrong_type"),
        ("years_to = 2019", "years_to = 20190", "61:12 make_up[0].years_to wrong_type"),
        ("mode = \"none\"", "mode = \"never\"\ncloses_on = 2020-12-31", "60:8 make_up[0].mode unknown_word"),
    ]);
    let share = "max = 40\nshare = { numerator = 4, denominator = 5, of = \"required_total\" }";
    assert_eq!(faults(&broken(&[("max = 40", share)])), [""; 0]);
    assert_eq!(
        faults(&broken(&[("max = 40", share), ("min = 30", "min = x"), ("= x", "= true")])),
        ["36:7 total.min wrong_type"]
    );
    let twice = broken(&[("\"public.required\"", "\"public\""), ("serves = [\"public\"]", "serves = [\"publc\"]")]);
    let told: Vec<String> = Rules::parse(&twice).unwrap_err().iter().map(ToString::to_string).collect();
    assert!(told[1].ends_with("write one of: public"), "{told:?}");
}

#[test]
fn faults_of_form_hide_no_fault_of_meaning_elsewhere() {
    let source = broken(&[
        ("title = \"示例\"", "title = \"示例\"\ncolour = \"red\""),
        ("name = \"小时\"", "name = \"节\""),
        ("category = \"public\"\nhours", "category = \"publc\"\nhours"),
        ("modes = [\"online\"]", "modes = [\"radio\"]"),
        ("cite = \"notice 三\"\n", ""),
        ("fen_per_unit = 400", "fen_per_unit = -1"),
    ]);
    assert_eq!(
        faults(&source),
        [
            "12:1 policy.colour unknown_key",
            "19:8 unit.name unknown_word",
            "42:12 subject[0].category unknown_category",
            "48:10 source[0].modes[0] unknown_word",
            "60:1 make_up[0].cite missing_clause",
            "66:16 fee[0].fen_per_unit out_of_range",
        ]
    );
}

#[test]
fn an_overlap_is_mended_as_the_ends_of_its_kind_are_meant() {
    let fees = Rules::parse(&broken(&[("from = 2020-07-01", "from = 2020-06-30")])).unwrap_err()[0].to_string();
    assert!(fees.ends_with("(`until` is not covered)"), "{fees}");
}

#[test]
fn of_a_file_that_is_wrong_everywhere_five_hundred_faults_are_found_and_one_more() {
    let unknown: String = (0..3000).map(|at| format!("colour_{at} = 1\n")).collect();
    let meaningless: String = (0..3000)
        .map(|at| format!("[[category]]\ncode = \"none.c{at}\"\nname = \"x\"\ncite = \"notice 一\"\n"))
        .collect();
    for source in
        [VALID.replacen("format = 1\n", &format!("format = 1\n{unknown}"), 1), format!("{VALID}\n{meaningless}")]
    {
        assert_eq!(Rules::parse(&source).unwrap_err().len(), 501);
    }
}
