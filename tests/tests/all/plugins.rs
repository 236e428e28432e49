//! Every shipped plugin, small: runs to its end, gives the same bits on any number of threads and when it was
//! killed and resumed, and refuses nonsense before it trains. `reproduce` and `durable` do so for `dtan`.

use std::{fs, path::Path};

use onnx_net::OnnxFile;
use tests::{Bench, RunFolder, repository};

const AUGINTAE: &[&str] = &[
    "augintae",
    "images=40",
    "width=2",
    "latent=4",
    "epochs=2",
    "gan_epochs=2",
    "batch=4",
    "paths=12",
    "judge_epochs=1",
    "critic=2",
    "strips=1",
    "seeds=2",
];
const SAE: &[&str] = &[
    "sae",
    "images=40",
    "judged=20",
    "width=2",
    "symbol=4",
    "steps=6",
    "batch=4",
    "shown_at=3,6",
    "fixed=2",
    "neighbours=1",
    "g_steps=1",
];
const BOOSTED_GAN: &[&str] = &[
    "boosted_gan",
    "images=60",
    "test=30",
    "size=16",
    "channels=2",
    "latent=8",
    "steps=4",
    "batch=8",
    "weighed=20",
    "epochs=2",
    "batches=2",
    "batch_c=8",
    "drawn=30",
    "pairs=2",
    "width=2",
    "measure=2",
    "filter=false",
    "d_steps=1",
];
const NOISY_GAN: &[&str] = &[
    "noisy_gan",
    "images=24",
    "width=2",
    "latent=4",
    "epochs=2",
    "batch=4",
    "levels=0.0,0.5",
    "samples=200",
    "law_steps=3",
];

const CLASSIFY: &[&str] = &["classify", "images=60", "test=20", "size=16", "width=2", "epochs=3", "batch=10"];

/// `host run` of a plugin with small settings, and more.
fn run<'a>(settings: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "--quiet", "--seed", "5"], settings, more].concat()
}

/// Runs a plugin undisturbed, then on one thread, killed five times on its way.
fn ends_the_same(settings: &[&str]) {
    let reference = Bench::new();
    let took = reference.host(run(settings, &[])).run().code(0).took;
    let expected = reference.only_run();
    assert!(!expected.files("figures").is_empty(), "{settings:?} drew nothing");

    let bench = Bench::new();
    let every = ["--checkpoint-every", "0s"];
    let start = bench.host(run(settings, &every)).env("RAYON_NUM_THREADS", "1").start();
    start.signal_after(took.mul_f64(0.5), libc::SIGKILL);
    for share in [0.2, 0.3, 0.4, 0.5] {
        let run = bench.only_run();
        if run.status() == "COMPLETED" {
            break;
        }
        let start = bench.resume(&run, &every).env("RAYON_NUM_THREADS", "1").start();
        start.signal_after(took.mul_f64(share), libc::SIGKILL);
    }
    let run = bench.only_run();
    if run.status() != "COMPLETED" {
        bench.resume(&run, &[]).run().code(0);
    }
    run.assert_same_results(&expected);
    run.assert_tidy();
}

#[test]
fn augintae_ends_the_same() {
    ends_the_same(AUGINTAE);
}

#[test]
fn sae_ends_the_same() {
    ends_the_same(SAE);
}

#[test]
fn boosted_gan_ends_the_same() {
    ends_the_same(BOOSTED_GAN);
}

#[test]
fn classify_ends_the_same() {
    ends_the_same(CLASSIFY);
}

#[test]
fn noisy_gan_ends_the_same() {
    ends_the_same(NOISY_GAN);
}

const EXAMPLES: &[&[&str]] = &[
    &["char_lm", "length=2000", "window=8", "size=8", "layers=1", "steps=2", "batch=2", "shown=5"],
    &["ddpm", "images=64", "size=8", "steps=50", "width=8", "epochs=1", "batch=16", "samples=4"],
    &["maml", "tasks=2", "hidden=4", "steps=2", "tests=2"],
    &["protonets", "images=1000", "width=4", "shots=2", "queries=2", "episodes=2", "tests=2"],
    &["realnvp", "points=400", "layers=2", "hidden=4", "epochs=2"],
    &["simclr", "images=64", "labelled=36", "tests=20", "width=2", "code=4", "epochs=1", "batch=32"],
    &["vqvae", "images=128", "width=4", "code=2", "codes=8", "epochs=1"],
];

