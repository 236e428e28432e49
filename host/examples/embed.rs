//! A Rust program with a script host inside: functions of its own in the same table, a plugin from a
//! string. `cargo run --release --example embed`

use host::{Host, Options, script::Source};

/// A plugin that uses the program's own function beside the host's.
const PLUGIN: &str = r#"
let samples = noise::normal([1000]) * sensor::gain();
let end = each("step", 1..=3, #{ sum: 0.0 }, |i, s| { s.sum += samples.mean().item(); s });
print(`${samples.len()} samples, standard deviation ${samples.std().item()}`);
samples.std().item()
"#;

fn main() {
    let host = Host::with(Options { seed: 7, ..Options::default() }, |table| {
        table.module("sensor", "The program's own hardware.").add(
            "gain()",
            "How much the sensor amplifies.",
            "sensor::gain() => 2.0",
            || 2.0,
        );
    });
    match host.run(&Source::new("measure.rhai", PLUGIN)) {
        Ok(value) => println!("the script gave {value}"),
        Err(error) => {
            eprintln!("{}", host.explain(&error, "measure.rhai"));
            std::process::exit(1);
        }
    }
}

#[test]
fn the_plugin_uses_the_programs_function() {
    let host = Host::with(Options { seed: 7, ..Options::default() }, |table| {
        table.module("sensor", "").add("gain()", "", "", || 2.0);
    });
    let deviation = host.run(&Source::new("measure.rhai", PLUGIN)).map(|v| v.as_float());
    assert!(matches!(deviation, Ok(Ok(x)) if (1.8..2.2).contains(&x)), "{deviation:?}");
}
