//! Sums of products by the names of their dimensions.

use ops::{Result, Spec, Tensor};

use super::{Operator, ResolvedNode, gives, op};
use crate::{broken, call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[op("Einsum", 12, einsum).weights(&[0, 1, 2, 3])];

/// A dimension: a letter, or one of those that an ellipsis stands for, counted from the last.
type Label = (char, usize);

/// What an equation says: the labels of each input and of the output, an ellipsis as `.`.
struct Equation {
    inputs: Vec<Vec<char>>,
    output: Vec<char>,
}

impl Equation {
    /// `ij,jk->ik`; without an arrow, what occurs once comes out in the order of the alphabet.
    fn parse(text: &str) -> Result<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let wrong = || broken(format!("the attribute `equation` is `{text}`"));
        // A term has one ellipsis at most, and no other points.
        let in_order = |term: &str| !term.replacen("...", "", 1).contains('.');
        if !text.split("->").flat_map(|side| side.split(',')).all(in_order) {
            return wrong();
        }
        let short = text.replace("...", ".");
        let (left, right) = short.split_once("->").map_or((short.as_str(), None), |(l, r)| (l, Some(r)));
        let inputs: Vec<Vec<char>> = left.split(',').map(|term| term.chars().collect()).collect();
        let times = |c: char| left.chars().filter(|&other| other == c).count();
        let output: Vec<char> = match right {
            Some(right) => right.chars().collect(),
            None => ('.'..='z').filter(|&c| times(c) == 1 || (c == '.' && times(c) > 0)).collect(),
        };
        let is_letter = |c: &char| c.is_ascii_alphabetic();
        let letters = |term: &[char]| term.iter().filter(|c| is_letter(c)).count();
        let fits = |term: &Vec<char>| {
            letters(term) <= Spec::MAX_RANK && term.iter().all(|c| is_letter(c) || *c == '.')
        };
        if !inputs.iter().chain([&output]).all(fits) {
            return wrong();
        }
        Ok(Self { inputs, output })
    }
}

fn einsum(node: &NodeReader) -> ResolvedNode {
    let equation = Equation::parse(&node.text("equation", "")?)?;
    gives(move |call| {
        let tensors = call.together(0..call.inputs.len())?;
        if tensors.len() != equation.inputs.len() {
            return Err(call.wrong("the inputs", tensors.len(), format!("{}", equation.inputs.len())));
        }
        let labelled = tensors.iter().zip(&equation.inputs).map(|(x, term)| diagonal(call, x, term));
        let mut labelled = labelled.collect::<Result<Vec<_>>>()?.into_iter();
        let (mut labels, mut y) =
            labelled.next().ok_or_else(|| call.wrong("the inputs", 0, "at least one"))?;
        let mut rest: Vec<_> = labelled.collect();
        let widest = rest.iter().map(|(l, _)| dots(l)).chain([dots(&labels)]).max().unwrap_or(0);
        let output = expanded(&equation.output, widest);
        while !rest.is_empty() {
            let (next, x) = rest.remove(0);
            let kept = |label: &Label| output.contains(label) || rest.iter().any(|(l, _)| l.contains(label));
            (labels, y) = product((&labels, &y), (&next, &x), kept)?;
        }
        let summed: Vec<i64> =
            (0..labels.len()).filter(|&d| !output.contains(&labels[d])).map(|d| d as i64).collect();
        let y = if summed.is_empty() { y } else { y.sum_dims(&summed, false)?.cast(y.dtype())? };
        labels.retain(|label| output.contains(label));
        let order = output.iter().map(|label| labels.iter().position(|l| l == label).map(|d| d as i64));
        let order: Option<Vec<i64>> = order.collect();
        y.permute(
            &order.ok_or_else(|| {
                call.wrong("the equation", "an output without an input", "letters of inputs")
            })?,
        )
    })
}

fn dots(labels: &[Label]) -> usize {
    labels.iter().filter(|(c, _)| *c == '.').count()
}

