//! What ort has no safe words for: parts of a map of texts, and outputs that are not there.

use std::{
    ffi::CString,
    ptr::{self, NonNull},
};

use ort::{
    AsPointer as _, Error, api,
    memory::Allocator,
    session::{Session, SessionInputValue},
    sys::OrtValue,
    value::DynValue,
};

/// The keys (0) or the values (1) of a map, as a tensor.
pub(super) fn part(map: &DynValue, index: i32) -> ort::Result<DynValue> {
    let allocator = Allocator::default();
    let mut found: *mut OrtValue = ptr::null_mut();
    // SAFETY: both pointers are those of values that live; what comes out is ours, and is released with the
    // `DynValue`.
    unsafe {
        let status = (api().GetValue)(map.ptr(), index, allocator.ptr().cast_mut(), &mut found);
        Error::result_from_status(status)?;
        let found = NonNull::new(found).ok_or_else(|| Error::new("a map has no such part"))?;
        Ok(DynValue::from_ptr(found, Some(&allocator)))
    }
}

/// `Session::run` for models whose outputs need not be there: of those that are not, ort would ask the shape.
pub(super) fn run(
    session: &mut Session,
    inputs: &[SessionInputValue<'_>],
    outputs: &[&str],
) -> ort::Result<Vec<Option<DynValue>>> {
    let text = |name: &str| CString::new(name).map_err(|e| Error::new(e.to_string()));
    let names = session.inputs().iter().map(|input| text(input.name())).collect::<ort::Result<Vec<_>>>()?;
    let outputs = outputs.iter().map(|name| text(name)).collect::<ort::Result<Vec<_>>>()?;
    let names: Vec<_> = names.iter().map(|name| name.as_ptr()).take(inputs.len()).collect();
    let outputs: Vec<_> = outputs.iter().map(|name| name.as_ptr()).collect();
    let values: Vec<_> = inputs.iter().map(|input| input.ptr()).collect();
    let mut found: Vec<*mut OrtValue> = vec![ptr::null_mut(); outputs.len()];
    // SAFETY: as many names as values; the session is borrowed for us alone; names, values and the list of
    // outputs live until the call is over.
    unsafe {
        Error::result_from_status((api().Run)(
            session.ptr_mut(),
            ptr::null(),
            names.as_ptr(),
            values.as_ptr(),
            values.len(),
            outputs.as_ptr(),
            outputs.len(),
            found.as_mut_ptr(),
        ))?;
    }
    found.into_iter().map(|value| present(value, session.allocator())).collect()
}

/// The value, which is released where nothing is in it.
fn present(value: *mut OrtValue, allocator: &Allocator) -> ort::Result<Option<DynValue>> {
    let Some(value) = NonNull::new(value) else { return Ok(None) };
    let mut is_there = 0;
    // SAFETY: the value is ours; it is released here, or by the `DynValue`.
    unsafe {
        Error::result_from_status((api().HasValue)(value.as_ptr(), &mut is_there))?;
        if is_there == 0 {
            (api().ReleaseValue)(value.as_ptr());
            return Ok(None);
        }
        Ok(Some(DynValue::from_ptr(value, Some(allocator))))
    }
}
