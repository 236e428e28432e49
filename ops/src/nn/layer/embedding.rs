//! A vector for each class.

use super::{function, functional, positive};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure,
    nn::{Module, Parameter, init},
    op::Index,
    random,
};

/// `y = weight[labels]`: labels (integers) `[..]` in `0..count` -> `[.., size]`, weight `[count, size]`
/// drawn from N(0, 1). Initialisers take it for a matrix, as PyTorch's do.
///
/// # Errors
/// [`Error::Argument`] for a size of 0; when used, [`Error::DType`] for labels that are no integers,
/// [`Error::Argument`] for a label out of range.
pub fn embedding(count: usize, size: usize) -> Result<Module> {
    positive("embedding", &[("count", count), ("size", size)])?;
    Ok(of_weight(Parameter::new(&random::normal(&[count, size], Device::Cpu)?)?))
}

/// An [`embedding`] in which the vector of one class is zeros and is not trained: that of padding.
///
/// # Errors
/// As [`embedding`]; [`Error::Argument`] for a class that there is not.
pub fn padded_embedding(count: usize, size: usize, padding: usize) -> Result<Module> {
    positive("embedding", &[("count", count), ("size", size)])?;
    ensure(padding < count, || {
        Error::argument("embedding", "padding_idx", padding, format!("below the {count} classes"))
    })?;
    let drawn = random::normal(&[count, size], Device::Cpu)?;
    let weight =
        drawn.with_at(&[Index::At(padding as i64)], &Tensor::scalar(0.0, DType::F32, Device::Cpu)?)?;
    let layer =
        function("Embedding", format!("{count} -> {size}, padding {padding}"), move |module, labels| {
            let found = functional::embedding(labels, &module.value("weight")?)?;
            labels.eq_scalar(padding as f64)?.unsqueeze(-1)?.where_(&found.detach(), &found)
        });
    Ok(Module::new(layer, vec![("weight".to_owned(), Parameter::new(&weight)?)], vec![]))
}

/// An embedding of zeros, which initialisers leave alone.
pub(super) fn zeros(count: usize, size: usize) -> Result<Module> {
    let zeros = init::constant(0.0).draw(&Spec::new([count, size], DType::F32), None, Device::Cpu)?;
    Ok(of_weight(Parameter::with_fans(&zeros, None)?))
}

/// `y_i = weight[label_i]`
fn of_weight(weight: Parameter) -> Module {
    let [count, size] = [0, 1].map(|d| weight.spec().shape[d]);
    let layer = function("Embedding", format!("{count} -> {size}"), move |module, labels| {
        functional::embedding(labels, &module.value("weight")?)
    });
    Module::new(layer, vec![("weight".to_owned(), weight)], vec![])
}
