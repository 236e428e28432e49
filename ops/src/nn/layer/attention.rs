//! Attention (Vaswani et al., 2017, "Attention is all you need").

use super::{
    Fans, Layer, Module, Parameter, Value,
    dropout::{dropped, probable},
    linear, positive,
    value::{self, InputOptions},
};
use crate::{DType, Device, Error, Result, Spec, Tensor, ensure, nn::init};

const NAME: &str = "MultiheadAttention";
const OP: &str = "multi_head_attention";

/// What is far below every score, and still a number.
const BLOCKED: f64 = -1e30;

/// What attention is weighted by besides the scores.
#[derive(Clone, Default)]
pub struct AttentionOptions {
    /// `[.., L, S]`: where this is false, the query does not see the key. One that sees none gets zeros.
    pub allowed: Option<Tensor>,
    /// `[.., L, S]`, added to the scores.
    pub bias: Option<Tensor>,
    /// Whether query i sees no key after key i.
    pub causal: bool,
    /// Of the weights.
    pub dropout: f64,
    /// What scores are multiplied by; `1 / sqrt(E)` where there is none.
    pub scale: Option<f64>,
}

/// `softmax(scale Q K^T) V` of queries `[.., L, E]`, keys `[.., S, E]` and values `[.., S, V]`: `[.., L,
/// V]`, and the weights `[.., L, S]`.
///
/// # Errors
/// [`Error::Shape`] for what does not fit, [`Error::Argument`] for a dropout outside 0 to 1.
pub fn scaled_dot_product_attention(
    [query, key, value]: [&Tensor; 3],
    options: &AttentionOptions,
) -> Result<(Tensor, Tensor)> {
    attention(query, key, value, options).map_err(|e| e.named("scaled_dot_product_attention"))
}

fn attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    options: &AttentionOptions,
) -> Result<(Tensor, Tensor)> {
    probable("scaled_dot_product_attention", options.dropout)?;
    let (&[.., l, size], &[.., s, _]) = (query.shape(), key.shape()) else {
        let found = format!("{:?} and {:?}", query.shape(), key.shape());
        return Err(Error::shape("scaled_dot_product_attention", found, "[.., L, E] and [.., S, E]"));
    };
    ensure(key.shape().last() == Some(&size) && value.shape().iter().rev().nth(1) == Some(&s), || {
        let [q, k, v] = [query, key, value].map(Tensor::shape);
        let expected = "queries [.., L, E], keys [.., S, E] and values [.., S, V]";
        Error::shape("scaled_dot_product_attention", format!("{q:?}, {k:?} and {v:?}"), expected)
    })?;
    let scale = options.scale.unwrap_or(1.0 / (size as f64).sqrt());
    let mut scores = query.mul_scalar(scale)?.matmul(&key.transpose(-2, -1)?)?;
    if let Some(bias) = &options.bias {
        scores = scores.add(&bias.cast(scores.dtype())?)?;
    }
    if options.causal {
        let seen = Tensor::full([l, s], 1.0, DType::F32, scores.device())?.tril(0)?;
        scores = blocked(&scores, &seen.gt_scalar(0.0)?)?;
    }
    let weights = match &options.allowed {
        Some(allowed) => {
            let kept = allowed.cast(scores.dtype())?;
            blocked(&scores, allowed)?.softmax(-1)?.mul(&kept)?
        }
        None => scores.softmax(-1)?,
    };
    let weights = dropped(&weights, options.dropout)?;
    Ok((weights.matmul(value)?, weights))
}

fn blocked(scores: &Tensor, allowed: &Tensor) -> Result<Tensor> {
    allowed.where_(scores, &Tensor::scalar(BLOCKED, scores.dtype(), scores.device())?)
}

/// Settings of [`multi_head_attention`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MultiHeadOptions {
    /// Of the weights, in training.
    pub dropout: f64,
    pub bias: bool,
    /// Whether the samples are the first dimension, and not the positions.
    pub batch_first: bool,
    /// The sizes of keys and values, where they are not those of the queries.
    pub key_size: Option<usize>,
    pub value_size: Option<usize>,
}

