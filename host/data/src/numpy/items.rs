//! Items of data sets in arrays.

use files::{Error, Result};
use ops::{Device, Tensor};

use super::{kind::NumpyKind, npy::NumpyArray};
use crate::{Images, ItemLabels, Items, ReadOptions};

/// How to read an array that is no set by itself.
const ARRAY: &str = "read it with `data::array(path)` or `data::array(path, \"name\")`, and make a set of \
                     it with `data::from(items, labels)`";

/// Items of one shape, and what that is.
pub struct ArrayItems {
    pub items: Items,
    pub shape: Vec<usize>,
    pub count: usize,
}

impl NumpyArray {
    /// The items `[N, ...]`: bytes, which stand for 0 to 1, and booleans as pictures `[N, H, W]`, `[N, H, W,
    /// C]` or `[N, C, H, W]` with C = 1 or 3, brought to the size and colours of the options, or as rows `[N,
    /// D]`; floats of any shape as they are, pictures `[N, H, W]` and `[N, H, W, C]` as `[N, C, H, W]`.
    ///
    /// # Errors
    /// `Format` for other elements, or another shape; `Usage` for options that they do not take.
    pub fn items(self, name: &str, options: &ReadOptions) -> Result<ArrayItems> {
        if self.shape().len() < 2 || self.elements().is_empty() {
            let found = format!("the shape {:?}", self.shape());
            return Err(self.refused(found, format!("items [N, ...]; or {ARRAY}")));
        }
        match self.kind() {
            NumpyKind::Unsigned(1) | NumpyKind::Bool => self.bytes(name, options),
            NumpyKind::Float(_) => {
                options.require_only_of(name, &["array", "labels"])?;
                self.floats()
            }
            kind => Err(self.refused(
                format!("elements of type {kind}, whose largest value is not known"),
                format!("u8 from 0 to 255, or floats; or {ARRAY}, divided by that value"),
            )),
        }
    }

    fn bytes(self, name: &str, options: &ReadOptions) -> Result<ArrayItems> {
        let shape = self.shape().to_vec();
        let (picture, is_last) = match shape[..] {
            [_, h, w] => ([1, h, w], false),
            [_, h, w, c @ (1 | 3)] => ([c, h, w], true),
            [_, c @ (1 | 3), h, w] => ([c, h, w], false),
            [count, d] => {
                options.require_only_of(name, &["array", "labels"])?;
                return Ok(ArrayItems { items: Items::Bytes(self.values().into()), shape: vec![d], count });
            }
            _ => {
                let expected = format!(
                    "pictures [N, H, W], [N, H, W, C] or [N, C, H, W] with C = 1 or 3, or rows [N, D]; or \
                     {ARRAY}"
                );
                return Err(self.refused(format!("bytes of the shape {shape:?}"), expected));
            }
        };
        let values = self.values();
        let pixels = if is_last { planes(&values, picture, 1) } else { values };
        let none = ItemLabels { labels: Err(String::new()), class_names: Vec::new() };
        let images = Images::new(name, picture, pixels, none).fitted(&options.fit)?;
        Ok(ArrayItems { items: Items::Bytes(images.pixels), shape: images.shape.to_vec(), count: shape[0] })
    }

    /// The bytes themselves; booleans become 0 and 255.
    fn values(self) -> Vec<u8> {
        let is_bool = self.kind() == NumpyKind::Bool;
        let mut values = self.into_elements();
        if is_bool {
            values.iter_mut().for_each(|value| *value = if *value == 0 { 0 } else { u8::MAX });
        }
        values
    }

    fn floats(self) -> Result<ArrayItems> {
        let all = self.shape().to_vec();
        let (shape, is_last) = match all[..] {
            [_, h, w] => (vec![1, h, w], false),
            [_, h, w, c @ (1 | 3)] => (vec![c, h, w], true),
            _ => (all[1..].to_vec(), false),
        };
        let kind = self.kind();
        let values = match shape[..] {
            [c, h, w] if is_last => kind.to_f32(&planes(self.elements(), [c, h, w], kind.size())),
            _ => kind.to_f32(self.elements()),
        };
        let values = values.unwrap_or_default();
        let tensor =
            Tensor::from_data(values, [&all[..1], &shape].concat(), Device::Cpu).map_err(Error::from)?;
        Ok(ArrayItems { items: Items::Floats(tensor), shape, count: all[0] })
    }
}

/// Pictures whose colours of a pixel lie side by side, each of `size` bytes, as planes of one colour each.
fn planes(elements: &[u8], [channels, height, width]: [usize; 3], size: usize) -> Vec<u8> {
    let channel = |picture: &[u8], c: usize| {
        picture.chunks_exact(size).skip(c).step_by(channels).flatten().copied().collect::<Vec<u8>>()
    };
    let pictures = elements.chunks_exact(channels * height * width * size);
    pictures.flat_map(|picture| (0..channels).flat_map(move |c| channel(picture, c))).collect()
}
