//! What a resumed run may not forget: everything that changes a later bit is state.

use tests::{Bench, RunFolder};

/// A NumPy array of one black picture: a file whose absence stops a run where it is asked for.
fn picture() -> Vec<u8> {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 2, 2), }";
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(format!("{header:<117}\n").bytes());
    bytes.extend([0; 4]);
    bytes
}

/// Runs a script that reads `cfg.gate`, once with that file and once without it, then resumed with it; both
/// come to the same. The folder of the resumed run.
#[track_caller]
fn survives(text: &str) -> (RunFolder, Bench) {
    let text = format!("let cfg = params(#{{ gate: \"\" }});\n{text}");
    let (reference, bench) = (Bench::new(), Bench::new());
    reference.write("gate.npy", picture());
    reference.script(&text, &["gate=gate.npy"]).run().code(0);
    bench.script(&text, &["gate=gate.npy"]).run().code(1).says(&["gate.npy"]);
    let run = bench.only_run();
    bench.write("gate.npy", picture());
    bench.resume(&run, &[]).run().code(0);
    run.assert_same_results(&reference.only_run());
    (run, bench)
}

#[test]
fn a_frozen_layer_stays_frozen() {
    survives(
        r#"
        let net = nn::sequential([nn::linear(4, 4), nn::linear(4, 1)]).init_normal(0.1, 0.02);
        let sgd = optim::sgd(net, #{ lr: 0.1 });
        each("step", 1..=6, #{ net: net, sgd: sgd }, |i, s| {
            if i == 2 { s.net["0"].freeze(); }
            if i == 4 { data::load(cfg.gate).train(); }
            s.sgd.step((s.net.forward(noise::normal([8, 4])) - 1).square().mean().backward());
            log("first_layer", s.net.parameters()["0.weight"].sum());
            s
        });
        "#,
    );
}

/// An export without inputs is for those that the module computed with last.
#[test]
fn the_last_inputs_are_remembered() {
    let (run, _bench) = survives(
        r#"
        let net = nn::network(#{ f: nn::linear(4, 3) }, |m, x, s| m.f.forward(x) * s.gain + s.list[0] * s.k);
        each("step", 1..=6, #{ net: net }, |i, s| {
            let others = #{ gain: ones([8, 1]), list: [ones([3]), 2.5, true], k: 2 };
            if i == 2 { s.net.forward(noise::normal([8, 4]), others); }
            if i == 4 { data::load(cfg.gate).train(); }
            if i == 6 { s.net.save_onnx("net"); }
            log("step", i);
            s
        });
        "#,
    );
    assert!(run.files("models").contains_key("models/net.onnx"));
}

