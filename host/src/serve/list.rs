//! The list of runs: filtered and sorted as `host runs` does, with a box to tick for each.

use std::collections::HashSet;

use super::{
    library::Shelf,
    place::{run_url, sweep_url},
    query::Query,
    site::Site,
    swept::{bar, counted},
};
use crate::{
    error::Result,
    page::{Page, Section, escape, table_of},
    run::Status,
    study::{
        RunSummary,
        columns::Column,
        filter::filter,
        list::{columns, sort, totals},
        quantity::status,
        summary::differing,
    },
};

/// How many runs are listed unless all are asked for.
const LISTED: usize = 200;

/// How many settings have columns of their own.
const SETTINGS: usize = 12;

/// How many damaged folders are named.
const NAMED: usize = 3;

/// The page of all runs that the query's conditions hold for.
///
/// # Errors
/// A folder cannot be read.
pub fn page(site: &Site, query: &Query) -> Result<Page> {
    let shelf = site.library.look()?;
    let conditions = query.get("where").unwrap_or_default();
    let chosen = filter(shelf.found.runs.clone(), conditions).and_then(|mut runs| {
        sort(&mut runs, query.get("sort"))?;
        Ok((columns_of(&runs)?, runs))
    });
    let (columns, runs, problem) = match chosen {
        Ok((columns, runs)) => (columns, runs, String::new()),
        Err(error) => (Vec::new(), Vec::new(), error.to_string()),
    };
    let name = site.base.file_name().unwrap_or(site.base.as_os_str()).to_string_lossy().into_owned();
    let list = List { query, columns: &columns, runs: &runs, problem: &problem };
    let sections = vec![
        Section::new("about", "", about(&name, &shelf)),
        Section::new("sweeps", "Sweeps", sweeps(&shelf)),
        Section::new("filter", "Runs", form(query)),
        Section::new("runs", "", list.html()),
    ];
    Ok(Page { title: format!("Runs in {name}"), sections, charts: Vec::new() })
}

/// Those of `host runs`; where all are of one plugin, each setting that differs has a column of its own.
fn columns_of(runs: &[RunSummary]) -> Result<Vec<Column>> {
    let mut columns = columns(runs, &[])?;
    let names = differing(runs.iter());
    let is_one_plugin = runs.iter().all(|run| run.plugin == runs[0].plugin);
    if is_one_plugin && names.len() <= SETTINGS {
        columns.pop();
        let names: Vec<String> = names.iter().map(|name| format!("settings.{name}")).collect();
        if !names.is_empty() {
            columns.extend(self::columns(runs, &names)?);
        }
    }
    Ok(columns)
}

/// What is served, and how many runs there are.
fn about(name: &str, shelf: &Shelf) -> String {
    let damaged = &shelf.found.damaged;
    let more = damaged.len().saturating_sub(NAMED);
    let mut problems: String =
        damaged.iter().take(NAMED).map(|(_, error)| remark(&error.to_string())).collect();
    if more > 0 {
        problems += &remark(&format!("{more} more runs cannot be read"));
    }
    let totals = escape(&totals(&shelf.found.runs));
    format!(
        "<header><h1>Runs in {}</h1>\n<p class=\"summary\">{totals}</p></header>\n{problems}",
        escape(name)
    )
}

fn remark(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escape(text))
}

fn sweeps(shelf: &Shelf) -> String {
    let rows = shelf.sweeps.iter().rev().map(|sweep| {
        let counts = counted(sweep, &shelf.found.runs);
        let words: Vec<String> = counts.iter().map(|(known, n)| format!("{n} {}", status(*known))).collect();
        let done = counts.iter().find(|(known, _)| *known == Status::Completed).map_or(0, |(_, n)| *n);
        let (url, name) = (sweep_url(&sweep.folder), sweep.folder.display().to_string());
        format!(
            "<tr><th scope=\"row\"><a href=\"{url}\">{}</a></th><td>{}</td><td>{}</td></tr>\n",
            escape(&name),
            bar(&name, done, sweep.jobs.len()),
            words.join(", "),
        )
    });
    match rows.collect::<String>() {
        rows if rows.is_empty() => rows,
        rows => table_of("sweeps", "", &rows),
    }
}

/// The filter. What is ticked and how runs are sorted belongs to the same form, so that it stays.
fn form(query: &Query) -> String {
    let conditions = escape(query.get("where").unwrap_or_default());
    format!(
        "<form id=\"list\" class=\"asked\" action=\"/\">\n<label for=\"where\">Filter</label>\n\
         <input id=\"where\" name=\"where\" value=\"{conditions}\" spellcheck=\"false\" autocomplete=\"off\" \
         placeholder=\"plugin=dtan status=failed lr&lt;0.01 loss&lt;0.1 tag=x\">\n\
         <button>Filter</button>\n</form>\n"
    )
}

