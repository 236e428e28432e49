//! Files that say something of every picture: CelebA's `list_attr_celeba.txt` and tables like it.

use super::fault;
use crate::error::{Error, Result};
use crate::reading;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// The largest file that is read: ten times CelebA's.
const MOST_BYTES: u64 = 256 << 20;

/// One attribute of many pictures.
#[derive(Debug)]
pub struct Attribute {
    path: PathBuf,
    /// Where the file ends.
    length: u64,
    /// The class of a picture by its file name.
    classes: HashMap<String, u32>,
    /// `["not Male", "Male"]`, or all values of a column that holds others than yes and no.
    pub class_names: Vec<String>,
}

/// A line: where it begins, and its words.
struct Line<'a> {
    offset: u64,
    words: Vec<&'a str>,
}

impl Attribute {
    /// Reads the column called `name`. The first line has the names of the columns, with or without one
    /// for the pictures' file names, which stand first in every other line; before it there may be the number of
    /// pictures. Words are parted by spaces or commas.
    ///
    /// # Errors
    /// `Usage` for a name that is not there; `Format` for a line with other words than it needs, a picture
    /// that comes twice, another number of lines than the first line says; `Io`.
    pub fn read(path: &Path, name: &str) -> Result<Self> {
        let length = path.metadata().map_err(Error::io(path))?.len();
        if length > MOST_BYTES {
            return Err(fault(path, 0, format!("{length} bytes"), format!("at most {MOST_BYTES}")));
        }
        let bytes = reading::read(path, u64::MAX)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            fault(path, error.valid_up_to() as u64, "bytes that are no text", "a table in UTF-8")
        })?;
        let mut lines = lines(text).peekable();
        let count = lines.next_if(|line| matches!(line.words[..], [one] if one.parse::<u64>().is_ok()));
        let Some(header) = lines.next() else {
            return Err(fault(path, length, "the end of the file", "a line with the names of attributes"));
        };
        let rows: Vec<Line> = lines.collect();
        if let Some(count) = count.filter(|count| count.words[0] != rows.len().to_string()) {
            let expected = format!("{}, as there are lines of pictures", rows.len());
            return Err(fault(path, 0, format!("the number {}", count.words[0]), expected));
        }
        let column = column(path, &header, rows.first(), name)?;
        let values = values(path, &rows, column)?;
        let (class_names, class) = classes(name, &values);
        let classes = values.iter().map(|(file, value)| ((*file).to_owned(), class[value])).collect();
        Ok(Self { path: path.to_path_buf(), length, classes, class_names })
    }

    /// The class of the picture in that file.
    ///
    /// # Errors
    /// `Format` for a picture that the table does not know.
    pub fn of(&self, file: &str) -> Result<u32> {
        self.classes.get(file).copied().ok_or_else(|| {
            fault(&self.path, self.length, "the end of the file", format!("a line for `{file}`"))
        })
    }
}

/// The lines that are not empty.
fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut next = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        let offset = next;
        next += line.len() as u64;
        let words = line.split([' ', '\t', ',', '\r', '\n']).filter(|word| !word.is_empty()).collect();
        Line { offset, words }
    });
    lines.filter(|line| !line.words.is_empty())
}

/// Where in a row the attribute stands: CelebA's header has no name for the first column, others have.
fn column(path: &Path, header: &Line, row: Option<&Line>, name: &str) -> Result<usize> {
    let nameless = row.is_some_and(|row| row.words.len() == header.words.len() + 1);
    let names = &header.words[usize::from(!nameless).min(header.words.len())..];
    match names.iter().position(|known| *known == name) {
        Some(place) => Ok(place + 1),
        None => Err(Error::usage(
            format!("{} has no attribute `{name}`", path.display()),
            format!("it has {}", names.join(", ")),
        )),
    }
}

/// The file name and the value of every row.
fn values<'a>(path: &Path, rows: &[Line<'a>], column: usize) -> Result<Vec<(&'a str, &'a str)>> {
    let width = rows.first().map_or(0, |row| row.words.len());
    let mut seen = BTreeSet::new();
    let value = |row: &Line<'a>| {
        if row.words.len() != width || width <= column {
            let found = format!("{} words", row.words.len());
            let expected = format!("{}, as in the first line of a picture", width.max(column + 1));
            return Err(fault(path, row.offset, found, expected));
        }
        if !seen.insert(row.words[0]) {
            return Err(fault(
                path,
                row.offset,
                format!("`{}` again", row.words[0]),
                "one line for a picture",
            ));
        }
        Ok((row.words[0], row.words[column]))
    };
    rows.iter().map(value).collect()
}

/// The names of the classes, and the class of every value: -1 and 0 are no and 1 is yes, where there is
/// nothing else; otherwise every value is a class.
fn classes<'a>(name: &str, values: &[(&'a str, &'a str)]) -> (Vec<String>, HashMap<&'a str, u32>) {
    let distinct: BTreeSet<&str> = values.iter().map(|(_, value)| *value).collect();
    if distinct.iter().all(|value| matches!(*value, "-1" | "0" | "1")) {
        let class = distinct.iter().map(|&value| (value, u32::from(value == "1"))).collect();
        return (vec![format!("not {name}"), name.to_owned()], class);
    }
    let names = distinct.iter().map(|&value| value.to_owned()).collect();
    (names, distinct.into_iter().zip(0..).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, name: &str) -> Result<Attribute> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        std::fs::write(&path, text).unwrap();
        Attribute::read(&path, name)
    }

    fn fails(text: &str, name: &str, expected: &str) {
        let error = read(text, name).unwrap_err().to_string();
        assert!(error.contains("list.txt") && error.contains(expected), "{error}");
    }

    #[test]
    fn the_layout_of_celeba_is_read() {
        let text = "2\nBald Male \n000001.jpg  1 -1\r\n000002.jpg -1  1\n";
        let male = read(text, "Male").unwrap();
        assert_eq!(male.class_names, ["not Male", "Male"]);
        assert_eq!((male.of("000001.jpg").unwrap(), male.of("000002.jpg").unwrap()), (0, 1));
        assert_eq!(read(text, "Bald").unwrap().of("000001.jpg").unwrap(), 1);
        let error = male.of("3.jpg").unwrap_err().to_string();
        assert!(
            error.contains("at byte 48: found the end of the file, expected a line for `3.jpg`"),
            "{error}"
        );
    }

    #[test]
    fn a_table_with_commas_and_other_values_is_read() {
        let text = "file,kind,old\na.png,cat,0\nb.png,dog,1\nc.png,cat,1\n";
        let kind = read(text, "kind").unwrap();
        assert_eq!(kind.class_names, ["cat", "dog"]);
        assert_eq!([("a.png"), ("b.png"), ("c.png")].map(|file| kind.of(file).unwrap()), [0, 1, 0]);
        assert_eq!(read(text, "old").unwrap().class_names, ["not old", "old"]);
    }

    #[test]
    fn faults_name_file_offset_and_expectation() {
        fails("", "Male", "at byte 0: found the end of the file");
        fails("3\nMale\na 1\nb 1\n", "Male", "at byte 0: found the number 3, expected 2");
        fails("Male Bald\na 1 1\nb 1\n", "Male", "at byte 16: found 2 words, expected 3");
        fails("Male\na 1\na 1\n", "Male", "at byte 9: found `a` again");
        fails("Male Bald\na 1 1\n", "Mole", "no attribute `Mole`\n  help: it has Male, Bald");
    }
}
