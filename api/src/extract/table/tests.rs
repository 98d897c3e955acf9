//! Rows and headers that are read, and what is told of those that cannot be.

use super::*;

fn field(name: &str) -> Option<Field> {
    match name {
        "姓名" | "name" => Some(Field::Text("name")),
        "年度" | "year" => Some(Field::Integer("year")),
        "达标" | "met" => Some(Field::YesNo("met")),
        _ => name.strip_prefix("hours.").map(|code| Field::Hours(code.to_owned())),
    }
}

fn line(text: &[u8]) -> Line {
    Line { number: 1, content: Some(text.to_vec().into()) }
}

const HEADINGS: Headings = Headings { field, known: &["姓名", "年度"] };

fn sheet(header: &str) -> Sheet {
    Sheet::open(&line(header.as_bytes()), HEADINGS).unwrap()
}

/// What is wrong with a row, of itself or of its cells.
fn faults_of(sheet: &Sheet, row: &[u8]) -> Vec<FieldError> {
    let Row { read, unread, .. } = sheet.row(&line(row)).unwrap();
    read.err().into_iter().flatten().chain(unread).collect()
}

fn codes(faults: &[FieldError]) -> Vec<(&str, &str)> {
    faults.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_str())).collect()
}

#[test]
fn a_row_behind_a_lone_carriage_return_is_not_lost_in_silence() {
    let sheet = sheet("姓名,year");
    for text in ["张,2018\r李,2018", "张,2018\r李,2018\r"] {
        assert_eq!(codes(&faults_of(&sheet, text.as_bytes())), [("", "line_break")]);
    }
    assert!(Sheet::open(&line("姓名,year\r张,2018".as_bytes()), HEADINGS).is_err());
    assert!(sheet.row(&line("张,2018\r".as_bytes())).unwrap().read.is_ok());
}

#[test]
fn a_row_becomes_a_value_with_or_without_a_mark_of_the_order_of_bytes() {
    for mark in ["", "\u{feff}"] {
        let sheet = sheet(&format!("{mark}姓名,year,hours.public,hours.professional,达标\r"));
        let row = sheet.row(&line("\"张,三\",2018,24,30.5,\r".as_bytes())).unwrap();
        let hours = json!([{ "category": "public", "hours": 24 }, { "category": "professional", "hours": 30.5 }]);
        assert_eq!(row.read.unwrap().value, json!({ "name": "张,三", "year": 2018, "hours": hours }));
        let row = sheet.row(&line("李四,2018,,30,是".as_bytes())).unwrap();
        let hours = json!([{ "category": "professional", "hours": 30 }]);
        assert_eq!(row.read.unwrap().value, json!({ "name": "李四", "year": 2018, "hours": hours, "met": true }));
        assert!(row.columns.contains(&("/hours/0".to_owned(), "hours.professional".to_owned())));
        assert!(sheet.row(&line(b",,,,")).is_none());
    }
}

#[test]
fn what_a_cell_cannot_be_is_told_with_its_column() {
    let sheet = sheet("name,year,met,hours.public");
    let faults = |row: &str| faults_of(&sheet, row.as_bytes());
    assert_eq!(
        codes(&faults("6.1E+17,x,maybe,many")),
        [
            ("/name", "mangled_number"),
            ("/year", "wrong_type"),
            ("/met", "unknown_value"),
            ("/hours/0/hours", "wrong_type"),
        ]
    );
    assert_eq!(faults("6.1E+17,2018,,")[0].facts["column"], "name");
    assert_eq!(codes(&faults("a,2018,是,1,more")), [("", "too_many_cells")]);
    assert_eq!(codes(&faults("\"a,2018,是,1")), [("", "unclosed_quote")]);
    for other in [&b"\xd5\xc5,2018,,"[..], b"\xff\xfea\0,\0", b"a\0b,2018"] {
        assert_eq!(codes(&faults_of(&sheet, other)), [("", "not_utf8")]);
    }
}

#[test]
fn each_amount_of_hours_that_cannot_be_read_is_told_at_its_own_place() {
    let sheet = sheet("name,hours.a,hours.b,hours.c");
    let row = sheet.row(&line("甲,x,,1e3".as_bytes())).unwrap();
    assert_eq!(codes(&row.unread), [("/hours/0/hours", "wrong_type"), ("/hours/1/hours", "wrong_type")]);
    assert_eq!(row.unread.iter().map(|fault| &fault.facts["column"]).collect::<Vec<_>>(), ["hours.a", "hours.c"]);
    let at = |pointer: &str| row.columns.iter().find(|(at, _)| at == pointer).map(|(_, name)| name.as_str());
    assert_eq!((at("/hours/0"), at("/hours/1")), (Some("hours.a"), Some("hours.c")));
    // Nothing takes what stands there for what was meant.
    assert_eq!(row.read.unwrap().value["hours"][1], json!({ "category": "c", "hours": [] }));
}

#[test]
fn empty_columns_behind_the_last_one_are_no_fault() {
    let sheet = sheet("name,year,,");
    assert_eq!(sheet.width(), 2);
    let row = sheet.row(&line("甲,2018,, ".as_bytes())).unwrap();
    assert!(row.unread.is_empty());
    assert_eq!(row.read.unwrap().value, json!({ "name": "甲", "year": 2018 }));
    assert_eq!(codes(&faults_of(&sheet, "甲,2018,,x".as_bytes())), [("", "too_many_cells")]);
}

#[test]
fn a_number_with_an_exponent_is_told_from_a_text_that_looks_alike() {
    for mangled in ["6.1E+17", "6e17", "6.10302E17", "6E+17", "610.302E+15", "6.1E+5"] {
        assert!(is_mangled(mangled), "{mangled}");
    }
    for whole in [
        "610302199001010002",
        "61030219900101000X",
        "E123",
        "6.1E",
        "e",
        "1E-3",
        "G12E34A",
        "1234E567",
        "61E17",
        "6E1",
        "6E123",
        "1234.5E+17",
        "6.1E+123",
        "6.E+17",
        ".1E+17",
    ] {
        assert!(!is_mangled(whole), "{whole}");
    }
}

#[test]
fn a_table_has_so_many_columns_and_no_more() {
    let header = |columns: usize| (0..columns).map(|n| format!("hours.{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(sheet(&header(MOST_COLUMNS)).width(), MOST_COLUMNS);
    let faults = Sheet::open(&line(header(MOST_COLUMNS + 1).as_bytes()), HEADINGS).unwrap_err();
    assert_eq!(codes(&faults), [("", "too_many_columns")]);
}

#[test]
fn the_first_line_names_every_column_once() {
    let refused = |header: &str| Sheet::open(&line(header.as_bytes()), HEADINGS).unwrap_err();
    let faults = refused("name,nome,姓名");
    assert_eq!(codes(&faults), [("", "unknown_column"), ("", "duplicate_column")]);
    assert_eq!((&faults[0].facts["line"], &faults[0].facts["column_number"]), (&json!(1), &json!(2)));
    assert_eq!(faults[0].facts["known"], json!(["姓名", "年度"]));
    for other in ["name;year", "name\tyear"] {
        assert_eq!(codes(&refused(other)), [("", "wrong_separator")]);
    }
}