/// The labels of a term whose ellipsis stands for `n` dimensions.
fn expanded(term: &[char], n: usize) -> Vec<Label> {
    term.iter()
        .flat_map(|&c| if c == '.' { (0..n).rev().map(|i| ('.', i)).collect() } else { vec![(c, 0)] })
        .collect()
}

/// A tensor whose labels are all different: of a repeated one the diagonal.
fn diagonal(call: &NodeCall, x: &Tensor, term: &[char]) -> Result<(Vec<Label>, Tensor)> {
    let letters = term.iter().filter(|&&c| c != '.').count();
    let has_dots = letters < term.len();
    let free = x.rank().checked_sub(letters).filter(|&free| free == 0 || has_dots);
    let free = free.ok_or_else(|| call.misfit(x.shape(), format!("{letters} dimensions")))?;
    let (mut labels, mut x) = (expanded(term, free), x.clone());
    while let Some((i, j)) = repeated(&labels) {
        let n = x.shape()[i];
        if x.shape()[j] != n {
            return Err(call.misfit(x.shape(), "equal sizes for one letter"));
        }
        // Everything but one number of the last of both is dropped, by a product with the identity.
        let mut shape = vec![1; x.rank()];
        (shape[i], shape[j]) = (n, n);
        let identity = Tensor::eye(n, x.dtype(), x.device())?.reshape(&shape)?;
        x = x.mul(&identity)?.sum_dims(&[j as i64], false)?.cast(x.dtype())?;
        labels.remove(j);
    }
    Ok((labels, x))
}

fn repeated(labels: &[Label]) -> Option<(usize, usize)> {
    (0..labels.len()).find_map(|j| labels[..j].iter().position(|l| *l == labels[j]).map(|i| (i, j)))
}

/// The product of two tensors, summed over what both have and nobody wants any more: one product of
/// matrices `[batch, left, shared] [batch, shared, right]`.
fn product(
    (a_labels, a): (&[Label], &Tensor),
    (b_labels, b): (&[Label], &Tensor),
    kept: impl Fn(&Label) -> bool,
) -> Result<(Vec<Label>, Tensor)> {
    let size = |labels: &[Label], x: &Tensor, label: &Label| {
        labels.iter().position(|l| l == label).map_or(1, |d| x.shape()[d])
    };
    let both: Vec<Label> = a_labels.iter().filter(|l| b_labels.contains(l)).copied().collect();
    let same = |l: &&Label| size(a_labels, a, l) == size(b_labels, b, l);
    let shared: Vec<Label> = both.iter().filter(|l| !kept(l)).filter(same).copied().collect();
    let batch: Vec<Label> = both.iter().filter(|l| !shared.contains(l)).copied().collect();
    let [left, right] = [(a_labels, b_labels), (b_labels, a_labels)]
        .map(|(own, other)| own.iter().filter(|l| !other.contains(l)).copied().collect::<Vec<_>>());
    let lead: Vec<usize> = batch.iter().map(|l| size(a_labels, a, l).max(size(b_labels, b, l))).collect();
    let matrix = |labels: &[Label], x: &Tensor, groups: [&[Label]; 2]| {
        let order: Vec<Label> = [&batch, groups[0], groups[1]].concat();
        let position = |l: &Label| labels.iter().position(|own| own == l).map(|d| d as i64);
        let permuted = x.permute(&order.iter().filter_map(position).collect::<Vec<_>>())?;
        let own = &permuted.shape()[batch.len()..];
        let full = permuted.expand(&[&lead[..], own].concat())?;
        let (rows, columns) = own.split_at(groups[0].len());
        full.reshape(&[lead.iter().product(), rows.iter().product(), columns.iter().product()])
    };
    let y = matrix(a_labels, a, [&left, &shared])?.matmul(&matrix(b_labels, b, [&shared, &right])?)?;
    let labels = [&batch[..], &left, &right].concat();
    let outer = |l: &Label| size(a_labels, a, l).max(size(b_labels, b, l));
    let shape: Vec<usize> = lead.iter().copied().chain(left.iter().chain(&right).map(outer)).collect();
    Ok((labels, y.reshape(&shape)?))
}