#[test]
fn schedulers_and_accumulated_gradients_go_on() {
    survives(
        r#"
        let net = nn::linear(4, 1).init_normal(0.1, 0.02);
        let adam = optim::adam([#{ params: net["bias"], lr: 0.3 }, #{ params: net }], #{ lr: 0.1 });
        let cosine = optim::cosine_annealing_lr(adam, #{ T_max: 6, warm_up: 2 });
        let plain = optim::sgd(nn::linear(1, 1), #{ lr: 1 });
        let plateau = optim::reduce_lr_on_plateau(plain, #{ patience: 1, cooldown: 1 });
        let state = #{ net: net, adam: adam, cosine: cosine, plain: plain, plateau: plateau };
        each("step", 1..=8, state, |i, s| {
            if i == 4 { data::load(cfg.gate).train(); }
            s.adam.accumulate((s.net.forward(noise::normal([8, 4])) - 1).square().mean().backward());
            if i % 2 == 0 { s.adam.step(); s.cosine.step(); }
            s.plateau.step(1.0);
            log("rate", s.adam.learning_rate);
            log("other_rate", s.plain.learning_rate);
            log("weight", s.net.parameters().weight.sum());
            s
        });
        "#,
    );
}

#[test]
fn evaluation_stays_evaluation() {
    survives(
        r#"
        let net = nn::sequential([nn::linear(4, 8), nn::batch_norm(8), nn::dropout(0.5)]);
        each("step", 1..=6, #{ net: net }, |i, s| {
            if i == 2 { s.net.training(false); }
            if i == 4 { data::load(cfg.gate).train(); }
            let x = noise::normal([8, 4]);
            log("differ", (s.net.forward(x) - s.net.forward(x)).abs().sum());
            s
        });
        "#,
    );
}

#[test]
fn a_copy_in_evaluation_stays_so_without_any_interruption() {
    let bench = Bench::new();
    let text = r#"
        let net = nn::sequential([nn::linear(4, 64), nn::dropout(0.5)]);
        each("step", 1..=3, #{ best: net.deep_copy() }, |i, s| {
            if i == 1 { s.best = net.deep_copy().training(false); }
            log("differ", (s.best.forward(ones([1, 4])) - s.best.forward(ones([1, 4]))).abs().sum());
            s
        });
        "#;
    bench.run(text).code(0);
    assert_eq!(bench.only_run().metric("differ"), [0.0; 3]);
}

#[test]
fn a_tracked_tensor_stays_tracked() {
    survives(
        r#"
        each("step", 1..=4, #{ x: ones([2]).track() }, |i, s| {
            if i == 3 { data::load(cfg.gate).train(); }
            s.x = (s.x.detach() - (s.x * s.x).sum().backward().of(s.x) * 0.1).track();
            log("x", s.x.sum());
            s
        });
        "#,
    );
}

#[test]
fn an_export_without_sizes_knows_what_the_network_has_seen() {
    survives(
        r#"
        let net = nn::linear(2, 2);
        each("step", 1..=4, #{ net: net }, |i, s| {
            if i == 1 { s.net.forward(ones([1, 2])); }
            if i == 3 { data::load(cfg.gate).train(); }
            s
        });
        net.save_onnx("net");
        "#,
    );
}

#[test]
fn a_stage_gives_handles_and_the_run_resumes() {
    let (run, _place) = survives(
        r#"
        let set = data::from(noise::uniform([64, 1, 4, 4], "pictures"));
        let net = stage("pretrain", || {
            let net = nn::sequential([nn::flatten(), nn::linear(16, 3)]);
            let adam = optim::adam(net, #{ lr: 0.01 });
            for b in set.batches(16) { adam.step(net.forward(b.images).square().mean().backward()); }
            log("staged", 1);
            net
        });
        let both = stage("both", || {
            let head = nn::linear(3, 1);
            #{ head: head, adam: optim::adam(head, #{ lr: 0.5 }), x: ones([2]).track(), set: set.take(3) }
        });
        each("gate", 1..=3, #{ adam: both.adam, head: both.head }, |i, s| {
            if i == 2 { data::load(cfg.gate).train(); }
            s.adam.step(s.head.forward(no_grad(|| net.forward(set.tensor()))).square().mean().backward());
            s
        });
        log("net", net.forward(set.tensor()).sum());
        log("head", both.head.forward(ones([1, 3])).sum());
        log("slope", (both.x * 3).sum().backward().of(both.x).sum());
        log("set", both.set.tensor().sum());
        "#,
    );
    assert_eq!(run.metric("staged"), [1.0]);
    assert_eq!(run.metric("slope"), [6.0]);
}

#[test]
fn loops_within_a_stage_that_gives_a_module_are_not_run_again() {
    let (run, _place) = survives(
        r#"
        let net = stage("pretrain", || {
            let net = nn::linear(2, 2);
            each("epoch", 3, #{ net: net, adam: optim::adam(net, #{ lr: 0.1 }) }, |i, s| {
                print(`epoch ${i}`);
                s.adam.step(s.net.forward(ones([1, 2])).square().sum().backward());
                s
            });
            net
        });
        log("net", net.forward(ones([1, 2])).sum());
        stage("gate", || { data::load(cfg.gate).train(); });
        net.save("net");
        "#,
    );
    let log = String::from_utf8_lossy(&run.files("")["log.txt"]).into_owned();
    assert_eq!(log.matches("epoch 3").count(), 1, "{log}");
}

