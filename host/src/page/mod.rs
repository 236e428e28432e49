//! The page of a run, and that of a comparison: HTML that needs no script, and one script that makes its
//! curves and figures answer. `report.html` is this page with everything in it.

mod chart;
mod comparison;
mod curve;
mod document;
mod figures;
mod files;
mod folder;
mod html;
mod record;
mod reduced;
mod report;
mod run_page;
mod settings;

#[cfg(test)]
mod tests;

pub use chart::Chart;
pub use comparison::{Compared, compared, comparison, html_table};
pub use document::{Page, Section, policy};
pub use figures::Pictures;
pub use html::{escape, facts, heads, note, row, table_of, url};
pub use report::{FILE, Rewriter, write, write_as};
pub use run_page::run_page;
