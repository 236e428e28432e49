//! A vector for each class.

use super::positive;
use crate::{
    DType, Device, Error, Result, Spec, Tensor,
    nn::{Layer, Module, Parameter, init},
    random,
};

/// `y_i = weight[label_i]`
struct Embedding {
    count: usize,
    size: usize,
}

/// `y = weight[labels]`: labels (integers) `[..]` in `0..count` -> `[.., size]`, weight `[count, size]`
/// drawn from N(0, 1). Initialisers take it for a matrix, as PyTorch's do.
///
/// # Errors
/// [`Error::Argument`] for a size of 0; when used, [`Error::DType`] for labels that are no integers,
/// [`Error::Argument`] for a label out of range.
pub fn embedding(count: usize, size: usize) -> Result<Module> {
    positive("embedding", &[("count", count), ("size", size)])?;
    let weight = Parameter::new(&random::normal(&[count, size], Device::Cpu)?)?;
    Ok(Module::new(Embedding { count, size }, vec![("weight".to_owned(), weight)], vec![]))
}

/// An embedding of zeros, which initialisers leave alone.
pub(super) fn zeros(count: usize, size: usize) -> Result<Module> {
    let zeros = init::constant(0.0).draw(&Spec::new([count, size], DType::F32), None, Device::Cpu)?;
    let weight = Parameter::with_fans(&zeros, None)?;
    Ok(Module::new(Embedding { count, size }, vec![("weight".to_owned(), weight)], vec![]))
}

impl Layer for Embedding {
    fn name(&self) -> &str {
        "Embedding"
    }

    fn describe(&self) -> String {
        format!("{} -> {}", self.count, self.size)
    }

    fn forward(&self, module: &Module, labels: &Tensor) -> Result<Tensor> {
        let chosen = module.value("weight")?.index_select(0, &labels.reshape(&[labels.len()])?);
        chosen.map_err(|e: Error| e.named("embedding"))?.reshape(&[labels.shape(), &[self.size]].concat())
    }
}