#[test]
fn examples_end_the_same() {
    EXAMPLES.iter().copied().for_each(ends_the_same);
}

#[test]
fn examples_are_listed_short_and_without_faults() {
    let bench = Bench::empty();
    let listed = bench.host(["list", "--examples"]).run().code(0).stdout;
    let folder = fs::read_dir(repository().join("plugins/examples")).unwrap();
    let scripts: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(scripts.len(), EXAMPLES.len());
    for script in scripts {
        let name = script.file_stem().unwrap().to_str().unwrap();
        assert!(listed.contains(name), "{name} is not in {listed}");
        bench.host(["check", name]).run().code(0).shows(&["nothing wrong was found"]);
        assert!(fs::read_to_string(&script).unwrap().lines().count() < 120, "{name} is long");
    }
}

/// The last number that a run logged under that name.
fn last(run: &RunFolder, name: &str) -> f64 {
    *run.metric(name).last().unwrap_or_else(|| panic!("{name} was not logged"))
}

/// What the headers expect, at sizes that take seconds; three seeds were looked at, and the bounds leave
/// room.
#[test]
fn what_headers_expect_happens_in_small() {
    type Claim = (&'static str, fn(&RunFolder));
    let claims: &[Claim] = &[
        ("realnvp points=1000 layers=6 hidden=32 epochs=40 batch=100 lr=0.005", |run| {
            assert!(last(run, "nll") < 1.0, "{}", last(run, "nll"));
        }),
        ("vqvae images=2000 width=16 size=16 codes=32 epochs=6 batch=32", |run| {
            assert!(last(run, "share_of_variance") < 0.75, "{}", last(run, "share_of_variance"));
        }),
        ("protonets images=2000 size=16 width=16 episodes=40 tests=40", |run| {
            assert!(last(run, "accuracy_5_shots") > 0.75, "{}", last(run, "accuracy_5_shots"));
        }),
        ("maml tasks=10 steps=600 tests=100 outer=0.003", |run| {
            let [before, after] = ["maml_before", "maml_after"].map(|name| last(run, name));
            assert!(after < 0.75 * before, "{before} to {after}");
        }),
        ("char_lm length=10000 window=32 size=32 layers=1 steps=80 batch=16 shown=20 lr=0.01", |run| {
            let above = ["lstm", "transformer"].map(|name| last(run, &format!("{name}_above_entropy")));
            assert!(above[0] < 0.4 && above[1] < 1.5, "{above:?}");
        }),
        ("simclr images=2000 tests=500 size=16 width=16 epochs=5 batch=64 lr=0.002", |run| {
            let found = ["simclr", "untrained"].map(|name| last(run, &format!("accuracy_{name}")));
            assert!(found[0] > found[1], "{found:?}");
        }),
        (
            "ddpm images=800 size=8 width=16 epochs=15 steps=50 batch=32 samples=32 lr=0.002 decay=0.98",
            |run| {
                let losses = run.metric("loss");
                let mean = losses[losses.len() - 10..].iter().sum::<f64>() / 10.0;
                assert!(mean < 0.12 && last(run, "classes_seen") >= 5.0, "{mean}");
            },
        ),
        ("classify images=1000 test=200 size=16 width=6 epochs=5 batch=25 lr=0.01 mixup=0.0", |run| {
            assert!(last(run, "test_accuracy") > 0.35, "{}", last(run, "test_accuracy"));
        }),
    ];
    for (words, holds) in claims {
        let bench = Bench::new();
        let words: Vec<_> = words.split(' ').collect();
        bench.host([&["run", "--quiet"], &words[..]].concat()).run().code(0);
        holds(&bench.only_run());
    }
}

/// Members that do not depend on each other are trained side by side.
#[test]
fn independent_members_end_the_same() {
    let side_by_side = [BOOSTED_GAN, &["method=none", "members=3", "on_the_fly=false", "fixed=20"]].concat();
    ends_the_same(&side_by_side);
}

/// `boosted_gan` with its filter, which takes some of what stages on threads of their own make.
fn filtering() -> Vec<&'static str> {
    BOOSTED_GAN.iter().copied().filter(|setting| *setting != "filter=false").collect()
}

