//! `report.html` as people use it.

use std::{fs, path::PathBuf};

use serde_json::json;
use tests::{Bench, Browser};

/// Two curves, a figure of three steps, one alone, a table, a warning.
const SCRIPT: &str = r#"
    let cfg = params(#{ steps: at_least(60, 1) /* training steps */, rate: 0.5 });
    for i in 0..cfg.steps {
        log("loss", 10.0 / (i + 1) + 0.5 * (i % 2));
        log("accuracy", 1.0 - 0.9 / (i + 1));
    }
    log("fid", 12.5);
    log("loss", 1.0 / 0.0);
    for i in 1..=3 { figure::grid(`step-${i}`, noise::uniform([4, 1, 8, 8])); }
    figure::lines("curve", #{ a: [1.0, 2.0] }, #{});
    table("scores", [["", "FID"], ["ours", 12.5]]);
"#;

fn report(bench: &Bench) -> PathBuf {
    bench.script(SCRIPT, &["steps=40"]).run().code(0);
    bench.only_run().path().join("report.html")
}

/// The picture of the first chart.
const CHART: &str = "[data-chart=loss] svg";

/// Presses a button of the first chart.
fn press(browser: &Browser, text: &str) {
    let find = "[...document.querySelectorAll('[data-chart=loss] button')]";
    browser.run(&format!("{find}.find((button) => button.textContent === {text:?}).click()"));
}

/// The numbers beside the axes.
fn numbers(browser: &Browser) -> Vec<String> {
    let texts =
        "return [...document.querySelectorAll('[data-chart=loss] svg text')].map((text) => text.textContent)";
    serde_json::from_value(browser.run(texts)).expect("texts")
}

#[test]
fn charts_answer() {
    let Some(browser) = Browser::open() else { return };
    let bench = Bench::new();
    browser.visit_file(&report(&bench));

    browser.pointer(CHART, &[(0.5, 0.5)]);
    browser.until("return !document.querySelector('[data-chart=loss] .readout').hidden");
    let shown = browser.text("[data-chart=loss] .readout");
    assert!(shown.starts_with("step ") && shown.len() > "step 20".len(), "{shown}");

    let whole = numbers(&browser);
    browser.pointer(CHART, &[(0.5, 0.5), (0.8, 0.5)]);
    let zoomed = numbers(&browser);
    assert!(whole.contains(&"0".to_owned()) && whole.contains(&"10".to_owned()), "{whole:?}");
    assert!(whole != zoomed && !zoomed[zoomed.len() - 3..].contains(&"0".to_owned()), "{zoomed:?}");
    browser.double_click();
    assert_eq!(numbers(&browser), whole);

    press(&browser, "log");
    let logarithmic = numbers(&browser);
    assert!(
        logarithmic.contains(&"0.5".to_owned()) && logarithmic.contains(&"5".to_owned()),
        "{logarithmic:?}"
    );
    press(&browser, "log");
    assert_eq!(numbers(&browser), whole);

    let curve = "return document.querySelector('[data-chart=loss] svg .line:not(.raw)').getAttribute('d')";
    let raw = browser.run(curve);
    let smooth = "const slider = document.querySelector('.controls input'); slider.value = 0.9; \
                  slider.dispatchEvent(new Event('input'))";
    browser.run(smooth);
    assert_ne!(browser.run(curve), raw);
    let both = "return document.querySelectorAll('[data-chart=loss] svg .line').length";
    assert_eq!(browser.run(both), json!(2), "what was logged stays behind the average");

    let timed = "const select = document.querySelector('.controls select'); select.value = 'time'; \
                 select.dispatchEvent(new Event('change'))";
    browser.run(timed);
    assert_eq!(numbers(&browser).last().map(String::as_str), Some("time"));
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn curves_are_saved_and_figures_have_steps() {
    let Some(browser) = Browser::open() else { return };
    let bench = Bench::new();
    browser.visit_file(&report(&bench));
    let kept = "window.saved = []; \
                URL.createObjectURL = (blob) => { window.saved.push(blob.text()); return '#'; }; \
                HTMLAnchorElement.prototype.click = () => {};";
    browser.run(kept);
    press(&browser, "CSV");
    let csv = browser.run_async("return await window.saved[0]");
    let lines: Vec<&str> = csv.as_str().expect("a text").lines().collect();
    assert_eq!(lines[0], "step,time,value");
    assert!(lines[1].starts_with("0,") && lines[1].ends_with(",10"), "{}", lines[1]);
    assert_eq!(lines.len(), 1 + 41);
    assert!(lines[41].ends_with(",inf"), "{}", lines[41]);
    let all = "[...document.querySelectorAll('.controls button')][0].click()";
    browser.run(all);
    let csv = browser.run_async("return await window.saved[1]");
    assert_eq!(csv.as_str().expect("a text").lines().count(), 1 + 41 + 40);

    let shown = "return [...document.querySelectorAll('.steps figure')].map((figure) => !figure.hidden)";
    assert_eq!(browser.run(shown), json!([false, false, true]));
    let turn = "const slider = document.querySelector('.steps input'); slider.value = 0; \
                slider.dispatchEvent(new Event('input'))";
    browser.run(turn);
    assert_eq!(browser.run(shown), json!([true, false, false]));
    assert_eq!(browser.text(".steps output"), "1 (1 of 3)");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn the_page_fits_and_has_no_barriers() {
    let Some(browser) = Browser::open() else { return };
    let bench = Bench::new();
    let report = report(&bench);
    for (width, dark) in [(1280, false), (1280, true), (400, false), (400, true)] {
        browser.size(width, 900);
        browser.scheme(dark);
        browser.visit_file(&report);
        let wide = browser.run("return document.documentElement.scrollWidth");
        assert!(wide.as_u64() <= Some(width.into()), "{wide} of {width} pixels");
        assert_eq!(browser.violations(), [""; 0], "at {width} pixels, dark: {dark}");
        assert_eq!(browser.console(), [""; 0]);
    }
    let card = "return getComputedStyle(document.querySelector('figure')).backgroundColor";
    assert_eq!(browser.run(card), json!("rgb(255, 255, 255)"), "figures are drawn on white");
}

#[test]
fn hostile_names_run_nothing() {
    let Some(browser) = Browser::open() else { return };
    let bench = Bench::empty();
    let names = [
        "</script><script>window.hit = 1</script>",
        "<img src=x onerror='window.hit = 1'>",
        "javascript:hit=1//\"'",
    ];
    for (i, name) in names.iter().enumerate() {
        let text = |key: &str| (key.to_owned(), json!(name));
        let mut record: serde_json::Map<String, serde_json::Value> =
            ["plugin", "title", "summary", "status", "started", "device", "error"]
                .map(text)
                .into_iter()
                .collect();
        let map = json!({ *name: name });
        for key in ["settings", "setting_meanings", "defaults", "paper", "versions"] {
            record.insert(key.to_owned(), map.clone());
        }
        record.insert("files".to_owned(), json!([{ "name": name, "sha256": name, "bytes": 1 }]));
        record.insert("data".to_owned(), json!([[name, name]]));
        record.insert("command".to_owned(), json!([name]));
        let run = format!("runs/own-{i}");
        bench.write(&format!("{run}/run.json"), json!(record).to_string());
        let line =
            |value: f64| json!({ "name": name, "value": value, "step": value, "time": value }).to_string();
        bench.write(&format!("{run}/metrics.jsonl"), [line(1.0), line(2.0), String::new()].join("\n"));
        bench.write(&format!("{run}/log.txt"), name);
        let file = name.replace('/', "-");
        for part in ["figures", "tables", "models"] {
            for end in ["-1.png", "-2.png", ".csv"] {
                bench.write(&format!("{run}/{part}/{file}{end}"), format!("{name},{name}\n{name},1\n"));
            }
        }
        bench.host(["report", &run]).run().code(0);
        assert!(fs::read_to_string(bench.path().join(&run).join("report.html")).is_ok());
        browser.visit_file(&bench.path().join(&run).join("report.html"));
        browser.until("return document.querySelector('.card .tools') !== null");
        browser.run(
            "document.querySelectorAll('.controls input, .steps input').forEach((input) => { \
             input.value = input.min; input.dispatchEvent(new Event('input')); })",
        );
        browser.pointer(".card svg", &[(0.5, 0.5)]);
        assert_eq!(browser.run("return window.hit ?? null"), json!(null), "{name}");
        let requests = "return performance.getEntriesByType('resource').map((one) => one.name) \
                        .filter((name) => !name.startsWith('data:')).length";
        assert_eq!(browser.run(requests), json!(0), "a report asks for nothing");
    }
}
