//! What scripts draw and tabulate, as files of a run.

use tests::Bench;

/// One of each kind of plot.
const PLOTS: &str = r#"
    figure::lines("lines", [["a", [3.0, 2.0, 1.0]], ["b", [[1, 2.0], [2, 1.5]]]], #{
        y_label: "loss of both",
        bands: #{ a: [0.5, [0.2, 0.3], 0.1] },
        errors: #{ b: [0.5, 0.25] },
        dashed: ["b"],
    });
    figure::scatter("scatter", tensor([[0.0, 1.0], [1.0, 0.0]]), [0, 1]);
    figure::histogram("histogram", noise::normal([100]));
    figure::bars("bars", [["gan", 21.3], ["vae", tensor([30.0])]], #{ errors: #{ gan: [1.0, 2.0] } });
    figure::bars("grouped", #{ a: [1, -2], b: [3, 4] }, #{
        names: ["x", "y"],
        errors: #{ a: [0.1, [0.2, 0.3]] },
    });
    figure::box("box", #{ a: [1, 2, 3, 40], b: noise::uniform([20]) }, #{ title: "boxes" });
    figure::heatmap("heatmap", [[50, 2], [4, 44]], #{ row_labels: ["cat", "dog"], colormap: "gray" });
    figure::heatmap("image", noise::uniform([9, 9]), #{ range: [0, 1], numbers: false });
"#;

#[test]
fn plots_are_there_as_png_svg_and_pdf() {
    let bench = Bench::empty();
    let script = format!("{PLOTS} figure::grid(\"sheet\", zeros([4, 1, 8, 8]));");
    bench.run(&script).code(0);
    let run = bench.only_run();
    let files = run.files("figures");
    let kinds = ["lines", "scatter", "histogram", "bars", "grouped", "box", "heatmap", "image"];
    assert_eq!(files.len(), 3 * kinds.len() + 1, "{:?}", files.keys());
    for kind in kinds {
        let of = |format: &str| &files[&format!("figures/{kind}.{format}")];
        assert!(of("png").starts_with(b"\x89PNG") && of("pdf").starts_with(b"%PDF"), "{kind}");
        assert!(of("svg").starts_with(b"<svg ") && of("svg").ends_with(b"</svg>\n"), "{kind}");
    }
    let svg = String::from_utf8_lossy(&files["figures/lines.svg"]).into_owned();
    assert!(svg.contains(">loss of both</text>") && svg.contains("<polyline"), "{svg}");
    assert!(files.contains_key("figures/sheet.png"), "sheets of pictures are pictures");
    let report = std::fs::read_to_string(run.path().join("report.html")).unwrap();
    assert_eq!(report.matches("<img ").count(), kinds.len() + 1, "each is shown once");
}

#[test]
fn the_same_figure_is_the_same_files() {
    let bench = Bench::empty();
    bench.run(PLOTS).code(0);
    bench.run(PLOTS).code(0);
    let runs = bench.runs();
    runs[0].assert_same_results(&runs[1]);
}

#[test]
fn what_cannot_be_shown_is_said_and_ends_no_run() {
    let bench = Bench::empty();
    let script = r#"
        for i in 0..2 {
            figure::lines("loss", #{ train: [2.0, 1.0], val: [], test: [0.0 / 0.0] });
        }
        figure::lines("empty", #{ val: [] }, #{ log_y: true });
        figure::lines("none", #{});
        figure::box("boxes", #{ a: [1.0, 0.0 / 0.0] });
        figure::heatmap("cells", []);
        figure::bars("bars", #{ a: -1.0, b: 1.0 }, #{ log_y: true });
    "#;
    let outcome = bench.script(script, &[]).run().code(0).says(&[
        "warning: figure \"loss\": the curve \"val\" has no value that can be shown",
        "figure \"loss\": the curve \"test\" has no value",
        "figure \"empty\": the curve \"val\" has no value that can be shown (finite and, on a logarithmic",
        "figure \"none\": there is no curve to show",
        "figure \"boxes\": 1 of 2 values of \"a\" are not finite, left out",
        "figure \"cells\": it has no value",
        "figure \"bars\": 1 of 2 bars not finite and positive, left out: \"a\"",
    ]);
    assert_eq!(outcome.stderr.matches("figure \"loss\": the curve \"val\"").count(), 1, "said once");
    let run = bench.only_run();
    assert_eq!(run.status(), "COMPLETED");
    let log = std::fs::read_to_string(run.path().join("log.txt")).unwrap();
    assert_eq!(log.matches("the curve \"val\" has no value").count(), 2, "{log}");
    assert_eq!(run.files("figures").len(), 18, "an empty plot is there, too");
}

#[test]
fn wrong_figures_are_explained() {
    let bench = Bench::empty();
    for (script, expected) in [
        ("figure::lines(\"a\", #{ x: [1, 2] }, #{ errors: #{ x: [1] } });", "1 errors for the 2 values"),
        ("figure::lines(\"a\", #{ x: [1] }, #{ bands: #{ x: [-1] } });", "is negative: -1"),
        ("figure::lines(\"a\", #{ x: [1] }, #{ bands: #{ y: [1] } });", "names the curve \"y\""),
        ("figure::lines(\"a\", #{ x: [1] }, #{ bands: #{ x: [[1, 2, 3]] } });", "3 numbers for one of"),
        ("figure::lines(\"a\", #{ x: [[1, 2], [3]] });", "1 numbers for a point of the curve `x`"),
        ("figure::lines(\"a\", #{ x: \"1\" });", "the curve `x` is a string"),
        ("figure::lines(\"a\", [1, 2]);", "an integer among pairs"),
        ("figure::bars(\"a\", #{ x: [1, 2], y: 3 });", "1 bars for \"y\", and 2 for \"x\""),
        ("figure::bars(\"a\", #{ x: [1, 2] }, #{ names: [\"one\"] });", "1 names for 2 bars side by side"),
        ("figure::bars(\"a\", #{ x: 1 }, #{ errors: #{ y: 1 } });", "names the bar \"y\""),
        ("figure::bars(\"a\", #{ x: 1 }, #{ errors: #{ x: -2.5 } });", "is negative: -2.5"),
        ("figure::bars(\"a\", #{ x: \"1\" });", "a string among the numbers of the bar `x`"),
        ("figure::heatmap(\"a\", [[1, 2], [3]]);", "row 1 has 1 numbers, and row 0 has 2"),
        ("figure::heatmap(\"a\", zeros([2, 2, 2]));", "cells of shape [2, 2, 2]"),
        ("figure::heatmap(\"a\", [[1]], #{ range: [1] });", "`range` has 1 items"),
        ("figure::heatmap(\"a\", [[1]], #{ range: [1, 0] });", "range (1, 0)"),
        ("figure::heatmap(\"a\", [[1]], #{ colormap: \"jet\" });", "give \"viridis\", \"gray\" or \"RdBu\""),
        ("figure::heatmap(\"a\", zeros([1, 5000]));", "at most 4096 x 4096"),
        ("figure::box(\"a\", #{ x: [1] }, #{ titel: \"t\" });", "no option `titel`"),
    ] {
        bench.run(script).code(1).says(&[expected, "own.rhai:1:"]);
    }
}

#[test]
fn a_figure_that_is_drawn_anew_has_no_old_files() {
    let bench = Bench::empty();
    bench.run("figure::lines(\"a\", #{ x: [1, 2] }); figure::grid(\"a\", zeros([1, 1, 4, 4]));").code(0);
    let figures: Vec<_> = bench.only_run().files("figures").into_keys().collect();
    assert_eq!(figures, ["figures/a.png"]);
}

#[test]
fn tables_are_there_for_papers() {
    let bench = Bench::empty();
    bench.run(r##"table("errors", [["a_b", "50 %"], ["x & y", 0.25], ["#1 $", -1e-7]]);"##).code(0);
    let run = bench.only_run();
    let files: Vec<_> = run.files("tables").into_keys().collect();
    assert_eq!(files, ["tables/errors.csv", "tables/errors.tex", "tables/errors.typ"]);
    let read = |format: &str| {
        std::fs::read_to_string(run.path().join("tables/errors").with_extension(format)).unwrap()
    };
    let tex = read("tex");
    assert!(tex.contains("a\\_b & 50 \\% \\\\\n") && tex.contains("x \\& y & 0.25 \\\\\n"), "{tex}");
    assert!(tex.contains("\\#1 \\$ & $-1 \\times 10^{-7}$ \\\\\n"), "{tex}");
    assert!(
        read("typ").contains("[x & y], [0.25],") && read("typ").contains("[\\#1 \\$]"),
        "{}",
        read("typ")
    );
    let report = std::fs::read_to_string(run.path().join("report.html")).unwrap();
    assert_eq!(report.matches("<caption>errors</caption>").count(), 1);
}
