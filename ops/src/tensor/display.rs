//! Tensors print themselves: what they are, and their values, of many those at the ends of each dimension.

use std::fmt;

use super::{Data, Tensor, no_grad};
use crate::Result;

/// Up to so many elements are shown whole.
const SHOWN: usize = 64;

/// Of a longer dimension so many are shown at each end.
const ENDS: usize = 3;

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor {:?} {} on {}", self.shape(), self.dtype(), self.device())?;
        if self.is_tracked() {
            f.write_str(", tracked")?;
        }
        match no_grad(|| self.shown()) {
            Ok((data, shape)) => {
                let is_cut: Vec<bool> = shape.iter().zip(self.shape()).map(|(shown, n)| shown < n).collect();
                write!(f, ": {}", nested(&data.view().shown(), &shape, &is_cut))
            }
            Err(_) => f.write_str(", no value"),
        }
    }
}

impl Tensor {
    /// The elements that are shown, and their shape.
    fn shown(&self) -> Result<(Data, Vec<usize>)> {
        let mut x = self.detach();
        if self.len() > SHOWN {
            for (d, &n) in self.shape().iter().enumerate().filter(|(_, n)| **n > 2 * ENDS) {
                x = x.slices_at(d, 2 * ENDS, |i| if i < ENDS { i } else { n - 2 * ENDS + i })?;
            }
        }
        Ok((x.to_data()?, x.shape().to_vec()))
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({} on {})", self.spec(), self.device())
    }
}

fn nested(items: &[String], shape: &[usize], is_cut: &[bool]) -> String {
    let ([outer, inner @ ..], [cut, is_cut @ ..]) = (shape, is_cut) else {
        return items.first().cloned().unwrap_or_default();
    };
    let rows = items.chunks((items.len() / outer).max(1));
    let mut rows: Vec<String> = rows.map(|row| nested(row, inner, is_cut)).collect();
    if *cut {
        rows.insert(ENDS, "..".into());
    }
    format!("[{}]", rows.join(", "))
}
