//! What stands at which address.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hyper::{StatusCode, Uri};

use super::{
    answer::{self, Answer, redirect, refusal},
    compared, file,
    library::Library,
    list, live, place,
    query::Query,
    swept,
};
use crate::{
    error::{Error, Result},
    page::{Page, Pictures, Section, escape, policy, run_page},
    run::Logs,
    study::{found::is_run, summary::METRICS},
    sweep::is_sweep,
};

/// Everything below one folder, which is the working folder.
pub struct Site {
    /// Its whole path, without links.
    pub base: PathBuf,
    pub library: Library,
    /// The logs of metrics that were asked for.
    pub logs: Arc<Logs>,
}

impl Site {
    /// That of the working folder; all of it where the folder `is_named`.
    ///
    /// # Errors
    /// The folder is gone.
    pub fn here(is_named: bool) -> Result<Self> {
        let here = Path::new(".");
        let base = here.canonicalize().map_err(Error::io(here))?;
        let logs = Arc::new(Logs::default());
        Ok(Self { base, library: Library::new(is_named, Arc::clone(&logs)), logs })
    }

    /// The answer to a request that may be answered.
    pub fn answer(&self, uri: &Uri) -> Answer {
        let (path, query) = (uri.path(), Query::parse(uri.query().unwrap_or_default()));
        let page = match path.trim_start_matches('/').split_once('/') {
            None if path == "/" => list::page(self, &query).map(Shown::live),
            None if path == "/compare" => compared::page(self, &query),
            Some(("run", inside)) => {
                return self.below(uri, &query, inside, is_run, |run| {
                    let log = self.logs.read(&run.join(METRICS))?;
                    run_page(run, &log, Pictures::Linked)
                });
            }
            Some(("sweep", inside)) => {
                return self.below(uri, &query, inside, is_sweep, |sweep| swept::page(self, sweep));
            }
            _ => return missing(),
        };
        shown(page, path, &query)
    }

    /// The page of a folder, or a file below it.
    fn below(
        &self,
        uri: &Uri,
        query: &Query,
        inside: &str,
        is_own: fn(&Path) -> bool,
        page: impl FnOnce(&Path) -> Result<Page>,
    ) -> Answer {
        let Some(found) = place::below(&self.base, inside) else { return missing() };
        match found {
            found if found.is_file() => file::answer(&found),
            found if is_own(&found) && uri.path().ends_with('/') => {
                shown(page(&found).map(Shown::live), uri.path(), query)
            }
            found if is_own(&found) => {
                redirect(&format!("/{}/{}", uri.path().trim_matches('/'), query.to_url()))
            }
            _ => missing(),
        }
    }
}

/// A page, and whether it goes on.
pub struct Shown {
    pub page: Page,
    pub is_live: bool,
}

impl Shown {
    pub fn live(page: Page) -> Self {
        Self { page, is_live: true }
    }
}

/// A page, or what of it is new.
fn shown(page: Result<Shown>, path: &str, query: &Query) -> Answer {
    match page {
        Ok(shown) => {
            let page = with_way_back(shown.page, path);
            if live::is_asked(query) {
                return live::news(&page, query);
            }
            let live = shown.is_live.then(|| live::url(path, query));
            answer::page(StatusCode::OK, page.document(live.as_deref()), &policy())
        }
        Err(error) if live::is_asked(query) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn missing() -> Answer {
    problem(StatusCode::NOT_FOUND, "There is no such run, sweep or file here.")
}

fn problem(status: StatusCode, text: &str) -> Answer {
    let text = format!("<header><h1>{}</h1></header>\n<p class=\"note\">{}</p>\n", status, escape(text));
    let page = Page {
        title: status.to_string(),
        sections: vec![Section::new("about", "", text)],
        charts: Vec::new(),
    };
    answer::page(status, with_way_back(page, "").document(None), &policy())
}

/// The page with the way to the list of runs, on every other page.
fn with_way_back(mut page: Page, path: &str) -> Page {
    if path != "/" {
        page.sections.insert(0, Section::new("way", "", "<nav><a href=\"/\">All runs</a></nav>\n".into()));
    }
    page
}
