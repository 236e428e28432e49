//! A column of a table: of a CSV file, or of a list whose words are separated by spaces.

use csv::{ReaderBuilder, Trim};
use files::{Error, Result};

use super::{AttributeRow, names::NameColumn, no_column};
use crate::file::FileOrigin;

/// A table's text, without the byte-order mark that may stand before it.
///
/// # Errors
/// `Format` for bytes that are not in UTF-8, with the way out.
pub fn text<'a>(bytes: &'a [u8], origin: &FileOrigin) -> Result<&'a str> {
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if wide || bytes.contains(&0) {
        let expected = "a text in UTF-8 (iconv -f UTF-16 -t UTF-8, or \"CSV UTF-8\" in a spreadsheet)";
        return Err(origin.fault(0, "a text in UTF-16", expected));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let found =
            format!("the byte {:02x}, which is not UTF-8 but most likely Windows-1252 (Latin-1)", bytes[at]);
        let expected = "a text in UTF-8 (iconv -f WINDOWS-1252 -t UTF-8, or \"CSV UTF-8\" in a spreadsheet)";
        origin.fault(at, found, expected)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The column called `name`, without classes yet, and all others: those that may name the pictures.
///
/// # Errors
/// As [`super::Attribute::parse`].
pub fn column(text: &str, origin: &FileOrigin, name: &str) -> Result<(Vec<AttributeRow>, Vec<NameColumn>)> {
    let mut table = match delimiter(text) {
        Some(delimiter) => separated(text, origin, delimiter)?,
        None => list(text, origin)?,
    };
    // Spreadsheets write rows of separators alone below a table.
    table.rows.retain(|(_, row)| row.iter().any(|field| !field.is_empty()));
    table.column(origin, name)
}

/// All lines of a CSV file, the first of which may name the columns, each with where it begins. A file
/// without separators is one column.
///
/// # Errors
/// `Format` for a file without a line, and for quotes that are not closed.
pub fn rows(text: &str, origin: &FileOrigin) -> Result<Vec<(usize, Vec<String>)>> {
    let mut table = separated(text, origin, delimiter(text).unwrap_or(b','))?;
    table.rows.retain(|(_, row)| row.len() == 1 || row.iter().any(|field| !field.is_empty()));
    table.rows.insert(0, (0, table.header));
    Ok(table.rows)
}

/// What separates the fields of a CSV file: the most frequent one in the first line that has any of them.
/// None for a list.
fn delimiter(text: &str) -> Option<u8> {
    text.lines().filter(|line| !line.trim().is_empty()).take(2).find_map(|line| {
        let count = |delimiter: u8| {
            // Every other part stands between quotes.
            line.split('"').step_by(2).flat_map(str::bytes).filter(|&byte| byte == delimiter).count()
        };
        let counts = [b'\t', b';', b','].map(|delimiter| (count(delimiter), delimiter));
        let frequent = counts.into_iter().max_by_key(|(count, _)| *count);
        frequent.filter(|(count, _)| *count > 0).map(|(_, delimiter)| delimiter)
    })
}

/// Rows of fields, the names of the columns being the first.
struct AttributeTable {
    header: Vec<String>,
    rows: Vec<(usize, Vec<String>)>,
}

fn separated(text: &str, origin: &FileOrigin, delimiter: u8) -> Result<AttributeTable> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut rows: Vec<(usize, Vec<String>)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| origin.fault(0, error.to_string(), "a CSV file"))?;
        let at = record.position().map_or(0, |position| position.byte() as usize);
        rows.push((at, record.iter().map(str::to_owned).collect()));
    }
    // Excel's own line `sep=;`, which says what separates the fields.
    if rows.first().is_some_and(|(_, row)| row[0].eq_ignore_ascii_case("sep=")) {
        rows.remove(0);
    }
    if let Some((at, last)) = rows.last().filter(|(at, last)| is_open(&text[*at..], last)) {
        let found = format!("quotes that are never closed and hold {} lines", text[*at..].lines().count());
        return Err(origin.fault(*at, found, format!("a closing quote in the field `{}`", last[0])));
    }
    AttributeTable::of(rows, origin, text.len())
}

/// Whether the last record spans several lines because the quotes around a field are never closed.
fn is_open(record: &str, fields: &[String]) -> bool {
    fields.iter().any(|field| field.contains('\n')) && record.matches('"').count() % 2 == 1
}

/// A list like CelebA's; the number of rows may stand before it.
fn list(text: &str, origin: &FileOrigin) -> Result<AttributeTable> {
    let mut next = 0;
    let line = |line: &str| {
        let at = next;
        next += line.len();
        (at, line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    };
    let mut rows: Vec<_> =
        text.split_inclusive('\n').map(line).filter(|(_, words)| !words.is_empty()).collect();
    let count = rows.first().and_then(|(_, words)| match &words[..] {
        [one] => one.parse::<usize>().ok(),
        _ => None,
    });
    if let Some(count) = count {
        rows.remove(0);
        let pictures = rows.len().saturating_sub(1);
        if count != pictures {
            let expected = format!("{pictures}, as there are lines of pictures");
            return Err(origin.fault(0, format!("the number {count}"), expected));
        }
    }
    AttributeTable::of(rows, origin, text.len())
}

impl AttributeTable {
    fn of(mut rows: Vec<(usize, Vec<String>)>, origin: &FileOrigin, length: usize) -> Result<Self> {
        if rows.is_empty() {
            return Err(origin.fault(length, "the end of the file", "a line with the names of attributes"));
        }
        Ok(Self { header: rows.remove(0).1, rows })
    }

    fn column(self, origin: &FileOrigin, name: &str) -> Result<(Vec<AttributeRow>, Vec<NameColumn>)> {
        let (header, width) = self.names_of_columns();
        let mut columns = (0..header.len()).filter(|&column| header[column] == name);
        let column = match (columns.next(), columns.next()) {
            (Some(column), None) => column,
            (None, _) => return Err(no_column(origin, name, &header)),
            (Some(_), Some(_)) => {
                let problem = format!("{} has several columns `{name}`", origin.path.display());
                return Err(Error::usage(problem, "give each a name of its own"));
            }
        };
        let others = (0..width).filter(|&other| other != column);
        let mut others: Vec<_> =
            others.map(|i| NameColumn::new(i, header.get(i).map_or("", String::as_str))).collect();
        let row = |(offset, mut fields): (usize, Vec<String>)| {
            if fields.len() != width || width <= column {
                let found = format!("{} fields", fields.len());
                let expected = format!("{}, as in the first line of a picture", width.max(column + 1));
                return Err(origin.fault(offset, found, expected));
            }
            others.iter_mut().for_each(|other| other.push(&fields[other.index]));
            Ok(AttributeRow { offset, value: fields.swap_remove(column), class: 0 })
        };
        let rows = self.rows.into_iter().map(row).collect::<Result<_>>()?;
        Ok((rows, others))
    }

    /// The names of the columns, with an empty one for the pictures where there is none, and the number of
    /// fields of a row.
    fn names_of_columns(&self) -> (Vec<String>, usize) {
        let mut header = self.header.clone();
        let width = self.rows.first().map_or(header.len(), |(_, row)| row.len());
        // CelebA's header has no name for the pictures, others have; a separator at the end of every row is
        // no field.
        let ends_empty = self.rows.iter().all(|(_, row)| row.last().is_some_and(String::is_empty));
        if width == header.len() + 1 && !ends_empty {
            header.insert(0, String::new());
        }
        (header, width)
    }
}
