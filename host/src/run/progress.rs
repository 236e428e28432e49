//! How far a run is: bars on a terminal, lines of text elsewhere. All of it goes to stderr.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use indicatif::{
    HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};

use super::words::{duration, number};
use crate::{
    error::locked,
    terminal::{one_line, printable},
};

/// The shortest time between two lines of text.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// How often a bar shows that it is alive.
const TICK: Duration = Duration::from_millis(500);

/// It leaves room for some metrics in 80 columns.
const BAR: &str = "{prefix:<10} {bar:12} {pos}/{len}  {pace}{wide_msg}";
const SPINNER: &str = "{prefix:<10} {spinner} {pos}  {elapsed}  {pace}{wide_msg}";

/// The number of characters of a loop's name that are shown.
const LONGEST_NAME: usize = 24;

/// The progress of all loops of a run.
pub struct Progress {
    show: Show,
    lines: Arc<Mutex<TextProgress>>,
}

enum Show {
    Bars(MultiProgress),
    /// Lines of text, one every two seconds at most.
    Plain,
    Quiet,
}

impl Progress {
    /// Bars where stderr is a terminal, else lines of text.
    pub fn shown() -> Self {
        let bars = MultiProgress::new(); // draws to stderr
        Self::on_stderr(if bars.is_hidden() { Show::Plain } else { Show::Bars(bars) })
    }

    /// None; what a script prints is still shown.
    pub fn quiet() -> Self {
        Self::on_stderr(Show::Quiet)
    }

    fn on_stderr(show: Show) -> Self {
        Self::with(show, TextProgress::new(Box::new(io::stderr()), LINE_EVERY))
    }

    fn with(show: Show, lines: TextProgress) -> Self {
        Self { show, lines: Arc::new(Mutex::new(lines)) }
    }

    /// Whether bars are drawn, on a terminal.
    pub fn has_bars(&self) -> bool {
        matches!(self.show, Show::Bars(_))
    }

    /// Starts a loop inside of the loops that are open: `total` items (`None` where that is unknown),
    /// of which `done` were done before a resume. It ends when the handle is dropped.
    pub fn start(&self, name: &str, total: Option<u64>, done: u64) -> LoopHandle {
        let name = &shortened(name);
        LoopHandle(match &self.show {
            Show::Bars(bars) => LoopDisplay::Bar(bar(bars, name, total, done)),
            Show::Plain => {
                let mut lines = locked(&self.lines);
                lines.loops.push(Loop { name: name.into(), total, done, message: String::new() });
                LoopDisplay::Lines { lines: self.lines.clone(), depth: lines.loops.len() - 1 }
            }
            Show::Quiet => LoopDisplay::Nothing,
        })
    }

    /// Shows what a script prints, above the bars.
    pub fn println(&self, text: &str) {
        let text = &*printable(text);
        match &self.show {
            // Whoever closed stderr does not want to know.
            Show::Bars(bars) => bars.println(text).unwrap_or_default(),
            Show::Plain | Show::Quiet => locked(&self.lines).write(text),
        }
    }
}

/// A loop that is running.
pub struct LoopHandle(LoopDisplay);

enum LoopDisplay {
    Bar(ProgressBar),
    Lines { lines: Arc<Mutex<TextProgress>>, depth: usize },
    Nothing,
}

impl LoopHandle {
    /// One more item is done.
    pub fn advance(&self) {
        match &self.0 {
            LoopDisplay::Bar(bar) => bar.inc(1),
            LoopDisplay::Lines { lines, depth } => locked(lines).advance(*depth),
            LoopDisplay::Nothing => {}
        }
    }

    /// What is shown beside the loop from now on, such as [`readable`] metrics.
    pub fn message(&self, text: &str) {
        let text = one_line(text);
        match &self.0 {
            LoopDisplay::Bar(bar) => bar.set_message(text),
            LoopDisplay::Lines { lines, depth } => locked(lines).message(*depth, text),
            LoopDisplay::Nothing => {}
        }
    }
}

impl Drop for LoopHandle {
    fn drop(&mut self) {
        match &self.0 {
            LoopDisplay::Bar(bar) => bar.finish_and_clear(),
            LoopDisplay::Lines { lines, depth } => locked(lines).loops.truncate(*depth),
            LoopDisplay::Nothing => {}
        }
    }
}

