//! What an index takes of a tensor.

use super::{Index, OP, chosen::Chosen};
use crate::{DType, Error, Result, Spec, Tensor, ensure, op::slice::Span, tensor::show};

/// What of a dimension an index leaves in the result.
enum Left {
    /// The dimension of the block with that number.
    Dimension(usize),
    New,
    Chosen,
}

/// An index of a tensor: a block of it, what is chosen of the block, and the shape of the result.
pub struct Part {
    pub spans: Vec<Span>,
    pub chosen: Option<Chosen>,
    left: Vec<Left>,
}

impl Part {
    pub fn of(tensor: &Tensor, index: &[Index]) -> Result<Self> {
        let x = tensor.spec();
        let taken = |one: &Index| match one {
            Index::At(_) | Index::Span { .. } => 1,
            Index::Rest | Index::New => 0,
            Index::Chosen(by) if by.dtype() == DType::Bool => by.rank(),
            Index::Chosen(_) => 1,
        };
        let known: usize = index.iter().map(taken).sum();
        let rests = index.iter().filter(|one| matches!(one, Index::Rest)).count();
        ensure(known <= x.rank() && rests < 2, || {
            let found = format!("{known} dimensions and {rests} times `...`");
            Error::argument(OP, "an index of", found, format!("one of {} at most", show(&x.shape)))
        })?;
        let mut part =
            Self { spans: x.shape.iter().map(|&n| Span::whole(n)).collect(), chosen: None, left: vec![] };
        let mut d = 0;
        for one in index {
            match one {
                Index::At(i) => part.spans[d] = at(x, d, *i)?,
                Index::Span { start, end, step } => {
                    part.spans[d] = span(x, d, *start, *end, *step)?;
                    part.left.push(Left::Dimension(d));
                }
                Index::Rest => {
                    let rest = d..d + x.rank() - known;
                    part.left.extend(rest.clone().map(Left::Dimension));
                    d = rest.end;
                }
                Index::New => part.left.push(Left::New),
                Index::Chosen(by) => {
                    ensure(part.chosen.is_none(), || {
                        let expected = "one (index the result again for another)";
                        Error::argument(OP, "the number of lists, tensors and masks", "2", expected)
                    })?;
                    part.chosen = Some(Chosen::new(tensor, d..d + taken(one), by)?);
                    part.left.push(Left::Chosen);
                }
            }
            d += taken(one);
        }
        part.left.extend((d..x.rank()).map(Left::Dimension));
        Ok(part)
    }

    /// The shape of the result.
    pub fn shape(&self) -> Vec<usize> {
        let sizes = |left: &Left| match left {
            Left::Dimension(d) => vec![self.spans[*d].len()],
            Left::New => vec![1],
            Left::Chosen => self.chosen.as_ref().map_or_else(Vec::new, |chosen| chosen.shape.clone()),
        };
        self.left.iter().flat_map(sizes).collect()
    }

    pub fn block_shape(&self) -> Vec<usize> {
        self.spans.iter().map(|span| span.len()).collect()
    }
}

/// The span of one position.
fn at(x: &Spec, d: usize, i: i64) -> Result<Span> {
    let n = x.shape[d];
    let start = position(i, n).ok_or_else(|| outside(x, d, i))?;
    Ok(Span { start, end: start + 1, step: 1 })
}

/// A position counted from the front, where the dimension has it.
pub fn position(i: i64, n: usize) -> Option<usize> {
    let i = if i < 0 { i.checked_add(n as i64)? } else { i };
    usize::try_from(i).ok().filter(|&i| i < n)
}

pub fn outside(x: &Spec, d: usize, i: i64) -> Error {
    let n = x.shape[d] as i64;
    let expected = format!("{} to {} in dimension {d} of {}", -n, n - 1, show(&x.shape));
    Error::argument(OP, "an index", i, expected)
}

fn span(x: &Spec, d: usize, start: Option<i64>, end: Option<i64>, step: i64) -> Result<Span> {
    let n = x.shape[d] as i64;
    let expected = "1 or more (`flip` turns a dimension around)";
    let known = usize::try_from(step).ok().filter(|&step| step != 0);
    let step = known.ok_or_else(|| Error::argument(OP, "a step", step, expected))?;
    let cut = |i: i64| if i < 0 { i.saturating_add(n).max(0) } else { i.min(n) };
    let (a, b) = (start.map_or(0, cut), end.map_or(n, cut));
    ensure(a < b, || {
        let shown = |bound: Option<i64>| bound.map_or(String::new(), |i| i.to_string());
        let found = format!("{}:{}", shown(start), shown(end));
        let expected = format!("one with elements, within 0:{n} in dimension {d} of {}", show(&x.shape));
        Error::argument(OP, "a range", found, expected)
    })?;
    Ok(Span { start: a as usize, end: b as usize, step })
}
