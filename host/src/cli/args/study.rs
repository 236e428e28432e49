//! What can be typed about many runs.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::key_value;

/// `host runs`
#[derive(Debug, Args)]
pub struct RunsArgs {
    #[command(subcommand)]
    pub action: Option<RunsCommand>,
    /// Folders with runs in or below them [default: runs and sweeps]
    #[arg(value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Only runs of which this holds: 'plugin=dtan status=failed lr<0.01 loss<0.1 tag=x'
    #[arg(long = "where", value_name = "CONDITIONS", default_value = "")]
    pub conditions: String,
    /// Sort by a setting, a metric or a fact; -NAME from the largest on
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Show these: settings, metrics (loss, loss:min), facts (run, status, age, tag)
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Print one JSON line for each run
    #[arg(long)]
    pub json: bool,
}

/// What can be done about runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Give a run a name; without a text it has none any more
    Name {
        /// The run: its folder, or the end of the folder's name
        run: PathBuf,
        /// The name
        text: Vec<String>,
    },
    /// Keep a note on a run; without a text it has none any more
    Note {
        /// The run: its folder, or the end of the folder's name
        run: PathBuf,
        /// The note
        text: Vec<String>,
    },
    /// Tag a run; -TAG removes a tag
    Tag {
        /// The run: its folder, or the end of the folder's name
        run: PathBuf,
        /// Tags
        #[arg(required = true, allow_hyphen_values = true)]
        tags: Vec<String>,
    },
    /// Remove the folders of runs
    Rm {
        /// The runs
        #[arg(required = true)]
        runs: Vec<PathBuf>,
        /// Remove them, not only say what would be removed
        #[arg(long)]
        yes: bool,
    },
}

/// `host compare`
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Runs, sweeps, and other folders with completed runs in or below them
    #[arg(value_name = "RUN|SWEEP", required = true)]
    pub runs: Vec<PathBuf>,
    /// A row for each value of these [default: all settings that differ]
    #[arg(long, value_name = "SETTING,...", value_delimiter = ',')]
    pub by: Vec<String>,
    /// A metric: loss, loss:min, loss:max, 'loss:mean of last 10' [default: last values]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub metric: Vec<String>,
    /// The row that all others are held against, seed by seed: method=none
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub baseline: Vec<(String, String)>,
    /// How it is written; html has the curves as well
    #[arg(long, value_enum, default_value = "text")]
    pub format: TableFormat,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For a terminal
    Text,
    /// Markdown
    Md,
    /// Numbers without rounding, for programs
    Csv,
    /// LaTeX, with booktabs
    Tex,
    /// Typst
    Typ,
    /// A page with the curves
    Html,
}

/// `host serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The folder that is served, with runs in or below it [default: runs and sweeps]
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// The port; 0 is any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// The address; one that other machines reach needs --token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: String,
    /// Answer only whoever has the token in the address that is printed
    #[arg(long)]
    pub token: bool,
    /// Open the page in a browser
    #[arg(long)]
    pub open: bool,
}
