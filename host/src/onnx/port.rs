//! What a model takes and gives.

use std::{fmt, ops::Deref};

use onnx_net::Port;
use ort::value::{Outlet, TensorElementType, ValueType};

use super::array;

/// An input or output of a model. Its element type is none where it is no tensor of numbers, and its shape
/// where it is no tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPort {
    pub(super) port: Port,
    pub(super) kind: ValueType,
}

/// An axis of an input, as the file declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Axis {
    Fixed(usize),
    /// Of any length, by its name, which may be empty.
    Free(String),
}

impl ModelPort {
    pub(super) fn of(outlet: &Outlet) -> Self {
        let kind = plain(outlet.dtype()).clone();
        // ONNX Runtime writes a free axis as -1.
        let sizes = |shape: &[i64]| shape.iter().map(|axis| usize::try_from(*axis).ok()).collect();
        let (dtype, shape) = match &kind {
            ValueType::Tensor { ty, shape, .. } => (array::dtype(*ty), Some(sizes(shape))),
            _ => (None, None),
        };
        Self { port: Port { name: outlet.name().to_owned(), dtype, shape, is_sequence: false }, kind }
    }

    /// Its axes, where it is a tensor.
    pub fn axes(&self) -> Option<Vec<Axis>> {
        let ValueType::Tensor { dimension_symbols, .. } = &self.kind else { return None };
        let axis = |(i, size): (usize, &Option<usize>)| match size {
            Some(size) => Axis::Fixed(*size),
            None => Axis::Free(dimension_symbols.get(i).cloned().unwrap_or_default()),
        };
        Some(self.shape.as_ref()?.iter().enumerate().map(axis).collect())
    }

    /// Whether it is a tensor of texts.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, ValueType::Tensor { ty: TensorElementType::String, .. })
    }

    /// The element type of a tensor, else the words for what it is: `sequence of map of i64 to f32`.
    pub fn kind(&self) -> String {
        match &self.kind {
            ValueType::Tensor { ty, .. } => element(*ty),
            other => words(other),
        }
    }
}

/// The type of what is there, where it need not be there.
fn plain(kind: &ValueType) -> &ValueType {
    match kind {
        ValueType::Optional(inner) => plain(inner),
        kind => kind,
    }
}

/// What a value is, in words.
pub(super) fn words(kind: &ValueType) -> String {
    match kind {
        ValueType::Tensor { ty, .. } => format!("tensor of {}", element(*ty)),
        ValueType::Sequence(inner) => format!("sequence of {}", words(inner)),
        ValueType::Map { key, value } => format!("map of {} to {}", element(*key), element(*value)),
        ValueType::Optional(inner) => words(inner),
    }
}

fn element(ty: TensorElementType) -> String {
    match ty {
        TensorElementType::String => "text".into(),
        other => other.to_string(),
    }
}

impl Deref for ModelPort {
    type Target = Port;

    fn deref(&self) -> &Port {
        &self.port
    }
}

/// Written as `x: f32 [?, 3]`, where `?` is any size, `x: text [?]`, or `x: sequence of map of i64 to f32`.
impl fmt::Display for ModelPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.kind())?;
        let Some(shape) = &self.shape else { return Ok(()) };
        let sizes: Vec<_> = shape.iter().map(|d| d.map_or("?".to_owned(), |n| n.to_string())).collect();
        write!(f, " [{}]", sizes.join(", "))
    }
}
