//! How often numbers occur, and where they belong in an order: computed on the CPU, constants to gradients.

use ops::Tensor;
use rhai::{Array, Dynamic, Map};

use crate::{
    api::options::CallOptions,
    error::{Error, Result},
    script::Adder,
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global
        .add(
            "bincount(x, options)",
            "How often each of 0, 1, 2, .. occurs in whole numbers [N]. Options: weights [N], which are \
             added up instead, minlength (0).",
            "tensor([0, 2, 2]).cast(\"i32\").bincount().to_array() => [1, 0, 2]\n\
             tensor([0, 2]).cast(\"i32\").bincount(#{ weights: tensor([0.5, 2.0]), minlength: 4 \
             }).to_array() => [0.5, 0.0, 2.0, 0.0]",
            |x: Tensor, options: Option<Map>| -> Result<Tensor> {
                let (weights, minimum) = CallOptions::read("bincount", options, |options| {
                    Ok((options.find::<Tensor>("weights")?, options.get("minlength", 0)?))
                })?;
                Ok(x.bincount(weights.as_ref(), minimum)?)
            },
        )
        .add(
            "unique(x, options)",
            "The numbers of a tensor, each once, in ascending order. With the options return_inverse or \
             return_counts an array: also the index of each element's value, how often each occurs.",
            "tensor([3.0, 1.0, 3.0]).unique().to_array() => [1.0, 3.0]\n\
             tensor([3.0, 1.0, 3.0]).unique(#{ return_inverse: true })[1].to_array() => [1, 0, 1]\n\
             tensor([3.0, 1.0, 3.0]).unique(#{ return_counts: true })[1].to_array() => [1, 2]",
            unique,
        )
        .add(
            "searchsorted(sorted, values, right)",
            "Where values belong in an ascending sequence [N], or in the row [.., N] of each: how many \
             elements are below; if `right`, how many are not above.",
            "tensor([1.0, 3.0]).searchsorted(tensor([0.0, 3.0])).to_array() => [0, 1]\n\
             tensor([1.0, 3.0]).searchsorted(tensor([0.0, 3.0]), true).to_array() => [0, 2]",
            |sorted: Tensor, values: Tensor, right: Option<bool>| {
                sorted.searchsorted(&values, right.unwrap_or(false))
            },
        )
        .add(
            "histogram(x, bins, options)",
            "[counts, edges] of so many bins of equal width. Options: range [low, high] (that of the \
             numbers), weight, density (false).",
            "tensor([0.0, 1.0, 2.0, 2.0]).histogram(2)[0].to_array() => [1.0, 3.0]\n\
             tensor([0.0, 1.0]).histogram(2, #{ range: [0, 4], density: true })[1].to_array() \
             => [0.0, 2.0, 4.0]",
            histogram,
        );
}

fn unique(x: Tensor, options: Option<Map>) -> Result<Dynamic> {
    let [inverse, counts] = CallOptions::read("unique", options, |options| {
        Ok([options.get("return_inverse", false)?, options.get("return_counts", false)?])
    })?;
    let found = x.unique()?;
    let more = [inverse.then_some(found.inverse), counts.then_some(found.counts)];
    let more: Array = more.into_iter().flatten().map(Dynamic::from).collect();
    let values = Dynamic::from(found.values);
    Ok(if more.is_empty() { values } else { [vec![values], more].concat().into() })
}

fn histogram(x: Tensor, bins: usize, options: Option<Map>) -> Result<Vec<Tensor>> {
    let (range, weight, density) = CallOptions::read("histogram", options, |options| {
        let range = options.find::<Vec<f64>>("range")?;
        Ok((range, options.find::<Tensor>("weight")?, options.get("density", false)?))
    })?;
    let range = range.map(|ends| {
        let found = format!("histogram: the range has {} numbers", ends.len());
        <[f64; 2]>::try_from(ends).map_err(|_| Error::usage(found, "give [low, high]"))
    });
    let found = x.histogram(bins, range.transpose()?, weight.as_ref(), density)?;
    Ok(vec![found.counts, found.edges])
}
