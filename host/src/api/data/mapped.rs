//! `set.map(...)`: data sets whose pictures a script function changes, on threads of the loader.
//!
//! Random numbers depend on the position of the pass in the run, the number of the batch and that of the
//! function, so the values are those of a plain loop, bit for bit, whatever the number of threads.

use std::{
    collections::BTreeMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::JoinHandle,
};

use crossbeam::channel::{Receiver, Sender, never, unbounded};
use ops::{
    Device, Tensor,
    random::{Key, next_key},
};
use rhai::{Dynamic, Engine, FnPtr, Map, NativeCallContext};

use super::batches::{Batches, recipe, to_map};
use crate::{
    api::pool::Stage,
    data::{BatchPlan, BatchRecipe, Dataset},
    error::{Error, Result},
    kinds,
    script::{
        Carried, Comparable, FromScript, Identity, Problem, ScriptResult, Table, raised, require_items,
        script_type, stack,
    },
    session::Session,
};

/// How many batches all threads together may be ahead of the loop, besides those in their hands.
const AHEAD: usize = 2;

/// A data set with functions that its pictures go through. Cloning is cheap.
#[derive(Clone)]
pub struct MappedDataset(Arc<Mapping>);

script_type!(MappedDataset => "MappedDataset");

impl Comparable for MappedDataset {
    /// Which one it is: it never changes.
    type Content = Identity<Mapping>;

    fn content(&self) -> Self::Content {
        Identity::of(&self.0)
    }
}

/// A set, and the functions in their order.
pub struct Mapping {
    engine: Arc<Engine>,
    set: Dataset,
    stages: Vec<Arc<Stage>>,
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    add_map(table);
    table
        .global()
        .add(
            "batches(mapped, size, options)",
            "Batches as of the set, with the same options, whose images went through the functions.",
            "{ let n = 0.0; for b in data::from(ones([5, 1])).map(|x| x * 2).batches(2) \
             { n += b.images.sum().item(); } n } => 10.0",
            |session: &Session, mapped: MappedDataset, size: usize, options: Option<Map>| {
                let recipe = recipe(&mapped.0.set, size, options, session.device())?;
                Ok::<_, Error>(Batches::new(MappedPass::new(mapped.0, recipe)))
            },
        )
        .add(
            "batch(mapped)",
            "All items as one batch #{ images, labels, indices }, in their order.",
            "data::from(ones([2, 1])).map(|x| x + 1).batch().images.to_array() => [[2.0], [2.0]]",
            |session: &Session, mapped: MappedDataset| whole(&mapped.0, session.device()),
        )
        .add(
            "len(mapped)",
            "Number of items.",
            "data::from(ones([5, 1])).map(|x| x * 2).len() => 5",
            |mapped: MappedDataset| mapped.0.set.len(),
        )
        .add(
            "labels(mapped)",
            "The labels, an array of whole numbers.",
            "data::load(\"glyphs\").train(3).map(|x| x * 2).labels() => [0, 1, 2]",
            |mapped: MappedDataset| super::labels(&mapped.0.set),
        )
        .add(
            "class_names(mapped)",
            "The names of the classes, in the order of their numbers.",
            "data::load(\"shapes\").train(1).map(|x| x * 2).class_names()[6] => star",
            |mapped: MappedDataset| mapped.0.set.class_names().to_vec(),
        )
        .add(
            "to_string(mapped)",
            "What it is.",
            "data::from(ones([5, 1])).map(|x| x * 2).to_string() \
             => tensor: 5 items of [1], no labels; changed by 1 function",
            |mapped: MappedDataset| mapped.0.to_string(),
        );
}

fn add_map(table: &mut Table) {
    table
        .global()
        .add(
            "map(set, change)",
            "The set with images that `change` makes of them, whenever batches are made: torchvision's \
             `transform`. It gets the images of a batch [n, ...] and gives as many, of any shape; random \
             numbers in it are others for each batch and each pass. The loader's threads call it, ahead of \
             the loop, without gradients; the bits are the same for any number of threads.",
            "{ let set = data::load(\"glyphs\").train(6).map(|x| augment::random_crop(x, 28, #{ padding: 2 })\
             ); let n = 0; for b in set.batches(2) { n += b.images.len(); } n } => 6",
            |context: &NativeCallContext, set: Dataset, change: FnPtr| {
                let engine = Session::of(context)?.engine()?;
                let stages = vec![Arc::new(Stage::new(context, &change)?)];
                Ok::<_, Error>(MappedDataset(Arc::new(Mapping { engine, set, stages })))
            },
        )
        .add(
            "map(mapped, change)",
            "The same, then this function.",
            "data::from(ones([2, 1])).map(|x| x + 1).map(|x| x * 3).batch().images.sum().item() => 12.0",
            |context: &NativeCallContext, mapped: MappedDataset, change: FnPtr| {
                let Mapping { engine, set, stages } = &*mapped.0;
                let mut stages = stages.clone();
                stages.push(Arc::new(Stage::new(context, &change)?));
                let (engine, set) = (Arc::clone(engine), set.clone());
                Ok::<_, Error>(MappedDataset(Arc::new(Mapping { engine, set, stages })))
            },
        );
}

/// All items of a set as one batch.
fn whole(mapping: &Mapping, device: Device) -> ScriptResult {
    let size = mapping.set.len();
    let plan = BatchPlan { batch_size: size, shuffle: None, drop_last: false, device };
    let recipe = require_items(size).and_then(|()| Ok(BatchRecipe::new(&mapping.set, plan)?));
    let batch = mapping.batch(&recipe.map_err(raised)?, 0, next_key())?;
    mapping.unchanged().map_or(Ok(batch), Err)
}

