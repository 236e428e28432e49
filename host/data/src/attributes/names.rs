//! Which column of a table names the pictures. It is not always the first: pandas writes the index of a row
//! before it, and `0` is no name for `0.png` where another column has that.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use crate::{Split, pictures::is_picture_name};

/// A column that may name the pictures.
pub struct NameColumn {
    /// Its position in the table.
    pub index: usize,
    header: String,
    /// The name of each row, separated by `/`.
    files: Vec<String>,
    /// The row of a picture by its whole name.
    by_name: HashMap<String, usize>,
    /// The same by the last part of the name alone; none where it is that of several rows.
    by_last: HashMap<String, Option<usize>>,
}

impl NameColumn {
    pub fn new(index: usize, header: &str) -> Self {
        let (by_name, by_last) = (HashMap::new(), HashMap::new());
        Self { index, header: header.to_owned(), files: Vec::new(), by_name, by_last }
    }

    /// Adds the name in the next row.
    pub fn push(&mut self, name: &str) {
        let name = name.replace('\\', "/");
        self.files.push(name.strip_prefix("./").unwrap_or(&name).to_owned());
    }

    /// The first row whose name was that of an earlier one.
    pub fn repeated(&self) -> Option<(usize, &str)> {
        let mut seen = HashSet::new();
        let mut names = self.files.iter().map(String::as_str).enumerate();
        names.find(|(_, name)| !seen.insert(*name))
    }

    /// Whether the names are those of picture files, with their ends.
    pub fn has_ends(&self) -> bool {
        let named = self.files.iter().filter(|name| !name.is_empty());
        let (all, ends) =
            named.fold((0, 0), |(all, ends), name| (all + 1, ends + usize::from(is_picture_name(name))));
        all > 0 && 2 * ends > all
    }

    /// Makes it ready for [`NameColumn::row`].
    pub fn indexed(mut self) -> Self {
        for (i, name) in self.files.iter().enumerate() {
            self.by_name.insert(name.clone(), i);
            self.by_last.entry(last_part(name).to_owned()).and_modify(|row| *row = None).or_insert(Some(i));
        }
        self
    }

    /// The row of a picture. A row is that of a picture if its name is the end of the picture's path or,
    /// where that is clear, if both have the same last part, for which the picture's may lack its end
    /// (`.png`); unless the two lie in the folders of different splits.
    pub fn row(&self, folder: &Path, file: &str) -> Option<usize> {
        let path = folder.join(file);
        let path = path.to_string_lossy();
        let path = path.trim_start_matches('/');
        let ends = std::iter::successors(Some(path), |end| end.split_once('/').map(|(_, end)| end));
        let mut by_name = ends.filter_map(|end| self.by_name.get(end));
        by_name.next().copied().or_else(|| {
            let last = last_part(file);
            let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
            let row = [last, stem].into_iter().find_map(|name| self.by_last.get(name).copied().flatten())?;
            let other = split_of(&self.files[row]);
            (other.is_none() || other == split_of(path)).then_some(row)
        })
    }

    /// The column in words.
    pub fn shown(&self) -> String {
        match (&*self.header, self.index) {
            ("", 0) => "the first column".to_owned(),
            ("", index) => format!("column {}", index + 1),
            (header, _) => format!("the column `{header}`"),
        }
    }
}

/// The split that a folder in the path of a picture says, the innermost one.
fn split_of(path: &str) -> Option<Split> {
    path.rsplit('/').skip(1).find_map(Split::of_folder)
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}
