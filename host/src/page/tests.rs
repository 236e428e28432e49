use std::{fs, path::Path};

use super::{chart::Short, html::base64, *};
use crate::run::{LoggedMetrics, byte_size, duration, natural_key, number, shell_quoted};

/// A run folder with these files.
fn run(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn report(folder: &Path) -> String {
    write(folder).unwrap();
    fs::read_to_string(folder.join("report.html")).unwrap()
}

#[test]
fn everything_in_the_folder_is_in_the_report() {
    let folder = run(&[
        (
            "run.json",
            r#"{"plugin": "dtan", "title": "Datasets That Are Not",
                "summary": ["", "one", "two", "Expect: three", "", "four"],
                "status": "COMPLETED", "command": ["host", "run", "dtan.rhai", "note=a b"],
                "settings": {"images": 2000, "dataset": "glyphs"},
                "setting_meanings": {"images": "size of the starting set"},
                "seed": 7, "device": "cpu", "seconds": 192.4, "versions": {"host": "0.1.0"}}"#,
        ),
        ("metrics.jsonl", "{\"name\": \"fid\", \"value\": 12.5}\n"),
        ("figures/a.png", "abc"),
        ("models/net.onnx", "12345"),
        ("log.txt", "first\nlast\n"),
    ]);
    let page = report(folder.path());
    for expected in [
        "<h1>Datasets That Are Not <span class=\"badge completed\">COMPLETED</span>",
        "<p class=\"summary\">one two\nExpect: three\n\nfour</p>",
        "<dt>duration</dt><dd>3 min 12 s</dd>",
        "<dt>seed</dt><dd>7</dd>",
        "<th scope=\"row\">images</th><td class=\"value\">2000</td>\
         <td class=\"meaning\">size of the starting set</td>",
        "host run dtan.rhai &#39;note=a b&#39;",
        "<th scope=\"row\">fid</th><td>12.5</td>",
        "data:image/png;base64,YWJj",
        "<a href=\"./models/net.onnx\">models/net.onnx</a></th><td class=\"size\">5 B</td>",
        "first\nlast",
        "<th scope=\"row\">host</th><td>0.1.0</td>",
    ] {
        assert!(page.contains(expected), "{expected} is not in\n{page}");
    }
    assert!(!page.contains("<h2>Error"));
    assert!(!folder.path().join(".report.html.new").exists());
    assert_eq!(page, report(folder.path()), "a report does not report itself");
}

#[test]
fn many_figures_are_shown_in_fewer_colours() {
    let folder = run(&[("run.json", "{}")]);
    // Noise of every colour: nothing but fewer colours makes it smaller.
    let mixed = |i: u32| (i ^ i >> 9).wrapping_mul(0x85eb_ca6b);
    let noise: Vec<f32> =
        (0..3 * 192 * 192).map(|i: u32| (mixed(mixed(i.wrapping_add(1))) >> 8) as f32).collect();
    let options = figure::GridOptions { range: (0.0, 16_777_216.0), scale: Some(1), ..Default::default() };
    let png = figure::grid(&noise, [1, 3, 192, 192], &options).unwrap();
    fs::create_dir(folder.path().join("figures")).unwrap();
    let add = |i: usize| fs::write(folder.path().join(format!("figures/f{i}.png")), &png).unwrap();
    (0..4).for_each(add);
    let page = report(folder.path());
    assert!(page.contains(&base64(&png)) && !page.contains("256 colours"));
    (4..8).for_each(add);
    let small = report(folder.path());
    assert!(!small.contains(&base64(&png)) && small.contains("256 colours"));
    assert!(small.len() < page.len(), "{} after {} bytes", small.len(), page.len());
    assert_eq!(small, report(folder.path()));
}

