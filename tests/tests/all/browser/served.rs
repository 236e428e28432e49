//! `host serve` as people use it.

use serde_json::{Value as Json, json};
use tests::{Bench, Browser, FakeRun, Served};

/// A run that goes on until it is ended.
const ENDLESS: &str =
    "each(\"step\", 1..=100000000, |i| { log(\"loss\", 10.0 / i); for k in 0..20000 {} i });";

/// The last step of a curve that the page has drawn; -1 without one.
const LAST: &str = "page.cards.get('loss')?.data.curves[0].step.at(-1) ?? -1";

/// Two methods of three seeds, with curves; a run that failed; a sweep of two jobs.
fn bench() -> Bench {
    let bench = Bench::new();
    for (i, method) in ["none", "a_mu"].iter().enumerate() {
        for seed in 0..3_u64 {
            let loss = |step: usize| (3.0 + i as f64) / (1.0 + step as f64) + 0.1 * seed as f64;
            let run = FakeRun {
                seed,
                settings: json!({ "epochs": 3, "method": method, "lr": 0.01 }),
                metrics: vec![("loss", (0..200).map(loss).collect()), ("accuracy", vec![0.5, 0.75])],
                ..FakeRun::default()
            };
            run.write(&bench.path().join(format!("runs/dtan,method={method}-{seed:08}")));
        }
    }
    let failed =
        FakeRun { plugin: "sae", status: "FAILED", settings: json!({ "size": 8 }), ..FakeRun::default() };
    failed.write(&bench.path().join("runs/sae-dddddddd"));
    let text = "let cfg = params(#{ rate: 1.0 }); each(\"step\", 30, #{ x: 0.0 }, |i, s| { \
                s.x += cfg.rate; log(\"x\", s.x); s });";
    bench.write("plugins/own.rhai", text);
    bench.host(["sweep", "own", "rate=1,2", "--quiet"]).run().code(0);
    bench
}

