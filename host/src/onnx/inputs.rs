//! What a model takes and gives, and the check of what it is given.

use onnx_net::Port;
use ops::ArrayView;

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

/// The arrays in the order of `expected`, each of the type and shape that its input asks for.
///
/// # Errors
/// A name that is no input or comes twice, an input that is missing, an array that is empty
/// or has another type or shape.
pub(super) fn ordered<'a>(
    expected: &[Port],
    given: Vec<(&str, ArrayView<'a>)>,
) -> Result<Vec<ArrayView<'a>>> {
    let mut slots: Vec<Option<ArrayView>> = vec![None; expected.len()];
    for (name, array) in given {
        let Some(index) = expected.iter().position(|port| port.name == name) else {
            return Err(unknown(name, expected));
        };
        check(&expected[index], array)?;
        if slots[index].replace(array).is_some() {
            return Err(Error::usage(format!("input `{name}` is given twice"), "give each input once"));
        }
    }
    let missing = slots.iter().zip(expected).find(|(slot, _)| slot.is_none());
    if let Some((_, port)) = missing {
        return Err(Error::usage(format!("input `{}` is missing", port.name), takes(expected)));
    }
    Ok(slots.into_iter().flatten().collect())
}

fn check(port: &Port, array: ArrayView) -> Result<()> {
    let shape = array.shape();
    let fits = port.shape.as_ref().is_none_or(|sizes| {
        let equal = |(found, expected): (&usize, &Option<usize>)| expected.is_none_or(|n| n == *found);
        sizes.len() == shape.len() && shape.iter().zip(sizes).all(equal)
    });
    let problem = |expected: &str, help: &str| {
        let found = format!("input `{}` is {} {shape:?}", port.name, array.dtype());
        Err(Error::usage(format!("{found}, {expected}"), help))
    };
    if let Some(dtype) = port.dtype.filter(|dtype| *dtype != array.dtype()) {
        problem(&format!("expected {port}"), &format!("convert it to {dtype}"))
    } else if !fits {
        problem(&format!("expected {port}"), "reshape it; `?` is any length")
    } else if shape.contains(&0) {
        problem("which is empty", "give at least one row")
    } else {
        Ok(())
    }
}

fn unknown(name: &str, expected: &[Port]) -> Error {
    let nearest = expected.iter().max_by(|a, b| {
        let likeness = |port: &Port| strsim::jaro_winkler(name, &port.name);
        likeness(a).total_cmp(&likeness(b))
    });
    let help = match nearest {
        Some(port) => format!("did you mean `{}`? {}", port.name, takes(expected)),
        None => takes(expected),
    };
    Error::usage(format!("the model has no input `{name}`"), help)
}

fn takes(expected: &[Port]) -> String {
    let ports: Vec<String> = expected.iter().map(Port::to_string).collect();
    format!("the model takes {}", if ports.is_empty() { "no input".into() } else { ports.join("; ") })
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayD;
    use ops::{Array, DType};

    use super::*;

    fn value(name: &str, dtype: DType, shape: &[Option<usize>]) -> Port {
        Port { name: name.into(), dtype: Some(dtype), shape: Some(shape.to_vec()), is_sequence: false }
    }

    fn zeros(shape: &[usize]) -> Array {
        ArrayD::<f32>::zeros(shape).into()
    }

    fn message(given: Vec<(&str, Array)>) -> String {
        let expected = [value("image", DType::F32, &[None, Some(3)]), value("label", DType::I64, &[None])];
        let views = given.iter().map(|(name, array)| (*name, array.view())).collect();
        ordered(&expected, views).expect_err("the inputs are wrong").to_string()
    }

    #[test]
    fn inputs_come_out_in_the_models_order() {
        let expected = [value("a", DType::F32, &[Some(2)]), value("b", DType::F32, &[])];
        let (a, b) = (zeros(&[2]), zeros(&[]));
        let found = ordered(&expected, vec![("b", b.view()), ("a", a.view())]).unwrap();
        assert_eq!(found.iter().map(|view| view.shape()).collect::<Vec<_>>(), [a.shape(), b.shape()]);
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
            "input `label` is f32 [1], expected label: i64 [?]\n  help: convert it to i64"
        );
        for shape in [&[2, 4][..], &[3], &[2, 3, 1]] {
            let text = message(vec![("image", zeros(shape))]);
            assert!(text.starts_with(&format!("input `image` is f32 {shape:?}, expected image: f32 [?, 3]")));
        }
        assert!(message(vec![("image", zeros(&[0, 3]))]).contains("which is empty"));
    }

    #[test]
    fn a_batch_is_freed_when_all_first_axes_agree() {
        let freed = |shapes: &[&[Option<usize>]]| {
            let mut values: Vec<Port> = shapes.iter().map(|shape| value("x", DType::F32, shape)).collect();
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
