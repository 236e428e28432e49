//! Attention with its projections and masks as ONNX Runtime joins them.

use ops::{Result, Spec, Tensor};

use crate::{
    GraphValue,
    call::NodeCall,
    node::NodeReader,
    operators::{Operator, ResolvedNode, attention::split_heads, op},
};

pub(super) const OPERATORS: &[Operator] = &[
    op("Attention", 1, attention).settings(&[3, 6]).weights(&[1, 2]),
    op("MultiHeadAttention", 1, multi_head).settings(&[4, 8, 9]).weights(&[3]),
];

/// The attributes that both share.
struct Scores {
    heads: usize,
    scale: Option<f64>,
    /// What is added to the score of a key that a mask hides.
    hidden: f64,
    causal: bool,
    /// Which inputs are the mask and what is added to the scores.
    mask: usize,
    bias: usize,
}

/// Keys and values of before and of now, and how many are of before.
struct Memory {
    k: Tensor,
    v: Tensor,
    past: usize,
}

impl Memory {
    /// `[N, heads, length, size]`, the past ones in front.
    fn new(past: Option<[Tensor; 2]>, k: Tensor, v: Tensor) -> Result<Self> {
        let Some([past_k, past_v]) = past else { return Ok(Self { k, v, past: 0 }) };
        let past = past_k.shape().get(2).copied().unwrap_or(0);
        Ok(Self { k: Tensor::concat(&[&past_k, &k], 2)?, v: Tensor::concat(&[&past_v, &v], 2)?, past })
    }
}

impl Scores {
    fn of(node: &NodeReader, mask: usize, bias: usize) -> Result<Self> {
        let scale = node.float("scale", 0.0)?;
        node.ignore(&["past_present_share_buffer"]);
        Ok(Self {
            heads: node.size("num_heads", 0, 1..=usize::MAX, "missing or no number of heads")?,
            scale: (scale != 0.0).then_some(scale),
            hidden: node.float("mask_filter_value", -10000.0)?,
            causal: node.flag("unidirectional", false)?,
            mask,
            bias,
        })
    }

    /// `softmax(q k^T scale + mask + bias) v` of queries, keys and values `[N, heads, length, size]`, as
    /// `[N, length, heads size]`, and the scores.
    fn attend(&self, call: &NodeCall, q: &Tensor, memory: &Memory) -> Result<[Tensor; 2]> {
        let scale = self.scale.unwrap_or(1.0 / (q.shape()[3] as f64).sqrt());
        let mut scores = q.matmul(&memory.k.transpose(2, 3)?)?.mul_scalar(scale)?;
        if let Some(mask) = self.hides(call, &scores, memory.past)? {
            scores = scores.add(&mask)?;
        }
        if let Some(bias) = call.maybe_on_device_of(self.bias, q)? {
            scores = scores.add(&bias)?;
        }
        let y = scores.softmax(-1)?.matmul(&memory.v)?;
        Ok([y.transpose(1, 2)?.flatten(2, 3)?, scores])
    }

    /// What is added to scores `[N, heads, queries, keys]`, where anything is hidden. Masks: `[N]`, the
    /// number of keys that are seen; `[2 N]`, that and the first of them; `[N, keys]` and `[N, queries,
    /// keys]`, 0 for what is hidden. Besides, keys behind a query are hidden where it is causal.
    fn hides(&self, call: &NodeCall, scores: &Tensor, past: usize) -> Result<Option<Tensor>> {
        let &[n, _, queries, keys] = scores.shape() else { return Ok(None) };
        let form = call.value(self.mask).spec().map(|spec| spec.shape.clone());
        if form.is_none() && !self.causal {
            return Ok(None);
        }
        let numbers = call.maybe_ints(self.mask)?.unwrap_or_default();
        let sees: Box<dyn Fn(usize, usize, usize) -> bool> = match form.as_deref() {
            None => Box::new(|_, _, _| true),
            Some(&[count]) if count == n => Box::new(|sample, _, key| (key as i64) < numbers[sample]),
            Some(&[count]) if count == 2 * n => {
                Box::new(|sample, _, key| (numbers[n + sample]..numbers[sample]).contains(&(key as i64)))
            }
            Some(&[a, b]) if [a, b] == [n, keys] => {
                Box::new(|sample, _, key| numbers[sample * keys + key] > 0)
            }
            Some(&[a, b, c]) if [a, b, c] == [n, queries, keys] => {
                Box::new(|sample, query, key| numbers[(sample * queries + query) * keys + key] > 0)
            }
            Some(form) => {
                let expected = format!("a mask of {n} samples, {queries} queries and {keys} keys");
                return Err(call.misfit(form, expected));
            }
        };
        let number = |i: usize| {
            let (sample, query, key) = (i / (queries * keys), i / keys % queries, i % keys);
            // ONNX Runtime lets the last query see all keys, also where there are more keys than queries.
            let behind = self.causal && query + 1 < queries && key > past + query;
            match sees(sample, query, key) {
                _ if behind => f64::from(f32::MIN),
                true => 0.0,
                false => self.hidden,
            }
        };
        let spec = Spec::new([n, 1, queries, keys], scores.dtype());
        Tensor::from_numbers(call.op, spec, scores.device(), number).map(Some)
    }
}

