//! Tables of text (`text/csv`, RFC 4180): the first line names the columns, each further line is one row. A row becomes a JSON value, so
//! that it is judged like any other item. A row is one physical line: what is sent here holds no line breaks within a cell.

use super::{document::Document, lines::Line};
use crate::{problem::FieldError, text::Text};
use domain::kernel::Hours;
use serde_json::{Map, Value, json};
use std::str::FromStr;

/// What a cell of a column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// A text.
    Text(&'static str),
    /// A word of a closed list, or what people call it: each with what it means.
    Word(&'static str, &'static [(&'static str, &'static str)]),
    /// A whole number.
    Integer(&'static str),
    /// Yes or no.
    YesNo(&'static str),
    /// An amount of hours of a category: an item of `hours`.
    Hours(String),
}

/// Which column goes by these words; none does by others.
pub(crate) type FieldOf = fn(&str) -> Option<Field>;

/// The columns of a table.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    /// As the table calls them, with what they hold.
    columns: Vec<(String, Field)>,
}

/// A row, and in which columns its fields stand.
pub(crate) struct Row {
    pub(crate) read: Result<Document, Vec<FieldError>>,
    /// By pointers.
    pub(crate) columns: Vec<(String, String)>,
}

impl Sheet {
    /// Reads the first line.
    ///
    /// # Errors
    /// All that is wrong with it: it is no UTF-8, or names a column that is not known, or one twice.
    pub(crate) fn open(line: &Line, field: FieldOf) -> Result<Self, Vec<FieldError>> {
        let at = |fault: FieldError, column: usize| fault.with("line", line.number).with("column_number", column + 1);
        let cells = cells(line).map_err(|fault| vec![at(fault, 0)])?;
        let (mut columns, mut faults): (Vec<(String, Field)>, Vec<FieldError>) = (Vec::new(), Vec::new());
        for (number, cell) in cells.iter().enumerate() {
            // Programs that write tables begin the text with a mark of its order of bytes.
            let name = cell.trim_start_matches('\u{feff}').trim();
            match field(name) {
                Some(field) if columns.iter().any(|(_, known)| *known == field) => {
                    let words = Text::new("此列重复", "the column is there twice");
                    faults.push(at(FieldError::new("", "duplicate_column", words), number));
                }
                Some(field) => columns.push((name.to_owned(), field)),
                None => {
                    let words =
                        Text::new("不认识的列名，请对照文档", "no column goes by this name; compare the document");
                    faults.push(at(FieldError::new("", "unknown_column", words), number));
                }
            }
        }
        if faults.is_empty() { Ok(Self { columns }) } else { Err(faults) }
    }

    /// Reads a row; none where nothing stands in it.
    pub(crate) fn row(&self, line: &Line) -> Option<Row> {
        let cells = match cells(line) {
            Ok(cells) => cells,
            Err(fault) => return Some(Row { read: Err(vec![fault]), columns: Vec::new() }),
        };
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return None;
        }
        let (mut faults, mut columns) = (Vec::new(), Vec::new());
        if cells.len() > self.columns.len() {
            let (most, found) = (self.columns.len(), cells.len());
            let words = Text::new(
                format!("该行有 {found} 格，而表头只有 {most} 列"),
                format!("the row has {found} cells, and the header only {most} columns"),
            );
            faults.push(FieldError::new("", "too_many_cells", words));
        }
        let (mut value, mut hours) = (Map::new(), Vec::new());
        let empty = String::new();
        for (number, (name, field)) in self.columns.iter().enumerate() {
            let cell = cells.get(number).unwrap_or(&empty).trim();
            let pointer = match field {
                Field::Text(field) | Field::Word(field, _) | Field::Integer(field) | Field::YesNo(field) => {
                    format!("/{field}")
                }
                Field::Hours(_) => format!("/hours/{}", hours.len()),
            };
            if !cell.is_empty() {
                match read(field, cell) {
                    Ok(read) => match field {
                        Field::Hours(category) => hours.push(json!({ "category": category, "hours": read })),
                        Field::Text(field) | Field::Word(field, _) | Field::Integer(field) | Field::YesNo(field) => {
                            value.insert((*field).to_owned(), read);
                        }
                    },
                    Err((code, words)) => {
                        faults.push(FieldError::new(pointer.clone(), code, words).with("column", name))
                    }
                }
            }
            let is_hours = matches!(field, Field::Hours(_));
            if !is_hours || !cell.is_empty() {
                columns.push((pointer, name.clone()));
            }
        }
        if !hours.is_empty() {
            value.insert("hours".to_owned(), hours.into());
        }
        let read = if faults.is_empty() { Ok(Document::from(Value::Object(value))) } else { Err(faults) };
        Some(Row { read, columns })
    }
}

