//! `host export`

use std::path::Path;

use super::{args::ExportArgs, outcome::Outcome, runs::tell_damaged};
use crate::{
    error::{Error, Result},
    export::tensorboard,
    run::{Status, shell_quoted},
    study::{found::find, named},
};

/// Writes runs in the format of another program, and prints the folders that it wrote.
pub fn run(args: &ExportArgs) -> Result<Outcome> {
    let (mut written, mut waiting) = (0, 0);
    for named in &args.runs {
        // The name of a sweep or run is part of that of the target, also where it is given as `.`.
        let folder = named::find(named)?;
        let found = find(std::slice::from_ref(&folder))?;
        tell_damaged(&found);
        for run in found.runs {
            if run.status == Status::Queued {
                waiting += 1;
                continue;
            }
            let target = tensorboard::target(&folder, &run.path, &args.tensorboard);
            tensorboard::write(&run.path, &target)?;
            out!("{}", target.display());
            written += 1;
        }
    }
    if waiting > 0 {
        let runs = if waiting == 1 { "run has" } else { "runs have" };
        err!("left out: {waiting} {runs} not begun");
    }
    if written == 0 {
        return Err(nothing(&args.runs[0]));
    }
    err!("to look at them: tensorboard --logdir {}", shell_quoted(&args.tensorboard.display().to_string()));
    Ok(Outcome::Done)
}

fn nothing(named: &Path) -> Error {
    Error::usage(
        format!("there is no run to export in {}", named.display()),
        "give the folder of a run or a sweep, or one with runs in or below it; `host runs` lists them",
    )
}
