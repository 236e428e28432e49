//! Strings: joining, replacing, padding and cutting.

use rhai::{Array, Blob, Dynamic, ImmutableString, NativeCallContext};

use super::{Library, ScriptResult, may_hold, print::shown};
use crate::script::{Limits, engine::MAX_ITEMS};

type Text = ImmutableString;

/// Adds the functions of this file.
pub fn add(library: &mut Library) {
    joining(library);
    replacing(library);
    padding(library);
    cutting(library);
}

fn joined(limits: Limits, first: &str, second: &str) -> ScriptResult<Text> {
    limits.string(first.len() + second.len())?;
    Ok([first, second].concat().into())
}

/// Puts a text behind another, in place where nobody else holds that.
fn extend(limits: Limits, text: &mut Text, more: &str) -> ScriptResult<()> {
    limits.string(text.len() + more.len())?;
    *text += more;
    Ok(())
}

fn joining(library: &mut Library) {
    let limits = library.limits;
    library.add("+", move |a: Text, b: Text| joined(limits, &a, &b));
    library.add("+", move |a: Text, b: char| joined(limits, &a, b.encode_utf8(&mut [0; 4])));
    library.add("+", move |a: char, b: Text| joined(limits, a.encode_utf8(&mut [0; 4]), &b));
    library.add("+", move |a: Text, b: Blob| joined(limits, &a, &String::from_utf8_lossy(&b)));
    library.add("+", move |a: Blob, b: Text| joined(limits, &String::from_utf8_lossy(&a), &b));
    library.add("+", move |context: NativeCallContext, a: Text, mut b: Dynamic| {
        joined(limits, &a, &shown(&context, "to_string", &mut b))
    });
    library.add_pure("+", move |context: NativeCallContext, a: &mut Dynamic, b: Text| {
        joined(limits, &shown(&context, "to_string", a), &b)
    });
    for name in ["+=", "append"] {
        library.add(name, move |a: &mut Text, b: Text| extend(limits, a, &b));
        library.add(name, move |a: &mut Text, b: char| extend(limits, a, b.encode_utf8(&mut [0; 4])));
        library.add(name, move |a: &mut Text, b: Blob| extend(limits, a, &String::from_utf8_lossy(&b)));
        library.add(name, move |context: NativeCallContext, a: &mut Text, mut b: Dynamic| {
            extend(limits, a, &shown(&context, "to_string", &mut b))
        });
    }
}

fn replacing(library: &mut Library) {
    let limits = library.limits;
    let replace = move |text: &mut Text, old: &str, new: &str| -> ScriptResult<()> {
        let found = text.matches(old).count();
        limits.string((text.len() - found * old.len()).saturating_add(found.saturating_mul(new.len())))?;
        *text = text.replace(old, new).into();
        Ok(())
    };
    let utf8 = |c: char| c.to_string();
    library.add("replace", move |text: &mut Text, old: Text, new: Text| replace(text, &old, &new));
    library.add("replace", move |text: &mut Text, old: Text, new: char| replace(text, &old, &utf8(new)));
    library.add("replace", move |text: &mut Text, old: char, new: Text| replace(text, &utf8(old), &new));
    library
        .add("replace", move |text: &mut Text, old: char, new: char| replace(text, &utf8(old), &utf8(new)));
}

fn padding(library: &mut Library) {
    let limits = library.limits;
    // Up to a number of characters; with nothing to pad with, a text stays as it is.
    let pad = move |text: &mut Text, length: i64, with: &str| -> ScriptResult<()> {
        let missing = usize::try_from(length).unwrap_or(0).saturating_sub(text.chars().count());
        if missing == 0 || with.is_empty() {
            return Ok(());
        }
        limits.string(missing.saturating_add(text.len()))?;
        let padding: String = with.chars().cycle().take(missing).collect();
        extend(limits, text, &padding)
    };
    library.add("pad", move |text: &mut Text, length: i64, with: Text| pad(text, length, &with));
    library.add("pad", move |text: &mut Text, length: i64, with: char| {
        pad(text, length, with.encode_utf8(&mut [0; 4]))
    });
}

/// The pieces of a text as an array. Of an empty text Rhai gives that text, whatever it is cut at.
fn cut<'a>(text: &Text, pieces: impl Iterator<Item = &'a str>) -> ScriptResult<Array> {
    if text.is_empty() {
        return Ok(vec![text.clone().into()]);
    }
    let array: Array = pieces.take(MAX_ITEMS + 1).map(Into::into).collect();
    may_hold(array.len())?;
    Ok(array)
}

fn cutting(library: &mut Library) {
    let at_most = |pieces: i64| usize::try_from(pieces).unwrap_or(0).max(1);
    library.add("to_chars", |text: Text| -> ScriptResult<Array> {
        may_hold(text.chars().count())?;
        Ok(text.chars().map(Dynamic::from).collect())
    });
    library.add_pure("split", |text: &mut Text| cut(text, text.split_whitespace()));
    macro_rules! split {
        ($at:ty, $pattern:expr) => {
            let at = $pattern;
            library.add_pure("split", move |text: &mut Text, by: $at| cut(text, text.split(at(&by))));
            library.add_pure("split_rev", move |text: &mut Text, by: $at| cut(text, text.rsplit(at(&by))));
            library.add_pure("split", move |text: &mut Text, by: $at, count: i64| {
                cut(text, text.splitn(at_most(count), at(&by)))
            });
            library.add_pure("split_rev", move |text: &mut Text, by: $at, count: i64| {
                cut(text, text.rsplitn(at_most(count), at(&by)))
            });
        };
    }
    split!(Text, Text::as_str);
    split!(char, char::clone);
}
