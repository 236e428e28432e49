//! Modules of several inputs and outputs, of lists and maps, and of whole numbers, in ONNX Runtime.

use tests::{Bench, onnxruntime, skipped};

/// The largest difference, relative to the largest entry.
const NEAR: &str = r#"
fn near(found, expected) {
    log("difference", ((found - expected).abs().max() / (expected.abs().max() + 0.001)).item());
}
"#;

/// Runs a script with ONNX Runtime, where there is one; what it logs as a difference must be small.
fn run(text: &str) {
    let Some(library) = onnxruntime() else { return skipped("there is no ONNX Runtime") };
    let bench = Bench::new();
    let text = format!("{NEAR}{text}");
    bench.script(&text, &["--onnxruntime", &library.to_string_lossy()]).run().code(0);
    let differences = bench.only_run().metric("difference");
    assert!(!differences.is_empty() && differences.iter().all(|&d| d <= 1e-4), "{differences:?}");
}

#[test]
fn several_inputs_and_outputs() {
    run(r#"
let net = nn::network(#{ f: nn::linear(3, 3) }, |m, x, y| {
    #{ sum: m.f.forward(x) + y, kept: y, both: [x, x * y] }
});
let frozen = onnx::frozen(net, [zeros([2, 3]), zeros([2, 3])]);
for n in [1, 5] {
    let x = noise::normal([n, 3]);
    let y = noise::normal([n, 3]);
    let ours = net.forward(x, y);
    let theirs = frozen.run(#{ input: x, input_2: y });
    near(theirs.sum, ours.sum);
    near(theirs.kept, y);
    near(theirs.both, x);
    near(theirs.both_2, x * y);
}
// What it computed with last says what its inputs are.
net.save_onnx("net");
"#);
}

#[test]
fn lists_and_maps_as_inputs() {
    run(r#"
let net = nn::network(#{}, |m, x, s| #{ output: x * s.gain + s.list[0] - s.list[1], gain: s.gain * 2.0 });
let frozen = onnx::frozen(net, [zeros([2, 3]), #{ gain: ones([2, 1]), list: [zeros([3]), zeros([2, 3])] }]);
let x = noise::normal([4, 3]);
let state = #{ gain: noise::normal([4, 1]), list: [noise::normal([3]), noise::normal([4, 3])] };
let theirs = frozen.run(#{ input: x, gain: state.gain, list: state.list[0], list_2: state.list[1] });
near(theirs.output, net.forward(x, state).output);
near(theirs.gain_2, state.gain * 2.0);
"#);
}

#[test]
fn whole_numbers() {
    run(r#"
for dtype in ["i32", "i64"] {
    let net = nn::sequential([nn::embedding(10, 3), nn::linear(3, 2)]);
    let labels = tensor([[1, 2, 9], [0, 5, 5]]).cast(dtype);
    let frozen = onnx::frozen(net, [labels]);
    let more = concat([labels, labels.flip([1])]);
    near(frozen.run(more), net.forward(more));
    net.save_onnx("labels");
}
let net = nn::network(#{ e: nn::embedding(10, 4) }, |m, x, y| m.e.forward(y) + x);
let y = tensor([1, 2, 9]).cast("i32");
let frozen = onnx::frozen(net, [ones([3, 4]), y]);
near(frozen.run(#{ input: ones([3, 4]), input_2: y }).output, net.forward(ones([3, 4]), y));
"#);
}

#[test]
fn recurrent_layers() {
    for kind in ["lstm", "gru", "rnn"] {
        run(&format!(
            r#"
for options in [#{{}}, #{{ bidirectional: true, num_layers: 2 }}, #{{ bias: false }}] {{
    options.batch_first = true;
    let layer = nn::{kind}(3, 4, options);
    let frozen = onnx::frozen(layer, [zeros([7, 5, 3])]);
    for n in [1, 6] {{
        let x = noise::normal([n, 5, 3]);
        let ours = layer.forward(x);
        let theirs = frozen.run(#{{ input: x }});
        for name in ours.keys() {{ near(theirs[name], ours[name]); }}
    }}
}}"#
        ));
    }
    run(r#"
// From a state, and max(x, 0) for tanh.
let layer = nn::lstm(3, 4, #{ batch_first: true });
let frozen = onnx::frozen(layer, [zeros([7, 5, 3]), zeros([1, 7, 4]), zeros([1, 7, 4])]);
let x = noise::normal([2, 5, 3]);
let h = noise::normal([1, 2, 4]);
let c = noise::normal([1, 2, 4]);
let theirs = frozen.run(#{ input: x, input_2: h, input_3: c });
near(theirs.c, layer.forward(x, h, c).c);
near(theirs.output, layer.forward(x, h, c).output);
let layer = nn::rnn(3, 4, #{ batch_first: true, bidirectional: true, nonlinearity: "relu" });
near(onnx::frozen(layer, [zeros([7, 5, 3])]).run(#{ input: x }).output, layer.forward(x).output);
"#);
}

#[test]
fn attention_and_transformers() {
    run(r#"
let options = #{ dim_feedforward: 8, batch_first: true };
let encoder = nn::transformer_encoder(nn::transformer_encoder_layer(4, 2, options), 2).training(false);
let decoder = nn::transformer_decoder_layer(4, 2, options).training(false);
let net = nn::network(#{ encoder: encoder, decoder: decoder }, |m, x, y| {
    m.decoder.forward(y, m.encoder.forward(x, #{ is_causal: true }), #{ tgt_is_causal: true })
}).training(false);
let frozen = onnx::frozen(net, [zeros([7, 5, 4]), zeros([7, 3, 4])]);
for n in [1, 6] {
    let x = noise::normal([n, 5, 4]);
    let y = noise::normal([n, 3, 4]);
    near(frozen.run(#{ input: x, input_2: y }).output, net.forward(x, y));
}
let net = nn::positional_encoding(4, #{ batch_first: true }).training(false);
let x = noise::normal([2, 5, 4]);
near(onnx::frozen(net, [5, 4]).run(x), net.forward(x));
let net = nn::multi_head_attention(4, 2, #{ batch_first: true });
let padding = tensor([[false, true, false], [false, false, true]]);
let keys = noise::normal([2, 3, 4]);
let frozen = onnx::frozen(net, [x, keys, keys, #{ key_padding_mask: padding, need_weights: true }]);
let ours = net.forward(x, keys, keys, #{ key_padding_mask: padding, need_weights: true });
let theirs = frozen.run(#{ input: x, input_2: keys, input_3: keys, key_padding_mask: padding });
near(theirs.output, ours.output);
near(theirs.weights, ours.weights);
"#);
}

#[test]
fn other_layers() {
    run(r#"
let x = noise::normal([3, 4, 6, 5]);
for net in [
    nn::adaptive_avg_pool2d([3, 2]), nn::adaptive_max_pool2d([4, 5]), nn::pixel_shuffle(2), nn::prelu(4),
    nn::weight_norm(nn::conv2d(4, 2, 3)), nn::identity(), nn::sequential([nn::conv2d(4, 2, 1), nn::relu()]),
] {
    near(onnx::frozen(net, [4, 6, 5]).run(x), net.forward(x));
}
let s = noise::normal([3, 4, 6]);
let transposed = nn::conv_transpose1d(4, 2, 3, #{ stride: 2 });
for net in [transposed, nn::max_pool1d(2), nn::avg_pool1d(3), nn::adaptive_avg_pool1d(4)] {
    near(onnx::frozen(net, [4, 6]).run(s), net.forward(s));
}
let net = nn::sequential([nn::conv2d(4, 2, 1), nn::relu()]).record(["0"]);
let theirs = onnx::frozen(net, [4, 6, 5]).run(#{ input: x });
near(theirs["0"], net.forward(x)["0"]);
near(theirs.output, net.forward(x).output);
let round = custom_gradient(|x| x.round(), |dy, x| dy);
let parts = #{ f: nn::linear(5, 5), round: round };
let net = nn::network(parts, |m, x| m.round.forward(m.f.forward(x)) * 0.5 + x);
near(onnx::frozen(net, [4, 6, 5]).run(x), net.forward(x));
"#);
}