/// Some metrics as a message: `loss 0.0123  fid 12.5`.
pub fn readable(metrics: &[(String, f64)]) -> String {
    let word = |(name, value): &(String, f64)| format!("{} {}", one_line(name), number(*value));
    let words: Vec<_> = metrics.iter().map(word).collect();
    words.join("  ")
}

/// Items a second, or the time of an item: `12.3/s`, `8.1 s each`; nothing before the first item.
fn rate(per_second: f64) -> Option<String> {
    match per_second {
        rate if rate >= 100.0 => Some(format!("{rate:.0}/s")),
        rate if rate >= 1.0 => Some(format!("{rate:.1}/s")),
        rate if rate > 0.0 => Some(format!("{} each", duration(1.0 / rate))),
        _ => None,
    }
}

/// The rate of a loop, and the time that is left where its end is known.
fn pace(state: &ProgressState) -> String {
    match (rate(state.per_sec()), state.len()) {
        (Some(rate), Some(_)) => format!("{rate}  {:#} left  ", HumanDuration(state.eta())),
        (Some(rate), None) => format!("{rate}  "),
        (None, _) => String::new(),
    }
}

/// A name in one line, cut where it is long.
fn shortened(name: &str) -> String {
    let name = one_line(name);
    match name.char_indices().nth(LONGEST_NAME) {
        Some(_) => name.chars().take(LONGEST_NAME - 3).chain("...".chars()).collect(),
        None => name,
    }
}

/// A bar below those that are there.
fn bar(bars: &MultiProgress, name: &str, total: Option<u64>, done: u64) -> ProgressBar {
    let (bar, style) = match total {
        Some(total) => (ProgressBar::new(total), BAR),
        None => (ProgressBar::no_length(), SPINNER),
    };
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key("pace", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // What cannot be written is not shown.
        let _ = out.write_str(&pace(state));
    });
    bar.set_draw_target(ProgressDrawTarget::hidden());
    let bar = bar.with_style(style).with_prefix(name.to_string()).with_position(done);
    // Items that were done before a resume are shown, and do not count for the rate.
    bar.tick();
    bar.reset_eta();
    let bar = bars.add(bar);
    bar.tick();
    bar.enable_steady_tick(TICK);
    bar
}

/// Progress as lines of text.
struct TextProgress {
    /// The open loops, from the outermost to the innermost.
    loops: Vec<Loop>,
    out: Box<dyn Write + Send>,
    every: Duration,
    since: Instant,
    newest: Option<Instant>,
}

struct Loop {
    name: String,
    total: Option<u64>,
    done: u64,
    message: String,
}

impl TextProgress {
    fn new(out: Box<dyn Write + Send>, every: Duration) -> Self {
        Self { loops: Vec::new(), out, every, since: Instant::now(), newest: None }
    }

    fn message(&mut self, depth: usize, text: String) {
        if let Some(this) = self.loops.get_mut(depth) {
            this.message = text;
        }
    }

    fn advance(&mut self, depth: usize) {
        let Some(this) = self.loops.get_mut(depth) else { return };
        this.done += 1;
        if self.newest.is_none_or(|newest| newest.elapsed() >= self.every) {
            self.newest = Some(Instant::now());
            let line = self.line(depth);
            self.write(&line);
        }
    }

    /// `iteration 2/4  epoch 3/5  loss 0.0123  12.0 s`: the items that are under way and, of the
    /// loop that advanced, the one that is done.
    fn line(&self, depth: usize) -> String {
        let items = self.loops.iter().take(depth + 1).enumerate().map(|(i, this)| {
            let item = this.done + u64::from(i < depth);
            match this.total {
                Some(total) => format!("{} {item}/{total}", this.name),
                None => format!("{} {item}", this.name),
            }
        });
        let message = self.loops[depth].message.clone();
        let words = items.chain([message, duration(self.since.elapsed().as_secs_f64())]);
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("  ")
    }

    fn write(&mut self, line: &str) {
        // Whoever closed stderr does not want to know.
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }
}

#[cfg(test)]
mod tests;
