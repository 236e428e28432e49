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
    let place = Bench::new();
    place.write("mine/cifar-100-binary/test.bin", [0; 3074]);
    let outcome = place.host(["data", "--data", "mine"]).run().code(0);
    let names =
        ["glyphs: ", "shapes: ", "mnist: ", "emnist-letters: ", "cifar-10: ", "omniglot: ", "celeba: "];
    let outcome = outcome.shows(&names);
    outcome.shows(&[
        "test   mine/cifar-100-binary/test.bin",
        "train  not found (cifar-100-binary/train.bin)",
        "`host data get cifar-100` brings it",
    ]);
}

#[test]
fn a_set_that_cannot_be_brought_leaves_no_trace_under_its_name() {
    let place = Bench::new();
    let get = |address: &str| place.host(["data", "get", "mnist", "--data", "mine", "--from", address]).run();
    let missing = server("404 Not Found", b"");
    get(&missing).code(1).says(&["/train-images-idx3-ubyte.gz: it answers 404 Not Found", "--from URL"]);
    let wrong = server("200 OK", b"a page that says welcome");
    get(&wrong).code(1).says(&["it has 24 bytes, not 9912422"]);
    assert!(!place.path().join("mine/mnist").exists());
    place.host(["data", "get", "mnits"]).run().code(2).says(&["`mnits`", "known are mnist, fashion-mnist"]);
}

#[test]
fn a_script_reads_pictures_only_from_where_it_may() {
    let place = Bench::new();
    place.write("mine/cifar-10/data_batch_1.bin", [7; 2 * 3073]);
    let text = r#"
        let set = data::load("cifar-10", #{ size: 16, classes: ["horse"] }).train();
        print(set);
        for batch in data::mix([set, data::load("shapes", #{ size: 16 }).train(4)], [1, 1]).batches(3) {
            print(batch.images.shape);
            print(`without labels: ${batch.labels == ()}`);
        }
    "#;
    let outcome = place.script(text, &["--data", "mine"]).run().code(0);
    outcome.says(&["cifar-10: 2 items of [3, 16, 16], 10 classes", "[3, 3, 16, 16]", "without labels: true"]);

    place.write("secret/a.png", [0; 8]);
    place.write("b.npz", [0; 8]);
    for path in ["secret", "b.npz"] {
        let text = format!("data::load(\"{path}\").train();");
        place.run(&text).code(1).says(&[path, "the script may not read this"]);
    }
    let text = "let cfg = params(#{ set: path(\"\") }); data::load(cfg.set).train();";
    place.script(text, &["set=secret"]).run().code(1).says(&["a.png", "a damaged picture"]);
}

#[test]
fn options_that_mean_nothing_are_told() {
    let place = Bench::new();
    let fails = |text: &str, says: &[&str]| {
        place.run(text).code(1).says(says);
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
