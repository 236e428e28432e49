//! The networks of `scripts/`: their sizes, a step of training of each, and what is made of them.

use std::time::Duration;

use tests::Bench;

/// Sizes of the papers: numbers of parameters counted by hand from their layers.
#[test]
fn networks_have_the_papers_sizes() {
    let bench = Bench::new();
    let text = r#"
        import "nets/resnet" as resnet;
        import "nets/biggan" as biggan;
        log("resnet", resnet::resnet20(3, 64, 10).parameter_count());
        log("generator", biggan::generator(3, 10, 64, 80).parameter_count());
        log("discriminator", biggan::discriminator(3, 10, 64).parameter_count());
    "#;
    bench.run(text).code(0);
    let run = bench.only_run();
    let sizes = ["resnet", "generator", "discriminator"].map(|name| run.metric(name)[0]);
    assert_eq!(sizes, [4_286_026.0, 4_139_299.0, 4_207_361.0]);
}

/// One step of the adversaries and of their average, two of a classifier on what they make, and the
/// distance of generated from real pictures by the classifier's features.
const STEPS: &str = r#"
import "nets/resnet" as resnet;
import "nets/biggan" as biggan;
let n = 6;
let images = noise::uniform([n, 3, 32, 32]) * 2 - 1;
let labels = tensor([0, 1, 2, 0, 1, 2]).cast("i32");
let g = biggan::generator(3, 3, 2, 16);
let d = biggan::discriminator(3, 3, 2);
let mean = g.deep_copy();
let og = optim::adam(g, #{ lr: 0.0002, beta1: 0.0 });
let od = optim::adam(d, #{ lr: 0.0002, beta1: 0.0 });

let fake = no_grad(|| g.forward(noise::normal([n, 16]), labels));
let scores = d.forward(concat([fake, images]), concat([labels, labels]));
let loss = losses::hinge_d(scores.slice(0, n, 2 * n), scores.slice(0, 0, n));
od.step(loss.backward_for(d));
log("d", loss);
let loss = losses::hinge_g(d.forward(g.forward(noise::normal([n, 16]), labels), labels));
og.step(loss.backward_for(g));
mean.average(g, 0.5);
log("g", loss);
log("shape", if fake.shape == images.shape { 1 } else { 0 });
log("penalty", d.input_gradient(images, labels).norm([1, 2, 3]).mean());

let net = resnet::resnet20(3, 2, 3);
let sgd = optim::sgd(net, #{ lr: 0.1, momentum: 0.9, weight_decay: 0.0001 });
for i in 0..2 {
    let loss = losses::cross_entropy(net.forward(images), labels);
    sgd.step(loss.backward());
    log("classifier", loss);
}
log("accuracy", metrics::accuracy(net.training(false).forward(images), labels));
let drawn = no_grad(|| mean.forward(noise::normal([n, 16]), labels));
log("fid", metrics::fid_images(images, drawn, net.features, #{ batch: 4 }));
log("fid", metrics::fid(net.features.forward(images), net.features.forward(drawn)));
"#;

#[test]
fn networks_learn_and_are_measured() {
    let bench = Bench::new();
    bench.run(STEPS).code(0);
    let run = bench.only_run();
    for name in ["d", "g", "penalty", "classifier", "fid"] {
        assert!(run.metric(name).iter().all(|x| x.is_finite()), "{name}");
    }
    assert_eq!(run.metric("shape"), [1.0]);
    let distances = run.metric("fid");
    assert!((distances[0] - distances[1]).abs() <= 1e-4 * distances[1], "{distances:?}");
}

#[test]
fn the_classifier_learns_and_its_features_tell_sets_apart() {
    let bench = Bench::new();
    let text = r#"
        import "classifier" as classifier;
        import "nets/augintae" as nets;
        let cfg = #{ size: 28, colours: 1, width: 8, batch: 60, lr: 0.001, lr_drop: 1.0 };
        let set = data::load("glyphs").train(360);
        let net = classifier::train("classifier", nets::encoder(36, true, cfg), set, "labels", 12, cfg);
        let features = nets::last_layer(net, cfg);
        let other = data::load("glyphs").test(200);
        log("same", metrics::fid_images(set, other, features));
        log("noise", metrics::fid_images(set, noise::uniform([200, 1, 28, 28]), features));
    "#;
    bench.run(text).code(0);
    let run = bench.only_run();
    assert!(
        *run.metric("classifier_accuracy").last().unwrap() > 0.5,
        "{:?}",
        run.metric("classifier_accuracy")
    );
    assert!(run.metric("same")[0] < run.metric("noise")[0] / 2.0);
}

/// A pair that is well, then each way in which one is not: the step at which the watch says so, 0 for never.
#[test]
fn the_watch_sees_pairs_collapse_and_diverge() {
    let bench = Bench::new();
    let text = r#"
        import "gan" as gan;
        let images = noise::uniform([8, 1, 4, 4]);
        let labels = tensor([0, 1, 0, 1, 0, 1, 0, 1]).cast("i32");
        let by_class = labels.cast("f32").reshape([8, 1, 1, 1]) + zeros([8, 1, 4, 4]);
        let look = |name, fake, loss, labels| {
            let health = gan::watcher();
            for step in 1..=300 {
                let made = #{ d: tensor(loss.call(step)), g: tensor(1.0), fake: fake, labels: labels };
                health = gan::watch(health, step, made, images, labels, false);
                if health.trouble != "" { return log(name, step); }
            }
            log(name, 0);
        };
        let moves = |step| 1.0 + 0.1 * (step % 2);
        look.call("well", images, moves, ());
        look.call("narrow", by_class * 0.0, moves, ());
        look.call("classes", by_class, moves, ());
        look.call("within", by_class, moves, labels);
        look.call("won", images, |step| 0.001 * (step % 2), ());
        look.call("still", images, |step| 2.0, ());
        look.call("infinite", images, |step| if step < 9 { moves.call(step) } else { 1.0 / 0.0 }, ());
        let health = gan::watcher();
        for step in 1..=300 {
            let made = #{ d: tensor(2.0), g: tensor(1.0), fake: images };
            health = gan::watch(health, step, made, images, true);
        }
    "#;
    bench.run(text).code(1).says(&["did not move", "step 201", "stop_on_collapse=false"]);
    let run = bench.only_run();
    let found =
        ["well", "narrow", "classes", "within", "won", "still", "infinite"].map(|name| run.metric(name));
    assert_eq!(found.concat(), [0.0, 200.0, 0.0, 200.0, 200.0, 201.0, 9.0]);
    assert_eq!(run.metric("collapse").len(), 6);
}

/// An average of a module in the state of a loop: what a killed run has to find again.
#[test]
fn an_average_is_resumed_like_any_module() {
    let text = r#"
        let net = nn::sequential([nn::linear(4, 4), nn::batch_norm(4)]);
        let mean = net.deep_copy();
        let adam = optim::adam(net, #{ lr: 0.1 });
        each("step", 8, #{ net: net, mean: mean, adam: adam }, |i, s| {
            s.adam.step(s.net.forward(noise::normal([8, 4])).square().sum().backward());
            s.mean.average(s.net, 0.9);
            log("mean", s.mean.training(false).forward(ones([1, 4])).sum());
            if i == 4 { for k in 0..2000 { noise::normal([30000]); } }
            s
        });
        mean.save("mean");
    "#;
    let (reference, bench) = (Bench::new(), Bench::new());
    reference.run(text).code(0);
    let running = bench.script(text, &["--checkpoint-every", "0s"]).start();
    let reached = || bench.runs().iter().any(|run| run.path().join("checkpoints/step.json").exists());
    running.until(reached).signal_after(Duration::ZERO, libc::SIGKILL);
    let run = bench.only_run();
    bench.resume(&run, &[]).run().code(0);
    run.assert_same_results(&reference.only_run());
}

/// A file as PyTorch writes it: halves, the counter of a normalisation, names after `module.`.
#[test]
fn weights_of_another_program_are_loaded() {
    let header = br#"{"module.0.weight":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]},
        "module.0.bias":{"dtype":"F16","shape":[1],"data_offsets":[4,6]},
        "module.1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[6,14]}}"#;
    // 1.5, -0.5 and 0.25 as halves.
    let elements = [[0x00, 0x3e], [0x00, 0xb8], [0x00, 0x34]].concat();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header, &elements, &7i64.to_le_bytes()].concat();
    let bench = Bench::new();
    bench.write("net.safetensors", bytes);
    let script = |options: &str| {
        format!(
            r#"
            let cfg = params(#{{ file: "none" }});
            let net = nn::sequential([nn::linear(2, 1)]);
            net.load(cfg.file{options});
            log("y", net.forward(tensor([[2.0, 4.0]])).sum());
            "#
        )
    };
    let refused = bench.script(&script(""), &["file=net.safetensors"]).run().code(1);
    refused.says(&[
        "0.weight: is missing, expected f32 [1, 2]",
        "module.0.weight: is f32 [1, 2], but not known here",
        r#"map them: load(path, #{ rename: #{ "module": "" } })"#,
    ]);
    let unknown = script(r#", #{ rename: #{ "model": "" } }"#);
    bench.script(&unknown, &["file=net.safetensors"]).run().code(1).says(&["the file has no tensor `model`"]);

    let place_again = Bench::new();
    place_again.write("net.safetensors", std::fs::read(bench.path().join("net.safetensors")).unwrap());
    let text = script(r#", #{ rename: #{ "module": "" } }"#);
    let done = place_again.script(&text, &["file=net.safetensors"]).run().code(0);
    let line = "net.safetensors: converted 2 tensors from f16 to f32 (0.bias, 0.weight)";
    assert!(done.stdout.contains(line) || done.stderr.contains(line), "{done:?}");
    assert_eq!(place_again.only_run().metric("y"), [1.5 * 2.0 - 0.5 * 4.0 + 0.25]);
}
