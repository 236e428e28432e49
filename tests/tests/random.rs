//! Statements that no author would write, by the thousand, in this process: none may panic, end the process,
//! take long after it was asked to stop, or take much memory.
//!
//! A binary of its own: it counts what the whole process allocates, silences all panics, and ends the
//! process.
//!
//! `HOST_STATEMENTS=10000000 HOST_SEED=7 cargo test --release --workspace --test random` tries more of them.

use std::{
    fs,
    io::Write as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use host::{
    Error, Host, Options, Session,
    memory::Heap,
    run::Progress,
    script::{Limits, Source},
};
use tests::random::Programs;

#[global_allocator]
static HEAP: Heap = Heap;

/// What a script may do by itself.
const LIMITS: Limits =
    Limits { operations: 300_000, call_depth: 64, expression_depth: 128, string: 1 << 18, memory: 600 << 20 };

/// Bytes that all tensors may take.
const TENSORS: usize = 200 << 20;

/// A program is asked to stop after this.
const PATIENCE: Duration = Duration::from_millis(300);

/// It is a fault not to have stopped after this.
const HANG: Duration = Duration::from_secs(10);

/// It is a fault to take more bytes.
const MEMORY: u64 = 2 << 30;

/// Programs that one host runs.
const PROGRAMS_OF_A_HOST: u64 = 500;

#[test]
fn random_statements_end_without_a_fault() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (count, seed) = (number("HOST_STATEMENTS", 4000), number("HOST_SEED", 1));
    ops::tensor::set_budget(TENSORS);
    std::panic::set_hook(Box::new(|_| {}));
    let watch = Watch::start();
    let (mut done, mut program, mut broken) = (0, seed << 32, 0);
    while done < count {
        let host = host(&watch);
        let programs = Programs::new(&host);
        for _ in 0..PROGRAMS_OF_A_HOST {
            let (text, statements) = programs.write(program);
            watch.begin(program, &text);
            let outcome = host.run(&Source::new("random", text));
            match outcome {
                Err(Error::Fault(fault)) => watch.fault(&fault),
                Err(Error::Script(error)) if matches!(*error, rhai::EvalAltResult::ErrorParsing(..)) => {
                    println!("program {program}: {error}");
                    broken += 1;
                }
                Err(error) => watch.look(&error.to_string()),
                Ok(_) => {}
            }
            watch.end();
            program += 1;
            done += statements as u64;
            if done >= count {
                break;
            }
        }
    }
    drop(std::panic::take_hook());
    let faults = watch.faults();
    assert!(broken * 50 <= program & 0xFFFF_FFFF, "{broken} programs could not be read");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn host(watch: &Arc<Watch>) -> Host {
    let session = Session::new(Options::default(), Progress::quiet());
    let watch = Arc::clone(watch);
    Host::assemble(session, None, LIMITS, |table| {
        table.global().add(
            "note(error)",
            "Looks at an error.",
            "note(1) => ()",
            move |error: rhai::Dynamic| {
                watch.look(&error.to_string());
            },
        );
    })
}

/// Looks after the program that runs.
struct Watch {
    /// Of the program, where one runs.
    began: Mutex<Option<(Instant, u64, String)>>,
    asked: AtomicU64,
    faults: Mutex<Vec<String>>,
}

impl Watch {
    fn start() -> Arc<Self> {
        let watch =
            Arc::new(Self { began: Mutex::default(), asked: AtomicU64::new(0), faults: Mutex::default() });
        let watching = Arc::clone(&watch);
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_millis(50));
                watching.glance();
            }
        });
        watch
    }

    fn glance(&self) {
        let began = self.began.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some((start, program, text)) = began else { return };
        if start.elapsed() > PATIENCE && self.asked.swap(program, Ordering::Relaxed) != program {
            ops::interrupt::request();
        }
        if resident() > MEMORY {
            self.fault(&format!("takes {} MB", resident() >> 20));
        }
        if start.elapsed() > HANG {
            println!("program {program} does not stop:\n{text}");
            std::process::exit(3);
        }
    }

    fn begin(&self, program: u64, text: &str) {
        // What a program that ends the process leaves behind.
        let place = format!("{}/random.rhai", env!("CARGO_TARGET_TMPDIR"));
        let _ = fs::write(place, format!("// program {program}\n{text}"));
        *self.began.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), program, text.to_owned()));
    }

    fn end(&self) {
        *self.began.lock().unwrap_or_else(PoisonError::into_inner) = None;
        ops::interrupt::clear();
    }

    /// Takes an error for a fault where it tells of a panic.
    fn look(&self, error: &str) {
        if ["fault inside", "panicked"].iter().any(|word| error.contains(word)) {
            self.fault(error);
        }
    }

    fn fault(&self, fault: &str) {
        let began = self.began.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (program, text) = began.map_or((0, String::new()), |(_, program, text)| (program, text));
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let start: String = fault.chars().take(60).collect();
        if !faults.iter().any(|known| known.contains(&start)) {
            println!("program {program}: {fault}\n{text}");
            let _ = std::io::stdout().flush();
            faults.push(format!("program {program}: {fault}"));
        }
    }

    fn faults(&self) -> Vec<String> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Bytes of memory of this process.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
