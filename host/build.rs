//! Notes which compiler made the binary, for the record of every run.

use std::{env, process::Command};

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let version = output.ok().and_then(|o| String::from_utf8(o.stdout).ok()).unwrap_or_default();
    println!("cargo:rustc-env=RUSTC_VERSION={}", version.trim());
    println!("cargo:rerun-if-changed=build.rs");
    // What is built in: new files there make the crate be built anew, too.
    println!("cargo:rerun-if-changed=../plugins\ncargo:rerun-if-changed=../scripts");
}
