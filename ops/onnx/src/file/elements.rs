//! The elements of a `TensorProto`.

use ops::{
    DType, Device, Error, Result, Spec, Tensor,
    op::onnx::data_type,
    tensor::{Data, require_room, room},
};

use crate::{
    GraphValue, broken,
    file::{
        place::Place,
        proto::{DataType, TensorProto},
        stored,
    },
};

/// The element type of that number, or its name where there is no such type here.
pub fn dtype(number: i32) -> Result<DType, String> {
    let known = DType::ALL.into_iter().find(|&dtype| data_type(dtype) == i64::from(number));
    known.ok_or_else(|| match DataType::try_from(number) {
        Ok(other) => format!("{other:?}").to_lowercase(),
        Err(_) => format!("number {number}"),
    })
}

/// Shape as the file says, and the element type that stands for the file's.
///
/// # Errors
/// [`Error::Graph`] for a negative or absurd size, and for an element type that is not known here.
pub(crate) fn spec(proto: &TensorProto) -> Result<Spec> {
    let dtype = stored::held(proto.data_type)
        .map_err(|name| Error::Graph(format!("the tensor `{}` has elements of type {name}", proto.name)))?;
    let sizes = proto.dims.iter().map(|&d| usize::try_from(d)).collect::<Result<Vec<_>, _>>();
    let spec = sizes.map(|shape| Spec::new(shape, dtype)).ok();
    match spec.filter(|spec| spec.bytes() < isize::MAX as usize) {
        Some(spec) => Ok(spec),
        None => broken(format!("the tensor `{}` has the sizes {:?}", proto.name, proto.dims)),
    }
}

/// How many bytes the elements take in a file.
pub(crate) fn stored_bytes(proto: &TensorProto) -> Result<usize> {
    let spec = spec(proto)?;
    Ok(spec.len().saturating_mul(stored::bytes_each(proto.data_type, spec.dtype)))
}

/// The tensor that a message holds.
///
/// # Errors
/// [`Error::Graph`] when the elements are not as many as the sizes say, or of an unknown type, or in
/// another file (which [`crate::OnnxFile::read`] puts in place); [`Error::Memory`].
pub fn tensor(proto: &TensorProto) -> Result<GraphValue> {
    if proto.data_location != 0 {
        return broken(format!("the elements of the tensor `{}` are in another file", proto.name));
    }
    let spec = spec(proto)?;
    made(data(proto, &spec)?, spec)
}

/// The tensor of a message whose elements are at that place.
///
/// # Errors
/// Those of [`tensor`], and what reading gives.
pub(crate) fn tensor_at(proto: &TensorProto, place: &Place) -> Result<GraphValue> {
    let spec = spec(proto)?;
    if stored::narrow(proto.data_type).is_some() {
        let raw_data = place.bytes(&mut room())?;
        let TensorProto { name, dims, data_type, .. } = proto.clone();
        return tensor(&TensorProto { name, dims, data_type, raw_data, ..TensorProto::default() });
    }
    if stored_bytes(proto)? != place.bytes {
        return wrong_number(proto, spec.len(), place.bytes as f64 / spec.dtype.size() as f64);
    }
    require_room("tensor", &spec)?;
    made(place.numbers(spec.len(), spec.dtype)?, spec)
}

fn made(data: Data, spec: Spec) -> Result<GraphValue> {
    if spec.is_empty() {
        return Ok(GraphValue::Empty(spec));
    }
    Ok(Tensor::from_data(data, spec.shape, Device::Cpu)?.into())
}

/// Little-endian bytes, or the list of the type.
fn data(proto: &TensorProto, spec: &Spec) -> Result<Data> {
    let n = spec.len();
    let raw = &proto.raw_data;
    let per = stored::bytes_each(proto.data_type, spec.dtype);
    if !raw.is_empty() && n.checked_mul(per) != Some(raw.len()) {
        return wrong_number(proto, n, raw.len() as f64 / per as f64);
    }
    let narrow = stored::narrow(proto.data_type);
    if narrow.is_some() && n.saturating_mul(8) > room() {
        return broken(format!("the tensor `{}` becomes larger than memory holds", proto.name));
    }
    let found = match spec.dtype {
        _ if let Some(narrow) = narrow => stored::read(proto, narrow)?,
        _ if !raw.is_empty() => Data::from_bytes(raw, spec.dtype),
        DType::F32 => Data::F32(proto.float_data.clone()),
        DType::F64 => Data::F64(proto.double_data.clone()),
        DType::I32 => Data::I32(proto.int32_data.clone()),
        DType::I64 => Data::I64(proto.int64_data.clone()),
        DType::Bool => Data::Bool(proto.int32_data.iter().map(|&x| x != 0).collect()),
        _ => unreachable!("`spec` refuses them"),
    };
    if found.len() == n { Ok(found) } else { wrong_number(proto, n, found.len() as f64) }
}

fn wrong_number<T>(proto: &TensorProto, expected: usize, found: f64) -> Result<T> {
    broken(format!(
        "the tensor `{}` has {found} elements, but its sizes {:?} say {expected}",
        proto.name, proto.dims
    ))
}
