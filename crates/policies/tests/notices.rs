//! What the notices name and no figure decides stands in the rule files: days, grounds, platforms, offices, clauses as printed.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use policies::FILES;
use toml::{Table, Value};

const SHAANXI: &str = "610000-shaanxi/2020.toml";
const GUANGDE: &str = "341882-guangde/2020.toml";
const QINGHAI: &str = "630000-qinghai/2020.toml";
const PINGDINGSHAN: &str = "410400-pingdingshan/2021.toml";

fn rules(path: &str) -> Table {
    let file = FILES.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is not embedded"));
    file.rules.parse().unwrap()
}

/// The entries of a section that is a list of tables.
fn list(rules: &Table, section: &str) -> Vec<Table> {
    let entries = rules.get(section).and_then(Value::as_array).unwrap_or_else(|| panic!("no [[{section}]]"));
    entries.iter().map(|entry| entry.as_table().unwrap().clone()).collect()
}

fn text<'t>(table: &'t Table, key: &str) -> &'t str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn texts(table: &Table, key: &str) -> Vec<String> {
    let values = table.get(key).and_then(Value::as_array);
    values.into_iter().flatten().map(|value| value.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_days_and_grounds_of_the_notices_stand_in_the_rule_files() {
    let notices = [
        (SHAANXI, "sx354", ["2020-08-21", ""]),
        (GUANGDE, "gd2020", ["2020-05-06", "2020-05-08"]),
        (QINGHAI, "qh227", ["", "2020-05-25"]),
        (PINGDINGSHAN, "pds26", ["", "2021-04-19"]),
    ];
    for (path, key, days) in notices {
        let rules = rules(path);
        let day = |named: &str| rules["document"][key].get(named).map(ToString::to_string).unwrap_or_default();
        assert_eq!(["signed_on", "printed_on"].map(day), days, "{path}");
    }
    let grounds = [
        (SHAANXI, "陕西省专业技术人员继续教育条例"),
        (SHAANXI, "陕西省专业技术人员继续教育基地管理暂行办法"),
        (SHAANXI, "陕人社发〔2016〕27号"),
        (SHAANXI, "关于恢复开展全省专业技术人员职称评审和继续教育培训有关事项的通知"),
        (SHAANXI, "陕价费函〔2017〕184号"),
        (GUANGDE, "皖人社秘〔2020〕70号"),
        (QINGHAI, "青办发〔2020〕7号"),
        (QINGHAI, "青人社厅发〔2020〕29号"),
    ];
    for (path, number) in grounds {
        let rules = rules(path);
        let mut documents = rules["document"].as_table().unwrap().values().map(|document| document.as_table().unwrap());
        let document = documents.find(|document| text(document, "number") == number);
        let document = document.unwrap_or_else(|| panic!("{path} has no {number}"));
        assert!(!text(document, "relied_on_by").is_empty(), "{number} does not say what relies on it");
    }
}

#[test]
fn the_platforms_that_the_notices_name_stand_in_the_rule_files() {
    let named = [
        (SHAANXI, "zwfw.shaanxi.gov.cn", "陕西省政府政务服务平台"),
        (SHAANXI, "rst.shaanxi.gov.cn", "陕西省人力资源和社会保障厅门户网站"),
        (SHAANXI, "陕西12333", "陕西省人社厅公共服务平台公众号“陕西12333”"),
        (SHAANXI, "jxjy.xidian.edu.cn", "陕西省专业技术人员继续教育平台"),
        (SHAANXI, "jxjy.xidian.edu.cn", "全省专业技术人员继续教育学习平台"),
        (SHAANXI, "jxjy.xidian.edu.cn", "学习管理平台"),
        (SHAANXI, "jxjy.xidian.edu.cn", "陕西省专业技术人员继续教育网"),
        (QINGHAI, "www.qhjjglpt.com", "青海省专业技术人员继续教育信息管理服务平台"),
        (QINGHAI, "www.qhjjglpt.com", "管理服务平台"),
        (PINGDINGSHAN, "www.hnzjgl.gov.cn", "河南省专业技术人员公共服务平台"),
    ];
    for (path, code, name) in named {
        let platforms = list(&rules(path), "platform");
        let platform = platforms.iter().find(|platform| text(platform, "code") == code);
        let platform = platform.unwrap_or_else(|| panic!("{path} has no platform {code}"));
        assert!(
            text(platform, "name") == name || texts(platform, "aliases").iter().any(|alias| alias == name),
            "{name}"
        );
    }
    let of_shaanxi = list(&rules(SHAANXI), "platform");
    let serving: Vec<_> =
        of_shaanxi.iter().filter(|one| one.contains_key("serves")).map(|one| text(one, "code")).collect();
    assert_eq!((of_shaanxi.len(), serving), (4, vec!["jxjy.xidian.edu.cn"]), "four entrances, of which one teaches");
}

/// The offices of a role: place, tier and how many names.
fn offices(path: &str, role: &str) -> Vec<(String, String, usize)> {
    let offices = list(&rules(path), "office").into_iter().filter(|office| text(office, "role") == role);
    offices.map(|one| (text(&one, "place").into(), text(&one, "tier").into(), texts(&one, "names").len())).collect()
}

fn expected(rows: &[(&str, &str, usize)]) -> Vec<(String, String, usize)> {
    rows.iter().map(|(place, tier, names)| ((*place).to_owned(), (*tier).to_owned(), *names)).collect()
}

#[test]
fn the_offices_that_the_notices_name_stand_in_the_rule_files() {
    let prefectures = ["630100", "630200", "632200", "632300", "632500", "632600", "632700", "632800"];
    let mut of_qinghai = offices(QINGHAI, "human_resources");
    of_qinghai.sort();
    assert_eq!(of_qinghai, expected(&prefectures.map(|place| (place, "", 1))));
    let bases = [("630000", "national", 3), ("630000", "provincial", 6), ("632800", "provincial", 1)];
    assert_eq!(offices(QINGHAI, "base"), expected(&bases));
    // The division of the department that answers questions, and the table of departments and units.
    assert_eq!(offices(QINGHAI, "contact"), expected(&[("630000", "", 1), ("630000", "", 27)]));
    assert_eq!(offices(GUANGDE, "base"), expected(&[("341800", "provincial", 1), ("340000", "national", 1)]));
    for (path, bureaus, bases) in [(SHAANXI, 1, ""), (PINGDINGSHAN, 3, "city")] {
        assert_eq!(offices(path, "human_resources"), expected(&[("", "", bureaus)]), "{path}");
        assert_eq!(offices(path, "base"), expected(&[("", bases, 1)]), "{path}");
    }
    assert_eq!(offices(SHAANXI, "sector"), expected(&[("", "", 2)]));
    assert_eq!(offices(PINGDINGSHAN, "sector"), expected(&[("", "", 1)]));
}

#[test]
fn the_thirteen_series_of_guangde_have_their_authorities() {
    let annex = [
        ("市教体局", "教师"),
        ("市卫健委", "卫生"),
        ("市住建局", "建设"),
        ("市水利局", "水利水电"),
        ("市农业农村局", "农业（农机）"),
        ("市自然资源和规划局", "林业"),
        ("市经信局", "经济 电子信息"),
        ("市交通局", "交通工程"),
        ("市委党校", "党校教师"),
        ("市生态环境分局", "环境"),
        ("市财政局", "会计"),
        ("市文化旅游局", "群文 艺术 文博"),
        ("市融媒体中心", "电视工程 播音 编辑"),
    ];
    let sectors = list(&rules(GUANGDE), "office").into_iter().filter(|office| text(office, "role") == "sector");
    let found: Vec<_> = sectors.map(|one| (texts(&one, "names").join(" "), texts(&one, "series").join(" "))).collect();
    assert_eq!(found, annex.map(|(name, series)| (name.to_owned(), series.to_owned())));
}

/// Shaanxi's notice numbers its parts 一, 二, 四: nothing closes the gap.
#[test]
fn clauses_are_cited_as_printed_though_a_part_is_missing() {
    let file = FILES.iter().find(|file| file.path == SHAANXI).unwrap();
    let cited = file.rules.lines().filter_map(|line| line.split_once("cite = \"sx354 ")?.1.split_once('"'));
    let clauses: Vec<&str> = cited.flat_map(|(clauses, _)| clauses.split("; ")).collect();
    for part in ["一(", "二(", "四("] {
        assert!(clauses.iter().any(|clause| clause.starts_with(part)), "nothing of {part}");
    }
    let strange =
        clauses.iter().find(|clause| !["一(", "二", "四", "附件", "主送"].iter().any(|part| clause.starts_with(part)));
    assert_eq!(strange, None);
}
