//! `host data`, and scripts that load data sets.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use tests::Bench;

/// A server on this machine that answers every request with that status line and body; its address.
fn server(status: &'static str, body: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    // It ends with the process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            lines.find(String::is_empty);
            let head =
                format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            // Whoever hangs up wants no more.
            let _ = (&stream).write_all(&[head.as_bytes(), body].concat());
        }
    });
    address
}

#[test]
fn all_sets_are_listed_with_what_is_found() {
    let bench = Bench::new();
    bench.write("mine/cifar-100-binary/test.bin", [0; 3074]);
    let outcome = bench.host(["data", "--data", "mine"]).run().code(0);
    let names =
        ["glyphs: ", "shapes: ", "mnist: ", "emnist-letters: ", "cifar-10: ", "omniglot: ", "celeba: "];
    let outcome = outcome.shows(&names);
    outcome.shows(&[
        "test   mine/cifar-100-binary/test.bin",
        "train  not found (cifar-100-binary/train.bin or cifar-100-python/train)",
        "`host data get cifar-100` brings it",
    ]);
}

#[test]
fn a_set_that_cannot_be_brought_leaves_no_trace_under_its_name() {
    let bench = Bench::new();
    let get = |address: &str| bench.host(["data", "get", "mnist", "--data", "mine", "--from", address]).run();
    let missing = server("404 Not Found", b"");
    get(&missing).code(1).says(&["/train-images-idx3-ubyte.gz: it answers 404 Not Found", "--from URL"]);
    let wrong = server("200 OK", b"a page that says welcome");
    get(&wrong).code(1).says(&["it has 24 bytes, not 9912422"]);
    assert!(!bench.path().join("mine/mnist").exists());
    bench.host(["data", "get", "mnits"]).run().code(2).says(&["`mnits`", "known are mnist, fashion-mnist"]);
}

