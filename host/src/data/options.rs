//! How a script wants a set to be read.

use super::fit::Fit;
use crate::error::{Error, Result};
use std::path::PathBuf;

/// What can be said about the reading of a set; what is left out is up to the set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Size and colours of the pictures.
    pub fit: Fit,
    /// Which of several kinds of labels: `coarse` of CIFAR-100, `alphabets` of Omniglot, an attribute's name,
    /// the name of an array.
    pub labels: Option<String>,
    /// The file with the attributes of a folder or zip of pictures.
    pub attributes: Option<PathBuf>,
    /// The name of the array with the pictures in an `.npz` file.
    pub array: Option<String>,
    /// The seed of a generated set.
    pub seed: Option<u64>,
}

impl Options {
    /// Refuses options, besides size and colours, that reading `name` does not know.
    ///
    /// # Errors
    /// `Usage` with the first of them.
    pub fn require_only(&self, name: &str, known: &[&str]) -> Result<()> {
        let given = [
            ("labels", self.labels.is_some()),
            ("attributes", self.attributes.is_some()),
            ("array", self.array.is_some()),
            ("seed", self.seed.is_some()),
        ];
        match given.into_iter().find(|(option, given)| *given && !known.contains(option)) {
            Some((option, _)) => Err(Error::usage(
                format!("the option `{option}` means nothing for `{name}`"),
                format!(
                    "leave it out; it takes {}",
                    [&["size", "crop", "channels"], known].concat().join(", ")
                ),
            )),
            None => Ok(()),
        }
    }

    /// The place of the wanted kind of labels among `kinds`; the first one is the default.
    ///
    /// # Errors
    /// `Usage` for another kind.
    pub fn kind_of_labels(&self, name: &str, kinds: &[&str]) -> Result<usize> {
        let Some(wanted) = &self.labels else { return Ok(0) };
        kinds.iter().position(|kind| kind == wanted).ok_or_else(|| {
            Error::usage(
                format!("`{name}` has no labels called `{wanted}`"),
                format!("it has {}", kinds.join(" and ")),
            )
        })
    }
}
