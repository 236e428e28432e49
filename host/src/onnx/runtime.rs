//! The ONNX Runtime library of this process.

use std::{
    error::Error as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Mutex,
};

use ops::panic_text;
use ort::{LoadDynamicError, environment::Environment, logging::LogLevel};

use super::locate::{HELP, locate};
use crate::error::{Error, Result, locked};

/// A loaded ONNX Runtime library. There is one a process.
#[derive(Clone, Debug)]
pub struct Runtime {
    path: PathBuf,
    pub(super) environment: Environment,
}

/// Kept until the process ends: ONNX Runtime allows one environment, once.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

impl Runtime {
    /// The process's library, which the first call looks for (see [`locate`]) and loads.
    ///
    /// # Errors
    /// No library; a file that is no ONNX Runtime of version 1.31 or later; a `library` other than the one
    /// already loaded. A failed call may be followed by a better one.
    pub fn get(library: Option<&Path>) -> Result<Self> {
        let mut loaded = locked(&LOADED);
        if let Some(runtime) = &*loaded {
            return runtime.clone().only(library);
        }
        // The path is absolute, so that ort looks nowhere else.
        let runtime = Self::load(locate(library)?)?;
        Ok(loaded.insert(runtime).clone())
    }

    /// The library's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn load(path: PathBuf) -> Result<Self> {
        let environment = guarded(|| {
            let builder = ort::init_from(&path).map_err(unusable)?;
            // No telemetry: the library is to do what it is asked and nothing else.
            builder.with_telemetry(false).build().map_err(|error| error.to_string())
        })
        .map_err(|problem| {
            let problem = format!("cannot load ONNX Runtime from {}: {problem}", path.display());
            Error::usage(problem, HELP)
        })?;
        // What ONNX Runtime logs as an error it returns too; ORT_LOG=info and the like show it all.
        if std::env::var_os("ORT_LOG").is_none() {
            environment.set_log_level(LogLevel::Fatal);
        }
        Ok(Self { path, environment })
    }

    /// This runtime, unless `library` names another file.
    fn only(self, library: Option<&Path>) -> Result<Self> {
        if library.is_none() || locate(library)? == self.path {
            return Ok(self);
        }
        let problem = format!("ONNX Runtime is already loaded from {}", self.path.display());
        Err(Error::usage(problem, "use one library in one process"))
    }
}

/// What `call` gives, its error or its panic as text: ort asserts what the library promises, and a
/// library that breaks a promise must not end the process.
pub(super) fn guarded<T, E: ToString>(call: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(message_of(panic_text(&*panic)).to_owned()),
    }
}

/// What the library said, of an assertion that prints the whole error: `infallible: Error { .., message:
/// "..", .. }`.
fn message_of(panic: &str) -> &str {
    let message = panic.split_once("message: \"").and_then(|(_, rest)| rest.split_once("\", ptr: "));
    message.map_or(panic, |(message, _)| message)
}

/// What is wrong with a file that is no library of ONNX Runtime, or none of a fitting version.
fn unusable(error: LoadDynamicError) -> String {
    match error {
        LoadDynamicError::Dlopen { error, .. } => error.source().unwrap_or(&error).to_string(),
        LoadDynamicError::MissingApi { .. } => "it is another library".to_owned(),
        LoadDynamicError::BadVersion { version_str, .. } => {
            format!("it is version {version_str}, expected 1.{} or later", ort::MINOR_VERSION)
        }
        other => other.to_string(),
    }
}
