//! Sums of products by Einstein's convention: dimensions have labels, and those that the result does not have
//! are summed over.

use super::{require_number, require_same};
use crate::{Error, Result, Tensor, ensure};

const OP: &str = "einsum";

/// The first label of dimensions that `..` stands for, above those of letters.
const DOTS: usize = 1 << 8;

/// A tensor whose dimensions have labels.
#[derive(Clone)]
pub(super) struct Term {
    pub tensor: Tensor,
    labels: Vec<usize>,
}

impl Term {
    pub fn new(tensor: &Tensor, labels: Vec<usize>) -> Self {
        Self { tensor: tensor.clone(), labels }
    }

    fn size(&self, label: usize) -> usize {
        let place = self.labels.iter().position(|&own| own == label);
        place.map_or(1, |d| self.tensor.shape()[d])
    }

    /// The term without some of its labels, which are summed over.
    fn summed(self, is_kept: impl Fn(usize) -> bool) -> Result<Self> {
        let dims: Vec<i64> =
            (0..self.labels.len() as i64).filter(|&d| !is_kept(self.labels[d as usize])).collect();
        if dims.is_empty() {
            return Ok(self);
        }
        let tensor = self.tensor.sum_dims(&dims, false)?;
        Ok(Self { tensor, labels: self.labels.into_iter().filter(|&label| is_kept(label)).collect() })
    }

    /// The elements whose indices agree where a label stands twice.
    fn diagonal(mut self) -> Result<Self> {
        let repeated = |labels: &[usize]| {
            (0..labels.len()).find_map(|j| Some((labels[..j].iter().position(|&l| l == labels[j])?, j)))
        };
        while let Some((i, j)) = repeated(&self.labels) {
            let (n, rank) = (self.tensor.shape()[i], self.labels.len());
            let rest: Vec<usize> = (0..rank).filter(|&d| d != i && d != j).collect();
            let order: Vec<i64> = rest.iter().chain([&i, &j]).map(|&d| d as i64).collect();
            let rows = self.tensor.permute(&order)?.flatten(-2, -1)?;
            self.tensor = rows.slice(-1, 0, None, n + 1)?;
            self.labels = rest.iter().chain([&i]).map(|&d| self.labels[d]).collect();
        }
        Ok(self)
    }

    /// The dimensions with those labels, in this order, as one of three: `[batch, rows, columns]`.
    fn matrices(&self, parts: [&[usize]; 3]) -> Result<Tensor> {
        let place = |label: &usize| self.labels.iter().position(|own| own == label).map(|d| d as i64);
        let order: Vec<i64> = parts.iter().flat_map(|part| part.iter().filter_map(place)).collect();
        let shape = parts.map(|part| part.iter().map(|&label| self.size(label)).product());
        self.tensor.permute(&order)?.reshape(&shape)
    }
}

/// The sum of products of two terms over the labels that are not `kept`. Its labels: those of both, of the
/// first alone, of the second alone.
pub(super) fn contract(a: Term, b: Term, kept: &[usize]) -> Result<Term> {
    let is_kept = |label: usize| kept.contains(&label);
    let a = {
        let labels = b.labels.clone();
        a.summed(|l| is_kept(l) || labels.contains(&l))?
    };
    let b = {
        let labels = a.labels.clone();
        b.summed(|l| is_kept(l) || labels.contains(&l))?
    };
    let (shared, left): (Vec<_>, Vec<_>) = a.labels.iter().partition(|l| b.labels.contains(l));
    let (batch, inner): (Vec<_>, Vec<_>) = shared.into_iter().partition(|&l| is_kept(l));
    let right: Vec<usize> = b.labels.iter().copied().filter(|l| !a.labels.contains(l)).collect();
    let (x, y) = (a.matrices([&batch, &left, &inner])?, b.matrices([&batch, &inner, &right])?);
    let product = match (inner.is_empty(), x.dtype().is_float(), batch.is_empty()) {
        (true, ..) => x.mul(&y)?,
        (_, true, true) => x.squeeze(0)?.matmul(&y.squeeze(0)?)?,
        (_, true, false) => x.matmul(&y)?,
        (_, false, _) => x.unsqueeze(3)?.mul(&y.unsqueeze(1)?)?.sum_dims(&[2], false)?,
    };
    let labels = [batch, left, right].concat();
    let size = |&label: &usize| if a.labels.contains(&label) { a.size(label) } else { b.size(label) };
    let shape: Vec<usize> = labels.iter().map(size).collect();
    Ok(Term { tensor: product.reshape(&shape)?, labels })
}

/// An equation: the labels of each tensor, and of the result.
struct Equation {
    inputs: Vec<Vec<usize>>,
    output: Vec<usize>,
}

fn refused(equation: &str, expected: impl Into<String>) -> Error {
    Error::argument(OP, "the equation", format!("\"{equation}\""), expected)
}

