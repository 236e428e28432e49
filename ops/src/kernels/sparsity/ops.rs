//! The kernel that has a form in ONNX as an operation: f32, on both devices.

use super::cpu;
#[cfg(feature = "cube")]
use super::gpu;
use crate::{
    DType, Device, Result, Spec,
    op::{OnnxAttribute, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, fused::on_device},
};

/// A product like 0.29 * 100 falls short of the whole number that is meant by less than this.
pub(super) const SHORT: f64 = 1e-9;

/// 1 for the `kept` largest numbers of each column of `[N, C]`, 0 for the others.
pub(super) struct Strongest {
    pub kept: usize,
    /// The share of N that `kept` is, which a trace needs: N is open there.
    pub rate: f64,
}

impl Op for Strongest {
    fn info(&self) -> OpInfo {
        OpInfo::new("sparsity::lifetime").constant()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(Spec::new(x[0].shape.clone(), DType::I32))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, strongest(&x[0], self.kept, y))
    }

    /// The `kept` largest of each column, where `kept` is computed from the number of rows when the graph
    /// runs: a 1 at each of their indices in a column of zeros.
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
        let indices = OnnxValue::Output(largest, 1);
        let mut all = |number, like| {
            let shape = w.node("Shape", [like]);
            w.node("Expand", [number, shape])
        };
        let (zeros, ones) = (all(zero, scores), all(one, indices.clone()));
        Ok(w.node_with("ScatterElements", [zeros, indices, ones], [("axis", OnnxAttribute::Int(0))]))
    }
}