#[test]
fn a_script_reads_pictures_only_from_where_it_may() {
    let bench = Bench::new();
    bench.write("mine/cifar-10/data_batch_1.bin", [7; 2 * 3073]);
    let text = r#"
        let set = data::load("cifar-10", #{ size: 16, classes: ["horse"] }).train();
        print(set);
        for batch in data::mix([set, data::load("shapes", #{ size: 16 }).train(4)], [1, 1]).batches(3) {
            print(batch.images.shape);
            print(`without labels: ${batch.labels == ()}`);
        }
    "#;
    let outcome = bench.script(text, &["--data", "mine"]).run().code(0);
    outcome.says(&["cifar-10: 2 items of [3, 16, 16], 10 classes", "[3, 3, 16, 16]", "without labels: true"]);

    bench.write("secret/a.png", [0; 8]);
    bench.write("b.npz", [0; 8]);
    for path in ["secret", "b.npz"] {
        let text = format!("data::load(\"{path}\").train();");
        bench.run(&text).code(1).says(&[path, "the script may not read this"]);
    }
    let text = "let cfg = params(#{ set: path(\"\") }); data::load(cfg.set).train();";
    bench.script(text, &["set=secret"]).run().code(1).says(&["a.png", "a damaged picture"]);
}

#[test]
fn options_that_mean_nothing_are_reported() {
    let bench = Bench::new();
    let fails = |text: &str, says: &[&str]| {
        bench.run(text).code(1).says(says);
    };
    fails(r#"data::load("shapes", #{ sice: 3 });"#, &["data::load has no option `sice`", "size"]);
    fails(r#"data::load("shapes", #{ labels: "x" }).train(1);"#, &["`labels` means nothing for `shapes`"]);
    fails(r#"data::load("shapes", #{ size: 0 }).train(1);"#, &["size 0"]);
    fails(r#"data::load("shapes", #{ crop: 33 }).train(1);"#, &["33 pixels", "from 1 to 32"]);
    fails(r#"data::load("shapes").train(2).of_class(["ufo"]);"#, &["no class `ufo`", "it has ball, cube"]);
    fails(r#"data::load("shapes").train(2).of_class([10]);"#, &["the class is 10"]);
    fails(r#"data::load("shapes").train(2).batches(1, #{ weights: [1] });"#, &["1 weights for the 2 items"]);
    fails(r#"data::load("shapes").train(2).batches(1, #{ weights: [0, 0] });"#, &["have the sum 0"]);
    fails(r#"data::load("shapes").train(2).batches(1, #{ count: 3 });"#, &["means nothing without weights"]);
    fails(r#"data::load("shapes").train(2).sample(3);"#, &["3 different items"]);
    fails(r#"data::mix([], []);"#, &["0 weights for 0 data sets"]);
    fails(
        r#"data::mix([data::load("shapes").train(1), data::load("glyphs").train(1)], [1, 1]);"#,
        &["[1, 28, 28]", "[3, 32, 32]"],
    );
}

/// A grey picture of 2x2 pixels, as a BMP file with a palette of greys.
fn picture(grey: u8) -> Vec<u8> {
    let palette: Vec<u8> = (0..=255).flat_map(|i| [i, i, i, 0]).collect();
    let pixels = [grey, grey, 0, 0].repeat(2);
    let start = 54 + palette.len() as u32;
    let header = [
        &b"BM"[..],
        &(start + 8).to_le_bytes(),
        &[0; 4],
        &start.to_le_bytes(),
        &40u32.to_le_bytes(),
        &2u32.to_le_bytes(),
        &2u32.to_le_bytes(),
        &[1, 0, 8, 0],
        &[0; 24],
    ];
    [&header.concat(), &palette[..], &pixels].concat()
}

/// A `.npy` file of f64.
fn npy(shape: &str, elements: &[f64]) -> Vec<u8> {
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    let text = format!("{text:<117}\n");
    let elements: Vec<u8> = elements.iter().flat_map(|x| x.to_le_bytes()).collect();
    [&b"\x93NUMPY\x01\x00"[..], &(text.len() as u16).to_le_bytes(), text.as_bytes(), &elements].concat()
}

/// A common layout of pictures: the classes of both splits are the same, and the test split is another one.
#[test]
fn splits_and_classes_of_folders_are_reported() {
    let bench = Bench::new();
    for (i, name) in ["training/0/a", "training/2/a", "testing/1/a", "testing/2/a"].into_iter().enumerate() {
        bench.write(&format!("data/set/{name}.bmp"), picture(i as u8 * 50));
    }
    bench.write("data/set/notes.md", "hello");
    let text = r#"
        let source = data::load("data/set", #{ channels: 1 });
        for set in [source.train(), source.test()] {
            print(`${set.class_names()} ${set.labels()} ${(set.tensor() * 255).max().item().round()}`);
        }
        try { source.validation() } catch (problem) { print(problem); }
    "#;
    let outcome = bench.run(text).code(0).says(&[
        "[\"0\", \"1\", \"2\"] [0, 2] 50",
        "[\"0\", \"1\", \"2\"] [1, 2] 150",
        "has no validation split: it has train and test",
        "random_split([0.9, 0.1])",
    ]);
    let warning = "warning: data/set: left out: 1 file that is no picture (notes.md)";
    assert_eq!(outcome.stderr.matches(warning).count(), 1, "{}", outcome.stderr);
}

#[test]
fn a_set_is_divided_the_same_by_the_same_seed() {
    let bench = Bench::new();
    let text = r#"
        // One item of each class.
        let parts = data::load("glyphs").train(36).random_split([0.5, 0.25]);
        print(`sizes ${parts.map(|part| part.len())}`);
        let first = parts[0].labels();
        let second = parts[1].labels();
        let both = 0;
        for label in second { if label in first { both += 1; } }
        print(`both ${both} order ${first} ${second}`);
        for wrong in [[0.9, 0.2], [30, 11], [-0.1]] {
            try { parts[0].concat(parts[1]).random_split(wrong) } catch (problem) { print(problem); }
        }
    "#;
    let order = |seed: &str| {
        let outcome = bench.script(text, &["--seed", seed]).run().code(0);
        let outcome = outcome.says(&[
            "sizes [18, 9]",
            "both 0 order",
            "with the sum 1.1",
            "[30, 11] of 27 items",
            "from 0 to 1",
        ]);
        outcome.stderr.lines().find(|line| line.contains("order ")).map(str::to_owned).expect("a line")
    };
    assert_eq!(order("1"), order("1"));
    assert_ne!(order("1"), order("2"));
}

#[test]
fn arrays_are_read_and_a_stored_law_has_a_distance() {
    let bench = Bench::new();
    bench.write("data/mu.npy", npy("(2,)", &[1.0, 0.0]));
    bench.write("data/sigma.npy", npy("(2, 2)", &[2.0, 0.0, 0.0, 0.0]));
    bench.write("elsewhere/mu.npy", npy("(2,)", &[1.0, 0.0]));
    let text = r#"
        let law = #{ mu: data::array("data/mu.npy"), sigma: data::array("data/sigma.npy") };
        print(`distance ${metrics::fid(law, tensor([[3.0, 4.0], [5.0, 4.0]]))}`);
        for wrong in [#{ mu: law.sigma, sigma: law.sigma }, #{ mu: law.mu }] {
            try { metrics::fid(law, wrong) } catch (problem) { print(problem); }
        }
        let set = data::load("data/sigma.npy").train();
        print(set);
        try { set.labels() } catch (problem) { print(problem); }
        data::array("elsewhere/mu.npy");
    "#;
    bench.run(text).code(1).says(&[
        "distance 25.0",
        "a mean [D] and a covariance [D, D]",
        "#{ mu: tensor [D], sigma: tensor [D, D] }",
        "data/sigma.npy: 2 items of [2], no labels",
        "the file has no other array than that of the items",
        "the script may not read this",
    ]);
}

/// What lies in a data folder may be a link; it is followed to where the script may read, and not further.
#[cfg(unix)]
#[test]
fn links_do_not_lead_out_of_the_data_folder() {
    let bench = Bench::new();
    bench.write("data/set/a/1.bmp", picture(10));
    bench.write("data/other/2.bmp", picture(20));
    bench.write("outside/3.bmp", picture(30));
    bench.write("outside/mnist/train-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7]);
    let link = |target: &str, name: &str| {
        let target = if target.contains('.') { target.into() } else { bench.path().join(target) };
        std::os::unix::fs::symlink(target, bench.path().join(name)).unwrap();
    };
    link("data/other", "data/set/b");
    link("..", "data/set/a/up");
    let text = r#"let set = data::load("data/set").train(); print(`${set.class_names()} ${set.labels()}`);"#;
    bench.run(text).code(0).says(&["[\"a\", \"b\"] [0, 1]", "1 link to what is in the set already (a/up)"]);
    link("outside", "data/set/c");
    bench.run(text).code(1).says(&["c leads to", "--allow-read DIR"]);
    bench.script(text, &["--allow-read", "outside"]).run().code(0).says(&["[0, 1, 2]"]);
    link("outside/mnist", "data/mnist");
    bench.run(r#"data::load("mnist").train();"#).code(1).says(&["the script may not read this"]);
}