impl Equation {
    fn parse(equation: &str, tensors: &[&Tensor]) -> Result<Self> {
        let text: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
        let (left, right) = text.split_once("->").map_or((text.as_str(), None), |(l, r)| (l, Some(r)));
        let terms: Vec<&str> = left.split(',').collect();
        ensure(terms.len() == tensors.len(), || {
            refused(equation, format!("labels for {} tensors, divided by commas", tensors.len()))
        })?;
        let letters = |term: &str| term.replace("...", "").chars().count();
        let dots = |(term, x): (&&str, &&Tensor)| {
            if term.contains("...") { x.rank().saturating_sub(letters(term)) } else { 0 }
        };
        let most = terms.iter().zip(tensors).map(dots).max().unwrap_or(0);
        let input = |(term, x): (&&str, &&Tensor)| {
            let fits =
                if term.contains("...") { letters(term) <= x.rank() } else { letters(term) == x.rank() };
            ensure(fits, || {
                let expected = format!("as many labels as {:?} has dimensions (not `{term}`)", x.shape());
                refused(equation, expected)
            })?;
            labels(equation, term, most - dots((term, x))..most)
        };
        let inputs = terms.iter().zip(tensors).map(input).collect::<Result<Vec<_>>>()?;
        let output = match right {
            Some(right) => labels(equation, right, 0..most)?,
            None => Self::implied(&inputs, most),
        };
        let is_known = |label: &usize| inputs.iter().any(|input| input.contains(label));
        let once = (0..output.len()).all(|i| !output[..i].contains(&output[i]));
        ensure(once && output.iter().all(is_known), || {
            refused(equation, "a result with labels of the tensors, each once")
        })?;
        Ok(Self { inputs, output })
    }

    /// Without `->`: what `...` stands for, then the labels that stand once, in the order of the alphabet.
    fn implied(inputs: &[Vec<usize>], dots: usize) -> Vec<usize> {
        let all: Vec<usize> = inputs.iter().flatten().copied().filter(|&label| label < DOTS).collect();
        let mut once: Vec<usize> =
            all.iter().copied().filter(|label| all.iter().filter(|l| *l == label).count() == 1).collect();
        once.sort_unstable();
        (DOTS..DOTS + dots).chain(once).collect()
    }
}

/// The labels of a term; `...` stands for that range of dimensions.
fn labels(equation: &str, term: &str, dots: std::ops::Range<usize>) -> Result<Vec<usize>> {
    let (before, after) = term.split_once("...").unwrap_or((term, ""));
    let letters = |part: &str| {
        let letter = |c: char| match c.is_ascii_alphabetic() {
            true => Ok(c as usize),
            false => Err(refused(equation, "letters, commas, `...` and `->`, as in \"bij,bjk->bik\"")),
        };
        part.chars().map(letter).collect::<Result<Vec<_>>>()
    };
    let dots = if term.contains("...") { dots } else { 0..0 };
    Ok([letters(before)?, dots.map(|i| DOTS + i).collect(), letters(after)?].concat())
}

/// Terms whose labels have one size each: a dimension of size 1 beside a larger one of the same label is left
/// out, which is what broadcasting does.
fn aligned(equation: &Equation, tensors: &[&Tensor]) -> Result<Vec<Term>> {
    let terms: Vec<Term> =
        equation.inputs.iter().zip(tensors).map(|(labels, x)| Term::new(x, labels.clone())).collect();
    let pairs = |t: &Term| t.labels.iter().copied().zip(t.tensor.shape().to_vec()).collect::<Vec<_>>();
    let sizes: Vec<(usize, usize)> = terms.iter().flat_map(pairs).collect();
    let largest =
        |label: usize| sizes.iter().filter(|(l, _)| *l == label).map(|(_, n)| *n).max().unwrap_or(1);
    let mut found = Vec::new();
    for mut term in terms {
        for (&label, &n) in term.labels.iter().zip(term.tensor.shape()) {
            ensure(n == 1 || n == largest(label), || {
                let name = char::from_u32(label as u32).filter(char::is_ascii_alphabetic);
                let found = format!("{n} and {}", largest(label));
                let name = name.map_or("...".into(), |c| c.to_string());
                Error::shape(OP, found, format!("one size for all dimensions of the label `{name}`"))
            })?;
        }
        let is_left_out = |term: &Term, d: usize| term.tensor.shape()[d] == 1 && largest(term.labels[d]) > 1;
        while let Some(d) = (0..term.labels.len()).find(|&d| is_left_out(&term, d)) {
            term.tensor = term.tensor.squeeze(d as i64)?;
            term.labels.remove(d);
        }
        found.push(term.diagonal()?);
    }
    Ok(found)
}

impl Tensor {
    /// Sums of products by Einstein's convention: `"bij,bjk->bik"` is a matrix product in each sample,
    /// `"ii->i"` a diagonal, `"...ij->...ji"` a transposition. Without `->` the result has the labels that
    /// stand once, in the order of the alphabet. Tensors are joined from left to right.
    ///
    /// # Errors
    /// [`Error::Argument`] for an equation that does not fit, [`Error::Shape`] for labels of several sizes,
    /// [`Error::DType`] for element types that differ.
    pub fn einsum(equation: &str, tensors: &[&Tensor]) -> Result<Tensor> {
        for x in tensors {
            require_number(OP, x.spec())?;
            require_same(OP, tensors[0].spec(), x.spec())?;
        }
        let equation = Equation::parse(equation, tensors)?;
        let product = || {
            let mut terms = aligned(&equation, tensors)?.into_iter();
            let Some(mut product) = terms.next() else { return Err(refused("", "at least one tensor")) };
            while let Some(next) = terms.next() {
                let later = terms.as_slice().iter().flat_map(|term| term.labels.iter().copied());
                let kept: Vec<usize> = equation.output.iter().copied().chain(later).collect();
                product = contract(product, next, &kept)?;
            }
            let product = product.summed(|label| equation.output.contains(&label))?;
            let place = |label: &usize| product.labels.iter().position(|own| own == label).map(|d| d as i64);
            product.tensor.permute(&equation.output.iter().filter_map(place).collect::<Vec<_>>())
        };
        product().map_err(|e| e.named(OP))
    }
}
