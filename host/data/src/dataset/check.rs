//! What a data set can be made of.

use files::{Error, Result};
use ops::{DType, Device, Tensor};

use super::Items;

/// The maximum number of items of a set: their order alone takes 1 GB.
pub(crate) const MAX_ITEMS: usize = 1 << 28;

/// Items that are of that shape, and their number. Floats come to the CPU.
pub(super) fn checked_items(items: Items, shape: &[usize]) -> Result<(Items, usize)> {
    match items {
        Items::Bytes(bytes) => {
            let size: usize = shape.iter().product();
            let len = bytes.len().checked_div(size).unwrap_or(0);
            if len * size != bytes.len() {
                return Err(shape_error(&[bytes.len()], format!("whole items of {shape:?}")));
            }
            Ok((Items::Bytes(bytes), len))
        }
        Items::Floats(tensor) => {
            let len = match tensor.shape().split_first() {
                Some((&len, item)) if item == shape => len,
                _ => return Err(shape_error(tensor.shape(), format!("N items of {shape:?}"))),
            };
            Ok((Items::Floats(floats(&tensor)?), len))
        }
    }
}

/// The same values on the CPU, without a record of how they were computed.
fn floats(tensor: &Tensor) -> Result<Tensor> {
    let op = "dataset";
    if tensor.is_symbolic() {
        return Err(ops::Error::Symbolic { op }.into());
    }
    if tensor.dtype() != DType::F32 {
        let (found, expected) = (tensor.dtype().to_string(), "f32 (convert with `.float()`)".into());
        return Err(ops::Error::DType { op, found, expected }.into());
    }
    Ok(tensor.detach().to_device(Device::Cpu)?)
}

pub(super) fn require_labels(labels: Option<&[u32]>, items: usize, classes: usize) -> Result<()> {
    let Some(labels) = labels else { return Ok(()) };
    if labels.len() != items {
        let expected = format!("{items}, one for each item");
        return Err(argument("dataset", "the number of labels", labels.len(), expected));
    }
    match labels.iter().find(|&&label| label as usize >= classes) {
        Some(label) => Err(argument("dataset", "a label", label, format!("below {classes}, the classes"))),
        None => Ok(()),
    }
}

pub(super) fn require_at_most(items: usize) -> Result<()> {
    if items <= MAX_ITEMS {
        return Ok(());
    }
    Err(argument("dataset", "the number of items", items, format!("at most {MAX_ITEMS}")))
}

pub(super) fn shape_error(found: &[usize], expected: impl Into<String>) -> Error {
    ops::Error::Shape { op: "dataset", found: format!("{found:?}"), expected: expected.into() }.into()
}

pub(super) fn argument(
    op: &'static str,
    name: &'static str,
    found: impl ToString,
    expected: impl Into<String>,
) -> Error {
    ops::Error::Argument { op, name, found: found.to_string(), expected: expected.into() }.into()
}
