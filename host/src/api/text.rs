//! Numbers as texts, and what a script says of itself while it runs: `fmt`, `assert`, `time`.

mod format;

use std::time::{SystemTime, UNIX_EPOCH};

use ops::Tensor;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use crate::{
    error::{Error, Result},
    script::{FromScript, Refusal, Table},
};
use format::{Value, Values, formatted};

/// The largest number of decimals that a number is rounded to; more has no double.
const MOST_DECIMALS: i64 = 300;

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .global()
        .add(
            "fmt(template, values)",
            "The template with each `{}` replaced by a value of an array, or by the one value. What stands \
             in the braces is Python's: `{0}` and `{name}` choose a value (of an array, of a map), and \
             behind a colon follow fill and alignment (`<`, `>`, `^`, `=`), sign (`+`, `-`, a space), `0`, \
             width, `,` or `_` between thousands, `.` and a precision, and how it is written: `d` whole, `f` \
             fixed, `e` with an exponent, `g` the shorter of both, `%` percent, `x` hexadecimal, `b` binary, \
             `o` octal, `s` text. `{{` and `}}` are braces. A tensor of one element is a number.",
            "fmt(\"loss {:.3f} after {:>4}\", [0.12345, 70]) => loss 0.123 after   70\n\
             fmt(\"{name}: {share:.1%}\", #{ name: \"a\", share: 0.25 }) => a: 25.0%\n\
             fmt(\"{:,}\", 1234567) => 1,234,567",
            |context: &NativeCallContext, template: String, values: Dynamic| fmt(context, &template, values),
        )
        .add(
            "round(x, decimals)",
            "The nearest number with so many decimals, halves to even; with fewer than none, the nearest \
             multiple of 10, 100, ...",
            "round(3.14159, 2) => 3.14\n\
             2.5.round(0) => 2.0\n\
             round(1234, -2) => 1200.0",
            round,
        )
        .add(
            "assert(condition, message)",
            "Ends the script with an error where a condition does not hold; a message says what it means. \
             The condition is a bool, or a tensor of one element: `assert((x > 0).all())`.",
            "assert(1 + 1 == 2) => ()\n\
             assert(1 < 2, \"numbers are in order\") => ()",
            |context: &NativeCallContext, condition: Condition, message: Option<Dynamic>| {
                check(context, condition.0, message)
            },
        )
        .add(
            "time()",
            "Seconds since 1970, for how long something takes: `let start = time(); ...; time() - start`. \
             It differs from run to run, and goes on while a run is interrupted. So nothing that is \
             computed, and nothing in a state, may depend on it: a resumed run would not give the same bits.",
            "time() > 0.0 => true",
            || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |past| past.as_secs_f64()),
        )
        .add(
            "to_char(code)",
            "The character with a number in Unicode, as Python's `chr`; `'a'.to_int()` goes back.",
            "97.to_char() => a",
            |code: i64| {
                let found = u32::try_from(code).ok().and_then(char::from_u32);
                let problem = || format!("{code} is the number of no character");
                found.ok_or_else(|| Error::usage(problem(), "give a number of Unicode: 97 is 'a'"))
            },
        );
}

/// A condition that holds or does not.
struct Condition(bool);

impl FromScript for Condition {
    const NAME: &'static str = "bool or Tensor of one element";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(tensor) = value.read_lock::<Tensor>() {
            return tensor.item().map(|item| Self(item != 0.0)).map_err(|_| {
                let problem = format!("assert: the condition is a tensor of shape {:?}", tensor.shape());
                Refusal::Value(Error::usage(problem, "say which of its elements count: `.all()` or `.any()`"))
            });
        }
        value.as_bool().map(Self).map_err(|_| Refusal::Type)
    }
}

fn check(context: &NativeCallContext, condition: bool, message: Option<Dynamic>) -> Result<()> {
    if condition {
        return Ok(());
    }
    let problem = match message {
        Some(message) => format!("the assertion failed: {}", shown(context, &message)?),
        None => "the assertion failed".into(),
    };
    Err(Error::usage(problem, ""))
}

/// Of the decimal expansion of the number, so that it prints as expected.
fn round(x: f64, decimals: i64) -> Result<f64> {
    if decimals.abs() > MOST_DECIMALS {
        let problem = format!("{decimals} decimals");
        return Err(Error::usage(problem, format!("give a number from -{MOST_DECIMALS} to {MOST_DECIMALS}")));
    }
    if decimals < 0 {
        let unit = 10f64.powi(-decimals as i32);
        return Ok((x / unit).round_ties_even() * unit);
    }
    Ok(format!("{x:.*}", decimals as usize).parse().unwrap_or(x))
}

fn fmt(context: &NativeCallContext, template: &str, values: Dynamic) -> Result<String> {
    let value = |value: &Dynamic| {
        Ok(if let Ok(whole) = value.as_int() {
            Value::Whole(whole)
        } else if let Ok(number) = value.as_float() {
            Value::Number(number)
        } else if let Some((Ok(item), dtype)) = value.read_lock::<Tensor>().map(|t| (t.item(), t.dtype())) {
            if dtype.is_int() { Value::Whole(item as i64) } else { Value::Number(item) }
        } else {
            Value::Text(shown(context, value)?)
        })
    };
    let (places, names) = match (value_list(&values), values.read_lock::<Map>()) {
        (_, Some(map)) => {
            let named = map.iter().map(|(name, item)| Ok((name.to_string(), value(item)?)));
            (Vec::new(), named.collect::<Result<_>>()?)
        }
        (Some(items), None) => (items.iter().map(value).collect::<Result<_>>()?, Vec::new()),
        (None, None) => (vec![value(&values)?], Vec::new()),
    };
    formatted(template, &Values { places, names })
}

fn value_list(values: &Dynamic) -> Option<Array> {
    values.read_lock::<Array>().map(|items| items.clone())
}

/// A value as `print` shows it.
fn shown(context: &NativeCallContext, value: &Dynamic) -> Result<String> {
    if value.is_string() || value.is_unit() {
        return Ok(value.to_string());
    }
    Ok(context.call_native_fn::<rhai::ImmutableString>("to_string", (value.clone(),))?.to_string())
}
