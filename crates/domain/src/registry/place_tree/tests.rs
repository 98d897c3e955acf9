use super::*;
use proptest::prelude::*;
use time::macros::date;

fn key(code: &str) -> PlaceCode {
    code.parse().unwrap()
}

fn node(code: &str, parent: Option<&str>) -> PlaceNode {
    PlaceNode { code: key(code), name: code.to_owned(), parent: parent.map(key), level: PlaceLevel::County }
}

fn gb(code: &str, place: &str, from_on: Date, until_on: Option<Date>) -> DatedCode {
    DatedCode { system: CodeSystem::Gb2260, code: code.to_owned(), place: key(place), from_on, until_on, name: None }
}

const OLD: Date = date!(1980 - 01 - 01);

fn small() -> PlaceTree {
    let nodes = vec![
        node("000000", None),
        node("610000", Some("000000")),
        node("610900", Some("610000")),
        node("610928", Some("610900")),
        node("610000-xixian", Some("610000")),
        node("410000", Some("000000")),
    ];
    let codes = vec![
        DatedCode {
            name: Some("旬阳市".to_owned()),
            ..gb("610981", "610928", date!(2021 - 01 - 01), Some(date!(2021 - 12 - 31)))
        },
        gb("610982", "610928", date!(2022 - 01 - 01), None),
        gb("610928", "610928", OLD, Some(date!(2020 - 12 - 31))),
        gb("610000", "610000", OLD, None),
        DatedCode { system: CodeSystem::Statistical, ..gb("611071", "610000-xixian", OLD, None) },
        DatedCode { system: CodeSystem::Statistical, ..gb("610000", "610000", OLD, None) },
    ];
    PlaceTree::new(nodes, codes).unwrap()
}

