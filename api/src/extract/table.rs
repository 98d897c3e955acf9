//! Tables of text (`text/csv`, RFC 4180): the first line names the columns, each further line is one row. A row becomes a JSON value, so
//! that it is judged like any other item. A row is one physical line: what is sent here holds no line breaks within a cell.

use super::{document::Document, lines::Line};
use crate::{problem::FieldError, text::Text};
use domain::kernel::Hours;
use serde_json::{Map, Value, json};
use std::str::FromStr;

/// How many columns a table may have: each row is held against all of them.
const MOST_COLUMNS: usize = 100;

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

/// The columns that a table of a room may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Headings {
    /// Which column goes by these words; none does by others.
    pub(crate) field: fn(&str) -> Option<Field>,
    /// The words for people.
    pub(crate) known: &'static [&'static str],
}

/// The columns of a table.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    /// As the table calls them, with what they hold.
    columns: Vec<(String, Field)>,
}

/// A row, and in which columns its fields stand.
pub(crate) struct Row {
    /// None of a line that is no row. In a cell that cannot be read stands something that no field may be.
    pub(crate) read: Result<Document, Vec<FieldError>>,
    /// What is wrong with such cells.
    pub(crate) unread: Vec<FieldError>,
    /// By pointers.
    pub(crate) columns: Vec<(String, String)>,
}

impl Sheet {
    /// Reads the first line.
    ///
    /// # Errors
    /// All that is wrong with it: it is no UTF-8, has too many columns, or names one that is not known, or one twice.
    pub(crate) fn open(line: &Line, headings: Headings) -> Result<Self, Vec<FieldError>> {
        let at = |fault: FieldError, column: usize| fault.with("line", line.number).with("column_number", column + 1);
        let mut cells = cells(line).map_err(|fault| vec![at(fault, 0)])?;
        // Spreadsheets leave empty columns behind the last one.
        while cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.len() > MOST_COLUMNS {
            let found = cells.len();
            let words = Text::new(
                format!("表头有 {found} 列，至多 {MOST_COLUMNS} 列"),
                format!("the first line has {found} columns, and may have {MOST_COLUMNS}"),
            );
            return Err(vec![FieldError::new("", "too_many_columns", words).with("line", line.number)]);
        }
        let (mut columns, mut faults): (Vec<(String, Field)>, Vec<FieldError>) = (Vec::new(), Vec::new());
        for (number, cell) in cells.iter().enumerate() {
            // Programs that write tables begin the text with a mark of its order of bytes.
            let name = cell.trim_start_matches('\u{feff}').trim();
            match (headings.field)(name) {
                Some(field) if columns.iter().any(|(_, known)| *known == field) => {
                    let words = Text::new("此列重复", "the column is there twice");
                    faults.push(at(FieldError::new("", "duplicate_column", words), number));
                }
                Some(field) => columns.push((name.to_owned(), field)),
                None => faults.push(at(unknown_column(cell, headings), number)),
            }
        }
        if faults.is_empty() { Ok(Self { columns }) } else { Err(faults) }
    }

    /// How many columns there are.
    pub(crate) const fn width(&self) -> usize {
        self.columns.len()
    }

    /// Reads a row; none where nothing stands in it.
    pub(crate) fn row(&self, line: &Line) -> Option<Row> {
        let cells = match cells(line) {
            Ok(cells) => cells,
            Err(fault) => return Some(Row { read: Err(vec![fault]), unread: Vec::new(), columns: Vec::new() }),
        };
        let last = cells.iter().rposition(|cell| !cell.trim().is_empty())?;
        let mut unread = Vec::new();
        if last >= self.columns.len() {
            let (most, found) = (self.columns.len(), last + 1);
            let words = Text::new(
                format!("该行有 {found} 格，而表头只有 {most} 列"),
                format!("the row has {found} cells, and the header only {most} columns"),
            );
            unread.push(FieldError::new("", "too_many_cells", words));
        }
        let (mut value, mut hours, mut columns) = (Map::new(), Vec::new(), Vec::new());
        for (number, (name, field)) in self.columns.iter().enumerate() {
            let cell = cells.get(number).map_or("", |cell| cell.trim());
            if cell.is_empty() {
                // What is missing is told by the field, so where it would stand.
                columns.extend(field.name().map(|field| (format!("/{field}"), name.clone())));
                continue;
            }
            let pointer = field.name().map_or_else(|| format!("/hours/{}", hours.len()), |field| format!("/{field}"));
            let read = read(field, cell).unwrap_or_else(|(code, words)| {
                let pointer = if field.name().is_some() { pointer.clone() } else { format!("{pointer}/hours") };
                unread.push(FieldError::new(pointer, code, words).with("column", name));
                json!([])
            });
            match field {
                Field::Hours(category) => hours.push(json!({ "category": category, "hours": read })),
                Field::Text(field) | Field::Word(field, _) | Field::Integer(field) | Field::YesNo(field) => {
                    value.insert((*field).to_owned(), read);
                }
            }
            columns.push((pointer, name.clone()));
        }
        if !hours.is_empty() {
            value.insert("hours".to_owned(), hours.into());
        }
        Some(Row { read: Ok(Document::from(Value::Object(value))), unread, columns })
    }
}

impl Field {
    /// The field of an item that it is; none of what is one of several.
    const fn name(&self) -> Option<&'static str> {
        match self {
            Self::Text(field) | Self::Word(field, _) | Self::Integer(field) | Self::YesNo(field) => Some(field),
            Self::Hours(_) => None,
        }
    }
}

/// A column that is not known, with those that are.
fn unknown_column(cell: &str, headings: Headings) -> FieldError {
    if cell.contains([';', '\t']) {
        let words = Text::new(
            "各列须以逗号分隔，此表以分号或制表符分隔",
            "columns are separated by commas, and here by semicolons or tabs",
        );
        return FieldError::new("", "wrong_separator", words);
    }
    let known = headings.known.join("、");
    let words = Text::new(
        format!("不认识的列名；可用：{known}"),
        format!("no column goes by this name; there are: {}", headings.known.join(", ")),
    );
    FieldError::new("", "unknown_column", words).with("known", headings.known)
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
                let words = Text::new(
                    "应为至多两位小数、不过大的数",
                    "must be a number with at most two decimal places, and not too large",
                );
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
    if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) || content.contains(&0) {
        return Err(not_utf8());
    }
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
        Some(Err(_)) => Err(not_utf8()),
    }
}

fn not_utf8() -> FieldError {
    let words = Text::new("不是 UTF-8 编码；请另存为“CSV UTF-8”", "not in UTF-8; save the table as CSV UTF-8");
    FieldError::new("", "not_utf8", words)
}

#[cfg(test)]
mod tests;
