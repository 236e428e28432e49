//! Arrays of NumPy's files as tensors.

use std::path::Path;

use ops::{DType, Tensor};

use crate::{data::numpy, error::Result, script::Adder, session::Session};

/// Adds the functions of this file.
pub fn add(module: &mut Adder) {
    module.add(
        "array(path, name)",
        "An array of an .npy or .npz file as a tensor, the one of that name (`mu` of what pytorch-fid \
             writes) or the only one: f16 and f32 as f32; f64, bool and i64 as they are; smaller whole \
             numbers as i32, u32 and u64 as i64. f64 and i64 stay on the CPU.",
        "",
        |session: &Session, path: String, name: Option<String>| array(session, &path, name.as_deref()),
    );
}

fn array(session: &Session, path: &str, name: Option<&str>) -> Result<Tensor> {
    let file = Path::new(path);
    // The name as the script gives it: the record uses it, and its extension decides the format.
    let tensor = session.read(file, "", |_| numpy::tensor(file, name))?;
    if let Some(recorder) = session.recorder() {
        let what = format!("array {:?} of {}", tensor.shape(), tensor.dtype());
        recorder.note_data(&name.map_or(path.to_owned(), |name| format!("{path} ({name})")), &what)?;
    }
    match tensor.dtype() {
        DType::F64 | DType::I64 => Ok(tensor),
        _ => Ok(tensor.to_device(session.options.device)?),
    }
}
