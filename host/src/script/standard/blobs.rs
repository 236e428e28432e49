//! Bytes: what makes many of them from a number, or much of each.

use rhai::{Array, Blob, Dynamic, ImmutableString};

use super::{Library, ScriptResult, arrays::joining, may_hold};

/// Adds the functions of this file.
pub fn add(library: &mut Library) {
    let size = |length: i64| -> ScriptResult<usize> {
        let length = usize::try_from(length).unwrap_or(0);
        may_hold(length).map(|()| length)
    };
    let byte = |value: i64| value as u8;
    library.add("blob", move |length: i64| -> ScriptResult<Blob> { Ok(vec![0; size(length)?]) });
    library.add("blob", move |length: i64, value: i64| -> ScriptResult<Blob> {
        Ok(vec![byte(value); size(length)?])
    });
    library.add("pad", move |blob: &mut Blob, length: i64, value: i64| -> ScriptResult<()> {
        blob.resize(size(length)?.max(blob.len()), byte(value));
        Ok(())
    });
    library.add_pure("to_array", move |blob: &mut Blob| -> ScriptResult<Array> {
        may_hold(blob.len())?;
        Ok(blob.iter().map(|byte| Dynamic::from(i64::from(*byte))).collect())
    });
    joining::<u8>(library);
    library.add("to_blob", move |text: ImmutableString| -> ScriptResult<Blob> {
        may_hold(text.len())?;
        Ok(text.as_bytes().to_vec())
    });
}
