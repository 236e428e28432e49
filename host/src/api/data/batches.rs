//! Mini-batches of data sets and mixtures.

use std::sync::{Arc, Mutex};

use ops::{Device, Tensor, random};
use rhai::{Dynamic, Map};

use super::choose::{WeightList, weighted};
use crate::{
    api::options::CallOptions,
    data::{self, BatchLoader, BatchPlan, BatchRecipe, Dataset, Mixture},
    error::{Error, Result, locked},
    script::{Comparable, Identity, ScriptResult, Table, raised, require_items},
    session::Session,
};

/// What comes one after the other, in a `for` loop.
type Steps = Box<dyn Iterator<Item = ScriptResult> + Send>;

/// One pass over data, for `for`: what scripts call batches.
#[derive(Clone)]
pub struct Batches(Arc<Mutex<Option<Steps>>>);

impl Batches {
    /// A pass that a loop may go through once.
    pub fn new(steps: impl Iterator<Item = ScriptResult> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(steps)))))
    }
}

impl Comparable for Batches {
    /// Which pass it is, and whether a loop took it.
    type Content = (Identity<Mutex<Option<Steps>>>, bool);

    fn content(&self) -> Self::Content {
        (Identity::of(&self.0), locked(&self.0).is_none())
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .global()
        .add(
            "batches(set, size, options)",
            "Shuffled mini-batches #{ images, labels, indices } for a `for` loop; the order is a function of \
             the seed and the position in the run. The next ones are prepared meanwhile. With options \
             shuffle (true), drop_last (false: a last, smaller batch is kept), weights (an array or a tensor \
             [N]: items are drawn by them, whatever came before) and count (the number of these draws; all \
             by default).",
            "{ let n = 0; for batch in data::load(\"glyphs\").train(5).batches(2) { n += batch.images\
             .len(); } n } => 5\n\
             { let n = 0; for b in data::load(\"glyphs\").train(5)\
             .batches(2, #{ drop_last: true }) { n += 1; } n } => 2",
            |session: &Session, set: Dataset, size: usize, options: Option<Map>| {
                set_pass(&set, size, options, session.device())
            },
        )
        .add(
            "batches(mixture, size, options)",
            "Mini-batches as of a set; `sources` [n] says which set each item is of. With options count (the \
             number of draws; by default as many as the sets have items) and drop_last (false).",
            "{ let s = data::load(\"shapes\").train(5); let n = 0; \
             for b in data::mix([s, s], [0, 1]).batches(4) { n += b.sources.sum().item(); } n } => 10\n\
             { let s = data::load(\"shapes\").train(5); let n = 0; \
             for b in data::mix([s], [1]).batches(4, #{ count: 40 }) { n += 1; } n } => 10",
            |session: &Session, mixture: Arc<Mixture>, size: usize, options: Option<Map>| {
                mixture_pass(mixture, size, options, session.device())
            },
        )
        .add(
            "batch(set)",
            "All items as one batch #{ images, labels, indices }, in their order.",
            r#"data::load("glyphs").train(3).batch().labels.to_array() => [0, 1, 2]"#,
            |session: &Session, set: Dataset| {
                require_items(set.len())?;
                whole(&set, (0..set.len() as u32).collect(), None, session.device())
            },
        )
        .add(
            "batch(mixture, n)",
            "n draws as one batch #{ images, labels, indices, sources }.",
            "{ let s = data::load(\"shapes\").train(5); \
             data::mix([s, s], [0, 1]).batch(3).sources.to_array() } => [1, 1, 1]",
            |session: &Session, mixture: Arc<Mixture>, n: usize| {
                require_items(n)?;
                let drawn = mixture.draw(n, random::next_key())?;
                whole(mixture.items(), drawn, Some(&mixture), session.device())
            },
        )
        .add(
            "to_string(mixture)",
            "What the mixture is.",
            "data::mix([data::load(\"glyphs\").train(2)], [1]).to_string() \
             => mixture of 1 sets: glyphs: 2 items of [1, 28, 28], 36 classes",
            |mixture: Arc<Mixture>| mixture.to_string(),
        );
    table.iterator::<Batches>(|pass| {
        let steps = locked(&pass.0).take();
        Box::new(steps.into_iter().flatten())
    });
}

/// A pass over a set.
fn set_pass(set: &Dataset, size: usize, options: Option<Map>, device: Device) -> Result<Batches> {
    pass(recipe(set, size, options, device)?, None)
}

/// The batches of a set by the options of a script.
pub fn recipe(set: &Dataset, size: usize, options: Option<Map>, device: Device) -> Result<BatchRecipe> {
    let (shuffle, drop_last, weights, count) = CallOptions::read("batches", options, |options| {
        let (shuffle, drop_last) = (options.get("shuffle", true)?, options.get("drop_last", false)?);
        Ok((shuffle, drop_last, options.find::<WeightList>("weights")?, options.find::<usize>("count")?))
    })?;
    let key = shuffle.then(random::next_key);
    let plan = BatchPlan { batch_size: size, shuffle: key, drop_last, device };
    match (weights, key) {
        (Some(weights), Some(key)) => {
            let drawn = weighted(set, &weights)?.draw(count.unwrap_or(set.len()), key)?;
            Ok(BatchRecipe::of_items(set, drawn, plan)?)
        }
        (None, _) if count.is_none() => Ok(BatchRecipe::new(set, plan)?),
        _ => Err(Error::usage(
            "batches: draws by weight come in no order, and their number means nothing without weights",
            "give `weights` with or without `count`, or `shuffle`",
        )),
    }
}

/// A pass of draws from a mixture.
fn mixture_pass(mixture: Arc<Mixture>, size: usize, options: Option<Map>, device: Device) -> Result<Batches> {
    let (count, drop_last) = CallOptions::read("batches", options, |options| {
        Ok((options.get("count", mixture.items().len())?, options.get("drop_last", false)?))
    })?;
    let drawn = mixture.draw(count, random::next_key())?;
    let plan = BatchPlan { batch_size: size, shuffle: None, drop_last, device };
    pass(BatchRecipe::of_items(mixture.items(), drawn, plan)?, Some(mixture))
}

/// Items of a set as one batch.
pub fn whole(set: &Dataset, items: Vec<u32>, mixture: Option<&Mixture>, device: Device) -> Result<Dynamic> {
    let plan = BatchPlan { batch_size: items.len(), shuffle: None, drop_last: false, device };
    to_map(BatchRecipe::of_items(set, items, plan)?.batch(0)?, mixture)
}

fn pass(recipe: BatchRecipe, mixture: Option<Arc<Mixture>>) -> Result<Batches> {
    let map = move |batch: data::Batch| to_map(batch, mixture.as_deref());
    let batches = BatchLoader::new(recipe)?;
    Ok(Batches::new(batches.map(move |batch| batch.map_err(Error::from).and_then(&map).map_err(raised))))
}

/// A batch as scripts see it.
pub fn to_map(batch: data::Batch, mixture: Option<&Mixture>) -> Result<Dynamic> {
    require_items(batch.indices.len())?;
    let mut map = Map::new();
    if let Some(mixture) = mixture {
        let sources: Vec<i64> = batch.indices.iter().map(|&index| mixture.source(index) as i64).collect();
        let shape = [sources.len()];
        let sources = Tensor::whole(sources, shape, batch.images.device())?;
        map.insert("sources".into(), Dynamic::from(sources));
    }
    map.insert("images".into(), Dynamic::from(batch.images));
    map.insert("labels".into(), batch.labels.map_or(Dynamic::UNIT, Dynamic::from));
    let indices: rhai::Array = batch.indices.into_iter().map(|i| i64::from(i).into()).collect();
    map.insert("indices".into(), indices.into());
    Ok(map.into())
}
