//! The tables of a run: cells that are texts or numbers and stay so, as CSV and on a terminal.

mod formats;

use super::words::number;
pub use formats::{to_markdown, to_tex, to_typst};

/// A cell. Numbers are shown with four digits, whole ones and texts as they are.
#[derive(Clone, Debug, PartialEq)]
pub enum TableCell {
    Text(String),
    Whole(i64),
    Number(f64),
}

impl TableCell {
    /// The cell as people see it.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Whole(n) => n.to_string(),
            Self::Number(x) => number(*x),
        }
    }

    /// The cell in a CSV file (RFC 4180). As in R's files, a text that reads as a number stands in quotes: so
    /// it is distinguished from one.
    fn csv(&self) -> String {
        match self {
            Self::Text(text) if text.contains(['"', ',', '\n', '\r']) || text.parse::<f64>().is_ok() => {
                format!("\"{}\"", text.replace('"', "\"\""))
            }
            Self::Text(text) => text.clone(),
            Self::Whole(n) => n.to_string(),
            Self::Number(x) if *x == 0.0 || !x.is_finite() || (1e-5..1e15).contains(&x.abs()) => {
                x.to_string()
            }
            Self::Number(x) => format!("{x:e}"),
        }
    }

    fn unquoted(text: String) -> Self {
        let whole = text.parse().map(Self::Whole);
        whole.or_else(|_| text.parse().map(Self::Number)).unwrap_or(Self::Text(text))
    }
}

/// Rows, which may differ in length, as the text of a CSV file.
pub fn to_csv(rows: &[Vec<TableCell>]) -> String {
    let line = |row: &Vec<TableCell>| match &row[..] {
        // An empty line would have no cell.
        [TableCell::Text(text)] if text.is_empty() => "\"\"\n".to_owned(),
        row => row.iter().map(TableCell::csv).collect::<Vec<_>>().join(",") + "\n",
    };
    rows.iter().map(line).collect()
}

/// The rows of [`to_csv`].
pub fn from_csv(text: &str) -> Vec<Vec<TableCell>> {
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let (cell, after) = field(rest);
        let ends = !after.starts_with(',');
        // An empty line is a row without cells.
        if !(ends && row.is_empty() && cell == TableCell::Text(String::new()) && !rest.starts_with('"')) {
            row.push(cell);
        }
        let cut = after.strip_prefix("\r\n").unwrap_or_else(|| after.get(1..).unwrap_or(""));
        if ends || cut.is_empty() {
            if !ends {
                row.push(TableCell::Text(String::new()));
            }
            rows.push(std::mem::take(&mut row));
        }
        rest = cut;
    }
    rows
}

/// The cell that a text begins with, and what follows it.
fn field(text: &str) -> (TableCell, &str) {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\n', '\r']).unwrap_or(text.len());
        return (TableCell::unquoted(text[..end].to_owned()), &text[end..]);
    };
    let mut content = String::new();
    loop {
        let end = rest.find('"').unwrap_or(rest.len());
        content.push_str(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or("");
        match rest.strip_prefix('"') {
            Some(more) => {
                content.push('"');
                rest = more;
            }
            None => {
                // Nothing belongs between the quote and the end of the cell.
                let end = rest.find([',', '\n', '\r']).unwrap_or(rest.len());
                return (TableCell::Text(content), &rest[end..]);
            }
        }
    }
}

/// The table on a terminal: names to the left, all else to the right.
pub fn aligned(rows: &[Vec<TableCell>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(TableCell::shown).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row: &Vec<String>| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let line = |row: &Vec<String>| {
        let cell = |(column, cell): (usize, &String)| match column {
            0 => format!("{cell:<0$}", width(0)),
            _ => format!("  {cell:>0$}", width(column)),
        };
        row.iter().enumerate().map(cell).collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> TableCell {
        TableCell::Text(text.into())
    }

    #[test]
    fn texts_stay_texts_and_numbers_numbers() {
        let texts =
            ["007", "1e3", "nan", "infinity", "-0", "a,b \"q\"", "", "two\nlines", "0x10", " 1", "\r", "\""];
        let numbers = [
            TableCell::Whole(9_007_199_254_740_993),
            TableCell::Number(0.1),
            TableCell::Number(1e300),
            TableCell::Whole(-3),
        ];
        let rows = vec![
            texts.map(text).to_vec(),
            numbers.to_vec(),
            vec![],
            vec![text("")],
            vec![TableCell::Number(f64::INFINITY), text(""), text("last")],
            vec![text("a"), text("")],
        ];
        assert_eq!(from_csv(&to_csv(&rows)), rows);
        for (cell, shown) in texts.map(text).iter().zip(texts) {
            assert_eq!(cell.shown(), shown);
        }
        assert_eq!(numbers.map(|cell| cell.shown()), ["9007199254740993", "0.1", "1e300", "-3"]);
        assert_eq!(to_csv(&rows[1..2]), "9007199254740993,0.1,1e300,-3\n");
        assert_eq!(to_csv(&[vec![text("007"), TableCell::Number(-1e-12)]]), "\"007\",-1e-12\n");
    }

    #[test]
    fn files_of_other_programs_are_read() {
        assert_eq!(
            from_csv("a,1\r\n\"x\"y,\"open"),
            [[text("a"), TableCell::Whole(1)], [text("x"), text("open")]]
        );
        assert_eq!(from_csv(""), [[]; 0] as [[TableCell; 0]; 0]);
        assert_eq!(from_csv("a,"), [[text("a"), text("")]]);
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows =
            [vec![text(""), text("FID")], vec![text("gan"), TableCell::Number(21.345)], vec![text("x")]];
        assert_eq!(aligned(&rows), "       FID\ngan  21.34\nx");
    }
}
