//! Choosing items: by index, by class, as mini-batches.

use files::Result;
use ops::{Device, Tensor};

use super::{
    Dataset, argument,
    part::{DatasetPart, Items, batched, reserve},
};
use crate::Batch;

/// An item and its position in the result. The order is that of the memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pick {
    pub part: usize,
    /// Inside the part.
    pub row: usize,
    /// Among the items wanted.
    pub slot: usize,
}

/// Items that lie side by side, not yet on a device.
pub(crate) struct Gathered {
    /// Their indices in the set, `[n]`.
    pub indices: Vec<u32>,
    /// `[n, ...]`.
    images: Vec<f32>,
    /// `[n]`.
    labels: Option<Vec<i64>>,
}

impl Dataset {
    /// The items at those indices, in their order, repeats allowed; with labels if each of them has one.
    /// Copies them.
    ///
    /// # Errors
    /// [`ops::Error`] for an index out of range, or items that the budget of tensor bytes does not allow.
    pub fn subset(&self, indices: &[usize]) -> Result<Self> {
        let picks = self.picks("subset", indices.iter().copied())?;
        let bytes = picks.iter().map(|pick| self.parts[pick.part].item_bytes(pick.row));
        let items = match bytes.collect::<Option<Vec<_>>>() {
            Some(bytes) => Items::Bytes(bytes.concat().into()),
            None => {
                reserve(picks.len(), &self.shape)?;
                let shape = batched(picks.len(), &self.shape);
                Items::Floats(Tensor::from_data(self.values(&picks)?, shape, Device::Cpu)?)
            }
        };
        let labels = self.labels_of(&picks).map(Into::into);
        Ok(self.with_parts(vec![DatasetPart::new(items, labels, self.item_size(), picks.len())]))
    }

    /// The items of those classes, in the order of the set. Copies them.
    ///
    /// # Errors
    /// [`files::Error::Usage`] for a set without labels; [`ops::Error`] for a class that the set does not
    /// know, and as [`Dataset::subset`].
    pub fn of_class(&self, classes: &[u32]) -> Result<Self> {
        let Some(labels) = self.labels() else {
            return Err(self.no_labels());
        };
        let known = self.class_names.len();
        if let Some(class) = classes.iter().find(|&&class| class as usize >= known) {
            let expected = format!("one of the {known} classes of `{}`, counted from 0", self.name);
            return Err(argument("of_class", "the class", class, expected));
        }
        let matches = (0..self.len).filter(|&i| classes.contains(&labels[i]));
        self.subset(&matches.collect::<Vec<_>>())
    }

    /// All items, `[N, ...]` of f32.
    ///
    /// # Errors
    /// [`ops::Error`] for an empty set, or more than the budget of tensor bytes allows.
    pub fn tensor(&self, device: Device) -> Result<Tensor> {
        require_items("tensor", self.len)?;
        let parts = self.parts.iter().map(|part| part.tensor(&self.shape)).collect::<Result<Vec<_>>>()?;
        let all = match &parts[..] {
            [part] => part.clone(),
            parts => Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0)?,
        };
        Ok(all.to_device(device)?)
    }

    /// Refuses batches of `count` items before they are gathered: none, or more than the budget allows.
    pub(crate) fn require_room(&self, op: &'static str, count: usize) -> Result<()> {
        require_items(op, count)?;
        reserve(count, &self.shape)
    }

    /// Copies the items at those indices side by side.
    pub(crate) fn gather(&self, op: &'static str, indices: &[u32]) -> Result<Gathered> {
        let picks = self.picks(op, indices.iter().map(|&index| index as usize))?;
        // A set has labels or has none, whichever items are in a batch.
        let labels = if self.is_labelled() { self.labels_of(&picks) } else { None };
        Ok(Gathered {
            indices: indices.to_vec(),
            images: self.values(&picks)?,
            labels: labels.map(|labels| labels.into_iter().map(i64::from).collect()),
        })
    }

    /// The batch of those items.
    pub(crate) fn upload(
        &self,
        Gathered { indices, images, labels }: Gathered,
        device: Device,
    ) -> Result<Batch> {
        let n = indices.len();
        let images = Tensor::from_data(images, batched(n, &self.shape), device)?;
        let labels = labels.map(|labels| Tensor::whole(labels, [n], device)).transpose()?;
        Ok(Batch { images, labels, indices })
    }

    fn picks(&self, op: &'static str, indices: impl Iterator<Item = usize>) -> Result<Vec<Pick>> {
        let mut end = 0;
        let starts: Vec<usize> = self.parts.iter().map(|part| (end, end += part.len()).0).collect();
        let pick = |(slot, i)| {
            if i >= self.len {
                let expected = format!("below {}, the number of items of `{}`", self.len, self.name);
                return Err(argument(op, "an index", i, expected));
            }
            let part = starts.partition_point(|&start| start <= i) - 1;
            Ok(Pick { part, row: i - starts[part], slot })
        };
        indices.enumerate().map(pick).collect()
    }

    /// The elements of the picked items, side by side.
    fn values(&self, picks: &[Pick]) -> Result<Vec<f32>> {
        let mut values = vec![0.0; picks.len() * self.item_size()];
        let mut picks = picks.to_vec();
        picks.sort_unstable();
        for of_part in picks.chunk_by(|a, b| a.part == b.part) {
            self.parts[of_part[0].part].copy(of_part, &mut values)?;
        }
        Ok(values)
    }

    /// The labels of the picked items, if each of them has one.
    fn labels_of(&self, picks: &[Pick]) -> Option<Vec<u32>> {
        picks.iter().map(|pick| Some(self.parts[pick.part].labels()?[pick.row])).collect()
    }
}

/// Refuses no items: there is no tensor without elements.
fn require_items(op: &'static str, count: usize) -> Result<()> {
    if count == 0 { Err(argument(op, "the number of items", count, "at least 1")) } else { Ok(()) }
}
