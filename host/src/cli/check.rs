//! `host check`

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{outcome::Outcome, plugin};
use crate::{
    error::Result,
    host::Host,
    run::Progress,
    script::{self, Finding, Limits, Resolver, Scripts, Source, settings},
    session::{Options, Session},
    sweep,
};

/// Prints everything that can be seen to be wrong with a plugin and its presets.
pub fn run(plugin: &Path, json: bool) -> Result<Outcome> {
    let path = plugin::find(plugin)?;
    let source = Source::read(&path)?;
    let options = Options { scripts: plugin::script_folders(&path), ..Options::default() };
    let resolver = Resolver::new(&path, &options.scripts, Scripts::default());
    let host =
        Host::assemble(Session::new(options, Progress::quiet()), Some(&path), Limits::default(), |_| {});
    let findings = script::check::check(&host.engine, &source, &|import| resolver.read(import));
    let wrong = presets(&host, &source, &path);
    let count = findings.len() + wrong.len();
    let outcome = if count == 0 { Outcome::Done } else { Outcome::Failed };
    if json {
        findings.iter().for_each(|finding| out!("{}", facts(finding)));
        wrong.iter().for_each(|problem| out!("{}", json!({ "message": problem })));
        return Ok(outcome);
    }
    let rendered = |finding: &Finding| {
        let text = Source::read(Path::new(&finding.file)).ok().map(|source| source.text);
        finding.render(text.as_deref())
    };
    for finding in findings.iter().map(rendered).chain(wrong) {
        out!("{finding}\n");
    }
    match count {
        0 => out!("{}: nothing wrong was found", path.display()),
        1 => out!("1 finding"),
        n => out!("{n} findings"),
    }
    Ok(outcome)
}

/// A finding for programs; line and column count from 1.
fn facts(finding: &Finding) -> serde_json::Value {
    json!({
        "file": finding.file,
        "line": finding.position.line(),
        "column": finding.position.position(),
        "message": finding.problem.message,
        "help": finding.problem.help,
    })
}

/// What is wrong with a plugin's presets: keys and values that its settings do not take.
fn presets(host: &Host, source: &Source, path: &Path) -> Vec<String> {
    let ast = host.engine.compile(&*source.text).ok();
    let declaration = ast.and_then(|ast| settings::declared(&host.engine, source, &ast).ok().flatten());
    let Some(declaration) = declaration else { return Vec::new() };
    let wrong = |preset: PathBuf| {
        let sources = settings::SettingSources {
            preset: Some(preset.clone()),
            skips_sections: true,
            ..settings::SettingSources::default()
        };
        let checked = settings::resolve(&declaration, &sources)
            .and_then(|base| sweep::check(&declaration.settings, &base, &preset));
        checked.err().map(|error| error.to_string())
    };
    plugin::presets(path).into_iter().filter_map(|(_, preset)| wrong(preset)).collect()
}
