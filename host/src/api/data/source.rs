//! Data sets by name or path.

use std::path::Path;

use rhai::Map;

use super::choose::ChosenClasses;
use crate::{
    api::options::CallOptions,
    data::{self, Dataset, Fit, Split},
    error::{Error, Result},
    session::Session,
};

/// A data set by name or path, before one of its splits is read.
#[derive(Clone)]
pub struct DataSource {
    what: String,
    options: data::ReadOptions<'static>,
    /// Only items of these classes.
    classes: Option<ChosenClasses>,
}

/// The same set, read in the same way.
impl PartialEq for DataSource {
    fn eq(&self, other: &Self) -> bool {
        (&self.what, &self.classes) == (&other.what, &other.classes)
            && self.options.reads_like(&other.options)
    }
}

impl DataSource {
    /// A source with the options that a script gave.
    ///
    /// # Errors
    /// `Usage` for unknown options.
    pub fn new(what: String, options: Option<Map>) -> Result<Self> {
        CallOptions::read("data::load", options, |options| {
            let fit = Fit {
                crop: options.find("crop")?,
                size: options.find("size")?,
                channels: options.find("channels")?,
            };
            let read = data::ReadOptions {
                fit,
                labels: options.find("labels")?,
                attributes: options.find::<String>("attributes")?.map(Into::into),
                array: options.find("array")?,
                exif_rotation: options.get("exif_rotation", false)?,
                seed: options.find::<usize>("seed")?.map(|seed| seed as u64),
                caller: None,
            };
            Ok(Self { what, options: read, classes: options.find("classes")? })
        })
    }

    /// The first `count` items of a split, or all.
    ///
    /// # Errors
    /// `Usage` where there is no such set or split, or where it has fewer items; those of reading its files.
    pub fn read(&self, session: &Session, split: Split, count: Option<usize>) -> Result<Dataset> {
        let set = self.find(session, split, count)?;
        if let Some(recorder) = session.recorder() {
            recorder.note_data(&format!("{} ({split})", self.what), &set)?;
        }
        Ok(set)
    }

    fn find(&self, session: &Session, split: Split, count: Option<usize>) -> Result<Dataset> {
        let set = match data::built_in(&self.what) {
            Some(set) => self.made(set, split, count)?,
            None => self.found(session, split)?,
        };
        match count {
            Some(n) if n > set.len() => Err(Error::usage(
                format!("data: {n} items asked of {set}"),
                format!("ask for at most {}", set.len()),
            )),
            Some(n) => Ok(set.take(n)?),
            None => Ok(set),
        }
    }

    /// A built-in set with as many pictures as are needed.
    fn made(&self, set: &data::BuiltIn, split: Split, count: Option<usize>) -> Result<Dataset> {
        let make = |count| Ok::<_, Error>(Dataset::from_images(set.load(split, count, &self.options)?));
        let Some(classes) = &self.classes else { return make(count) };
        let none = make(Some(0))?;
        let (chosen, all) = (classes.numbers(&none)?.len(), none.class_names().len());
        // Items of a built-in set go through its classes in a cycle.
        let needed = count.map(|n| n.div_ceil(chosen.max(1)).saturating_mul(all));
        classes.of(&make(needed)?)
    }

    /// A set on disk.
    fn found(&self, session: &Session, split: Split) -> Result<Dataset> {
        let (path, part) = (Path::new(&self.what), split.to_string());
        let options = data::ReadOptions { caller: Some(session), ..self.options.clone() };
        let load = || data::load(&self.what, split, &options, &session.options.data);
        let is_path = !data::is_known(&self.what) && (path.exists() || self.what.contains(['/', '\\']));
        let read = || match is_path {
            true => session.read(path, &part, |_| load()),
            false => session.read_known(&part, load),
        };
        let set = match self.options.attributes.as_deref().filter(|path| path.exists()) {
            Some(attributes) => session.read(attributes, "", |_| read())?,
            None => read()?,
        };
        match &self.classes {
            Some(classes) => classes.of(&set),
            None => Ok(set),
        }
    }
}
