//! `host data`

use std::path::Path;

use super::outcome::Outcome;
use crate::{
    data::{self, Place},
    error::Result,
};

/// Prints which data sets are found, and where.
pub fn run(data: Option<&Path>) -> Result<Outcome> {
    let folders = data::folders(data);
    let shown: Vec<_> = folders.iter().map(|f| f.display().to_string()).collect();
    println!("looked in: {}", shown.join(", "));
    for found in data::list(&folders) {
        println!("\n{}: {}", found.name, found.about);
        for (split, place) in ["train", "test"].into_iter().zip(&found.places) {
            match place {
                Place::BuiltIn => println!("  {split:5}  built in"),
                Place::At(path) => println!("  {split:5}  {}", path.display()),
                Place::Missing { wanted } => println!("  {split:5}  not found ({wanted})"),
            }
        }
    }
    Ok(Outcome::Done)
}
