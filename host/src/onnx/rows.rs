//! Whether the rows of a model of a fixed batch are independent, so that any number of them can be computed
//! in pieces: by its operators ([`onnx_net::mixed_samples`]), and then by what comes out.

use onnx_net::alike;
use ops::{Array, ArrayView};

use super::{Model, array, runtime::guarded};
use crate::error::{Error, Result};

/// What is said where numbers show it.
const SEEN: &str = "what comes out for a row depends on its position or on the other rows (or is random)";

impl Model {
    /// Refuses numbers of rows other than the model's own `batch` where an operator is not known to act on
    /// each row alone, or where what comes out for a row depends on its position or on the other rows. The
    /// latter is tested once, on the first rows that can show it: one batch is computed as it is, with each
    /// row shifted by one position, and with the first row at all positions.
    pub(super) fn verify_rows(&self, inputs: &[ArrayView], rows: usize, batch: usize) -> Result<()> {
        // A batch of one row is always alone.
        if batch == 1 || self.independent.get().is_some() {
            return Ok(());
        }
        if let Some(reason) = &self.mixed {
            return Err(self.dependent(rows, batch, reason));
        }
        let own: Vec<usize> = (0..batch).map(|row| row.min(rows - 1)).collect();
        let further: Vec<usize> = (0..batch).map(|i| own[(i + 1) % batch]).collect();
        let first = vec![own[0]; batch];
        let run = |rows: &[usize]| {
            let outputs =
                guarded(|| self.run_whole(inputs.iter().map(|&array| array::input_of(array, rows))));
            outputs.map_err(|problem| self.refused(&problem))
        };
        for ((own, further), first) in run(&own)?.iter().zip(&run(&further)?).zip(&run(&first)?) {
            let Some(width) = width(own, batch) else { return Err(self.dependent(rows, batch, SEEN)) };
            let own = own.data().to_f64();
            let mut moved = own.clone();
            moved.rotate_left(width);
            if !alike(&moved, &further.data().to_f64())
                || !alike(&own[..width].repeat(batch), &first.data().to_f64())
            {
                return Err(self.dependent(rows, batch, SEEN));
            }
        }
        // Equal rows do not show whether rows change each other.
        if !inputs.iter().all(|&array| array::is_uniform(array, &own)) {
            let _ = self.independent.set(());
        }
        Ok(())
    }

    fn dependent(&self, rows: usize, batch: usize, reason: &str) -> Error {
        let problem = format!(
            "{}: the model takes {batch} rows at once, and here are {rows}, which cannot be computed \
             in pieces: {reason}",
            self.path().display()
        );
        Error::usage(
            problem,
            format!("give {batch} rows, or export the model with a first axis of any length"),
        )
    }
}

/// The elements of a row of an output of `batch` rows.
fn width(output: &Array, batch: usize) -> Option<usize> {
    let (rows, row) = output.shape().split_first()?;
    (*rows == batch).then(|| row.iter().product())
}
