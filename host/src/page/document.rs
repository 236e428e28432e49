//! The whole page: sections, the data of its charts, style and script, in one file.

use serde::Serialize;

use super::{chart::Chart, html::escape};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("chart.js");

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

/// What the page's script draws from.
#[derive(Serialize)]
struct PageData<'a> {
    charts: &'a [Chart],
}

/// A page in one file, with no request to anywhere. `live` is where its script asks for what is new, as the
/// head of `chart.js` says; none for a page that stays as it is.
pub fn document(title: &str, sections: &[Section], charts: &[Chart], live: Option<&str>) -> String {
    let title = escape(title);
    let live = live.map_or_else(String::new, |url| format!(" data-live=\"{}\"", escape(url)));
    let body: String = sections.iter().map(Section::shown).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"{live}><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\n<body><main>\n{body}</main>\n\
         <script type=\"application/json\" id=\"data\">{}</script>\n<script>{SCRIPT}</script>\n</body></html>\n",
        json(&PageData { charts })
    )
}

/// JSON that can stand in a script element: no text in it can end the element.
fn json(data: &impl Serialize) -> String {
    // Only a map with keys that are no texts could fail, and there is none.
    serde_json::to_string(data).unwrap_or_default().replace('<', "\\u003c")
}

/// Which colour is which curve, where charts have several.
pub fn keyed(names: &[String]) -> String {
    let key = |(i, name): (usize, &String)| {
        format!("<li><b class=\"key c{}\">■</b> {}</li>\n", i % super::curve::COLOURS, escape(name))
    };
    format!("<ul class=\"keys\">{}</ul>\n", names.iter().enumerate().map(key).collect::<String>())
}
