//! `host bench`: every step and kernel in small. How long they take is nobody's test.

use std::fs;

use serde_json::Value as Json;
use tests::{Bench, repository};

/// The steps with the trainable numbers of their networks, as `tests/peer/steps.py` counts them.
const STEPS: &[(&str, &[u64])] = &[
    ("augintae", &[6_589_792, 6_602_113, 6_558_017]),
    ("biggan_cifar", &[4_139_299, 4_207_361]),
    ("cifar", &[269_722]),
    ("dcgan", &[3_573_696, 2_763_520]),
    ("ddpm", &[155_593]),
    ("lstm", &[592_128]),
    ("noisy_gan", &[3_573_824, 2_765_568]),
    ("resnet20_w64", &[4_286_026]),
    ("sae", &[4_509_156, 4_509_156, 4_509_121]),
    ("vae", &[469_173]),
    ("wgan_gp", &[6_602_113, 6_556_865]),
    ("wta", &[1_645_441]),
    ("wta_generate", &[1_645_441]),
];

const KERNELS: &[&str] = &[
    "spatial_wta",
    "lifetime_wta",
    "wta",
    "affine",
    "affine_rgb",
    "jitter",
    "slerp",
    "reweight",
    "noise_gauss",
    "noise_dirichlet",
    "sae_loss",
    "ms_ssim",
    "fid",
];

/// The lines that `host bench ARGS` prints, each with the fields that all have.
fn lines(args: &[&str]) -> Vec<Json> {
    let outcome = Bench::new()
        .host([&["bench"], args, &["--reps", "1", "--warmup", "0", "--json"]].concat())
        .run()
        .code(0);
    let lines: Vec<Json> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    for line in &lines {
        let seconds = ["min_s", "median_s", "max_s"].map(|field| line[field].as_f64().expect(field));
        assert!(seconds[0] > 0.0 && seconds.is_sorted(), "{line}");
        assert_eq!((line["reps"].as_u64(), line["device"].as_str()), (Some(1), Some("cpu")));
        assert!(line["threads"].as_u64() > Some(0), "{line}");
    }
    lines
}

