//! The check of what a model is given.

use onnx_net::Port;
use ops::{Array, ArrayView, DType};
use ort::{session::SessionInputValue, value::ValueType};

use super::{
    array,
    port::ModelPort,
    value::{self, Given, Value},
};
use crate::error::{Error, Result};

/// Frees the first axis of `ports` where it is one fixed length `b > 0` for all of them, and gives `b`.
pub(super) fn free_batch<'a>(ports: impl Iterator<Item = &'a mut Port>) -> Option<usize> {
    let mut first_axes: Vec<&mut Option<usize>> = Vec::new();
    for port in ports {
        first_axes.push(port.shape.as_mut()?.first_mut()?);
    }
    let batch = **first_axes.first()?;
    if batch.is_none_or(|rows| rows == 0) || first_axes.iter().any(|axis| **axis != batch) {
        return None;
    }
    first_axes.into_iter().for_each(|axis| *axis = None);
    batch
}

/// An input that fits.
#[derive(Clone, Debug)]
pub enum Ready<'a> {
    View(ArrayView<'a>),
    /// An array that had to become one of another element type.
    Fitted(Array),
    Value(&'a Value),
}

impl Ready<'_> {
    /// The array, where it is one.
    pub(super) fn array(&self) -> Option<ArrayView<'_>> {
        match self {
            Self::View(view) => Some(*view),
            Self::Fitted(array) => Some(array.view()),
            Self::Value(_) => None,
        }
    }

    /// As a model's input, of the kind that it takes.
    pub(super) fn input(&self, kind: &ValueType) -> ort::Result<SessionInputValue<'_>> {
        match self {
            Self::Value(value) => value::input(value, kind),
            Self::View(view) => array::input(*view),
            Self::Fitted(array) => array::input(array.view()),
        }
    }
}

/// What is given in the order of `expected`, each of the type and shape that its input asks for.
///
/// # Errors
/// A name that is no input or comes twice, an input that is missing, an array that has another type or shape,
/// or a number that the input's type does not hold.
pub(super) fn ordered<'a>(expected: &[ModelPort], given: Vec<(&str, Given<'a>)>) -> Result<Vec<Ready<'a>>> {
    let mut slots: Vec<Option<Ready>> = vec![None; expected.len()];
    for (name, given) in given {
        let Some(index) = expected.iter().position(|port| port.name == name) else {
            return Err(unknown("input", name, expected));
        };
        let ready = check(&expected[index], given)?;
        if slots[index].replace(ready).is_some() {
            return Err(Error::usage(format!("input `{name}` is given twice"), "give each input once"));
        }
    }
    let missing = slots.iter().zip(expected).find(|(slot, _)| slot.is_none());
    if let Some((_, port)) = missing {
        return Err(Error::usage(format!("input `{}` is missing", port.name), list("takes", expected)));
    }
    Ok(slots.into_iter().flatten().collect())
}

/// ONNX Runtime itself checks sequences, maps and what it holds.
fn check<'a>(port: &ModelPort, given: Given<'a>) -> Result<Ready<'a>> {
    let view = match given {
        Given::Array(view) => view,
        Given::Value(Value::Array(array)) => array.view(),
        Given::Value(value @ Value::Texts(texts)) => {
            let help = match port.is_text() {
                true if fits(port, texts.shape()) => return Ok(Ready::Value(value)),
                true => "reshape it; `?` is any length",
                false => "give what it takes",
            };
            return Err(wrong(port, &value.kind(), help));
        }
        Given::Value(value) => return Ok(Ready::Value(value)),
    };
    let found = format!("{} {:?}", view.dtype(), view.shape());
    let Some(dtype) = port.dtype else {
        let help = format!("give a {}", port.kind());
        return Err(wrong(port, &found, &help));
    };
    if !fits(port, view.shape()) {
        return Err(wrong(port, &found, "reshape it; `?` is any length"));
    }
    if dtype == view.dtype() {
        return Ok(Ready::View(view));
    }
    let family = |dtype: DType| (dtype.computed().is_int(), dtype.computed().is_float());
    let is_exact = DType::ALL.contains(&dtype) && !dtype.is_int();
    if is_exact || family(dtype) != family(view.dtype()) {
        return Err(wrong(port, &found, &format!("convert it to {}{}", dtype.computed(), method(dtype))));
    }
    let array = Array::new(view.shape(), view.data().to_owned())?;
    let fitted = array.fitted(dtype).map_err(|error| {
        let problem = format!("input `{}` is {found}, expected {port}: {error}", port.name);
        Error::usage(problem, format!("give numbers that {dtype} holds"))
    })?;
    Ok(Ready::Fitted(fitted))
}

/// The method of a tensor that converts to an element type.
fn method(dtype: DType) -> &'static str {
    match dtype.computed() {
        DType::F32 => " (`.float()`)",
        DType::I64 => " (`.long()`)",
        DType::I32 => " (`.int()`)",
        DType::Bool => " (`.bool()`)",
        _ => "",
    }
}

fn fits(port: &ModelPort, shape: &[usize]) -> bool {
    port.shape.as_ref().is_none_or(|sizes| {
        let equal = |(found, expected): (&usize, &Option<usize>)| expected.is_none_or(|n| n == *found);
        sizes.len() == shape.len() && shape.iter().zip(sizes).all(equal)
    })
}

fn wrong(port: &ModelPort, found: &str, help: &str) -> Error {
    Error::usage(format!("input `{}` is {found}, expected {port}", port.name), help)
}

