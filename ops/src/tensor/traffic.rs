//! What work on a device costs on any machine: kernels launched, bytes moved, waits. Counted where it is
//! asked for ([`count`]), on the thread that asks.
//!
//! Launches are exact: CubeCL tells of each one, Burn's and our own. It does not tell what a kernel is given,
//! so bytes are those of the inputs and the output of each operation, at its own door ([`super::engine`]):
//! the least that has to be moved, whatever the number of kernels.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::AddAssign,
};

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Operations that computed something; views do not.
    pub operations: u64,
    /// Kernels launched on the GPU.
    pub launches: u64,
    /// Bytes of what operations were given.
    pub bytes_read: u64,
    /// Bytes of what they gave.
    pub bytes_written: u64,
    /// Tensors that the host made and the GPU was sent.
    pub uploads: u64,
    /// Values that the host read from the GPU, each of which waits until it has done all its work.
    pub round_trips: u64,
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.operations += other.operations;
        self.launches += other.launches;
        self.bytes_read += other.bytes_read;
        self.bytes_written += other.bytes_written;
        self.uploads += other.uploads;
        self.round_trips += other.round_trips;
    }
}

/// What was done, by the name of the operation.
pub type Counts = BTreeMap<&'static str, Traffic>;

thread_local! {
    static COUNTS: RefCell<Option<Counts>> = const { RefCell::new(None) };
    /// The operation that this thread carries out.
    static CURRENT: Cell<&'static str> = const { Cell::new("other") };
}

/// Runs `f`, and gives with its value what this thread did meanwhile. Not to be nested.
pub fn count<T>(f: impl FnOnce() -> T) -> (T, Counts) {
    #[cfg(feature = "cube")]
    launches::observe();
    COUNTS.set(Some(Counts::new()));
    let value = f();
    (value, COUNTS.take().unwrap_or_default())
}

/// The sum over all operations.
pub fn total(counts: &Counts) -> Traffic {
    let mut sum = Traffic::default();
    counts.values().for_each(|&one| sum += one);
    sum
}

/// Adds to what is counted of an operation; does nothing where nothing is counted.
pub(crate) fn add(operation: &'static str, traffic: impl FnOnce() -> Traffic) {
    COUNTS.with_borrow_mut(|counts| {
        if let Some(counts) = counts {
            *counts.entry(operation).or_default() += traffic();
        }
    });
}

/// [`add`] to the operation that this thread carries out.
pub(crate) fn add_here(traffic: Traffic) {
    add(CURRENT.get(), || traffic);
}

/// Runs `f` as that operation: the kernels that it launches are counted as its own.
pub(crate) fn within<T>(operation: &'static str, f: impl FnOnce() -> T) -> T {
    struct Restore(&'static str);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _restore = Restore(CURRENT.replace(operation));
    f()
}

#[cfg(feature = "cube")]
mod launches {
    use std::sync::{Arc, OnceLock};

    use cubecl::logging::{LaunchObservation, LaunchObserver};

    use super::{Traffic, add_here};

    struct Observer;

    impl LaunchObserver for Observer {
        fn launched(&self, _: &'static str) {
            add_here(Traffic { launches: 1, ..Traffic::default() });
        }
    }

    /// Asks CubeCL to tell of launches, from now on: it has one place for an observer, so threads that came
    /// and went with theirs would be in each other's way.
    pub(super) fn observe() {
        static OBSERVATION: OnceLock<LaunchObservation> = OnceLock::new();
        OBSERVATION.get_or_init(|| LaunchObservation::new(Arc::new(Observer)));
    }
}
