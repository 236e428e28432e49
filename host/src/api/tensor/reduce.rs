//! Reductions. Without dimensions: over all elements. With `keep`, reduced dimensions stay with size 1.

use ops::{Tensor, op::Between};
use rhai::{Dynamic, Map};

use super::choose::pair;
use crate::{
    api::options::{Amount, CallOptions, one_of},
    error::Result,
    script::{Adder, Dims, FromScript, Refusal},
};

/// What is reduced: a dimension, several, or options `#{ dim, keepdim }`.
struct Over {
    dims: Vec<i64>,
    keep: bool,
}

impl FromScript for Over {
    const NAME: &'static str = "integer, array of integer, or map";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let Some(map) = value.read_lock::<Map>() else {
            return Dims::from_script(value).map(|dims| Self { dims: dims.0, keep: false });
        };
        let read = CallOptions::read("a reduction", map.clone(), |options| {
            let dims = options.find::<Dims>("dim")?.map_or_else(Vec::new, |dims| dims.0);
            Ok(Self { dims, keep: options.get("keepdim", false)? })
        });
        read.map_err(Refusal::Value)
    }
}

/// The dimensions that were given, or all; and whether they stay.
fn over(given: Option<Over>, keep: Option<bool>) -> (Vec<i64>, bool) {
    let keep = keep.unwrap_or(false);
    given.map_or((Vec::new(), keep), |over| (over.dims, keep || over.keep))
}

macro_rules! reductions {
    (
        $global:expr,
        $($name:literal $method:ident, $doc:literal, $input:literal, $all:literal, $rows:literal;)*
    ) => {
        $($global.add(
            concat!($name, "(x, dims, keep)"),
            concat!(
                $doc, " Over all elements, or a dimension or several, which stay with size 1 if `keep`; or \
                 #{ dim, keepdim }."
            ),
            concat!(
                "tensor(", $input, ").", $name, "().item() => ", $all, "\n",
                "tensor(", $input, ").", $name, "(1).to_array() => ", $rows, "\n",
                "tensor(", $input, ").", $name, "([1], true).rank => 2",
            ),
            |x: Tensor, dims: Option<Over>, keep: Option<bool>| {
                let (dims, keep) = over(dims, keep);
                x.$method(&dims, keep)
            },
        );)*
    };
}

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    reductions! { global,
        "sum" sum_dims,
            "The sum; of whole numbers and truth values whole.",
            "[[1, 2], [3, 4]]", "10", "[3, 7]";
        "mean" mean_dims, "The mean, of floats.", "[[1.0, 2.0], [3.0, 4.0]]", "2.5", "[1.5, 3.5]";
        "prod" prod_dims, "The product; of whole numbers whole.", "[[1, 2], [3, 4]]", "24", "[2, 12]";
        "max" max_dims, "The largest element.", "[[1, 2], [3, 4]]", "4", "[2, 4]";
        "min" min_dims, "The smallest element.", "[[1, 2], [3, 4]]", "1", "[1, 3]";
        "nansum" nansum, "The sum of what is a number.", "[[1.0, 2.0], [3.0, 4.0]]", "10.0", "[3.0, 7.0]";
        "nanmean" nanmean, "The mean of what is a number.", "[[1.0, 2.0], [3.0, 4.0]]", "2.5", "[1.5, 3.5]";
        "logsumexp" logsumexp, "log(sum(e^x)), stable for large x.",
            "[[0], [0]]", "0.6931471824645996", "[0.0, 0.0]";
        "any" any_dims, "Whether one is true.", "[[true, false], [false, false]]", "true", "[true, false]";
        "all" all_dims, "Whether all are true.", "[[true, true], [true, false]]", "false", "[true, false]";
    }
    add_spread(global);
    add_norms(global);
    global
        .add(
            "argmax(x, dim)",
            "Index of the largest element along a dimension, or of all, i64 (i32 on a GPU); the first of \
             equal ones.",
            "tensor([[1, 5, 5]]).argmax(1).to_array() => [1]\n\
             tensor([[1, 2], [5, 4]]).argmax().item() => 2",
            |x: Tensor, dim: Option<i64>| match dim {
                Some(dim) => x.argmax(dim, false),
                None => x.flatten(0, -1)?.argmax(0, false),
            },
        )
        .add(
            "argmin(x, dim)",
            "Index of the smallest element along a dimension, or of all, i64 (i32 on a GPU); the first of \
             equal ones.",
            "tensor([[3, 1, 1]]).argmin(1).to_array() => [1]\n\
             tensor([[3, 2], [1, 4]]).argmin().item() => 2",
            |x: Tensor, dim: Option<i64>| match dim {
                Some(dim) => x.argmin(dim, false),
                None => x.flatten(0, -1)?.argmin(0, false),
            },
        )
        .add(
            "cumsum(x, dim)",
            "Running sums along a dimension; of whole numbers whole.",
            "tensor([1, 2, 3]).cumsum(0).to_array() => [1, 3, 6]",
            |x: Tensor, dim: i64| x.cumsum(dim),
        );
    add_running(global);
}

