//! What a sweep shows of its runs: `report.html`, `jobs.csv` with a row for each job, and the table that its
//! preset asks for, as `table.csv`, `table.tex` and `table.typ`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Job, JobState, Standing, Sweep, plan::PlannedRound};
use crate::{
    error::Result,
    files::write_whole,
    page::{
        Compared, FILE, Page, Section, compared, escape, facts, heads, html_table, note, row, table_of, url,
    },
    run::{Logs, TableCell, duration, to_csv, to_tex, to_typst},
    script::settings::SettingValue,
    study::{
        RunSummary,
        compare::{Origins, Request, compare},
        list::common_metrics,
        table::{PaperTable, table},
    },
};

/// A job with how it stands, and its run where that is completed.
struct Row<'a> {
    job: &'a Job,
    standing: &'a Standing,
    run: Option<RunSummary>,
}

/// Where the page of a sweep has its runs from, and what it links to.
pub struct Source<'a> {
    /// The run in a folder; none where it cannot be read.
    pub run: &'a dyn Fn(&Path) -> Option<RunSummary>,
    /// Where the page of a job's run is.
    pub link: &'a dyn Fn(&Job) -> Option<String>,
    pub logs: &'a Logs,
    /// As in a comparison's [`Request`].
    pub below: Option<PathBuf>,
}

/// Writes the files anew, and gives the table that the preset asks for, once a run of it is completed.
///
/// # Errors
/// A run or the folder cannot be read or written; the table asks for a metric that no run has.
pub fn write(sweep: &Sweep, standings: &[Standing]) -> Result<Option<PaperTable>> {
    let logs = Logs::default();
    let report = |job: &Job| {
        let report = job.run.join(FILE);
        sweep.folder.join(&report).exists().then(|| url(&report.to_string_lossy()))
    };
    let run = |folder: &Path| RunSummary::read(folder, &logs).ok();
    let source = Source { run: &run, link: &report, logs: &logs, below: None };
    let rows = rows(sweep, standings, &source);
    write_whole(&sweep.folder.join("jobs.csv"), to_csv(&job_rows(sweep, &rows)).as_bytes())?;
    let table = paper_table(sweep, &rows, &source);
    let page = page_of(sweep, &rows, &table, &source)?;
    write_whole(&sweep.folder.join(FILE), page.document(None).as_bytes())?;
    let table = table?;
    if let Some(PaperTable { rows, .. }) = &table {
        for (name, text) in [("csv", to_csv(rows)), ("tex", to_tex(rows)), ("typ", to_typst(rows))] {
            write_whole(&sweep.folder.join(format!("table.{name}")), text.as_bytes())?;
        }
    }
    Ok(table)
}

/// The page of a sweep as its jobs stand.
///
/// # Errors
/// A log cannot be read.
pub fn page(sweep: &Sweep, standings: &[Standing], source: &Source) -> Result<Page> {
    let rows = rows(sweep, standings, source);
    page_of(sweep, &rows, &paper_table(sweep, &rows, source), source)
}

fn rows<'a>(sweep: &'a Sweep, standings: &'a [Standing], source: &Source) -> Vec<Row<'a>> {
    let run = |job: &Job, standing: &Standing| {
        // One that is damaged is listed as a job without numbers.
        let run = || (source.run)(&sweep.run_folder(job));
        (standing.state == JobState::Completed).then(run).flatten()
    };
    let jobs = sweep.jobs.iter().zip(standings);
    jobs.map(|(job, standing)| Row { job, standing, run: run(job, standing) }).collect()
}

/// The table of the preset, over the completed runs of the last round.
fn paper_table(sweep: &Sweep, rows: &[Row], source: &Source) -> Result<Option<PaperTable>> {
    let (Some(spec), Some(last)) = (&sweep.plan.table, sweep.plan.round.last()) else { return Ok(None) };
    let jobs: Vec<&Row> = rows.iter().filter(|row| row.job.round == last.name).collect();
    let runs: Vec<RunSummary> = jobs.iter().filter_map(|row| row.run.clone()).collect();
    let planned: Vec<_> = jobs.iter().map(|row| typed(row.job)).collect();
    let origins = Origins::below(source.below.clone());
    (!runs.is_empty()).then(|| table(spec, runs, &planned, origins)).transpose()
}

/// The settings of a job as they are typed, and its seed.
fn typed(job: &Job) -> BTreeMap<String, String> {
    let value =
        |value: &serde_json::Value| SettingValue::from_json(value.clone()).map(|value| value.to_string());
    let settings = job.settings.iter().filter_map(|(name, json)| Some((name.clone(), value(json)?)));
    settings.chain([(super::SEED.to_owned(), job.seed.to_string())]).collect()
}

