//! Sorting, and dropping what repeats.

use std::{
    cmp::Ordering,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rhai::{Array, Dynamic, FnPtr, NativeCallContext};

use super::{Library, ScriptResult, compare};
use crate::{
    kinds::{self, with_article},
    script::Problem,
};

type Compare<'a> = &'a mut dyn FnMut(&Dynamic, &Dynamic) -> ScriptResult<Ordering>;

/// Adds the functions of this file.
pub fn add(library: &mut Library) {
    for (sorts, gives, reverse) in [("sort", "order", false), ("sort_desc", "order_desc", true)] {
        library.add(sorts, move |array: &mut Array| sort(array, reverse));
        library.add_pure(gives, move |array: &mut Array| -> ScriptResult<Array> {
            let mut array = array.clone();
            sort(&mut array, reverse).map(|()| array)
        });
    }
    for (sorts, gives) in [("sort", "order"), ("sort_by", "order_by")] {
        library.add(sorts, |context: NativeCallContext, array: &mut Array, comparer: FnPtr| {
            sort_with(&context, array, &comparer)
        });
        library.add_pure(
            gives,
            |context: NativeCallContext, array: &mut Array, comparer: FnPtr| -> ScriptResult<Array> {
                let mut array = array.clone();
                sort_with(&context, &mut array, &comparer).map(|()| array)
            },
        );
    }
    library.add("dedup", |context: NativeCallContext, array: &mut Array| {
        dedup(array, |a, b| context.call_native_fn_raw("==", true, &mut [&mut a.clone(), &mut b.clone()]))
    });
    library.add("dedup", |context: NativeCallContext, array: &mut Array, comparer: FnPtr| {
        dedup(array, |a, b| comparer.call_raw(&context, None, [a.clone(), b.clone()]))
    });
}

/// Sorts values of one type; numbers may be whole ones and floats, and NaN comes last.
fn sort(array: &mut Array, reverse: bool) -> ScriptResult<()> {
    sort_by(array, &mut |a, b| natural(a, b).map(|order| if reverse { order.reverse() } else { order }))
}

/// The order of two values of one type.
fn natural(a: &Dynamic, b: &Dynamic) -> ScriptResult<Ordering> {
    let number = |value: &Dynamic| value.is_int() || value.is_float();
    let nan = |value: &Dynamic| value.as_float().is_ok_and(f64::is_nan);
    if number(a) && number(b) {
        return Ok(compare::order(a, b).unwrap_or_else(|| nan(a).cmp(&nan(b))));
    }
    let texts = (a.as_immutable_string_ref(), b.as_immutable_string_ref());
    if let (Ok(a), Ok(b)) = texts {
        return Ok(a.cmp(&b));
    }
    if let (Ok(a), Ok(b)) = (a.as_char(), b.as_char()) {
        return Ok(a.cmp(&b));
    }
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return Ok(a.cmp(&b));
    }
    if a.is_unit() && b.is_unit() {
        return Ok(Ordering::Equal);
    }
    let [a, b] = [a, b].map(kinds::of);
    let problem = format!("the order of {a} and {b} is not known");
    Err(Problem::new(problem, "sort with a function: `sort(|a, b| a.size - b.size)`").error())
}

/// Sorts by a function that says which of two values comes first: with a number, or whether the first does.
fn sort_with(context: &NativeCallContext, array: &mut Array, comparer: &FnPtr) -> ScriptResult<()> {
    let call = |a: &Dynamic, b: &Dynamic| comparer.call_raw(context, None, [a.clone(), b.clone()]);
    sort_by(array, &mut |a, b| {
        let first = call(a, b)?;
        match (first.as_int(), first.as_bool()) {
            (Ok(order), _) => Ok(order.cmp(&0)),
            (_, Ok(true)) => Ok(Ordering::Less),
            (_, Ok(false)) => Ok(match call(b, a)?.as_bool() {
                Ok(true) => Ordering::Greater,
                _ => Ordering::Equal,
            }),
            (Err(found), Err(_)) => {
                let found = with_article(&kinds::word(found));
                let problem = format!("the function that compares gave {found}, expected an integer");
                let help = "give a negative number, 0 or a positive one: `if a < b { -1 } else { 1 }`";
                Err(Problem::new(problem, help).error())
            }
        }
    })
}

/// Sorts until something goes wrong, and gives that.
fn sort_by(array: &mut Array, compare: Compare) -> ScriptResult<()> {
    let mut failed = None;
    let sorted = catch_unwind(AssertUnwindSafe(|| {
        array.sort_by(|a, b| {
            if failed.is_some() {
                return Ordering::Equal;
            }
            compare(a, b).unwrap_or_else(|error| {
                failed = Some(error);
                Ordering::Equal
            })
        });
    }));
    match (failed, sorted) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        // The standard library gives up where it finds a circle.
        (None, Err(_)) => {
            Err(Problem::new("the function that compares puts the values into no order", "").error())
        }
    }
}

/// Drops what equals the item before it.
fn dedup(
    array: &mut Array,
    mut equal: impl FnMut(&Dynamic, &Dynamic) -> ScriptResult<Dynamic>,
) -> ScriptResult<()> {
    let mut failed = None;
    array.dedup_by(|a, b| {
        let equal = match failed {
            Some(_) => return false,
            None => equal(b, a),
        };
        equal.map(|equal| equal.as_bool().unwrap_or(false)).unwrap_or_else(|error| {
            failed = Some(error);
            false
        })
    });
    failed.map_or(Ok(()), Err)
}
