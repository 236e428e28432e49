//! A file of a run or a sweep. Runs may come from anywhere: nothing in their folders is a page of this
//! server.

use std::path::Path;

use hyper::{StatusCode, header};

use super::answer::{self, Answer, refusal, set};
use crate::{files::reading, study::found::is_run, sweep::is_sweep};

/// Files that a browser shows as text.
const TEXTS: [&str; 16] = [
    "txt", "json", "jsonl", "csv", "toml", "rhai", "md", "tex", "typ", "html", "htm", "log", "sh", "py",
    "xml", "yaml",
];

/// Files that a browser shows as pictures; an SVG runs no script with the policy that all files have.
const PICTURES: [(&str, &str); 6] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("svg", "image/svg+xml"),
];

/// Styles are drawn with in SVG; scripts, frames and requests are not allowed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// A file below the folder of a run or a sweep; other files are nobody's business here.
pub fn answer(path: &Path) -> Answer {
    let is_shown = path.ancestors().skip(1).any(|folder| {
        let folder = if folder == Path::new("") { Path::new(".") } else { folder };
        is_run(folder) || is_sweep(folder)
    });
    let opened = is_shown.then(|| reading::reopen(path).ok()).flatten();
    let Some((file, length)) = opened else {
        return refusal(StatusCode::NOT_FOUND, "There is no such file.");
    };
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let picture = PICTURES.iter().find(|(known, _)| *known == extension).map(|(_, kind)| *kind);
    let text = TEXTS.contains(&extension.as_str()).then_some("text/plain; charset=utf-8");
    let kind = picture.or(text);
    let mut answer = answer::file(file, length, kind.unwrap_or("application/octet-stream"));
    set(&mut answer, header::CONTENT_SECURITY_POLICY, POLICY);
    if kind.is_none() {
        set(&mut answer, header::CONTENT_DISPOSITION, "attachment");
    }
    answer
}