fn add_running(global: &mut Adder) {
    global
        .add(
            "cumprod(x, dim)",
            "Running products along a dimension; of whole numbers and truth values i64.",
            "tensor([1.0, 2.0, 3.0]).cumprod(0).to_array() => [1.0, 2.0, 6.0]",
            |x: Tensor, dim: i64| x.cumprod(dim),
        )
        .add(
            "cummax(x, dim)",
            "[values, indices] of the largest element so far along a dimension; the last of equal ones.",
            "tensor([1.0, 3.0, 2.0]).cummax(0)[0].to_array() => [1.0, 3.0, 3.0]\n\
             tensor([1.0, 3.0, 2.0]).cummax(0)[1].to_array() => [0, 1, 1]",
            |x: Tensor, dim: i64| x.cummax(dim).map(pair),
        )
        .add(
            "cummin(x, dim)",
            "[values, indices] of the smallest element so far along a dimension; the last of equal ones.",
            "tensor([2.0, 3.0, 1.0]).cummin(0)[0].to_array() => [2.0, 2.0, 1.0]",
            |x: Tensor, dim: i64| x.cummin(dim).map(pair),
        )
        .add(
            "logcumsumexp(x, dim)",
            "log of the running sums of e^x along a dimension, stable for large x.",
            "tensor([1000.0, 0.0]).logcumsumexp(0).to_array() => [1000.0, 1000.0]",
            |x: Tensor, dim: i64| x.logcumsumexp(dim),
        )
        .add(
            "median(x, dim, keep)",
            "The middle element of all or along a dimension, of two in the middle the lower one.",
            "tensor([4.0, 1.0, 3.0, 2.0]).median().item() => 2.0\n\
             tensor([[5.0, 1.0, 3.0]]).median(1).to_array() => [3.0]",
            |x: Tensor, dim: Option<i64>, keep: Option<bool>| x.median(dim, keep.unwrap_or(false)),
        )
        .add(
            "quantile(x, q, dim, options)",
            "The number that a share q of all elements, or of those along a dimension, is below; of several \
             shares [Q] a first dimension. Options: keep (false), interpolation between two elements \
             (\"linear\", \"lower\", \"higher\", \"nearest\", \"midpoint\").",
            "tensor([3.0, 1.0, 2.0]).quantile(0.75).item() => 2.5\n\
             tensor([[3.0, 1.0]]).quantile(0.5, 1).to_array() => [2.0]\n\
             tensor([3.0, 1.0]).quantile(tensor([0.0, 1.0])).to_array() => [1.0, 3.0]\n\
             tensor([3.0, 1.0]).quantile(0.5, 0, #{ interpolation: \"lower\" }).item() => 1.0",
            quantile,
        );
}

