//! Pages in a real browser.

mod report;
mod served;
