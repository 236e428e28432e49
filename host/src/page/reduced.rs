//! Pictures in few colours, made once for each that is drawn: the report of a run under way is written again
//! and again.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex},
    time::SystemTime,
};

use super::folder::FoundFile;
use crate::error::locked;

/// The picture last made from a file, and when that file was written. None where it would not be smaller.
type Reduced = (SystemTime, Option<Arc<[u8]>>);

static MADE: LazyLock<Mutex<HashMap<PathBuf, Reduced>>> = LazyLock::new(Mutex::default);

/// `png`, the bytes of `file`, in at most 256 colours; as they are where that is no smaller.
pub fn reduced(file: &FoundFile, png: Vec<u8>) -> Arc<[u8]> {
    let made = locked(&MADE).get(&file.path).filter(|(modified, _)| *modified == file.modified).cloned();
    let (_, small) = made.unwrap_or_else(|| {
        let made = (file.modified, figure::reduced(&png).map(Arc::from));
        locked(&MADE).insert(file.path.clone(), made.clone());
        made
    });
    small.unwrap_or_else(|| png.into())
}
