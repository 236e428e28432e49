//! Layers of transformers (Vaswani et al., 2017), and stacks of them. Names and defaults are PyTorch's.

use super::{
    Activation, Layer, Module, MultiHeadOptions, Value, activation, dropout, layer_norm, linear,
    multi_head_attention, positive,
    value::{self, InputOptions},
};
use crate::{Error, Result, Tensor};

/// Settings of a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransformerOptions {
    /// The size between the two linear maps.
    pub dim_feedforward: usize,
    pub dropout: f64,
    /// Between the two linear maps.
    pub activation: Activation,
    /// Whether the samples are the first dimension, and not the positions.
    pub batch_first: bool,
    /// Whether normalisation comes before attention and linear maps, and not after them.
    pub norm_first: bool,
    pub bias: bool,
}

impl Default for TransformerOptions {
    fn default() -> Self {
        Self {
            dim_feedforward: 2048,
            dropout: 0.1,
            activation: Activation::Relu,
            batch_first: false,
            norm_first: false,
            bias: true,
        }
    }
}

struct Block {
    decodes: bool,
    size: usize,
    heads: usize,
    options: TransformerOptions,
}

/// `x + attention(x)`, then `x + linear(activation(linear(x)))`, each normalised: `[T, N, size]` to the
/// same. A map after it may hold `src_mask`, `src_key_padding_mask` and `is_causal`, as `attn_mask`,
/// `key_padding_mask` and `is_causal` of [`multi_head_attention`].
///
/// # Errors
/// As [`multi_head_attention`].
pub fn transformer_encoder_layer(size: usize, heads: usize, options: TransformerOptions) -> Result<Module> {
    Block { decodes: false, size, heads, options }.module()
}

/// As [`transformer_encoder_layer`], with attention to a memory `[S, N, size]`, the second input, between
/// the two. The map may hold `tgt_mask`, `memory_mask`, `tgt_key_padding_mask`, `memory_key_padding_mask`,
/// `tgt_is_causal` and `memory_is_causal`.
///
/// # Errors
/// As [`multi_head_attention`].
pub fn transformer_decoder_layer(size: usize, heads: usize, options: TransformerOptions) -> Result<Module> {
    Block { decodes: true, size, heads, options }.module()
}

impl Block {
    fn module(self) -> Result<Module> {
        let TransformerOptions { dim_feedforward, dropout: p, batch_first, bias, .. } = self.options;
        positive(self.op(), &[("dim_feedforward", dim_feedforward)])?;
        let attention = || {
            let options = MultiHeadOptions { dropout: p, bias, batch_first, ..MultiHeadOptions::default() };
            multi_head_attention(self.size, self.heads, options)
        };
        let norm = || layer_norm(&[self.size], true);
        let mut children = vec![("self_attn", attention()?)];
        if self.decodes {
            children.push(("multihead_attn", attention()?));
        }
        children.extend([
            ("linear1", linear(self.size, dim_feedforward, bias)?),
            ("dropout", dropout(p)?),
            ("linear2", linear(dim_feedforward, self.size, bias)?),
            ("norm1", norm()?),
            ("norm2", norm()?),
        ]);
        if self.decodes {
            children.push(("norm3", norm()?));
        }
        children.extend([("dropout1", dropout(p)?), ("dropout2", dropout(p)?)]);
        if self.decodes {
            children.push(("dropout3", dropout(p)?));
        }
        let children = children.into_iter().map(|(name, module)| (name.to_owned(), module)).collect();
        Ok(Module::new(self, vec![], children))
    }

    fn op(&self) -> &'static str {
        if self.decodes { "transformer_decoder_layer" } else { "transformer_encoder_layer" }
    }

    fn kind(&self) -> &'static str {
        if self.decodes { "TransformerDecoderLayer" } else { "TransformerEncoderLayer" }
    }

    /// `x + f(norm(x))`, or `norm(x + f(x))`; `f` is followed by dropout.
    fn residual(
        &self,
        module: &Module,
        i: usize,
        x: &Tensor,
        f: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let (norm, drop) = (format!("norm{i}"), format!("dropout{i}"));
        let (norm, drop) = (part(module, &norm)?, part(module, &drop)?);
        match self.options.norm_first {
            true => x.add(&drop.forward(&f(&norm.forward(x)?)?)?),
            false => norm.forward(&x.add(&drop.forward(&f(x)?)?)?),
        }
    }

    fn feed_forward(&self, module: &Module, x: &Tensor) -> Result<Tensor> {
        let y = activation(self.options.activation).forward(&part(module, "linear1")?.forward(x)?)?;
        part(module, "linear2")?.forward(&part(module, "dropout")?.forward(&y)?)
    }
}

