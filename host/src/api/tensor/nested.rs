//! Tensors from nested arrays and back.

use ops::{Device, Tensor, tensor::Data};
use rhai::{Array, Dynamic};

use crate::{
    error::{Error, Result},
    kinds,
    script::require_items,
};

/// A tensor of a number, a truth value, or arrays of them: of whole numbers whole, of others f32.
///
/// # Errors
/// `Usage` for rows of different lengths and for items that are not numbers or truth values.
pub fn from_nested(value: &Dynamic, device: Device) -> Result<Tensor> {
    let (mut shape, mut level) = (Vec::new(), value.clone());
    while let Some(array) = level.clone().read_lock::<Array>() {
        shape.push(array.len());
        level = array.first().cloned().unwrap_or_default();
    }
    // Grows as needed: where rows differ in length, the first does not give the size of the others.
    let mut leaves = Vec::new();
    collect(value, &shape, &mut leaves)?;
    if leaves.iter().all(Dynamic::is_bool) && !leaves.is_empty() {
        let values: Vec<bool> = leaves.iter().map(|v| v.as_bool().unwrap_or_default()).collect();
        return Ok(Tensor::from_data(values, shape, device)?);
    }
    if leaves.iter().all(Dynamic::is_int) && !leaves.is_empty() {
        let values = leaves.iter().map(|v| v.as_int().unwrap_or_default()).collect();
        return Ok(Tensor::whole(values, shape, device)?);
    }
    let number = |v: &Dynamic| match v.as_float().or_else(|_| v.as_int().map(|i| i as f64)) {
        Ok(x) => Ok(x as f32),
        Err(_) => {
            let problem = format!("tensor: {} among numbers", kinds::a(v));
            Err(Error::usage(problem, "give numbers, or truth values only"))
        }
    };
    let values = leaves.iter().map(number).collect::<Result<Vec<f32>>>()?;
    Ok(Tensor::from_data(values, shape, device)?)
}

fn collect(value: &Dynamic, shape: &[usize], leaves: &mut Vec<Dynamic>) -> Result<()> {
    let Some((n, inner)) = shape.split_first() else {
        leaves.push(value.clone());
        return Ok(());
    };
    let uneven =
        || Error::usage("tensor: the rows of the array differ in length", "give rows of equal length");
    let array = value.read_lock::<Array>().filter(|a| a.len() == *n).ok_or_else(uneven)?;
    array.iter().try_for_each(|item| collect(item, inner, leaves))
}

/// Bytes of an element in nested arrays while they are built.
const ELEMENT: usize = 64;

/// The elements as nested arrays.
///
/// # Errors
/// `Usage` for more than a list may have, or there is memory for.
pub fn to_nested(tensor: &Tensor) -> Result<Dynamic> {
    if tensor.len().saturating_mul(ELEMENT) > ops::tensor::room() {
        let problem = format!("{} elements are more than memory holds as arrays", tensor.len());
        return Err(Error::usage(problem, "take a part of the tensor first: `x.slice(dim, start, end)`"));
    }
    require_items(tensor.len())?;
    Ok(nested(&tensor.to_data()?, tensor.shape()))
}

/// The only element.
///
/// # Errors
/// [`ops::Error::Shape`] where there are more.
pub fn to_item(tensor: &Tensor) -> Result<Dynamic> {
    // It refuses more.
    tensor.item()?;
    Ok(nested(&tensor.to_data()?, &[]))
}

fn nested(data: &Data, shape: &[usize]) -> Dynamic {
    let leaves: Vec<Dynamic> = match data {
        Data::F32(v) => v.iter().map(|&x| f64::from(x).into()).collect(),
        Data::F64(v) => v.iter().map(|&x| x.into()).collect(),
        Data::I32(v) => v.iter().map(|&x| i64::from(x).into()).collect(),
        Data::I64(v) => v.iter().map(|&x| x.into()).collect(),
        Data::Bool(v) => v.iter().map(|&x| x.into()).collect(),
        // No tensor has them.
        narrow => narrow.to_f64().into_iter().map(Dynamic::from).collect(),
    };
    nest(&leaves, shape)
}

fn nest(leaves: &[Dynamic], shape: &[usize]) -> Dynamic {
    let Some((n, inner)) = shape.split_first() else { return leaves[0].clone() };
    leaves.chunks(leaves.len() / n).map(|row| nest(row, inner)).collect::<Array>().into()
}