type Unread = (&'static str, Text);

fn read(field: &Field, cell: &str) -> Result<Value, Unread> {
    match field {
        Field::Text(_) if is_mangled(cell) => {
            let words = Text::new(
                "电子表格把号码改成了科学计数法，末位数字已丢失；请把该列设为文本后重新填写",
                "a spreadsheet has turned the number into one with an exponent, and lost its last digits; make the column text and enter it anew",
            );
            Err(("mangled_number", words))
        }
        Field::Text(_) => Ok(cell.into()),
        Field::Word(_, known) => {
            Ok(known.iter().find(|(called, _)| *called == cell).map_or(cell, |(_, word)| *word).into())
        }
        Field::Integer(_) => cell
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| ("wrong_type", Text::new("应为整数", "must be a whole number"))),
        Field::YesNo(_) => match cell.to_lowercase().as_str() {
            "是" | "达标" | "合格" | "true" | "yes" | "1" => Ok(true.into()),
            "否" | "未达标" | "不合格" | "false" | "no" | "0" => Ok(false.into()),
            _ => Err(("unknown_value", Text::new("应为：是、否", "must be yes or no"))),
        },
        Field::Hours(_) => match Hours::from_str(cell) {
            Ok(hours) => Ok(json!(hours)),
            Err(_) => {
                let words = Text::new("应为至多两位小数的数", "must be a number with at most two decimal places");
                Err(("wrong_type", words))
            }
        },
    }
}

/// Whether a number has been rounded and written with an exponent, as `6.1E+17`. Spreadsheets write one digit before the point, or up to
/// three, and two of the exponent: other texts with an E among digits are numbers of documents.
fn is_mangled(cell: &str) -> bool {
    let upper = cell.to_uppercase();
    let Some((mantissa, exponent)) = upper.split_once('E') else { return false };
    let digits =
        |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(whole, rest)| (whole, Some(rest)));
    let (signed, exponent) = exponent.strip_prefix('+').map_or((false, exponent), |rest| (true, rest));
    let is_marked = signed || fraction.is_some();
    digits(whole, if is_marked { 3 } else { 1 })
        && fraction.is_none_or(|fraction| digits(fraction, 15))
        && digits(exponent, 2)
        && (is_marked || exponent.len() == 2)
}

/// The cells of a line.
fn cells(line: &Line) -> Result<Vec<String>, FieldError> {
    let fault = |code: &str, words: Text| FieldError::new("", code, words);
    let Some(content) = &line.content else {
        return Err(fault("line_too_long", Text::new("该行过长", "the line is too long")));
    };
    if content.iter().filter(|byte| **byte == b'"').count() % 2 != 0 {
        let words = "a quotation mark is not closed on the line; a cell holds no line break";
        return Err(fault("unclosed_quote", Text::new("引号未在本行内闭合；单元格内不得换行", words)));
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content.trim_ascii_end());
    let mut records = reader.records();
    let (row, more) = (records.next(), records.next());
    if more.is_some() {
        // What stands behind it would be lost.
        let words = Text::new(
            "行内有单独的回车符；请以换行符分行",
            "a carriage return stands within the line; end lines with a line feed",
        );
        return Err(fault("line_break", words));
    }
    match row {
        Some(Ok(record)) => Ok(record.iter().map(str::to_owned).collect()),
        None => Ok(Vec::new()),
        Some(Err(_)) => {
            let words = "not in UTF-8; save the table as CSV UTF-8";
            Err(fault("not_utf8", Text::new("不是 UTF-8 编码；请另存为“CSV UTF-8”", words)))
        }
    }
}

#[cfg(test)]
mod tests {
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

    fn sheet(header: &str) -> Sheet {
        Sheet::open(&line(header.as_bytes()), field).unwrap()
    }

    fn codes(faults: &[FieldError]) -> Vec<(&str, &str)> {
        faults.iter().map(|fault| (fault.pointer.as_str(), fault.code.as_str())).collect()
    }

    #[test]
    fn a_row_behind_a_lone_carriage_return_is_not_lost_in_silence() {
        let sheet = sheet("姓名,year");
        for text in ["张,2018\r李,2018", "张,2018\r李,2018\r"] {
            let faults = sheet.row(&line(text.as_bytes())).unwrap().read.unwrap_err();
            assert_eq!(codes(&faults), [("", "line_break")]);
        }
        assert!(Sheet::open(&line("姓名,year\r张,2018".as_bytes()), field).is_err());
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
        let faults = |row: &str| sheet.row(&line(row.as_bytes())).unwrap().read.unwrap_err();
        assert_eq!(
            codes(&faults("6.1E+17,x,maybe,many")),
            [
                ("/name", "mangled_number"),
                ("/year", "wrong_type"),
                ("/met", "unknown_value"),
                ("/hours/0", "wrong_type"),
            ]
        );
        assert_eq!(faults("6.1E+17,2018,,")[0].facts["column"], "name");
        assert_eq!(codes(&faults("a,2018,是,1,more")), [("", "too_many_cells")]);
        assert_eq!(codes(&faults("\"a,2018,是,1")), [("", "unclosed_quote")]);
        let latin = sheet.row(&line(b"\xd5\xc5,2018,,")).unwrap().read.unwrap_err();
        assert_eq!(codes(&latin), [("", "not_utf8")]);
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
    fn the_first_line_names_every_column_once() {
        let refused = |header: &str| Sheet::open(&line(header.as_bytes()), field).unwrap_err();
        let faults = refused("name,nome,姓名");
        assert_eq!(codes(&faults), [("", "unknown_column"), ("", "duplicate_column")]);
        assert_eq!((&faults[0].facts["line"], &faults[0].facts["column_number"]), (&json!(1), &json!(2)));
    }
}