fn number(value: &Json) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn a_run_is_watched_while_it_runs() {
    let Some(browser) = Browser::open() else { return };
    let bench = Bench::new();
    let run = bench.script(ENDLESS, &[]).start();
    let served = Served::start(bench.path(), &[]);
    browser.visit(&served.url);
    browser.until("return document.querySelector('#runs .badge.running') !== null");
    browser.run("document.querySelector('#runs th a').click()");
    browser.until(&format!("return ({LAST}) > 3"));
    let path = browser.run("return document.querySelector('[data-chart=loss] .line').getAttribute('d')");
    let before = number(&browser.run(&format!("return {LAST}")));
    browser.until(&format!("return ({LAST}) > {before}"));
    assert_ne!(
        browser.run("return document.querySelector('[data-chart=loss] .line').getAttribute('d')"),
        path
    );
    run.signal(libc::SIGKILL);
    run.wait();
    browser.until("return document.querySelector('h1 .badge.interrupted') !== null");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn runs_are_filtered_ticked_and_compared() {
    let Some(browser) = Browser::open() else { return };
    let bench = bench();
    let served = Served::start(bench.path(), &[]);
    browser.visit(&served.url);
    let rows = "return document.querySelectorAll('#runs tbody tr').length";
    assert_eq!(browser.run(rows), json!(9));
    type_in(&browser, "#where", "plugin=dtan seed<1");
    press(&browser, "#filter", "Filter");
    browser.until(&format!("{rows} === 2"));
    browser.run("document.querySelectorAll('#runs tbody input').forEach((box) => box.click())");
    // The list comes anew as ages go on; what is ticked stays so, and after sorting too.
    let asked = "performance.getEntriesByType('resource').filter((one) => one.name.includes('since='))";
    browser.until(&format!("return {asked}.length > 3"));
    let ticked = "return document.querySelectorAll('#runs tbody input:checked').length";
    assert_eq!(browser.run(ticked), json!(2));
    press(&browser, "#runs thead", "method");
    browser.until("return document.querySelector('[aria-sort=ascending]') !== null");
    assert_eq!(browser.run(ticked), json!(2));
    press(&browser, ".actions", "Compare ticked");
    browser.until("return document.querySelectorAll('[data-chart=loss] svg .line').length === 2");
    let cells = "return [...document.querySelectorAll('#table tr')] \
                 .map((row) => [...row.children].map((cell) => cell.textContent))";
    let shown: Vec<Vec<String>> = serde_json::from_value(browser.run(cells)).expect("a table");
    assert_eq!(shown[0], ["method", "n", "loss", "accuracy"]);
    assert_eq!([shown[1][0].as_str(), shown[2][0].as_str()], ["a_mu", "none"]);
    type_in(&browser, "#metric", "lss");
    press(&browser, "#asked", "Compare");
    browser.until(
        "return document.querySelector('[role=alert]')?.textContent.includes('did you mean') ?? false",
    );
    assert_eq!(browser.console(), [""; 0]);
}

fn type_in(browser: &Browser, field: &str, text: &str) {
    browser.run(&format!("document.querySelector({field:?}).value = {text:?}"));
}

/// Presses the button with this text.
fn press(browser: &Browser, within: &str, text: &str) {
    let buttons = format!("[...document.querySelectorAll({:?})]", format!("{within} button"));
    browser.run(&format!("{buttons}.find((button) => button.textContent === {text:?}).click()"));
}

#[test]
fn pages_fit_and_have_no_barriers() {
    let Some(browser) = Browser::open() else { return };
    let bench = bench();
    let served = Served::start(bench.path(), &[]);
    browser.visit(&served.url);
    let links = "return ['run', 'sweep'].map((kind) => document.querySelector(`a[href^='/${kind}/']`).href)";
    let links: Vec<String> = serde_json::from_value(browser.run(links)).expect("addresses");
    let own = [
        "",
        "?where=lss%3C1&run=runs%2Fnone",
        "compare?all=1&where=plugin%3Ddtan&baseline=method%3Dnone",
        "nowhere",
    ];
    let own = own.iter().map(|path| format!("{}{path}", served.url));
    for url in links.into_iter().chain(own) {
        for (width, dark) in [(1280, false), (1280, true), (400, false), (400, true)] {
            browser.size(width, 900);
            browser.scheme(dark);
            browser.visit(&url);
            let wide = browser.run("return document.documentElement.scrollWidth");
            assert!(wide.as_u64() <= Some(width.into()), "{url}: {wide} of {width} pixels");
            assert_eq!(browser.violations(), [""; 0], "{url} at {width} pixels, dark: {dark}");
        }
    }
}

#[test]
fn hostile_names_run_nothing_in_the_server() {
    let Some(browser) = Browser::open() else { return };
    let bench = Bench::empty();
    for (seed, evil) in
        ["</script><script>window.hit = 1</script>", "\"'><img src=x onerror=\"window.hit = 1\">"]
            .iter()
            .enumerate()
    {
        let name: &'static str = evil;
        let run = FakeRun {
            seed: seed as u64,
            settings: json!({ *evil: evil, "x": seed }),
            metrics: vec![(name, vec![1.0, 2.0])],
            files: vec![(*evil).into()],
            ..FakeRun::default()
        };
        let folder = format!("runs/{}", evil.replace('/', "-"));
        run.write(&bench.path().join(&folder));
        bench.write(&format!("{folder}/report.html"), "<script>window.hit = 1</script>");
        bench.write(
            &format!("{folder}/figures/a.svg"),
            "<svg xmlns='http://www.w3.org/2000/svg' onload='window.hit = 1'/>",
        );
        bench.write(&format!("{folder}/log.txt"), evil);
        bench.host(["runs", "note", &folder, evil]).run().code(0);
        bench.host(["runs", "tag", &folder, evil]).run().code(0);
    }
    let served = Served::start(bench.path(), &[]);
    browser.visit(&served.url);
    let links = "return [...document.querySelectorAll(\"#runs a[href^='/run/']\")].map((link) => link.href)";
    let runs: Vec<String> = serde_json::from_value(browser.run(links)).expect("addresses");
    assert_eq!(runs.len(), 2);
    let files =
        runs.iter().flat_map(|run| ["report.html", "figures/a.svg"].map(|name| format!("{run}{name}")));
    let pages = ["", "compare?all=1", "?where=%3Cimg+src%3Dx+onerror%3D%22window.hit%3D1%22%3E%3C1"];
    let pages = pages.iter().map(|path| format!("{}{path}", served.url));
    for url in runs.iter().cloned().chain(files).chain(pages) {
        browser.visit(&url);
        if !url.ends_with("html") && !url.ends_with("svg") {
            browser.until("return typeof page === 'object'");
            let asked = "performance.getEntriesByType('resource').length > 0";
            browser.until(&format!("return {asked} || !document.documentElement.dataset.live"));
        }
        assert_eq!(browser.run("return window.hit ?? null"), json!(null), "{url}");
    }
}
