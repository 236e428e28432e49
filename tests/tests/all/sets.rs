//! Data sets that scripts change, divide and read as text and tables.

use tests::Bench;

/// What was logged is the same for any number of threads, and on a second pass other than on the first.
#[test]
fn mapped_batches_have_the_same_bits_on_any_number_of_threads() {
    let text = r#"
        let set = data::load("shapes").train(40);
        let seen = set.map(|x| augment::random_crop(x, 32, #{ padding: 4 })).map(|x| {
            augment::color_jitter(x, #{ brightness: 0.4, hue: 0.1 }) + 0.1 * noise::normal(x.shape)
        });
        let nothing = each("epoch", 2, #{}, |epoch, s| {
            for batch in seen.batches(4, #{ drop_last: true }) {
                log("sum", batch.images.sum());
                log("label", batch.labels.cast("f32").sum());
            }
            s
        });
    "#;
    let logged = |threads: &str| {
        let bench = Bench::new();
        bench.script(text, &["--seed", "3"]).env("RAYON_NUM_THREADS", threads).run().code(0);
        let run = bench.only_run();
        [run.metric("sum"), run.metric("label")]
    };
    let one = logged("1");
    assert_eq!(one[0].len(), 20);
    assert_ne!(one[0][..10], one[0][10..]);
    for threads in ["2", "5"] {
        assert_eq!(logged(threads), one, "{threads} threads");
    }
}

#[test]
fn a_function_of_map_is_held_to_what_it_may_do() {
    let fails = |change: &str, says: &[&str]| {
        let text = format!(
            "let n = 0; let set = data::load(\"glyphs\").train(8).map({change}); \
             for b in set.batches(2) {{ n = n; }}"
        );
        Bench::new().run(&text).code(1).says(says);
    };
    fails("|x| x.take(1)", &["map: the function gave a tensor of shape [1, 1, 28, 28]", "as many as came"]);
    fails("|x| 3", &["map: the function gave an integer"]);
    fails("|x| { n += 1; x }", &["changed `n`"]);
    fails("|x| throw \"no more\"", &["no more"]);
    // A loop that ends early leaves no thread that waits.
    let early =
        "for b in data::load(\"glyphs\").train(900).map(|x| x * 2).batches(2) { break; } log(\"a\", 1);";
    Bench::new().run(early).code(0);
}

#[test]
fn texts_and_tables_are_read_where_a_script_may() {
    let bench = Bench::new();
    bench.write("mine/words.txt", "the cat saw the dog. the dog ran!");
    bench.write("mine/iris.csv", "length,width,kind\n5.1,3,setosa\n7.0,NA,virginica\n6.3,3,virginica\n");
    let text = r#"
        let text = data::text("mine/words.txt", #{ unit: "word", min_freq: 2 });
        print(text);
        print(text.decode(text.encode("the dog")));
        let parts = text.split([0.5, 0.5]);
        let batch = parts[0].windows(3, 2);
        print(batch.inputs.shape);
        let frame = data::csv("mine/iris.csv");
        print(frame);
        print(frame["width"]);
        let set = frame.dropna().dataset(["length", "width"], "kind");
        print(`${set} ${set.class_names()} ${set.labels()}`);
    "#;
    let outcome = bench.script(text, &["--data", "mine"]).run().code(0);
    outcome.says(&[
        "mine/words.txt: 10 tokens, 3 different ones",
        "the dog",
        "[3, 2]",
        "mine/iris.csv: 3 rows; length float, width whole (1 missing), kind text",
        "2 items of [2], 2 classes",
        "setosa",
    ]);
    let record = bench.only_run().record();
    assert!(record["files"].to_string().contains("words.txt"), "{record}");
    let elsewhere = Bench::new();
    elsewhere.write("secret.csv", "a\n1\n");
    elsewhere.run("print(data::csv(\"secret.csv\"));").code(1).says(&["may not read this"]);
    let missing = r#"data::frame(#{ a: [1, ()], b: ["x", "y"] }).tensor(["a"])"#;
    elsewhere.run(missing).code(1).says(&["the column `a` has no value in 1 rows", "dropna"]);
}

/// Each episode has its ways, shots and queries, no picture twice, and labels that are its classes.
#[test]
fn episodes_are_small_tasks() {
    let text = r#"
        let set = data::load("shapes").train(200);
        let first = [];
        for e in set.episodes(4, 2, #{ queries: 3, count: 20 }) {
            if e.support.shape[0] != 8 || e.query.shape[0] != 12 { throw "sizes"; }
            if e.query_labels.to_array() != [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3] { throw "labels"; }
            if e.classes.len() != 4 { throw "classes"; }
            let all = concat([e.support, e.query]).flatten(1, 3);
            let apart = (all.unsqueeze(0) - all.unsqueeze(1)).abs().sum([2]) + eye(20) * 9;
            if apart.min().item() < 0.5 { throw "one picture twice"; }
            first.push(e.classes[0]);
            log("first", e.classes[0]);
        }
        let one = first[0];
        if first.filter(|c| c == one).len() == 20 { throw "always the same"; }
    "#;
    let bench = Bench::new();
    bench.script(text, &["--seed", "1"]).run().code(0);
    let again = Bench::new();
    again.script(text, &["--seed", "1"]).run().code(0);
    assert_eq!(bench.only_run().metric("first"), again.only_run().metric("first"));
    let wrong = "data::load(\"shapes\").train(20).episode(3, 2, #{ queries: 1 });";
    Bench::new().run(wrong).code(1).says(&["3 ways, 2 shots and 1 queries", "0 of its classes have 3 items"]);
}
