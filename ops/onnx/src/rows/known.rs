//! The operators that are known to act on each sample alone, and when they do.

use super::{RowNode, RowValue, constant};
use crate::{
    file::proto::{AttributeProto, NodeProto},
    is_in,
};

/// Element by element, all inputs broadcast to each other.
const ELEMENTWISE: &str = "\
    Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast \
    CastLike Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Floor Gelu Greater GreaterOrEqual HardSigmoid \
    HardSwish Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or \
    PRelu Pow Reciprocal Relu Round Selu Sigmoid Sign Sin Softplus Softsign Sqrt Sub Sum Tanh \
    ThresholdedRelu Where Xor";

/// On `[N, C, ...]`, sample by sample, with constants beside them.
const OF_PICTURES: &str = "\
    AveragePool Conv ConvTranspose DepthToSpace GlobalAveragePool GlobalLpPool GlobalMaxPool \
    GroupNormalization InstanceNormalization LRN LpPool MaxPool SpaceToDepth BatchNormalization";

/// The axis that samples stay away from is the attribute `axis`, with this default.
const ALONG_AXIS: [(&str, i64); 8] = [
    ("ArgMax", 0),
    ("ArgMin", 0),
    ("Hardmax", -1),
    ("LayerNormalization", -1),
    ("LogSoftmax", -1),
    ("LpNormalization", -1),
    ("RMSNormalization", -1),
    ("Softmax", -1),
];

