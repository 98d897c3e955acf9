//! The places that a new database starts with: the administration tree and the division codes that lead into it.
//!
//! The rows are data with their source in their first lines (`places/places.csv`, `places/division_codes.csv`). Once loaded
//! they live in the database, which is then the truth; what the rows mean is [`domain::registry::PlaceTree`].

use domain::registry::{DatedCode, PlaceNode, PlaceTree};
use std::str::FromStr;
use thiserror::Error;
use time::{Date, macros::format_description};

const PLACES: &str = include_str!("../places/places.csv");
const DIVISION_CODES: &str = include_str!("../places/division_codes.csv");

/// A line of a seed file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}, line {line}: {fault}")]
pub struct SeedError {
    /// The file's name.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: SeedFault,
}

/// What is wrong with a line of a seed file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SeedFault {
    /// The line of column names is missing or another one.
    #[error("expected the columns `{expected}`")]
    Columns {
        /// The line that belongs there.
        expected: &'static str,
    },
    /// A line with more or fewer fields than columns.
    #[error("expected {expected} fields, found {found}")]
    Fields {
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A field that does not read as what its column holds.
    #[error("`{found}` is no {column}: {because}")]
    Field {
        /// The column.
        column: &'static str,
        /// What stands there.
        found: String,
        /// Why it does not read.
        because: String,
    },
}

/// Every node and every division code of the seed, in the order of the files (upper nodes before lower ones).
///
/// # Errors
/// The first line that cannot be read. Whether the rows make a tree is for [`domain::registry::PlaceTree::new`] to say.
pub fn seed() -> Result<(Vec<PlaceNode>, Vec<DatedCode>), SeedError> {
    let places = rows("places.csv", "code,name,parent,level", PLACES, |[code, name, parent, level]: [&str; 4]| {
        Ok(PlaceNode {
            code: field("code", code)?,
            name: name.to_owned(),
            parent: if parent.is_empty() { None } else { Some(field("parent", parent)?) },
            level: field("level", level)?,
        })
    })?;
    let columns = "system,code,place,from_on,until_on,name";
    let codes = rows(
        "division_codes.csv",
        columns,
        DIVISION_CODES,
        |[system, code, place, from_on, until_on, name]: [&str; 6]| {
            Ok(DatedCode {
                system: field("system", system)?,
                code: code.to_owned(),
                place: field("place", place)?,
                from_on: day("from_on", from_on)?,
                until_on: if until_on.is_empty() { None } else { Some(day("until_on", until_on)?) },
                name: (!name.is_empty()).then(|| name.to_owned()),
            })
        },
    )?;
    Ok((places, codes))
}

/// The tree that the rows make.
///
/// # Errors
/// What is wrong with the rows, in words.
pub fn tree() -> Result<PlaceTree, String> {
    let (places, codes) = seed().map_err(|error| error.to_string())?;
    PlaceTree::new(places, codes).map_err(|error| error.to_string())
}

/// Reads lines of `N` fields. No field holds a comma, so a line is split and nothing is quoted; `#` opens a remark.
fn rows<const N: usize, T>(
    file: &'static str,
    columns: &'static str,
    text: &str,
    read: impl Fn([&str; N]) -> Result<T, SeedFault>,
) -> Result<Vec<T>, SeedError> {
    let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next();
    if first.is_none_or(|(line, _)| line != columns) {
        let line = first.map_or(1, |(_, number)| number);
        return Err(SeedError { file, line, fault: SeedFault::Columns { expected: columns } });
    }
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let found = fields.len();
        read(fields.try_into().map_err(|_| SeedFault::Fields { expected: N, found })?)
    };
    lines.map(|(text, line)| row(text).map_err(|fault| SeedError { file, line, fault })).collect()
}

fn field<T: FromStr<Err: ToString>>(column: &'static str, found: &str) -> Result<T, SeedFault> {
    found.parse().map_err(|e: T::Err| SeedFault::Field { column, found: found.to_owned(), because: e.to_string() })
}