#[test]
fn what_is_missing_is_left_out() {
    let folder = run(&[]);
    let page = report(folder.path());
    assert!(page.contains("run.json is missing"));
    assert!(!page.contains("<h2>"), "{page}");
    let folder = run(&[("run.json", "{\"plugin\": ")]);
    assert!(report(folder.path()).contains("run.json cannot be read"));
    let gone = write(Path::new("/nonexistent/run")).unwrap_err().to_string();
    assert!(gone.starts_with("/nonexistent/run: "), "{gone}");
}

#[test]
fn no_text_becomes_markup() {
    let evil = "<script>alert('x')</script>\\\"";
    let folder = run(&[
        (
            "run.json",
            &"{'plugin': 'E', 'title': 'E', 'summary': 'E', 'status': 'E', 'command': ['E'],
               'settings': {'E': 'E'}, 'setting_meanings': {'E': 'E'}, 'seed': 'E', 'device': 'E',
               'versions': {'E': 'E'}, 'started': 'E', 'finished': 'E', 'error': 'E'}"
                .replace('\'', "\"")
                .replace('E', evil),
        ),
        (
            "metrics.jsonl",
            &"{\"name\": \"E\", \"value\": 1}\n{\"name\": \"E\", \"value\": 2}\n".replace('E', evil),
        ),
        ("figures/<script>.png", ""),
        ("models/<script>", ""),
        ("log.txt", evil),
    ]);
    let page = report(folder.path());
    assert_eq!(page.matches("<script").count(), 2, "the data and the page's own");
    assert!(!page.contains("\">&quot;"), "{page}");
    assert!(page.matches("&lt;script&gt;").count() > 15);
}

#[test]
fn broken_metric_lines_are_skipped_and_counted() {
    let folder = run(&[(
        "metrics.jsonl",
        "{\"name\": \"loss\", \"value\": 0.5, \"step\": 1}\nnot json\n{\"value\": 1}\n\n\
         {\"name\": \"loss\", \"value\": null, \"step\": 2}\n\
         {\"name\": \"loss\", \"value\": \"inf\", \"step\": 3}\n\
         {\"name\": \"loss\", \"value\": 0.25, \"step\": 4}\n{\"name\": \"loss\", \"val",
    )]);
    let page = report(folder.path());
    assert!(page.contains("3 lines of metrics.jsonl cannot be read"), "{page}");
    assert!(page.contains("4 records from 0.25 to 0.5, 2 not finite"));
    assert!(page.contains("loss <b>0.25</b>"));
}

#[test]
fn steps_that_start_again_are_counted_on() {
    let line = |step: usize| format!("{{\"name\": \"loss\", \"value\": 1, \"step\": {step}}}\n");
    let x_name = |steps: [usize; 4]| {
        let folder = run(&[("metrics.jsonl", &steps.map(line).concat())]);
        let metrics = LoggedMetrics::read(&folder.path().join("metrics.jsonl")).unwrap();
        (metrics.all[0].x_name, metrics.all[0].points[3].0)
    };
    assert_eq!(x_name([10, 20, 30, 40]), ("step", 40.0));
    assert_eq!(x_name([1, 2, 1, 2]), ("record", 3.0));
}

#[test]
fn a_long_curve_is_thinned_but_keeps_its_spike() {
    let lines: String = (0..20_000)
        .map(|i| {
            let value = if i == 12_345 { 100.0 } else { f64::from(i % 7) };
            format!("{{\"name\": \"loss\", \"value\": {value}}}\n")
        })
        .collect();
    let folder = run(&[("metrics.jsonl", &lines)]);
    let page = report(folder.path());
    let start = page.find("class=\"line\" d=\"").unwrap();
    let data = &page[start..start + page[start..].find("/>").unwrap()];
    let heights: Vec<f64> = data
        .split(['M', 'L'])
        .skip(1)
        .map(|point| point.trim_end_matches('"').split(' ').nth(1).unwrap().parse().unwrap())
        .collect();
    assert!((170..=201).contains(&heights.len()), "{}", heights.len());
    // Only the spike stands in the upper half of the picture.
    assert_eq!(heights.iter().filter(|&&y| y < 70.0).count(), 1);
}

