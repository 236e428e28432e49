//! What is new on a page since its script asked last. The server remembers nothing of who asks: a version
//! has a checksum of each part, and says what the other side has.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use serde::Serialize;

use super::{
    answer::{self, Answer},
    query::Query,
};
use crate::page::{Chart, Page, Section};

/// The names of what the script asks with.
const FORMAT: &str = "format";
const SINCE: &str = "since";

/// The section whose cards the script makes of the charts.
const CHARTS: &str = "metrics";

#[derive(Serialize)]
struct News<'a> {
    version: String,
    /// Whether the page has to be loaded anew.
    reload: bool,
    title: &'a str,
    sections: Vec<&'a Section>,
    charts: Vec<&'a Chart>,
}

/// Whether a request is one of the script.
pub fn is_asked(query: &Query) -> bool {
    query.get(FORMAT) == Some("json")
}

/// The address of a page for its script; `path` is where the page is.
pub fn url(path: &str, query: &Query) -> String {
    format!("{path}{}", query.without(&[FORMAT, SINCE]).and(FORMAT, "json").to_url())
}

/// The parts of a page that are others than the version in `query` says; all where it names none.
pub fn news(page: &Page, query: &Query) -> Answer {
    let known: Vec<&str> = query.get(SINCE).unwrap_or_default().split('.').collect();
    let sections = page.sections.iter().map(|section| checksum(&section.html));
    let charts = page.charts.iter().map(|chart| checksum(&serde_json::to_string(chart).unwrap_or_default()));
    let curves = [checksum(&curves(page))];
    let sums: Vec<String> = curves.into_iter().chain(sections).chain(charts).collect();
    // A page with other parts is another page.
    let is_same_page = known.len() == sums.len();
    if is_same_page && known == sums {
        return answer::nothing();
    }
    let is_new = |at: usize| !is_same_page || known[at + 1] != sums[at + 1];
    let sections = page.sections.iter().enumerate().filter(|(i, section)| section.id != CHARTS && is_new(*i));
    let first = page.sections.len();
    let charts = page.charts.iter().enumerate().filter(|(i, _)| is_new(first + i));
    let news = News {
        version: sums.join("."),
        reload: known.first().is_some_and(|known| !known.is_empty() && *known != sums[0]),
        title: &page.title,
        sections: sections.map(|(_, section)| section).collect(),
        charts: charts.map(|(_, chart)| chart).collect(),
    };
    // Only a map with keys that are no texts could fail, and there is none.
    answer::json(serde_json::to_string(&news).unwrap_or_default())
}

/// The names of the curves that a page has a key of.
fn curves(page: &Page) -> String {
    let names = page.charts.iter().flat_map(|chart| &chart.curves).map(|curve| curve.name.as_str());
    names.filter(|name| !name.is_empty()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("\n")
}

fn checksum(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}
