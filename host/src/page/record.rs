//! The record of a run as people read it: facts, changes, environment.

use serde_json::Value;

use super::html::{escape, facts, table, within};
use crate::run::{byte_size, duration, shell_quoted};

/// The plugin's title or, without one, its name.
pub fn title(record: &Value) -> String {
    [text(&record["title"]), text(&record["plugin"])]
        .into_iter()
        .find(|title| !title.is_empty())
        .map_or("Run".to_owned(), |title| title.trim_end_matches('.').to_owned())
}

/// What the plugin says about itself, in as many paragraphs as it has: its lines are as long as those of a
/// script.
fn summary(record: &Value) -> String {
    let text = text(&record["summary"]);
    let mut joined = String::new();
    for line in text.trim().lines() {
        let gap = match line {
            _ if joined.is_empty() => "",
            "" => "\n",
            _ if joined.ends_with('\n') || line.starts_with("Expect") => "\n",
            _ => " ",
        };
        joined += gap;
        joined += line;
    }
    joined
}

/// The headline, what the plugin says about itself, and the facts of the run.
pub fn header(record: &Value) -> String {
    let took = record["seconds"].as_f64().map(duration).unwrap_or_default();
    let known = [
        ("plugin", text(&record["plugin"])),
        ("duration", took),
        ("seed", text(&record["seed"])),
        ("device", text(&record["device"])),
        ("started", text(&record["started"])),
        ("finished", text(&record["finished"])),
    ];
    let summary = within("<p class=\"summary\">", &escape(&summary(record)), "</p>\n");
    let (title, badges) = (escape(&title(record)), badges(record));
    format!("<header><h1>{title}{badges}</h1>\n{summary}{}</header>\n", facts(&known))
}

/// How the run stands, and whether it went on with anything else than it began with.
fn badges(record: &Value) -> String {
    let badge = |class: &str, text: &str| format!(" <span class=\"badge {class}\">{text}</span>");
    let status = escape(&text(&record["status"]));
    let status = if status.is_empty() { status } else { badge(&status.to_lowercase(), &status) };
    let changed = if changes(record).is_empty() { String::new() } else { badge("interrupted", "CHANGED") };
    [status, changed].concat()
}

/// What a resume changed: settings, scripts and files.
pub fn changes(record: &Value) -> Vec<(String, String)> {
    let list = |key: &str| record[key].as_array().into_iter().flatten();
    let settings = list("changed_settings").map(|change| {
        let (name, before, after) = (&change["name"], text(&change["before"]), text(&change["after"]));
        (text(name), format!("{before} until resume {}, then {after}", text(&change["resumed"])))
    });
    let files = list("changed").map(|change| {
        let what = match (&change["before"], &change["after"]) {
            (_, Value::Null) => "gone",
            (Value::Null, _) => "new",
            _ => "another",
        };
        (text(&change["name"]), format!("{what} since resume {}", text(&change["resumed"])))
    });
    settings.chain(files).collect()
}

/// On what the run computed, each of several where it went on elsewhere; and what the host is built on.
pub fn environments(record: &Value) -> String {
    let shown = |environment: &Value| {
        let shown = |(name, text): (String, String)| match environment[&*name].as_u64() {
            Some(bytes) if name == "peak_memory" => ("peak memory".to_owned(), byte_size(bytes)),
            _ => (name, text),
        };
        table("environment", &entries(environment).into_iter().map(shown).collect::<Vec<_>>())
    };
    let all: String = record["environments"].as_array().into_iter().flatten().map(shown).collect();
    [all, table("versions", &entries(&record["versions"]))].concat()
}

/// The command as it can be typed again.
pub fn command(record: &Value) -> String {
    match &record["command"] {
        Value::Array(words) => {
            let words: Vec<_> = words.iter().map(|word| shell_quoted(&text(word))).collect();
            words.join(" ")
        }
        other => text(other),
    }
}

/// A value as a person writes it: strings without quotes, lines of text one below the other.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // A float that JSON has no number for.
        Value::Object(tagged) if tagged.contains_key("float") => {
            tagged.get("text").map(text).unwrap_or_default()
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(","))
        }
        Value::Array(lines) if !lines.is_empty() && lines.iter().all(Value::is_string) => {
            lines.iter().map(text).collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

/// Names and values of an object.
pub fn entries(value: &Value) -> Vec<(String, String)> {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), text(value))).collect()
}
