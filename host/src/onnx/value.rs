//! Values in and out of models: arrays, texts, sequences, maps, and what stays in ONNX Runtime.

use std::sync::Arc;

use ops::{Array, ArrayView, DType, tensor::Data};
use ort::{
    session::SessionInputValue,
    value::{
        DynValue, DynValueTypeMarker, IntoTensorElementType, Map, Sequence, Tensor, TensorElementType,
        ValueType,
    },
};

use super::{array, port::words, raw};
use crate::{
    data::numpy::Texts,
    error::{Error, Result},
};

/// What a model takes or gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Array(Array),
    Texts(Texts),
    Sequence(Vec<Value>),
    /// Keys that are numbers are written as texts; each value is an array or texts of rank 0.
    Map(Vec<(String, Value)>),
    Held(OnnxValue),
}

/// An output that stays in ONNX Runtime, to be an input again without a copy: a decoder's cache.
#[derive(Clone, Debug)]
pub struct OnnxValue(Arc<DynValue>);

/// What is given to a model.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    Array(ArrayView<'a>),
    Value(&'a Value),
}

impl PartialEq for OnnxValue {
    /// Whether both are the same value, wherever it came from.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl OnnxValue {
    pub(super) fn new(value: DynValue) -> Self {
        Self(Arc::new(value))
    }

    /// An array or texts, copied to where ONNX Runtime keeps them.
    ///
    /// # Errors
    /// What ONNX Runtime reports.
    pub fn of(value: &Value) -> Result<Self> {
        let value = super::runtime::guarded(|| match value {
            Value::Array(array) => array::owned(array.view()),
            Value::Texts(texts) => {
                Ok(Tensor::from_string_array((texts.shape().to_vec(), texts.values()))?.into_dyn())
            }
            other => Err(ort::Error::new(format!("{} is not kept", other.kind()))),
        });
        let help = "give fewer elements";
        value.map(Self::new).map_err(|problem| Error::usage(format!("ONNX Runtime: {problem}"), help))
    }

    /// The length of each axis; none for what is no tensor.
    pub fn shape(&self) -> Option<Vec<usize>> {
        self.0.dtype().tensor_shape().map(|shape| shape.iter().map(|&size| size as usize).collect())
    }

    /// What it is: `tensor of f16`.
    pub fn kind(&self) -> String {
        words(self.0.dtype())
    }

    /// A copy of what it holds.
    ///
    /// # Errors
    /// What ONNX Runtime reports; elements that are not exchanged.
    pub fn read(&self) -> Result<Value> {
        let value = super::runtime::guarded(|| read(&self.0));
        let help = "leave it where it is";
        value.map_err(|problem| Error::usage(format!("{}: ONNX Runtime: {problem}", self.kind()), help))
    }
}

/// A copy of a model's output.
pub(super) fn read(output: &DynValue) -> ort::Result<Value> {
    match output.dtype() {
        ValueType::Tensor { ty: TensorElementType::String, .. } => {
            let (shape, values) = output.try_extract_strings()?;
            let shape: Vec<usize> = shape.iter().map(|&size| size as usize).collect();
            Texts::new(shape, values).map(Value::Texts).map_err(other)
        }
        ValueType::Tensor { .. } => array::copied(output).map(Value::Array),
        ValueType::Sequence(_) => {
            let items = output.try_extract_sequence::<DynValueTypeMarker>()?;
            items.iter().map(read).collect::<ort::Result<_>>().map(Value::Sequence)
        }
        ValueType::Map { .. } => {
            let [keys, values] = [raw::part(output, 0)?, raw::part(output, 1)?];
            let values = scalars(read(&values)?).into_iter();
            Ok(Value::Map(scalars(read(&keys)?).iter().map(written).zip(values).collect()))
        }
        kind => Err(ort::Error::new(format!("a {} is not read", words(kind)))),
    }
}

/// A copy of a value, which keeps nothing that belongs to others.
pub(super) fn copied(value: &DynValue) -> ort::Result<DynValue> {
    owned(&read(value)?, value.dtype())
}

/// The elements of an array, each by itself.
fn scalars(value: Value) -> Vec<Value> {
    match value {
        Value::Array(array) => {
            let one = |i| Array::new([], array.data().view().part(i, 1).to_owned());
            (0..array.data().len()).filter_map(|i| one(i).ok()).map(Value::Array).collect()
        }
        Value::Texts(texts) => {
            let one = |text: &String| Texts::new([], vec![text.clone()]).ok().map(Value::Texts);
            texts.values().iter().filter_map(one).collect()
        }
        other => vec![other],
    }
}

/// A key as text.
fn written(key: &Value) -> String {
    match key {
        Value::Texts(texts) => texts.values().concat(),
        Value::Array(array) => match array.data() {
            Data::I64(numbers) => numbers.iter().map(i64::to_string).collect(),
            other => other.to_f64().iter().map(f64::to_string).collect(),
        },
        _ => String::new(),
    }
}

/// A value as the input of a model, of the kind that it takes: without a copy, where it is an array.
pub(super) fn input<'a>(value: &'a Value, kind: &ValueType) -> ort::Result<SessionInputValue<'a>> {
    match value {
        Value::Held(held) => Ok((&*held.0).into()),
        Value::Array(array) if array::dtype_of(kind) == Some(array.dtype()) => array::input(array.view()),
        other => owned(other, kind).map(Into::into),
    }
}

