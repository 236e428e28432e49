//! What is refused before anything runs, and in which words.

use tests::{Bench, Outcome};

use super::{TINY, sweep};

/// `host sweep own ARGS`, which is refused before a folder is made.
#[track_caller]
fn refused(args: &[&str]) -> Outcome {
    refused_with(TINY, "", args)
}

/// The same with the preset `p`.
#[track_caller]
fn refused_with(text: &str, preset: &str, args: &[&str]) -> Outcome {
    let bench = Bench::new();
    bench.write("plugins/own.p.toml", preset);
    let preset: &[&str] = if preset.is_empty() { &[] } else { &["--preset", "p"] };
    let outcome = sweep(&bench, text, &[preset, args].concat()).run().code(2);
    assert_eq!(outcome.stdout, "");
    let left = std::fs::read_dir(bench.path().join("sweeps")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "a folder is left");
    outcome
}

#[test]
fn axes_that_no_setting_takes() {
    refused(&["stesp=1,2"]).says(&["command line: there is no setting `stesp`", "did you mean `steps`?"]);
    refused(&["sed=1,2"]).says(&["there is no setting `sed`", "did you mean `seed`?"]);
    refused(&["steps=1,x"]).says(&["the setting `steps` is of type integer, not `x`", "steps=4"]);
    refused(&["steps=0..3"]).says(&["the setting `steps` is 0, expected at least 1"]);
    refused(&["method=a,c"]).says(&["the setting `method` is c, expected one of a, b"]);
    refused(&["rate=0.5,2"]).says(&["the setting `rate` is 2.0, expected from 0 to 1"]);
    refused(&["seed=-1,2"]).says(&["the setting `seed` is -1, expected at least 0"]);
    refused(&["steps="]).says(&["the axis `steps` has no values", "steps=4,..."]);
    refused(&["steps=3..3"]).says(&["the axis `steps` has no values"]);
    refused(&["steps=1", "steps=2"]).says(&["the axis `steps` is there twice", "steps=2,..."]);
    refused(&["levels=0,0.5"])
        .says(&["is a list, and `0,0.5` could be one or several", "levels=[0,0.5] is one"]);
    refused(&["steps"]).says(&["key=value"]);
}

#[test]
fn draws_that_cannot_be() {
    refused(&["rate=lin:0..1"]).says(&["the axis `rate` is lin:0..1, a range that values", "--random N"]);
    refused(&["rate=lin:1..0", "--random", "2"])
        .says(&["the range `lin:1..0` of `rate` ends before it begins"]);
    refused(&["rate=log:0..1", "--random", "2"]).says(&["is logarithmic, and does not begin above 0"]);
    refused(&["rate=lin:0..3", "--random", "9"]).says(&["the setting `rate` is", "expected from 0 to 1"]);
    refused(&["steps=3", "--random", "2"]).says(&["there is no axis with several"]);
}

#[test]
fn a_setting_called_seed() {
    let text = "let cfg = params(#{ seed: 1 });";
    refused_with(text, "", &["seed=1,2"]).says(&["the plugin has a setting called `seed`", "another name"]);
}

#[test]
fn more_jobs_than_anybody_means() {
    let axes = ["seed=0..1000", "steps=1..102"];
    refused(&axes).says(&["this is a sweep of 101000 jobs", "--yes starts that many"]);
    let axes = ["seed=0..1000000", "steps=1..=1000000", "title=a,b"];
    refused(&axes).says(&["this is a sweep of 2000000000000 jobs"]);
    refused(&["seed=0..9000000000"]).says(&["the axis `seed` has more than 1000000 values"]);
}

#[test]
fn wrong_sections_are_shown_where_they_stand() {
    let refused = |preset: &str| refused_with(TINY, preset, &[]);
    refused("[sweep]\nstesp = [1, 2]\n").says(&[
        "own.p.toml:2:1: there is no setting `stesp`",
        "  | ^",
        "`steps`",
    ]);
    refused("[sweep]\nsteps = [1, \"x\"]\n")
        .says(&["own.p.toml:2:9: the setting `steps` is of type integer"]);
    refused("[sweep]\nsteps = []\n").says(&["own.p.toml:2:9: the axis `steps` has no values"]);
    refused("[sweep]\nsettings = 3\n")
        .says(&["own.p.toml:2:12: settings that go together are a list of tables"]);
    refused("[sweep]\nsettings = [{ rate = 3 }]\n")
        .says(&["the setting `rate` is 3.0, expected from 0 to 1"]);
    refused("[sweep]\nsteps = [1, 2]\nsettings = [{ steps = 3 }]\n")
        .says(&["own.p.toml:2:1: `steps` is an axis, and one of the settings that go together"]);
    refused("[[round]]\nsteps = 3\n").says(&["own.p.toml:2:1: a round has a name of its own"]);
    refused("[[round]]\nname = \"a\"\n[[round]]\nname = \"a\"\n")
        .says(&["own.p.toml:4:8: a round has a name"]);
}

#[test]
fn a_preset_of_a_sweep_is_none_of_a_run() {
    let bench = Bench::new();
    bench.write("plugins/own.p.toml", "steps = 2\n[sweep]\nseed = \"0..2\"\n");
    let outcome = bench.script(TINY, &["--preset", "p"]).run().code(2);
    outcome.says(&["own.p.toml:2:", "this describes a sweep", "host sweep own --preset p"]);
}

#[test]
fn a_folder_of_a_run_is_its_own() {
    let bench = Bench::new();
    bench.script(TINY, &["--folder", "made/here"]).run().code(0);
    let again = bench.script(TINY, &["--folder", "made/here"]).run().code(2);
    again.says(&["there is a run in made/here already", "host resume made/here"]);
    let other = bench.script(TINY, &["--folder", "made"]).run().code(2);
    other.says(&["made is not empty: there is here in it", "not there yet"]);
    bench.script(TINY, &["--folder", "a", "--out", "b"]).run().code(2).says(&["cannot be used with"]);
}

#[test]
fn what_is_no_sweep() {
    let bench = Bench::new();
    bench.write("sweeps/own-1a2b3c4d/sweep.toml", "x = 1");
    let host = |words: &[&str]| bench.host([&["sweep"], words].concat()).run().code(2);
    host(&["resume", "sweeps/own-1a2b3c4e"]).says(&["there is no sweep", "did you mean `own-1a2b3c4d`?"]);
    host(&["status", "plugins"]).says(&["plugins is not the folder of a sweep: it has no sweep.toml"]);
    host(&["retry", "sweeps/own-1a2b3c4d"]).says(&["sweep.toml is not as a sweep writes it"]);
    host(&[]).says(&["PLUGIN"]);
}