#[test]
fn filtered_pictures_end_the_same() {
    ends_the_same(&[&filtering()[..], &["members=1", "threshold=0.0", "tries=1000"]].concat());
}

#[test]
fn a_filter_that_lets_nothing_through_ends_the_run() {
    let bench = Bench::new();
    let outcome = bench.host(run(&filtering(), &["threshold=1.0", "tries=2"])).run().code(1);
    outcome.says(&["the filter let 0 of 8 pictures through in 2 tries", "filter=false"]);
}

/// The trained numbers of a network's file.
fn parameters(path: &Path) -> Vec<(String, Vec<f32>)> {
    let module = OnnxFile::read(path).and_then(|model| onnx_net::module(&model)).unwrap();
    let value = |(name, parameter): (String, ops::nn::Parameter)| (name, parameter.get().to_f32().unwrap());
    module.named_parameters().into_iter().map(value).collect()
}

/// A run, and one that starts from the files which it left, by `files` (setting and file) and standing still:
/// its own files hold the same numbers. One that is given a file of another network trains nothing.
fn goes_on_from_its_files(settings: &[&str], still: &[&str], files: &[(&str, &str)], unfit: (&str, &str)) {
    let first = Bench::new();
    first.host(run(settings, &[])).run().code(0);
    let models = first.only_run().path().join("models");
    let given = |(setting, file): (&str, &str)| format!("{setting}={}", models.join(file).display());

    let named: Vec<_> = files.iter().copied().map(given).collect();
    let more: Vec<_> = still.iter().copied().chain(named.iter().map(String::as_str)).collect();
    let second = Bench::new();
    second.host(run(settings, &more)).run().code(0);
    for (_, file) in files {
        let [before, after] =
            [&models, &second.only_run().path().join("models")].map(|m| parameters(&m.join(file)));
        assert!(before.iter().map(|p| &p.0).eq(after.iter().map(|p| &p.0)), "{file}: other parameters");
        for ((name, before), (_, after)) in before.iter().zip(&after) {
            let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-5 * a.abs().max(1.0);
            assert!(before.iter().zip(after).all(near), "{file}: `{name}` is not what it started from");
        }
    }

    let third = Bench::new();
    third.host(run(settings, &[&given(unfit)])).run().code(1).says(&["expected"]);
    assert_eq!(third.only_run().metrics().len(), 0, "{unfit:?} was trained with");
}

#[test]
fn augintae_goes_on_from_its_files() {
    let files = [
        ("encoder", "augintae-encoder.onnx"),
        ("generator", "augintae-generator.onnx"),
        ("discriminator", "augintae-discriminator.onnx"),
    ];
    let settings = [AUGINTAE, &["method=augintae"]].concat();
    goes_on_from_its_files(&settings, &["lr=1e-12"], &files, ("encoder", "augintae-generator.onnx"));
}

#[test]
fn sae_goes_on_from_its_files() {
    let files = [
        ("unit0", "unit0.onnx"),
        ("unit1", "unit1.onnx"),
        ("generator", "generator.onnx"),
        ("original_generator", "original_generator.onnx"),
        ("original_discriminator", "original_discriminator.onnx"),
    ];
    goes_on_from_its_files(SAE, &["lr=1e-12"], &files, ("unit0", "generator.onnx"));
}

