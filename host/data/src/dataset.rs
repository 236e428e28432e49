//! Data sets as scripts use them: immutable sequences of items of one shape, with labels where there
//! are any. They share memory: a set is a list of windows, so that joining and cutting copy no item.

mod check;
mod part;
mod pick;

pub(super) use check::MAX_ITEMS;
pub use part::{DatasetPart, Items};
pub(super) use pick::Gathered;
use std::{fmt, sync::Arc};

use files::{Error, Result};
use ops::{Tensor, random::Key};

use super::Images;
use check::{argument, checked_items, require_at_most, require_labels, shape_error};
use pick::Pick;

/// A data set. It has labels if every item has one. Cloning is cheap.
#[derive(Clone)]
pub struct Dataset {
    name: Arc<str>,
    /// Of one item.
    shape: Arc<[usize]>,
    class_names: Arc<[String]>,
    /// Why there are no labels, where that is known.
    unlabelled: Arc<str>,
    /// None of them is empty.
    parts: Arc<[DatasetPart]>,
    len: usize,
}

impl Dataset {
    /// The pictures of a reader, which has checked them.
    pub fn from_images(images: Images) -> Self {
        let (size, len) = (images.shape.iter().product(), images.len());
        let part = DatasetPart::new(Items::Bytes(images.pixels), images.labels, size, len);
        let set =
            Self::of(images.name.into(), images.shape[..].into(), images.class_names.into(), vec![part]);
        set.because(&images.unlabelled)
    }

    /// The items of a tensor `[N, ...]` of f32, without labels. Shares its memory if that is the CPU's.
    ///
    /// # Errors
    /// [`ops::Error`] for fewer than two dimensions, another element type, more than 2^28 items, or a
    /// tensor without a value.
    pub fn from_tensor(tensor: &Tensor) -> Result<Self> {
        let Some((_, shape @ [_, ..])) = tensor.shape().split_first() else {
            return Err(shape_error(tensor.shape(), "[N, ...]: N items of at least one dimension"));
        };
        Self::from_parts("tensor", shape, &[], vec![(Items::Floats(tensor.clone()), None)])
    }

    /// The items of all parts, one part after the other, each part with a label for every item or none.
    /// From what [`Dataset::parts`] holds it makes an equal set.
    ///
    /// # Errors
    /// [`ops::Error`] for items that are not of `shape` or not f32, labels of another number than the
    /// items or without a name, more than 2^28 items.
    pub fn from_parts(
        name: &str,
        shape: &[usize],
        class_names: &[String],
        parts: Vec<(Items, Option<Arc<[u32]>>)>,
    ) -> Result<Self> {
        let part = |(items, labels): (Items, Option<Arc<[u32]>>)| {
            let (items, len) = checked_items(items, shape)?;
            require_labels(labels.as_deref(), len, class_names.len())?;
            Ok(DatasetPart::new(items, labels, shape.iter().product(), len))
        };
        let parts = parts.into_iter().map(part).collect::<Result<Vec<_>>>()?;
        require_at_most(parts.iter().map(DatasetPart::len).sum())?;
        Ok(Self::of(name.into(), shape.into(), class_names.into(), parts))
    }

    fn of(
        name: Arc<str>,
        shape: Arc<[usize]>,
        class_names: Arc<[String]>,
        mut parts: Vec<DatasetPart>,
    ) -> Self {
        parts.retain(|part| !part.is_empty());
        let len = parts.iter().map(DatasetPart::len).sum();
        Self { name, shape, class_names, unlabelled: Arc::default(), parts: parts.into(), len }
    }

    /// The same set with other parts.
    fn with_parts(&self, parts: Vec<DatasetPart>) -> Self {
        let unlabelled = self.unlabelled.clone();
        Self {
            unlabelled,
            ..Self::of(self.name.clone(), self.shape.clone(), self.class_names.clone(), parts)
        }
    }

    /// The same set, with the reason why it has no labels if it has none.
    pub fn because(self, why: &str) -> Self {
        Self { unlabelled: why.into(), ..self }
    }

    /// Why there are no labels, where there are none and it is known.
    pub fn unlabelled(&self) -> &str {
        if self.is_labelled() { "" } else { &self.unlabelled }
    }

