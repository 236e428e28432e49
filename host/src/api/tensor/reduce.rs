//! Reductions. Without dimensions: over all elements. With `keep`, reduced dimensions stay with size 1.

use ops::Tensor;

use crate::script::Adder;

macro_rules! reductions {
    (
        $global:expr,
        $($name:literal $method:ident, $doc:literal, $input:literal, $all:literal, $rows:literal;)*
    ) => {
        $($global.add(
            concat!($name, "(x, dims, keep)"),
            concat!($doc, " Over all elements, or those dimensions, which stay with size 1 if `keep`."),
            concat!(
                "tensor(", $input, ").", $name, "().item() => ", $all, "\n",
                "tensor(", $input, ").", $name, "([1]).to_array() => ", $rows, "\n",
                "tensor(", $input, ").", $name, "([1], true).rank => 2",
            ),
            |x: Tensor, dims: Option<Vec<i64>>, keep: Option<bool>| {
                x.$method(&dims.unwrap_or_default(), keep.unwrap_or(false))
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
        "norm" norm_dims, "The L2 norm; its gradient at 0 is 0.", "[[3.0, 4.0], [0.0, 0.0]]", "5.0", "[5.0, 0.0]";
        "logsumexp" logsumexp, "log(sum(e^x)), stable for large x.",
            "[[0], [0]]", "0.6931471824645996", "[0.0, 0.0]";
        "any" any_dims, "Whether one is true.", "[[true, false], [false, false]]", "true", "[true, false]";
        "all" all_dims, "Whether all are true.", "[[true, true], [true, false]]", "false", "[true, false]";
    }
    add_spread(global);
    global
        .add(
            "argmax(x, dim)",
            "Index of the largest element along a dimension, i32; the first of equal ones.",
            "tensor([[1, 5, 5]]).argmax(1).to_array() => [1]",
            |x: Tensor, dim: i64| x.argmax(dim, false),
        )
        .add(
            "argmin(x, dim)",
            "Index of the smallest element along a dimension, i32; the first of equal ones.",
            "tensor([[3, 1, 1]]).argmin(1).to_array() => [1]",
            |x: Tensor, dim: i64| x.argmin(dim, false),
        )
        .add(
            "cumsum(x, dim)",
            "Running sums along a dimension; of whole numbers whole.",
            "tensor([1, 2, 3]).cumsum(0).to_array() => [1, 3, 6]",
            |x: Tensor, dim: i64| x.cumsum(dim),
        );
}

/// Variance and standard deviation divide by n - 1, as PyTorch's do.
fn add_spread(global: &mut Adder) {
    global
        .add(
            "variance(x, dims)",
            "The variance, divisor n - 1, over all elements or those dimensions.",
            "tensor([1.0, 3.0]).variance().item() => 2.0\n\
             tensor([[1.0, 3.0]]).variance([1]).to_array() => [2.0]",
            |x: Tensor, dims: Option<Vec<i64>>| x.var_dims(&dims.unwrap_or_default(), false, 1),
        )
        .add(
            "std(x, dims)",
            "The standard deviation, divisor n - 1, over all elements or those dimensions.",
            "tensor([1.0, 3.0, 5.0]).std().item() => 2.0\n\
             tensor([[1.0, 3.0, 5.0]]).std([1]).to_array() => [2.0]",
            |x: Tensor, dims: Option<Vec<i64>>| x.std_dims(&dims.unwrap_or_default(), false, 1),
        );
}
