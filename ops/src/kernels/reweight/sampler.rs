//! Draws by weight.

use std::{fmt, sync::Arc};

use rayon::prelude::*;

use crate::{
    DType, Device, Error, Result, Spec, Tensor, op,
    random::{Draw, next_draw},
    tensor::Data,
};

const NAME: &str = "reweight::sampler";

/// Draws indices with probabilities in proportion to weights, each in constant time, by the alias method
/// (Walker, 1977; the tables by Vose, 1991). It never changes: what it draws is a function of the random
/// stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampler {
    columns: Arc<[Column]>,
    device: Device,
}

/// One of n equal shares of the probability: two indices divide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Column {
    /// Words below this stand for the column's own index; of all of them there are 2^32.
    own: u64,
    /// The index that has the rest.
    alias: u32,
}

impl Sampler {
    /// A sampler of the indices of `weights [N]`. If all are 0, every index is equally likely.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is one dimension, [`Error::DType`] unless weights are numbers,
    /// [`Error::Argument`] for a weight that is negative or not finite.
    pub fn new(weights: &Tensor) -> Result<Self> {
        op::require_number(NAME, weights.spec())?;
        op::require_rank(NAME, weights.spec(), 1, "weights [N]")?;
        let values = weights.to_f64()?;
        if let Some(wrong) = values.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
            return Err(Error::argument(NAME, "a weight", wrong, "a finite number, 0 or more"));
        }
        Ok(Self { columns: columns(values).into(), device: weights.device() })
    }

    /// The number of weights.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Never true: there is at least one weight.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// `n` indices, i32 `[n]`: the next draw of the innermost random stream.
    ///
    /// # Errors
    /// Those of every new tensor.
    pub fn draw(&self, n: usize) -> Result<Tensor> {
        Tensor::generated(NAME, Spec::new([n], DType::I32), self.device, |n| {
            let draw = next_draw();
            Data::I32((0..n as u64).into_par_iter().map(|i| self.index(draw, i) as i32).collect())
        })
    }

    /// The index that group `i` of a draw stands for.
    fn index(&self, draw: Draw, i: u64) -> u32 {
        let column = draw.below(i, self.len() as u64);
        let Column { own, alias } = self.columns[column as usize];
        let [_, _, word, _] = draw.words(i);
        if u64::from(word) < own { column as u32 } else { alias }
    }
}

impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sampler of {} indices", self.len())
    }
}

/// The shares: every column with too little is filled up by one with too much.
fn columns(mut weights: Vec<f64>) -> Vec<Column> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    // Scaled first, so that no sum is infinite.
    weights.iter_mut().for_each(|w| *w = if largest > 0.0 { *w / largest } else { 1.0 });
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    weights.iter_mut().for_each(|w| *w /= mean);
    let mut columns: Vec<Column> =
        (0..weights.len() as u32).map(|alias| Column { own: 1 << 32, alias }).collect();
    let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..weights.len()).partition(|&i| weights[i] < 1.0);
    while let (Some(&donor), Some(i)) = (rich.last(), poor.pop()) {
        columns[i] = Column { own: (weights[i] * 4_294_967_296.0).round() as u64, alias: donor as u32 };
        weights[donor] -= 1.0 - weights[i];
        if weights[donor] < 1.0 {
            poor.extend(rich.pop());
        }
    }
    // What is left has a whole share, but for rounding. An index of weight 0 is never among it: unless
    // there was no weight above its share at all, it was the first to be filled up.
    columns
}
