//! The table of `ARCHITECTURE.md`.

use std::{fs, path::PathBuf};

use tests::repository;

/// A line of the table.
#[derive(Debug)]
pub struct Room {
    pub name: String,
    /// The folder of its sources or, without `.rs`, its one file: `host/src/run`.
    pub home: PathBuf,
    /// Names of rooms.
    pub uses: Vec<String>,
}

impl Room {
    /// Whether the page allows it to use another room, by its name or by that of its crate: `ops` for
    /// `ops::nn`.
    pub fn may_use(&self, other: &Self) -> bool {
        let whole = other.name.split("::").next().unwrap_or_default();
        self.uses.iter().any(|used| *used == other.name || used == whole)
    }
}

/// The rooms, from top to bottom.
pub fn rooms() -> Vec<Room> {
    let page = fs::read_to_string(repository().join("ARCHITECTURE.md")).expect("the page");
    let (_, table) = page.split_once("```rooms\n").expect("the table of rooms");
    let (table, _) = table.split_once("```").expect("the end of the table");
    table.lines().skip(1).map(room).collect()
}

fn room(line: &str) -> Room {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [name, home, _what, uses] = cells[..] else { panic!("`{line}` has not four cells") };
    Room {
        name: name.to_owned(),
        home: home.into(),
        uses: uses.split_whitespace().map(str::to_owned).collect(),
    }
}
