//! Files that say something of every picture: CelebA's `list_attr_celeba.txt` and tables like it, in CSV.

mod names;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use files::{Error, Result};

use super::file::FileOrigin;
use names::NameColumn;
pub use table::{rows, text};

/// The largest file that is read: ten times CelebA's.
pub const MAX_BYTES: u64 = 256 << 20;

/// One attribute of many pictures.
pub struct Attribute {
    origin: FileOrigin,
    /// Where the file ends.
    length: usize,
    rows: Vec<AttributeRow>,
    /// The columns that may name the pictures.
    names: Vec<NameColumn>,
    /// `["not Male", "Male"]`, or all values of a column that holds others than yes and no.
    pub class_names: Vec<String>,
}

/// A row of a table: what is said of a picture.
struct AttributeRow {
    /// Where it begins.
    offset: usize,
    value: String,
    class: u32,
}

impl Attribute {
    /// Takes the column called `name` out of a table. Its first line has the names of the columns, where that
    /// of a first column with the pictures' names may be missing; in a list whose words are separated by
    /// spaces there may be the number of pictures before it. CSV files are separated by commas, semicolons or
    /// tabs; spaces around a field do not belong to it.
    ///
    /// # Errors
    /// `Usage` for a name that is not there, or twice; `Format` for a row of another length, a picture that
    /// comes twice, another number of rows than the first line says, a text that is not in UTF-8.
    pub fn parse(bytes: &[u8], origin: FileOrigin, name: &str) -> Result<Self> {
        let text = table::text(bytes, &origin)?;
        let (mut rows, names) = table::column(text, &origin, name)?;
        let names = naming(names, &rows, &origin)?;
        let class_names = classes(name, &mut rows);
        Ok(Self { origin, length: bytes.len(), rows, names, class_names })
    }

    /// The class of every picture, by the row that [`NameColumn::row`] finds in the column that names most of
    /// them; and a warning where that is not the first column.
    ///
    /// # Errors
    /// `Format` for a picture that the table does not know, or two that one row could be meant for; `Usage`
    /// where another column could be meant as well.
    pub fn of<'a>(&self, folder: &Path, files: &[&'a str]) -> Result<(Vec<u32>, Option<String>)> {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let (column, rows) = self.chosen(&folder, files)?;
        let mut taken: BTreeMap<usize, &'a str> = BTreeMap::new();
        let class = |(&file, row): (&&'a str, Option<usize>)| {
            let Some(row) = row else {
                let wanted = if column.index > 0 { format!(" in {}", column.shown()) } else { String::new() };
                let expected = format!("a line for `{file}`{wanted}");
                return Err(self.origin.fault(self.length, "the end of the file", expected));
            };
            if let Some(other) = taken.insert(row, file) {
                let found = format!("one line for `{other}` and `{file}`");
                return Err(self.origin.fault(self.rows[row].offset, found, "names with their folders"));
            }
            Ok(self.rows[row].class)
        };
        let classes = files.iter().zip(rows).map(class).collect::<Result<_>>()?;
        let shown = || {
            let path = self.origin.path.display();
            format!("{path}: the pictures are found by {}, not by the first one", column.shown())
        };
        Ok((classes, (column.index > 0).then(shown)))
    }

    /// The column that names most of the pictures, the first of several, and the row of each picture. Where
    /// another one names at least half of them and leads to other classes, neither is to be trusted.
    fn chosen(&self, folder: &Path, files: &[&str]) -> Result<(&NameColumn, Vec<Option<usize>>)> {
        let rows = |column: &NameColumn| files.iter().map(|file| column.row(folder, file)).collect();
        let mut found: Vec<(&NameColumn, Vec<Option<usize>>)> =
            self.names.iter().map(|column| (column, rows(column))).collect();
        let count = |rows: &[Option<usize>]| rows.iter().flatten().count();
        // Stable: of equal ones the first stays first.
        found.sort_by_key(|(_, rows)| std::cmp::Reverse(count(rows)));
        let (column, rows) = found.remove(0);
        let class = |row: Option<usize>| row.map(|row| self.rows[row].class);
        let differs = |other: &[Option<usize>]| {
            rows.iter().zip(other).any(|(&a, &b)| class(b).is_some() && class(a) != class(b))
        };
        let rival = found.iter().find(|(_, other)| 2 * count(other) >= files.len().max(1) && differs(other));
        match rival {
            None => Ok((column, rows)),
            Some((rival, _)) => Err(Error::usage(
                format!(
                    "{}: {} and {} could both name the pictures, and give them different classes",
                    self.origin.path.display(),
                    column.shown(),
                    rival.shown()
                ),
                "give the names with their ends (`0.png`) in one of them, or delete the other one",
            )),
        }
    }

    /// How many pictures have no value.
    pub fn empty(&self) -> usize {
        self.rows.iter().filter(|row| row.value.is_empty()).count()
    }
}

/// The columns that may name the pictures: those with the names of picture files where there are any, and
/// none that has a name twice.
fn naming(mut names: Vec<NameColumn>, rows: &[AttributeRow], origin: &FileOrigin) -> Result<Vec<NameColumn>> {
    if names.iter().any(NameColumn::has_ends) {
        names.retain(NameColumn::has_ends);
    }
    let repeated = names.first().and_then(|column| {
        let (row, name) = column.repeated()?;
        Some((rows[row].offset, format!("`{name}` again")))
    });
    names.retain(|column| column.repeated().is_none());
    match (names.is_empty(), repeated) {
        (false, _) => Ok(names.into_iter().map(NameColumn::indexed).collect()),
        (true, Some((at, found))) => Err(origin.fault(at, found, "one line for a picture")),
        (true, None) => Err(Error::usage(
            format!("{} has no other column, which would name the pictures", origin.path.display()),
            "add a column with their names",
        )),
    }
}

/// Gives every row its class, and the names of the classes: 1 is yes and the other one of -1 and 0 is no,
/// where there is nothing else; otherwise every value is a class.
fn classes(name: &str, rows: &mut [AttributeRow]) -> Vec<String> {
    let distinct: BTreeSet<String> = rows.iter().map(|row| row.value.clone()).collect();
    let all_of = |known: [&str; 2]| distinct.iter().all(|value| known.contains(&&**value));
    if all_of(["-1", "1"]) || all_of(["0", "1"]) {
        rows.iter_mut().for_each(|row| row.class = u32::from(row.value == "1"));
        return vec![format!("not {name}"), name.to_owned()];
    }
    let numbers: HashMap<&String, u32> = distinct.iter().zip(0..).collect();
    rows.iter_mut().for_each(|row| row.class = numbers[&row.value]);
    distinct.into_iter().collect()
}

/// The error for a column that a table does not have.
fn no_column(origin: &FileOrigin, name: &str, names: &[String]) -> Error {
    let known: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    Error::usage(
        format!("{} has no attribute `{name}`", origin.path.display()),
        format!("it has {}", known.join(", ")),
    )
}

#[cfg(test)]
mod tests;
