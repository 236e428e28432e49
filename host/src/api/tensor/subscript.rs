//! `x[...]`: a part of a tensor, and assignment to it.

use std::{
    any::TypeId,
    ops::{Range, RangeInclusive},
};

use ops::{Number, Tensor, op::Index};
use rhai::{Array, Dynamic, ImmutableString};

use super::nested::from_nested;
use crate::{
    error::{Error, Result},
    script::{Adder, FromScript, Refusal, pytorch},
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global
        .add(
            "index get(x, index)",
            "A part of a tensor: `x[0]` (a row; -1 is the last one), `x[1..3]`, `x[1..=2]`, `x[1..]` and \
             `x[..2]` (rows, cut off at the end), `x[[0, 2]]` (rows), `x[mask]` (where truth values are \
             true), `x[index]` (rows at whole numbers), and several dimensions as text, as PyTorch writes \
             them: `x[\":, 0\"]`, `x[\"..., ::2\"]`, `x[\":, [0, 2]\"]`, `x[\":, None\"]`, x[`${i}:, 0`].",
            "arange(6)[-1].item() => 5\n\
             arange(6)[1..3].to_array() => [1, 2]\n\
             arange(6)[4..].to_array() => [4, 5]\n\
             arange(6)[[0, 2]].to_array() => [0, 2]\n\
             { let x = arange(6); x[x > 3].to_array() } => [4, 5]\n\
             arange(6)[tensor([[5], [0]])].to_array() => [[5], [0]]\n\
             arange(6).reshape([2, 3])[\":, 1:\"].to_array() => [[1, 2], [4, 5]]\n\
             arange(6).reshape([2, 3])[\":, [0, 2]\"].to_array() => [[0, 2], [3, 5]]",
            |x: Tensor, index: Subscript| x.at(&index.beside(&x)?),
        )
        .add(
            "index set(x, index, value)",
            "Assigns to a part, `x[0] = y`: the name stands for a new tensor, of which that part is the \
             value, a number or a tensor that broadcasts to it; the old tensor is unchanged. Gradients go to \
             the value there, and to the old tensor elsewhere.",
            "{ let x = zeros([2, 2]); x[0] = tensor([1, 2]); x[\"1, 0\"] = 7; x.to_array() } \
             => [[1.0, 2.0], [7.0, 0.0]]\n\
             { let x = arange(4); let old = x; x[x > 1] = 0; [x.to_array(), old.to_array()] } \
             => [[0, 1, 0, 0], [0, 1, 2, 3]]",
            |x: Tensor, index: Subscript, value: Tensor| x.with_at(&index.beside(&x)?, &value),
        )
        .add(
            "index set(x, index, number)",
            "Assigns one number to a part.",
            "{ let m = #{ x: zeros([3]) }; m.x[1..] = 1; m.x.to_array() } => [0.0, 1.0, 1.0]",
            |x: Tensor, index: Subscript, number: Number| x.with_number_at(&index.beside(&x)?, number),
        );
}

/// What stands between the brackets.
struct Subscript(Vec<Index>);

impl Subscript {
    /// The index for a tensor, on whose device what is on the CPU is brought, as PyTorch does.
    fn beside(self, x: &Tensor) -> ops::Result<Vec<Index>> {
        let moved = |one: Index| match one {
            Index::Chosen(by) if by.device() == ops::Device::Cpu => {
                by.to_device(x.device()).map(Index::Chosen)
            }
            other => Ok(other),
        };
        self.0.into_iter().map(moved).collect()
    }
}

impl FromScript for Subscript {
    const NAME: &'static str = "index";

    fn types() -> Vec<TypeId> {
        vec![
            TypeId::of::<i64>(),
            TypeId::of::<Range<i64>>(),
            TypeId::of::<RangeInclusive<i64>>(),
            TypeId::of::<Array>(),
            TypeId::of::<ImmutableString>(),
            TypeId::of::<Tensor>(),
        ]
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Ok(i) = value.as_int() {
            return Ok(Self(vec![Index::At(i)]));
        }
        if let Some(range) = value.read_lock::<Range<i64>>() {
            return Ok(Self(vec![span(range.start, Some(range.end))]));
        }
        if let Some(range) = value.read_lock::<RangeInclusive<i64>>() {
            // To the last one.
            let end = if *range.end() == -1 { None } else { Some(range.end().saturating_add(1)) };
            return Ok(Self(vec![span(*range.start(), end)]));
        }
        if let Some(text) = value.read_lock::<ImmutableString>() {
            return of_text(&text).map(Self).map_err(Refusal::Value);
        }
        if let Some(tensor) = value.read_lock::<Tensor>() {
            return Ok(Self(vec![Index::Chosen(tensor.clone())]));
        }
        let list = from_nested(value, ops::Device::Cpu).map_err(Refusal::Value)?;
        Ok(Self(vec![Index::Chosen(list)]))
    }
}

fn span(start: i64, end: Option<i64>) -> Index {
    Index::Span { start: Some(start), end, step: 1 }
}

/// An index as PyTorch writes it: `1:, 0`.
fn of_text(text: &str) -> Result<Vec<Index>> {
    // A comma in a list divides no terms.
    let mut depth = 0i32;
    let is_end = |c: char| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == ',' && depth == 0
    };
    text.split(is_end).map(|term| of_term(term.trim(), text)).collect()
}

fn of_term(term: &str, text: &str) -> Result<Index> {
    let wrong = || {
        // Rhai asks by a text for a property, too.
        if text.starts_with(char::is_alphabetic) && text.chars().all(|c| c.is_alphanumeric() || c == '_') {
            let help = pytorch::said(text).unwrap_or_else(|| {
                format!("a method needs parentheses: `.{text}()`; a part is named as in `x[\":, 0\"]`")
            });
            return Error::usage(format!("index: a Tensor has no property or part `{text}`"), help);
        }
        let problem = format!("index: `{term}` in {text:?} cannot be read");
        Error::usage(
            problem,
            "write whole numbers, ranges such as `1:3`, `:` and `::2`, a list `[0, 2]`, `...` and `None`, \
             divided \
             by commas",
        )
    };
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| wrong());
    let bound = |text: &&str| if text.trim().is_empty() { Ok(None) } else { number(text).map(Some) };
    match term {
        "..." => return Ok(Index::Rest),
        "None" => return Ok(Index::New),
        _ => {}
    }
    if let Some(list) = term.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let positions = list.split(',').map(number).collect::<Result<Vec<i64>>>()?;
        let count = positions.len();
        return Ok(Index::Chosen(Tensor::whole(positions, [count], ops::Device::Cpu)?));
    }
    let parts: Vec<&str> = term.split(':').collect();
    match parts.as_slice() {
        [i] => Ok(Index::At(number(i)?)),
        [start, end] => Ok(Index::Span { start: bound(start)?, end: bound(end)?, step: 1 }),
        [start, end, step] => {
            Ok(Index::Span { start: bound(start)?, end: bound(end)?, step: bound(step)?.unwrap_or(1) })
        }
        _ => Err(wrong()),
    }
}
