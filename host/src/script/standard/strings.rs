//! Strings: joining, replacing, padding and cutting.

use rhai::{Array, Blob, Dynamic, ImmutableString, NativeCallContext};

use super::{Library, ScriptResult, print::text};
use crate::script::Limits;

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
        joined(limits, &a, &text(&context, limits, &mut b))
    });
    library.add_pure("+", move |context: NativeCallContext, a: &mut Dynamic, b: Text| {
        joined(limits, &text(&context, limits, a), &b)
    });
    for name in ["+=", "append"] {
        library.add(name, move |a: &mut Text, b: Text| extend(limits, a, &b));
        library.add(name, move |a: &mut Text, b: char| extend(limits, a, b.encode_utf8(&mut [0; 4])));
        library.add(name, move |a: &mut Text, b: Blob| extend(limits, a, &String::from_utf8_lossy(&b)));
        library.add(name, move |context: NativeCallContext, a: &mut Text, mut b: Dynamic| {
            extend(limits, a, &text(&context, limits, &mut b))
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

/// The pieces as an array.
fn pieces<'a>(limits: Limits, pieces: impl Iterator<Item = &'a str>) -> ScriptResult<Array> {
    let array: Array = pieces.take(limits.items.saturating_add(1)).map(Into::into).collect();
    limits.items(array.len())?;
    Ok(array)
}

fn cutting(library: &mut Library) {
    let limits = library.limits;
    let at_most = |pieces: i64| usize::try_from(pieces).unwrap_or(0).max(1);
    // Of an empty text Rhai gives that text, whatever it is cut at.
    let whole = |text: &Text| vec![Dynamic::from(text.clone())];
    library.add("to_chars", move |text: Text| -> ScriptResult<Array> {
        limits.items(text.chars().count())?;
        Ok(text.chars().map(Dynamic::from).collect())
    });
    library.add_pure("split", move |text: &mut Text| match text.is_empty() {
        true => Ok(whole(text)),
        false => pieces(limits, text.split_whitespace()),
    });
    macro_rules! cut {
        ($at:ty, $pattern:expr) => {
            let cut = $pattern;
            library.add_pure("split", move |text: &mut Text, at: $at| match text.is_empty() {
                true => Ok(whole(text)),
                false => pieces(limits, text.split(cut(&at))),
            });
            library.add_pure("split_rev", move |text: &mut Text, at: $at| match text.is_empty() {
                true => Ok(whole(text)),
                false => pieces(limits, text.rsplit(cut(&at))),
            });
            library.add_pure("split", move |text: &mut Text, at: $at, count: i64| match text.is_empty() {
                true => Ok(whole(text)),
                false => pieces(limits, text.splitn(at_most(count), cut(&at))),
            });
            library.add_pure("split_rev", move |text: &mut Text, at: $at, count: i64| {
                match text.is_empty() {
                    true => Ok(whole(text)),
                    false => pieces(limits, text.rsplitn(at_most(count), cut(&at))),
                }
            });
        };
    }
    cut!(Text, Text::as_str);
    cut!(char, char::clone);
}
