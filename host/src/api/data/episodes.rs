//! Episodes of few-shot learning: small tasks of classes that are drawn anew each time.

use ops::{
    Device, Tensor,
    random::{Key, next_key},
};
use rhai::{Dynamic, Map};

use super::batches::Batches;
use crate::{
    api::options::CallOptions,
    data::{BatchPlan, BatchRecipe, Dataset},
    error::{Error, Result},
    script::{Table, raised, require_items},
    session::Session,
};

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .global()
        .add(
            "episodes(set, ways, shots, options)",
            "Episodes of few-shot learning for a `for` loop, each #{ support, support_labels, query, \
             query_labels, classes }: `ways` classes drawn evenly, of each `shots` pictures to learn from \
             and others to be judged by. Labels are 0 to ways - 1, and pictures of one class stand side by \
             side, so that `support.reshape([ways, shots, -1]).mean([1])` are the prototypes. Which ones \
             is a \
             function of the seed and the position in the run. With options queries (15: pictures of each \
             class to be judged by) and count (100: the number of episodes).",
            "{ let n = 0; for e in data::load(\"shapes\").train(60).episodes(5, 1, #{ queries: 2, count: 3 \
             }) { n += e.query.len(); } n } => 30",
            |session: &Session, set: Dataset, ways: usize, shots: usize, options: Option<Map>| {
                let (plan, count) = CallOptions::read("episodes", options, |options| {
                    let plan = EpisodePlan::new(set, ways, shots, options, session.device())?;
                    Ok((plan, options.get("count", 100)?))
                })?;
                let key = next_key();
                let episode = move |i: usize| plan.episode(key.derive(&i.to_string())).map_err(raised);
                Ok::<_, Error>(Batches::new((0..count).map(episode)))
            },
        )
        .add(
            "episode(set, ways, shots, options)",
            "One episode, as those of `episodes`, for the body of `each`; with the option queries (15).",
            "data::load(\"shapes\").train(60).episode(3, 2, #{ queries: 1 }).support_labels.to_array() \
             => [0, 0, 1, 1, 2, 2]",
            |session: &Session, set: Dataset, ways: usize, shots: usize, options: Option<Map>| {
                let plan = CallOptions::read("episode", options, |options| {
                    EpisodePlan::new(set, ways, shots, options, session.device())
                })?;
                plan.episode(next_key())
            },
        );
}

/// What episodes are made of.
struct EpisodePlan {
    set: Dataset,
    /// Where the items of each class stand, for the classes that have enough.
    classes: Vec<(u32, Vec<u32>)>,
    ways: usize,
    shots: usize,
    queries: usize,
    device: Device,
}

impl EpisodePlan {
    fn new(
        set: Dataset,
        ways: usize,
        shots: usize,
        options: &mut CallOptions,
        device: Device,
    ) -> Result<Self> {
        let queries: usize = options.get("queries", 15)?;
        let needed = shots.saturating_add(queries);
        let mut classes: Vec<_> = (0..set.class_names().len() as u32).map(|class| (class, vec![])).collect();
        for (i, label) in (0..).zip(set.labels().ok_or_else(|| set.no_labels())?) {
            classes[label as usize].1.push(i);
        }
        classes.retain(|(_, items)| items.len() >= needed.max(1));
        if ways == 0 || shots == 0 || ways > classes.len() {
            let problem = format!("episodes of {ways} ways, {shots} shots and {queries} queries of {set}");
            let help = format!(
                "{} of its classes have {needed} items or more: ask for 1 to as many ways, and at least one \
                 shot",
                classes.len()
            );
            return Err(Error::usage(problem, help));
        }
        require_items(ways.saturating_mul(needed))?;
        Ok(Self { set, classes, ways, shots, queries, device })
    }

    /// The episode of that key.
    fn episode(&self, key: Key) -> Result<Dynamic> {
        let chosen = key.draw(0).permutation(self.classes.len());
        let chosen: Vec<_> = chosen[..self.ways].iter().map(|&i| &self.classes[i as usize]).collect();
        let of_class = |(number, (_, items)): (u64, &&(u32, Vec<u32>))| {
            let order = key.draw(number + 1).permutation(items.len());
            order.into_iter().take(self.shots + self.queries).map(|i| items[i as usize]).collect::<Vec<_>>()
        };
        let drawn: Vec<Vec<u32>> = (0..).zip(&chosen).map(of_class).collect();
        let mut episode = Map::new();
        let support = drawn.iter().flat_map(|items| &items[..self.shots]);
        self.insert(&mut episode, "support", support.copied().collect(), self.shots)?;
        let query = drawn.iter().flat_map(|items| &items[self.shots..]);
        self.insert(&mut episode, "query", query.copied().collect(), self.queries)?;
        let classes = chosen.iter().map(|(class, _)| Dynamic::from(i64::from(*class)));
        episode.insert("classes".into(), classes.collect::<rhai::Array>().into());
        Ok(episode.into())
    }

    /// Adds the pictures at those indices, `each` of every class, and their labels.
    fn insert(&self, episode: &mut Map, name: &str, items: Vec<u32>, each: usize) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let labels: Vec<i64> = (0..items.len()).map(|i| (i / each) as i64).collect();
        let labels = Tensor::from_data(labels, [items.len()], self.device)?;
        let plan =
            BatchPlan { batch_size: items.len(), shuffle: None, drop_last: false, device: self.device };
        let batch = BatchRecipe::of_items(&self.set, items, plan)?.batch(0)?;
        episode.insert(name.into(), Dynamic::from(batch.images));
        episode.insert(format!("{name}_labels").into(), Dynamic::from(labels));
        Ok(())
    }
}
