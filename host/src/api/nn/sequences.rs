//! The layers of sequences: recurrent ones, attention, transformers, positions.

use ops::{
    Result as OpsResult, Tensor,
    nn::{
        self, Activation, AttentionOptions, Module, MultiHeadOptions, PositionOptions, RecurrentOptions,
        TransformerOptions,
    },
};
use rhai::Map;

use super::layers::made;
use crate::{api::options::CallOptions, error::Result, script::Adder, session::Session};

/// Adds the functions of this file.
pub fn add(module: &mut Adder) {
    add_recurrent(module);
    add_attention(module);
    add_transformers(module);
    add_positions(module);
}

fn recurrent(options: &mut CallOptions) -> Result<RecurrentOptions> {
    Ok(RecurrentOptions {
        layers: options.get("num_layers", 1)?,
        bias: options.get("bias", true)?,
        batch_first: options.get("batch_first", false)?,
        dropout: options.get("dropout", 0.0)?,
        bidirectional: options.get("bidirectional", false)?,
    })
}

fn add_recurrent(module: &mut Adder) {
    module
        .add(
            "lstm(inputs, hidden, options)",
            "Long short-term memory: [T, N, inputs] -> #{ output: [T, N, hidden], h, c }, the last states \
             [num_layers, N, hidden]. It starts from zeros, or as forward(x, h, c). Options: num_layers \
             (1), bias (true), batch_first (false; true for [N, T, ..]), dropout between layers (0), \
             bidirectional (false; true doubles the output and the first dimension of h and c). Weights \
             `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0` (with `_reverse` of the other \
             direction) as in PyTorch, gates i, f, g, o, start uniform in +-1 / sqrt(hidden).",
            "nn::lstm(3, 5).forward(zeros([7, 2, 3])).output.shape => [7, 2, 5]\n\
             nn::lstm(3, 5, #{ num_layers: 2, bidirectional: true, batch_first: true })\
             .forward(zeros([2, 7, 3])).c.shape => [4, 2, 5]\n\
             nn::lstm(1, 1).init_uniform(0, 0).forward(zeros([1, 1, 1]), zeros([1, 1, 1]), full([1, 1, 1], \
             4.0))\
             .c.to_array() => [[[2.0]]]",
            |session: &Session, inputs: usize, hidden: usize, options: Option<Map>| {
                made(session, nn::lstm(inputs, hidden, CallOptions::read("nn::lstm", options, recurrent)?))
            },
        )
        .add(
            "gru(inputs, hidden, options)",
            "Gated recurrent units: [T, N, inputs] -> #{ output: [T, N, hidden], h }, as nn::lstm, gates \
             r, z, n. It starts from zeros, or as forward(x, h).",
            "nn::gru(3, 5).forward(zeros([7, 2, 3])).output.shape => [7, 2, 5]\n\
             nn::gru(1, 1, #{ bias: false }).init_uniform(0, 0).forward(zeros([1, 1, 1]), full([1, 1, 1], \
             4.0))\
             .h.to_array() => [[[2.0]]]",
            |session: &Session, inputs: usize, hidden: usize, options: Option<Map>| {
                made(session, nn::gru(inputs, hidden, CallOptions::read("nn::gru", options, recurrent)?))
            },
        )
        .add(
            "rnn(inputs, hidden, options)",
            "h' = tanh(W x + b + R h + c): [T, N, inputs] -> #{ output: [T, N, hidden], h }, with the \
             options of nn::lstm and nonlinearity (\"tanh\" or \"relu\"). It starts from zeros, or as \
             forward(x, h).",
            "nn::rnn(3, 5).forward(zeros([7, 2, 3])).h.shape => [1, 2, 5]\n\
             nn::rnn(1, 1, #{ nonlinearity: \"relu\" }).init_uniform(1, 1).forward(full([2, 1, 1], 1.0))\
             .output.to_array() => [[[3.0]], [[6.0]]]",
            |session: &Session, inputs: usize, hidden: usize, options: Option<Map>| {
                let (relu, options) = CallOptions::read("nn::rnn", options, |options| {
                    let relu = options.choice("nonlinearity", &[("tanh", false), ("relu", true)])?;
                    Ok((relu, recurrent(options)?))
                })?;
                made(session, nn::rnn(inputs, hidden, relu, options))
            },
        );
}

