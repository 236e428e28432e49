//! Arrays: what makes them longer.

use std::ops::{Range, RangeInclusive};

use rhai::{Array, Dynamic, EvalAltResult, FnPtr, ImmutableString, Map, NativeCallContext, Position};

use super::{Library, ScriptResult, may_hold};
use crate::script::nesting::{self, size};

/// Adds the functions of this file.
pub fn add(library: &mut Library) {
    for name in ["push", "+="] {
        library.add(name, push);
    }
    joining::<Dynamic>(library);
    library.add("insert", move |array: &mut Array, index: i64, item: Dynamic| -> ScriptResult<()> {
        nesting::watch(&item)?;
        may_hold(array.len() + 1)?;
        array.insert(offset(array.len(), index), item);
        Ok(())
    });
    library.add("pad", move |array: &mut Array, length: i64, item: Dynamic| -> ScriptResult<()> {
        let length = usize::try_from(length).unwrap_or(0);
        let missing = length.saturating_sub(array.len());
        may_hold(missing.saturating_mul(size(&item)).saturating_add(array.len()))?;
        array.resize(length.max(array.len()), item);
        Ok(())
    });
    splicing(library);
    taking(library);
    counting::<Range<i64>>(library);
    counting::<RangeInclusive<i64>>(library);
    library.add_pure("keys", move |map: &mut Map| -> ScriptResult<Array> {
        may_hold(map.len())?;
        Ok(map.keys().map(|key| Dynamic::from(ImmutableString::from(key.as_str()))).collect())
    });
    library.add(
        "parse_json",
        move |context: NativeCallContext, text: ImmutableString| -> ScriptResult<Dynamic> {
            may_hold(text.bytes().filter(|&byte| byte == b',').count() + 1)?;
            context.engine().parse_json(&text, true).map(Dynamic::from)
        },
    );
    library.add_pure("values", move |map: &mut Map| -> ScriptResult<Array> {
        may_hold(map.len())?;
        Ok(map.values().cloned().collect())
    });
}

/// What makes an array of a range.
fn counting<R: Iterator<Item = i64> + rhai::Variant + Clone>(library: &mut Library) {
    let numbers = |range: R| -> ScriptResult<R> { may_hold(range.size_hint().0).map(|()| range) };
    library.add("to_array", move |range: R| -> ScriptResult<Array> {
        Ok(numbers(range)?.map(Dynamic::from).collect())
    });
    library.add("map", move |context: NativeCallContext, range: R, function: FnPtr| -> ScriptResult<Array> {
        numbers(range)?.map(|i| function.call_within_context(&context, (i,))).collect()
    });
    library.add("filter", move |context: NativeCallContext, range: R, function: FnPtr| {
        let keeps = |i: &i64| -> ScriptResult<bool> { function.call_within_context(&context, (*i,)) };
        let kept = numbers(range)?.filter_map(|i| keeps(&i).map(|keeps| keeps.then(|| i.into())).transpose());
        kept.collect::<ScriptResult<Array>>()
    });
}

/// What makes one of two arrays, or of two blobs.
pub fn joining<T>(library: &mut Library)
where
    Vec<T>: rhai::Variant + Clone,
{
    let extend = |list: &mut Vec<T>, more: Vec<T>| -> ScriptResult<()> {
        may_hold(list.len() + more.len())?;
        list.extend(more);
        Ok(())
    };
    for name in ["append", "+="] {
        library.add(name, extend);
    }
    library.add("+", move |mut list: Vec<T>, more: Vec<T>| extend(&mut list, more).map(|()| list));
}

fn push(array: &mut Array, item: Dynamic) -> ScriptResult<()> {
    nesting::watch(&item)?;
    may_hold(array.len() + 1)?;
    array.push(item);
    Ok(())
}

/// The position that an index means: negative ones count from the end, and what lies beyond is the end.
pub fn offset(length: usize, index: i64) -> usize {
    let from_start = usize::try_from(index).unwrap_or_else(|_| {
        let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
        length.saturating_sub(back)
    });
    from_start.min(length)
}

fn splicing(library: &mut Library) {
    let splice = |array: &mut Array, start: i64, count: usize, replace: Array| -> ScriptResult<()> {
        let start = offset(array.len(), start);
        let end = start.saturating_add(count).min(array.len());
        may_hold(array.len() - (end - start) + replace.len())?;
        array.splice(start..end, replace);
        Ok(())
    };
    let count = |start: i64, end: i64| usize::try_from(end.saturating_sub(start)).unwrap_or(0);
    library.add("splice", move |array: &mut Array, start: i64, len: i64, replace: Array| {
        splice(array, start, usize::try_from(len).unwrap_or(0), replace)
    });
    library.add("splice", move |array: &mut Array, range: Range<i64>, replace: Array| {
        let start = range.start.max(0);
        splice(array, start, count(start, range.end), replace)
    });
    library.add("splice", move |array: &mut Array, range: RangeInclusive<i64>, replace: Array| {
        let start = (*range.start()).max(0);
        splice(array, start, count(start, range.end().saturating_add(1)), replace)
    });
}

/// What moves a value without a copy, so that it can be put into another as often as one likes.
fn taking(library: &mut Library) {
    library.add("take", |value: &mut Dynamic| -> ScriptResult<Dynamic> {
        if value.is_read_only() {
            let name = "take".to_owned();
            return Err(EvalAltResult::ErrorNonPureMethodCallOnConstant(name, Position::NONE).into());
        }
        moved(std::mem::take(value))
    });
    library.add("pop", |array: &mut Array| moved(array.pop().unwrap_or_default()));
    library.add("shift", |array: &mut Array| match array.is_empty() {
        true => Ok(Dynamic::UNIT),
        false => moved(array.remove(0)),
    });
    library.add("remove", |array: &mut Array, index: i64| match offset(array.len(), index) {
        beyond if beyond >= array.len() || index < -(array.len() as i64) => Ok(Dynamic::UNIT),
        position => moved(array.remove(position)),
    });
    library.add("remove", |map: &mut Map, key: ImmutableString| {
        moved(map.remove(key.as_str()).unwrap_or_default())
    });
}

fn moved(value: Dynamic) -> ScriptResult<Dynamic> {
    nesting::watch(&value).map(|()| value)
}
