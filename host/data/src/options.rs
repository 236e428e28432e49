//! How a script wants a set to be read.

use std::path::{Path, PathBuf};

use files::{Error, Result};

use super::fit::Fit;

/// Who has a set read.
pub trait Caller: Sync {
    /// Refuses a file or folder that may not be read. It is called for everything that is read, except for
    /// what lies in a folder that it was called for.
    ///
    /// # Errors
    /// `Usage` with the way out.
    fn check(&self, path: &Path) -> Result<()>;

    /// Hears what was left out.
    fn warn(&self, warning: &str);
}

/// How a set is to be read; what is not given is up to the set.
#[derive(Clone, Default)]
pub struct ReadOptions<'a> {
    /// Size and colours of the pictures.
    pub fit: Fit,
    /// Which of several kinds of labels: `coarse` of CIFAR-100, `alphabets` of Omniglot, an attribute's name,
    /// the name of an array.
    pub labels: Option<String>,
    /// The file with the attributes of a folder or archive of pictures.
    pub attributes: Option<PathBuf>,
    /// The name of the array with the items in an `.npz` file.
    pub array: Option<String>,
    /// Whether pictures are rotated and mirrored as their EXIF data says.
    pub exif_rotation: bool,
    /// The seed of a generated set.
    pub seed: Option<u64>,
    /// Without one everything may be read, and warnings are not heard.
    pub caller: Option<&'a dyn Caller>,
}

impl ReadOptions<'_> {
    /// Whether both read a set in the same way, whoever asks.
    pub fn reads_like(&self, other: &Self) -> bool {
        let names = (&self.labels, &self.attributes, &self.array);
        names == (&other.labels, &other.attributes, &other.array)
            && (self.fit, self.exif_rotation, self.seed) == (other.fit, other.exif_rotation, other.seed)
    }

    /// As [`Caller::check`].
    pub fn check(&self, path: &Path) -> Result<()> {
        self.caller.map_or(Ok(()), |caller| caller.check(path))
    }

    /// As [`Caller::warn`].
    pub fn warn(&self, warning: &str) {
        if let Some(caller) = self.caller {
            caller.warn(warning);
        }
    }

    /// The same options, with a size where none is given.
    pub fn with_size(&self, size: usize) -> Self {
        let fit = Fit { size: self.fit.size.or(Some(size)), ..self.fit };
        Self { fit, ..self.clone() }
    }

    /// Size and colours, where the colours are those.
    pub fn fit_of(&self, channels: usize) -> Fit {
        Fit { channels: Some(channels), ..self.fit }
    }

    /// Refuses options, besides size and colours, that reading `name` does not know.
    ///
    /// # Errors
    /// `Usage` with the first of them.
    pub fn require_only(&self, name: &str, known: &[&str]) -> Result<()> {
        self.require_only_of(name, &[&["size", "crop", "channels"], known].concat())
    }

    /// The same for sets that are no pictures.
    ///
    /// # Errors
    /// `Usage` with the first option that is not known.
    pub fn require_only_of(&self, name: &str, known: &[&str]) -> Result<()> {
        let given = [
            ("size", self.fit.size.is_some()),
            ("crop", self.fit.crop.is_some()),
            ("channels", self.fit.channels.is_some()),
            ("labels", self.labels.is_some()),
            ("attributes", self.attributes.is_some()),
            ("array", self.array.is_some()),
            ("exif_rotation", self.exif_rotation),
            ("seed", self.seed.is_some()),
        ];
        match given.into_iter().find(|(option, given)| *given && !known.contains(option)) {
            Some((option, _)) => Err(Error::usage(
                format!("the option `{option}` means nothing for `{name}`"),
                format!("leave it out; it takes {}", known.join(", ")),
            )),
            None => Ok(()),
        }
    }

    /// The index of the wanted kind of labels among `kinds`; the first one is the default.
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

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Allows everything and keeps the warnings.
    #[derive(Default)]
    pub struct Heard(Mutex<Vec<String>>);

    impl Heard {
        pub fn all(&self) -> String {
            self.0.lock().unwrap().join("; ")
        }
    }

    impl Caller for Heard {
        fn check(&self, _: &Path) -> Result<()> {
            Ok(())
        }

        fn warn(&self, warning: &str) {
            self.0.lock().unwrap().push(warning.to_owned());
        }
    }
}