/// Masks as `scaled_dot_product_attention` takes them.
fn attention(options: &mut CallOptions) -> Result<AttentionOptions> {
    let mask = options.find::<Tensor>("attn_mask")?;
    let (allowed, bias) = match mask {
        Some(mask) if mask.dtype() == ops::DType::Bool => (Some(mask), None),
        mask => (None, mask),
    };
    Ok(AttentionOptions {
        allowed,
        bias,
        causal: options.get("is_causal", false)?,
        dropout: options.get("dropout_p", 0.0)?,
        scale: options.find("scale")?,
    })
}

fn add_attention(module: &mut Adder) {
    module
        .add(
            "scaled_dot_product_attention(query, key, value, options)",
            "softmax(scale Q K^T) V of queries [.., L, E], keys [.., S, E] and values [.., S, V]: [.., L, \
             V]. Options: attn_mask [.., L, S] (bools: true for what is seen; floats are added to the \
             scores), is_causal (false), dropout_p (0), scale (1 / sqrt(E)).",
            "nn::scaled_dot_product_attention(zeros([1, 2]), zeros([2, 2]), tensor([[1.0], \
             [3.0]])).to_array() => [[2.0]]\n\
             nn::scaled_dot_product_attention(zeros([2, 2]), zeros([2, 2]), tensor([[1.0], [3.0]]), #{ \
             is_causal: true }).to_array() => [[1.0], [2.0]]",
            |query: Tensor, key: Tensor, value: Tensor, options: Option<Map>| -> Result<Tensor> {
                let options = CallOptions::read("nn::scaled_dot_product_attention", options, attention)?;
                Ok(nn::scaled_dot_product_attention([&query, &key, &value], &options)?.0)
            },
        )
        .add(
            "multi_head_attention(size, heads, options)",
            "Attention in several heads, PyTorch's MultiheadAttention: forward(query, key, value), or \
             forward(x) for all three, [L, N, size] -> [L, N, size]. A map after them may hold attn_mask \
             [L, S] or [N heads, L, S] (bools: true for what is *not* seen; floats are added), \
             key_padding_mask [N, S] (true for what is not seen), is_causal, and need_weights, which gives \
             #{ output, weights }. Options: dropout (0), bias (true), batch_first (false), kdim, vdim \
             (size). Parameters `in_proj_weight`, `in_proj_bias`, `out_proj`.",
            "nn::multi_head_attention(8, 2).forward(zeros([5, 3, 8])).shape => [5, 3, 8]\n\
             nn::multi_head_attention(8, 2, #{ batch_first: true }).forward(zeros([3, 5, 8]), zeros([3, 4, \
             8]), zeros([3, 4, 8]), #{ need_weights: true }).weights.shape => [3, 5, 4]",
            |session: &Session, size: usize, heads: usize, options: Option<Map>| {
                let options = CallOptions::read("nn::multi_head_attention", options, |options| {
                    Ok(MultiHeadOptions {
                        dropout: options.get("dropout", 0.0)?,
                        bias: options.get("bias", true)?,
                        batch_first: options.get("batch_first", false)?,
                        key_size: options.find("kdim")?,
                        value_size: options.find("vdim")?,
                    })
                })?;
                made(session, nn::multi_head_attention(size, heads, options))
            },
        );
}

fn transformer(options: &mut CallOptions) -> Result<TransformerOptions> {
    let default = TransformerOptions::default();
    let activations = [("relu", Activation::Relu), ("gelu", Activation::Gelu), ("silu", Activation::Silu)];
    Ok(TransformerOptions {
        dim_feedforward: options.get("dim_feedforward", default.dim_feedforward)?,
        dropout: options.get("dropout", default.dropout)?,
        activation: options.choice("activation", &activations)?,
        batch_first: options.get("batch_first", false)?,
        norm_first: options.get("norm_first", false)?,
        bias: options.get("bias", true)?,
    })
}

/// What makes a layer.
type MakeLayer = fn(usize, usize, TransformerOptions) -> OpsResult<Module>;

