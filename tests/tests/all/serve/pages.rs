//! What the pages say, without a browser.

use std::fs;

use serde_json::{Value as Json, json};
use tests::{Bench, FakeRun, Served};

use super::bench;

/// The parts of a page for its script.
fn parts(served: &Served, path: &str) -> Json {
    serde_json::from_str(&served.text(path)).expect("JSON")
}

/// The HTML of a section.
#[track_caller]
fn section(parts: &Json, id: &str) -> String {
    let sections = parts["sections"].as_array().expect("sections");
    let found = sections.iter().find(|section| section["id"] == id);
    found.unwrap_or_else(|| panic!("no section {id} in {parts}"))["html"].as_str().expect("HTML").to_owned()
}

/// The runs of a list, as they stand.
fn listed(served: &Served, query: &str) -> Vec<String> {
    let page = served.text(&format!("/?{query}"));
    let rows = page.split("name=\"run\" value=\"").skip(1);
    rows.map(|row| row.split('"').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn runs_are_listed_as_host_runs_lists_them() {
    let bench = bench();
    let served = Served::start(bench.path(), &[]);
    assert_eq!(listed(&served, "").len(), 7);
    for (query, conditions) in [
        ("where=method%3Da_mu+loss%3C30", "method=a_mu loss<30"),
        ("where=status%3Dfailed", "status=failed"),
        ("where=plugin%3Ddtan&sort=-metrics.loss", "plugin=dtan"),
    ] {
        let words = ["runs", "--where", conditions, "--columns", "run"].into_iter();
        let sort = ["--sort", "-loss"].into_iter().filter(|_| query.contains("sort"));
        let shown = bench.host(words.chain(sort)).run().code(0).stdout;
        assert_eq!(listed(&served, query), shown.lines().skip(1).collect::<Vec<_>>(), "{query}");
    }
    let page = served.text("/?where=plugin%3Ddtan");
    assert!(page.contains(">method<") && page.contains("<td>a_mu</td>"), "settings that differ have columns");
    assert!(!page.contains(">epochs<"), "others have none");
    let wrong = served.text("/?where=lss%3C1");
    assert!(wrong.contains("role=\"alert\"") && wrong.contains("did you mean `loss`?"), "{wrong}");
    let ticked = served.text("/?run=runs%2Fsae-dddddddd&where=plugin%3Ddtan");
    assert!(
        ticked.contains("value=\"runs/sae-dddddddd\" aria-label=\"compare runs/sae-dddddddd\" checked"),
        "what is ticked stays so"
    );
}

#[test]
fn a_list_sees_what_happens() {
    let bench = bench();
    let served = Served::start(bench.path(), &[]);
    let first = parts(&served, "/?format=json");
    let version = first["version"].as_str().expect("a version").to_owned();
    let since = |version: &str| served.get(&format!("/?format=json&since={version}"));
    // Ages go on; what is filtered away does not.
    let none = parts(&served, "/?format=json&where=status%3Drunning");
    let still = format!(
        "/?format=json&where=status%3Drunning&since={}",
        none["version"].as_str().expect("a version")
    );
    assert_eq!(served.get(&still).status, 204);
    FakeRun { seed: 9, ..FakeRun::default() }.write(&bench.path().join("runs/new-eeeeeeee"));
    let happened = || since(&version).text().contains("new-eeeeeeee");
    assert!(eventually(happened));
    fs::remove_dir_all(bench.path().join("runs/new-eeeeeeee")).unwrap();
    assert!(eventually(|| !parts(&served, "/?format=json").to_string().contains("new-eeeeeeee")));
}

/// Whether something comes true.
fn eventually(happened: impl Fn() -> bool) -> bool {
    let wait = |_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        happened()
    };
    (0..500).any(wait)
}

#[test]
fn a_comparison_has_the_numbers_of_host_compare() {
    let bench = bench();
    let served = Served::start(bench.path(), &[]);
    let query = "/compare?all=1&where=plugin%3Ddtan&baseline=method%3Dnone";
    let compared = parts(&served, &format!("{query}&format=json"));
    let table = section(&compared, "table");
    let shown =
        bench.host(["compare", "runs", "--baseline", "method=none", "--format", "md"]).run().code(0).stdout;
    let numbers = ["22 ± 27", "+2.0 ± 2.5", "20 ± 25", "baseline"];
    for number in numbers {
        assert!(shown.contains(number) && table.contains(number), "{number}: {shown}\n{table}");
    }
    let curves = compared["charts"][0]["curves"].as_array().expect("curves");
    assert_eq!(compared["charts"][0]["name"], "loss");
    assert_eq!(curves.len(), 2);
    assert_eq!(curves[0]["value"], json!([31, 22]), "means over seeds");
    // Runs that are ticked count however they ended.
    let two = served.text("/compare?run=runs%2Fsae-dddddddd&run=runs%2Fgan,method%3Dnone-00000000");
    assert!(two.contains("sae") && two.contains("href=\"/run/runs/sae-dddddddd/\""), "{two}");
    for (query, said) in [
        ("run=runs%2Fnone", "there is no run runs/none"),
        ("all=1&metric=lss", "did you mean `loss`?"),
        ("all=1&by=epoch", "did you mean `epochs`?"),
        ("all=1&baseline=x", "`x` is no baseline"),
        ("", "there are no runs to compare"),
        ("run=..%2F..", "there is no run ../.."),
    ] {
        let page = served.text(&format!("/compare?{query}"));
        assert!(page.contains(said), "{query}: no `{said}` in {page}");
    }
}

#[test]
fn a_sweep_shows_its_jobs() {
    let bench = Bench::new();
    let text = "let cfg = params(#{ a: 1 }); \
                each(\"s\", 3, #{ x: 0.0 }, |i, s| { s.x += 1.0; log(\"x\", s.x * cfg.a); s }); \
                if cfg.a == 3 { throw \"asked to fail\"; }";
    bench.write("plugins/own.rhai", text);
    bench.host(["sweep", "own", "a=1,2,3", "--quiet"]).run().code(1);
    let served = Served::start(bench.path(), &[]);
    let list = served.text("/");
    let (_, after) = list.split_once("href=\"/sweep/").expect("a sweep in the list");
    let url = format!("/sweep/{}", after.split('"').next().unwrap());
    let page = served.text(&url);
    assert!(page.contains("3 jobs: 2 COMPLETED, 1 FAILED") && page.contains("asked to fail"), "{page}");
    assert!(page.contains("max=\"3\" value=\"2\""), "{page}");
    assert!(page.contains("data-chart=\"x\""), "its runs are compared: {page}");
    let job = page.split("<a href=\"/run/").nth(1).unwrap().split('"').next().unwrap();
    assert!(served.text(&format!("/run/{job}")).contains("<h1"));
    assert!(served.text(&format!("{url}sweep.toml")).contains("own"));
}

#[test]
fn the_folder_that_is_named_is_served() {
    let bench = bench();
    assert_eq!(listed(&Served::start(bench.path(), &["runs"]), "").len(), 7);
    let alone = Served::start(bench.path(), &["runs/sae-dddddddd"]);
    assert_eq!(listed(&alone, ""), ["."]);
    assert!(alone.text("/run/").contains("sae") && alone.text("/run/run.json").contains("sae"));
    let empty = Bench::empty();
    assert!(Served::start(empty.path(), &[]).text("/").contains("There are no such runs"));
    let reply = Served::start(bench.path(), &[]).get("/run/runs/sae-dddddddd");
    assert_eq!((reply.status, reply.header("location")), (303, "/run/runs/sae-dddddddd/"));
}

#[test]
fn a_page_obeys_no_name() {
    let bench = Bench::empty();
    for (seed, evil) in ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>"].iter().enumerate() {
        let run = FakeRun {
            seed: seed as u64,
            settings: json!({ "name": evil, "<b>set": seed }),
            metrics: vec![("</script><b>loss", vec![1.0, 2.0])],
            ..FakeRun::default()
        };
        run.write(&bench.path().join(format!("runs/{seed}\"'<i>&%")));
    }
    let served = Served::start(bench.path(), &[]);
    let list = served.text("/");
    let urls: Vec<String> = list
        .split("href=\"/run/")
        .skip(1)
        .map(|rest| format!("/run/{}", rest.split('"').next().unwrap()))
        .collect();
    assert_eq!(urls.len(), 2);
    let pages = ["/".to_owned(), "/compare?all=1".into(), "/?where=%3Ci%3E&sort=%22%3E%3Ci%3E".into()];
    for url in urls.iter().chain(&pages) {
        let page = served.text(url);
        // The page's own script and data are the only ones.
        assert_eq!(page.matches("<script").count(), 2, "{url}");
        assert!(
            !page.contains("<script>alert") && !page.contains("<img src=x") && !page.contains("<b>loss"),
            "{url}"
        );
        assert!(!page.contains("<i>") && !page.contains("<b>set"), "{url}");
    }
}
