//! What a run read and what it left, with sizes and checksums.

use std::fs;

use serde_json::Value;

use super::{
    comparison::html_table,
    folder::FoundFile,
    html::{escape, heads, row, table, table_of, url},
    record::text,
    report,
};
use crate::{
    error::{Error, Result},
    run::{LOCK, byte_size, from_csv},
};

/// Data sets, and every file that was read: data, weights, models.
pub fn read(record: &Value) -> String {
    let list = |key: &str| record[key].as_array().into_iter().flatten();
    let sets: Vec<_> = list("data").map(|set| (text(&set[0]), text(&set[1]))).collect();
    let file = |file: &Value| {
        let count = file["files"].as_u64().map_or_else(String::new, |n| format!(" in {n} files"));
        let size = byte_size(file["bytes"].as_u64().unwrap_or(0));
        row(
            &text(&file["name"]),
            &format!("<td class=\"size\">{size}{count}</td>{}", checksum(&file["sha256"])),
        )
    };
    let rows: String = list("files").map(file).collect();
    let files = table_of("files that were read", &heads(&["file", "size", "SHA-256"]), &rows);
    [table("data sets", &sets), files].concat()
}

/// The files of the run's folder, as links.
pub fn left(files: &[FoundFile], record: &Value) -> String {
    let known = |name: &str| record["models"].as_array()?.iter().find(|model| model["name"] == name);
    let rows = files.iter().filter(|file| ![report::FILE, LOCK].contains(&&*file.name)).map(|file| {
        let sum = known(&file.name).map_or("<td></td>".to_owned(), |model| checksum(&model["sha256"]));
        let name = format!("<a href=\"{}\">{}</a>", url(&file.name), escape(&file.name));
        format!(
            "<tr><th scope=\"row\">{name}</th><td class=\"size\">{}</td>{sum}</tr>\n",
            byte_size(file.bytes)
        )
    });
    table_of("files", &heads(&["file", "size", "SHA-256"]), &rows.collect::<String>())
}

fn checksum(sum: &Value) -> String {
    format!("<td><code>{}</code></td>", escape(&text(sum)))
}

/// The tables in natural order, the first row of each as its heads.
///
/// # Errors
/// One cannot be read.
pub fn tables(tables: &[FoundFile]) -> Result<String> {
    let mut html = String::new();
    for file in tables.iter().filter(|file| file.has_extension("csv")) {
        let text = fs::read_to_string(&file.path).map_err(Error::io(&file.path))?;
        html += &html_table(&file.stem(), &from_csv(&text));
    }
    Ok(html)
}
