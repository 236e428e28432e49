//! Durable loops: loops that go on where they were when the process died.
//!
//! A script cannot be frozen in the middle, so it is run again from its start, and its loops skip
//! what is done. Each loop has a path (`iteration/3/epoch`), and a checkpoint is a chain of records:
//! for every loop on the way to where the script is, how many items are done and the state at the
//! start of the item in progress. The chain is kept in memory, where it costs nothing, and written
//! when a checkpoint is due, or when the run is stopped.

mod seal;

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};

use super::{blobs::Blobs, state::Saved};
use crate::{
    error::{Error, Result},
    files::{self, remove_leftovers, safe_name, write_whole},
};

/// Checkpoints take at most one part in so many of the time.
const SHARE: u32 = 20;

/// How far a loop is.
#[derive(Clone)]
pub struct LoopState {
    /// Items that are done.
    pub done: u64,
    pub finished: bool,
    pub state: Saved,
    /// Buffers that the body changed in modules which it captured, to be restored.
    pub moved: Saved,
    /// Lines of the metric log when the state was this one.
    pub logged: u64,
    /// What the items that are done are recognised by.
    pub digest: String,
}

impl LoopState {
    /// That of a loop which begins.
    pub fn new(state: Saved, logged: u64) -> Self {
        Self { done: 0, finished: false, state, moved: Saved::UNIT, logged, digest: String::new() }
    }
}

/// What a loop runs over, as far as its checkpoint needs to know.
pub struct LoopExtent<'a> {
    pub count: u64,
    /// What the first so many are recognised by.
    pub digest: &'a dyn Fn(u64) -> String,
}

/// Where a loop is.
struct LoopRecord {
    path: String,
    /// How many items it has.
    items: u64,
    now: LoopState,
    written: bool,
}

/// An item of a loop that is being run: names of loops inside it, with how often each was met.
#[derive(Default)]
struct LoopItem {
    path: String,
    names: HashMap<String, u32>,
}

/// The loops of a run, and their checkpoint.
pub struct Loops {
    folder: PathBuf,
    blobs: Blobs,
    /// The chain: finished loops of each level, then the one in progress, from the outside in.
    chain: Vec<LoopRecord>,
    items: Vec<LoopItem>,
    /// What an interrupted run left, by loop path.
    left: HashMap<String, Json>,
    /// Files of records that are on the disk.
    on_disk: HashSet<PathBuf>,
    every: Duration,
    last: Instant,
    cost: Duration,
    /// Whether any item was done by this process.
    has_advanced: bool,
}

