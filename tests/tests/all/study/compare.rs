//! `host compare`

use serde_json::json;
use tests::{Bench, FakeRun, fake_methods};

/// Two methods of three seeds, and a run that failed.
fn bench() -> Bench {
    let bench = Bench::empty();
    fake_methods(&bench.path().join("sweeps/s/runs"));
    let settings = json!({ "epochs": 3, "method": "b" });
    let failed =
        FakeRun { status: "FAILED", settings, metrics: vec![("loss", vec![1e9])], ..FakeRun::default() };
    failed.write(&bench.path().join("sweeps/s/runs/gan,method=b-00000009"));
    bench
}

/// The half width of 1, 2, 3 is 4.302653 / sqrt(3) = 2.484; of 11, 22, 33 eleven times that.
#[test]
fn a_sweep_is_compared_by_what_differs() {
    let outcome = bench().host(["compare", "sweeps/s", "--baseline", "method=none"]).run().code(0);
    let outcome = outcome.says(&["1 run that is not completed is left out"]);
    let rows: Vec<Vec<&str>> = outcome
        .stdout
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|w| !w.is_empty()).collect())
        .collect();
    assert_eq!(rows[0], ["method", "n", "loss", "loss - baseline", "accuracy", "accuracy - baseline"]);
    assert_eq!(rows[1], ["a_mu", "3", "22 ± 27", "+2.0 ± 2.5", "0.5 ± 0", "0 ± 0"]);
    assert_eq!(rows[2], ["none", "3", "20 ± 25", "baseline", "0.5 ± 0", "baseline"]);
}

#[test]
fn a_metric_is_reduced_as_asked() {
    let bench = bench();
    let args = ["compare", "sweeps/s", "--metric", "loss:mean of last 2,loss:max", "--format", "csv"];
    let csv = bench.host(args).run().code(0).stdout;
    let line: Vec<_> = csv.lines().nth(2).unwrap().split(',').collect();
    assert_eq!([line[0], line[1], line[2], line[5]], ["none", "3", "24.5", "29"]);
    bench.host(["compare", "sweeps/s", "--metric", "lss"]).run().code(2).says(&["did you mean `loss`?"]);
    bench.host(["compare", "sweeps/s", "--by", "epoch"]).run().code(2).says(&["did you mean `epochs`?"]);
    bench
        .host(["compare", "sweeps/s", "--baseline", "method=c"])
        .run()
        .code(2)
        .says(&["no row has method=c"]);
    bench.host(["compare", "nowhere"]).run().code(2).says(&["there is no run nowhere"]);
}

#[test]
fn a_run_that_is_named_counts_however_it_ended() {
    let bench = bench();
    let failed = "sweeps/s/runs/gan,method=b-00000009";
    let outcome = bench.host(["compare", failed, "--metric", "loss"]).run().code(0);
    assert!(outcome.stdout.contains("1.000e9") || outcome.stdout.contains("1e9"), "{}", outcome.stdout);
}

#[test]
fn tables_come_in_the_formats_of_papers() {
    let bench = bench();
    let shown = |format: &str| {
        let args = ["compare", "sweeps", "--metric", "loss", "--format", format];
        bench.host(args).run().code(0).stdout
    };
    assert!(
        shown("md").starts_with("| method | n | loss |\n| :-- | --: | --: |\n| a\\_mu | 3 | 22 ± 27 |\n")
    );
    assert!(shown("tex").contains("  a\\_mu & 3 & 22 $\\pm$ 27 \\\\\n"), "{}", shown("tex"));
    assert!(shown("typ").contains("  [a\\_mu], [3], [22 ± 27],\n"), "{}", shown("typ"));
    assert!(
        shown("csv").starts_with("method,n,loss,loss (low),loss (high)\na_mu,3,22,-5.3"),
        "{}",
        shown("csv")
    );
    let page = shown("html");
    for expected in [
        "<th scope=\"col\">method</th>",
        "<td>a_mu</td>",
        "class=\"band c0\"",
        "class=\"line c1\"",
        "method=none",
    ] {
        assert!(page.contains(expected), "no {expected} in {page}");
    }
}

#[test]
fn a_page_obeys_no_name() {
    let bench = Bench::empty();
    for (seed, evil) in ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>"].iter().enumerate() {
        let run = FakeRun {
            seed: seed as u64,
            settings: json!({ "name": evil }),
            metrics: vec![("<b>loss", vec![1.0, 2.0])],
            ..FakeRun::default()
        };
        run.write(&bench.path().join(format!("runs/{seed}-<i>")));
    }
    let page = bench.host(["compare", "runs", "--format", "html"]).run().code(0).stdout;
    assert_eq!(page.matches("<script").count(), 2, "the data and the page's own");
    for tag in ["<script>alert", "<img", "<b>loss", "<i>"] {
        assert!(!page.contains(tag), "{page}");
    }
}