/// The error for a name that is no input or output (`what`).
pub(super) fn unknown(what: &str, name: &str, expected: &[ModelPort]) -> Error {
    let nearest = expected.iter().max_by(|a, b| {
        let likeness = |port: &ModelPort| strsim::jaro_winkler(name, &port.name);
        likeness(a).total_cmp(&likeness(b))
    });
    let all = list(if what == "input" { "takes" } else { "gives" }, expected);
    let help = match nearest {
        Some(port) => format!("did you mean `{}`? {all}", port.name),
        None => all,
    };
    Error::usage(format!("the model has no {what} `{name}`"), help)
}

fn list(verb: &str, expected: &[ModelPort]) -> String {
    let ports: Vec<String> = expected.iter().map(ModelPort::to_string).collect();
    format!("the model {verb} {}", if ports.is_empty() { "nothing".into() } else { ports.join("; ") })
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayD;
    use ort::value::{Shape, SymbolicDimensions, TensorElementType};

    use super::*;

    fn value(name: &str, dtype: DType, shape: &[Option<usize>]) -> ModelPort {
        let port =
            Port { name: name.into(), dtype: Some(dtype), shape: Some(shape.to_vec()), is_sequence: false };
        let ty = match dtype {
            DType::F32 => TensorElementType::Float32,
            DType::I64 => TensorElementType::Int64,
            _ => TensorElementType::Uint8,
        };
        let (shape, dimension_symbols) = (Shape::empty(shape.len()), SymbolicDimensions::empty(shape.len()));
        ModelPort { port, kind: ValueType::Tensor { ty, shape, dimension_symbols } }
    }

    fn zeros(shape: &[usize]) -> Array {
        ArrayD::<f32>::zeros(shape).into()
    }

    fn message(given: Vec<(&str, Array)>) -> String {
        let expected = [value("image", DType::F32, &[None, Some(3)]), value("label", DType::I64, &[None])];
        let views = given.iter().map(|(name, array)| (*name, Given::Array(array.view()))).collect();
        ordered(&expected, views).expect_err("the inputs are wrong").to_string()
    }

    #[test]
    fn inputs_come_out_in_the_models_order() {
        let expected = [value("a", DType::F32, &[Some(2)]), value("b", DType::F32, &[])];
        let (a, b) = (zeros(&[2]), zeros(&[]));
        let given = vec![("b", Given::Array(b.view())), ("a", Given::Array(a.view()))];
        let found = ordered(&expected, given).unwrap();
        let shapes = found.iter().map(|ready| ready.array().unwrap().shape());
        assert_eq!(shapes.collect::<Vec<_>>(), [a.shape(), b.shape()]);
    }

    #[test]
    fn wrong_names_are_named() {
        assert_eq!(
            message(vec![("imge", zeros(&[1, 3]))]),
            "the model has no input `imge`\n  help: did you mean `image`? \
             the model takes image: f32 [?, 3]; label: i64 [?]"
        );
        assert!(message(vec![("image", zeros(&[1, 3]))]).starts_with("input `label` is missing"));
        let twice = vec![("image", zeros(&[1, 3])), ("image", zeros(&[1, 3]))];
        assert!(message(twice).starts_with("input `image` is given twice"));
    }

    #[test]
    fn wrong_types_and_shapes_say_what_came_and_what_was_expected() {
        assert_eq!(
            message(vec![("label", zeros(&[1]))]),
            "input `label` is f32 [1], expected label: i64 [?]\n  help: convert it to i64 (`.long()`)"
        );
        for shape in [&[2, 4][..], &[3], &[2, 3, 1]] {
            let text = message(vec![("image", zeros(shape))]);
            assert!(text.starts_with(&format!("input `image` is f32 {shape:?}, expected image: f32 [?, 3]")));
        }
    }

    #[test]
    fn numbers_become_those_of_a_narrow_type_where_it_holds_them() {
        let expected = [value("pixels", DType::U8, &[None])];
        let of = |numbers: Vec<i32>| {
            let array = Array::new([numbers.len()], numbers).unwrap();
            let found = ordered(&expected, vec![("pixels", Given::Array(array.view()))]);
            found.map(|found| found[0].array().unwrap().data().to_f64())
        };
        assert_eq!(of(vec![0, 255]).unwrap(), [0.0, 255.0]);
        assert_eq!(of(vec![]).unwrap(), [0.0; 0]);
        let error = of(vec![1, 256]).unwrap_err().to_string();
        assert!(error.contains("pixels: u8 [?]") && error.contains("256 (element 1)"), "{error}");
        let float = zeros(&[1]);
        let error = ordered(&expected, vec![("pixels", Given::Array(float.view()))]).unwrap_err().to_string();
        assert!(
            error.contains("input `pixels` is f32 [1]") && error.contains("convert it to i32"),
            "{error}"
        );
    }

    #[test]
    fn a_batch_is_freed_when_all_first_axes_agree() {
        let freed = |shapes: &[&[Option<usize>]]| {
            let mut values: Vec<Port> =
                shapes.iter().map(|shape| value("x", DType::F32, shape).port).collect();
            let batch = free_batch(values.iter_mut());
            (batch, values.into_iter().filter_map(|value| value.shape).collect::<Vec<_>>())
        };
        assert_eq!(
            freed(&[&[Some(4), Some(3)], &[Some(4)]]),
            (Some(4), vec![vec![None, Some(3)], vec![None]])
        );
        for other in [&[Some(5)][..], &[None], &[]] {
            assert_eq!(freed(&[&[Some(4)], other]), (None, vec![vec![Some(4)], other.to_vec()]));
        }
        assert_eq!(freed(&[&[Some(0)], &[Some(0)]]).0, None);
        assert_eq!(freed(&[]).0, None);
    }
}