#[test]
fn figures_stand_in_natural_order() {
    let folder = run(&[
        ("figures/iteration-10.png", "c"),
        ("figures/iteration-2.png", "b"),
        ("figures/iteration-1.png", "a"),
        ("figures/notes.txt", "no figure"),
    ]);
    let page = report(folder.path());
    let at = |n: &str| page.find(&format!("<figcaption>iteration-{n}<")).unwrap();
    assert!(at("1") < at("2") && at("2") < at("10"));
    assert!(!page.contains("<figcaption>notes"));
    assert!(natural_key("a07b") < natural_key("a10"));
    assert!(natural_key("a7") != natural_key("a07"));
}

#[test]
fn figures_stand_as_they_were_drawn_and_their_steps_together() {
    let folder = run(&[
        ("run.json", r#"{"figures": ["start", "step-2", "loss", "step-10", "overview"]}"#),
        ("figures/loss.png", ""),
        ("figures/overview.png", ""),
        ("figures/start.png", "longer"),
        ("figures/start.svg", "svg"),
        ("figures/loss.svg", "longer"),
        ("figures/step-10.png", ""),
        ("figures/step-2.png", ""),
        ("figures/later-1.png", ""),
    ]);
    let page = report(folder.path());
    let at = |name: &str| page.find(&format!("<figcaption>{name}<")).unwrap_or_else(|| panic!("no {name}"));
    let order = ["overview", "start", "step-2", "step-10", "loss", "later-1"].map(at);
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(page.matches("data:image/svg+xml;base64,c3Zn").count(), 1, "the smaller file");
    assert_eq!(page.matches("data:image").count(), 6, "each once");
    assert_eq!(page.matches("class=\"steps\"").count(), 1, "one figure alone is no series");
    assert!(page.contains("aria-label=\"step\">\n<figure data-step=\"2\">"));
}

#[test]
fn settings_say_what_they_differ_from() {
    let folder = run(&[(
        "run.json",
        r#"{"settings": {"epochs": 3, "lr": 0.1, "data": "", "size": 2}, "given": ["epochs"],
            "defaults": {"epochs": 2, "lr": 0.1, "data": "", "size": 2},
            "paper": {"epochs": 20, "lr": 0.1}}"#,
    )]);
    let page = report(folder.path());
    for expected in [
        "Of 4 settings, 1 differs from its default, 1 differs from the paper.",
        "<th scope=\"row\">epochs</th><td class=\"value\"><b>3</b></td><td class=\"differs\">≠\u{a0}2</td>\
         <td class=\"differs\">≠\u{a0}20</td>",
        "<td class=\"value\">0.1</td><td class=\"same\">0.1</td><td class=\"same\">0.1</td>",
        "<td class=\"value\">\"\"</td><td class=\"same\">\"\"</td><td></td>",
    ] {
        assert!(page.contains(expected), "{expected} is not in\n{page}");
    }
    let older = r#"{"settings": {"epochs": 3, "lr": 0.1}, "given": ["epochs"]}"#;
    let page = report(run(&[("run.json", older)]).path());
    assert!(page.contains("<b>3</b></td>") && page.contains("<td class=\"value\">0.1</td>"), "{page}");
    assert!(!page.contains('≠') && !page.contains("Of 2 settings"));
}

#[test]
fn what_was_read_and_left_has_its_checksum() {
    let folder = run(&[
        (
            "run.json",
            r#"{"data": [["glyphs", "2000 images"]], "models": [{"name": "models/a.onnx", "sha256": "0123"}],
                "files": [{"name": "DATA/x", "sha256": "4567", "bytes": 2048, "files": 3}]}"#,
        ),
        ("models/a.onnx", "12"),
        ("models/b c#.onnx", ""),
    ]);
    let page = report(folder.path());
    for expected in [
        "<th scope=\"row\">glyphs</th><td>2000 images</td>",
        "<th scope=\"row\">DATA/x</th><td class=\"size\">2 KiB in 3 files</td><td><code>4567</code></td>",
        "models/a.onnx</a></th><td class=\"size\">2 B</td><td><code>0123</code></td>",
        "<a href=\"./models/b%20c%23.onnx\">models/b c#.onnx</a>",
    ] {
        assert!(page.contains(expected), "{expected} is not in\n{page}");
    }
}

