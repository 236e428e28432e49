//! The budget of tensor bytes. It is checked before anything is allocated, because a failed
//! allocation aborts the process and cannot be caught.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{Device, Spec, show};
use crate::{Error, Result};

static LIVE: AtomicUsize = AtomicUsize::new(0);
/// Those of [`LIVE`] that lie in a GPU's memory.
static ON_GPU: AtomicUsize = AtomicUsize::new(0);
/// No allocation can be larger than this, whatever the budget.
static BUDGET: AtomicUsize = AtomicUsize::new(isize::MAX as usize);

/// Sets the bytes that all tensors together may take.
pub fn set_budget(bytes: usize) {
    BUDGET.store(bytes, Ordering::Relaxed);
}

/// Bytes that are left of the budget.
pub fn room() -> usize {
    BUDGET.load(Ordering::Relaxed).saturating_sub(live_bytes())
}

/// Bytes of all tensors alive, and of the records of how they were computed.
pub fn live_bytes() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// Those of [`live_bytes`] that are on the heap of the process.
pub fn heap_bytes() -> usize {
    live_bytes().saturating_sub(ON_GPU.load(Ordering::Relaxed))
}

/// Refuses a tensor for which no room is left, before anything is made that grows with it: lists of its
/// indices, tables of its weights.
///
/// # Errors
/// [`Error::Memory`].
pub fn require_room(op: &'static str, spec: &Spec) -> Result<()> {
    Charge::new(op, spec, Device::Cpu).map(drop)
}

/// The bytes of one value, given back when its last handle is dropped. There is one for each value, so
/// it is also the value's identity; a view's takes no bytes and holds on to its source's.
pub(crate) struct Charge {
    bytes: usize,
    device: Device,
    source: Option<Arc<Charge>>,
}

impl Charge {
    /// Takes the bytes of a tensor of that spec on a device from the budget.
    ///
    /// # Errors
    /// [`Error::Memory`] when they are not left.
    pub(crate) fn new(op: &'static str, spec: &Spec, device: Device) -> Result<Arc<Self>> {
        let (needed, budget) = (spec.bytes(), BUDGET.load(Ordering::Relaxed));
        let fits = |live: usize| live.checked_add(needed).filter(|live| *live <= budget);
        match LIVE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => {
                if device == Device::Gpu {
                    ON_GPU.fetch_add(needed, Ordering::Relaxed);
                }
                Ok(Arc::new(Self { bytes: needed, device, source: None }))
            }
            Err(live) => Err(Error::Memory {
                op,
                shape: show(&spec.shape),
                needed: megabytes(needed),
                left: megabytes(budget.saturating_sub(live)),
                budget: megabytes(budget),
            }),
        }
    }

    /// That of a record of how a tensor was computed: a graph of millions of scalars is larger than they are.
    /// A record refuses nothing itself; the next tensor does.
    pub(crate) fn record(bytes: usize) -> Self {
        LIVE.fetch_add(bytes, Ordering::Relaxed);
        Self { bytes, device: Device::Cpu, source: None }
    }

    /// That of a view. A view of a view holds on to the first source, so that there are no long chains.
    pub(crate) fn view(source: &Arc<Self>) -> Arc<Self> {
        let source = source.source.as_ref().unwrap_or(source);
        Arc::new(Self { bytes: 0, device: source.device, source: Some(Arc::clone(source)) })
    }

    /// The bytes that are held on to.
    pub(crate) fn bytes(&self) -> usize {
        self.source.as_ref().map_or(self.bytes, |source| source.bytes())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        // In this order no moment shows less on the heap than there is, as if a script's values took it.
        if self.device == Device::Gpu {
            ON_GPU.fetch_sub(self.bytes, Ordering::Relaxed);
        }
        LIVE.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
