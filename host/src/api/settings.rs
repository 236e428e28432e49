//! How a plugin declares its settings.

use rhai::{Dynamic, Map};

use crate::{
    script::{
        Table,
        settings::{Declared, SettingRule},
    },
    session::Session,
};

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table.global().add(
        "params(defaults)",
        "Declares the settings of a plugin and gives their values: what the command line, a file or a preset \
         says, else the default. The comment on a setting's line is its meaning. What its values have to be, \
         beyond the default's type, is said around the default: `at_least(3, 1)`. Such rules combine, and \
         all of them hold: `multiple_of(at_least(32, 8), 4)`. Of an array they look at each item. A wrong \
         value is refused before the run begins; `host params` shows the rules, `host check` holds presets \
         against them.",
        "params(#{ epochs: 3 }).epochs => 3",
        |session: &Session, defaults: Map| session.settings().cloned().unwrap_or_else(|| plain(defaults)),
    );
    add_paths(table);
    add_ranges(table);
    table
        .global()
        .add(
            "one_of(default, choices)",
            "In `params`: a default with all values that the setting may have.",
            r#"params(#{ side: one_of("left", ["left", "right"]) }).side => left"#,
            Declared::one_of,
        )
        .add(
            "not_empty(default)",
            "In `params`: a default of an array or a string that must not be empty; of an array as a whole.",
            r#"params(#{ method: not_empty(one_of(["a"], ["a", "b"])) }).method => ["a"]"#,
            |default: Dynamic| Declared::new(default, SettingRule::NotEmpty),
        )
        .add(
            "shares(default)",
            "In `params`: a default of an array of weights, none below 0 and not all 0. The script gets them \
             divided by their sum, so that they add up to 1; an empty array stays empty.",
            "params(#{ alphas: shares([1, 3]) }).alphas => [0.25, 0.75]",
            Declared::shares,
        );
}

fn add_paths(table: &mut Table) {
    table
        .global()
        .add(
            "path(default)",
            "In `params`: the default of a setting that names a file or a folder. The script may read what \
             the user names in it, with all that is in it. (Of any other string that the user gives, only a \
             regular file is read.)",
            r#"params(#{ pictures: path("glyphs") }).pictures => glyphs"#,
            |default: Dynamic| Declared::path(default, false),
        )
        .add(
            "paths(defaults)",
            "In `params`: the default of a setting that is an array of files and folders, as `path` does for \
             one.",
            "params(#{ networks: paths([]) }).networks => []",
            |defaults: Dynamic| Declared::path(defaults, true),
        );
}

fn add_ranges(table: &mut Table) {
    table
        .global()
        .add(
            "within(default, low, high)",
            "In `params`: a default with the smallest and the largest value that the setting may have.",
            "params(#{ share: within(0.2, 0, 1) }).share => 0.2",
            |default: Dynamic, low: f64, high: f64| Declared::new(default, SettingRule::Within(low, high)),
        )
        .add(
            "at_least(default, low)",
            "In `params`: a default with the smallest value that the setting may have.",
            "params(#{ epochs: at_least(3, 1) }).epochs => 3",
            |default: Dynamic, low: f64| Declared::new(default, SettingRule::AtLeast(low)),
        )
        .add(
            "positive(default)",
            "In `params`: a default of a setting that is more than 0.",
            "params(#{ lr: positive(0.001) }).lr => 0.001",
            |default: Dynamic| Declared::new(default, SettingRule::Positive),
        )
        .add(
            "multiple_of(default, n)",
            "In `params`: a default of a whole number that n divides.",
            "params(#{ size: multiple_of(32, 8) }).size => 32",
            |default: Dynamic, n: i64| Declared::new(default, SettingRule::MultipleOf(n)),
        );
}

/// The defaults without the rules that they were declared with.
fn plain(defaults: Map) -> Map {
    defaults.into_iter().map(|(name, value)| (name, Declared::plain(value))).collect()
}