/// The runs that were chosen.
struct List<'a> {
    query: &'a Query,
    columns: &'a [Column],
    runs: &'a [RunSummary],
    problem: &'a str,
}

impl List<'_> {
    fn html(&self) -> String {
        if !self.problem.is_empty() {
            let problem = escape(self.problem);
            return format!("<p class=\"note\" role=\"alert\">{problem}</p>\n{}", self.actions(0));
        }
        if self.runs.is_empty() {
            return format!("<p>There are no such runs.</p>\n{}", self.actions(0));
        }
        let listed = match self.query.get("all") {
            Some(_) => self.runs.len(),
            None => self.runs.len().min(LISTED),
        };
        let heads: String = self.columns.iter().map(|column| self.head(column)).collect();
        let heads = format!("<tr><td></td>{heads}</tr>");
        let ticked: HashSet<&str> = self.query.all("run").collect();
        let rows: String = (0..listed).map(|row| self.row(row, &ticked)).collect();
        let more = match self.runs.len() - listed {
            0 => String::new(),
            n => {
                let url = escape(&self.query.clone().and("all", "1").to_url());
                format!("<p><a href=\"/{url}\">Show {n} more</a></p>\n")
            }
        };
        let table = table_of("runs", &heads, &rows);
        format!("{}{table}{more}", self.actions(listed))
    }

    /// What can be done with the runs; ticked ones that are not listed stay ticked.
    fn actions(&self, listed: usize) -> String {
        let shown: HashSet<&str> = self.runs[..listed].iter().filter_map(|run| run.path.to_str()).collect();
        let hidden = self.query.all("run").filter(|run| !shown.contains(run));
        let hidden = hidden.map(|run| format!("<label>{} {}</label>\n", tick(run, true), escape(run)));
        let hidden: String = hidden.collect();
        if listed == 0 && hidden.is_empty() {
            return hidden;
        }
        let sorted = self.query.get("sort").map_or_else(String::new, |by| {
            format!("<input type=\"hidden\" form=\"list\" name=\"sort\" value=\"{}\">\n", escape(by))
        });
        let compare = "<button form=\"list\" formaction=\"/compare\"";
        format!(
            "<p class=\"actions\">{sorted}{compare}>Compare ticked</button>\n\
             {compare} name=\"all\" value=\"1\">Compare all {}</button>\n{hidden}</p>\n",
            self.runs.len()
        )
    }

    /// The head of a column sorts by it; a second time the other way round.
    fn head(&self, column: &Column) -> String {
        let class = if column.is_number { " class=\"number\"" } else { "" };
        let Some(key) = &column.key else {
            return format!("<th scope=\"col\"{class}>{}</th>", escape(&column.head));
        };
        let sorted = self.query.get("sort").unwrap_or_default();
        let (order, mark, next) = match sorted.strip_prefix('-') {
            Some(by) if by == key => ("descending", " ↓", key.clone()),
            None if sorted == key => ("ascending", " ↑", format!("-{key}")),
            _ => ("none", "", key.clone()),
        };
        let button = format!("<button form=\"list\" name=\"sort\" value=\"{}\">", escape(&next));
        let head = escape(&column.head);
        format!("<th scope=\"col\"{class} aria-sort=\"{order}\">{button}{head}{mark}</button></th>")
    }

    fn row(&self, row: usize, ticked: &HashSet<&str>) -> String {
        let run = &self.runs[row];
        let path = run.path.display().to_string();
        let cell = |column: &Column| {
            let text = escape(&column.cells[row]);
            match column.key.as_deref() {
                Some("run") => {
                    format!("<th scope=\"row\"><a href=\"{}\">{text}</a></th>", run_url(&run.path))
                }
                Some("status") => format!("<td><span class=\"badge {text}\">{text}</span></td>"),
                _ if column.is_number => format!("<td class=\"number\">{text}</td>"),
                Some(_) => format!("<td>{text}</td>"),
                None => format!("<td class=\"text\">{text}</td>"),
            }
        };
        let tick = tick(&path, ticked.contains(path.as_str()));
        format!("<tr><td>{tick}</td>{}</tr>\n", self.columns.iter().map(cell).collect::<String>())
    }
}

/// A box that is ticked to compare a run.
fn tick(run: &str, is_ticked: bool) -> String {
    let (run, checked) = (escape(run), if is_ticked { " checked" } else { "" });
    let named = format!("name=\"run\" value=\"{run}\" aria-label=\"compare {run}\"");
    format!("<input type=\"checkbox\" form=\"list\" {named}{checked}>")
}
