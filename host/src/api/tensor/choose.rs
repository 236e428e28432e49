//! Choosing elements: by index, by mask, by rank.

use ops::Tensor;

use crate::{api::options::Amount, script::Adder};

/// Two tensors as a script gets them.
pub(super) fn pair((first, second): (Tensor, Tensor)) -> Vec<Tensor> {
    vec![first, second]
}

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    add_by_index(global);
    add_by_mask(global);
    global
        .add(
            "sort(x, dim, descending)",
            "The elements sorted along a dimension.",
            "tensor([2, 3, 1]).sort(0, false).to_array() => [1, 2, 3]",
            |x: Tensor, dim: i64, descending: bool| x.sort(dim, descending),
        )
        .add(
            "argsort(x, dim, descending)",
            "The indices (i64, i32 on a GPU) that sort along a dimension; equal elements keep their order.",
            "tensor([2, 3, 1]).argsort(0, false).to_array() => [2, 0, 1]",
            |x: Tensor, dim: i64, descending: bool| x.argsort(dim, descending),
        )
        .add(
            "top_k(x, k, dim, largest)",
            "[values, indices] of the k largest along a dimension, largest first; of the smallest, where \
             `largest` is false. The first of equal ones wins.",
            "tensor([2, 3, 1]).top_k(2, 0)[1].to_array() => [1, 0]\n\
             tensor([2, 3, 1]).top_k(2, 0, false)[1].to_array() => [2, 0]",
            |x: Tensor, k: usize, dim: i64, largest: Option<bool>| {
                x.top_k(k, dim, largest.unwrap_or(true)).map(pair)
            },
        )
        .add(
            "one_hot(x, classes)",
            "Whole numbers [..] as rows of zeros with a one, [.., classes].",
            r#"tensor([1]).one_hot(3).to_array() => [[0.0, 1.0, 0.0]]"#,
            |x: Tensor, classes: usize| x.one_hot(classes),
        )
        .add(
            "tril(x, diagonal)",
            "Matrices with zeros above a diagonal.",
            "ones([2, 2]).tril(0).to_array() => [[1.0, 0.0], [1.0, 1.0]]",
            |x: Tensor, diagonal: i64| x.tril(diagonal),
        )
        .add(
            "triu(x, diagonal)",
            "Matrices with zeros below a diagonal.",
            "ones([2, 2]).triu(0).to_array() => [[1.0, 1.0], [0.0, 1.0]]",
            |x: Tensor, diagonal: i64| x.triu(diagonal),
        );
}

fn add_by_index(global: &mut Adder) {
    global
        .add(
            "gather(x, dim, index)",
            "y[i][j] = x[index[i][j]][j] along dimension 0, and so on for others, of whole numbers.",
            r#"tensor([[1, 2]]).gather(1, tensor([[1]])).to_array() => [[2]]"#,
            |x: Tensor, dim: i64, index: Tensor| x.gather(dim, &index),
        )
        .add(
            "scatter(x, dim, index, source)",
            "x with y[index[i][j]][j] = source[i][j] along dimension 0, and so on for others; the source may \
             be one number. Of several for one element the last counts.",
            r#"zeros([3]).scatter(0, tensor([2]).cast("i32"), tensor([5.0])).to_array() => [0.0, 0.0, 5.0]
zeros([3]).scatter(0, tensor([0, 2]).cast("i32"), 1.0).to_array() => [1.0, 0.0, 1.0]"#,
            |x: Tensor, dim: i64, index: Tensor, source: Amount| {
                let source = source.on(&x)?;
                let source = if source.rank() == 0 { source.expand(index.shape())? } else { source };
                x.scatter(dim, &index, &source)
            },
        )
        .add(
            "scatter_add(x, dim, index, source)",
            "x with y[index[i][j]][j] += source[i][j] along dimension 0, and so on for others.",
            r#"zeros([2]).scatter_add(0, tensor([1, 1]), ones([2])).to_array() => [0.0, 2.0]"#,
            |x: Tensor, dim: i64, index: Tensor, source: Tensor| x.scatter_add(dim, &index, &source),
        )
        .add(
            "index_select(x, dim, index)",
            "Whole slices of a dimension in the order of a one-dimensional index (whole numbers).",
            r#"tensor([5, 6, 7]).index_select(0, tensor([2, 0])).to_array() => [7, 5]"#,
            |x: Tensor, dim: i64, index: Tensor| x.index_select(dim, &index),
        )
        .add(
            "index_add(x, dim, index, source)",
            "x with slice index[i] of a dimension increased by slice i of the source.",
            r#"zeros([2]).index_add(0, tensor([1, 1]), ones([2])).to_array() => [0.0, 2.0]"#,
            |x: Tensor, dim: i64, index: Tensor, source: Tensor| x.index_add(dim, &index, &source),
        );
}

fn add_by_mask(global: &mut Adder) {
    global
        .add(
            "where(condition, a, b)",
            "a where the condition is true, b elsewhere.",
            "(tensor([1.0, -1.0]) > 0).where(ones([2]), zeros([2])).to_array() => [1.0, 0.0]",
            |condition: Tensor, a: Tensor, b: Tensor| condition.where_(&a, &b),
        )
        .add(
            "masked_fill(x, mask, value)",
            "A number where the mask is true, x elsewhere.",
            "tensor([1.0, 2.0]).masked_fill(tensor([true, false]), 9).to_array() => [9.0, 2.0]",
            |x: Tensor, mask: Tensor, value: f64| x.masked_fill(&mask, value),
        );
}
