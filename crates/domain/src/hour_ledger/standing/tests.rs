use super::*;
use time::macros::date;

const RULES: &str = r#"format = 1
document.notice = { number = "示例〔2020〕1号", title = "示例通知", issuer = "示例厅" }
policy = { place = "610000", year = 2020, title = "示例", cite = "notice 标题" }
year = { cite = "notice 一" }
unit = { name = "小时", cite = "notice 一" }
category = [
  { code = "public", name = "公需课", min = 24, cite = "notice 二" },
  { code = "public.required", name = "必修课", cite = "notice 二" },
  { code = "professional", name = "专业课", cite = "notice 二" },
]
total = { min = 24, cite = "notice 一" }
"#;

fn opens_from(sources: &[&str], windows: &str) -> Date {
    let source = |category: &&str| format!("{{ category = \"{category}\", cite = \"notice 四\" }}");
    let sources: Vec<_> = sources.iter().map(source).collect();
    let text = format!("{RULES}source = [{}]\nstudy_window = [{windows}]\n", sources.join(", "));
    opens_on(&Rules::parse(&text).unwrap(), 2020)
}

fn opens(windows: &str) -> Date {
    opens_from(&["public", "professional"], windows)
}

#[test]
fn a_year_opens_with_the_first_category_that_every_window_binding_it_lets_begin() {
    let year = date!(2020 - 01 - 01);
    let all = |from: &str| format!("{{ {from} closes_on = 2020-12-31, cite = \"notice 三\" }}");
    let of = |code: &str, from: &str| format!("{{ category = \"{code}\", opens_on = {from}, cite = \"notice 三\" }}");
    let public = |from: &str| of("public", from);
    assert_eq!(opens(""), year);
    assert_eq!(opens(&all("")), year);
    assert_eq!(opens(&all("opens_on = 2020-03-01,")), date!(2020 - 03 - 01));
    assert_eq!(opens(&all("opens_on = 2019-09-01,")), date!(2019 - 09 - 01));
    // What no window binds may be studied from the first day of the year.
    assert_eq!(opens(&public("2020-03-01")), year);
    assert_eq!(opens(&public("2019-09-01")), date!(2019 - 09 - 01));
    // Every window that binds a category must hold: the public courses begin with the later of the two.
    let both = |public_from: &str| format!("{}, {}", all("opens_on = 2020-03-01,"), public(public_from));
    assert_eq!(opens(&both("2020-02-01")), date!(2020 - 03 - 01));
    assert_eq!(opens(&both("2020-04-01")), date!(2020 - 03 - 01));
    assert_eq!(opens_from(&["public"], &both("2020-04-01")), date!(2020 - 04 - 01));
    // A window without a first day puts none off.
    assert_eq!(opens(&format!("{}, {}", all(""), public("2019-09-01"))), date!(2019 - 09 - 01));
    let each = format!("{}, {}", public("2020-02-01"), of("professional", "2020-03-01"));
    assert_eq!(opens(&each), date!(2020 - 02 - 01));
    // A window of a part puts off the part alone, which matters where the whole takes no hours outside its parts.
    let part = format!("{}, {}", public("2020-02-01"), of("public.required", "2020-03-01"));
    assert_eq!(opens_from(&["public"], &part), date!(2020 - 02 - 01));
    assert_eq!(opens_from(&["public.required"], &part), date!(2020 - 03 - 01));
}
