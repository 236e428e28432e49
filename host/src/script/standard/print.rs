//! Values as text. One string at a million positions of an array is held once, and written a million times:
//! the text of arrays and maps ends with `...` where it would be longer than a string may be.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use rhai::{Array, Dynamic, FnPtr, ImmutableString, Map, NativeCallContext};

use super::{Library, ScriptResult, too_large};
use crate::{
    kinds,
    script::{nesting::DEEPEST, problem::Problem},
};

/// Adds the functions of this file.
pub fn add(library: &mut Library) {
    let limits = library.limits;
    for name in ["print", "debug", "to_string", "to_debug"] {
        library.add_pure(name, move |context: NativeCallContext, array: &mut Array| -> ImmutableString {
            Writer::new(&context, limits.string).write(|writer| writer.array(array, DEEPEST))
        });
        library.add_pure(name, move |context: NativeCallContext, map: &mut Map| -> ImmutableString {
            Writer::new(&context, limits.string).write(|writer| writer.map(map, DEEPEST))
        });
    }
    // The map is a copy: a closure in it may have captured the very variable, which would wait for itself.
    library.add("to_json", move |map: Map| -> ScriptResult<ImmutableString> {
        if let Some(name) = map.iter().find_map(|(key, value)| holds_function(value).then_some(key)) {
            let problem = format!("to_json: `{name}` holds a function, which has no form in JSON");
            return Err(Problem::new(problem, format!("leave it out: `map.remove(\"{name}\")`")).error());
        }
        let mut text = Bounded::new(limits.string);
        let map: BTreeMap<&str, &Dynamic> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
        serde_json::to_writer(&mut text, &map).map_err(|_| too_large("Length of string"))?;
        Ok(text.text.into())
    });
}

/// Whether a value is a function, or holds one.
fn holds_function(value: &Dynamic) -> bool {
    if let Some(items) = value.read_lock::<Array>() {
        return items.iter().any(holds_function);
    }
    if let Some(items) = value.read_lock::<Map>() {
        return items.values().any(holds_function);
    }
    value.read_lock::<FnPtr>().is_some()
}

/// A text that grows to a number of bytes.
struct Bounded {
    text: String,
    maximum: usize,
}

impl Bounded {
    fn new(maximum: usize) -> Self {
        Self { text: String::new(), maximum }
    }
}

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.text.len() + more.len() > self.maximum {
            return Err(fmt::Error);
        }
        self.text.push_str(more);
        Ok(())
    }
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
        let more = std::str::from_utf8(bytes).map_err(|_| full())?;
        self.write_str(more).map_err(|_| full())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes arrays and maps, whose items show themselves as `to_debug` says.
struct Writer<'a, 'c> {
    context: &'a NativeCallContext<'c>,
    text: Bounded,
}

impl<'a, 'c> Writer<'a, 'c> {
    fn new(context: &'a NativeCallContext<'c>, maximum: usize) -> Self {
        Self { context, text: Bounded::new(maximum) }
    }

    fn write(mut self, value: impl FnOnce(&mut Self) -> fmt::Result) -> ImmutableString {
        if value(&mut self).is_err() {
            self.text.text.push_str("...");
        }
        self.text.text.into()
    }

    fn array(&mut self, items: &mut Array, depth: usize) -> fmt::Result {
        self.text.write_str("[")?;
        for (i, item) in items.iter_mut().enumerate() {
            self.text.write_str(if i == 0 { "" } else { ", " })?;
            self.item(item, depth)?;
        }
        self.text.write_str("]")
    }

    fn map(&mut self, items: &mut Map, depth: usize) -> fmt::Result {
        self.text.write_str("#{")?;
        for (i, (key, item)) in items.iter_mut().enumerate() {
            self.text.write_str(if i == 0 { "" } else { ", " })?;
            write!(self.text, "{key:?}: ")?;
            self.item(item, depth)?;
        }
        self.text.write_str("}")
    }

    fn item(&mut self, item: &mut Dynamic, depth: usize) -> fmt::Result {
        if depth == 0 || ops::interrupt::requested() {
            return Err(fmt::Error);
        }
        if let Some(mut items) = item.write_lock::<Array>() {
            return self.array(&mut items, depth - 1);
        }
        if let Some(mut items) = item.write_lock::<Map>() {
            return self.map(&mut items, depth - 1);
        }
        let shown = shown(self.context, "to_debug", item);
        self.text.write_str(&shown)
    }
}

/// What a function of that name, such as `to_string`, gives for a value.
pub fn shown(context: &NativeCallContext, name: &str, value: &mut Dynamic) -> ImmutableString {
    let result = context.call_native_fn_raw(name, true, &mut [value]);
    let text = result.ok().and_then(|text| text.into_immutable_string().ok());
    text.unwrap_or_else(|| kinds::of(value).into())
}
