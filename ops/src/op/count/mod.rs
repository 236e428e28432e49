//! How often numbers occur, and where they belong in an order. All is computed on the CPU, whatever the
//! device, and a constant to gradients; the sizes of some results depend on values, so a trace cannot have
//! them.

use super::{require, require_number, require_rank};
use crate::{
    DType, Error, Result, Spec, Tensor, ensure,
    tensor::{Data, require_room, show},
};

/// The numbers of a tensor, each once.
pub struct Unique {
    /// In ascending order, what is no number last.
    pub values: Tensor,
    /// For each element the index (i32) of its value, in the tensor's shape.
    pub inverse: Tensor,
    /// How often (i32) each value occurs.
    pub counts: Tensor,
}

/// How often numbers fall into bins.
pub struct Histogram {
    /// `[bins]`
    pub counts: Tensor,
    /// `[bins + 1]`
    pub edges: Tensor,
}

impl Tensor {
    /// How often each of 0, 1, .. occurs in `[N]`, i64 (on a GPU i32), up to the largest or `minimum`
    /// numbers; with weights
    /// `[N]` the sum of theirs, in their type.
    ///
    /// # Errors
    /// [`Error::Argument`] for a number below 0, [`Error::DType`] for anything but integers,
    /// [`Error::Memory`] for a number that is too large.
    pub fn bincount(&self, weights: Option<&Tensor>, minimum: usize) -> Result<Tensor> {
        const OP: &str = "bincount";
        require(OP, self.spec(), DType::is_int, "i32 or i64")?;
        require_rank(OP, self.spec(), 1, "[N]")?;
        let numbers = values_of(OP, self)?;
        if let Some(low) = numbers.iter().find(|&&x| x < 0.0) {
            return Err(Error::argument(OP, "a number", low, "0 or more"));
        }
        let largest = numbers.iter().fold(0.0f64, |a, &b| a.max(b));
        let bins = minimum.max(largest as usize + 1);
        require_room(OP, &Spec::new([bins], DType::F64))?;
        let mut sums = vec![0.0; bins];
        let dtype = match weights {
            None => self.device().whole(),
            Some(weights) => {
                ensure(weights.shape() == self.shape(), || {
                    Error::shape(OP, format!("{:?} for the weights", weights.shape()), show(self.shape()))
                })?;
                weights.dtype()
            }
        };
        let weights = weights.map_or_else(|| Ok(vec![1.0; numbers.len()]), Tensor::to_f64)?;
        numbers.iter().zip(weights).for_each(|(&x, weight)| sums[x as usize] += weight);
        made(OP, sums, [bins], dtype, self)
    }

    /// Each number once, in ascending order; where each element's is, and how often each occurs.
    ///
    /// # Errors
    /// [`Error::Symbolic`] in a trace.
    pub fn unique(&self) -> Result<Unique> {
        fn of<T: PartialOrd + Copy>(x: &[T]) -> (Vec<T>, Vec<i32>, Vec<i32>) {
            let mut order: Vec<usize> = (0..x.len()).collect();
            let is_nan = |x: &T| x.partial_cmp(x).is_none();
            order.sort_by(|&i, &j| {
                x[i].partial_cmp(&x[j]).unwrap_or_else(|| is_nan(&x[i]).cmp(&is_nan(&x[j])))
            });
            let (mut values, mut counts, mut inverse) = (Vec::<T>::new(), Vec::new(), vec![0; x.len()]);
            for i in order {
                // What is no number equals nothing, not even itself.
                if values.last() != Some(&x[i]) {
                    values.push(x[i]);
                    counts.push(0);
                }
                inverse[i] = values.len() as i32 - 1;
                counts[values.len() - 1] += 1;
            }
            (values, inverse, counts)
        }
        let (values, inverse, counts): (Data, _, _) = match self.to_data().map_err(|e| e.named("unique"))? {
            Data::F32(x) => {
                let (v, i, c) = of(&x);
                (v.into(), i, c)
            }
            Data::F64(x) => {
                let (v, i, c) = of(&x);
                (v.into(), i, c)
            }
            Data::I32(x) => {
                let (v, i, c) = of(&x);
                (v.into(), i, c)
            }
            Data::I64(x) => {
                let (v, i, c) = of(&x);
                (v.into(), i, c)
            }
            Data::Bool(x) => {
                let (v, i, c) = of(&x);
                (v.into(), i, c)
            }
            _ => unreachable!("no tensor has them"),
        };
        let n = counts.len();
        Ok(Unique {
            values: Tensor::from_data(values, [n], self.device())?,
            inverse: Tensor::from_data(inverse, self.shape(), self.device())?,
            counts: Tensor::from_data(counts, [n], self.device())?,
        })
    }