impl Mapping {
    /// Batch `i` of the pass of that key, changed.
    fn batch(&self, recipe: &BatchRecipe, i: usize, key: Key) -> ScriptResult {
        let mut batch = recipe.batch(i).map_err(|error| raised(error.into()))?;
        for (number, stage) in self.stages.iter().enumerate() {
            let key = key.derive(&format!("{i}/{number}"));
            let images = Dynamic::from(batch.images);
            let changed = stage.call_once(&self.engine, key, images)?;
            batch.images = checked(&changed, batch.indices.len()).map_err(raised)?;
        }
        to_map(batch, None).map_err(raised)
    }

    /// The error for a variable that a function captured and that changed meanwhile.
    fn unchanged(&self) -> Option<Box<rhai::EvalAltResult>> {
        let variable = self.stages.iter().find_map(|stage| stage.changed(&self.engine))?;
        let problem = format!("map: {variable}, which the function captured, changed after `map` was called");
        let help = "call `map` again after a change, or give it a copy (`deep_copy()`)";
        Some(Problem::new(problem, help).error())
    }
}

/// What a function gave for `n` images.
fn checked(value: &Dynamic, n: usize) -> Result<Tensor> {
    let help = format!("give a tensor of {n} images, as many as came");
    let Ok(images) = Tensor::from_script(value) else {
        return Err(Error::usage(format!("map: the function gave {}", kinds::a(value)), help));
    };
    match images.shape().first() {
        Some(&count) if count == n => Ok(images),
        _ => {
            let problem = format!("map: the function gave a tensor of shape {:?}", images.shape());
            Err(Error::usage(problem, help))
        }
    }
}

/// `tensor: 5 items of [1], no labels; changed by 1 function`.
impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, s) = (self.stages.len(), if self.stages.len() == 1 { "" } else { "s" });
        write!(f, "{}; changed by {count} function{s}", self.set)
    }
}

/// One pass, whose threads start with its first batch.
struct MappedPass {
    mapping: Arc<Mapping>,
    recipe: Arc<BatchRecipe>,
    key: Key,
    /// The next batch that the loop gets.
    next: usize,
    workers: Option<Workers>,
}

impl MappedPass {
    fn new(mapping: Arc<Mapping>, recipe: BatchRecipe) -> Self {
        Self { mapping, recipe: Arc::new(recipe), key: next_key(), next: 0, workers: None }
    }

    /// What makes batch `i`. A panic becomes an error.
    fn make(&self) -> impl Fn(usize) -> ScriptResult + Clone + Send + 'static {
        let (mapping, recipe, key) = (Arc::clone(&self.mapping), Arc::clone(&self.recipe), self.key);
        move |i| {
            let batch = catch_unwind(AssertUnwindSafe(|| mapping.batch(&recipe, i, key)));
            batch.unwrap_or_else(|panic| Err(raised(Error::fault(panic))))
        }
    }

    fn batch(&mut self) -> ScriptResult {
        let threads = rayon::current_num_threads().min(self.recipe.count());
        // On a thread of `parallel` all others are busy already.
        if threads < 2 || stack::is_worker() {
            return self.make()(self.next);
        }
        if self.workers.is_none() {
            let workers = Workers::start(threads, self.recipe.count(), &self.make());
            self.workers = Some(workers.map_err(raised)?);
        }
        self.workers.as_mut().map_or(Ok(Dynamic::UNIT), |workers| workers.receive(self.next))
    }
}

impl Iterator for MappedPass {
    type Item = ScriptResult;

    fn next(&mut self) -> Option<ScriptResult> {
        if self.next == self.recipe.count() {
            self.workers = None;
            self.next += 1;
            return self.mapping.unchanged().map(Err);
        }
        if self.next > self.recipe.count() {
            return None;
        }
        let batch = self.batch();
        self.next = if batch.is_ok() { self.next + 1 } else { self.recipe.count() + 1 };
        Some(batch)
    }
}

/// Threads that make numbered values in any order; they end when this is dropped.
struct Workers {
    /// The numbers of the values to be made.
    tickets: Option<Sender<usize>>,
    /// The next number to hand out.
    ticket: usize,
    count: usize,
    values: Receiver<(usize, ScriptResult)>,
    /// Those that came before their turn.
    early: BTreeMap<usize, ScriptResult>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    fn start(
        threads: usize,
        count: usize,
        make: &(impl Fn(usize) -> ScriptResult + Clone + Send + 'static),
    ) -> Result<Self> {
        let (tickets, wanted) = unbounded();
        let (give, values) = unbounded();
        let tickets = Some(tickets);
        let mut workers =
            Self { tickets, ticket: 0, count, values, early: BTreeMap::new(), threads: Vec::new() };
        (0..threads + AHEAD).for_each(|_| workers.hand_out());
        for _ in 0..threads {
            let (wanted, give, make) = (wanted.clone(), give.clone(), make.clone());
            workers.threads.push(stack::spawn(move || {
                for i in wanted {
                    if give.send((i, make(i))).is_err() {
                        return;
                    }
                }
            })?);
        }
        Ok(workers)
    }

    fn hand_out(&mut self) {
        if let Some(tickets) = self.tickets.as_ref().filter(|_| self.ticket < self.count) {
            // Fails when all threads ended, which the next `receive` says.
            let _ = tickets.send(self.ticket);
            self.ticket += 1;
        }
    }

    /// Value `i`, each in its turn.
    fn receive(&mut self, i: usize) -> ScriptResult {
        self.hand_out();
        loop {
            if let Some(value) = self.early.remove(&i) {
                return value;
            }
            let Ok((number, value)) = self.values.recv() else {
                return Err(raised(Error::usage("map: its threads ended", "please report this")));
            };
            self.early.insert(number, value);
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        // A thread ends when there are no more tickets, and nobody to give a value to.
        self.tickets = None;
        self.values = never();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
