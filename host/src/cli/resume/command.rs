//! Records of runs that were made before records had arguments: they have the command line, word by word.

use clap::Parser;

use crate::{
    error::{Error, Result},
    run::Arguments,
};

/// The command line of `host run` as it was then. It never changes: newer runs have their arguments in the
/// record.
#[derive(Debug, Parser)]
struct CommandWords {
    #[arg(value_parser = ["run"])]
    _command: String,
    plugin: String,
    _settings: Vec<String>,
    #[arg(long)]
    preset: Option<String>,
    #[arg(long)]
    config: Option<String>,
    #[arg(long = "seed")]
    _seed: Option<String>,
    #[arg(long, default_value = "cpu")]
    device: String,
    #[arg(long = "out")]
    _out: Option<String>,
    #[arg(long)]
    data: Option<String>,
    #[arg(long)]
    allow_read: Vec<String>,
    #[arg(long = "deadline")]
    _deadline: Option<String>,
    #[arg(long = "checkpoint-every")]
    _checkpoint_every: Option<String>,
    #[arg(long)]
    stop_on_nan: bool,
    #[arg(long = "max-operations")]
    _max_operations: Option<String>,
    #[arg(long)]
    onnxruntime: Option<String>,
    #[arg(long = "quiet")]
    _quiet: bool,
}

/// The arguments in a command line of that form, those that `host resume` needs.
///
/// # Errors
/// [`Error::Usage`] for any other.
pub fn arguments(command: &[String]) -> Result<Arguments> {
    let words = CommandWords::try_parse_from(command).map_err(|_| {
        Error::usage("the command in run.json is not that of a run", "start a new run with `host run`")
    })?;
    Ok(Arguments {
        plugin: words.plugin,
        device: words.device,
        preset: words.preset,
        config: words.config,
        data: words.data,
        allow_read: words.allow_read,
        onnxruntime: words.onnxruntime,
        stop_on_nan: words.stop_on_nan,
        ..Arguments::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(command: &str) -> Result<Arguments> {
        arguments(&command.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_matters_is_read_from_a_command_line() {
        let found = read(
            "/bin/host run own.rhai a=1 b=--x --seed 7 --device=auto --out o --data d --allow-read e \
             --allow-read=f --preset p --config c.toml --deadline 1h --checkpoint-every 0s --stop-on-nan \
             --max-operations 5 --onnxruntime l.so --quiet",
        );
        let expected = Arguments {
            plugin: "own.rhai".into(),
            device: "auto".into(),
            preset: Some("p".into()),
            config: Some("c.toml".into()),
            data: Some("d".into()),
            allow_read: vec!["e".into(), "f".into()],
            onnxruntime: Some("l.so".into()),
            stop_on_nan: true,
            ..Arguments::default()
        };
        assert_eq!(found.unwrap(), expected);
        assert_eq!(read("host run own").unwrap().device, "cpu");
    }

    #[test]
    fn other_commands_are_refused() {
        for command in ["host", "host resume runs/a", "host run", "host run own --new", "host run own --data"]
        {
            let error = read(command).unwrap_err().to_string();
            assert!(error.starts_with("the command in run.json is not that of a run"), "{error}");
        }
    }
}
