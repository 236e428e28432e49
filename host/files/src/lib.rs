//! Files: opened in one place, written whole or not at all, named and hashed. And the error of all that reads
//! or writes them.

// A library prints nothing.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod error;
mod hash;
mod name;
pub mod reading;
mod whole;

pub use error::{Error, HELP, Result};
pub use hash::{sha256, sha256_of_file};
pub use name::{cleaned, safe_name};
pub use whole::{folder_of, is_leftover, remove_leftovers, sync_folder, write_whole, write_whole_with};
