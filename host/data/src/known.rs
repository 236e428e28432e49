//! The sets that are known by name.

use std::path::{Path, PathBuf};

use files::Result;

use super::{
    Images, ReadOptions, Split,
    celeba::CELEBA,
    cifar::{CIFAR_10, CIFAR_100},
    fit::require_room,
    glyphs,
    idx::sets::SETS,
    omniglot::{OMNIGLOT, SMALL_1, SMALL_2},
    shapes,
};

/// A set that people have on disk, under names of its own.
pub trait KnownSet: Sync {
    /// What scripts call it.
    fn name(&self) -> &'static str;

    /// What it is, in a line.
    fn about(&self) -> &'static str;

    /// The splits that its makers gave it.
    fn splits(&self) -> &'static [Split] {
        &[Split::Train, Split::Test]
    }

    /// The file or folder inside a data folder that a split is looked for in first.
    fn wanted(&self, split: Split) -> String;

    /// The file or folder inside a data folder that a split is read from.
    fn inside(&self, folder: &Path, split: Split) -> Option<PathBuf>;

    /// Reads a split from what [`KnownSet::inside`] found.
    ///
    /// # Errors
    /// `Format` or `Io` for a file that is not in order, `Usage` for options that the set does not take.
    fn read(&self, path: &Path, split: Split, options: &ReadOptions) -> Result<Images>;
}

/// A set that the program makes itself.
#[derive(Debug)]
pub struct BuiltIn {
    pub name: &'static str,
    pub about: &'static str,
    /// The first pictures of a split: seed, split, number.
    pub make: fn(u64, Split, usize) -> Images,
    /// How many pictures a split has where no number is asked for.
    pub usual_count: fn(Split) -> usize,
    /// Of every picture.
    pub shape: [usize; 3],
}

impl BuiltIn {
    /// The first `count` pictures of a split, or its default number.
    ///
    /// # Errors
    /// `Usage` for more than there is memory for, or options that generated sets do not take.
    pub fn load(&self, split: Split, count: Option<usize>, options: &ReadOptions) -> Result<Images> {
        options.require_only(self.name, &["seed"])?;
        let count = count.unwrap_or_else(|| (self.usual_count)(split));
        require_room(count, self.shape)?;
        let images = (self.make)(options.seed.unwrap_or(0), split, count);
        // After a request to stop not all of them are drawn.
        ops::interrupt::check()?;
        images.fitted(&options.fit)
    }
}

/// The sets that need no files.
pub static BUILT_IN: [BuiltIn; 2] = [glyphs::SET, shapes::SET];

/// The sets that are looked for in data folders.
pub fn on_disk() -> impl Iterator<Item = &'static dyn KnownSet> {
    let others: [&dyn KnownSet; 6] = [&CIFAR_10, &CIFAR_100, &OMNIGLOT, &SMALL_1, &SMALL_2, &CELEBA];
    SETS.iter().map(|set| set as &dyn KnownSet).chain(others)
}

/// The names of all sets, the built-in ones first.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|set| set.name).chain(on_disk().map(KnownSet::name))
}

/// The set on disk that is called `name`.
pub fn named(name: &str) -> Option<&'static dyn KnownSet> {
    on_disk().find(|set| set.name() == name)
}

/// The built-in set that is called `name`.
pub fn built_in(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|set| set.name == name)
}