/// Attention of `[N, length, D]` to itself, with one projection to queries, keys and values, `[D, sizes]` and
/// `[sizes]`. The past and the present are keys and values in one, `[2, N, heads, length, size]`.
fn attention(node: &NodeReader) -> ResolvedNode {
    let scores = Scores::of(node, 3, 5)?;
    let sizes = node.sizes("qkv_hidden_sizes")?;
    if node.flag("do_rotary", false)? {
        return crate::broken("the attribute `do_rotary` is 1, expected 0");
    }
    node.ignore(&["rotary_embedding_dim"]);
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let weights = call.on_device_of(1, &x)?;
        let mut projected = x.matmul(&weights)?;
        if let Some(bias) = call.maybe_on_device_of(2, &x)? {
            projected = projected.add(&bias)?;
        }
        let all = projected.shape().last().copied().unwrap_or(0);
        let sizes = sizes.clone().unwrap_or_else(|| vec![all / 3; 3]);
        if sizes.len() != 3 || sizes.iter().fold(0usize, |sum, &size| sum.saturating_add(size)) != all {
            return Err(call.misfit(weights.shape(), format!("weights [D, {sizes:?} in all]")));
        }
        let part = |i: usize| {
            let part = projected.narrow(-1, sizes[..i].iter().sum(), sizes[i])?;
            split_heads(call, &part, Some(scores.heads))
        };
        let past = call.maybe_on_device_of(4, &x)?.map(|past| {
            let half = |i| past.narrow(0, i, 1)?.squeeze(0);
            Ok::<_, ops::Error>([half(0)?, half(1)?])
        });
        let (q, memory) = (part(0)?, Memory::new(past.transpose()?, part(1)?, part(2)?)?);
        let [y, _] = scores.attend(call, &q, &memory)?;
        // There is one tensor for both only where they are of one size.
        let present =
            (memory.k.shape() == memory.v.shape()).then(|| Tensor::stack(&[&memory.k, &memory.v], 0));
        let present = present.transpose()?.map_or(GraphValue::Absent, GraphValue::from);
        Ok(vec![y.into(), present])
    }))
}

/// Attention of queries `[N, length, heads size]` to keys and values in that form or as `[N, heads, length,
/// size]`; queries, keys and values may be one input, `[N, length, heads, 3, size]`, and keys and values,
/// `[N, length, heads, 2, size]`. The bias is one for all three, which lie one after another.
fn multi_head(node: &NodeReader) -> ResolvedNode {
    let scores = Scores::of(node, 4, 5)?;
    Ok(Box::new(move |call| {
        let [q, k, v] = parts(call, scores.heads)?;
        let past = match (call.maybe_on_device_of(6, &q)?, call.maybe_on_device_of(7, &q)?) {
            (Some(k), Some(v)) => Some([k, v]),
            _ => None,
        };
        let memory = Memory::new(past, k, v)?;
        let [y, shown] = scores.attend(call, &q, &memory)?;
        Ok([y, memory.k, memory.v, shown].map(GraphValue::from).into())
    }))
}

/// Queries, keys and values, `[N, heads, length, size]` each.
fn parts(call: &NodeCall, heads: usize) -> Result<[Tensor; 3]> {
    let q = call.tensor(0)?;
    let packed = |x: &Tensor, i: usize| x.narrow(3, i, 1)?.squeeze(3)?.transpose(1, 2);
    let [key, value] = [1, 2].map(|i| call.maybe_on_device_of(i, &q));
    let mut parts = match (key?, value?) {
        (None, _) if q.rank() == 5 && q.shape()[3] == 3 => [packed(&q, 0)?, packed(&q, 1)?, packed(&q, 2)?],
        (Some(kv), None) if kv.rank() == 5 && kv.shape()[3] == 2 => {
            [split_heads(call, &q, Some(heads))?, packed(&kv, 0)?, packed(&kv, 1)?]
        }
        (Some(k), Some(v)) => {
            let split = |x: &Tensor| split_heads(call, x, Some(heads));
            [split(&q)?, split(&k)?, split(&v)?]
        }
        _ => return Err(call.misfit(q.shape(), "queries, keys and values, or all in one of five dimensions")),
    };
    if let Some(bias) = call.maybe_on_device_of(3, &q)? {
        let mut start = 0;
        for part in &mut parts {
            let (heads, size) = (part.shape()[1], part.shape()[3]);
            let own = bias.narrow(0, start, heads * size)?.reshape(&[1, heads, 1, size])?;
            start += heads * size;
            *part = part.add(&own)?;
        }
    }
    Ok(parts)
}
