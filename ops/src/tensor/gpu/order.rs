//! The order in which the dimensions of a tensor lie in memory. Convolutions give channels last, and Burn's
//! element-wise operations keep what they are given; kernels that do so too need no copy of it.

use std::cmp::Reverse;

use burn_cubecl::{kernel::into_contiguous, tensor::CubeTensor};

use super::{empty, known};
use crate::tensor::{Operand, Spec};

/// Dimensions, from the outermost in memory to the innermost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order(Vec<usize>);

impl Order {
    /// That of `[N, C, ..]`.
    pub fn channels_first(rank: usize) -> Self {
        Self((0..rank).collect())
    }

    /// That of `[N, .., C]`.
    pub fn channels_last(rank: usize) -> Self {
        Self([0].into_iter().chain(2..rank).chain([1]).collect())
    }

    /// That of an operand's memory; that of its dimensions where the memory is not whole.
    pub fn of(x: &Operand) -> Self {
        let meta = &known(x).meta;
        Self::of_strides(meta.shape(), meta.strides())
    }

    fn of_strides(shape: &[usize], strides: &[usize]) -> Self {
        let mut dims: Vec<usize> = (0..shape.len()).collect();
        dims.sort_by_key(|&d| Reverse(if shape[d] == 1 { usize::MAX } else { strides[d] }));
        let order = Self(dims);
        if order.fits(shape, strides) { order } else { Self((0..shape.len()).collect()) }
    }

    fn fits(&self, shape: &[usize], strides: &[usize]) -> bool {
        let mut step = 1;
        self.0.iter().rev().all(|&d| {
            let fits = shape[d] == 1 || strides[d] == step;
            step *= shape[d];
            fits
        })
    }

    /// Whether the elements lie in this order, with nothing between them.
    pub fn is_of(&self, x: &CubeTensor) -> bool {
        self.fits(x.meta.shape(), x.meta.strides())
    }

    /// The dimensions.
    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// The elements of an operand of as many dimensions in this order; copied only where they are in another.
    pub fn lay(&self, x: &Operand) -> CubeTensor {
        into_contiguous(self.turn(known(x).clone()))
    }

    /// Memory for a tensor in this order, not initialised.
    pub fn empty(&self, like: &Operand, spec: &Spec) -> CubeTensor {
        let y = empty(like, spec);
        let shape: Vec<usize> = self.0.iter().map(|&d| y.meta.shape()[d]).collect();
        self.undo(CubeTensor::new_contiguous(y.client, y.device, shape.into(), y.handle, y.dtype))
    }

    /// The same memory with its dimensions in this order.
    pub(super) fn turn(&self, mut x: CubeTensor) -> CubeTensor {
        x.meta.permute(&self.0).expect("an order has each dimension once");
        x
    }

    /// What [`Order::turn`] was given.
    pub(super) fn undo(&self, x: CubeTensor) -> CubeTensor {
        let mut place = vec![0; self.0.len()];
        self.0.iter().enumerate().for_each(|(i, &d)| place[d] = i);
        Self(place).turn(x)
    }
}

#[cfg(test)]
mod tests {
    use super::Order;

    #[test]
    fn strides_say_the_order_where_memory_is_whole() {
        let of = |shape: &[usize], strides: &[usize]| Order::of_strides(shape, strides).0;
        assert_eq!(of(&[2, 3, 4, 5], &[60, 20, 5, 1]), [0, 1, 2, 3]);
        assert_eq!(of(&[2, 3, 4, 5], &[60, 1, 15, 3]), [0, 2, 3, 1]);
        assert_eq!(of(&[4, 1, 3], &[1, 7, 4]), [1, 2, 0]);
        // Every second row, and one row repeated.
        assert_eq!(of(&[2, 3], &[6, 1]), [0, 1]);
        assert_eq!(of(&[3, 2], &[1, 6]), [0, 1]);
        assert_eq!(of(&[2, 3], &[0, 1]), [0, 1]);
    }
}