impl Loops {
    /// The loops of a run, with what an earlier process left in `folder`.
    ///
    /// # Errors
    /// `Usage` for a damaged record.
    pub fn open(folder: &Path, every: Duration) -> Result<Self> {
        let mut loops = Self {
            folder: folder.to_owned(),
            blobs: Blobs::new(&folder.join("tensors")),
            chain: Vec::new(),
            items: vec![LoopItem::default()],
            left: HashMap::new(),
            on_disk: HashSet::new(),
            every,
            last: Instant::now(),
            cost: Duration::ZERO,
            has_advanced: false,
        };
        for part in [folder, &folder.join("tensors")] {
            if part.is_dir() {
                remove_leftovers(part)?;
            }
        }
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "json") {
                loops.read(path)?;
            }
        }
        Ok(loops)
    }

    fn read(&mut self, path: PathBuf) -> Result<()> {
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        let json = seal::opened(&text).ok_or_else(|| self.damaged(&path, "this is not what was written"))?;
        let name = json["path"].as_str().map(str::to_owned);
        let Some(name) = name.filter(|_| json["metrics"].is_u64()) else {
            return Err(self.damaged(&path, "it is not the record of a loop"));
        };
        self.blobs.keep(&json);
        self.left.insert(name, json);
        self.on_disk.insert(path);
        Ok(())
    }

    fn damaged(&self, file: &Path, why: &str) -> Error {
        Error::usage(format!("{}: the checkpoint is damaged: {why}", file.display()), self.way_out())
    }

    fn way_out(&self) -> String {
        let folder = self.folder.display();
        format!("start a new run, or remove {folder}, and `host resume` computes everything again")
    }

    /// Whether this process did any item.
    pub fn has_advanced(&self) -> bool {
        self.has_advanced
    }

    /// Up to where `metrics.jsonl` belongs to the checkpoint, in bytes.
    pub fn metrics_position(&self) -> u64 {
        self.left.values().filter_map(|json| json["metrics"].as_u64()).max().unwrap_or(0)
    }

    /// The path of the item that is being run, empty outside all loops.
    pub fn item_path(&self) -> &str {
        self.items.last().map_or("", |item| &item.path)
    }

    /// Begins a loop whose body captured those values: its path, what is known of it, and whether it was
    /// finished and has more items now. What came after it is then computed again.
    ///
    /// # Errors
    /// `Usage` for a record that does not fit the loop.
    pub fn start(
        &mut self,
        name: &str,
        items: &LoopExtent,
        initial: Saved,
        captured: &Saved,
        logged: u64,
    ) -> Result<(String, LoopState, bool)> {
        let path = self.path_of(name);
        // A record that is refused stays, for a resume with other settings.
        let (now, is_extended) = match self.left.get(&path).cloned() {
            Some(json) => self.resumed(&path, &json, items, &initial, captured)?,
            None => (LoopState::new(initial, logged), false),
        };
        self.left.remove(&path);
        if is_extended {
            self.left.clear();
        }
        let record = LoopRecord { path: path.clone(), items: items.count, now: now.clone(), written: false };
        self.chain.push(record);
        Ok((path, now, is_extended))
    }

    /// What the record of a loop says of it.
    fn resumed(
        &mut self,
        path: &str,
        json: &Json,
        items: &LoopExtent,
        initial: &Saved,
        captured: &Saved,
    ) -> Result<(LoopState, bool)> {
        let file = self.file(path);
        let numbers = (json["done"].as_u64(), json["finished"].as_bool(), json["logged"].as_u64());
        let (Some(done), Some(finished), Some(logged)) = numbers else {
            return Err(self.damaged(&file, "it does not say how many items are done"));
        };
        // Records of older runs do not say how many items there were.
        let before = json["items"].as_u64();
        if finished && done == 0 || before.is_some_and(|before| done > before) {
            let of = before.map_or_else(String::new, |before| format!(" of {before}"));
            let end = if finished { ", and the loop is finished" } else { "" };
            return Err(self.damaged(&file, &format!("{done}{of} items are done{end}")));
        }
        let digest = json["digest"].as_str().unwrap_or_default();
        refuse_other_items(path, items, done, digest)?;
        // One that its body finished before its last item stays finished.
        let is_extended = finished && before == Some(done) && items.count > done;
        let mut saved = |json: &Json, like: &Saved| {
            let saved = Saved::from_json(json, Some(like), &mut self.blobs);
            saved.map_err(|error| within(&file, error))
        };
        let (state, moved) = (saved(&json["state"], initial)?, saved(&json["moved"], captured)?);
        let digest = digest.to_owned();
        Ok((
            LoopState { done, finished: finished && !is_extended, state, moved, logged, digest },
            is_extended,
        ))
    }

    /// `name` below the current item; a second loop of that name gets `name#2`. In names the characters
    /// that paths are made with are escaped, so that no two loops share a path.
    fn path_of(&mut self, name: &str) -> String {
        let name = escaped(name);
        let Some(item) = self.items.last_mut() else { return name };
        let met = item.names.entry(name.clone()).or_default();
        *met += 1;
        let name = if *met == 1 { name } else { format!("{name}#{met}") };
        if item.path.is_empty() { name } else { format!("{}/{name}", item.path) }
    }

    /// Begins item `number` (from 1) of a loop and gives its path.
    pub fn enter(&mut self, path: &str, number: u64) -> String {
        let path = format!("{path}/{number}");
        self.items.push(LoopItem { path: path.clone(), names: HashMap::new() });
        path
    }

    /// Ends the current item, done or not.
    pub fn leave(&mut self) {
        self.items.pop();
    }

    /// Notes that an item of a loop is done, with what is known then.
    pub fn done(&mut self, path: &str, now: LoopState) {
        self.has_advanced = true;
        let inside = format!("{path}/");
        self.chain.retain(|record| !record.path.starts_with(&inside));
        self.left.retain(|path, _| !path.starts_with(&inside));
        if let Some(record) = self.chain.iter_mut().find(|record| record.path == path) {
            (record.now, record.written) = (now, false);
        }
    }

    fn file(&self, path: &str) -> PathBuf {
        self.folder.join(format!("{}.json", safe_name(&path.replace('.', "%2E").replace('/', "."))))
    }

    /// Whether enough time has passed since the last checkpoint; always, where none has to pass.
    pub fn is_due(&self) -> bool {
        self.every.is_zero() || self.last.elapsed() >= self.every.max(self.cost * SHARE)
    }

    /// Writes the chain, and gives whether it did: a state with weights that are NaN is not worth going on
    /// from, and the last good checkpoint stays. `metrics` is the length of `metrics.jsonl`, whose content is
    /// on the disk; what was done since `started` is part of what a checkpoint costs.
    pub fn save(&mut self, metrics: u64, started: Instant) -> Result<bool> {
        let is_sound = self.is_sound()?;
        if is_sound {
            self.write(metrics)?;
        }
        // Asked again when the next one is due, not after every item.
        (self.last, self.cost) = (Instant::now(), started.elapsed());
        Ok(is_sound)
    }

    /// Whether no weight is NaN in what is to be written.
    fn is_sound(&self) -> Result<bool> {
        for record in self.chain.iter().filter(|record| !record.written) {
            if !record.now.state.is_sound()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn write(&mut self, metrics: u64) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder))?;
        self.blobs.begin();
        let mut current: HashSet<PathBuf> = self.left.keys().map(|path| self.file(path)).collect();
        self.left.values().for_each(|json| self.blobs.keep(json));
        for i in 0..self.chain.len() {
            let LoopRecord { path, items, now, written } = &self.chain[i];
            let file = self.file(path);
            // Of records that are written already, too: their files are still needed.
            let state = now.state.to_json(&mut self.blobs)?;
            let moved = now.moved.to_json(&mut self.blobs)?;
            if !written {
                let json = json!({
                    "path": path, "done": now.done, "items": items, "finished": now.finished,
                    "metrics": metrics, "logged": now.logged, "digest": now.digest, "state": state,
                    "moved": moved,
                });
                write_whole(&file, seal::sealed(json).as_bytes())?;
                self.chain[i].written = true;
            }
            current.insert(file);
        }
        for file in self.on_disk.difference(&current) {
            // A record that cannot be removed is of an item that is done: nobody asks for it.
            let _ = fs::remove_file(file);
        }
        self.on_disk = current;
        self.blobs.end();
        Ok(())
    }
}

/// Refuses items that are others than those which are done.
fn refuse_other_items(path: &str, items: &LoopExtent, done: u64, digest: &str) -> Result<()> {
    let problem = if done > items.count {
        format!("the loop `{path}` has done {done} items, and now it has {}", items.count)
    } else if !digest.is_empty() && (items.digest)(done) != digest {
        format!("the loop `{path}` has done {done} items, and now its first {done} are others")
    } else {
        return Ok(());
    };
    Err(Error::usage(problem, "keep the items that are done and add new ones after them, or start a new run"))
}

/// An error about what a file says, with its name.
fn within(file: &Path, error: Error) -> Error {
    let folder = file.parent().unwrap_or(file).display().to_string();
    match error {
        Error::Files(files::Error::Usage { problem, help }) if !problem.contains(&folder) => {
            Error::usage(format!("{}: {problem}", file.display()), help)
        }
        error => error,
    }
}

/// `name` as one part of a path.
fn escaped(name: &str) -> String {
    let mut part = String::new();
    for c in name.chars() {
        if c.is_control() || "%/#".contains(c) {
            part.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            part.push(c);
        }
    }
    part
}