/// A row for each job: what it differs in, how it stands, its last numbers.
fn job_rows(sweep: &Sweep, rows: &[Row]) -> Vec<Vec<TableCell>> {
    let text = |text: &str| TableCell::Text(text.to_owned());
    let mut varying: Vec<&str> = Vec::new();
    for name in sweep.plan.round.iter().flat_map(|round| &round.varying) {
        if name != super::SEED && !varying.contains(&name.as_str()) {
            varying.push(name);
        }
    }
    let runs: Vec<RunSummary> = rows.iter().filter_map(|row| row.run.clone()).collect();
    let metrics = common_metrics(&runs);
    let heads = ["job", "round", "state", "seed"].iter().chain(&varying).chain(&["run", "seconds"]);
    let heads = heads.chain(&metrics).map(|head| text(head)).collect();
    let line = |row: &Row| {
        let (job, settings) = (row.job, typed(row.job));
        let mut cells = vec![TableCell::Whole(job.job as i64), text(&job.round)];
        cells.push(text(&row.standing.state.to_string()));
        cells.push(text(&job.seed.to_string()));
        cells.extend(varying.iter().map(|name| text(settings.get(*name).map_or("", String::as_str))));
        cells.push(text(&job.run.display().to_string()));
        let number = |value: Option<f64>| value.map_or_else(|| text(""), TableCell::Number);
        cells.push(number(row.run.as_ref().map(|run| run.seconds)));
        let last = |name: &&str| {
            let known = row.run.as_ref()?.metrics.iter().find(|metric| metric.name == **name)?;
            Some(known.last)
        };
        cells.extend(metrics.iter().map(|name| number(last(name))));
        cells
    };
    [heads].into_iter().chain(rows.iter().map(line)).collect()
}

fn page_of(sweep: &Sweep, rows: &[Row], table: &Result<Option<PaperTable>>, source: &Source) -> Result<Page> {
    let table = match table {
        Ok(table) => of_table(table.as_ref()),
        Err(error) => note(&error.to_string()),
    };
    let plan = &sweep.plan;
    let title = sweep.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let done = rows.iter().filter(|row| row.standing.state == JobState::Completed).count();
    let known = [
        ("plugin", plan.arguments.plugin.clone()),
        ("jobs", format!("{done} of {} completed", rows.len())),
        ("seed", plan.seed.to_string()),
        ("device", plan.arguments.device.clone()),
    ];
    let header = format!("<header><h1>{}</h1>\n{}</header>\n", escape(&title), facts(&known));
    let (mut tables, mut curves, mut charts) = (String::new(), String::new(), Vec::new());
    for round in &plan.round {
        let Some(compared) = comparison(round, rows, plan.round.len() > 1, source)? else { continue };
        let head = format!("<h3>Round {}</h3>\n", escape(&round.name));
        let head = if plan.round.len() > 1 { head } else { String::new() };
        tables += &[&*head, &compared.table].concat();
        curves += &compared.curves;
        charts.extend(compared.charts);
    }
    let sections = vec![
        Section::new("about", "", header),
        Section::new("table", "Table", table),
        Section::new("comparison", "Comparison", tables),
        Section::new("metrics", "Curves", curves),
        Section::new("jobs", "Jobs", jobs(sweep, rows, source)),
    ];
    Ok(Page { title, sections, charts })
}

fn of_table(table: Option<&PaperTable>) -> String {
    table.map_or_else(String::new, |table| html_table(&table.caption, &table.rows))
}

/// The completed runs of a round side by side.
fn comparison(
    round: &PlannedRound,
    rows: &[Row],
    is_one_of_several: bool,
    source: &Source,
) -> Result<Option<Compared>> {
    let runs = rows.iter().filter(|row| row.job.round == round.name).filter_map(|row| row.run.clone());
    let runs: Vec<RunSummary> = runs.collect();
    let prefix = if is_one_of_several { format!("{}: ", round.name) } else { String::new() };
    let request = Request { below: source.below.clone(), ..Request::default() };
    (!runs.is_empty()).then(|| compared(&compare(runs, &request)?, &prefix, source.logs)).transpose()
}

/// All jobs, with links to the pages of their runs.
fn jobs(sweep: &Sweep, rows: &[Row], source: &Source) -> String {
    let line = |line: &Row| {
        let label = match sweep.label(line.job) {
            label if label.is_empty() => "run".to_owned(),
            label => escape(&label),
        };
        let label = match (source.link)(line.job) {
            Some(url) => format!("<a href=\"{}\">{label}</a>", escape(&url)),
            None => label,
        };
        let state = line.standing.state.to_string();
        let badge = format!("<span class=\"badge {}\">{state}</span>", state.to_lowercase());
        let took = line.run.as_ref().map(|run| duration(run.seconds)).unwrap_or_default();
        let why = escape(line.standing.why.lines().next().unwrap_or_default());
        let cells = [label, badge, took, why].map(|cell| format!("<td>{cell}</td>"));
        row(&line.job.job.to_string(), &cells.concat())
    };
    let heads = heads(&["job", "what it differs in", "state", "took", "why"]);
    table_of("jobs", &heads, &rows.iter().map(line).collect::<String>())
}
