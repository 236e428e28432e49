//! The figures of a run: in the order in which they were drawn, those of several steps together.

use std::fs;

use serde_json::Value;

use super::{
    folder::FoundFile,
    html::{base64, escape, url, within},
};
use crate::{
    error::{Error, Result},
    run::natural_key,
};

/// Bytes of figures that one page holds; a browser still opens such a page.
const MAX_BYTES: u64 = 64 << 20;

/// The figure that stands first, whenever it was drawn.
const OVERVIEW: &str = "overview";

/// How a page has the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// Within it, as long as it does not grow too large.
    Inside,
    /// As links to the files of the run, which the page stands beside.
    Linked,
}

/// Figures whose names differ in the number at their end, by this number; or a single one.
struct Series<'a> {
    name: String,
    figures: Vec<(Option<String>, &'a FoundFile)>,
}

/// All figures as HTML: each in a card, and the steps of one in a card together.
///
/// # Errors
/// A picture cannot be read.
pub fn figures(files: &[FoundFile], record: &Value, pictures: Pictures) -> Result<String> {
    let mut room = MAX_BYTES;
    let mut html = String::new();
    for series in series(&ordered(files, record)) {
        let is_single = series.figures.len() == 1;
        let mut all = String::new();
        for (step, file) in &series.figures {
            let step = if is_single { None } else { step.as_deref() };
            all += &figure(file, step, pictures, &mut room)?;
        }
        html += &match is_single {
            true => all,
            false => {
                let name = escape(&series.name);
                format!("<div class=\"steps\" role=\"group\" aria-label=\"{name}\">\n{all}</div>\n")
            }
        };
    }
    Ok(within("<div class=\"figures\">\n", &html, "</div>"))
}

/// The pictures as they were drawn: as the record has them, those it lacks by their times; the overview first.
fn ordered<'a>(files: &'a [FoundFile], record: &Value) -> Vec<&'a FoundFile> {
    let drawn: Vec<&str> =
        record["figures"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut figures: Vec<_> = files.iter().filter(|file| file.has_extension("png")).collect();
    figures.sort_by_cached_key(|file| {
        let stem = file.stem();
        let place = drawn.iter().position(|name| *name == stem).unwrap_or(drawn.len());
        (stem != OVERVIEW, place, file.modified, natural_key(&file.name))
    });
    figures
}

/// Each series in the place of its first figure.
fn series<'a>(figures: &[&'a FoundFile]) -> Vec<Series<'a>> {
    let mut all: Vec<Series> = Vec::new();
    for file in figures {
        let stem = file.stem();
        let (name, step) = split(&stem);
        let entry = (step.map(str::to_owned), *file);
        match all.iter_mut().find(|series| step.is_some() && series.name == name) {
            Some(series) => series.figures.push(entry),
            None => all.push(Series { name: name.to_owned(), figures: vec![entry] }),
        }
    }
    for series in &mut all {
        series.figures.sort_by_cached_key(|(_, file)| natural_key(&file.name));
    }
    all
}

/// `iteration-3` as `iteration` and `3`.
fn split(stem: &str) -> (&str, Option<&str>) {
    let name = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    match (name.strip_suffix(['-', '_']), &stem[name.len()..]) {
        (Some(name), step) if !name.is_empty() && !step.is_empty() => (name, Some(step)),
        _ => (stem, None),
    }
}

/// One figure; `step` where it is one of several.
fn figure(file: &FoundFile, step: Option<&str>, pictures: Pictures, room: &mut u64) -> Result<String> {
    let caption = escape(&file.stem());
    let step = step.map_or_else(String::new, |step| format!(" data-step=\"{}\"", escape(step)));
    let mut png = Vec::new();
    let source = match pictures {
        Pictures::Inside if file.bytes > *room => {
            let link = url(&file.name);
            return Ok(format!(
                "<figure{step}><figcaption>{caption} (too large for this page: see <a href=\"{link}\">{}</a>)\
                 </figcaption></figure>\n",
                escape(&file.name)
            ));
        }
        Pictures::Inside => {
            png = fs::read(&file.path).map_err(Error::io(&file.path))?;
            *room -= file.bytes;
            format!("data:image/png;base64,{}", base64(&png))
        }
        // Another address for another picture, so that no old one is shown.
        Pictures::Linked => {
            let since = file.modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            format!("{}?{}", url(&file.name), since.as_millis())
        }
    };
    let wide = if is_wide(&png) { " class=\"wide\"" } else { "" };
    Ok(format!(
        "<figure{wide}{step}><img alt=\"{caption}\" src=\"{source}\"><figcaption>{caption}</figcaption></figure>\n"
    ))
}

/// Whether a PNG is more than twice as wide as high, and should have a row for itself.
fn is_wide(png: &[u8]) -> bool {
    // Width and height are the first two fields of the first chunk.
    let side =
        |at: usize| png.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    u64::from(side(16)) > 2 * u64::from(side(20))
}
