//! Random scripts: values and statements that no author would write.

mod program;

use host::script::Entry;

pub use program::Programs;

/// Values by the names that signatures have for their types. Sizes are tiny, or beyond any memory: what
/// lies between them is allowed, and slow.
pub const VALUES: &[(&str, &[&str])] = &[
    ("integer", &["0", "1", "-1", "2", "9223372036854775807", "(-9223372036854775807 - 1)", "3000000000000"]),
    (
        "index",
        &[
            "0",
            "-9",
            "0..9223372036854775807",
            "-3..=-1",
            "[0, -1]",
            "[true]",
            r#"":, ::2""#,
            r#""..., 1,,""#,
        ],
    ),
    ("integer or array of integer", &["0", "-1", "[0, 0]", "[9223372036854775807]"]),
    ("number", &["2", "9223372036854775807", "-1.5", "(0.0 / 0.0)", "true"]),
    ("float", &["0.0", "-1.5", "1e308", "-1e308", "1e-320", "(0.0 / 0.0)", "(1.0 / 0.0)", "-0.0"]),
    (
        "string",
        &[
            r#""""#,
            r#""x""#,
            r#""../..""#,
            r#""a\x00b""#,
            r#""i32""#,
            r#""gpu""#,
            r#""nearest""#,
            r#""glyphs""#,
        ],
    ),
    ("bool", &["true", "false"]),
    (
        "shape",
        &[
            "[]",
            "[0]",
            "[0, 3]",
            "[1, 2, 9223372036854775807]",
            "[-1]",
            "[2, 0]",
            "[1, 1, 4, 4]",
            "[[1, 2], [3]]",
            "[9223372036854775807, 2]",
            "[3000000, 3000000]",
            "[1.5, \"x\"]",
            "[(), ()]",
            "[0, 0, 0, 0, 0, 0, 0, 0, 0]",
            "[-1, -1]",
            "[1, 2, 0]",
        ],
    ),
    (
        "map",
        &[
            "#{}",
            "#{ stride: 0 }",
            "#{ stride: -1 }",
            "#{ padding: 9223372036854775807 }",
            "#{ dilation: [0, 5] }",
            "#{ columns: 0 }",
            "#{ lr: 0.0 / 0.0 }",
            "#{ shuffle: 1 }",
            "#{ range: [] }",
            "#{ a: zeros([0]) }",
            "#{ a: [0.0 / 0.0] }",
            "#{ a: [] }",
            "#{ groups: 0 }",
            "#{ title: \"\", log_y: true }",
            "#{ p: nn::linear(1, 1) }",
        ],
    ),
    ("function", &["|| 1", "|x| x", "|x| throw x", "|a, b| a", "Fn(\"nothing\")"]),
    (
        "Tensor",
        &[
            "tensor(1.0)",
            "zeros([0])",
            "zeros([2, 0, 3])",
            "tensor([[1, 2], [3, 4]])",
            "ones([1, 1, 4, 4])",
            "tensor([true])",
            "tensor([1, 2]).int()",
            "tensor([-7])",
            "tensor([0.0 / 0.0, 1.0 / 0.0])",
            "ones([2, 3]).track()",
            "zeros([1, 1, 1, 1, 1, 1])",
            "ones([3]).cast(\"f64\")",
            "zeros([0, 1, 4, 4])",
            "tensor([[3.0], [2.0]]).expand([2, 4611686018427387903])",
            "tensor([1.0]).expand([1000000000000])",
            "tensor([true]).expand([3000000, 3000000])",
        ],
    ),
    (
        "Module",
        &[
            "nn::linear(2, 2)",
            "nn::conv2d(1, 1, 3)",
            "nn::sequential([])",
            "nn::network(#{})",
            "nn::network(#{ a: nn::linear(1, 1) }, |m, x| throw x)",
            "nn::dropout(0.5)",
            "nn::batch_norm(2)",
            "nn::conditional_batch_norm(2, nn::linear(2, 2), nn::linear(2, 2))",
            "nn::conditional_batch_norm(2, 3)",
            "nn::instance_norm(2)",
            "nn::layer_norm([2])",
            "nn::embedding(3, 2)",
            "nn::upsample(1e300, \"nearest\")",
            "nn::reshape([-1, 3])",
            "nn::spectral(nn::conv_transpose2d(1, 1, 2))",
        ],
    ),
    ("Dataset", &["data::load(\"glyphs\").train(3)", "data::load(\"glyphs\").train(3).take(0)"]),
    ("DataSource", &["data::load(\"glyphs\")", "data::load(\"\")"]),
    ("Mixture", &["data::mix([data::load(\"glyphs\").train(3)], [1])"]),
    ("Optimiser", &["optim::adam(nn::linear(1, 1), #{})", "optim::sgd([], #{})"]),
    ("Gradients", &["(tensor(1.0).track() * 2).backward()"]),
    ("Batches", &["data::load(\"glyphs\").train(3).batches(2)"]),
    ("other", &["()", "0..3", "'c'", "timestamp()", "blob(3)"]),
];

/// Whole numbers that follow each other without a pattern.
pub struct Numbers(u64);

impl Numbers {
    /// Numbers that begin with `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of 0 to `n - 1`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// A call as scripts write it.
pub fn call(entry: &Entry, args: &[String]) -> String {
    let path = entry.path();
    match (path.strip_prefix("get "), path.strip_prefix("set "), args) {
        (Some(property), _, [own]) => format!("{own}.{property}"),
        (_, Some(property), [own, value]) => format!("{own}.{property} = {value}"),
        _ if path == "index get" => format!("{}[{}]", args[0], args[1]),
        _ if path == "index set" => format!("{{ let x = {}; x[{}] = {}; x }}", args[0], args[1], args[2]),
        (_, _, [left, right]) if !path.starts_with(char::is_alphabetic) => format!("{left} {path} {right}"),
        (_, _, [only]) if !path.starts_with(char::is_alphabetic) => format!("{path} {only}"),
        (_, _, [own, rest @ ..]) if entry.is_method() => format!("({own}).{path}({})", rest.join(", ")),
        _ => format!("{path}({})", args.join(", ")),
    }
}
