//! The runs and sweeps below the served folder, as they are now.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::{
    error::{Result, locked},
    run::Logs,
    study::found::{Finder, Found, default_folders},
    sweep::{Sweep, is_sweep},
};

/// How long what was found is taken for what there is, in case it took no time to find it.
const FRESH: Duration = Duration::from_millis(250);

/// At most this share of the time is spent on looking.
const SHARE: u32 = 4;

/// Runs and sweeps, looked for again and again.
pub struct Library {
    /// Whether all runs below the folder are shown, and not only those in `runs` and `sweeps`.
    is_named: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    finder: Finder,
    shelf: Arc<Shelf>,
    /// None before the first look.
    until: Option<Instant>,
    /// Sweeps that were read: their plans do not change.
    sweeps: HashMap<PathBuf, Arc<Sweep>>,
}

/// What was found.
#[derive(Default)]
pub struct Shelf {
    pub found: Found,
    /// In natural order.
    pub sweeps: Vec<Arc<Sweep>>,
}

impl Library {
    pub fn new(is_named: bool, logs: Arc<Logs>) -> Self {
        let state = State { finder: Finder::new(logs), ..State::default() };
        Self { is_named, state: Mutex::new(state) }
    }

    /// What there is now, or was a moment ago.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn look(&self) -> Result<Arc<Shelf>> {
        let mut state = locked(&self.state);
        let began = Instant::now();
        if state.until.is_none_or(|until| until < began) {
            state.look(self.is_named)?;
            state.until = Some(Instant::now() + FRESH.max(began.elapsed() * SHARE));
        }
        Ok(Arc::clone(&state.shelf))
    }
}

impl State {
    fn look(&mut self, is_named: bool) -> Result<()> {
        let mut folders = default_folders();
        if folders.is_empty() && is_named {
            folders.push(".".into());
        }
        let mut found = self.finder.find(&folders)?;
        found.runs.iter_mut().for_each(|run| run.path = from_here(&run.path));
        let mut sweeps: Vec<PathBuf> =
            found.around.iter().filter(|folder| is_sweep(folder)).cloned().collect();
        sweeps.sort();
        self.sweeps.retain(|folder, _| sweeps.contains(folder));
        for folder in
            sweeps.iter().filter(|folder| !self.sweeps.contains_key(*folder)).cloned().collect::<Vec<_>>()
        {
            // One that cannot be read is said by its own page.
            if let Ok(sweep) = Sweep::open(&folder) {
                self.sweeps.insert(folder, Arc::new(sweep));
            }
        }
        let sweeps = sweeps.iter().filter_map(|folder| self.sweeps.get(folder).cloned()).collect();
        self.shelf = Arc::new(Shelf { found, sweeps });
        Ok(())
    }
}

/// `./runs/a` as `runs/a`.
fn from_here(path: &Path) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(inside) if inside != Path::new("") => inside.to_owned(),
        _ => path.to_owned(),
    }
}