impl Default for MultiHeadOptions {
    fn default() -> Self {
        Self { dropout: 0.0, bias: true, batch_first: false, key_size: None, value_size: None }
    }
}

struct MultiHead {
    size: usize,
    heads: usize,
    options: MultiHeadOptions,
}

/// Attention in several heads, each on its share of the numbers: called with queries `[L, N, E]`, keys
/// `[S, N, E]` and values `[S, N, E]` (with queries alone, these are all three), it gives `[L, N, E]`; with
/// `batch_first`, N is first everywhere. A map after them may hold `attn_mask` `[L, S]` or `[N heads, L, S]`
/// (bools: true for what is *not* seen; floats are added to the scores), `key_padding_mask` `[N, S]` (true
/// for what is not seen), `is_causal`, and `need_weights`, which makes the result a map of `output` and
/// `weights`
/// `[N, L, S]`, their mean over the heads.
///
/// Parameters as PyTorch's: `in_proj_weight` `[3 E, E]` (or `q_proj_weight`, `k_proj_weight`,
/// `v_proj_weight` where sizes differ) uniform as Glorot's, `in_proj_bias` zeros, `out_proj`.
///
/// # Errors
/// [`Error::Argument`] for a size of 0 and for a size that the heads do not divide; when used,
/// [`Error::Shape`].
pub fn multi_head_attention(size: usize, heads: usize, options: MultiHeadOptions) -> Result<Module> {
    positive(OP, &[("the size", size), ("heads", heads)])?;
    probable(OP, options.dropout)?;
    ensure(size.is_multiple_of(heads), || {
        Error::argument(OP, "heads", format!("{heads} for a size of {size}"), "a divisor of the size")
    })?;
    let of = |rows: usize, columns: usize| {
        let fans = Fans { input: columns, output: rows };
        let value = init::xavier_uniform(1.0).draw(
            &Spec::new([rows, columns], DType::F32),
            Some(fans),
            Device::Cpu,
        )?;
        Parameter::with_fans(&value, Some(fans))
    };
    let (keys, values) = (options.key_size.unwrap_or(size), options.value_size.unwrap_or(size));
    positive(OP, &[("the size of keys", keys), ("the size of values", values)])?;
    let mut parameters = match (keys, values) == (size, size) {
        true => vec![("in_proj_weight", of(3 * size, size)?)],
        false => vec![
            ("q_proj_weight", of(size, size)?),
            ("k_proj_weight", of(size, keys)?),
            ("v_proj_weight", of(size, values)?),
        ],
    };
    let output = linear(size, size, options.bias)?;
    if options.bias {
        let zeros = Tensor::full([3 * size], 0.0, DType::F32, Device::Cpu)?;
        parameters.push(("in_proj_bias", Parameter::with_fans(&zeros, Fans::of_weight(&[size, size]))?));
        output.parameter("bias").map_or(Ok(()), |bias| bias.set(&bias.value().zeros_like()?))?;
    }
    let parameters = parameters.into_iter().map(|(name, parameter)| (name.to_owned(), parameter)).collect();
    Ok(Module::new(MultiHead { size, heads, options }, parameters, vec![("out_proj".into(), output)]))
}

impl MultiHead {
    /// The weight and bias that queries (0), keys (1) and values (2) go through.
    fn projection(&self, module: &Module, i: usize) -> Result<(Tensor, Option<Tensor>)> {
        let share = |all: Tensor| all.narrow(0, i * self.size, self.size);
        let weight = match module.parameter("in_proj_weight") {
            Some(all) => share(all.get())?,
            None => module.value(["q_proj_weight", "k_proj_weight", "v_proj_weight"][i])?,
        };
        Ok((weight, module.parameter("in_proj_bias").map(Parameter::get).map(share).transpose()?))
    }

