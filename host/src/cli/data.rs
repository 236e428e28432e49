//! `host data`

use std::{cell::RefCell, collections::HashMap, path::Path};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};

use super::{DataCommand, outcome::Outcome};
use crate::{
    data::{
        self, FoundSet, SetLocation,
        get::{self, OFFERS, Watch},
    },
    error::{Error, Result},
    terminal::{COLUMNS, wrapped},
};

const BAR: &str = "{prefix:<28} {bar:24} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";

/// Prints which data sets are found, and where; or brings one.
pub fn run(action: Option<&DataCommand>, data: Option<&Path>, json: bool) -> Result<Outcome> {
    match action {
        None if json => data::list(&data::folders(data)).iter().for_each(|found| out!("{}", facts(found))),
        None => list(data),
        Some(DataCommand::Get { name, from }) => bring(name, from.as_deref(), data)?,
    }
    Ok(Outcome::Done)
}

/// A set for programs.
fn facts(found: &FoundSet) -> Json {
    let split = |place: &SetLocation| match place {
        SetLocation::BuiltIn => json!({ "found": true, "path": null }),
        SetLocation::At(path) => json!({ "found": true, "path": path }),
        SetLocation::Missing { wanted } => json!({ "found": false, "wanted": wanted }),
    };
    let [train, test] = &found.locations;
    json!({
        "name": found.name,
        "about": found.about,
        "train": split(train),
        "test": split(test),
        "offered": found.offered,
    })
}

fn list(data: Option<&Path>) {
    let folders = data::folders(data);
    let shown: Vec<_> = folders.iter().map(|f| f.display().to_string()).collect();
    out!("looked in: {}", shown.join(", "));
    for found in data::list(&folders) {
        out!("\n{}", wrapped(&format!("{}: {}", found.name, found.about), COLUMNS).join("\n"));
        for (split, place) in ["train", "test"].into_iter().zip(&found.locations) {
            match place {
                SetLocation::BuiltIn => out!("  {split:5}  built in"),
                SetLocation::At(path) => out!("  {split:5}  {}", path.display()),
                SetLocation::Missing { wanted } => out!("  {split:5}  not found ({wanted})"),
            }
        }
        if found.offered && found.locations.iter().any(|place| matches!(place, SetLocation::Missing { .. })) {
            out!("  `host data get {}` brings it", found.name);
        }
    }
}

/// Brings a set into the first of the data folders.
fn bring(name: &str, from: Option<&str>, data: Option<&Path>) -> Result<()> {
    let Some(offer) = get::offer(name) else {
        let known: Vec<_> = OFFERS.iter().map(|offer| offer.name).collect();
        return Err(Error::usage(
            format!("no public data set called `{name}` can be brought"),
            format!("known are {}", known.join(", ")),
        ));
    };
    let folders = data::folders(data);
    let Some(folder) = folders.first() else { return Ok(()) };
    let from = from.map(|url| if url.ends_with('/') { url.to_owned() } else { format!("{url}/") });
    err!("{}: {}", offer.name, offer.terms);
    err!("from {}", from.as_deref().unwrap_or(offer.address));
    let home = get::get(offer, folder, from.as_deref(), &Bars::default())?;
    out!("{}", home.display());
    Ok(())
}

/// A bar for each file, where stderr is a terminal.
#[derive(Default)]
struct Bars(RefCell<HashMap<String, ProgressBar>>);

impl Watch for Bars {
    fn came(&self, name: &str, bytes: u64, of: u64) {
        let mut bars = self.0.borrow_mut();
        let bar = bars.entry(name.to_owned()).or_insert_with(|| {
            let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(of).with_style(style).with_prefix(name.to_owned()).with_position(bytes)
        });
        bar.set_position(bytes);
        if bytes == of && !bar.is_finished() {
            bar.finish();
        }
    }
}
