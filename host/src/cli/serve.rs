//! `host serve`

use std::{
    process::{Command, Stdio},
    sync::{Arc, atomic::AtomicBool},
    thread,
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag::register_conditional_shutdown,
};

use super::{args::ServeArgs, outcome::Outcome};
use crate::{
    error::{Error, Result},
    serve::{Request, Server},
};

/// What opens an address in a browser.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// The exit code after Ctrl-C. Nothing is lost: the server only reads.
const INTERRUPTED: i32 = 130;

/// Serves runs as pages until the process ends.
pub fn run(args: &ServeArgs) -> Result<Outcome> {
    let request =
        Request { folder: args.folder.as_deref(), host: &args.host, port: args.port, has_token: args.token };
    let server = Server::bind(&request)?;
    // A shell has commands that it starts in the background ignore Ctrl-C, unless they say otherwise.
    for signal in [SIGINT, SIGTERM] {
        register_conditional_shutdown(signal, INTERRUPTED, Arc::new(AtomicBool::new(true)))
            .map_err(Error::io("the signals of this process"))?;
    }
    out!("{}", server.url);
    if args.open {
        open(server.url.clone());
    }
    server.run()?;
    Ok(Outcome::Done)
}

/// Opens an address in a browser, or says that it cannot.
fn open(url: String) {
    thread::spawn(move || {
        let mut opener = Command::new(OPENER);
        opener.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let problem = match opener.status() {
            Ok(status) if status.success() => return,
            Ok(status) => format!("it ended with {status}"),
            Err(problem) => problem.to_string(),
        };
        err!("no browser could be opened with {OPENER}: {problem}; open the address yourself");
    });
}
