//! What a sweep shows of its runs: `report.html`, `jobs.csv` with a row for each job, and the table that its
//! preset asks for, as `table.csv`, `table.tex` and `table.typ`.

use std::{collections::BTreeMap, path::Path};

use super::{Job, JobState, Standing, Sweep, plan::PlannedRound};
use crate::{
    error::Result,
    files::write_whole,
    run::{
        TableCell,
        report::{document, duration, escape, note, section},
        to_csv, to_tex, to_typst,
    },
    script::settings::SettingValue,
    study::{
        RunSummary,
        compare::{Request, compare},
        list::common_metrics,
        page::{html_table, parts},
        table::{PaperTable, table},
    },
};

/// The page in the folder of a sweep.
pub const REPORT: &str = "report.html";

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
    write_whole(&sweep.folder.join(REPORT), page.as_bytes())?;
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
    let facts = [
        ("plugin", plan.arguments.plugin.clone()),
        ("jobs", format!("{done} of {} completed", rows.len())),
        ("seed", plan.seed.to_string()),
        ("device", plan.arguments.device.clone()),
    ];
    let facts: String = facts
        .iter()
        .map(|(name, fact)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(fact)))
        .collect();
    let title = escape(&title);
    let mut body = format!("<header><h1>{title}</h1>\n<dl class=\"facts\">{facts}</dl></header>\n");
    body += &section("Table", table);
    for round in &plan.round {
        body += &comparison(round, rows, plan.round.len() > 1)?;
    }
    Ok(document(&title, &format!("{body}{}", section("Jobs", &jobs(sweep, rows)))))
}

fn of_table(table: Option<&PaperTable>) -> String {
    table.map_or_else(String::new, |table| [html_table(&table.rows), note(&table.caption)].concat())
}

/// The completed runs of a round side by side.
fn comparison(round: &PlannedRound, rows: &[Row], is_one_of_several: bool) -> Result<String> {
    let runs = rows.iter().filter(|row| row.job.round == round.name).filter_map(|row| row.run.clone());
    let runs: Vec<RunSummary> = runs.collect();
    if runs.is_empty() {
        return Ok(String::new());
    }
    let (table, curves) = parts(&compare(runs, &Request::default())?)?;
    let title =
        if is_one_of_several { format!("Round {}", escape(&round.name)) } else { "Comparison".into() };
    Ok(section(&title, &format!("{table}{curves}")))
}

/// All jobs, with links to the pages of their runs.
fn jobs(sweep: &Sweep, rows: &[Row]) -> String {
    let line = |row: &Row| {
        let page = row.job.run.join(REPORT);
        let label = escape(&sweep.label(row.job));
        let label = match sweep.folder.join(&page).exists() {
            true => format!("<a href=\"{}\">{label}</a>", escape(&link(&page))),
            false => label,
        };
        let state = row.standing.state.to_string();
        let badge = format!("<span class=\"badge {}\">{state}</span>", state.to_lowercase());
        let took = row.run.as_ref().map(|run| duration(run.seconds)).unwrap_or_default();
        let why = escape(row.standing.why.lines().next().unwrap_or_default());
        format!(
            "<tr><td>{}</td><td>{label}</td><td>{badge}</td><td>{took}</td><td>{why}</td></tr>\n",
            row.job.job
        )
    };
    format!("<table class=\"data\">{}</table>\n", rows.iter().map(line).collect::<String>())
}

/// A path as a link: every byte that means something in an address is escaped.
fn link(path: &Path) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/,=+@".contains(byte);
    let bytes = path.as_os_str().as_encoded_bytes();
    let escaped =
        |byte: &u8| if is_plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    bytes.iter().map(escaped).collect()
}
