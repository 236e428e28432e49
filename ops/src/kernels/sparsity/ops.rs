//! The kernels as operations: f32, on both devices.

#[cfg(feature = "cube")]
use super::gpu;
use super::{Compact, cpu};
use crate::{
    DType, Device, Result, Spec, Tensor,
    kernels::fused::on_device,
    op::{OnnxAttribute, OnnxValue, OnnxWriter, Op, Operand, Primitive, Saves, Vjp},
    tensor::apply,
};

/// A place: no value of the map stays.
pub(super) const NONE: i32 = -1;
/// A product like 0.29 * 100 falls short of the whole number that is meant by less than this.
pub(super) const SHORT: f64 = 1e-9;
/// A place: the whole map stays.
pub(super) const ALL: i32 = -2;

/// The place of the largest value of each map: `[N, C, H, W] -> [N, C]`.
#[derive(Debug)]
pub(super) struct Winners;

impl Op for Winners {
    fn name(&self) -> &'static str {
        "sparsity::spatial"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(Spec::new(&x[0].shape[..2], DType::I32))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, winners(&x[0], y))
    }

    fn differentiable(&self) -> bool {
        false
    }
}

/// 1 for the `kept` largest numbers of each column of `[N, C]`, 0 for the others.
#[derive(Debug)]
pub(super) struct Strongest {
    pub kept: usize,
    /// The share of N that `kept` is, which a trace needs: N is open there.
    pub rate: f64,
}

impl Op for Strongest {
    fn name(&self) -> &'static str {
        "sparsity::lifetime"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(Spec::new(x[0].shape.clone(), DType::I32))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, strongest(&x[0], self.kept, y))
    }

    /// The largest of each column, whose number is computed from that of the rows when the graph runs; at
    /// their places a 1 in a column of zeros.
    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let (scores, zero, one) = (w.x(0), w.number(0.0), w.number(1.0));
        let double = |n| OnnxValue::Number(n, DType::F64);
        let first = [("start", OnnxAttribute::Int(0)), ("end", OnnxAttribute::Int(1))];
        let rows = w.node_with("Shape", [scores.clone()], first);
        let rows = w.cast(rows, DType::F64);
        let share = w.node("Mul", [rows, double(self.rate)]);
        let share = w.node("Add", [share, double(SHORT)]);
        let whole = w.node("Floor", [share]);
        let kept = w.node("Max", [whole, double(1.0)]);
        let kept = w.cast(kept, DType::I64);
        let largest = w.step("TopK", 2, [scores.clone(), kept], [("axis", OnnxAttribute::Int(0))]);
        let places = OnnxValue::Output(largest, 1);
        let mut all = |number, like| {
            let shape = w.node("Shape", [like]);
            w.node("Expand", [number, shape])
        };
        let (zeros, ones) = (all(zero, scores), all(one, places.clone()));
        Ok(w.node_with("ScatterElements", [zeros, places, ones], [("axis", OnnxAttribute::Int(0))]))
    }

    fn differentiable(&self) -> bool {
        false
    }
}

/// 1 for the `k` largest numbers of each sample of `[N, ...]`, 0 for the others.
#[derive(Debug)]
pub(super) struct Top {
    pub k: usize,
}

impl Op for Top {
    fn name(&self) -> &'static str {
        "sparsity::top_k"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(Spec::new(x[0].shape.clone(), DType::I32))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, top(&x[0], self.k, y))
    }

    fn differentiable(&self) -> bool {
        false
    }
}

/// The values at the places `[N, C]` of maps `[N, C, H, W]`; each must be one.
#[derive(Debug)]
pub(super) struct Take;

impl Op for Take {
    fn name(&self) -> &'static str {
        "sparsity"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(x[1].shape.clone()))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, take(&x[0], &x[1], y))
    }

    fn differentiable(&self) -> bool {
        false
    }
}

/// Maps `[N, C, H, W]` of which only the values at the places `[N, C]` stay, with 0 elsewhere. Linear in
/// the maps, so its gradient keeps the same places.
#[derive(Debug)]
pub(super) struct Keep;

impl Op for Keep {
    fn name(&self) -> &'static str {
        "sparsity"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, keep(&x[0], &x[1], y))
    }

    fn takes_compact(&self, i: usize) -> bool {
        i == 0
    }

    fn compact(&self, x: &[Operand], y: &Spec) -> Option<Compact> {
        cpu::keep_compact(&x[0], &x[1], y)
    }

    fn gradient_places(&self) -> Option<usize> {
        Some(1)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(apply(Keep, &[at.dy, &at.x[1]])?), None])
    }

    fn saves(&self) -> Saves {
        Saves::only(&[1])
    }
}
