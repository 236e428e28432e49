//! Columns of text that fit a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::terminal::one_line;

/// No column is cut to fewer columns of the terminal.
const NARROWEST: usize = 12;

/// Between two columns.
const GAP: &str = "  ";

/// A column of a table.
#[derive(Clone, Debug, Default)]
pub struct Column {
    pub head: String,
    /// What runs are sorted by to be in its order; none where nothing says so.
    pub key: Option<String>,
    pub cells: Vec<String>,
    /// Numbers stand to the right, and are never cut.
    pub is_number: bool,
    /// Whether what is too long loses its middle, not its end.
    pub keeps_end: bool,
}

/// The columns beside each other, in at most `width` columns of a terminal where it has one: long texts are
/// cut, and columns at the end are left out. And the heads of these.
pub fn drawn(columns: &[Column], width: Option<usize>) -> (String, Vec<String>) {
    let cells = |column: &Column| {
        let all = [&column.head].into_iter().chain(&column.cells);
        all.map(|cell| one_line(cell)).collect::<Vec<_>>()
    };
    let texts: Vec<Vec<String>> = columns.iter().map(cells).collect();
    let natural = |texts: &Vec<String>| texts.iter().map(|text| text.width()).max().unwrap_or(0);
    let natural: Vec<usize> = texts.iter().map(natural).collect();
    let widths = width.map_or(natural.clone(), |width| fitting_widths(columns, &natural, width));
    let line = |row: usize| {
        let cell = |column: usize| {
            let text = cut(&texts[column][row], widths[column], columns[column].keeps_end);
            let room = " ".repeat(widths[column] - text.width());
            if columns[column].is_number { format!("{room}{text}") } else { format!("{text}{room}") }
        };
        let cells: Vec<String> = (0..widths.len()).map(cell).collect();
        cells.join(GAP).trim_end().to_owned() + "\n"
    };
    let rows = texts.first().map_or(0, Vec::len);
    let left_out = columns[widths.len()..].iter().map(|column| column.head.clone()).collect();
    ((0..rows).map(line).collect(), left_out)
}

/// The widths of as many columns as fit, of which the widest texts are cut.
fn fitting_widths(columns: &[Column], natural: &[usize], width: usize) -> Vec<usize> {
    let fewer = (1..=natural.len()).rev().map(|count| narrowed(columns, &natural[..count], width));
    let mut fewer = fewer.peekable();
    while let Some(widths) = fewer.next() {
        if total(&widths) <= width || fewer.peek().is_none() {
            return widths;
        }
    }
    Vec::new()
}

/// The widest texts made narrower, step by step, until all fit or none can be cut.
fn narrowed(columns: &[Column], natural: &[usize], width: usize) -> Vec<usize> {
    let mut widths = natural.to_vec();
    while total(&widths) > width {
        let cuttable = (0..widths.len()).filter(|&i| !columns[i].is_number && widths[i] > NARROWEST);
        match cuttable.max_by_key(|&i| widths[i]) {
            Some(widest) => widths[widest] -= 1,
            None => break,
        }
    }
    widths
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

/// The text in at most `width` columns, with an ellipsis where something is missing.
fn cut(text: &str, width: usize, keeps_end: bool) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let after = if keeps_end { room / 2 } else { 0 };
    let start = fitting(text.chars(), room - after);
    let end: String = fitting(text.chars().rev(), after).chars().rev().collect();
    format!("{start}…{end}")
}

fn fitting(text: impl Iterator<Item = char>, width: usize) -> String {
    let mut taken = 0;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= width
    };
    text.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(head: &str, cells: &[&str], is_number: bool) -> Column {
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        Column { head: head.into(), cells, is_number, keeps_end: head == "run", ..Column::default() }
    }

    fn columns() -> Vec<Column> {
        vec![
            column("run", &["runs/dtan,channels=16-1a2b3c4d", "runs/x"], false),
            column("loss", &["0.5", "12"], true),
            column("note", &["a long note \u{1b}[31m with 数字 in it", ""], false),
        ]
    }

    #[test]
    fn a_table_is_as_wide_as_its_texts_where_nothing_limits_it() {
        let (text, left_out) = drawn(&columns(), None);
        assert_eq!(
            text,
            "run                             loss  note\n\
             runs/dtan,channels=16-1a2b3c4d   0.5  a long note \\x1b[31m with 数字 in it\n\
             runs/x                            12\n"
        );
        assert_eq!(left_out, [""; 0]);
    }

    #[test]
    fn a_table_fits_the_terminal() {
        let (text, left_out) = drawn(&columns(), Some(44));
        assert!(text.lines().all(|line| line.width() <= 44), "{text}");
        assert!(text.contains("runs/dtan…1a2b3c4d") && text.contains("a long note \\x1b[…"), "{text}");
        assert_eq!(left_out, [""; 0]);
        let (text, left_out) = drawn(&columns(), Some(20));
        assert!(text.lines().all(|line| line.width() <= 20), "{text}");
        assert_eq!(left_out, ["note"]);
        drawn(&columns(), Some(1));
        assert_eq!(drawn(&[], Some(10)), (String::new(), Vec::new()));
    }
}
