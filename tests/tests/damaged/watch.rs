//! What no file may do: panic, take ten seconds, take two gigabytes.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    collections::BTreeMap,
    fs,
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ops::interrupt;

/// The longest that a file may take; a network that computes for ever is stopped before, as a run is.
const LONGEST: Duration = Duration::from_secs(10);
const STOP: Duration = Duration::from_secs(3);

/// The most memory that a file may take.
const MOST: usize = 2 << 30;

/// Counts what is allocated.
struct Counted;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static MEMORY: Counted = Counted;

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Kinds are tried one after the other: panics and memory are the process's.
static ONE: Mutex<()> = Mutex::new(());

/// Whether a file is being tried, so that a panic is its fault, and the panics of all files.
static TRIES: AtomicBool = AtomicBool::new(false);
static PANICS: Mutex<Vec<String>> = Mutex::new(vec![]);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The watch over the files of one kind.
pub struct Watch {
    kind: &'static str,
    /// The number of the file that is tried, and since when.
    current: Arc<Mutex<Option<(u64, Instant)>>>,
    /// The first file of each fault, and how many have it.
    faults: Mutex<BTreeMap<String, (u64, usize)>>,
    _one: MutexGuard<'static, ()>,
}

impl Watch {
    pub fn new(kind: &'static str) -> Self {
        let _one = lock(&ONE);
        let default = panic::take_hook();
        panic::set_hook(Box::new(move |info| match TRIES.load(Ordering::Relaxed) {
            // ort asserts what its library does not promise; `onnx::runtime` turns that into an error, and
            // what escapes from it ends the try.
            true if info.location().is_some_and(|at| at.file().contains("/ort-")) => {}
            true => lock(&PANICS).push(info.to_string().replace('\n', " ")),
            false => default(info),
        }));
        let current: Arc<Mutex<Option<(u64, Instant)>>> = Arc::default();
        let watched = Arc::downgrade(&current);
        thread::spawn(move || {
            while let Some(current) = watched.upgrade() {
                if let Some((number, since)) = *lock(&current) {
                    if since.elapsed() > STOP {
                        interrupt::request();
                    }
                    if since.elapsed() > LONGEST {
                        eprintln!("{kind} {number} takes longer than {LONGEST:?}");
                        std::process::abort();
                    }
                }
                drop(current);
                thread::sleep(Duration::from_millis(100));
            }
        });
        Self { kind, current, faults: Mutex::default(), _one }
    }

    /// Tries a file.
    pub fn attempt(&self, number: u64, bytes: &[u8], tries: impl FnOnce()) {
        interrupt::clear();
        let before = LIVE.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let since = Instant::now();
        *lock(&self.current) = Some((number, since));
        TRIES.store(true, Ordering::Relaxed);
        let unwound = panic::catch_unwind(AssertUnwindSafe(tries)).is_err();
        TRIES.store(false, Ordering::Relaxed);
        *lock(&self.current) = None;
        let memory = PEAK.load(Ordering::Relaxed).saturating_sub(before);
        let mut found = std::mem::take(&mut *lock(&PANICS));
        if unwound && found.is_empty() {
            found.push("a panic".into());
        }
        if memory > MOST {
            found.push(format!("{} MB of memory", memory >> 20));
        }
        if since.elapsed() > LONGEST {
            found.push(format!("more than {LONGEST:?}"));
        }
        for fault in found {
            self.note(fault, number, bytes);
        }
    }

    fn note(&self, fault: String, number: u64, bytes: &[u8]) {
        let mut faults = lock(&self.faults);
        let (first, times) = faults.entry(fault.clone()).or_insert((number, 0));
        *times += 1;
        if *times == 1 {
            let path: PathBuf = std::env::temp_dir().join(format!("damaged-{}-{first}", self.kind));
            fs::write(&path, bytes).expect("a file");
            eprintln!("{} {number}: {fault}; kept as {}", self.kind, path.display());
        }
    }

    /// Fails where any file had a fault.
    pub fn finish(self) {
        let faults = lock(&self.faults);
        let shown: Vec<_> = faults
            .iter()
            .map(|(fault, (first, times))| format!("{first} ({times} times): {fault}"))
            .collect();
        assert!(shown.is_empty(), "{}:\n{}", self.kind, shown.join("\n"));
    }
}
