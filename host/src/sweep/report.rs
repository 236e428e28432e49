//! What a sweep shows of its runs: `report.html`, `jobs.csv` with a row for each job, and the table that its
//! preset asks for, as `table.csv`, `table.tex` and `table.typ`.

use std::collections::BTreeMap;

use super::{Job, JobState, Standing, Sweep, plan::PlannedRound};
use crate::{
    error::Result,
    files::write_whole,
    page::{
        Compared, FILE, Section, compared, document, escape, facts, heads, html_table, note, row, table_of,
        url,
    },
    run::{TableCell, duration, to_csv, to_tex, to_typst},
    script::settings::SettingValue,
    study::{
        RunSummary,
        compare::{Request, compare},
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

/// Writes the files anew, and gives the table that the preset asks for, once a run of it is completed.
///
/// # Errors
/// A run or the folder cannot be read or written; the table asks for a metric that no run has.
pub fn write(sweep: &Sweep, standings: &[Standing]) -> Result<Option<PaperTable>> {
    let jobs = sweep.jobs.iter().zip(standings);
    let rows: Vec<Row> =
        jobs.map(|(job, standing)| Row { job, standing, run: completed(sweep, job, standing) }).collect();
    write_whole(&sweep.folder.join("jobs.csv"), to_csv(&job_rows(sweep, &rows)).as_bytes())?;
    let table = paper_table(sweep, &rows);
    let shown =
        table.as_ref().map_or_else(|error| note(&error.to_string()), |table| of_table(table.as_ref()));
    let page = page(sweep, &rows, &shown)?;
    write_whole(&sweep.folder.join(FILE), page.as_bytes())?;
    let table = table?;
    if let Some(PaperTable { rows, .. }) = &table {
        for (name, text) in [("csv", to_csv(rows)), ("tex", to_tex(rows)), ("typ", to_typst(rows))] {
            write_whole(&sweep.folder.join(format!("table.{name}")), text.as_bytes())?;
        }
    }
    Ok(table)
}

fn completed(sweep: &Sweep, job: &Job, standing: &Standing) -> Option<RunSummary> {
    // One that is damaged is listed as a job without numbers.
    let read = || RunSummary::read(&sweep.run_folder(job)).ok();
    (standing.state == JobState::Completed).then(read).flatten()
}

/// The table of the preset, over the completed runs of the last round.
fn paper_table(sweep: &Sweep, rows: &[Row]) -> Result<Option<PaperTable>> {
    let (Some(spec), Some(last)) = (&sweep.plan.table, sweep.plan.round.last()) else { return Ok(None) };
    let jobs: Vec<&Row> = rows.iter().filter(|row| row.job.round == last.name).collect();
    let runs: Vec<RunSummary> = jobs.iter().filter_map(|row| row.run.clone()).collect();
    let planned: Vec<_> = jobs.iter().map(|row| typed(row.job)).collect();
    (!runs.is_empty()).then(|| table(spec, runs, &planned)).transpose()
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

fn page(sweep: &Sweep, rows: &[Row], table: &str) -> Result<String> {
    let plan = &sweep.plan;
    let title = sweep.folder.file_name().unwrap_or_default().to_string_lossy();
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
        let Some(compared) = comparison(round, rows, plan.round.len() > 1)? else { continue };
        let head = format!("<h3>Round {}</h3>\n", escape(&round.name));
        let head = if plan.round.len() > 1 { head } else { String::new() };
        tables += &[&*head, &compared.table].concat();
        curves += &compared.curves;
        charts.extend(compared.charts);
    }
    let sections = [
        Section::new("about", "", header),
        Section::new("table", "Table", table.to_owned()),
        Section::new("comparison", "Comparison", tables),
        Section::new("metrics", "Curves", curves),
        Section::new("jobs", "Jobs", jobs(sweep, rows)),
    ];
    Ok(document(&title, &sections, &charts, None))
}

fn of_table(table: Option<&PaperTable>) -> String {
    table.map_or_else(String::new, |table| html_table(&table.caption, &table.rows))
}

/// The completed runs of a round side by side.
fn comparison(round: &PlannedRound, rows: &[Row], is_one_of_several: bool) -> Result<Option<Compared>> {
    let runs = rows.iter().filter(|row| row.job.round == round.name).filter_map(|row| row.run.clone());
    let runs: Vec<RunSummary> = runs.collect();
    let prefix = if is_one_of_several { format!("{}: ", round.name) } else { String::new() };
    let request = Request::default();
    (!runs.is_empty()).then(|| compared(&compare(runs, &request)?, &prefix)).transpose()
}

/// All jobs, with links to the pages of their runs.
fn jobs(sweep: &Sweep, rows: &[Row]) -> String {
    let line = |line: &Row| {
        let report = line.job.run.join(FILE);
        let label = escape(&sweep.label(line.job));
        let label = match sweep.folder.join(&report).exists() {
            true => format!("<a href=\"{}\">{label}</a>", url(&report.to_string_lossy())),
            false => label,
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
