//! Sums of products over dimensions that two tensors have in common.

use super::{
    einsum::{Term, contract},
    require_number, require_rank, require_same,
};
use crate::{Error, Result, Tensor, ensure};

impl Tensor {
    /// The products of all pairs of two vectors, `y_ij = a_i b_j`.
    ///
    /// # Errors
    /// [`Error::Shape`] for anything but vectors.
    pub fn outer(&self, other: &Tensor) -> Result<Tensor> {
        for x in [self, other] {
            require_rank("outer", x.spec(), 1, "vectors [N] and [M]")?;
        }
        self.unsqueeze(1).and_then(|x| x.mul(&other.unsqueeze(0)?)).map_err(|e| e.named("outer"))
    }

    /// The sum of products over dimensions `own` of this tensor, each with the one at its place among
    /// `others`; what is left of this tensor's dimensions comes first, then of the other's.
    ///
    /// # Errors
    /// [`Error::Argument`] unless there are as many dimensions of both, [`Error::Shape`] where their sizes
    /// differ.
    pub fn tensordot(&self, other: &Tensor, own: &[i64], others: &[i64]) -> Result<Tensor> {
        const OP: &str = "tensordot";
        ensure(own.len() == others.len(), || {
            let found = format!("{own:?} and {others:?}");
            Error::argument(OP, "the list of dimensions", found, "as many of both")
        })?;
        require_number(OP, self.spec())?;
        require_same(OP, self.spec(), other.spec())?;
        let at = |x: &Tensor, dims: &[i64]| {
            if !dims.is_empty() {
                x.spec().dims(OP, dims)?;
            }
            dims.iter().map(|&d| x.spec().dim(OP, d)).collect::<Result<Vec<_>>>()
        };
        let (own, others) = (at(self, own)?, at(other, others)?);
        let mut labels: Vec<usize> = (self.rank()..self.rank() + other.rank()).collect();
        for (&a, &b) in own.iter().zip(&others) {
            ensure(self.shape()[a] == other.shape()[b], || {
                let found = format!("{:?} and {:?}", self.shape(), other.shape());
                Error::shape(OP, found, format!("equal sizes in dimension {a} and dimension {b}"))
            })?;
            labels[b] = a;
        }
        let kept = (0..self.rank()).filter(|d| !own.contains(d)).chain(self.rank()..);
        let kept: Vec<usize> = kept.take(self.rank() + other.rank()).collect();
        let (a, b) = (Term::new(self, (0..self.rank()).collect()), Term::new(other, labels));
        contract(a, b, &kept).map(|y| y.tensor).map_err(|e| e.named(OP))
    }
}