/// A part that the module was made with.
fn part<'a>(module: &'a Module, name: &str) -> Result<&'a Module> {
    module.child(name).ok_or_else(|| Error::State(format!("{}: no part `{name}`", module.layer().name())))
}

/// What an attention of a layer is given besides tensors.
fn masks(given: &mut InputOptions, names: [&'static str; 3]) -> Result<Value> {
    let [mask, padding, causal] = names;
    let tensors = [("attn_mask", given.tensor(mask)?), ("key_padding_mask", given.tensor(padding)?)];
    let tensors = tensors.into_iter().filter_map(|(name, x)| Some((name.to_owned(), x?.into())));
    let causal = ("is_causal".to_owned(), Value::Bool(given.flag(causal)?));
    Ok(Value::Map(tensors.chain([causal]).collect()))
}

impl Layer for Block {
    fn name(&self) -> &str {
        self.kind()
    }

    fn describe(&self) -> String {
        let first = if self.options.norm_first { ", norm first" } else { "" };
        format!("{}, {} heads, feed-forward {}{first}", self.size, self.heads, self.options.dim_feedforward)
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        let (tensors, mut given) = InputOptions::of(self.kind(), inputs);
        let attend = |name: &str, inputs: &[Value]| {
            part(module, name)?.call(inputs).map_err(|e| e.within(name))?.tensor(name, "it gives")
        };
        let (x, memory, own) = match (self.decodes, tensors) {
            (false, [Value::Tensor(x)]) => {
                (x, None, masks(&mut given, ["src_mask", "src_key_padding_mask", "is_causal"])?)
            }
            (true, [Value::Tensor(x), memory @ Value::Tensor(_)]) => {
                (x, Some(memory), masks(&mut given, ["tgt_mask", "tgt_key_padding_mask", "tgt_is_causal"])?)
            }
            _ => {
                let expected = if self.decodes { "x and a memory" } else { "x" };
                let found = value::kinds(tensors);
                return value::refuse(self.kind(), format!("it takes {expected}, and got {found}"));
            }
        };
        let names = ["memory_mask", "memory_key_padding_mask", "memory_is_causal"];
        let others = if self.decodes { Some(masks(&mut given, names)?) } else { None };
        given.end()?;
        let mut x = self.residual(module, 1, x, |x| attend("self_attn", &[x.into(), own]))?;
        if let (Some(memory), Some(others)) = (memory, others) {
            x = self.residual(module, 2, &x, |x| {
                attend("multihead_attn", &[x.into(), memory.clone(), memory.clone(), others])
            })?;
        }
        let last = if self.decodes { 3 } else { 2 };
        self.residual(module, last, &x, |x| self.feed_forward(module, x)).map(Value::Tensor)
    }
}

/// Layers one after the other, each of which also takes what comes besides the first input.
struct Stack(&'static str);

/// So many copies of a layer, named `layers.0` and so on, and perhaps a normalisation `norm` at the end.
///
/// # Errors
/// [`Error::Argument`] for no layer, or more than 1000.
pub fn transformer_stack(
    kind: &'static str,
    layer: &Module,
    count: usize,
    norm: Option<Module>,
) -> Result<Module> {
    positive(kind, &[("the number of layers", count)])?;
    crate::ensure(count <= 1000, || Error::argument(kind, "the number of layers", count, "1 to 1000"))?;
    let copies = (0..count).map(|i| Ok((i.to_string(), layer.deep_copy()?))).collect::<Result<_>>()?;
    let layers = ("layers".to_owned(), Module::new(Stack("Layers"), vec![], copies));
    let norm = norm.map(|norm| ("norm".to_owned(), norm));
    Ok(Module::new(Stack(kind), vec![], [layers].into_iter().chain(norm).collect()))
}

impl Layer for Stack {
    fn name(&self) -> &str {
        self.0
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        let mut values = inputs.to_vec();
        for (name, child) in module.children() {
            let taken = if name == "norm" { 1 } else { values.len() };
            let y = child.call(&values[..taken.min(values.len())]).map_err(|e| e.within(name))?;
            values.splice(..1.min(values.len()), [y]);
        }
        values.into_iter().next().map_or_else(|| value::refuse(self.0, "it takes x, and got nothing"), Ok)
    }
}
