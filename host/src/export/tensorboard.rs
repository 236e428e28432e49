//! Event files, which TensorBoard shows: metrics as scalars, figures as images, settings, tables and scripts
//! as texts, settings as hyperparameters.

mod event;
mod message;

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde_json::Value as Json;

use crate::{
    error::{Error, Result},
    files::write_whole,
    run::{LoggedMetrics, Record, TableCell, from_csv, seconds_of, to_markdown},
    study::{
        found::{RUNS, is_run},
        summary::METRICS,
    },
};
use event::EventFile;

/// Where the events of a run go that was found in or below `named`: `DIR/RUN` or, for one of a sweep,
/// `DIR/SWEEP/RUN`.
pub fn target(named: &Path, run: &Path, folder: &Path) -> PathBuf {
    let inside = run.strip_prefix(named).unwrap_or(run);
    let parts = named.file_name().into_iter().chain(inside).filter(|part| *part != RUNS);
    parts.fold(folder.to_owned(), |path, part| path.join(part))
}

/// Writes the events of a run into the folder `target`, which is made, in place of those that were there.
///
/// Steps are those of the metrics; of figures the number at the end of their names. Times are those of the
/// run's own clock, which stands still while it waits to be resumed.
///
/// # Errors
/// The run cannot be read; the folder is that of a run, or cannot be written to.
pub fn write(run: &Path, target: &Path) -> Result<()> {
    if is_run(target) {
        let problem = format!("{} is the folder of a run", target.display());
        return Err(Error::usage(problem, "give --tensorboard a folder of its own"));
    }
    let record = Record::read(run)?;
    let start = seconds_of(&record.started);
    let mut events = EventFile::new(start);
    events.session_start(start, &hyperparameters(&record));
    for (tag, text) in texts(run, &record)? {
        events.text(start, &tag, &text);
    }
    for metric in LoggedMetrics::read(&run.join(METRICS))?.all {
        for (&(step, value), time) in metric.points.iter().zip(&metric.times) {
            events.scalar(start + time.max(0.0), step as u64, &metric.name, value);
        }
    }
    images(run, &mut events)?;
    if record.status.is_over() {
        events.session_end(start + record.seconds, record.status);
    }
    fs::create_dir_all(target).map_err(Error::io(target))?;
    // The same name each time: a second export does not show everything twice.
    let name = format!("events.out.tfevents.{:010}.host", start as u64);
    Ok(write_whole(&target.join(name), &events.bytes)?)
}

/// All settings, and the seed.
fn hyperparameters(record: &Record) -> Vec<(String, Json)> {
    let settings = record.settings.iter().map(|(name, value)| (name.clone(), value.clone()));
    settings.chain([("seed".to_owned(), record.seed.into())]).collect()
}

/// Tags and texts in Markdown.
fn texts(run: &Path, record: &Record) -> Result<Vec<(String, String)>> {
    let cell = |text: &str| TableCell::Text(text.to_owned());
    let meaning = |name: &str| record.setting_meanings.get(name).and_then(Json::as_str).unwrap_or_default();
    let setting = |(name, value): (&String, &Json)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        vec![cell(name), cell(&value), cell(meaning(name))]
    };
    let head = vec![cell("setting"), cell("value"), cell("meaning")];
    let rows: Vec<_> = [head].into_iter().chain(record.settings.iter().map(setting)).collect();
    let mut texts = vec![("settings".to_owned(), to_markdown(&rows))];
    for script in &record.scripts {
        // A fence that is longer than any in the text.
        let longest = script.text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        texts.push((format!("script/{}", script.path), format!("{fence}\n{}\n{fence}\n", script.text)));
    }
    for path in files(&run.join("tables"), "csv")? {
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        texts.push((format!("table/{}", stem(&path)), to_markdown(&from_csv(&text))));
    }
    Ok(texts)
}

/// Adds the figures, those of one name in the order of their steps.
fn images(run: &Path, events: &mut EventFile) -> Result<()> {
    let mut figures: Vec<_> = files(&run.join("figures"), "png")?
        .into_iter()
        .map(|path| {
            let (tag, step) = numbered(&stem(&path));
            (tag, step, path)
        })
        .collect();
    figures.sort();
    for (tag, step, path) in figures {
        let png = fs::read(&path).map_err(Error::io(&path))?;
        let changed = path.metadata().and_then(|facts| facts.modified()).map_err(Error::io(&path))?;
        let time = changed.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        events.image(time, step.into(), &tag, png);
    }
    Ok(())
}

/// `iteration-10` is step 10 of `iteration`; what has no number is at step 0.
fn numbered(name: &str) -> (String, u32) {
    let split = name.rsplit_once(['-', '_']).filter(|(tag, _)| !tag.is_empty());
    let numbered = split.and_then(|(tag, number)| Some((tag.to_owned(), number.parse().ok()?)));
    numbered.unwrap_or_else(|| (name.to_owned(), 0))
}

/// The files in a folder whose names end so, by name; none without the folder.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(problem) if problem.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io(folder))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io(folder))?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_hidden && path.extension().is_some_and(|end| end == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_into_a_folder_for_each_run() {
        let target = |named: &str, run: &str| target(Path::new(named), Path::new(run), Path::new("tb"));
        assert_eq!(target("runs/dtan-1a", "runs/dtan-1a"), Path::new("tb/dtan-1a"));
        assert_eq!(target("runs", "runs/dtan-1a"), Path::new("tb/dtan-1a"));
        assert_eq!(target("sweeps/dtan-1", "sweeps/dtan-1/runs/lr=1"), Path::new("tb/dtan-1/lr=1"));
        assert_eq!(target("sweeps", "sweeps/dtan-1/runs/lr=1"), Path::new("tb/sweeps/dtan-1/lr=1"));
    }

    #[test]
    fn the_number_of_a_figure_is_its_step() {
        let numbered = |name: &str| numbered(name);
        assert_eq!(numbered("iteration-10"), ("iteration".into(), 10));
        assert_eq!(numbered("real_and_made_3"), ("real_and_made".into(), 3));
        for name in ["loss", "fid-a", "-3", "a-1.5", "a-99999999999999999999"] {
            assert_eq!(numbered(name), (name.into(), 0));
        }
    }
}
