//! The six comparisons of floats with floats and with whole numbers, as IEEE 754 has them. Rhai's own
//! take numbers for equal that are 1e-16 apart (and so everything smaller for 0), and find nothing less
//! than infinity.

use std::{any::TypeId, cmp::Ordering, sync::Arc};

use rhai::{Dynamic, FuncRegistration, NativeCallContext, RhaiFunc};

use super::Library;

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