    /// Where each value belongs in this ascending sequence `[N]`, or in the row `[.., N]` of its own: the
    /// number (i32) of elements below it; with `right` of those that are not above it. What is no number
    /// belongs at the end.
    ///
    /// # Errors
    /// [`Error::Shape`] where the rows of values do not fit, [`Error::DType`] for truth values.
    pub fn searchsorted(&self, values: &Tensor, right: bool) -> Result<Tensor> {
        const OP: &str = "searchsorted";
        require_number(OP, self.spec())?;
        require_number(OP, values.spec())?;
        let n = self.shape().last().copied().unwrap_or(0);
        let lead = |x: &Tensor| x.shape().split_last().map(|(_, lead)| lead.to_vec());
        ensure(self.rank() == 1 || (self.rank() > 1 && lead(self) == lead(values)), || {
            let found = format!("{:?} and values {:?}", self.shape(), values.shape());
            Error::shape(OP, found, "one sequence [N], or [.., N] and values [.., M]")
        })?;
        let (sorted, wanted) = (values_of(OP, self)?, values_of(OP, values)?);
        let row = if self.rank() == 1 { values.len() } else { values.shape()[values.rank() - 1] };
        let place = |(i, value): (usize, &f64)| {
            let sequence = &sorted[i / row * n..][..n];
            let is_before = |x: &f64| {
                x.partial_cmp(value).is_none_or(|order| if right { order.is_le() } else { order.is_lt() })
            };
            sequence.partition_point(is_before) as f64
        };
        let places = wanted.iter().enumerate().map(place).collect();
        made(OP, places, values.shape(), DType::I32, values)
    }

    /// How many numbers, or how much of their `weight`, fall into each of `bins` equal parts of a range (that
    /// of the numbers where none is given); the end of the range belongs to the last one. With `density`
    /// divided by their sum and by the bin's width. What lies outside is not counted.
    ///
    /// # Errors
    /// [`Error::Argument`] for no bins and for a range that is not finite and ascending, [`Error::Shape`] for
    /// weights of another shape, [`Error::DType`] for anything but floats.
    pub fn histogram(
        &self,
        bins: usize,
        range: Option<[f64; 2]>,
        weight: Option<&Tensor>,
        density: bool,
    ) -> Result<Histogram> {
        const OP: &str = "histogram";
        super::require_float(OP, self.spec())?;
        ensure(bins != 0, || Error::argument(OP, "the number of bins", "0", "at least 1"))?;
        require_room(OP, &Spec::new([bins], DType::F64))?;
        let numbers = values_of(OP, self)?;
        let weights = weight.map(|weight| {
            ensure(weight.shape() == self.shape(), || {
                Error::shape(OP, format!("{:?} for the weights", weight.shape()), show(self.shape()))
            })?;
            weight.to_f64()
        });
        let weights = weights.unwrap_or_else(|| Ok(vec![1.0; numbers.len()]))?;
        let [low, high] = ends(&numbers, range)?;
        let edges = Tensor::linspace(low, high, bins + 1, self.dtype(), self.device())?;
        let at = edges.to_f64()?;
        let mut counts = vec![0.0; bins];
        for (&x, weight) in numbers.iter().zip(weights).filter(|(x, _)| (at[0]..=at[bins]).contains(*x)) {
            counts[(at.partition_point(|edge| *edge <= x) - 1).min(bins - 1)] += weight;
        }
        if density {
            let total: f64 = counts.iter().sum();
            counts
                .iter_mut()
                .zip(at.windows(2))
                .for_each(|(count, pair)| *count /= total * (pair[1] - pair[0]));
        }
        Ok(Histogram { counts: made(OP, counts, [bins], self.dtype(), self)?, edges })
    }
}

/// The range of a histogram; one of no width is widened by a half on both sides.
fn ends(numbers: &[f64], range: Option<[f64; 2]>) -> Result<[f64; 2]> {
    let of_all = || {
        let low = numbers.iter().fold(f64::INFINITY, |a, &b| if b.is_nan() { b } else { a.min(b) });
        [low, numbers.iter().fold(f64::NEG_INFINITY, |a, &b| if b.is_nan() { b } else { a.max(b) })]
    };
    let [low, high] = range.unwrap_or_else(of_all);
    ensure(low.is_finite() && high.is_finite() && low <= high, || {
        let found = format!("{low} to {high}");
        Error::argument("histogram", "the range", found, "finite numbers, the smaller one first")
    })?;
    Ok(if low == high { [low - 0.5, high + 0.5] } else { [low, high] })
}

/// The numbers of a tensor.
fn values_of(op: &'static str, x: &Tensor) -> Result<Vec<f64>> {
    x.to_f64().map_err(|e| e.named(op))
}

/// A tensor of those numbers on the device of another one.
fn made(
    op: &'static str,
    numbers: Vec<f64>,
    shape: impl Into<Vec<usize>>,
    dtype: DType,
    like: &Tensor,
) -> Result<Tensor> {
    Tensor::from_data(Data::from_numbers(numbers, dtype), shape, like.device()).map_err(|e| e.named(op))
}
