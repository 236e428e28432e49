//! Calls that no operation may answer, by operation.

mod algebra;
mod elementwise;
mod images;
mod indexing;
mod reductions;
mod running;
mod shapes;

use ops::{DType, Device, Result, Tensor};

use super::tensor;

pub type Call = Box<dyn Fn(Device) -> Result<Tensor>>;
pub type Calls = Vec<Call>;

/// All wrong calls.
pub fn calls() -> Vec<(&'static str, Calls)> {
    let families = [
        elementwise::calls(),
        images::calls(),
        indexing::calls(),
        reductions::calls(),
        shapes::calls(),
        algebra::calls(),
        running::calls(),
    ];
    families.into_iter().flatten().collect()
}

/// One row of the table: an operation and calls of it, given a device.
macro_rules! wrong {
    ($name:ident: $($call:expr),+ $(,)?) => {
        (stringify!($name), vec![$(Box::new($call) as $crate::wrong::Call),+])
    };
}
use wrong;

fn floats(shape: &[usize], at: Device) -> Tensor {
    ones(shape, DType::F32, at)
}

fn ints(shape: &[usize], at: Device) -> Tensor {
    ones(shape, DType::I32, at)
}

fn bools(shape: &[usize], at: Device) -> Tensor {
    ones(shape, DType::Bool, at)
}

fn ones(shape: &[usize], dtype: DType, at: Device) -> Tensor {
    tensor(&vec![1.0; shape.iter().product()], shape, dtype, at)
}

/// A one-dimensional index.
fn index(numbers: &[f64], at: Device) -> Tensor {
    tensor(numbers, &[numbers.len()], DType::I32, at)
}
