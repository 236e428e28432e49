//! Labels in arrays.

use files::Result;

use super::{kind::NumpyKind, npy::NumpyArray};

impl NumpyArray {
    /// Labels for `count` items: whole numbers, of whatever type.
    ///
    /// # Errors
    /// `Format` for another number of them, or labels that are not whole numbers from 0 to 65535.
    pub fn labels(&self, count: usize) -> Result<Vec<u32>> {
        let is_one_each =
            self.shape().first() == Some(&count) && self.shape().iter().product::<usize>() == count;
        if !is_one_each {
            let expected = match self.shape() {
                [n, _] if *n == count => format!(
                    "[{count}], a label for each item (of one-hot rows: data::from(data::array(path, \"x\"), \
                     data::array(path, \"y\").argmax(1)))"
                ),
                _ => format!("[{count}], a label for each item"),
            };
            return Err(self.refused(format!("the shape {:?}", self.shape()), expected));
        }
        let whole = match self.kind() {
            NumpyKind::Float(_) => {
                let values = self.kind().to_f64(self.elements());
                values.into_iter().map(|x| (x.fract() == 0.0).then_some(x as i128)).collect()
            }
            kind => kind.to_i128(self.elements()).into_iter().map(Some).collect::<Vec<_>>(),
        };
        let label = |(i, label): (usize, Option<i128>)| {
            let label = label.and_then(|label| u16::try_from(label).ok()).map(u32::from);
            label.ok_or_else(|| {
                self.wrong_element(i, "a label that is negative, large or not whole", "0 to 65535")
            })
        };
        whole.into_iter().enumerate().map(label).collect()
    }
}
