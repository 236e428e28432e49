//! The sets that are known by name.

use std::path::{Path, PathBuf};

use files::Result;
use rayon::prelude::*;

use super::{
    Images, ItemLabels, ReadOptions, Split,
    celeba::CELEBA,
    cifar::{CIFAR_10, CIFAR_100},
    cursor::Cursor,
    fit::require_room,
    glyphs,
    idx::sets::SETS,
    imagenette::IMAGENETTE,
    omniglot::{OMNIGLOT, SMALL_1, SMALL_2},
    shapes,
    svhn::SVHN,
};

/// A set that people have on disk, under names of its own.
pub trait KnownSet: Sync {
    /// What scripts call it.
    fn name(&self) -> &'static str;

    /// What it is, in a line.
    fn about(&self) -> &'static str;

    /// The splits that its makers gave it.
    fn splits(&self) -> &'static [Split] {
        &Split::COMMON
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

/// A set that the program draws itself: picture `i` shows class `i` modulo the number of classes.
#[derive(Debug)]
pub struct BuiltIn {
    pub name: &'static str,
    pub about: &'static str,
    /// Of every picture.
    pub shape: [usize; 3],
    /// The names of the classes.
    pub classes: fn() -> Vec<String>,
    /// How many pictures are for training where no number is asked for; other splits have 10,000.
    pub training: usize,
    /// Draws a picture of that class on a black one.
    pub draw: fn(usize, &mut Cursor, &mut [u8]),
}

impl BuiltIn {
    /// The first `count` pictures of a split, or its default number.
    ///
    /// # Errors
    /// `Usage` for more than there is memory for, or options that generated sets do not take.
    pub fn load(&self, split: Split, count: Option<usize>, options: &ReadOptions) -> Result<Images> {
        options.require_only(self.name, &["seed"])?;
        let count = count.unwrap_or(if split == Split::Train { self.training } else { 10_000 });
        require_room(count, self.shape)?;
        let images = self.make(options.seed.unwrap_or(0), split, count);
        // After a request to stop not all of them are drawn.
        ops::interrupt::check()?;
        images.fitted(&options.fit)
    }

    /// The first `count` pictures of a split; picture `i` is a pure function of `(seed, split, i)`. Once a
    /// stop is asked for, the pictures that follow stay black.
    pub(super) fn make(&self, seed: u64, split: Split, count: usize) -> Images {
        let (size, class_names) = (self.shape.iter().product(), (self.classes)());
        let mut pixels = vec![0; count * size];
        pixels.par_chunks_mut(size).enumerate().for_each(|(i, picture)| {
            if !ops::interrupt::requested() {
                (self.draw)(i % class_names.len(), &mut Cursor::new(seed, split, i as u64), picture);
            }
        });
        let labels = Ok((0..count).map(|i| (i % class_names.len()) as u32).collect());
        Images::new(self.name, self.shape, pixels, ItemLabels { labels, class_names })
    }
}

/// The sets that need no files.
pub static BUILT_IN: [BuiltIn; 2] = [glyphs::SET, shapes::SET];

/// The sets that are looked for in data folders.
pub fn on_disk() -> impl Iterator<Item = &'static dyn KnownSet> {
    let others: [&dyn KnownSet; 8] =
        [&CIFAR_10, &CIFAR_100, &SVHN, &IMAGENETTE, &OMNIGLOT, &SMALL_1, &SMALL_2, &CELEBA];
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
