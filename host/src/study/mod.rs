//! What many runs say together: found, filtered, listed, compared.

pub mod columns;
pub mod compare;
pub mod filter;
pub mod found;
mod index;
pub mod list;
pub mod metric;
pub mod named;
pub mod notes;
pub mod quantity;
pub mod remove;
mod statistics;
pub mod summary;
pub mod table;

pub use statistics::Estimate;
pub use summary::RunSummary;
