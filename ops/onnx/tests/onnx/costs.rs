//! What a file makes the reader compute.

use std::time::{Duration, Instant};

use crate::build::*;

/// Products of matrices that nothing but constants, or nothing but a parameter, go into.
fn products(start: &str) -> Net {
    let mut net = Net::new()
        .input("x", F32, &[1])
        .floats("p", &[1, 1], &[0.5])
        .ints("shape", &[20_000, 20_000])
        .op(start, if start == "Expand" { "p shape -> m0" } else { "shape -> m0" }, vec![]);
    for i in 0..20 {
        net = net.op("MatMul", &format!("m{i} m{i} -> m{}", i + 1), vec![]);
    }
    net.op("ReduceSum", "m20 -> total", vec![]).op("Add", "x total -> y", vec![]).output("y")
}

#[test]
fn large_constants_are_not_computed_while_a_file_is_read() {
    for start in ["ConstantOfShape", "Expand"] {
        let before = Instant::now();
        assert!(products(start).report().runs, "{start}");
        assert!(before.elapsed() < Duration::from_secs(5), "{start}: {:?}", before.elapsed());
    }
}
