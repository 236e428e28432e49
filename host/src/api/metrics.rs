//! `metrics::...`: numbers that say what pictures are like.

use ops::{Tensor, metrics};
use rhai::Dynamic;

use crate::{
    data::Dataset,
    error::Result,
    script::{FromScript, Refusal, Table},
};

/// Points: the items of a tensor or of a data set, each as one row of numbers.
pub struct Points(Tensor);

impl FromScript for Points {
    const NAME: &'static str = "Tensor or Dataset";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(set) = value.read_lock::<Dataset>() {
            return set.tensor(ops::Device::Cpu).map(Self).map_err(Refusal::Value);
        }
        Tensor::from_script(value).map(Self)
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table.module("metrics", "Numbers that say what pictures are like.").add(
        "nearest_distance(x, set)",
        "For each item of x the Euclidean distance to the nearest item of the set.",
        "metrics::nearest_distance(tensor([[0, 0], [3, 4]]), zeros([1, 2])).to_array() => [0.0, 5.0]",
        |x: Tensor, set: Points| metrics::nearest_distance(&x, &set.0.to_device(x.device())?),
    );
}