fn quantile(x: Tensor, q: Amount, dim: Option<i64>, options: Option<Map>) -> Result<Tensor> {
    let between = [
        ("linear", Between::Linear),
        ("lower", Between::Lower),
        ("higher", Between::Higher),
        ("nearest", Between::Nearest),
        ("midpoint", Between::Midpoint),
    ];
    let (keep, between) = CallOptions::read("quantile", options, |options| {
        Ok((options.get("keep", false)?, options.choice("interpolation", &between)?))
    })?;
    let one = |q: f64| x.quantile(q, dim, keep, between);
    match q {
        Amount::One(q) => Ok(one(q)?),
        Amount::Each(shares) => {
            let found = shares.to_f64()?.into_iter().map(one).collect::<ops::Result<Vec<_>>>()?;
            let rows = Tensor::stack(&found.iter().collect::<Vec<_>>(), 0)?;
            Ok(if shares.rank() == 0 { rows.squeeze(0)? } else { rows })
        }
    }
}

/// Variance and standard deviation divide by n - 1, as PyTorch's do.
fn add_spread(global: &mut Adder) {
    global
        .add(
            "variance(x, dims, keep)",
            "The variance, divisor n - 1, over all elements, or a dimension or several, which stay with size \
             1 if `keep`.",
            "tensor([1.0, 3.0]).variance().item() => 2.0\n\
             tensor([[1.0, 3.0]]).variance(1).to_array() => [2.0]\n\
             tensor([[1.0, 3.0]]).variance([1], true).to_array() => [[2.0]]",
            |x: Tensor, dims: Option<Over>, keep: Option<bool>| {
                let (dims, keep) = over(dims, keep);
                x.var_dims(&dims, keep, 1)
            },
        )
        .add(
            "std(x, dims, keep)",
            "The standard deviation, divisor n - 1, over all elements, or a dimension or several, which stay \
             with size 1 if `keep`.",
            "tensor([1.0, 3.0, 5.0]).std().item() => 2.0\n\
             tensor([[1.0, 3.0, 5.0]]).std(1).to_array() => [2.0]\n\
             tensor([[1.0, 3.0, 5.0]]).std([1], true).to_array() => [[2.0]]",
            |x: Tensor, dims: Option<Over>, keep: Option<bool>| {
                let (dims, keep) = over(dims, keep);
                x.std_dims(&dims, keep, 1)
            },
        );
}

fn add_norms(global: &mut Adder) {
    global
        .add(
            "norm(x, p, dims, keep)",
            "The p-norm (2), (sum |x|^p)^(1/p), over all elements, or a dimension or several, which stay \
             with \
             size 1 if `keep`. As in PyTorch the first number is p: dimensions alone are an array. The \
             gradient at 0 is 0.",
            "tensor([[3.0, 4.0], [0.0, 0.0]]).norm().item() => 5.0\n\
             tensor([3.0, -4.0]).norm(1).item() => 7.0\n\
             tensor([[3.0, 4.0], [0.0, 0.0]]).norm(2, 1).to_array() => [5.0, 0.0]\n\
             tensor([[3.0, -4.0]]).norm(\"inf\", 1, true).to_array() => [[4.0]]",
            |x: Tensor, p: Option<Order>, dims: Option<Over>, keep: Option<bool>| {
                let (dims, keep) = over(dims, keep);
                x.norm_of(p.map_or(2.0, |p| p.0), &dims, keep)
            },
        )
        .add(
            "norm(x, dims, keep)",
            "The L2 norm over dimensions: an array, or #{ dim, keepdim }.",
            "tensor([[3.0, 4.0], [0.0, 0.0]]).norm([1]).to_array() => [5.0, 0.0]",
            |x: Tensor, dims: Over, keep: Option<bool>| {
                let (dims, keep) = over(Some(dims), keep);
                x.norm_dims(&dims, keep)
            },
        );
}

/// The p of a norm: a number, \"fro\" or \"inf\".
struct Order(f64);

impl FromScript for Order {
    const NAME: &'static str = "number";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let Ok(name) = String::from_script(value) else { return f64::from_script(value).map(Self) };
        let names = [("fro", 2.0), ("inf", f64::INFINITY), ("-inf", f64::NEG_INFINITY)];
        one_of("norm: there is no norm", &name, &names).map(Self).map_err(Refusal::Value)
    }
}