/// The result of a node on constants alone.
pub(super) fn constant_of<'a>(node: &'a NodeProto, inputs: &[RowValue<'a>]) -> RowValue<'a> {
    let value = node.attribute.iter().find(|a| a.name == "value").and_then(|a| a.t.as_ref());
    match (&*node.op_type, inputs) {
        ("Constant", _) => match (value, node.attribute.first()) {
            (Some(tensor), _) => constant(tensor),
            (None, Some(one)) if one.name == "value_float" || one.name == "value_int" => {
                RowValue { rank: Some(0), ..RowValue::default() }
            }
            _ => RowValue::default(),
        },
        ("Identity", [value]) => value.clone(),
        ("ConstantOfShape", _) => RowValue { uniform: true, ..RowValue::default() },
        ("Expand", [value, ..]) => {
            let uniform = value.rank == Some(0) || value.first == Some(1);
            RowValue { uniform, ..RowValue::default() }
        }
        _ => RowValue::default(),
    }
}

impl<'a> RowNode<'_, 'a> {
    /// The rank of the outputs, if it is known, where each of their samples comes from that of the inputs.
    pub(super) fn by_sample(&self) -> Option<Option<usize>> {
        let name = &*self.node.op_type;
        let x = self.inputs.first()?;
        self.keeps_what_is_assumed()?;
        if is_in(ELEMENTWISE, name) {
            return self.broadcast();
        }
        if is_in(OF_PICTURES, name) {
            return self.of_pictures(x);
        }
        if let Some((_, default)) = ALONG_AXIS.iter().find(|(known, _)| *known == name) {
            let default = if self.opset < 13 && name.ends_with("max") && *default < 0 { 1 } else { *default };
            self.only_the_first()?;
            self.inner(self.integer("axis").unwrap_or(default), x.rank)?;
            if !self.inputs[1..].iter().all(|other| other.is_alike_for(x.rank)) {
                return None;
            }
            let keeps = self.integer("keepdims").unwrap_or(1) == 1;
            return Some(if keeps { x.rank } else { x.rank.map(|rank| rank - 1) });
        }
        match name {
            "MatMul" => self.matmul(),
            "Gemm" => self.gemm(x),
            "Gather" => self.gather(x),
            "Concat" => {
                let rank = self.broadcast()?;
                self.inner(self.integer("axis")?, rank)?;
                Some(rank)
            }
            name if name.starts_with("Reduce") => self.reduce(x),
            _ => self.reshaped(name, x),
        }
    }

    /// Operators that give the elements of each sample in another form.
    fn reshaped(&self, name: &str, x: &RowValue) -> Option<Option<usize>> {
        self.only_the_first()?;
        match name {
            "Dropout" => (self.inputs.len() < 3).then_some(x.rank),
            "Flatten" => (self.integer("axis").unwrap_or(1) == 1).then_some(Some(2)),
            "Transpose" => (self.list("perm")?.first() == Some(&0)).then_some(x.rank),
            "Reshape" => self.reshape(),
            "Squeeze" => {
                let Some(axes) = self.axes(1) else { return (self.inputs.len() == 1).then_some(None) };
                axes.iter().try_for_each(|&axis| self.inner(axis, x.rank))?;
                Some(x.rank.map(|rank| rank.saturating_sub(axes.len())))
            }
            "Unsqueeze" => {
                let axes = self.axes(1)?;
                let rank = x.rank.map(|rank| rank + axes.len());
                axes.iter().try_for_each(|&axis| self.inner(axis, rank))?;
                Some(rank)
            }
            "Slice" | "Split" | "CumSum" | "TopK" => self.cut(name, x),
            "Resize" | "Upsample" => self.resize().then_some(x.rank),
            "Tile" => (self.inputs.get(1)?.numbers()?.first() == Some(&1)).then_some(x.rank),
            "Expand" => {
                let (sizes, rank) = (self.inputs.get(1)?.numbers()?, x.rank?);
                let same = sizes.first().is_some_and(|&n| n == 1 || self.is_batch(n));
                (sizes.len() < rank || (sizes.len() == rank && same)).then_some(x.rank)
            }
            "Pad" => {
                let pads = self.list("pads").or_else(|| self.inputs.get(1)?.numbers())?;
                let own = self.inputs.get(3).is_none_or(|axes| axes.tensor.is_none());
                let none = pads.first() == Some(&0) && pads.get(pads.len() / 2) == Some(&0);
                (own && none).then_some(x.rank)
            }
            _ => None,
        }
    }

    fn reshape(&self) -> Option<Option<usize>> {
        let sizes = self.inputs.get(1)?.numbers();
        let (first, rank) = (sizes.as_ref().and_then(|sizes| sizes.first()), sizes.as_ref().map(Vec::len));
        // 0 keeps the size of that axis. What -1 stands for the file may say.
        let keeps = match first {
            Some(0) => self.integer("allowzero").unwrap_or(0) == 0,
            Some(&n) if n > 0 => self.is_batch(n),
            Some(_) => self.is_declared() || !self.inputs[0].assumed,
            None => self.is_declared(),
        };
        keeps.then_some(rank)
    }

    /// Whether the file says that the first output has as many slices as there are samples.
    fn is_declared(&self) -> bool {
        self.batch.is_some() && self.shape.is_some_and(|shape| shape.first() == Some(&self.batch))
    }

    /// Whether the size of axis 0 of the result is assumed: `Reshape` to `[-1, n]` gives it by the number of
    /// all elements.
    pub(super) fn assumes(&self) -> bool {
        let sizes = || self.inputs.get(1).and_then(RowValue::numbers);
        let by_rest = || sizes().is_some_and(|sizes| sizes.first() == Some(&-1)) && !self.is_declared();
        self.inputs.iter().any(|input| input.assumed) || (self.node.op_type == "Reshape" && by_rest())
    }

    /// An assumed size of axis 0 has to reach an output as it is, where it is seen to be right: nothing may
    /// be broadcast along it, or give it another size.
    fn keeps_what_is_assumed(&self) -> Option<()> {
        let Some(x) = self.inputs.iter().find(|input| input.assumed) else { return Some(()) };
        let alone = self.inputs.iter().filter(|input| input.by_sample).count() == 1;
        let wide = |other: &RowValue| !other.by_sample && other.uniform && other.first != Some(1);
        let is_broadcast = self.inputs.iter().any(|other| wide(other) && other.rank == x.rank);
        let keeps = match &*self.node.op_type {
            "Expand" => false,
            "Reshape" => self.inputs.get(1)?.numbers()?.first() == Some(&0),
            _ => true,
        };
        (alone && keeps && !is_broadcast).then_some(())
    }

    /// Whether it leaves the axis of the samples as it is.
    fn resize(&self) -> bool {
        let (scales, sizes) = if self.opset < 11 { (1, usize::MAX) } else { (2, 3) };
        let of = |input: usize| self.inputs.get(input).and_then(RowValue::floats).unwrap_or_default();
        let by_scale = self.list("scales").is_none() && of(scales).first() == Some(&1.0);
        let by_size = of(sizes).first().is_some_and(|&n| self.is_batch(n as i64))
            && self.attribute("keep_aspect_ratio_policy").is_none();
        match self.list("axes") {
            Some(axes) => !axes.is_empty() && axes.iter().all(|&axis| axis > 0),
            None => by_scale || by_size,
        }
    }

    fn is_batch(&self, n: i64) -> bool {
        usize::try_from(n).is_ok_and(|n| Some(n) == self.batch)
    }

    fn cut(&self, name: &str, x: &RowValue) -> Option<Option<usize>> {
        let axes = match name {
            "Slice" => self.list("axes").or_else(|| self.inputs.get(3)?.numbers())?,
            "CumSum" => self.inputs.get(1)?.numbers()?,
            "TopK" => vec![self.integer("axis").unwrap_or(-1)],
            _ => vec![self.integer("axis").unwrap_or(0)],
        };
        axes.iter().try_for_each(|&axis| self.inner(axis, x.rank))?;
        Some(x.rank)
    }

    fn broadcast(&self) -> Option<Option<usize>> {
        if let [x] = &self.inputs[..] {
            return Some(x.rank);
        }
        // Numbers alone fit whatever the rank is.
        let mut wide = self.inputs.iter().filter(|input| input.by_sample || input.rank != Some(0));
        if let (Some(x), None) = (wide.next(), wide.next()) {
            return Some(x.rank);
        }
        let rank = self.inputs.iter().map(|input| input.rank).max().flatten();
        let fits = |input: &RowValue| match input.by_sample {
            true => input.rank.is_some() && input.rank == rank,
            false => input.is_alike_for(rank),
        };
        self.inputs.iter().all(fits).then_some(rank)
    }

    fn of_pictures(&self, x: &RowValue) -> Option<Option<usize>> {
        self.only_the_first()?;
        // A second output has positions among all samples, or averages over them.
        let alone = self.node.output.iter().skip(1).all(String::is_empty);
        (alone && self.integer("training_mode").unwrap_or(0) == 0).then_some(x.rank)
    }

    fn matmul(&self) -> Option<Option<usize>> {
        let [a, b] = &self.inputs[..] else { return None };
        let (left, right) = (a.rank?, b.rank?);
        let rank = Some(left.max(right));
        let fits = match (a.by_sample, b.by_sample) {
            (true, true) => left == right && left >= 3,
            (true, false) => left >= 2 && right <= left && (right <= 2 || b.is_alike_for(rank)),
            (false, _) => right >= 3 && left <= right && (left <= 2 || a.is_alike_for(rank)),
        };
        // A vector takes an axis away.
        fits.then_some(if left.min(right) >= 2 { rank } else { rank.map(|rank| rank - 1) })
    }

    fn gemm(&self, x: &RowValue) -> Option<Option<usize>> {
        let b = self.inputs.get(1)?;
        let c = self.inputs.get(2);
        let plain = self.integer("transA").unwrap_or(0) == 0 && x.by_sample && !b.by_sample;
        let added = c.is_none_or(|c| if c.by_sample { c.rank == Some(2) } else { c.is_alike_for(Some(2)) });
        (plain && added).then_some(Some(2))
    }

    /// Parts of each sample, or rows of a table that samples name.
    fn gather(&self, data: &RowValue) -> Option<Option<usize>> {
        let indices = self.inputs.get(1)?;
        let axis = self.integer("axis").unwrap_or(0);
        match (data.by_sample, indices.by_sample) {
            (true, false) => self.inner(axis, data.rank)?,
            (false, true) if axis == 0 => {}
            _ => return None,
        }
        Some(data.rank.zip(indices.rank).map(|(data, indices)| data + indices - 1))
    }

    fn reduce(&self, x: &RowValue) -> Option<Option<usize>> {
        self.only_the_first()?;
        let axes = self.axes(1)?;
        axes.iter().try_for_each(|&axis| self.inner(axis, x.rank))?;
        let keeps = self.integer("keepdims").unwrap_or(1) == 1;
        (!axes.is_empty()).then_some(if keeps { x.rank } else { x.rank.map(|rank| rank - axes.len()) })
    }

    /// Whether only the first input depends on the samples.
    fn only_the_first(&self) -> Option<()> {
        let (first, others) = self.inputs.split_first()?;
        (first.by_sample && !others.iter().any(|other| other.by_sample)).then_some(())
    }

    /// Whether an axis of a value of that rank is another one than that of the samples.
    fn inner(&self, axis: i64, rank: Option<usize>) -> Option<()> {
        let axis = if axis < 0 { axis + i64::try_from(rank?).ok()? } else { axis };
        (axis > 0).then_some(())
    }

    fn axes(&self, input: usize) -> Option<Vec<i64>> {
        self.list("axes").or_else(|| self.inputs.get(input)?.numbers())
    }

    fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.node.attribute.iter().find(|attribute| attribute.name == name)
    }

    fn integer(&self, name: &str) -> Option<i64> {
        self.attribute(name).map(|attribute| attribute.i)
    }

    fn list(&self, name: &str) -> Option<Vec<i64>> {
        self.attribute(name).map(|attribute| attribute.ints.clone())
    }
}
