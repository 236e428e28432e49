//! The settings of a plugin: `let cfg = params(#{ epochs: 3, /* meaning */ … });`.
//!
//! Its `params` call is the only place that declares them. The default's type is the setting's type,
//! the comment on its line is its meaning, and a value comes from the command line, else the config
//! file, else the preset, else the default.

mod comments;
pub mod declare;
mod declared;
pub mod given;
mod resolve;
mod rules;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use declare::{Declaration, Setting, declared};
pub use declared::{DECLARING, Declared, NamedPath};
pub use resolve::{
    ChosenValue, LikeRun, ROUND, ResolvedSettings, SWEEP, SettingSources, TABLE, ValueOrigin, resolve,
};
pub use rules::SettingRule;
pub use table::{defaults, paper_values, table, to_json, to_toml};
pub use value::{SettingValue, split_items};
