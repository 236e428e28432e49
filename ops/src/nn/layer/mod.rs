//! The kinds of modules, one family a file. Each is offered as one function that makes a [`Module`](super::Module)
//! on the CPU in f32; [`Module::to_device`](super::Module::to_device) moves it.

use super::{Fans, Parameter, init};
use crate::{DType, Device, Error, Result, Spec};

mod activation;
mod conv;
mod linear;
mod sequential;

pub use activation::{Activation, activation};
pub use conv::{ConvOptions, conv_transpose2d, conv2d};
pub use linear::linear;
pub use sequential::{sequential, sequential_named};

/// The weight and, if wanted, the bias of an affine map, drawn as PyTorch draws them.
fn affine(weight: &[usize], fans: Fans, bias: Option<usize>) -> Result<Vec<(String, Parameter)>> {
    let draw = |name: &str, shape: &[usize]| {
        let spec = Spec::new(shape, DType::F32);
        let value = init::usual().draw(&spec, Some(fans), Device::Cpu)?;
        Ok((name.to_owned(), Parameter::with_fans(&value, Some(fans))?))
    };
    let mut parameters = vec![draw("weight", weight)?];
    if let Some(outputs) = bias {
        parameters.push(draw("bias", &[outputs])?);
    }
    Ok(parameters)
}

/// Refuses numbers that are 0.
fn positive(op: &'static str, numbers: &[(&'static str, usize)]) -> Result<()> {
    numbers.iter().find(|(_, n)| *n == 0).map_or(Ok(()), |&(name, _)| {
        Err(Error::Argument { op, name, found: "0".into(), expected: "at least 1".into() })
    })
}

/// A pair of sizes as people write them: one number where both are equal.
fn pair([a, b]: [usize; 2]) -> String {
    if a == b { a.to_string() } else { format!("{a}x{b}") }
}
