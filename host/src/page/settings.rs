//! The settings of a run, beside their defaults and what the paper has.

use serde_json::{Map, Value};

use super::{
    html::{escape, heads, row, table_of},
    record::text,
};

/// Every setting with its value, its default, the paper's value and its meaning. Where one of these differs
/// from the value that the run had, it says `≠`. Records of older runs have no defaults: there, what was
/// given is marked.
pub fn settings(record: &Value) -> String {
    let empty = Map::new();
    let of = |key: &str| record[key].as_object().unwrap_or(&empty);
    let (values, defaults, paper) = (of("settings"), of("defaults"), of("paper"));
    let rows = values.iter().map(|(name, value)| {
        let is_given = record["given"].as_array().is_some_and(|given| given.contains(&name.as_str().into()));
        let is_own = defaults.get(name).map_or(defaults.is_empty() && is_given, |default| default != value);
        let mut cells = format!("<td class=\"value\">{}</td>", marked(value, is_own));
        if !defaults.is_empty() {
            cells += &other(defaults.get(name), value);
        }
        if !paper.is_empty() {
            cells += &other(paper.get(name), value);
        }
        cells += &format!("<td class=\"meaning\">{}</td>", escape(&text(&record["setting_meanings"][name])));
        row(name, &cells)
    });
    let names = [("setting", true), ("value", true), ("default", !defaults.is_empty())];
    let names = names.into_iter().chain([("paper", !paper.is_empty()), ("meaning", true)]);
    let names: Vec<&str> = names.filter(|(_, is_shown)| *is_shown).map(|(name, _)| name).collect();
    let table = table_of("settings", &heads(&names), &rows.collect::<String>());
    if table.is_empty() { table } else { [counted(values, defaults, paper), table].concat() }
}

/// The value of the run.
fn marked(value: &Value, is_own: bool) -> String {
    let value = shown(value);
    if is_own { format!("<b>{value}</b>") } else { value }
}

/// The cell of a value beside that of the run.
fn other(other: Option<&Value>, value: &Value) -> String {
    match other {
        None => "<td></td>".to_owned(),
        Some(other) if other == value => format!("<td class=\"same\">{}</td>", shown(other)),
        Some(other) => format!("<td class=\"differs\">≠\u{a0}{}</td>", shown(other)),
    }
}

/// A value in a cell; an empty text is seen as one.
fn shown(value: &Value) -> String {
    match escape(&text(value)) {
        empty if empty.is_empty() => "\"\"".to_owned(),
        text => text.replace(",", ",<wbr>"),
    }
}

/// How many settings differ, in a line.
fn counted(values: &Map<String, Value>, defaults: &Map<String, Value>, paper: &Map<String, Value>) -> String {
    let differing = |others: &Map<String, Value>| {
        others.iter().filter(|(name, other)| values.get(*name).is_some_and(|value| value != *other)).count()
    };
    let part = |others: &Map<String, Value>, what: [&str; 2]| match (others.is_empty(), differing(others)) {
        (true, _) => None,
        (false, 0) => Some(format!("none differs from {}", what[0])),
        (false, 1) => Some(format!("1 differs from {}", what[0])),
        (false, n) => Some(format!("{n} differ from {}", what[1])),
    };
    let parts = [part(defaults, ["its default", "their defaults"]), part(paper, ["the paper"; 2])];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("<p class=\"remark\">Of {} settings, {}.</p>\n", values.len(), parts.join(", "))
}
