//! Files that say something of every picture: CelebA's `list_attr_celeba.txt` and tables like it, in CSV.

mod table;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use files::{Error, Result};

use super::file::FileOrigin;

/// The largest file that is read: ten times CelebA's.
pub const MAX_BYTES: u64 = 256 << 20;

/// One attribute of many pictures.
pub struct Attribute {
    origin: FileOrigin,
    /// Where the file ends.
    length: usize,
    rows: Vec<AttributeRow>,
    /// The row of a picture by its name as it stands in the table, separated by `/`.
    by_name: HashMap<String, usize>,
    /// The same by the last part of the name alone; none where it is that of several rows.
    by_last: HashMap<String, Option<usize>>,
    /// `["not Male", "Male"]`, or all values of a column that holds others than yes and no.
    pub class_names: Vec<String>,
}

/// A row of a table: a picture, and what is said of it.
struct AttributeRow {
    /// Where it begins.
    offset: usize,
    file: String,
    value: String,
    class: u32,
}

impl Attribute {
    /// Takes the column called `name` out of a table. Its first line has the names of the columns, with or
    /// without one for the pictures' names, which stand first in every other line; in a list whose words are
    /// separated by spaces there may be the number of pictures before it. CSV files are separated by commas,
    /// semicolons or tabs; spaces around a field do not belong to it.
    ///
    /// # Errors
    /// `Usage` for a name that is not there, or twice; `Format` for a row of another length, a picture that
    /// comes twice, another number of rows than the first line says, a text that is not in UTF-8.
    pub fn parse(bytes: &[u8], origin: FileOrigin, name: &str) -> Result<Self> {
        let text = table::text(bytes, &origin)?;
        let mut rows = table::column(text, &origin, name)?;
        let (mut by_name, mut by_last) = (HashMap::new(), HashMap::new());
        for (i, row) in rows.iter_mut().enumerate() {
            row.file = row.file.replace('\\', "/").trim_start_matches("./").to_owned();
            if by_name.insert(row.file.clone(), i).is_some() {
                return Err(origin.fault(
                    row.offset,
                    format!("`{}` again", row.file),
                    "one line for a picture",
                ));
            }
            let last = last_part(&row.file).to_owned();
            by_last.entry(last).and_modify(|row| *row = None).or_insert(Some(i));
        }
        let class_names = classes(name, &mut rows);
        Ok(Self { origin, length: bytes.len(), rows, by_name, by_last, class_names })
    }

    /// The class of every picture. A row is that of a picture if its name is the end of the picture's path
    /// or, where that is clear, if both have the same last part, for which the picture's may lack its end
    /// (`.png`).
    ///
    /// # Errors
    /// `Format` for a picture that the table does not know, or two that one row could be meant for.
    pub fn of<'a>(&self, folder: &Path, files: &[&'a str]) -> Result<Vec<u32>> {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let mut taken: BTreeMap<usize, &'a str> = BTreeMap::new();
        let class = |&file: &&'a str| {
            let Some(row) = self.row(&folder, file) else {
                let expected = format!("a line for `{file}`");
                return Err(self.origin.fault(self.length, "the end of the file", expected));
            };
            if let Some(other) = taken.insert(row, file) {
                let found = format!("one line for `{other}` and `{file}`");
                return Err(self.origin.fault(self.rows[row].offset, found, "names with their folders"));
            }
            Ok(self.rows[row].class)
        };
        files.iter().map(class).collect()
    }

    fn row(&self, folder: &Path, file: &str) -> Option<usize> {
        let path = folder.join(file);
        let path = path.to_string_lossy();
        let path = path.trim_start_matches('/');
        let ends = std::iter::successors(Some(path), |end| end.split_once('/').map(|(_, end)| end));
        let mut by_name = ends.filter_map(|end| self.by_name.get(end));
        by_name.next().copied().or_else(|| {
            let last = last_part(file);
            let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
            [last, stem].into_iter().find_map(|name| self.by_last.get(name).copied().flatten())
        })
    }

    /// How many pictures have no value.
    pub fn empty(&self) -> usize {
        self.rows.iter().filter(|row| row.value.is_empty()).count()
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
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