#[test]
fn no_link_leads_out_of_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.png"), "secret").unwrap();
    fs::write(outside.path().join("log.txt"), "secret").unwrap();
    let folder = run(&[("figures/a.png", "abc")]);
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(outside.path().join(to), folder.path().join(name)).unwrap();
    };
    link("secret.png", "figures/b.png");
    link("log.txt", "log.txt");
    link("", "models");
    let page = report(folder.path());
    assert!(page.contains(&base64(b"abc")));
    assert!(!page.contains("secret") && !page.contains(&base64(b"secret")), "{page}");
}

#[test]
fn warnings_stand_by_themselves() {
    let log = "2026-01-01T00:00:00Z warning: weights are NaN\n2026-01-01T00:00:01Z no warning: here\n";
    let page = report(run(&[("log.txt", log)]).path());
    assert!(page.contains("<li>weights are NaN</li>"));
    assert_eq!(page.matches("<li>").count(), 1);
}

#[test]
fn a_run_without_a_process_is_not_running() {
    let folder = run(&[("run.json", r#"{"status": "RUNNING"}"#)]);
    assert!(report(folder.path()).contains(">INTERRUPTED<"));
}

#[test]
fn numbers_of_charts_are_short_and_exact() {
    let narrow = f64::from(0.1_f32);
    let numbers = [3.0, -0.5, 0.1, narrow, 1e300, f64::NAN, f64::NEG_INFINITY].map(Short);
    let json = serde_json::to_string(&numbers).unwrap();
    assert_eq!(json, r#"[3,-0.5,0.1,0.1,1e+300,"nan","-inf"]"#);
}

#[test]
fn charts_have_the_time_of_every_point() {
    let line = |i: usize| format!("{{\"name\": \"<a>\", \"value\": {i}, \"step\": {i}, \"time\": {i}.5}}\n");
    let folder = run(&[("metrics.jsonl", &(0..3).map(line).collect::<String>())]);
    let page = report(folder.path());
    let data = r#""x":"step","curves":[{"name":"","step":[0,1,2],"time":[0.5,1.5,2.5],"value":[0,1,2]}]"#;
    assert!(page.contains(data), "{page}");
    assert!(page.contains(r#"{"name":"\u003ca>""#), "no text can end the script element");
}

#[test]
fn a_long_log_shows_its_end() {
    let lines: Vec<String> = (0..50_000).map(|i| format!("line {i}")).collect();
    let folder = run(&[("log.txt", &lines.join("\n"))]);
    let page = report(folder.path());
    assert!(page.contains("line 49800\n") && page.contains("line 49999<"));
    assert!(!page.contains("line 49799\n"));
}

#[test]
fn texts_are_written_as_people_write_them() {
    // The vectors of RFC 4648, section 10.
    for (text, expected) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(base64(text.as_bytes()), expected);
    }
    assert_eq!([0.123456, 1234.5, 12.0, 0.0].map(number), ["0.1235", "1234", "12", "0"]);
    assert_eq!([-2e-7, 3.5e9].map(number), ["-2e-7", "3.5e9"]);
    assert_eq!([0, 1023, 1536, 3 << 30].map(byte_size), ["0 B", "1023 B", "1.5 KiB", "3 GiB"]);
    assert_eq!([1.25, 61.0, 7262.0].map(duration), ["1.2 s", "1 min 1 s", "2 h 1 min"]);
    assert_eq!(["a=b", "", "it's"].map(shell_quoted), ["a=b", "''", r"'it'\''s'"]);
}
