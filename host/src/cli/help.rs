//! `host help`: the commands, and the table of script functions, for people and for editors.

mod find;
mod pytorch;
mod reference;
mod scripts;

use clap::CommandFactory as _;

use super::{Cli, outcome::Outcome};
use crate::{
    error::Result,
    host::Host,
    script::{self, Entry, Table},
    session::Options,
    terminal::{COLUMNS, wrapped},
};

/// Prints the help of a command, a function or a module, what is found of PyTorch's names and of words in
/// texts, or an overview. Where a command and a function share a name, both are printed.
pub fn run(name: &[String], markdown: bool, definitions: bool) -> Result<Outcome> {
    let host = Host::new(Options::default());
    let table = &host.table;
    match name {
        _ if markdown => out!("{}", reference::reference(&host).trim_end()),
        _ if definitions => out!("{}", script::definitions(&host.engine)),
        [] => overview(table),
        words => {
            let command = command_help(words);
            if let Some(help) = &command {
                out!("{}", help.trim_end());
            }
            let found = find::found(&host, &words.join(" "), command.is_some())?;
            if command.is_some() && !found.is_empty() {
                out!("\nScript functions of this name:\n");
            }
            if !found.is_empty() {
                out!("{}", found.trim_end());
            }
        }
    }
    Ok(Outcome::Done)
}

fn overview(table: &Table) {
    out!(
        "Commands: host --help (host help NAME explains one)\n\n\
         Script functions (host help NAME explains one; PyTorch's names are found, too):\n"
    );
    for (module, doc) in groups(table) {
        let mut names: Vec<_> = entries(table, module).map(bare).collect();
        names.dedup();
        let title = if module.is_empty() { "without a module" } else { module };
        let title = wrapped(&format!("{title}: {doc}"), COLUMNS).join("\n");
        out!("{title}\n  {}\n", wrapped(&names.join(" "), COLUMNS - 2).join("\n  "));
    }
}

/// The script modules; the one without a name comes first.
fn groups(table: &Table) -> Vec<(&'static str, &'static str)> {
    let mut groups = vec![("", "Functions and methods without a module.")];
    groups.extend(table.modules());
    groups
}

fn entries<'a>(table: &'a Table, module: &'a str) -> impl Iterator<Item = &'a Entry> {
    table.entries().iter().filter(move |e| e.module == module)
}

/// The help of a command, which may have several words: `data get`.
fn command_help(words: &[String]) -> Option<String> {
    let mut command = Cli::command();
    command.build();
    let found = words.iter().try_fold(&mut command, |command, word| command.find_subcommand_mut(word))?;
    Some(found.render_long_help().to_string())
}

/// The name by itself, without `get`.
fn bare(entry: &Entry) -> String {
    entry.name.trim_start_matches("get ").to_owned()
}
