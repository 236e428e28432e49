//! Tensors print themselves: what they are, and the values where there are few.

use std::fmt;

use super::Tensor;

/// Up to so many elements are shown.
const SHOWN: usize = 64;

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor {:?} {} on {}", self.shape(), self.dtype(), self.device())?;
        if self.is_tracked() {
            f.write_str(", tracked")?;
        }
        if self.len() > SHOWN {
            return Ok(());
        }
        match self.to_data() {
            Ok(data) => write!(f, ": {}", nested(&data.view().shown(), self.shape())),
            Err(_) => f.write_str(", no value"),
        }
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({} on {})", self.spec(), self.device())
    }
}

fn nested(items: &[String], shape: &[usize]) -> String {
    match shape {
        [] => items.first().cloned().unwrap_or_default(),
        [_] => format!("[{}]", items.join(", ")),
        [outer, inner @ ..] => {
            let rows: Vec<_> = items.chunks(items.len() / outer).map(|row| nested(row, inner)).collect();
            format!("[{}]", rows.join(", "))
        }
    }
}
