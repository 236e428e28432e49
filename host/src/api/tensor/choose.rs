//! Choosing elements: by index, by mask, by rank.

use ops::{DType, Number, Tensor, op::Index};
use rhai::Dynamic;

use crate::{
    api::options::Amount,
    script::{Adder, FromScript, Refusal},
};

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
            "The elements sorted along a dimension (the last), ascending unless `descending`; their indices \
             are `argsort`.",
            "tensor([2, 3, 1]).sort().to_array() => [1, 2, 3]\n\
             tensor([2, 3, 1]).sort(0, true).to_array() => [3, 2, 1]",
            |x: Tensor, dim: Option<i64>, descending: Option<bool>| {
                x.sort(dim.unwrap_or(-1), descending.unwrap_or(false))
            },
        )
        .add(
            "argsort(x, dim, descending)",
            "The indices (i64, i32 on a GPU) that sort along a dimension; equal elements keep their order.",
            "tensor([2, 3, 1]).argsort(0, false).to_array() => [2, 0, 1]",
            |x: Tensor, dim: Option<i64>, descending: Option<bool>| {
                x.argsort(dim.unwrap_or(-1), descending.unwrap_or(false))
            },
        )
        .add(
            "top_k(x, k, dim, largest)",
            "[values, indices] of the k largest along a dimension (the last), largest first; of the \
             smallest, where \
             `largest` is false. The first of equal ones wins.",
            "tensor([2, 3, 1]).top_k(2, 0)[1].to_array() => [1, 0]\n\
             tensor([2, 3, 1]).top_k(2, 0, false)[1].to_array() => [2, 0]",
            |x: Tensor, k: usize, dim: Option<i64>, largest: Option<bool>| {
                x.top_k(k, dim.unwrap_or(-1), largest.unwrap_or(true)).map(pair)
            },
        )
        .add(
            "one_hot(x, classes)",
            "Whole numbers [..] as rows of zeros with a one, [.., classes]; as many classes as the largest \
             number asks for, where none are given.",
            "tensor([1]).one_hot(3).to_array() => [[0.0, 1.0, 0.0]]\n\
             tensor([0, 1]).one_hot().to_array() => [[1.0, 0.0], [0.0, 1.0]]",
            |x: Tensor, classes: Option<usize>| match classes {
                Some(classes) => x.one_hot(classes),
                // A negative number is refused by the classes that there are.
                None => x.one_hot((x.max_dims(&[], false)?.item()?.max(0.0) as usize).saturating_add(1)),
            },
        )
        .add(
            "tril(x, diagonal)",
            "Matrices with zeros above a diagonal (0).",
            "ones([2, 2]).tril(0).to_array() => [[1.0, 0.0], [1.0, 1.0]]",
            |x: Tensor, diagonal: Option<i64>| x.tril(diagonal.unwrap_or(0)),
        )
        .add(
            "triu(x, diagonal)",
            "Matrices with zeros below a diagonal (0).",
            "ones([2, 2]).triu(0).to_array() => [[1.0, 1.0], [0.0, 1.0]]",
            |x: Tensor, diagonal: Option<i64>| x.triu(diagonal.unwrap_or(0)),
        );
}

/// A tensor, or a number beside one.
enum Operand {
    One(Number),
    Each(Tensor),
}

impl FromScript for Operand {
    const NAME: &'static str = "number or Tensor";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        Number::from_script(value).map(Self::One).or_else(|_| Tensor::from_script(value).map(Self::Each))
    }
}

fn choose(condition: &Tensor, a: Operand, b: Operand) -> ops::Result<Tensor> {
    let alone = |number: Number| number.full(&[], number.dtype(condition.device()), condition.device());
    match (a, b) {
        (Operand::Each(a), Operand::Each(b)) => condition.where_(&a, &b),
        (Operand::Each(a), Operand::One(b)) => condition.where_(&a, &a.scalar_beside(b)?),
        (Operand::One(a), Operand::Each(b)) => condition.where_(&b.scalar_beside(a)?, &b),
        (Operand::One(a), Operand::One(b)) => condition.where_(&alone(a)?, &alone(b)?),
    }
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
            "a where the condition is true, b elsewhere, tensors or numbers. x.where(condition, b) means \
             where(condition, x, b), as in PyTorch.",
            "(tensor([1.0, -1.0]) > 0).where(ones([2]), zeros([2])).to_array() => [1.0, 0.0]\n\
             { let x = tensor([1.0, -1.0]); where(x > 0, x, 0).to_array() } => [1.0, 0.0]\n\
             { let x = tensor([1.0, -1.0]); x.where(x > 0, 0).to_array() } => [1.0, 0.0]",
            |condition: Tensor, a: Operand, b: Operand| {
                // PyTorch's method is one of the values.
                match a {
                    Operand::Each(mask)
                        if condition.dtype() != DType::Bool && mask.dtype() == DType::Bool =>
                    {
                        choose(&mask, Operand::Each(condition), b)
                    }
                    a => choose(&condition, a, b),
                }
            },
        )
        .add(
            "masked_select(x, mask)",
            "The elements where the mask, which broadcasts to x, is true, [N]: x[mask].",
            "tensor([1, 2, 3]).masked_select(tensor([true, false, true])).to_array() => [1, 3]",
            |x: Tensor, mask: Tensor| {
                let shape = ops::tensor::broadcast("masked_select", x.shape(), mask.shape())?;
                x.expand(&shape)?.at(&[Index::Chosen(mask.expand(&shape)?)])
            },
        )
        .add(
            "masked_fill(x, mask, value)",
            "A number where the mask is true, x elsewhere.",
            "tensor([1.0, 2.0]).masked_fill(tensor([true, false]), 9).to_array() => [9.0, 2.0]",
            |x: Tensor, mask: Tensor, value: f64| x.masked_fill(&mask, value),
        );
}
