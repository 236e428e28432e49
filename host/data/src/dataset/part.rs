//! A part of a data set: a window on items that lie in one piece of memory.

use std::{ops::Range, sync::Arc};

use files::Result;
use ops::{DType, Device, Tensor};

use super::Pick;

/// The elements of items, in row-major order.
#[derive(Clone)]
pub enum Items {
    /// 0 to 255; a byte stands for `byte / 255`.
    Bytes(Arc<[u8]>),
    /// `[N, ...]` of f32.
    Floats(Tensor),
}

/// A part of a data set. Cloning is cheap, and a part never changes: what was written of it once need
/// not be written again for any part that [`DatasetPart::is_same`].
#[derive(Clone)]
pub struct DatasetPart {
    items: Items,
    /// One for each item of the memory, inside the window or not.
    labels: Option<Arc<[u32]>>,
    /// Elements of an item.
    size: usize,
    start: usize,
    len: usize,
}

impl DatasetPart {
    /// All the `len` items, of `size` elements each.
    pub(super) fn new(items: Items, labels: Option<Arc<[u32]>>, size: usize, len: usize) -> Self {
        Self { items, labels, size, start: 0, len }
    }

    /// The items `start..start + len` of this part.
    pub(super) fn window(&self, start: usize, len: usize) -> Self {
        Self { start: self.start + start, len, ..self.clone() }
    }

    pub(super) fn without_labels(&self) -> Self {
        Self { labels: None, ..self.clone() }
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no item. Never true of a part of a data set.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The label of every item, if they have labels.
    pub fn labels(&self) -> Option<&[u32]> {
        self.labels.as_deref().map(|labels| &labels[self.start..self.start + self.len])
    }

    /// The items inside the window; the shared memory itself where it holds no others.
    ///
    /// # Errors
    /// As every operation on tensors.
    pub fn items(&self) -> Result<Items> {
        Ok(match &self.items {
            Items::Bytes(all) if all.len() > self.len * self.size => {
                Items::Bytes(all[self.elements(0..self.len)].into())
            }
            Items::Floats(all) if all.shape()[0] > self.len => {
                Items::Floats(all.narrow(0, self.start, self.len)?)
            }
            whole => whole.clone(),
        })
    }

    /// Whether both are the same window on the same memory.
    pub fn is_same(&self, other: &Self) -> bool {
        let items = match (&self.items, &other.items) {
            (Items::Bytes(a), Items::Bytes(b)) => Arc::ptr_eq(a, b),
            (Items::Floats(a), Items::Floats(b)) => a.is_same(b),
            _ => false,
        };
        let labels = match (&self.labels, &other.labels) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        items && labels && (self.start, self.len) == (other.start, other.len)
    }

    /// Whether both have the same items and labels, bit for bit.
    pub fn has_same_content(&self, other: &Self) -> bool {
        let items = || match (&self.items, &other.items) {
            (Items::Bytes(a), Items::Bytes(b)) => {
                a[self.elements(0..self.len)] == b[other.elements(0..other.len)]
            }
            (Items::Floats(_), Items::Floats(_)) => {
                let floats = |part: &Self| match part.items() {
                    Ok(Items::Floats(tensor)) => Some(tensor),
                    _ => None,
                };
                floats(self).zip(floats(other)).is_some_and(|(a, b)| a.has_same_bits(&b))
            }
            _ => false,
        };
        self.is_same(other) || (self.len == other.len && self.labels() == other.labels() && items())
    }

    /// The items as `[len, ...]` of f32 on the CPU, `shape` being that of one.
    pub(super) fn tensor(&self, shape: &[usize]) -> Result<Tensor> {
        match self.items()? {
            Items::Floats(tensor) => Ok(tensor),
            Items::Bytes(bytes) => {
                reserve(self.len, shape)?;
                let values: Vec<f32> = bytes.iter().map(|&byte| value(byte)).collect();
                Ok(Tensor::from_data(values, batched(self.len, shape), Device::Cpu)?)
            }
        }
    }

    /// The bytes of an item, if it is kept as bytes.
    pub(super) fn item_bytes(&self, row: usize) -> Option<&[u8]> {
        match &self.items {
            Items::Bytes(all) => Some(&all[self.elements(row..row + 1)]),
            Items::Floats(_) => None,
        }
    }

    /// Writes item `row` of this part to item `slot` of `out`, for each of the picks.
    pub(super) fn copy(&self, picks: &[Pick], out: &mut [f32]) -> Result<()> {
        let slot = |pick: &Pick| pick.slot * self.size..(pick.slot + 1) * self.size;
        match &self.items {
            Items::Bytes(all) => {
                for pick in picks {
                    let bytes = &all[self.elements(pick.row..pick.row + 1)];
                    out[slot(pick)].iter_mut().zip(bytes).for_each(|(out, &byte)| *out = value(byte));
                }
            }
            Items::Floats(all) => {
                let rows: Vec<i32> = picks.iter().map(|pick| (self.start + pick.row) as i32).collect();
                let rows = Tensor::from_data(rows, [picks.len()], Device::Cpu)?;
                let values = all.index_select(0, &rows)?.to_f32()?;
                for (pick, item) in picks.iter().zip(values.chunks_exact(self.size)) {
                    out[slot(pick)].copy_from_slice(item);
                }
            }
        }
        Ok(())
    }

    /// Where the elements of those items of the window lie in the memory.
    fn elements(&self, rows: Range<usize>) -> Range<usize> {
        (self.start + rows.start) * self.size..(self.start + rows.end) * self.size
    }
}

/// What a byte stands for, in [0, 1].
fn value(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}

/// The shape of `count` items of `shape`.
pub(super) fn batched(count: usize, shape: &[usize]) -> Vec<usize> {
    [&[count], shape].concat()
}

/// Refuses `count` items that the budget of tensor bytes does not allow, before they are gathered.
/// The zeros are never touched, so the system finds no memory for them.
pub(super) fn reserve(count: usize, shape: &[usize]) -> Result<()> {
    Tensor::full(batched(count, shape), 0.0, DType::F32, Device::Cpu)?;
    Ok(())
}
