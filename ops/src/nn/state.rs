//! Named tensors as plain data: the safetensors format, and the check before a state is restored.

use std::collections::HashMap;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, View};

use super::Parameter;
use crate::{DType, Device, Error, Result, Spec, Tensor, tensor::Data};

/// The element types of tensors, here and in safetensors.
const DTYPES: [(DType, Dtype); 5] = [
    (DType::F32, Dtype::F32),
    (DType::F64, Dtype::F64),
    (DType::I32, Dtype::I32),
    (DType::I64, Dtype::I64),
    (DType::Bool, Dtype::BOOL),
];

/// A tensor as safetensors wants it.
struct Stored {
    spec: Spec,
    bytes: Vec<u8>,
}

impl View for Stored {
    fn dtype(&self) -> Dtype {
        let names = DTYPES.into_iter().find(|(own, _)| *own == self.spec.dtype);
        names.expect("all element types of tensors are there").1
    }

    fn shape(&self) -> &[usize] {
        &self.spec.shape
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        self.bytes.as_slice().into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Writes named tensors in the safetensors format.
///
/// # Errors
/// [`Error::Symbolic`] in a trace, [`Error::Backend`] when a device does not give its values.
pub fn to_safetensors(tensors: &[(String, Tensor)]) -> Result<Vec<u8>> {
    let stored = tensors
        .iter()
        .map(|(name, tensor)| {
            let bytes = tensor.to_data()?.to_bytes();
            Ok((name.as_str(), Stored { spec: tensor.spec().clone(), bytes }))
        })
        .collect::<Result<Vec<_>>>()?;
    safetensors::serialize(stored, None).map_err(|e| Error::State(format!("save: {e}")))
}

/// Reads named tensors, onto the CPU, sorted by name; f16 and bf16 become f32. Metadata is passed over.
///
/// # Errors
/// [`Error::State`] for bytes that are not of the format, or an element type that no tensor has.
pub fn from_safetensors(bytes: &[u8]) -> Result<Vec<(String, Tensor)>> {
    Ok(read(bytes)?.into_iter().map(|(name, tensor, _)| (name, tensor)).collect())
}

/// [`from_safetensors`], with the name of the element type in the file.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<(String, Tensor, String)>> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|e| Error::State(format!("load: these bytes are no safetensors file: {e}")))?;
    let mut tensors = file
        .iter()
        .map(|(name, view)| {
            let data = data(view.dtype(), view.data()).ok_or_else(|| {
                Error::State(format!(
                    "load: the element type of `{name}` is {}, expected F16, BF16, F32, F64, I32, I64 or \
                     BOOL",
                    view.dtype()
                ))
            })?;
            let tensor = Tensor::from_data(data, view.shape(), Device::Cpu)?;
            Ok((name.to_owned(), tensor, view.dtype().to_string().to_lowercase()))
        })
        .collect::<Result<Vec<_>>>()?;
    tensors.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    Ok(tensors)
}

/// The elements of a tensor of a file, in a type that there is here.
fn data(dtype: Dtype, bytes: &[u8]) -> Option<Data> {
    let halves = |read: fn([u8; 2]) -> f32| Data::F32(bytes.as_chunks().0.iter().map(|&x| read(x)).collect());
    match dtype {
        Dtype::F16 => Some(halves(|x| f16::from_le_bytes(x).to_f32())),
        Dtype::BF16 => Some(halves(|x| bf16::from_le_bytes(x).to_f32())),
        _ => {
            let (own, _) = DTYPES.into_iter().find(|(_, written)| *written == dtype)?;
            Some(Data::from_bytes(bytes, own))
        }
    }
}

/// The spec of each parameter, as [`matching`] expects tensors.
pub(super) fn specs(parameters: &[(String, Parameter)]) -> Vec<(String, Spec)> {
    parameters.iter().map(|(name, parameter)| (name.clone(), parameter.spec())).collect()
}

/// Maximum number of lines about tensors that do not fit.
const MAX_PROBLEMS: usize = 20;

/// The tensors in the order in which they are expected.
///
/// # Errors
/// [`Error::State`] with a line for every tensor that is missing, not known, or of another spec.
pub(super) fn matching<'a>(
    op: &str,
    expected: &[(String, Spec)],
    tensors: &'a [(String, Tensor)],
) -> Result<Vec<&'a Tensor>> {
    let mut given: HashMap<&str, &Tensor> = tensors.iter().map(|(name, t)| (name.as_str(), t)).collect();
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (name, spec) in expected {
        match given.remove(name.as_str()) {
            Some(tensor) if tensor.spec() == spec => found.push(tensor),
            Some(tensor) => problems.push(format!("{name}: is {}, expected {spec}", tensor.spec())),
            None => problems.push(format!("{name}: is missing, expected {spec}")),
        }
    }
    let unknown = tensors.iter().filter(|(name, _)| given.contains_key(name.as_str()));
    problems
        .extend(unknown.map(|(name, tensor)| format!("{name}: is {}, but not known here", tensor.spec())));
    if problems.is_empty() {
        return Ok(found);
    }
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    problems.extend((more > 0).then(|| format!("and {more} more")));
    Err(Error::State(format!(
        "{op}: the tensors do not fit, nothing was changed:\n  {}",
        problems.join("\n  ")
    )))
}

/// As [`matching`], but for a float of another type, which a module is given by `cast`.
pub(super) fn matching_shapes<'a>(
    op: &str,
    mut expected: Vec<(String, Spec)>,
    tensors: &'a [(String, Tensor)],
) -> Result<Vec<&'a Tensor>> {
    let given: HashMap<&str, DType> = tensors.iter().map(|(name, t)| (name.as_str(), t.dtype())).collect();
    for (name, spec) in expected.iter_mut().filter(|(_, spec)| spec.dtype.is_float()) {
        match given.get(name.as_str()) {
            Some(dtype) if dtype.is_float() => spec.dtype = *dtype,
            _ => {}
        }
    }
    matching(op, &expected, tensors)
}