fn day(column: &'static str, found: &str) -> Result<Date, SeedFault> {
    let format = format_description!("[year]-[month]-[day]");
    Date::parse(found, format).map_err(|e| SeedFault::Field { column, found: found.to_owned(), because: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{kernel::PlaceCode, registry::PlaceLevel};
    use time::macros::date;

    /// The counties with the reduced fee (SX-15), in the order of the notice.
    const REDUCED_FEE: [(&str, &str); 29] = [
        ("610203", "印台区"),
        ("610204", "耀州区"),
        ("610527", "白水县"),
        ("610828", "佳县"),
        ("610830", "清涧县"),
        ("610831", "子洲县"),
        ("610703", "南郑区"),
        ("610722", "城固县"),
        ("610723", "洋县"),
        ("610724", "西乡县"),
        ("610725", "勉县"),
        ("610726", "宁强县"),
        ("610728", "镇巴县"),
        ("610902", "汉滨区"),
        ("610924", "紫阳县"),
        ("610929", "白河县"),
        ("610923", "宁陕县"),
        ("610727", "略阳县"),
        ("610928", "旬阳县"),
        ("610926", "平利县"),
        ("610922", "石泉县"),
        ("610921", "汉阴县"),
        ("610925", "岚皋县"),
        ("611002", "商州区"),
        ("611021", "洛南县"),
        ("611022", "丹凤县"),
        ("611023", "商南县"),
        ("611024", "山阳县"),
        ("611026", "柞水县"),
    ];

    fn tree() -> PlaceTree {
        super::tree().unwrap()
    }

    fn key(code: &str) -> PlaceCode {
        code.parse().unwrap()
    }

    fn path(tree: &PlaceTree, code: &str) -> Vec<String> {
        tree.path(&tree.find(code).unwrap().code).into_iter().map(|node| node.name.clone()).collect()
    }

    #[test]
    fn the_rows_make_a_tree_of_four_provinces() {
        let tree = tree();
        let count = |level| tree.nodes().iter().filter(|node| node.level == level).count();
        assert_eq!(count(PlaceLevel::Nation), 1);
        assert_eq!(count(PlaceLevel::Province), 4);
        assert_eq!(count(PlaceLevel::City), 54);
        assert_eq!(count(PlaceLevel::County), 413);
        assert_eq!(count(PlaceLevel::Zone), 2);
        for (province, nodes) in [("340000", 122), ("410000", 178), ("610000", 120), ("630000", 53)] {
            assert_eq!(tree.subtree(&key(province)).len(), nodes, "{province}");
        }
        let of_provinces: usize =
            ["340000", "410000", "610000", "630000"].map(|p| tree.subtree(&key(p)).len()).iter().sum();
        assert_eq!(of_provinces + 1, tree.nodes().len());
    }

    #[test]
    fn upper_nodes_stand_before_lower_ones() {
        let (places, _) = seed().unwrap();
        for (index, node) in places.iter().enumerate() {
            let parent = node.parent.as_ref();
            assert!(parent.is_none_or(|p| places[..index].iter().any(|upper| upper.code == *p)), "{}", node.code);
        }
    }

    #[test]
    fn every_node_stands_below_a_level_that_may_hold_it() {
        let tree = tree();
        for node in tree.nodes() {
            let upper = node.parent.as_ref().and_then(|parent| tree.node(parent));
            assert!(upper.is_none_or(|upper| node.level.may_stand_below(upper.level)), "{}", node.code);
        }
    }

    #[test]
    fn every_county_of_the_reduced_fee_is_found_under_its_name() {
        let tree = tree();
        for (code, name) in REDUCED_FEE {
            let found = tree.find(code).unwrap();
            assert!(tree.contains(&key("610000"), &found.code), "{code}");
            // The notice prints codes and names of its day.
            let called = tree.called_on(&found.code, date!(2020 - 11 - 20)).unwrap();
            assert_eq!((called.code, called.name), (code, name));
        }
    }

    #[test]
    fn the_neighbours_without_the_reduced_fee_are_places_too() {
        let tree = tree();
        for (code, name) in [("610927", "镇坪县"), ("611025", "镇安县"), ("610729", "留坝县"), ("610730", "佛坪县")]
        {
            assert_eq!(tree.find(code).unwrap().name, name);
            assert!(REDUCED_FEE.iter().all(|(reduced, _)| *reduced != code));
        }
    }

    #[test]
    fn the_code_before_2021_and_the_one_since_lead_to_one_place() {
        let tree = tree();
        let place = &tree.find("610928").unwrap().code;
        assert_eq!(&tree.find("610981").unwrap().code, place);
        assert_eq!(tree.current_code(place, date!(2020 - 12 - 31)).unwrap().code, "610928");
        assert_eq!(tree.current_code(place, date!(2021 - 01 - 01)).unwrap().code, "610981");
        let called = |on| tree.called_on(place, on).map(|called| (called.code, called.name)).unwrap();
        assert_eq!(called(date!(2020 - 12 - 31)), ("610928", "旬阳县"));
        assert_eq!(called(date!(2021 - 01 - 01)), ("610981", "旬阳市"));
    }

    #[test]
    fn places_that_the_code_table_does_not_know_have_their_place() {
        let tree = tree();
        assert_eq!(path(&tree, "610403"), ["杨陵区", "杨凌示范区", "陕西省", "全国"]);
        assert_eq!(path(&tree, "610581"), ["韩城市", "陕西省", "全国"]);
        assert_eq!(path(&tree, "610000-xixian"), ["西咸新区", "陕西省", "全国"]);
        assert_eq!(path(&tree, "410471"), ["高新区", "平顶山市", "河南省", "全国"]);
        assert_eq!(path(&tree, "410472"), ["城乡一体化示范区", "平顶山市", "河南省", "全国"]);
        assert_eq!(path(&tree, "410482"), ["汝州市", "平顶山市", "河南省", "全国"]);
        assert_eq!(path(&tree, "419001"), ["济源市", "河南省", "全国"]);
        assert_eq!(path(&tree, "341882"), ["广德市", "宣城市", "安徽省", "全国"]);
    }

    #[test]
    fn a_line_that_does_not_read_is_named() {
        let read = |text: &'static str| {
            rows("x.csv", "from_on,until_on", text, |[a, b]: [&str; 2]| Ok((day("from_on", a)?, b.len())))
        };
        assert_eq!(read("# remark\nfrom_on,until_on\n2021-01-01,abc\n").unwrap(), [(date!(2021 - 01 - 01), 3)]);
        let fault = |text| read(text).unwrap_err().to_string();
        assert_eq!(fault(""), "x.csv, line 1: expected the columns `from_on,until_on`");
        assert_eq!(fault("# remark\nfrom\n"), "x.csv, line 2: expected the columns `from_on,until_on`");
        assert_eq!(fault("from_on,until_on\n\n2021-01-01\n"), "x.csv, line 3: expected 2 fields, found 1");
        assert!(fault("from_on,until_on\n2021-02-29,\n").starts_with("x.csv, line 2: `2021-02-29` is no from_on: "));
    }
}
