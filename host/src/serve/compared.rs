//! Runs side by side: what `host compare` says of them, with their curves.

use std::path::{Path, PathBuf};

use super::{
    place::run_url,
    query::Query,
    site::{Shown, Site},
};
use crate::{
    error::{Error, Result},
    page::{self, Page, Section, escape},
    study::{
        RunSummary,
        compare::{Request, chosen, compare},
        filter::filter,
    },
};

/// What is asked, and how the fields are called.
const FIELDS: [(&str, &str, &str); 3] = [
    ("by", "Rows", "all settings that differ"),
    ("metric", "Metrics", "loss, loss:min, loss:mean of last 10"),
    ("baseline", "Baseline", "method=none"),
];

/// The page of the runs that the query names, or of all that its conditions hold for.
///
/// # Errors
/// A folder or a log cannot be read.
pub fn page(site: &Site, query: &Query) -> Result<Shown> {
    let (runs, named) = match asked(site, query) {
        Ok(asked) => asked,
        Err(error) => {
            let page = with_form(query, vec![problem(&error)], Vec::new());
            return Ok(Shown { page, is_live: false });
        }
    };
    let is_live = runs.iter().any(|run| !run.status.is_over());
    let (runs, left_out) = chosen(runs, &named);
    let page = request(site, query).and_then(|request| compare(runs, &request)).and_then(|mut comparison| {
        comparison.remarks.extend(left_out);
        page::comparison(&comparison, &site.logs, &|run| Some(run_url(&run.path)))
    });
    let page = match page {
        Ok(page) => with_form(query, page.sections, page.charts),
        Err(error) => with_form(query, vec![problem(&error)], Vec::new()),
    };
    Ok(Shown { page, is_live })
}

/// Runs, and the paths that were named.
fn asked(site: &Site, query: &Query) -> Result<(Vec<RunSummary>, Vec<PathBuf>)> {
    let shelf = site.library.look()?;
    let runs = &shelf.found.runs;
    if query.get("all").is_some() {
        let runs = filter(runs.clone(), query.get("where").unwrap_or_default())?;
        let named = runs.iter().map(|run| run.path.clone()).collect();
        return Ok((runs, named));
    }
    let named: Vec<PathBuf> = query.all("run").map(PathBuf::from).collect();
    let is_in = |run: &RunSummary, folder: &Path| run.path.starts_with(folder);
    if let Some(unknown) = named.iter().find(|folder| !runs.iter().any(|run| is_in(run, folder))) {
        let help = "go back to the list, and tick runs";
        return Err(Error::usage(format!("there is no run {}", unknown.display()), help));
    }
    let is_asked = |run: &&RunSummary| named.iter().any(|folder| is_in(run, folder));
    Ok((runs.iter().filter(is_asked).cloned().collect(), named))
}

fn request(site: &Site, query: &Query) -> Result<Request> {
    let list = |name: &str| -> Vec<String> {
        let text = query.get(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let pair = |text: &String| {
        let pair = text.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.to_owned()));
        pair.ok_or_else(|| Error::usage(format!("`{text}` is no baseline"), "write it setting=value"))
    };
    let baseline = list("baseline").iter().map(pair).collect::<Result<_>>()?;
    Ok(Request { by: list("by"), metrics: list("metric"), baseline, below: Some(site.base.clone()) })
}

fn problem(error: &Error) -> Section {
    let text = escape(&error.to_string());
    Section::new("table", "", format!("<p class=\"note\" role=\"alert\">{text}</p>\n"))
}

/// The page with the fields that say how runs are compared.
fn with_form(query: &Query, mut sections: Vec<Section>, charts: Vec<page::Chart>) -> Page {
    let kept =
        ["run", "all", "where"].into_iter().flat_map(|name| query.all(name).map(move |value| (name, value)));
    let kept = kept.map(|(name, value)| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escape(value))
    });
    let fields = FIELDS.map(|(name, label, example)| {
        let value = escape(query.get(name).unwrap_or_default());
        format!(
            "<label for=\"{name}\">{label}</label>\n<input id=\"{name}\" name=\"{name}\" value=\"{value}\" \
             placeholder=\"{example}\" spellcheck=\"false\" autocomplete=\"off\">\n"
        )
    });
    let form = format!(
        "<form class=\"asked\" action=\"/compare\">\n{}{}<button>Compare</button>\n</form>\n",
        kept.collect::<String>(),
        fields.concat()
    );
    let after = sections.iter().position(|section| section.id == "about").map_or(0, |at| at + 1);
    if after == 0 {
        sections.insert(0, Section::new("about", "", "<header><h1>Comparison</h1></header>\n".into()));
    }
    sections.insert(after.max(1), Section::new("asked", "", form));
    Page { title: "Comparison".into(), sections, charts }
}