#[test]
fn every_step_has_the_networks_of_its_paper() {
    let lines = lines(&["steps", "--batch", "2"]);
    let found: Vec<_> = lines.iter().map(|line| line["name"].as_str().expect("a name")).collect();
    assert_eq!(found, STEPS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (line, (name, parameters)) in lines.iter().zip(STEPS) {
        assert_eq!(line["parameters"], Json::from(parameters.to_vec()), "{name}");
        assert_eq!((line["batch"].as_u64(), line["finite"].as_bool()), (Some(2), Some(true)), "{name}");
        let images = line["images_per_step"].as_u64().expect("images");
        assert_eq!(images, if *name == "wgan_gp" { 10 } else { 2 }, "{name}");
        // PyTorch counted at the default batch.
        assert!(line["gflop_per_step"].is_null(), "{name}");
    }
}

#[test]
fn settings_of_a_step_are_key_value() {
    let line = &lines(&["steps", "vae", "latent=20", "--batch", "3", "--threads", "1"])[0];
    assert_eq!((&line["settings"]["latent"], &line["settings"]["batch"]), (&Json::from(20), &Json::from(3)));
    // Two halves of the code, from 256 and to 256.
    assert_eq!(line["parameters"][0].as_u64(), Some(469_173 + 10 * (2 * 257 + 256)));
    assert_eq!(line["threads"], Json::from(1));
}

#[test]
fn work_is_counted_at_the_usual_settings() {
    let line = &lines(&["steps", "vae"])[0];
    assert!(line["gflop_per_step"].as_f64() > Some(1.0), "{line}");
}

#[test]
fn every_kernel_runs_with_and_without_its_gradient() {
    for backward in [&[][..], &["--backward"]] {
        let lines = lines(&[&["kernels", "--batch", "2"], backward].concat());
        let mut found: Vec<_> = lines.iter().map(|line| line["name"].as_str().expect("a name")).collect();
        found.dedup();
        assert_eq!(found, KERNELS);
        assert!(lines.iter().all(|line| line["items_per_s"].as_f64() > Some(0.0)));
    }
}

/// Kernel launches of a step of the autoencoder that is timed as `vae`, at most.
const MOST_LAUNCHES: u64 = 250;

/// The number of that name in what was counted.
fn counted(line: &Json, field: &str) -> u64 {
    line["count"][field].as_u64().unwrap_or_else(|| panic!("{field} of {line}"))
}

#[test]
fn work_is_counted_where_it_is_asked_for() {
    let line = &lines(&["steps", "vae", "--batch", "2", "--count"])[0];
    assert!(counted(line, "operations") > 50 && counted(line, "bytes_read") > counted(line, "bytes_written"));
    let of_a_gpu = ["launches", "round_trips", "uploads"].map(|field| counted(line, field));
    assert_eq!(of_a_gpu, [0; 3], "nothing of it is on a GPU");
    let parts = line["count"]["by_operation"].as_object().expect("operations by name");
    let sum: u64 = parts.values().filter_map(|part| part["operations"].as_u64()).sum();
    assert_eq!(sum, counted(line, "operations"));
    let kernel = &lines(&["kernels", "slerp", "--batch", "2", "--count"])[0];
    assert_eq!(counted(kernel, "operations"), 1);
    assert!(lines(&["steps", "vae", "--batch", "2"])[0]["count"].is_null());
}

#[test]
fn a_step_on_a_gpu_waits_for_nothing() {
    let bench = Bench::new();
    let args =
        ["bench", "steps", "vae", "--batch", "2", "--count", "--json", "--reps", "1", "--device", "gpu"];
    let outcome = bench.host(args).run();
    if outcome.stderr.contains("cannot be used") {
        eprintln!("skipped: no GPU");
        return;
    }
    let line: Json = serde_json::from_str(&outcome.code(0).stdout).expect("a line of JSON");
    assert_eq!(["round_trips", "uploads"].map(|field| counted(&line, field)), [0; 2], "{line}");
    let launches = counted(&line, "launches");
    assert!((1..=MOST_LAUNCHES).contains(&launches), "{launches} launches");
}

#[test]
fn readers_get_a_table_and_a_history_keeps_all() {
    let bench = Bench::new();
    let once = || {
        let words = ["bench", "kernels", "slerp", "--batch", "3", "--reps", "1", "--history", "h.jsonl"];
        bench.host(words).run().code(0).stdout
    };
    let shown = once();
    let rows: Vec<_> = shown.lines().collect();
    assert!(rows[0].starts_with("name") && rows[1].starts_with("slerp 32") && rows[1].ends_with(" items"));
    assert_eq!(rows.len(), 3, "{shown}");
    once();
    let text = fs::read_to_string(bench.path().join("h.jsonl")).expect("a history");
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 4);
    for line in &lines {
        assert!(line["date"].as_str().expect("a date").starts_with("20"), "{line}");
        assert!(line["cpu"].is_string() && line["median_s"].as_f64() > Some(0.0), "{line}");
        assert!(line["peak_bytes"].as_u64() > Some(1 << 20), "{line}");
    }
    bench.host(["bench", "kernels", "slerp", "--history", "no/h"]).run().code(2).says(&["no/h", "--history"]);
}

#[test]
fn the_peer_has_the_same_names() {
    for (file, names) in [
        ("steps.py", STEPS.iter().map(|(name, _)| *name).collect::<Vec<_>>()),
        ("kernels.py", KERNELS.to_vec()),
    ] {
        let text = fs::read_to_string(repository().join("tests/peer").join(file)).expect(file);
        for name in names {
            assert!(text.contains(&format!("\"{name}\": (")), "{name} is not in {file}");
        }
    }
}

#[test]
fn wrong_words_are_answered_with_the_nearest() {
    let bench = Bench::new();
    let wrong = |args: &[&str]| bench.host([&["bench"], args].concat()).run().code(2);
    wrong(&["steps", "wat"]).says(&["there is no bench `wat`", "`wta`"]);
    wrong(&["kernels", "spatial_wat"]).says(&["there is no bench `spatial_wat`", "`spatial_wta`"]);
    wrong(&["steps", "wta", "chanels=4"]).says(&["chanels", "`channels`"]);
    wrong(&["steps", "wta", "--reps", "0"]).says(&["--reps"]);
    wrong(&["step"]).says(&["steps"]);
}

#[test]
fn a_script_that_gives_no_step_hears_what_is_missing() {
    let bench = Bench::new();
    let own = |text: &str| {
        bench.write("scripts/bench/own.rhai", text);
        bench.host(["bench", "steps", "own", "--reps", "1"]).run()
    };
    own("42").code(2).says(&["own.rhai", "no settings"]);
    let start = "let cfg = params(#{\n    batch: 2, // items\n});\n";
    own(&format!("{start}42")).code(2).says(&["own.rhai", "`step`"]);
    own(&format!("{start}#{{ step: 1, modules: [] }}")).code(2).says(&["own.rhai", "`step`", "function"]);
    own(&format!("{start}#{{ step: || 1, modules: [] }}")).code(1).says(&["expected its loss"]);
    own(&format!("{start}#{{ step: || zeros([2]).sqaure(), modules: [] }}"))
        .code(1)
        .says(&["own.rhai:4:", "square"]);
}
