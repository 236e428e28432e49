//! The first layer of BERT.

use ops::{DType, Device, Result, Spec, Tensor};

use crate::{
    GraphValue,
    call::NodeCall,
    node::NodeReader,
    operators::{Operator, ResolvedNode, normalise::standard, op},
    value::to_device,
};

pub(super) const OPERATORS: &[Operator] =
    &[op("EmbedLayerNormalization", 1, embed).settings(&[0, 1, 7, 8]).weights(&[2, 3, 4, 5, 6])];

/// The layer normalisation of the sum of embeddings `[N, length, H]` of words, of positions and of segments;
/// also gives how many words of each sample are not masked, `[N]`, and the sum.
fn embed(node: &NodeReader) -> ResolvedNode {
    let eps = node.float("epsilon", 1e-12)?;
    node.ignore(&["mask_index_type"]);
    Ok(Box::new(move |call| {
        let words = call.tensor(2)?;
        let ids = call.on_device_of(0, &words)?;
        let &[n, length] = ids.shape() else { return Err(call.misfit(ids.shape(), "[N, length]")) };
        let mut sum = rows(&words, &ids)?;
        let table = call.on_device_of(3, &words)?;
        let positions = match call.maybe_on_device_of(8, &words)? {
            Some(positions) => positions,
            None => {
                Tensor::arange(0.0, length as f64, 1.0, DType::I32, words.device())?.reshape(&[1, length])?
            }
        };
        sum = sum.add(&rows(&table, &positions)?)?;
        if let (Some(table), Some(ids)) =
            (call.maybe_on_device_of(4, &words)?, call.maybe_on_device_of(1, &words)?)
        {
            sum = sum.add(&rows(&table, &ids)?)?;
        }
        let s = standard(&sum, &[-1], eps)?;
        let y = s.centered.mul(&s.inverse)?.mul(&call.on_device_of(5, &words)?)?;
        let y = y.add(&call.on_device_of(6, &words)?)?;
        Ok(vec![y.into(), unmasked(call, n)?, sum.into()])
    }))
}

/// The rows of a table `[K, H]` that an index `[.., length]` names, as `[.., length, H]`.
fn rows(table: &Tensor, index: &Tensor) -> Result<Tensor> {
    let shape = [index.shape(), table.shape().get(1..).unwrap_or(&[])].concat();
    table.index_select(0, &index.reshape(&[index.len()])?)?.reshape(&shape)
}

/// How many words of each of `n` samples the mask lets through; 0 where there is none.
fn unmasked(call: &NodeCall, n: usize) -> Result<GraphValue> {
    if !call.has(7) {
        let spec = Spec::new([n], DType::I32);
        return Ok(Tensor::from_numbers(call.op, spec, Device::Cpu, |_| 0.0)?.into());
    }
    let mask = to_device(&call.tensor(7)?, Device::Cpu)?;
    Ok(mask.ne_scalar(0.0)?.sum_dims(&[1], false)?.cast(DType::I32)?.into())
}