fn faults(nodes: Vec<PlaceNode>, codes: Vec<DatedCode>) -> Vec<String> {
    let found = PlaceTree::new(nodes, codes).map(|_| ()).unwrap_err().faults;
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn dead_and_new_codes_lead_to_one_node() {
    let tree = small();
    assert_eq!(tree.find("610928").unwrap().code, key("610928"));
    assert_eq!(tree.find("610981").unwrap().code, key("610928"));
    assert_eq!(tree.find("611071").unwrap().code, key("610000-xixian"));
    assert_eq!(tree.find("610982").unwrap().code, key("610928"));
    assert_eq!(tree.find("610983"), None);
    assert_eq!(tree.node(&key("610981")), None, "a division code is not the key of a node");
}

#[test]
fn the_code_of_a_place_follows_the_day() {
    let tree = small();
    let code = |place: &str, on| tree.current_code(&key(place), on).map(|code| (code.system, code.code.as_str()));
    assert_eq!(code("610928", date!(2020 - 12 - 31)), Some((CodeSystem::Gb2260, "610928")));
    assert_eq!(code("610928", date!(2021 - 01 - 01)), Some((CodeSystem::Gb2260, "610981")));
    assert_eq!(code("610928", date!(1979 - 12 - 31)), None);
    assert_eq!(code("610000", date!(2021 - 01 - 01)), Some((CodeSystem::Gb2260, "610000")));
    assert_eq!(code("610000-xixian", date!(2021 - 01 - 01)), Some((CodeSystem::Statistical, "611071")));
    assert_eq!(code("410000", date!(2021 - 01 - 01)), None);
}

#[test]
fn a_place_is_called_by_the_code_and_the_name_of_the_day() {
    let tree = small();
    let called = |place: &str, on| tree.called_on(&key(place), on).map(|called| (called.code, called.name));
    assert_eq!(called("610928", date!(2020 - 12 - 31)), Some(("610928", "610928")));
    assert_eq!(called("610928", date!(2021 - 01 - 01)), Some(("610981", "旬阳市")));
    assert_eq!(called("610928", date!(2021 - 12 - 31)), Some(("610981", "旬阳市")));
    assert_eq!(called("610928", date!(2022 - 01 - 01)), Some(("610982", "旬阳市")), "a code alone changes no name");
    let zone = Some(("610000-xixian", "610000-xixian"));
    assert_eq!(called("610000-xixian", date!(2021 - 01 - 01)), zone, "a statistical code is no GB/T 2260 code");
    assert_eq!(called("610981", date!(2021 - 01 - 01)), None, "a division code is not the key of a node");
    assert_eq!(tree.names(&key("610928")).collect::<Vec<_>>(), ["610928", "旬阳市"]);
}

#[test]
fn a_path_leads_from_the_place_to_the_nation() {
    let tree = small();
    let path = |place: &str| tree.path(&key(place)).into_iter().map(|n| n.code.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(path("610928"), ["610928", "610900", "610000", "000000"]);
    assert_eq!(path("000000"), ["000000"]);
    assert_eq!(path("999999"), [""; 0]);
}

#[test]
fn a_place_contains_itself_and_what_is_below() {
    let tree = small();
    assert!(tree.contains(&key("610000"), &key("610928")));
    assert!(tree.contains(&key("610928"), &key("610928")));
    assert!(!tree.contains(&key("610928"), &key("610000")));
    assert!(!tree.contains(&key("410000"), &key("610928")));
    assert!(!tree.contains(&key("999999"), &key("999999")));
    let below: Vec<String> = tree.subtree(&key("610000")).into_iter().map(String::from).collect();
    assert_eq!(below, ["610000", "610900", "610928", "610000-xixian"]);
    assert!(tree.subtree(&key("999999")).is_empty());
}

#[test]
fn all_faults_are_told_at_once() {
    let nodes = vec![
        node("1", None),
        node("2", Some("1")),
        node("2", Some("1")),
        node("3", Some("9")),
        node("4", Some("5")),
        node("5", Some("4")),
        node("6", Some("5")),
        node("7", None),
        node("8", Some("8")),
    ];
    let codes = vec![
        gb("c1", "9", OLD, None),
        gb("c2", "1", OLD, None),
        gb("c2", "3", OLD, None),
        gb("1", "3", OLD, None),
        gb("c3", "1", OLD, Some(date!(2020 - 12 - 31))),
        gb("c3", "1", date!(2020 - 12 - 31), None),
        gb("c4", "1", date!(2020 - 12 - 31), Some(OLD)),
    ];
    assert_eq!(
        faults(nodes, codes),
        [
            "2 stands twice in the tree",
            "3 hangs under 9, which is no node",
            "7 has no parent, but 1 is the root already",
            "4 is above itself",
            "5 is above itself",
            "8 is above itself",
            "gb2260 c1 leads to 9, which is no node",
            "c2 leads both to 1 and to 3",
            "1 leads both to 1 and to 3",
            "gb2260 c3 stands twice for 1 on the same day",
            "gb2260 c4 ends before it begins",
        ]
    );
}

#[test]
fn no_rows_make_an_empty_tree() {
    let tree = PlaceTree::new(Vec::new(), Vec::new()).unwrap();
    assert_eq!(tree.find("000000"), None);
    assert!(tree.nodes().is_empty());
}

proptest! {
    #[test]
    fn any_rows_make_a_tree_or_faults_and_never_hang(
        parents in prop::collection::vec(prop::option::of(0_usize..20), 0..20),
        codes in prop::collection::vec((0_usize..25, 0_usize..20), 0..10),
    ) {
        let nodes: Vec<PlaceNode> = parents.iter().enumerate()
            .map(|(i, parent)| node(&i.to_string(), parent.map(|p| p.to_string()).as_deref())).collect();
        let codes = codes.iter().map(|(code, place)| gb(&format!("{code}"), &place.to_string(), OLD, None)).collect();
        if let Ok(tree) = PlaceTree::new(nodes.clone(), codes) {
            for node in &nodes {
                let path = tree.path(&node.code);
                prop_assert_eq!(path.last().unwrap().parent.as_ref(), None);
                for upper in path {
                    prop_assert!(tree.contains(&upper.code, &node.code));
                    prop_assert!(tree.subtree(&upper.code).contains(&node.code));
                }
            }
        }
    }
}

#[test]
fn the_children_of_a_place_are_those_directly_below() {
    let tree = small();
    let below = |place: &str| tree.children(&key(place)).map(|node| node.code.to_string()).collect::<Vec<_>>();
    assert_eq!(below("610000"), ["610900", "610000-xixian"]);
    assert_eq!(below("610928"), [""; 0]);
    assert_eq!(below("999999"), [""; 0]);
}

#[test]
fn levels_stand_below_higher_ones() {
    use PlaceLevel::{City, County, Nation, Province, Zone};
    for (level, uppers) in [
        (Nation, &[][..]),
        (Province, &[Nation][..]),
        (City, &[Province]),
        (County, &[Province, City, Zone]),
        (Zone, &[Province, City, County, Zone]),
    ] {
        for upper in [Nation, Province, City, County, Zone] {
            assert_eq!(level.may_stand_below(upper), uppers.contains(&upper), "{level} below {upper}");
        }
    }
}
