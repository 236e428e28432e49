//! The tape: how tensors were computed.
//!
//! Each tracked tensor points to a [`Node`]: the operation and its inputs. Nodes are numbered as they
//! are made, so descending numbers are a reverse topological order, in which [`crate::op::Gradients`] are
//! computed.

use std::{
    cell::Cell,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Charge, Op, Storage, Tensor, Vjp,
    trace::{self, OpOrigin},
};
use crate::{Error, Result, ensure};

static NEXT_NODE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static RECORDS: Cell<bool> = const { Cell::new(true) };
}

/// How a tensor came to be.
pub(crate) struct Node {
    /// A number larger than that of every node it was computed from.
    pub id: u64,
    /// `None` at a leaf: a parameter, or a tensor that `track` cut off.
    op: Option<Box<dyn Op>>,
    /// In a trace: where the operation comes from.
    pub origin: Option<OpOrigin>,
    /// `None` after [`Tensor::backward`], which frees memory as it proceeds.
    saved: Mutex<Option<SavedTensors>>,
}

struct SavedTensors {
    inputs: Vec<Tensor>,
    output: Storage,
    /// What the node itself takes, and its inputs' handles.
    _record: Charge,
}

impl Node {
    pub(crate) fn leaf() -> Arc<Self> {
        Arc::new(Self {
            id: NEXT_NODE.fetch_add(1, Ordering::Relaxed),
            op: None,
            origin: None,
            saved: Mutex::default(),
        })
    }

    pub(crate) fn record(op: Box<dyn Op>, inputs: &[&Tensor], storage: &Storage) -> Arc<Self> {
        let saves = op.info().saves;
        // A trace needs every input, constants among them.
        let traced = matches!(storage, Storage::Symbolic);
        let keep =
            |(i, x): (usize, &&Tensor)| if traced || saves.input(i) { (*x).clone() } else { x.released() };
        let saved = SavedTensors {
            inputs: inputs.iter().enumerate().map(keep).collect(),
            output: if saves.output { storage.clone() } else { Storage::Released },
            _record: Charge::record(size_of::<Self>() + inputs.len() * Tensor::BYTES),
        };
        Arc::new(Self {
            id: NEXT_NODE.fetch_add(1, Ordering::Relaxed),
            op: Some(op),
            origin: traced.then(trace::origin).flatten(),
            saved: Mutex::new(Some(saved)),
        })
    }

    fn saved(&self) -> MutexGuard<'_, Option<SavedTensors>> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn op(&self) -> Option<&dyn Op> {
        self.op.as_deref()
    }

    pub(crate) fn inputs(&self) -> Vec<Tensor> {
        self.saved().as_ref().map_or_else(Vec::new, |saved| saved.inputs.clone())
    }

    /// The gradients of the inputs, given that of the output.
    pub(crate) fn pull_back(
        self: &Arc<Self>,
        op: &dyn Op,
        dy: &Tensor,
        wanted: &[bool],
    ) -> Result<Vec<Option<Tensor>>> {
        let (x, y) = {
            let saved = self.saved();
            let saved = saved.as_ref().ok_or(Error::Spent)?;
            let y = Tensor::new(dy.spec().clone(), dy.device(), saved.output.clone(), Some(Arc::clone(self)));
            (saved.inputs.clone(), y)
        };
        op.vjp(&Vjp { x: &x, y: &y, dy, wanted })
    }

    /// Frees what is saved for the gradient.
    pub(crate) fn release(&self) {
        self.saved().take();
    }
}

impl Drop for Node {
    /// Unlinks a long chain one node at a time: the default would recurse as deep as the graph.
    fn drop(&mut self) {
        let take = |node: &mut Node| {
            let saved = node.saved.get_mut().unwrap_or_else(PoisonError::into_inner);
            saved.take().map_or_else(Vec::new, |saved| saved.inputs)
        };
        let mut stack = take(self);
        while let Some(tensor) = stack.pop() {
            let node = Arc::into_inner(tensor.0).and_then(|inner| inner.node);
            if let Some(mut node) = node.and_then(Arc::into_inner) {
                stack.append(&mut take(&mut node));
            }
        }
    }
}

/// Whether operations are recorded on this thread.
pub fn is_grad_enabled() -> bool {
    RECORDS.get()
}

/// Runs `f` without recording anything, as evaluation does. Nests; ends also when `f` panics.
pub fn no_grad<T>(f: impl FnOnce() -> T) -> T {
    recording(false, f)
}

/// Runs `f` with recording on or off, as it may be in [`no_grad`] already.
pub(crate) fn recording<T>(on: bool, f: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            RECORDS.set(self.0);
        }
    }
    let _restore = Restore(RECORDS.replace(on));
    f()
}

impl Tensor {
    /// The same value without its record: a constant. A symbolic tensor has nothing but its record, and keeps
    /// it.
    pub fn detach(&self) -> Tensor {
        if self.node().is_none() || self.is_symbolic() { self.clone() } else { self.with_node(None) }
    }

    /// The same value as a new leaf, whose gradient [`Gradients::of`] gives.
    ///
    /// # Errors
    /// [`Error::DType`] for anything but floats.
    pub fn track(&self) -> Result<Tensor> {
        ensure(self.dtype().is_float(), || {
            Error::dtype("track", self.dtype(), "f32 or f64 (only floats have gradients: `.float()`)")
        })?;
        Ok(self.with_node(Some(Node::leaf())))
    }

    /// The same leaf with another value: what a parameter becomes after a step.
    pub(crate) fn track_as(&self, leaf: &Tensor) -> Tensor {
        self.with_node(leaf.node().cloned())
    }

    /// Whether a gradient can be taken through this tensor.
    pub fn is_tracked(&self) -> bool {
        self.node().is_some()
    }
}
