//! The figures of a run: in the order in which they were drawn, those of several steps together.

use std::{
    fs::{self, File},
    io::Read as _,
    time::SystemTime,
};

use serde_json::Value;

use super::{
    folder::FoundFile,
    html::{base64, escape, note, url, within},
    reduced::reduced,
};
use crate::{
    error::{Error, Result},
    run::natural_key,
};

/// Bytes of figures that one page holds; a browser still opens such a page.
const MAX_BYTES: u64 = 64 << 20;

/// Above so many bytes of figures a page within one file shows them in 256 colours.
const EXACT_BYTES: u64 = 512 << 10;

/// What a page says of that.
const REDUCED: &str =
    "Shown in 256 colours, so that this page stays small; the files of the run have them all.";

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

/// Where a page has one picture from: [`Pictures`], and in how many colours.
#[derive(Clone, Copy)]
enum Source {
    Exact,
    Reduced,
    Link,
}

/// A figure: its PNG, and how a page shows it: as SVG where that is the smaller file.
#[derive(Clone, Copy)]
struct Figure<'a> {
    png: &'a FoundFile,
    shown: &'a FoundFile,
}

/// Figures whose names differ in the number at their end, by this number; or a single one.
struct Series<'a> {
    name: String,
    figures: Vec<(Option<String>, Figure<'a>)>,
}

/// All figures as HTML: each in a card, and the steps of one in a card together.
///
/// # Errors
/// A picture cannot be read.
pub fn figures(files: &[FoundFile], record: &Value, pictures: Pictures) -> Result<String> {
    let mut room = MAX_BYTES;
    let ordered = ordered(files, record);
    let bytes: u64 = ordered.iter().map(|figure| figure.shown.bytes).sum();
    let source = match pictures {
        Pictures::Inside if bytes > EXACT_BYTES => Source::Reduced,
        Pictures::Inside => Source::Exact,
        Pictures::Linked => Source::Link,
    };
    let mut html = match source {
        Source::Reduced => note(REDUCED),
        Source::Exact | Source::Link => String::new(),
    };
    for series in series(&ordered) {
        let is_single = series.figures.len() == 1;
        let mut all = String::new();
        for (step, one) in &series.figures {
            let step = if is_single { None } else { step.as_deref() };
            all += &figure(*one, step, source, &mut room)?;
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

/// The pictures as they were drawn: as the record has them, those it lacks by their times; the overview
/// first.
fn ordered<'a>(files: &'a [FoundFile], record: &Value) -> Vec<Figure<'a>> {
    let drawn: Vec<&str> =
        record["figures"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let shown = |png: &'a FoundFile| {
        let svg = files.iter().find(|file| file.has_extension("svg") && file.stem() == png.stem());
        Figure { png, shown: svg.filter(|svg| svg.bytes < png.bytes).unwrap_or(png) }
    };
    let mut figures: Vec<_> = files.iter().filter(|file| file.has_extension("png")).map(shown).collect();
    figures.sort_by_cached_key(|Figure { png, .. }| {
        let stem = png.stem();
        let place = drawn.iter().position(|name| *name == stem).unwrap_or(drawn.len());
        (stem != OVERVIEW, place, png.modified, natural_key(&png.name))
    });
    figures
}

/// Each series in the place of its first figure.
fn series<'a>(figures: &[Figure<'a>]) -> Vec<Series<'a>> {
    let mut all: Vec<Series> = Vec::new();
    for figure in figures {
        let stem = figure.png.stem();
        let (name, step) = split(&stem);
        let entry = (step.map(str::to_owned), *figure);
        match all.iter_mut().find(|series| step.is_some() && series.name == name) {
            Some(series) => series.figures.push(entry),
            None => all.push(Series { name: name.to_owned(), figures: vec![entry] }),
        }
    }
    for series in &mut all {
        series.figures.sort_by_cached_key(|(_, figure)| natural_key(&figure.png.name));
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
fn figure(figure: Figure, step: Option<&str>, source: Source, room: &mut u64) -> Result<String> {
    let Figure { png, shown: file } = figure;
    let caption = escape(&file.stem());
    let step = step.map_or_else(String::new, |step| format!(" data-step=\"{}\"", escape(step)));
    let mut png = File::open(&png.path).map_err(Error::io(&png.path))?;
    let mut start = [0; 24];
    let wide = if png.read_exact(&mut start).is_ok() && is_wide(&start) { " class=\"wide\"" } else { "" };
    let source = match source {
        Source::Exact | Source::Reduced if file.bytes > *room => {
            let link = url(&file.name);
            return Ok(format!(
                "<figure{step}><figcaption>{caption} (too large for this page: see <a href=\"{link}\">{}</a>)\
                 </figcaption></figure>\n",
                escape(&file.name)
            ));
        }
        Source::Exact | Source::Reduced => {
            *room -= file.bytes;
            let bytes = fs::read(&file.path).map_err(Error::io(&file.path))?;
            match (file.has_extension("svg"), source) {
                (true, _) => format!("data:image/svg+xml;base64,{}", base64(&bytes)),
                (false, Source::Reduced) => {
                    format!("data:image/png;base64,{}", base64(&reduced(file, bytes)))
                }
                (false, _) => format!("data:image/png;base64,{}", base64(&bytes)),
            }
        }
        // Another address for another picture, so that no old one is shown.
        Source::Link => {
            let since = file.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            format!("{}?{}", url(&file.name), since.as_millis())
        }
    };
    Ok(format!(
        "<figure{wide}{step}><img alt=\"{caption}\" src=\"{source}\">\
         <figcaption>{caption}</figcaption></figure>\n"
    ))
}

/// Whether a PNG that starts so is more than twice as wide as high, and should have a row for itself.
fn is_wide(start: &[u8; 24]) -> bool {
    // Width and height are the first two fields of the first chunk.
    let side = |at: usize| start[at..at + 4].iter().fold(0_u64, |side, &byte| side << 8 | u64::from(byte));
    side(16) > 2 * side(20)
}