    /// `[N, L, inputs]` through one of the projections, as heads `[N, heads, L, E / heads]`.
    fn projected(&self, module: &Module, x: &Tensor, i: usize) -> Result<Tensor> {
        let (weight, bias) = self.projection(module, i)?;
        let (&[n, l, inputs], &[_, expected]) = (x.shape(), weight.shape()) else {
            return Err(Error::shape(OP, format!("{:?}", x.shape()), "three dimensions"));
        };
        ensure(inputs == expected, || {
            let name = ["queries", "keys", "values"][i];
            Error::shape(OP, format!("{inputs} numbers for each of the {name}"), expected.to_string())
        })?;
        let y = x.reshape(&[n * l, inputs])?.matmul(&weight.transpose(0, 1)?)?;
        let y = bias.map_or(Ok(y.clone()), |bias| y.add(&bias))?;
        y.reshape(&[n, l, self.heads, self.size / self.heads])?.permute(&[0, 2, 1, 3])
    }

    /// What is seen, and what is added to the scores, of masks as PyTorch's layer takes them.
    fn masks(&self, mask: Option<&Tensor>, padding: Option<&Tensor>, n: usize) -> Result<AttentionOptions> {
        let mut options = AttentionOptions::default();
        if let Some(mask) = mask {
            let mask = match *mask.shape() {
                [of_heads, l, s] if of_heads == n * self.heads => mask.reshape(&[n, self.heads, l, s])?,
                [_, _] => mask.clone(),
                _ => {
                    let expected = format!("[L, S], or [{}, L, S]", n * self.heads);
                    return Err(Error::shape(OP, format!("{:?} for attn_mask", mask.shape()), expected));
                }
            };
            match mask.dtype() {
                DType::Bool => options.allowed = Some(mask.logical_not()?),
                _ => options.bias = Some(mask),
            }
        }
        if let Some(padding) = padding {
            let &[samples, s] = padding.shape() else {
                return Err(Error::shape(
                    OP,
                    format!("{:?} for key_padding_mask", padding.shape()),
                    "[N, S]",
                ));
            };
            let padding = padding.reshape(&[samples, 1, 1, s])?;
            if padding.dtype() == DType::Bool {
                let seen = padding.logical_not()?;
                options.allowed = Some(match options.allowed {
                    Some(allowed) => allowed.logical_and(&seen)?,
                    None => seen,
                });
            } else {
                options.bias = Some(match options.bias {
                    Some(bias) => bias.add(&padding)?,
                    None => padding,
                });
            }
        }
        Ok(options)
    }
}

impl Layer for MultiHead {
    fn name(&self) -> &str {
        NAME
    }

    fn describe(&self) -> String {
        format!("{}, {} heads", self.size, self.heads)
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        let (tensors, mut given) = InputOptions::of(NAME, inputs);
        let [query, key, value] = match tensors {
            [Value::Tensor(x)] => [x; 3],
            [Value::Tensor(q), Value::Tensor(k), Value::Tensor(v)] => [q, k, v],
            _ => {
                let found = value::kinds(tensors);
                return value::refuse(NAME, format!("it takes x, or query, key and value, and got {found}"));
            }
        };
        let (mask, padding) = (given.tensor("attn_mask")?, given.tensor("key_padding_mask")?);
        let (causal, weights) = (given.flag("is_causal")?, given.flag("need_weights")?);
        given.end()?;
        let samples_first = |x: &Tensor| match self.options.batch_first || x.rank() != 3 {
            true => Ok(x.clone()),
            false => x.transpose(0, 1),
        };
        let [q, k, v] = [query, key, value].map(samples_first);
        let (q, k, v) = (q?, k?, v?);
        let n = q.shape().first().copied().unwrap_or(1);
        let dropout = if module.is_learning(&q) { self.options.dropout } else { 0.0 };
        let options = AttentionOptions { causal, dropout, ..self.masks(mask, padding, n)? };
        let of = |x: &Tensor, i| self.projected(module, x, i);
        let (y, shares) =
            attention(&of(&q, 0)?, &of(&k, 1)?, &of(&v, 2)?, &options).map_err(|e| e.named(OP))?;
        let l = y.shape()[2];
        let y = y.permute(&[0, 2, 1, 3])?.reshape(&[n, l, self.size])?;
        let output = module.child("out_proj").ok_or_else(|| Error::State(format!("{NAME}: no out_proj")))?;
        let y = samples_first(&output.forward(&y)?)?;
        if weights {
            return Ok(Value::map([("output", y), ("weights", shares.mean_dims(&[1], false)?)]));
        }
        Ok(y.into())
    }
}