    /// The error for a set without labels, which says why there are none.
    pub fn no_labels(&self) -> Error {
        let why = self.unlabelled();
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        let help = "load a set with labels, or give them with `data::from(items, labels)`";
        Error::usage(format!("{self}{why}"), help)
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What the set is called: sets made from it keep the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape of one item, `[C, H, W]` for pictures.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The name of class `i` at index `i`; empty where there never were labels.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// `[N]`, each an index into [`Dataset::class_names`], if every item has a label.
    pub fn labels(&self) -> Option<Vec<u32>> {
        let labels = self.parts.iter().map(DatasetPart::labels).collect::<Option<Vec<_>>>()?;
        Some(labels.concat())
    }

    /// What the set is made of, in order.
    pub fn parts(&self) -> &[DatasetPart] {
        &self.parts
    }

    /// Whether both have the same items and labels, bit for bit, in the same parts under the same names.
    pub fn has_same_content(&self, other: &Self) -> bool {
        let same = |(a, b): (&DatasetPart, &DatasetPart)| a.has_same_content(b);
        self.parts.len() == other.parts.len()
            && (&self.shape, &self.name, &self.class_names) == (&other.shape, &other.name, &other.class_names)
            && self.parts.iter().zip(&*other.parts).all(same)
    }

    /// The items of this set, then those of `other`, under the name of this one. Copies none.
    ///
    /// # Errors
    /// [`ops::Error`] for items of another shape, or more than 2^28 of them; [`Error::Usage`] for sets
    /// that name one class differently.
    pub fn concat(&self, other: &Self) -> Result<Self> {
        if self.shape != other.shape {
            return Err(ops::Error::Shape {
                op: "concat",
                found: format!("{:?} for an item of `{}`", other.shape, other.name),
                expected: format!("{:?} as in `{}`", self.shape, self.name),
            }
            .into());
        }
        require_at_most(self.len + other.len)?;
        let class_names = self.common_names(other)?;
        let parts = self.parts.iter().chain(&*other.parts).cloned().collect();
        let set = Self::of(self.name.clone(), self.shape.clone(), class_names, parts);
        Ok(set.because(&self.unlabelled_beside(other)))
    }

    /// The longer list of class names; the other one has to be its beginning.
    fn common_names(&self, other: &Self) -> Result<Arc<[String]>> {
        let (ours, theirs) = (&self.class_names, &other.class_names);
        match ours.iter().zip(&**theirs).position(|(a, b)| a != b) {
            Some(i) => Err(Error::usage(
                format!(
                    "concat: class {i} is `{}` in `{}` and `{}` in `{}`",
                    ours[i], self.name, theirs[i], other.name
                ),
                "join sets of the same classes, or drop the labels with `without_labels()`",
            )),
            None => Ok(Arc::clone(if ours.len() < theirs.len() { theirs } else { ours })),
        }
    }

    /// The same items without labels and class names.
    pub fn without_labels(&self) -> Self {
        let parts = self.parts.iter().map(DatasetPart::without_labels).collect();
        Self::of(self.name.clone(), self.shape.clone(), Arc::default(), parts)
            .because("`without_labels()` took them")
    }

    /// The first `n` items. Copies none.
    ///
    /// # Errors
    /// [`ops::Error`] if there are fewer.
    pub fn take(&self, n: usize) -> Result<Self> {
        self.window("take", 0, n)
    }

    /// `n` items from item `start` on. Copies none.
    ///
    /// # Errors
    /// [`ops::Error`] if there are fewer.
    pub fn slice(&self, start: usize, n: usize) -> Result<Self> {
        self.window("slice", start, n)
    }

    fn window(&self, op: &'static str, start: usize, n: usize) -> Result<Self> {
        if start.saturating_add(n) > self.len {
            let found = format!("{n} from item {start} on");
            let expected = format!("a range within the {} items of `{}`", self.len, self.name);
            return Err(argument(op, "the range", found, expected));
        }
        let (mut skip, mut left) = (start, n);
        let window = |part: &DatasetPart| {
            let from = skip.min(part.len());
            let len = left.min(part.len() - from);
            (skip, left) = (skip - from, left - len);
            part.window(from, len)
        };
        Ok(self.with_parts(self.parts.iter().map(window).collect()))
    }

    /// Why this set has no labels once `other` is joined to it, if it has none.
    fn unlabelled_beside(&self, other: &Self) -> String {
        if !self.is_labelled() || other.is_labelled() {
            return self.unlabelled().to_owned();
        }
        let why =
            if other.unlabelled.is_empty() { String::new() } else { format!(" ({})", other.unlabelled) };
        format!("it was joined with `{}`, which has none{why}", other.name)
    }

    fn is_labelled(&self) -> bool {
        self.parts.iter().all(|part| part.labels().is_some())
    }

    /// Elements of an item.
    fn item_size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// `glyphs: 2000 items of [1, 28, 28], 36 classes`.
impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} items of {:?}, ", self.name, self.len, self.shape)?;
        if self.is_labelled() {
            write!(f, "{} classes", self.class_names.len())
        } else {
            f.write_str("no labels")
        }
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dataset({self})")
    }
}

/// The order in which that key shuffles `len` items: a permutation of `0..len`, each equally likely.
pub fn order(len: usize, key: Key) -> Vec<u32> {
    key.draw(0).permutation(len)
}

#[cfg(test)]
mod tests;
