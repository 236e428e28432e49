//! The script side: the engine with its limits, the table of functions, settings, checks, imports,
//! and errors in words.

mod callback;
pub(crate) mod called;
pub mod check;
mod comparable;
mod convert;
mod engine;
pub mod error;
mod finding;
mod function;
mod functions;
pub mod library;
mod nearest;
pub mod nesting;
mod problem;
mod resolver;
pub mod settings;
mod source;
pub mod stack;
mod standard;
mod switch;
mod table;
mod unread;

pub use callback::{Callback, own};
pub use called::definitions;
pub use comparable::{Comparable, Identity, Observer, Observers, observer};
pub(crate) use convert::script_type;
pub use convert::{ArrayItem, Dims, FromScript, IntoScript, Pair, Refusal, Triple, own_name};
pub use engine::{Limits, build, require_items};
pub use finding::{Finding, place_of, position_at};
pub use function::{Carried, Function, ParameterType, ended};
pub use functions::Functions;
pub use nearest::{did_you_mean, nearest};
pub use problem::{Problem, ScriptResult, raised};
pub use resolver::Resolver;
pub use source::{Scripts, Source};
pub use table::{Adder, Entry, Table};
