//! Attention, and the rotation of embeddings by their positions.

use ops::{DType, Result, Spec, Tensor, op::Padding};

use super::{Operator, ResolvedNode, gives, op};
use crate::{broken, call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] =
    &[op("Attention", 23, attention).settings(&[6]), op("RotaryEmbedding", 23, rotary).settings(&[3])];

/// The attributes of an attention.
struct Attention {
    scale: Option<f64>,
    causal: bool,
    heads: [Option<usize>; 2],
    softcap: f64,
    /// How far back and ahead a query sees; negative: without end.
    reach: [i64; 2],
    /// The fourth output: the scores (0), those that are capped (1) or masked (2), or probabilities (3).
    shown: i64,
}

/// A number of heads, where it is said.
fn heads(node: &NodeReader, name: &str) -> Result<Option<usize>> {
    let n = node.size(name, 0, 0..=usize::MAX, "no number of heads")?;
    Ok((n > 0).then_some(n))
}

fn attention(node: &NodeReader) -> ResolvedNode {
    let shown = node.int("qk_matmul_output_mode", 0)?;
    if !(0..=3).contains(&shown) {
        return broken(format!("the attribute `qk_matmul_output_mode` is {shown}, expected 0 to 3"));
    }
    node.ignore(&["softmax_precision"]);
    let settings = Attention {
        scale: node.maybe_float("scale")?,
        causal: node.flag("is_causal", false)?,
        heads: [heads(node, "q_num_heads")?, heads(node, "kv_num_heads")?],
        softcap: node.float("softcap", 0.0)?,
        reach: [node.int("left_window_size", -1)?, node.int("right_window_size", -1)?],
        shown,
    };
    Ok(Box::new(move |call| settings.run(call).map(|outputs| outputs.map(Into::into).into())))
}

impl Attention {
    /// `softmax(q k^T scale + bias) v` with queries, keys and values `[N, heads, length, size]`; keys and
    /// values of before are put in front.
    fn run(&self, call: &NodeCall) -> Result<[Tensor; 4]> {
        let all = call.together(0..3)?;
        let joined = all[0].rank() == 3;
        let [q_heads, kv_heads] = self.heads;
        let q = split_heads(call, &all[0], q_heads)?;
        let [mut k, mut v] = [split_heads(call, &all[1], kv_heads)?, split_heads(call, &all[2], kv_heads)?];
        let past = match (call.maybe_on_device_of(4, &q)?, call.maybe_on_device_of(5, &q)?) {
            (None, None) => 0,
            (Some(past_k), Some(past_v)) => {
                (k, v) = (Tensor::concat(&[&past_k, &k], 2)?, Tensor::concat(&[&past_v, &v], 2)?);
                past_k.shape()[2]
            }
            _ => return Err(call.wrong("the keys and values of before", "one of them", "both or neither")),
        };
        let present = [k.clone(), v.clone()];
        let times = q.shape()[1] / k.shape()[1].max(1);
        if times * k.shape()[1] != q.shape()[1] {
            return Err(
                call.misfit(k.shape(), format!("heads that divide the {} of the queries", q.shape()[1]))
            );
        }
        let [k, v] = [k.copied_along(1, 2, times)?, v.copied_along(1, 2, times)?];
        let scale = self.scale.unwrap_or(1.0 / (q.shape()[3] as f64).sqrt()).sqrt();
        let raw = q.mul_scalar(scale)?.matmul(&k.mul_scalar(scale)?.transpose(2, 3)?)?;
        let capped = match self.softcap > 0.0 {
            true => raw.div_scalar(self.softcap)?.tanh()?.mul_scalar(self.softcap)?,
            false => raw.clone(),
        };
        let bias = self.bias(call, &capped, past)?;
        let masked = bias.as_ref().map_or(Ok(capped.clone()), |bias| capped.add(bias))?;
        let probabilities = match &bias {
            Some(bias) => softmax_of_seen(&masked, bias)?,
            None => masked.softmax(-1)?,
        };
        let y = probabilities.matmul(&v)?;
        let y = if joined { y.transpose(1, 2)?.flatten(2, 3)? } else { y };
        let shown = match self.shown {
            // The cap belongs to the scores where there is one.
            0 | 1 => capped,
            2 => masked,
            _ => probabilities,
        };
        let [k, v] = present;
        Ok([y, k, v, shown])
    }

