//! Values of scripts as those of models, and back.

use std::sync::Arc;

use ops::{
    Array, ArrayView, DType, Device, Spec, Tensor,
    tensor::{Data, DataView, Floats},
};
use rhai::{Array as ScriptArray, Dynamic, Map};

use crate::{
    data::numpy::Texts,
    error::{Error, Result},
    kinds,
    onnx::{Given, ModelPort, OnnxValue, Value, nested},
};

/// What a script gives to a model.
pub(crate) enum ModelInput {
    /// A tensor, whose elements stay where they are.
    InPlace(Tensor, Floats),
    /// A copy of one that was on that device.
    Copied(Value, Device),
    Value(Value),
}

impl ModelInput {
    /// The elements of a tensor as a model takes them.
    ///
    /// # Errors
    /// Those of [`Tensor::to_array`].
    pub fn of(x: &Tensor) -> Result<Self> {
        Ok(match x.floats()? {
            Some(floats) => Self::InPlace(x.clone(), floats),
            None => Self::Copied(Value::Array(x.to_array()?), x.device()),
        })
    }

    /// As the model is given it.
    ///
    /// # Errors
    /// Those of [`ArrayView::new`].
    pub fn given(&self) -> Result<Given<'_>> {
        match self {
            Self::InPlace(x, floats) => Ok(Given::Array(ArrayView::new(x.shape(), DataView::F32(floats))?)),
            Self::Copied(value, _) | Self::Value(value) => Ok(Given::Value(value)),
        }
    }

    /// The device of the tensor, where it is one.
    pub fn device(&self) -> Option<Device> {
        match self {
            Self::InPlace(x, _) => Some(x.device()),
            Self::Copied(_, device) => Some(*device),
            Self::Value(_) => None,
        }
    }
}

/// A value of a script for the input called `name`.
pub(super) fn from_script(name: &str, value: &Dynamic, port: Option<&ModelPort>) -> Result<ModelInput> {
    if let Some(tensor) = value.read_lock::<Tensor>() {
        return ModelInput::of(&tensor);
    }
    let is_text = port.is_some_and(ModelPort::is_text);
    let found = if is_text { texts(value, port) } else { plain(value) };
    let dtype = port.and_then(|port| port.dtype);
    let found = match (found, dtype) {
        (Ok(Value::Array(number)), Some(dtype)) => typed(number, dtype).map(Value::Array).map_err(Some),
        (found, _) => found,
    };
    found.map(ModelInput::Value).map_err(|problem| {
        let problem = problem.map_or_else(|| kinds::a(value), |error| format!("no array: {error}"));
        let help = match port {
            Some(port) if is_text => format!("give texts: the model takes {port}"),
            Some(port) => format!("give a Tensor or an OnnxValue: the model takes {port}"),
            None => "give a Tensor".into(),
        };
        Error::usage(format!("run: the input `{name}` is {problem}"), help)
    })
}

/// A text, or texts in arrays. A single text is one of as many axes as the input has.
fn texts(value: &Dynamic, port: Option<&ModelPort>) -> Result<Value, Option<Error>> {
    if let Some(held) = value.read_lock::<Arc<OnnxValue>>() {
        return Ok(Value::Held((**held).clone()));
    }
    let items = |value: &Dynamic| value.read_lock::<ScriptArray>().map(|items| items.to_vec());
    let (mut shape, leaves) = nested::leaves(value.clone(), &items)?;
    if value.is_string() {
        shape = vec![1; port.and_then(|port| port.shape.as_ref()).map_or(0, Vec::len)];
    }
    let text = |leaf: Dynamic| leaf.into_string().ok();
    let values = leaves.into_iter().map(text).collect::<Option<Vec<_>>>().ok_or(None)?;
    Ok(Value::Texts(Texts::new(shape, values).map_err(Error::from)?))
}

/// What is neither a tensor nor texts for an input of texts.
fn plain(value: &Dynamic) -> Result<Value, Option<Error>> {
    if let Some(held) = value.read_lock::<Arc<OnnxValue>>() {
        return Ok(Value::Held((**held).clone()));
    }
    if let Some(tensor) = value.read_lock::<Tensor>() {
        return Ok(Value::Array(tensor.to_array().map_err(Error::from)?));
    }
    if let Some(items) = value.read_lock::<ScriptArray>() {
        return items.iter().map(plain).collect::<Result<_, _>>().map(Value::Sequence);
    }
    if let Some(map) = value.read_lock::<Map>() {
        let entries = map.iter().map(|(key, value)| Ok((key.to_string(), scalar(value)?)));
        return entries.collect::<Result<_, _>>().map(Value::Map);
    }
    scalar(value)
}

/// A number of a script as one of the model's element type.
fn typed(number: Array, dtype: DType) -> Result<Array> {
    match dtype.computed().is_float() && number.dtype() == DType::I64 {
        true => Ok(Array::new([], Data::from_numbers(number.data().to_f64(), dtype))?),
        false => Ok(number.fitted(dtype)?),
    }
}

/// A number, a truth value or a text.
fn scalar(value: &Dynamic) -> Result<Value, Option<Error>> {
    if let Ok(text) = value.clone().into_string() {
        return Ok(Value::Texts(Texts::new([], vec![text]).map_err(Error::from)?));
    }
    let whole = value.as_int().map(|n| Data::from(vec![n])).ok();
    let data = whole.or_else(|| value.as_float().map(|x| Data::from(vec![x])).ok());
    let data = data.or_else(|| value.as_bool().map(|b| Data::from(vec![b])).ok()).ok_or(None)?;
    Ok(Value::Array(Array::new([], data).map_err(Error::from)?))
}

/// What scripts have of an output: a tensor on that device (of f64 and i64 on the CPU, which alone has them),
/// texts, an array or a map; what no tensor holds, for its axes, stays in ONNX Runtime.
pub(super) fn to_script(value: Value, device: Device) -> Result<Dynamic> {
    match value {
        Value::Array(array) if array.data().is_empty() || array.shape().len() > Spec::MAX_RANK => {
            Ok(Dynamic::from(Arc::new(OnnxValue::of(&Value::Array(array))?)))
        }
        Value::Array(array) => {
            let is_long = matches!(array.dtype().computed(), DType::F64 | DType::I64);
            let device = if is_long { Device::Cpu } else { device };
            Ok(Dynamic::from(Tensor::from_array(array, device)?))
        }
        Value::Texts(texts) => {
            let mut leaves = texts.values().iter().map(|text| Dynamic::from(text.clone()));
            let found = nested::nest(texts.shape(), &mut leaves, &|rows: ScriptArray| rows.into());
            Ok(found.unwrap_or_default())
        }
        Value::Sequence(items) => {
            let items = items.into_iter().map(|item| to_script(item, device));
            items.collect::<Result<ScriptArray>>().map(Dynamic::from)
        }
        Value::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| Ok((key.into(), number(value, device)?)));
            entries.collect::<Result<Map>>().map(Dynamic::from)
        }
        Value::Held(held) => Ok(Dynamic::from(Arc::new(held))),
    }
}

/// A value of a map: a number or a text.
fn number(value: Value, device: Device) -> Result<Dynamic> {
    match &value {
        Value::Array(array) => Ok(match array.data() {
            Data::I64(numbers) => numbers.first().copied().map(Dynamic::from).unwrap_or_default(),
            other => other.to_f64().first().copied().map(Dynamic::from).unwrap_or_default(),
        }),
        _ => to_script(value, device),
    }
}
