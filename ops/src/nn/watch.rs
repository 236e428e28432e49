//! A look at a forward pass: which layers it comes to, and what comes out of each.

use std::cell::RefCell;

use super::Parameter;
use crate::{Result, Spec};

/// The maximum number of layers that are listed.
const MAX_ROWS: usize = 20_000;

/// A layer that a pass came to.
#[derive(Clone, Default)]
pub struct WatchedLayer {
    /// How many layers are around it.
    pub depth: usize,
    /// The kind, as `Conv2d`.
    pub kind: String,
    /// What it is called in its file; empty for a module.
    pub name: String,
    /// The number of the module that it is.
    pub module: Option<usize>,
    /// Parameters of its own, without those of the layers inside it.
    pub parameters: Vec<Parameter>,
    /// None for what gives no tensor.
    pub output: Option<Spec>,
}

#[derive(Default)]
struct Watch {
    rows: Vec<WatchedLayer>,
    depth: usize,
    /// Layers beyond those that are listed.
    more: usize,
}

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// The layers that `f` comes to, and how many more were not listed. Ends also when `f` panics.
///
/// # Errors
/// Those of `f`.
pub fn watched<T>(f: impl FnOnce() -> Result<T>) -> Result<(T, Vec<WatchedLayer>, usize)> {
    let outer = Restore(WATCH.replace(Some(Watch::default())));
    let result = f();
    let found = WATCH.take().unwrap_or_default();
    drop(outer);
    result.map(|result| (result, found.rows, found.more))
}

/// Runs `f` without a look at it.
pub fn unwatched<T>(f: impl FnOnce() -> T) -> T {
    let _outer = Restore(WATCH.take());
    f()
}

struct Restore(Option<Watch>);

impl Drop for Restore {
    fn drop(&mut self) {
        WATCH.set(self.0.take());
    }
}

/// Runs a layer. Where somebody looks at the pass, `about` says which one it is, and `output` what comes out
/// of it.
///
/// # Errors
/// Those of the layer.
pub fn layer<T>(
    about: impl FnOnce() -> WatchedLayer,
    output: impl FnOnce(&T) -> Option<Spec>,
    run: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let is_watched = WATCH.with_borrow(Option::is_some);
    if !is_watched {
        return run();
    }
    let at = enter(about());
    let result = run();
    WATCH.with_borrow_mut(|watch| {
        if let Some(watch) = watch {
            watch.depth = watch.depth.saturating_sub(1);
            if let (Ok(result), Some(row)) = (&result, at.and_then(|at| watch.rows.get_mut(at))) {
                row.output = output(result);
            }
        }
    });
    result
}

/// The place of a new row; none where there are too many.
fn enter(layer: WatchedLayer) -> Option<usize> {
    WATCH.with_borrow_mut(|watch| {
        let watch = watch.as_mut()?;
        let (depth, at) = (watch.depth, watch.rows.len());
        watch.depth += 1;
        if at == MAX_ROWS {
            watch.more += 1;
            return None;
        }
        watch.rows.push(WatchedLayer { depth, ..layer });
        Some(at)
    })
}
