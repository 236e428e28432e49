//! `host check`

use std::path::Path;

use super::{outcome::Outcome, plugin};
use crate::{
    error::Result,
    host::Host,
    run::{Mode, Progress},
    script::{self, Limits, Resolver, Scripts, Source},
    session::{Options, Session},
};

/// Prints everything that can be seen to be wrong with a plugin.
pub fn run(plugin: &Path) -> Result<Outcome> {
    let path = plugin::find(plugin)?;
    let source = Source::read(&path)?;
    let options = Options { scripts: plugin::script_folders(&path), ..Options::default() };
    let resolver = Resolver::new(&path, &options.scripts, Scripts::default());
    let host = Host::assemble(
        Session::new(options, Progress::new(Mode::Quiet)),
        Some(&path),
        Limits::default(),
        |_| {},
    );
    let findings = script::check::check(&host.engine, &source, &|import| resolver.read(import));
    for finding in &findings {
        let text = Source::read(Path::new(&finding.file)).ok().map(|source| source.text);
        out!("{}\n", finding.render(text.as_deref()));
    }
    match findings.len() {
        0 => out!("{}: nothing wrong was found", path.display()),
        1 => out!("1 finding"),
        n => out!("{n} findings"),
    }
    Ok(if findings.is_empty() { Outcome::Done } else { Outcome::Failed })
}
