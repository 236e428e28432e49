//! The six comparisons of floats with floats and with whole numbers, as IEEE 754 has them. Rhai's own
//! take numbers for equal that are 1e-16 apart (and so everything smaller for 0), and find nothing less
//! than infinity.

use std::{any::TypeId, cmp::Ordering, sync::Arc};

use rhai::{Array, Dynamic, EvalAltResult, FuncRegistration, Map, NativeCallContext, RhaiFunc};

use super::{Library, ScriptResult, arrays::offset};
use crate::{kinds, script::Problem};

type Is = fn(Option<Ordering>) -> bool;

/// What each operator says of an order; a NaN has none.
const OPERATORS: [(&str, Is); 6] = [
    ("==", |order| order == Some(Ordering::Equal)),
    ("!=", |order| order != Some(Ordering::Equal)),
    ("<", |order| order == Some(Ordering::Less)),
    ("<=", |order| matches!(order, Some(Ordering::Less | Ordering::Equal))),
    (">", |order| order == Some(Ordering::Greater)),
    (">=", |order| matches!(order, Some(Ordering::Greater | Ordering::Equal))),
];

/// Adds the functions of this file.
pub fn add(library: &mut Library) {
    add_whole(library);
    let (float, whole) = (TypeId::of::<f64>(), TypeId::of::<i64>());
    for (operator, is) in OPERATORS {
        for types in [[float, float], [float, whole], [whole, float]] {
            let compare = move |_: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
                Ok(Dynamic::from(is(order(args[0], args[1]))))
            };
            // A method takes its first value by reference; the others are copied first.
            let func = RhaiFunc::Method {
                func: Arc::new(compare),
                has_context: false,
                is_pure: true,
                is_volatile: false,
            };
            FuncRegistration::new(operator).set_into_module_raw(&mut library.module, types, func);
        }
    }
}

/// Adds the comparisons of arrays and maps, and what looks for a value in an array. Rhai's own take a `==`
/// that gives no truth value, as that of tensors, for false.
fn add_whole(library: &mut Library) {
    library.add_pure("==", |context: NativeCallContext, a: &mut Array, b: Array| arrays(&context, a, b));
    library.add_pure("!=", |context: NativeCallContext, a: &mut Array, b: Array| {
        arrays(&context, a, b).map(|equal| !equal)
    });
    library.add_pure("==", |context: NativeCallContext, a: &mut Map, b: Map| maps(&context, a, b));
    library.add_pure("!=", |context: NativeCallContext, a: &mut Map, b: Map| {
        maps(&context, a, b).map(|equal| !equal)
    });
    library.add_pure("contains", |context: NativeCallContext, array: &mut Array, value: Dynamic| {
        index_of(&context, array, &value, 0).map(|index| index >= 0)
    });
    library.add_pure("index_of", |context: NativeCallContext, array: &mut Array, value: Dynamic| {
        index_of(&context, array, &value, 0)
    });
    library.add_pure(
        "index_of",
        |context: NativeCallContext, array: &mut Array, value: Dynamic, start: i64| {
            index_of(&context, array, &value, start)
        },
    );
}

/// Whether two values are equal, as `==` says.
///
/// # Errors
/// Those of `==`; it gives no truth value.
pub fn same(context: &NativeCallContext, a: &mut Dynamic, b: &mut Dynamic) -> ScriptResult<bool> {
    let (types, names) = ([a.type_id(), b.type_id()], [a.type_name(), b.type_name()]);
    let equal = match context.call_native_fn_raw("==", true, &mut [a, b]) {
        Err(error) if types[0] != types[1] && is_missing(&error) => return Ok(false),
        equal => equal?,
    };
    equal.as_bool().map_err(|_| {
        let [a, b] = names.map(kinds::word);
        let problem = format!("the `==` of {a} and {b} has a value for each element");
        Problem::new(problem, "compare them one by one: `(a - b).abs().max().item() == 0`, say").error()
    })
}

/// Whether there is no `==` of two values.
fn is_missing(error: &EvalAltResult) -> bool {
    matches!(error, EvalAltResult::ErrorFunctionNotFound(name, _) if name.starts_with("=="))
}

fn arrays(context: &NativeCallContext, a: &mut Array, mut b: Array) -> ScriptResult<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter_mut().zip(&mut b) {
        if !same(context, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps(context: &NativeCallContext, a: &mut Map, mut b: Map) -> ScriptResult<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (key, a) in a.iter_mut() {
        let Some(b) = b.get_mut(key) else { return Ok(false) };
        if !same(context, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The index of the first item that equals a value, from `start` on (from the end where it is negative); -1
/// where there is none.
fn index_of(
    context: &NativeCallContext,
    array: &mut Array,
    value: &Dynamic,
    start: i64,
) -> ScriptResult<i64> {
    let first = offset(array.len(), start);
    for (index, item) in array.iter_mut().enumerate().skip(first) {
        if same(context, item, &mut value.clone())? {
            return Ok(index as i64);
        }
    }
    Ok(-1)
}

/// The order of two numbers, of which one at least is a float.
pub fn order(a: &Dynamic, b: &Dynamic) -> Option<Ordering> {
    match (a.as_float(), b.as_float()) {
        (Ok(a), Ok(b)) => a.partial_cmp(&b),
        (Ok(a), Err(_)) => whole_and_float(b.as_int().ok()?, a).map(Ordering::reverse),
        (Err(_), Ok(b)) => whole_and_float(a.as_int().ok()?, b),
        (Err(_), Err(_)) => Some(a.as_int().ok()?.cmp(&b.as_int().ok()?)),
    }
}

/// Exact, also where the whole number has more digits than a float holds.
fn whole_and_float(whole: i64, float: f64) -> Option<Ordering> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0; // 2^63
    match float {
        float if float.is_nan() => None,
        float if float >= BEYOND => Some(Ordering::Less),
        float if float < -BEYOND => Some(Ordering::Greater),
        float => Some(whole.cmp(&(float.trunc() as i64)).then(0.0_f64.partial_cmp(&float.fract())?)),
    }
}