#[test]
fn a_stage_that_changes_what_is_outside_is_refused() {
    let refused = |text: &str| {
        let texts = ["the stage \"pretrain\" changed `net`", "give what changed as the value of the stage"];
        Bench::new().run(text).code(1).says(&texts);
    };
    refused(
        r#"
        let net = nn::linear(2, 2);
        stage("pretrain", || { net.init_normal(0.0, 1.0); });
        "#,
    );
    refused(
        r#"
        let net = nn::linear(2, 2);
        stage("pretrain", || {
            each("epoch", 3, #{ net: net }, |i, s| { s.net.init_normal(0.0, 1.0); s });
            0
        });
        "#,
    );
}

#[test]
fn buffers_that_a_forward_pass_moves_outside_of_the_state_are_kept() {
    survives(
        r#"
        let judge = nn::sequential([nn::spectral(nn::linear(2, 2)), nn::batch_norm(2)]);
        let outer = nn::batch_norm(2);
        each("step", 1..=5, |i| {
            log("judged", judge.forward(noise::normal([4, 2])).square().sum());
            each("inner", 2, |j| { log("outer", outer.forward(noise::normal([4, 2])).square().sum()); });
            if i == 3 { data::load(cfg.gate).train(); }
        });
        judge.save("judge");
        outer.save("outer");
        "#,
    );
}

#[test]
fn a_rate_that_changes_outside_of_the_state_is_refused() {
    let text = r#"
        let adam = optim::adam(nn::linear(2, 2), #{});
        each("step", 3, |i| { adam.set_learning_rate(0.1 * i); });
    "#;
    Bench::new().run(text).code(1).says(&["\"step\" changed `adam`"]);
    let text = r#"
        let judge = nn::linear(2, 2);
        let both = #{ judge: judge, name: |x| x };
        each("step", 3, |i| { both.judge.freeze(); });
    "#;
    Bench::new().run(text).code(1).says(&["\"step\" changed `both`"]);
}

#[test]
fn an_optimiser_that_has_stepped_may_be_captured() {
    let text = r#"
        let net = nn::linear(2, 2);
        let adam = optim::adam(net, #{});
        let end = each("a", 1..=2, #{ net: net, adam: adam }, |i, s| {
            s.adam.step(s.net.forward(ones([4, 2])).sum().backward());
            s
        });
        let steps = parallel([1, 2], |i| adam.steps + i);
        each("probe", 3, |i| { end.net.forward(ones([1, 2])); log("steps", end.adam.steps + steps[0]); });
    "#;
    let bench = Bench::new();
    bench.run(text).code(0);
    assert_eq!(bench.only_run().metric("steps"), [5.0; 3]);
}

#[test]
fn names_do_not_meet_the_paths_of_nested_loops() {
    let (run, _place) = survives(
        r#"
        let first = each("a/1/b", 6, #{ k: 0 }, |j, s| { s.k += 1; log("x", noise::uniform([1])); s });
        let other = each("a.1.b", 2, #{ k: 10 }, |j, s| { s.k += 1; s });
        let twice = each("c", 2, #{ k: 0 }, |j, s| { s.k += 1; s });
        let name = each("c#2", 3, #{ k: 20 }, |j, s| { s.k += 1; s });
        let again = each("c", 2, #{ k: 40 }, |j, s| { s.k += 1; s });
        each("a", 2, #{ k: first.k }, |i, s| {
            let inner = each("b", 6, #{ k: 100 }, |j, t| {
                t.k += 1;
                log("y", noise::uniform([1]));
                if i == 1 && j == 3 { data::load(cfg.gate).train(); }
                t
            });
            s.k += inner.k;
            s
        });
        for end in [first, other, twice, name, again] { log("k", end.k); }
        "#,
    );
    assert_eq!(run.metric("k"), [6.0, 12.0, 2.0, 23.0, 42.0]);
    assert_ne!(run.metric("x")[..6], run.metric("y")[..6], "loops share no random numbers");
}
