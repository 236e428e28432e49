//! The whole page: sections, the data of its charts, style and script, in one file.

use serde::Serialize;

use super::{
    chart::Chart,
    curve::COLOURS,
    html::{base64, escape},
};
use crate::files::sha256;

const STYLE: &str = include_str!("page.css");

/// In a block, so that none of its names is one of the page's.
const SCRIPT: &str = concat!(
    "\"use strict\";\n{\n",
    include_str!("script/numbers.js"),
    include_str!("script/elements.js"),
    include_str!("script/chart.js"),
    include_str!("script/page.js"),
    "}\n"
);

/// A titled part of a page. The page's script takes a new one in the place of that with the same `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    pub id: &'static str,
    /// What stands in it; nothing where there is nothing to say, and the section is hidden.
    pub html: String,
}

impl Section {
    /// `body` is HTML; without any, there is no title either.
    pub fn new(id: &'static str, title: &str, body: String) -> Self {
        let html = match (title, body.as_str()) {
            (_, "") | ("", _) => body,
            _ => format!("<h2>{title}</h2>\n{body}"),
        };
        Self { id, html }
    }

    fn shown(&self) -> String {
        let hidden = if self.html.is_empty() { " hidden" } else { "" };
        format!("<section id=\"{}\"{hidden}>{}</section>\n", self.id, self.html)
    }
}

/// A page in parts: what its script is given when something is new, too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub title: String,
    /// In the order of the page, those that are empty too.
    pub sections: Vec<Section>,
    /// The charts of the section `metrics`.
    pub charts: Vec<Chart>,
}

/// What the page's script draws from.
#[derive(Serialize)]
struct PageData<'a> {
    charts: &'a [Chart],
}

impl Page {
    /// The page in one file, with no request to anywhere. `live` is where its script asks for what is new, as
    /// the head of `page.js` says; none for a page that stays as it is.
    pub fn document(&self, live: Option<&str>) -> String {
        let title = escape(&self.title);
        let live = live.map_or_else(String::new, |url| format!(" data-live=\"{}\"", escape(url)));
        let body: String = self.sections.iter().map(Section::shown).collect();
        format!(
            "<!doctype html>\n<html lang=\"en\"{live}><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\
             <link rel=\"icon\" href=\"data:,\"><title>{title}</title><style>{STYLE}</style></head>\n\
             <body><main>\n{body}</main>\n\
             <script type=\"application/json\" id=\"data\">{}</script>\n<script>{SCRIPT}</script>\n\
             </body></html>\n",
            policy(),
            json(&PageData { charts: &self.charts })
        )
    }
}

/// What a browser lets the page do: run this very script, and nothing that a name or a text may bring; take
/// this very style; show pictures that are within it or beside it, and ask the server that it came from.
pub fn policy() -> String {
    let (script, style) = (hash(SCRIPT), hash(STYLE));
    format!(
        "default-src 'none'; script-src {script}; style-src {style}; img-src 'self' data:; \
         connect-src 'self'; base-uri 'none'; form-action 'self'"
    )
}

/// How a policy names a text.
fn hash(text: &str) -> String {
    let hex = sha256(text.as_bytes());
    let bytes = (0..hex.len()).step_by(2).filter_map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok());
    format!("'sha256-{}'", base64(&bytes.collect::<Vec<_>>()))
}

/// JSON that can stand in a script element: no text in it can end the element.
fn json(data: &impl Serialize) -> String {
    // Only a map with keys that are no texts could fail, and there is none.
    serde_json::to_string(data).unwrap_or_default().replace('<', "\\u003c")
}

/// Which colour is which curve, where charts have several.
pub fn keyed(names: &[String]) -> String {
    let key = |(i, name): (usize, &String)| {
        format!("<li><b class=\"key c{}\">■</b> {}</li>\n", i % COLOURS, escape(name))
    };
    format!("<ul class=\"keys\">{}</ul>\n", names.iter().enumerate().map(key).collect::<String>())
}
