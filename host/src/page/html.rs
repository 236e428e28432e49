//! Texts, tables and bytes as they stand in a page.

use std::fmt::Write;

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// `text` as it can stand in an element or a quoted attribute. Control characters, which no page
/// may hold, become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' | '\t' => html.push(c),
            c if c.is_control() => html.push('\u{fffd}'),
            c => html.push(c),
        }
    }
    html
}

/// RFC 4648 base64, with padding.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A path's `d` through points; a point that is not finite starts a new stretch.
pub fn path_data(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut data = String::new();
    let mut pen = 'M';
    for (x, y) in points {
        if y.is_finite() {
            // Writing to a string cannot fail.
            let _ = write!(data, "{pen}{x:.1} {y:.1}");
            pen = 'L';
        } else {
            pen = 'M';
        }
    }
    data
}

/// `path` as a link from the page beside it, whatever is in it.
pub fn url(path: &str) -> String {
    let mut url = String::from("./"); // so that no name is taken for a scheme
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => url.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => url.push(byte.into()),
            // Writing to a string cannot fail.
            byte => drop(write!(url, "%{byte:02X}")),
        }
    }
    url
}

/// HTML with its tags around it; nothing around nothing.
pub fn within(opening: &str, html: &str, closing: &str) -> String {
    if html.is_empty() { String::new() } else { format!("{opening}{html}{closing}") }
}

/// Preformatted text, which scrolls; none for no text.
pub fn block(class: &str, label: &str, text: &str) -> String {
    let opening = format!("<pre class=\"{class}\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">");
    within(&opening, &escape(text), "</pre>\n")
}

/// A remark of the page's own; none for no text.
pub fn note(text: &str) -> String {
    within("<p class=\"note\">", &escape(text), "</p>\n")
}

/// Names and values beside each other, below a headline; those without a value are left out.
pub fn facts(known: &[(&str, String)]) -> String {
    let shown =
        |(name, fact): &(&str, String)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(fact));
    let shown: String = known.iter().filter(|(_, fact)| !fact.is_empty()).map(shown).collect();
    format!("<dl class=\"facts\">{shown}</dl>")
}

/// Names and values; none without rows.
pub fn table(label: &str, rows: &[(String, String)]) -> String {
    let row = |(name, value): &(String, String)| row(name, &format!("<td>{}</td>", escape(value)));
    table_of(label, "", &rows.iter().map(row).collect::<String>())
}

/// Rows of HTML below the names of their columns, which scroll where they are too wide; none without rows.
pub fn table_of(label: &str, heads: &str, rows: &str) -> String {
    let heads = within("<thead>", heads, "</thead>\n");
    let opening = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>{heads}<tbody>\n",
        escape(label)
    );
    within(&opening, rows, "</tbody></table></div>\n")
}

/// The names of columns; an empty one is no head.
pub fn heads(names: &[&str]) -> String {
    let head = |name: &&str| match *name {
        "" => "<td></td>".to_owned(),
        name => format!("<th scope=\"col\">{}</th>", escape(name)),
    };
    format!("<tr>{}</tr>", names.iter().map(head).collect::<String>())
}

/// A row of a table: its name, and the HTML of its other cells.
pub fn row(name: &str, cells: &str) -> String {
    format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(name))
}
