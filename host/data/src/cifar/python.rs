//! The Python form of the two sets, as torchvision brings it: pickles of maps with `data` `[N, 3072]` and
//! lists of labels.

use std::path::Path;

use files::Result;

use super::{Cifar, PICTURE, Records};
use crate::{file::FileOrigin, pickle::Pickle};

impl Cifar {
    pub(super) fn read_python(
        &self,
        file: &Path,
        bytes: Vec<u8>,
        index: usize,
        read: &mut Records,
    ) -> Result<()> {
        let pickle = Pickle::parse(bytes, FileOrigin::file(file))?;
        let data = pickle.byte_array(pickle.get("data")?)?;
        let count = match data.shape[..] {
            [count, PICTURE] if count > 0 => count,
            _ => {
                let found = format!("pictures of the shape {:?}", data.shape);
                return Err(pickle.fault(found, format!("[N, {PICTURE}]")));
            }
        };
        let classes = self.labels[index].classes.split(',').count();
        let numbers = pickle.whole_numbers(pickle.get(self.labels[index].key)?, count)?;
        for (i, number) in numbers.into_iter().enumerate() {
            match u32::try_from(number).ok().filter(|&label| (label as usize) < classes) {
                Some(label) => read.labels.push(label),
                None => {
                    let found = format!("label {number} of picture {i}");
                    return Err(pickle.fault(found, format!("0 to {}", classes - 1)));
                }
            }
        }
        read.pixels.extend_from_slice(data.elements);
        Ok(())
    }
}
