//! What is done in one repetition, whatever the machine: kernels launched, bytes moved, waits.

use ops::tensor::traffic::{Traffic, count, total};
use serde_json::{Map, Value as Json, json};

use super::Conditions;
use crate::error::Result;

/// The part of a line about `f`, which is done once for it: `count`, with the operations that launch most
/// first. An empty map where the conditions ask for none, and nothing is done.
///
/// # Errors
/// Those of `f`.
pub fn described(conditions: &Conditions, f: impl FnOnce() -> Result<()>) -> Result<Json> {
    if !conditions.count {
        return Ok(json!({}));
    }
    let (done, counts) = count(f);
    done?;
    let mut operations: Vec<_> = counts.iter().collect();
    operations.sort_by_key(|(_, one)| std::cmp::Reverse((one.launches, one.operations)));
    let operations: Map<_, _> =
        operations.into_iter().map(|(name, one)| ((*name).into(), numbers(one))).collect();
    let mut all = numbers(&total(&counts));
    all["by_operation"] = operations.into();
    Ok(json!({ "count": all }))
}

fn numbers(traffic: &Traffic) -> Json {
    json!({
        "launches": traffic.launches,
        "bytes_read": traffic.bytes_read,
        "bytes_written": traffic.bytes_written,
        "round_trips": traffic.round_trips,
        "uploads": traffic.uploads,
        "operations": traffic.operations,
    })
}
