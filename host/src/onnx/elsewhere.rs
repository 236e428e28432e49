//! Files of elements that ONNX Runtime does not open by itself: it refuses those that a link leads out of the
//! model's folder, whoever may read them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ort::session::{Session, builder::SessionBuilder};

/// The session of a model, which is given the elements that it would not open.
pub(super) fn commit(mut builder: SessionBuilder, path: &Path, elements: &[PathBuf]) -> ort::Result<Session> {
    let refused = elements.iter().filter(|file| is_refused(path, file));
    for file in refused {
        let io = |error: std::io::Error| ort::Error::new(format!("{}: {error}", file.display()));
        let bytes = fs::metadata(file).map_err(io)?.len();
        if bytes > ops::tensor::room() as u64 {
            let problem = format!("{}: {bytes} bytes, which memory does not hold", file.display());
            return Err(ort::Error::new(problem));
        }
        let name = path.parent().and_then(|folder| file.strip_prefix(folder).ok()).unwrap_or(file);
        let content: Arc<[u8]> = fs::read(file).map_err(io)?.into();
        builder = builder.with_external_initializer_file_in_memory(name, content)?;
    }
    builder.commit_from_file(path)
}

/// Whether a file ends in another folder than the model, be that a link or where the link leads.
fn is_refused(path: &Path, file: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    let beside = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let model = real(path);
    let folders = [real(beside), model.as_deref().and_then(Path::parent).map(Path::to_path_buf)];
    real(file).is_some_and(|file| !folders.iter().flatten().any(|folder| file.starts_with(folder)))
}
