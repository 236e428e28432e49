//! What `host help` finds: names of ours and of PyTorch's, scripts, and words in texts.

use std::path::Path;

use clap::CommandFactory as _;

use super::{Cli, bare, scripts, scripts::Script};
use crate::{
    error::{Error, Result},
    host::Host,
    script::{
        Entry, Source, Table, did_you_mean, library,
        pytorch::{self, Ours, is_called},
        settings,
    },
    terminal::{COLUMNS, wrapped},
};

/// Lines of one list.
const LISTED: usize = 30;

/// The text for a query: what has the name in full, else a line for each text that has all its words.
///
/// # Errors
/// `Usage` with the nearest name where nothing is found, unless a command was found.
pub fn found(host: &Host, query: &str, is_command: bool) -> Result<String> {
    let library = scripts::all(&host.engine);
    let named = named(&host.table, &library, query);
    if !named.is_empty() || is_command {
        return Ok(named);
    }
    let lines = texts(host, &library, query);
    if lines.is_empty() {
        return Err(unknown(&host.table, query));
    }
    let mut text = format!("no command or function is called `{query}`; this mentions it:\n\n");
    for (name, line) in lines.iter().take(LISTED) {
        let wrapped = wrapped(&format!("{name}: {line}"), COLUMNS - 2);
        text += &format!("  {}\n", wrapped.join("\n    "));
    }
    if lines.len() > LISTED {
        text += &format!("  ... and {} more\n", lines.len() - LISTED);
    }
    Ok(text + "\n`host help NAME` explains one of them\n")
}

/// What has the name: functions, the functions of a module, what PyTorch calls so, scripts.
fn named(table: &Table, library: &[Script], query: &str) -> String {
    let last = pytorch::last(query);
    let is_it = |entry: &&Entry| {
        let path = entry.path();
        path == query || bare(entry) == query || entry.module == query || is_called(&bare(entry), last)
    };
    let mut text: String = table.entries().iter().filter(is_it).map(explained).collect();
    match pytorch::find(query) {
        Some((name, Ours::Advice(advice))) => text += &format!("PyTorch's `{name}`: {advice}\n"),
        Some((name, Ours::Function(ours))) if !is_called(ours.rsplit("::").next().unwrap_or(ours), name) => {
            text += &format!("PyTorch's `{name}` is `{ours}`:\n\n");
            text.extend(pytorch::entries(table.entries(), ours).map(explained));
        }
        _ => {}
    }
    let torch = match pytorch::find(query) {
        Some((_, Ours::Function(ours))) => ours,
        _ => query,
    };
    for script in library {
        let is_all = script.is_named(query);
        let is_it = |f: &&scripts::ScriptFunction| {
            is_all || is_called(&f.name, last) || f.path() == query || f.path() == torch
        };
        let functions = script.functions.iter().filter(is_it);
        let functions: String = functions
            .map(|function| format!("{}\n  {}\n\n", function.signature, function.doc.replace('\n', "\n  ")))
            .collect();
        if is_all || !functions.is_empty() {
            let summary = if is_all { format!("{}\n\n", script.summary) } else { String::new() };
            text += &format!("{}: `{}`\n\n{summary}{functions}", script.path(), script.import());
        }
    }
    text
}

/// An entry in full.
fn explained(entry: &Entry) -> String {
    let examples: String =
        entry.examples().map(|(code, value)| format!("  example: {code}  // {value}\n")).collect();
    let doc = wrapped(entry.doc, COLUMNS - 2).join("\n  ");
    format!("{}\n  {doc}\n{examples}\n", entry.signature())
}

/// Texts that have all words of a query, names first: what they are about, and their first sentence.
fn texts(host: &Host, library: &[Script], query: &str) -> Vec<(String, String)> {
    let mut known: Vec<(String, String)> = Vec::new();
    known.extend(host.table.entries().iter().map(|entry| (entry.path(), entry.doc.to_string())));
    for script in library {
        known.push((script.path(), script.summary.clone()));
        let functions = script.functions.iter();
        known.extend(functions.map(|function| (function.signature.clone(), function.doc.clone())));
    }
    known.extend(plugins(host));
    known.extend(commands());
    let words: Vec<String> = query.split_whitespace().map(stem).collect();
    let has_all = |text: &str| {
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    known.dedup();
    let (mut first, rest): (Vec<_>, Vec<_>) = known.into_iter().partition(|(name, _)| has_all(name));
    first.extend(rest.into_iter().filter(|(name, text)| has_all(&format!("{name} {text}"))));
    first.into_iter().map(|(name, text)| (name, sentence(&text, &words))).collect()
}

/// A word as texts may have it: `stopping` finds `stop`.
fn stem(word: &str) -> String {
    let word = word.to_lowercase();
    let stem = word.strip_suffix("ing").or_else(|| word.strip_suffix('s')).unwrap_or(&word);
    let doubled = stem.chars().rev().take(2).collect::<Vec<_>>();
    match doubled.as_slice() {
        [last, before] if stem.len() > 3 && last == before && word.ends_with("ing") => {
            stem[..stem.len() - 1].to_string()
        }
        _ if stem.len() > 2 => stem.to_string(),
        _ => word,
    }
}

/// The sentence of a text that has the most of the words; the first one, where several do.
fn sentence(text: &str, words: &[String]) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let count = |sentence: &&str| {
        let sentence = sentence.to_lowercase();
        words.iter().filter(|word| sentence.contains(word.as_str())).count()
    };
    let sentences: Vec<&str> = text.split_inclusive(". ").collect();
    sentences.iter().rev().copied().max_by_key(count).unwrap_or_default().trim().to_string()
}

/// The headers and the settings of the plugins that are built in.
fn plugins(host: &Host) -> Vec<(String, String)> {
    let folder = Path::new(library::BUILT_IN).join("plugins");
    let mut found = Vec::new();
    for name in library::scripts_below(&folder) {
        let Ok(source) = Source::read(&folder.join(format!("{name}.rhai"))) else { continue };
        let Ok(ast) = host.engine.compile(&*source.text) else { continue };
        let Ok(Some(declaration)) = settings::declared(&host.engine, &source, &ast) else { continue };
        found.push((format!("the plugin {name}"), declaration.summary.join(" ")));
        let settings = declaration.settings.into_iter();
        found.extend(settings.map(|s| (format!("the setting {} of {name}", s.name), s.meaning)));
    }
    found
}

/// The commands and their options.
fn commands() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for command in Cli::command().get_subcommands() {
        let name = format!("host {}", command.get_name());
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        found.push((name.clone(), about));
        for argument in command.get_arguments() {
            if let (Some(long), Some(help)) = (argument.get_long(), argument.get_help()) {
                found.push((format!("{name} --{long}"), help.to_string()));
            }
        }
    }
    found
}

fn unknown(table: &Table, name: &str) -> Error {
    let commands = Cli::command();
    let commands = commands.get_subcommands().map(|command| command.get_name().to_owned());
    let names: Vec<_> = table.entries().iter().flat_map(|e| [e.path(), bare(e)]).chain(commands).collect();
    let torch: Vec<_> = pytorch::names().map(|(name, _)| name).collect();
    let near = did_you_mean(name, names.iter().map(String::as_str));
    let near = near.or_else(|| did_you_mean(pytorch::last(name), torch));
    Error::usage(
        format!("there is no command or script function `{name}`, and no text has these words"),
        near.unwrap_or_else(|| "`host --help` lists the commands, `host help` the functions".into()),
    )
}