#[test]
fn boosted_gan_goes_on_from_its_files() {
    let files = [
        ("start_g", "generator-1.onnx"),
        ("start_d", "discriminator-1.onnx"),
        ("start_c", "classifier_of_one.onnx"),
    ];
    let still = ["lr=1e-12", "lr_d=1e-12", "lr_c=1e-12", "weight_decay=0"];
    goes_on_from_its_files(BOOSTED_GAN, &still, &files, ("start_g", "classifier.onnx"));
}

#[test]
fn noisy_gan_goes_on_from_its_files() {
    let files = [("generator", "generator-mixture.onnx"), ("discriminator", "discriminator-mixture.onnx")];
    goes_on_from_its_files(NOISY_GAN, &["lr=1e-12"], &files, ("generator", "discriminator-mixture.onnx"));
}

#[test]
fn a_value_that_a_setting_does_not_take_makes_no_run() {
    let cases: &[(&str, &str, &str)] = &[
        ("dtan", "output=lineer", "help: did you mean `linear`?"),
        ("dtan", "generator=gpu", "the setting `generator` is gpu, expected one of host, onnxruntime"),
        ("dtan", "iterations=0", "the setting `iterations` is 0, expected at least 1"),
        ("dtan", "sparsity=1.5", "the setting `sparsity` is 1.5, expected from 0 to 1"),
        ("dtan", "lr=nan", "expected more than 0"),
        ("augintae", "method=", "the setting `method` is [], expected not empty"),
        ("augintae", "method=ae,vea", "help: did you mean `vae`?"),
        ("augintae", "method=ae,gan", "expected one of ae, intae, augintae, vae, wgan_gp, oracle"),
        ("augintae", "size=29", "expected one of 28, 32, 64, 128"),
        ("augintae", "scale=1.5", "expected from 0 to 0.99"),
        ("sae", "symbol=2", "expected at least 3"),
        ("sae", "diagonal=maybe", "expected one of skip, clamp"),
        ("boosted_gan", "method=d", "expected one of none, a_mu, a_sigma, b, c"),
        ("boosted_gan", "size=10", "the setting `size` is 10, expected a multiple of 8"),
        ("boosted_gan", "latent=30", "the setting `latent` is 30, expected a multiple of 4"),
        ("boosted_gan", "shares=0,0", "the setting `shares` is [0.0,0.0], expected weights, none below 0"),
        ("boosted_gan", "ms_ssim=single_scale_sim", "help: did you mean `single_scale_ssim`?"),
        ("noisy_gan", "alphas=0,0", "the setting `alphas` is [0.0,0.0], expected weights, none below 0"),
        ("noisy_gan", "datasets=", "the setting `datasets` is [], expected not empty"),
        ("noisy_gan", "levels=0.5,1.5", "the setting `levels` is [0.5,1.5], expected from 0 to 1"),
        ("noisy_gan", "noises=pink,normal", "expected one of normal, uniform,"),
    ];
    let bench = Bench::new();
    for (plugin, nonsense, words) in cases {
        bench.host(["run", plugin, nonsense]).run().code(2).says(&[words]);
    }
    assert!(bench.runs().is_empty(), "a run was made");
}

#[test]
fn nonsense_is_refused_before_anything_is_trained() {
    let cases: &[(&[&str], &str, &str)] = &[
        (AUGINTAE, "batch=100", "batch"),
        (AUGINTAE, "translation=29.0", "translation"),
        (SAE, "batch=50", "batch"),
        (SAE, "classes=99", "99"),
        (BOOSTED_GAN, "fixed=4", "fixed"),
        (BOOSTED_GAN, "shares=1,1,1", "shares"),
        (BOOSTED_GAN, "weighed=3", "weighed"),
        (BOOSTED_GAN, "pairs=4", "expected 8 for 4 pairs"),
        (NOISY_GAN, "alphas=1", "alphas"),
        (NOISY_GAN, "images=3", "images"),
        (NOISY_GAN, "deltas=0.1", "deltas"),
    ];
    for (settings, nonsense, word) in cases {
        let bench = Bench::new();
        bench.host(run(settings, &[nonsense])).run().code(1).says(&[word]);
        assert_eq!(bench.only_run().metrics().len(), 0, "{nonsense} was trained with");
    }
}
