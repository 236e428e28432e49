//! Wrong input of every kind ends in an error that says what came and what was expected, never in a crash.

mod absurd;
mod disk;
mod files;
mod limits;
mod named;
mod output;
mod outputs;
mod paths;
mod script;
mod settings;
mod stops;