fn add_transformers(module: &mut Adder) {
    let layer = |name: &'static str, make: MakeLayer| {
        move |session: &Session, size: usize, heads: usize, options: Option<Map>| {
            made(session, make(size, heads, CallOptions::read(name, options, transformer)?))
        }
    };
    let stack = |kind: &'static str| {
        move |layer: Module, count: usize, norm: Option<Module>| {
            nn::transformer_stack(kind, &layer, count, norm)
        }
    };
    module
        .add(
            "transformer_encoder_layer(size, heads, options)",
            "Self-attention and two linear maps, each added to its input and normalised: [T, N, size] -> \
             [T, N, size]. A map after x may hold src_mask, src_key_padding_mask and is_causal, as \
             nn::multi_head_attention takes them. Options as in PyTorch: dim_feedforward (2048), dropout \
             (0.1), activation (\"relu\", \"gelu\", \"silu\"), batch_first (false), norm_first (false), \
             bias (true).",
            "nn::transformer_encoder_layer(8, 2, #{ dim_feedforward: 16, batch_first: true })\
             .forward(ones([3, 5, 8]), #{ is_causal: true }).shape => [3, 5, 8]",
            layer("nn::transformer_encoder_layer", nn::transformer_encoder_layer),
        )
        .add(
            "transformer_decoder_layer(size, heads, options)",
            "As nn::transformer_encoder_layer, with attention to a memory [S, N, size] between: forward(x, \
             memory). A map after them may hold tgt_mask, memory_mask, tgt_key_padding_mask, \
             memory_key_padding_mask, tgt_is_causal and memory_is_causal.",
            "nn::transformer_decoder_layer(8, 2, #{ dim_feedforward: 16 })\
             .forward(ones([5, 3, 8]), ones([4, 3, 8]), #{ tgt_is_causal: true }).shape => [5, 3, 8]",
            layer("nn::transformer_decoder_layer", nn::transformer_decoder_layer),
        )
        .add(
            "transformer_encoder(layer, num_layers, norm)",
            "So many copies of an encoder layer one after the other, `layers.0` and so on, and perhaps a \
             normalisation after them. Each takes the masks.",
            "nn::transformer_encoder(nn::transformer_encoder_layer(4, 1, #{ dim_feedforward: 8 }), 3)\
             .forward(ones([5, 2, 4])).shape => [5, 2, 4]",
            stack("TransformerEncoder"),
        )
        .add(
            "transformer_decoder(layer, num_layers, norm)",
            "So many copies of a decoder layer one after the other, as nn::transformer_encoder. Each takes \
             the memory.",
            "nn::transformer_decoder(nn::transformer_decoder_layer(4, 1, #{ dim_feedforward: 8 }), 2, \
             nn::layer_norm([4])).forward(ones([5, 2, 4]), ones([3, 2, 4])).shape => [5, 2, 4]",
            stack("TransformerDecoder"),
        );
}

fn add_positions(module: &mut Adder) {
    module
        .add(
            "sinusoidal(positions, size)",
            "Sines and cosines of positions, or of times: [..] -> [.., size], y[2 i] = sin(p / 10000^(2 i \
             / size)) and y[2 i + 1] the cosine (Vaswani et al., 2017).",
            "nn::sinusoidal(arange(0, 2, 1), 2).round().to_array() => [[0.0, 1.0], [1.0, 1.0]]\n\
             nn::sinusoidal(tensor([0.0]), 4).to_array() => [[0.0, 1.0, 0.0, 1.0]]",
            |positions: Tensor, size: usize| nn::sinusoidal(&positions, size),
        )
        .add(
            "positional_encoding(size, options)",
            "Adds nn::sinusoidal numbers of the positions to [T, N, size]. Options: max_len (5000), \
             dropout (0.1), batch_first (false). Learned ones: `x + nn::parameter(..).value`.",
            "nn::positional_encoding(2, #{ dropout: 0 }).forward(zeros([2, 1, 2])).round().to_array() \
             => [[[0.0, 1.0]], [[1.0, 1.0]]]",
            |session: &Session, size: usize, options: Option<Map>| {
                let default = PositionOptions::default();
                let options = CallOptions::read("nn::positional_encoding", options, |options| {
                    Ok(PositionOptions {
                        max_len: options.get("max_len", default.max_len)?,
                        dropout: options.get("dropout", default.dropout)?,
                        batch_first: options.get("batch_first", default.batch_first)?,
                    })
                })?;
                made(session, nn::positional_encoding(size, options))
            },
        );
}
