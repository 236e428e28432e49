//! Where an ONNX file lies that a script asks for, which decides where the elements of its tensors are.

use std::path::{Path, PathBuf};

use onnx_net::OnnxFile;

use crate::session::Session;

/// How an ONNX file is read, and to where links in its folder may lead.
type Read = fn(&Path, &dyn Fn(&Path) -> bool) -> ops::Result<OnnxFile>;

/// The file that `asked` led to, and its path: `real`; or, where it names files that lie beside a link to it,
/// as in a Hugging Face cache, that link in its real folder. Links of files that it names may lead to what
/// the script may read.
///
/// # Errors
/// Those of `read`.
pub fn read(session: &Session, asked: &Path, real: &Path, read: Read) -> ops::Result<(PathBuf, OnnxFile)> {
    let allowed = |path: &Path| session.readable(path).is_ok();
    let link = link(asked).filter(|link| link != real);
    let beside = link.and_then(|link| Some((read(&link, &allowed).ok()?, link)));
    match beside {
        Some((file, link)) if file.elements().next().is_some() => Ok((link, file)),
        _ => Ok((real.to_owned(), read(real, &allowed)?)),
    }
}

/// The path as it was asked for, in a folder without links.
fn link(asked: &Path) -> Option<PathBuf> {
    let folder = asked.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(asked.file_name()?))
}
