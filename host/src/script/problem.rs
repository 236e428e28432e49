//! Errors of scripts: the message and the help stay separate on their way through Rhai.
//!
//! A run-time error of Rhai carries a value. `catch (e)` hands that value to the script, so it has to be a
//! string: the message followed by the help. The tag that Rhai keeps with every value stores where the help
//! begins.

use rhai::{Dynamic, EvalAltResult, Position};

use crate::{
    error::{Error, FAULT, REPORT},
    files::{self, HELP},
};

/// The result of functions that scripts call.
pub type ScriptResult<T = Dynamic> = std::result::Result<T, Box<EvalAltResult>>;

/// What a script that was asked to stop ends with.
pub const INTERRUPTED: &str = "the run was stopped: interrupted";

/// What an error says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What came and what was expected.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

impl Problem {
    /// A problem, and the way out.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    /// What the value of an error says; `text` is the value as it prints.
    pub fn of(value: &Dynamic, text: &str) -> Self {
        let end = usize::try_from(value.tag()).unwrap_or(0);
        match (text.get(..end), text.get(end..).and_then(|rest| rest.strip_prefix(HELP))) {
            (Some(message), Some(help)) => Self::new(message, help),
            // Without a tag it is a text that the script made of a caught one: `throw "own: " + e`.
            _ => {
                let (message, help) = text.split_once(HELP).unwrap_or((text, ""));
                Self::new(message, help)
            }
        }
    }

    /// As an error that a script can catch; the engine adds the position.
    pub fn error(self) -> Box<EvalAltResult> {
        EvalAltResult::ErrorRuntime(self.into(), Position::NONE).into()
    }

    /// As the end of a script, whatever it does about errors.
    pub fn end(self) -> Box<EvalAltResult> {
        EvalAltResult::ErrorTerminated(self.into(), Position::NONE).into()
    }
}

impl From<Problem> for Dynamic {
    fn from(problem: Problem) -> Self {
        if problem.help.is_empty() {
            return problem.message.into();
        }
        let end = problem.message.len();
        let mut value: Self = (problem.message + HELP + problem.help.as_str()).into();
        value.set_tag(end.try_into().unwrap_or(0));
        value
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Files(files::Error::Usage { problem, help } | files::Error::Failed { problem, help }) => {
                Self::new(problem, help)
            }
            Error::Fault(text) => Self::new(format!("{FAULT}: {text}"), REPORT),
            other => Self::new(other.to_string(), ""),
        }
    }
}

/// The end of a script that was asked to stop.
pub fn interrupted() -> Box<EvalAltResult> {
    Problem::new(INTERRUPTED, "").end()
}

/// An error of the host as an error of the script.
pub fn raised(error: Error) -> Box<EvalAltResult> {
    match error {
        Error::Script(error) => error,
        Error::Ops(ops::Error::Interrupted) => interrupted(),
        other => Problem::from(other).error(),
    }
}

#[cfg(test)]
mod tests {
    use rhai::Engine;

    use super::*;

    /// What is known of an error after a script had it.
    fn kept(problem: &Problem, script: &str) -> Problem {
        let mut engine = Engine::new();
        let raised = problem.clone();
        engine.register_fn("fail", move || -> Result<(), Box<EvalAltResult>> { Err(raised.clone().error()) });
        let error = engine.run(script).unwrap_err();
        let EvalAltResult::ErrorRuntime(value, _) = error.unwrap_inner() else { panic!("{error}") };
        Problem::of(value, &value.to_string())
    }

    #[test]
    fn a_problem_is_whole_after_a_script() {
        let of = |message: &str, help: &str| Problem::new(message, help);
        for problem in [of("é: no", "say yes"), of("no", ""), of("no\n  help: not this", "but this")] {
            assert_eq!(kept(&problem, "fail()"), problem);
            assert_eq!(kept(&problem, "try { fail() } catch (e) { throw e }"), problem);
            assert_eq!(kept(&problem, "let f = || fail(); try { f.call() } catch (e) { throw e }"), problem);
        }
        // A new variable loses the tag, and the text is split as one of the script's own.
        let problem = of("no", "say yes");
        assert_eq!(kept(&problem, "try { fail() } catch (e) { let text = e; throw text }"), problem);
    }

    #[test]
    fn a_script_catches_a_text() {
        let problem = Problem::new("no", "say yes");
        let script = r#"
            try { fail() } catch (e) {
                if type_of(e) != "string" || `${e}` != "no\n  help: say yes" { throw "another" }
                throw "own: " + e;
            }"#;
        assert_eq!(kept(&problem, script), Problem::new("own: no", "say yes"));
    }
}
