//! How a run is asked to stop, and how it ends where it does not answer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::outcome::Outcome;
use crate::error::{Error, Result};

/// How long a script may take to notice that it was asked to stop.
const PATIENCE: Duration = Duration::from_millis(600);

/// How often the watch looks whether the script was asked to stop.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// From now on the first Ctrl-C asks the run to stop, and a second one ends the process; `say` shows a line
/// above the bars. This is called before the run's folder is made or opened, so that none is left half made.
pub fn listen(say: impl Fn(&str) + Send + 'static) -> Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    ops::interrupt::clear();
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]).map_err(Error::io("signals"))?;
    thread::spawn(move || {
        for (count, _) in signals.forever().enumerate() {
            ops::interrupt::request();
            if count > 0 {
                exit_at_once();
            }
            say("stopping at the next step, with a checkpoint (once more: at once, without)");
        }
    });
    Ok(())
}

/// Asks the run to stop after a time.
pub fn at(deadline: Option<Duration>, say: impl Fn(&str) + Send + 'static) {
    let Some(deadline) = deadline else { return };
    thread::spawn(move || {
        thread::sleep(deadline);
        say("the deadline is reached");
        ops::interrupt::request();
    });
}

/// The end of a run, which one of two threads begins: the script's, or the watch.
#[derive(Clone, Default)]
pub struct End(Arc<AtomicBool>);

impl End {
    /// Whether nobody else has begun it.
    fn begin(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }

    /// The script's thread gets here: it closes the run, unless the watch has begun to, which ends the
    /// process.
    pub fn reach(&self) {
        while !self.begin() {
            thread::park();
        }
    }
}

/// Watches a script that may be unable to stop, because it waits for a library. If it has not ended a moment
/// after it was asked to stop, the watch calls `close` in its place and ends the process. What the script
/// does meanwhile changes no checkpoint: those hold states between its steps.
pub fn watch(close: impl FnOnce() -> Result<Outcome> + Send + 'static) -> End {
    let end = End::default();
    let watched = end.clone();
    thread::spawn(move || {
        while !ops::interrupt::requested() {
            thread::sleep(ASK_EVERY);
        }
        thread::sleep(PATIENCE);
        if watched.begin() {
            // A panic must not leave a process behind that waits for its end.
            if let Ok(Err(error)) = catch_unwind(AssertUnwindSafe(close)) {
                err!("error: {error}");
            }
            exit_at_once();
        }
    });
    end
}

/// Ends the process at once, without the handlers that `exit` runs: they free what threads of a GPU driver
/// may still use. Nothing waits in a buffer of the standard library: it writes out each line that is printed.
fn exit_at_once() -> ! {
    // SAFETY: it takes a number, and nothing of this program runs any more.
    unsafe { libc::_exit(130) }
}