    /// What is added to the scores `[N, heads, Q, K]`: 0 where a query sees a key, minus infinity or the
    /// mask's own number elsewhere. `past` keys stand before the first query.
    fn bias(&self, call: &NodeCall, scores: &Tensor, past: usize) -> Result<Option<Tensor>> {
        let &[_, _, queries, keys] = scores.shape() else { return Ok(None) };
        let mask = call
            .maybe_on_device_of(3, scores)?
            .map(|mask| additive(&mask, keys, scores.dtype()))
            .transpose()?;
        let valid = call.maybe_ints(6)?;
        let bounded = self.causal || self.reach.iter().any(|&n| n >= 0);
        if !bounded && valid.is_none() {
            return Ok(mask);
        }
        let samples = valid.as_ref().map_or(1, Vec::len);
        let blocked = |i: usize| {
            let (sample, query, key) = (i / (queries * keys), (i / keys % queries) as i64, (i % keys) as i64);
            let count = valid.as_ref().map(|valid| valid[sample]);
            let offset = match count {
                Some(count) if past == 0 => count - queries as i64,
                _ => past as i64,
            };
            let [back, ahead] = self.reach;
            let distance = query + offset - key;
            let hidden = (self.causal && distance < 0)
                || (back >= 0 && distance > back)
                || (ahead >= 0 && -distance > ahead)
                || count.is_some_and(|count| key >= count);
            if hidden { f64::NEG_INFINITY } else { 0.0 }
        };
        let spec = Spec::new([samples, 1, queries, keys], scores.dtype());
        let bias = Tensor::from_numbers("attention", spec, scores.device(), blocked)?;
        mask.map_or(Ok(bias.clone()), |mask| bias.add(&mask)).map(Some)
    }
}

/// `[N, length, heads size] -> [N, heads, length, size]`
pub(super) fn split_heads(call: &NodeCall, x: &Tensor, heads: Option<usize>) -> Result<Tensor> {
    match (x.shape(), heads) {
        ([_, _, _, _], _) => Ok(x.clone()),
        (&[n, length, size], Some(heads)) if size.is_multiple_of(heads) => {
            x.reshape(&[n, length, heads, size / heads])?.transpose(1, 2)
        }
        _ => {
            Err(call.misfit(x.shape(), "[N, heads, length, size], or [N, length, heads size] and its heads"))
        }
    }
}

/// A mask as numbers that are added; keys that it does not reach are hidden.
fn additive(mask: &Tensor, keys: usize, dtype: DType) -> Result<Tensor> {
    let hidden = f64::NEG_INFINITY;
    let mask = if mask.dtype() == DType::Bool {
        let zeros = Tensor::full(mask.shape(), 0.0, dtype, mask.device())?;
        zeros.masked_fill(&mask.logical_not()?, hidden)?
    } else {
        mask.clone()
    };
    let length = mask.shape().last().copied().unwrap_or(1);
    let missing = if length == 1 { 0 } else { keys.saturating_sub(length) };
    mask.pad(&[[0, missing]], Padding::Constant(hidden))
}

/// The softmax over keys; 0 for a query that sees none.
fn softmax_of_seen(scores: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let blind = bias.detach().max_dims(&[-1], true)?.eq_scalar(f64::NEG_INFINITY)?;
    let blind = blind.cast(DType::I32)?.expand(&with_last(scores.shape(), 1))?.ne_scalar(0.0)?;
    scores.masked_fill(&blind, 0.0)?.softmax(-1)?.masked_fill(&blind, 0.0)
}

fn with_last(shape: &[usize], n: usize) -> Vec<usize> {
    let mut shape = shape.to_vec();
    if let Some(last) = shape.last_mut() {
        *last = n;
    }
    shape
}

/// Pairs of numbers rotated by angles that belong to their positions (Su et al., 2021).
fn rotary(node: &NodeReader) -> ResolvedNode {
    let (interleaved, heads) = (node.flag("interleaved", false)?, heads(node, "num_heads")?);
    let rotated = node.size("rotary_embedding_dim", 0, 0..=usize::MAX, "negative")?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let (joined, y) = (x.rank() == 3, split_heads(call, &x, heads)?);
        let &[n, _, length, size] = y.shape() else { return Err(call.misfit(y.shape(), "four dimensions")) };
        let rotated = if rotated == 0 { size } else { rotated };
        if rotated > size || !rotated.is_multiple_of(2) {
            return Err(call.wrong("rotary_embedding_dim", rotated, format!("an even number up to {size}")));
        }
        let half = rotated / 2;
        let angle = |i: usize| {
            let cache = call.on_device_of(i, &x)?;
            let rows = match call.maybe_on_device_of(3, &x)? {
                Some(places) => cache.index_select(0, &places.reshape(&[places.len()])?)?,
                None => cache,
            };
            rows.reshape(&[n, 1, length, half])
        };
        let (cos, sin) = (angle(1)?, angle(2)?);
        let (part, rest) = (y.narrow(3, 0, rotated)?, size - rotated);
        let [a, b] = if interleaved {
            [part.slice(3, 0, None, 2)?, part.slice(3, 1, None, 2)?]
        } else {
            [part.narrow(3, 0, half)?, part.narrow(3, half, half)?]
        };
        let (real, imaginary) = (a.mul(&cos)?.sub(&b.mul(&sin)?)?, a.mul(&sin)?.add(&b.mul(&cos)?)?);
        let mut y = if interleaved {
            Tensor::stack(&[&real, &imaginary], -1)?.flatten(3, 4)?
        } else {
            Tensor::concat(&[&real, &imaginary], 3)?
        };
        if rest > 0 {
            y = Tensor::concat(&[&y, &split_heads(call, &x, heads)?.narrow(3, rotated, rest)?], 3)?;
        }
        if joined { y.transpose(1, 2)?.reshape(x.shape()) } else { Ok(y) }
    })
}
