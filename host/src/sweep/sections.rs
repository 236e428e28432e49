//! What a preset says of a sweep: `[sweep]`, for all rounds, and a `[[round]]` for each.
//!
//! ```toml
//! [sweep]
//! seed = "0..3"                 # axes: a value, a list of values, or a text as on the command line
//!
//! [[round]]
//! name = "gan"
//! members = 1
//!
//! [[round]]
//! name = "classifiers"
//! generators = ["@gan/models/generator-1.onnx"]
//! on_the_fly = [false, true]
//! settings = [{ filter = false }, { filter = true, threshold = 0.5 }]   # settings that go together
//! ```

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use toml::Spanned;

use super::{
    axis::Axis,
    round::{Round, Values},
};
use crate::{
    error::{Error, Result},
    script::{
        Finding, Problem, library, position_at,
        settings::{ROUND, SWEEP, Setting, given},
    },
};

/// The words of a section that are no settings.
const NAME: &str = "name";
const TOGETHER: &str = "settings";

/// The name of the one round of a sweep without rounds.
const ONLY: &str = "main";

type Entries = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Deserialize)]
struct OfSweep {
    sweep: Entries,
}

#[derive(Deserialize)]
struct OfRounds {
    round: Vec<Entries>,
}

/// Whether a preset describes a sweep; one that is no TOML does not.
pub fn are_in(preset: &Path) -> bool {
    let table = library::read(preset).ok().and_then(|text| text.parse::<toml::Table>().ok());
    table.is_some_and(|table| has_sweep(&table) || has_rounds(&table))
}

fn has_sweep(table: &toml::Table) -> bool {
    table.get(SWEEP).is_some_and(toml::Value::is_table)
}

fn has_rounds(table: &toml::Table) -> bool {
    let rounds = table.get(ROUND).and_then(toml::Value::as_array);
    rounds.is_some_and(|items| !items.is_empty() && items.iter().all(toml::Value::is_table))
}

/// The rounds that a preset describes; one without axes where there is no preset.
///
/// # Errors
/// With line and caret: a key that is no setting, a value that the setting does not take, an axis without
/// values, a round without a name or with that of another.
pub fn rounds(preset: Option<&Path>, settings: &[Setting]) -> Result<Vec<Round>> {
    let text = preset.map(library::read).transpose()?.unwrap_or_default();
    let reader = Reader { file: preset.unwrap_or(Path::new("")), text: &text, settings };
    let table: toml::Table = reader.parsed()?;
    let shared = match has_sweep(&table) {
        true => reader.section(reader.parsed::<OfSweep>()?.sweep)?,
        false => Section::default(),
    };
    let own = if has_rounds(&table) { reader.parsed::<OfRounds>()?.round } else { Vec::new() };
    if own.is_empty() {
        return Ok(vec![shared.round(ONLY.to_owned(), &Section::default())]);
    }
    reader.named(own, &shared)
}

/// A section as it is read.
#[derive(Default)]
struct Section {
    name: Option<(usize, String)>,
    axes: Vec<(String, Axis)>,
    together: Vec<Values>,
}

impl Section {
    /// The round of this section: what it says goes before what is `shared`.
    fn round(&self, name: String, shared: &Section) -> Round {
        let together = if self.together.is_empty() { &shared.together } else { &self.together };
        let (axes, together) = (shared.axes.clone(), together.clone());
        let mut round = Round { name, axes, together, varying: Vec::new() };
        for (name, _) in self.together.iter().flatten() {
            round.axes.retain(|(other, _)| other != name);
        }
        for (name, axis) in &self.axes {
            round.set(name, axis.clone());
        }
        round
    }
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    settings: &'a [Setting],
}

impl Reader<'_> {
    fn parsed<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(self.text).map_err(|error| {
            let problem = Problem::new(error.message().replace('\n', ", "), "`host help sweep` has examples");
            self.error(error.span().map_or(0, |span| span.start), problem)
        })
    }

    fn error(&self, offset: usize, problem: Problem) -> Error {
        let position = position_at(self.text, offset);
        let file = self.file.display().to_string();
        Finding::new(file, position, problem).into_error(self.text)
    }

    fn named(&self, sections: Vec<Entries>, shared: &Section) -> Result<Vec<Round>> {
        let mut rounds: Vec<Round> = Vec::new();
        for entries in sections {
            let start = entries.keys().map(|key| key.span().start).min().unwrap_or_default();
            let section = self.section(entries)?;
            let (at, name) = section.name.clone().unwrap_or((start, String::new()));
            let is_taken = rounds.iter().any(|round| round.name == name);
            if name.is_empty() || name.contains(['/', '@']) || is_taken {
                let problem = "a round has a name of its own, without `/` and `@`";
                return Err(self.error(at, Problem::new(problem, "name = \"gan\"")));
            }
            rounds.push(section.round(name, shared));
        }
        Ok(rounds)
    }

    fn section(&self, entries: Entries) -> Result<Section> {
        let mut section = Section::default();
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let start = entries.first().map_or(0, |(key, _)| key.span().start);
        for (key, value) in entries {
            let (key_start, value_start) = (key.span().start, value.span().start);
            let located = |problem| self.error(value_start, problem);
            match (key.get_ref().as_str(), value.into_inner()) {
                (NAME, toml::Value::String(name)) => section.name = Some((value_start, name)),
                (TOGETHER, value) => section.together = self.together(value).map_err(located)?,
                (key, value) => {
                    let index =
                        given::index(self.settings, key).map_err(|problem| self.error(key_start, problem))?;
                    let axis = Axis::from_toml(&self.settings[index], value).map_err(located)?;
                    section.axes.push((key.to_owned(), axis));
                }
            }
        }
        self.unambiguous(section, start)
    }

    /// Refuses a section that says twice what a setting is; it begins at `start`.
    fn unambiguous(&self, section: Section, start: usize) -> Result<Section> {
        let is_axis = |name: &String| section.axes.iter().any(|(axis, _)| axis == name);
        match section.together.iter().flatten().find(|(name, _)| is_axis(name)) {
            None => Ok(section),
            Some((name, _)) => {
                let problem = format!("`{name}` is an axis, and one of the settings that go together");
                Err(self.error(start, Problem::new(problem, "leave it out of one of them")))
            }
        }
    }

    /// A list of settings that go together.
    fn together(&self, value: toml::Value) -> Result<Vec<Values>, Problem> {
        let example = "settings = [{ filter = false }, { filter = true, threshold = 0.5 }]";
        let wrong = || Problem::new("settings that go together are a list of tables", example);
        let toml::Value::Array(items) = value else { return Err(wrong()) };
        let of_one = |item| {
            let toml::Value::Table(table) = item else { return Err(wrong()) };
            let value = |(key, value): (String, toml::Value)| {
                let setting = &self.settings[given::index(self.settings, &key)?];
                Ok((key, given::from_toml(setting, value)?))
            };
            table.into_iter().map(value).collect()
        };
        let together: Vec<Values> = items.into_iter().map(of_one).collect::<Result<_, _>>()?;
        if together.is_empty() { Err(wrong()) } else { Ok(together) }
    }
}
