//! Mini-batches, prepared by another thread while the last one is in use.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
};

use crossbeam::channel::{Receiver, bounded, never};
use files::{Error, Result};
use ops::{Device, Tensor, panic_text, random::Key};

use super::dataset::{Dataset, Gathered, order};

/// The number of batches that are prepared ahead.
const DEPTH: usize = 2;
/// Preparing a batch of fewer bytes of images takes no longer than waiting for another thread.
const WORTH_A_THREAD: usize = 64 << 10;

/// How a data set is cut into batches.
#[derive(Debug, Clone, Copy)]
pub struct BatchPlan {
    /// Items in a batch.
    pub batch_size: usize,
    /// Shuffles the items; without it they come in the order of the set.
    pub shuffle: Option<Key>,
    /// Leaves out a last batch that is not full.
    pub drop_last: bool,
    /// Where the tensors are wanted.
    pub device: Device,
}

/// A mini-batch of `n` items.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[n, ...]` of f32.
    pub images: Tensor,
    /// `[n]` of whole numbers ([`Device::whole`]), if the set has labels.
    pub labels: Option<Tensor>,
    /// Where the items stand in the set.
    pub indices: Vec<u32>,
}

/// What the batches of one pass over a data set are made of: a pure function of the set and the plan.
pub struct BatchRecipe {
    set: Dataset,
    /// The items' indices in the set; a batch is the next `size` of them.
    order: Vec<u32>,
    size: usize,
    count: usize,
    device: Device,
}

impl BatchRecipe {
    /// The batches of a pass.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is not one batch; [`ops::Error::Memory`] for batches that the budget
    /// of tensor bytes does not allow.
    pub fn new(set: &Dataset, plan: BatchPlan) -> Result<Self> {
        let in_order = || (0..set.len() as u32).collect();
        let order = plan.shuffle.map_or_else(in_order, |key| order(set.len(), key));
        Self::of_items(set, order, plan)
    }

    /// The batches of the items at those indices of the set, in that order whatever the plan says, repeats
    /// allowed.
    ///
    /// # Errors
    /// As [`BatchRecipe::new`].
    pub fn of_items(set: &Dataset, order: Vec<u32>, plan: BatchPlan) -> Result<Self> {
        let count = count(order.len(), &plan);
        if count == 0 {
            return Err(Error::usage(
                format!("batches: no batch of {} can be made of `{set}`", plan.batch_size),
                "take a batch size from 1 to the number of items; a last batch that is not full is left \
                 out with `drop_last`",
            ));
        }
        let size = plan.batch_size.min(order.len());
        set.require_room("batches", size)?;
        Ok(Self { set: set.clone(), order, size, count, device: plan.device })
    }

    /// The number of batches.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Batch `i`.
    ///
    /// # Errors
    /// As every operation on tensors.
    pub fn batch(&self, i: usize) -> Result<Batch> {
        self.upload(self.prepare(i)?)
    }

    fn prepare(&self, i: usize) -> Result<Gathered> {
        let end = self.order.len().min((i + 1) * self.size);
        self.set.gather("batches", &self.order[i * self.size..end])
    }

    fn upload(&self, items: Gathered) -> Result<Batch> {
        self.set.upload(items, self.device)
    }
}

/// The batches of one pass over a data set, one after the other. An error ends them.
pub struct BatchLoader {
    recipe: Arc<BatchRecipe>,
    /// None: batches are prepared where they are used.
    worker: Option<Worker>,
    done: usize,
}

impl BatchLoader {
    /// Starts a pass.
    ///
    /// # Errors
    /// [`Error::Usage`] where the system gives no thread.
    pub fn new(recipe: BatchRecipe) -> Result<Self> {
        let bytes = recipe.size * recipe.set.shape().iter().product::<usize>() * size_of::<f32>();
        let recipe = Arc::new(recipe);
        let worker = (bytes >= WORTH_A_THREAD).then(|| {
            let recipe = Arc::clone(&recipe);
            Worker::start(recipe.count, move |i| recipe.prepare(i))
        });
        Ok(Self { recipe, worker: worker.transpose()?, done: 0 })
    }

    fn prepared(&mut self) -> Result<Gathered> {
        match &mut self.worker {
            None => self.recipe.prepare(self.done),
            Some(worker) => worker.receive(),
        }
    }
}

impl Iterator for BatchLoader {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done == self.recipe.count {
            return None;
        }
        let batch = self.prepared().and_then(|items| self.recipe.upload(items));
        self.done = if batch.is_ok() { self.done + 1 } else { self.recipe.count };
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.recipe.count - self.done;
        (left, Some(left))
    }
}

/// The number of batches left.
impl ExactSizeIterator for BatchLoader {}

/// The number of batches that `items` items give.
fn count(items: usize, plan: &BatchPlan) -> usize {
    let full = items.checked_div(plan.batch_size).unwrap_or(0);
    let rest = items.checked_rem(plan.batch_size).unwrap_or(0);
    full + usize::from(rest > 0 && !plan.drop_last)
}

/// A thread that prepares batches and lives no longer than this.
struct Worker {
    batches: Receiver<Result<Gathered>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Prepares batches `0..count`, never more than [`DEPTH`] ahead.
    fn start(count: usize, prepare: impl Fn(usize) -> Result<Gathered> + Send + 'static) -> Result<Self> {
        let (sender, batches) = bounded(DEPTH);
        let work = move || {
            for i in 0..count {
                // Sending fails when nobody waits for batches any more.
                if sender.send(prepare(i)).is_err() {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("batches".into()).spawn(work).map_err(|error| {
            Error::usage(
                format!("batches: no thread can be started to prepare them: {error}"),
                "end other programs, or raise the limit on threads (`ulimit -u`)",
            )
        })?;
        Ok(Self { batches, thread: Some(thread) })
    }

    /// The next batch, or why there is none.
    fn receive(&mut self) -> Result<Gathered> {
        match self.batches.recv() {
            Ok(batch) => batch,
            Err(_) => Err(self.died()),
        }
    }

    fn died(&mut self) -> Error {
        let panic = self.thread.take().and_then(|thread| thread.join().err());
        Error::usage(
            format!(
                "batches: a fault inside the host: {}",
                panic.as_deref().map_or("no reason given", |panic| panic_text(panic))
            ),
            "this is a mistake in the program, not in the script: please report it",
        )
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Without a receiver the thread ends at its next batch.
        self.batches = never();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