/// A copy of a value in ONNX Runtime.
fn owned(value: &Value, kind: &ValueType) -> ort::Result<DynValue> {
    match (value, kind) {
        (Value::Array(array), ValueType::Tensor { .. }) => {
            let dtype = array::dtype_of(kind).unwrap_or(array.dtype());
            array::owned(array.clone().fitted(dtype).map_err(other)?.view())
        }
        (Value::Texts(texts), ValueType::Tensor { ty: TensorElementType::String, .. }) => {
            Ok(Tensor::from_string_array((texts.shape().to_vec(), texts.values()))?.into_dyn())
        }
        (Value::Sequence(items), ValueType::Sequence(inner)) if !items.is_empty() => {
            let items = items.iter().map(|item| owned(item, inner)).collect::<ort::Result<Vec<_>>>()?;
            Ok(Sequence::new(items)?.into_dyn())
        }
        (Value::Map(entries), ValueType::Map { key, value }) => map(entries, *key, *value),
        (Value::Held(held), kind) => owned(&read(&held.0)?, kind),
        _ => Err(unlike(value, kind)),
    }
}

fn unlike(value: &Value, kind: &ValueType) -> ort::Error {
    ort::Error::new(format!("here is {}, expected a {}", value.kind(), words(kind)))
}

/// A map of those types of keys and values.
fn map(
    entries: &[(String, Value)],
    key: TensorElementType,
    value: TensorElementType,
) -> ort::Result<DynValue> {
    let keys: Vec<String> = entries.iter().map(|(key, _)| key.clone()).collect();
    if key == TensorElementType::String {
        return of_keys(Tensor::from_string_array((vec![keys.len()], &keys[..]))?, entries, value);
    }
    let number = |key: &String| {
        key.parse::<i64>().map_err(|_| ort::Error::new(format!("the key \"{key}\" is no whole number")))
    };
    let numbers = keys.iter().map(number).collect::<ort::Result<Vec<_>>>()?;
    of_keys(Tensor::from_array((vec![numbers.len()], numbers))?, entries, value)
}

fn of_keys<K: IntoTensorElementType + std::fmt::Debug + Clone + std::hash::Hash + Eq + 'static>(
    keys: Tensor<K>,
    entries: &[(String, Value)],
    value: TensorElementType,
) -> ort::Result<DynValue> {
    let shape = vec![entries.len()];
    let data = |dtype: DType| -> ort::Result<Data> {
        let mut bytes = vec![];
        for (_, entry) in entries {
            let Value::Array(array) = entry else { return Err(ort::Error::new("a value is no number")) };
            let data = match dtype.is_float() {
                true => Data::from_numbers(array.data().to_f64(), dtype),
                false => array.data().clone().fitted(dtype).map_err(other)?,
            };
            bytes.extend(data.to_bytes());
        }
        Ok(Data::from_bytes(&bytes, dtype))
    };
    let dtype = array::dtype(value);
    match dtype.map(data).transpose()? {
        Some(Data::F32(values)) => Ok(Map::new_kv(keys, Tensor::from_array((shape, values))?)?.into_dyn()),
        Some(Data::F64(values)) => Ok(Map::new_kv(keys, Tensor::from_array((shape, values))?)?.into_dyn()),
        Some(Data::I64(values)) => Ok(Map::new_kv(keys, Tensor::from_array((shape, values))?)?.into_dyn()),
        _ => {
            let text = |(_, entry): &(String, Value)| written(entry);
            let texts: Vec<String> = entries.iter().map(text).collect();
            Ok(Map::new_kv(keys, Tensor::from_string_array((shape, &texts[..]))?)?.into_dyn())
        }
    }
}

fn other(error: impl ToString) -> ort::Error {
    ort::Error::new(error.to_string())
}

impl Value {
    /// What it is: `f32 [2, 3]`, `a sequence`.
    pub fn kind(&self) -> String {
        match self {
            Self::Array(array) => format!("{} {:?}", array.dtype(), array.shape()),
            Self::Texts(texts) => format!("text {:?}", texts.shape()),
            Self::Sequence(_) => "a sequence".into(),
            Self::Map(_) => "a map".into(),
            Self::Held(held) => format!("{} {:?}", held.kind(), held.shape().unwrap_or_default()),
        }
    }

    /// The array; none for anything else.
    pub fn into_array(self) -> Option<Array> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// Zeros of an element type that arrays have, or empty texts.
    ///
    /// # Errors
    /// `Usage` for a shape that memory does not hold.
    pub fn zeros(shape: &[usize], dtype: Option<DType>) -> Result<Self> {
        let size = dtype.map_or(std::mem::size_of::<String>(), DType::size);
        let bytes = shape.iter().try_fold(size, |n, &length| n.checked_mul(length));
        if bytes.is_none_or(|bytes| bytes > ops::tensor::room()) {
            return Err(Error::usage(
                format!("memory does not hold zeros of {shape:?}"),
                "choose smaller sizes",
            ));
        }
        match dtype {
            Some(dtype) => Ok(Self::Array(Array::zeros(shape, dtype))),
            None => Ok(Self::Texts(Texts::new(shape, vec![String::new(); shape.iter().product()])?)),
        }
    }
}
