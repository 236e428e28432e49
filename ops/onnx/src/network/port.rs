//! What goes into a graph and comes out of it.

use std::fmt;

use ops::{DType, Device, Error, Result, Tensor};

use crate::{
    GraphValue,
    file::{
        proto::{Dimension, ValueInfoProto},
        stored,
    },
};

/// An input or output of a network, as the file declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The name that the file gives it.
    pub name: String,
    /// `None` where the file does not say or the type is not known here.
    pub dtype: Option<DType>,
    /// Sizes, `None` for one that is free; no list where even their number is.
    pub shape: Option<Vec<Option<usize>>>,
    /// Whether it is a sequence.
    pub is_sequence: bool,
}

impl Port {
    pub(crate) fn new(info: &ValueInfoProto) -> Self {
        let tensor = info.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
        let size = |value: &Option<Dimension>| match value {
            Some(Dimension::DimValue(n)) => usize::try_from(*n).ok().filter(|&n| n > 0),
            _ => None,
        };
        Self {
            name: info.name.clone(),
            dtype: tensor.and_then(|t| stored::held(t.elem_type).ok()),
            shape: tensor
                .and_then(|t| t.shape.as_ref())
                .map(|s| s.dim.iter().map(|d| size(&d.value)).collect()),
            is_sequence: info.r#type.as_ref().is_some_and(|t| t.sequence_type.is_some()),
        }
    }

    /// The number of samples, where the file fixes it.
    pub fn samples(&self) -> Option<usize> {
        self.shape.as_ref()?.first().copied().flatten()
    }

    /// A value as the file's type, where the device has it: of integers and of floats either is taken.
    pub(crate) fn typed(&self, value: &GraphValue) -> Result<GraphValue> {
        let GraphValue::Tensor(tensor) = value else { return Ok(value.clone()) };
        let found = tensor.dtype();
        let same_kind = |d: DType| (d.is_int() && found.is_int()) || (d.is_float() && found.is_float());
        match self.dtype {
            None => Ok(value.clone()),
            Some(dtype) if dtype == found => Ok(value.clone()),
            Some(dtype) if !same_kind(dtype) => Err(self.refuse(tensor)),
            // A GPU has no long numbers.
            Some(DType::I64 | DType::F64) if tensor.device() == Device::Gpu => Ok(value.clone()),
            Some(dtype) => Ok(tensor.cast(dtype)?.into()),
        }
    }

    /// Element type and shape, as messages show them.
    fn form(&self) -> String {
        if self.is_sequence {
            return "a sequence".into();
        }
        let dtype = self.dtype.map_or("any type", DType::name);
        let Some(shape) = &self.shape else { return format!("{dtype}, any shape") };
        let sizes: Vec<_> = shape.iter().map(|d| d.map_or("?".to_owned(), |n| n.to_string())).collect();
        format!("{dtype} [{}]", sizes.join(", "))
    }

    /// The port in a sentence: its name in quotes.
    pub(crate) fn quoted(&self) -> String {
        format!("`{}`: {}", self.name, self.form())
    }

    fn refuse(&self, tensor: &Tensor) -> Error {
        let wants_floats = self.dtype.is_some_and(DType::is_float) && !tensor.dtype().is_float();
        let help = if wants_floats { " (convert with `.float()`)" } else { "" };
        Error::Graph(format!("the input {} is given {}{help}", self.quoted(), tensor.spec()))
    }

    /// How many times the declared number of samples a tensor has.
    pub(crate) fn times(&self, tensor: &Tensor, rebatch: bool) -> Result<usize> {
        let Some(shape) = &self.shape else { return Ok(1) };
        if shape.len() != tensor.rank() {
            return Err(self.refuse(tensor));
        }
        let mut times = 1;
        for (d, (declared, &found)) in shape.iter().zip(tensor.shape()).enumerate() {
            match declared {
                Some(n) if *n == found => {}
                Some(n) if d == 0 && rebatch && found % n == 0 => times = found / n,
                Some(_) => return Err(self.refuse(tensor)),
                None => {}
            }
        }
        Ok(times)
    }
}

/// Written as `x: f32 [?, 1, 28, 28]`, where `?` is any size.
impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.form())
    }
}

/// The names of ports, for messages.
pub(crate) fn list(ports: &[Port]) -> String {
    let names: Vec<_> = ports.iter().map(|port| format!("`{}`", port.name)).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
