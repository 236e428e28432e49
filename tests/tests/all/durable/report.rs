//! The report of a run under way, and of one that was killed.

use std::fs;

use tests::Bench;

const SLOW: &str = r#"
each("step", 1..=3000, #{ n: 0 }, |i, s| {
    log("loss", 1.0 / i);
    sleep(0.1);
    s.n += 1;
    s
});
"#;

#[test]
fn a_run_that_is_killed_has_a_report() {
    let bench = Bench::new();
    let report = || bench.runs().pop().map(|run| run.path().join("report.html")).filter(|path| path.exists());
    let running = bench.script(SLOW, &[]).start().until(|| report().is_some());
    let path = report().expect("the run wrote its report");
    let page = fs::read_to_string(&path).unwrap();
    assert!(page.contains(">RUNNING</span>") && page.contains("data-chart=\"loss\""), "{page}");
    running.signal(libc::SIGKILL);
    running.wait();
    let run = bench.only_run();
    bench.host(["report", &run.path().to_string_lossy()]).run().code(0).shows(&["report.html"]);
    let page = fs::read_to_string(&path).unwrap();
    assert!(page.contains(">INTERRUPTED</span>"), "{page}");
    bench.host(["report", "plugins"]).run().code(2).says(&["plugins is not the folder of a run"]);
}
