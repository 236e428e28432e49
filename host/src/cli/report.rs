//! `host report`

use std::path::Path;

use super::outcome::Outcome;
use crate::{error::Result, page, study::named};

/// Writes the report of a run anew.
pub fn run(run: &Path) -> Result<Outcome> {
    let folder = named::find_run(run)?;
    page::write(&folder)?;
    out!("{}", folder.join(page::FILE).display());
    Ok(Outcome::Done)
}
