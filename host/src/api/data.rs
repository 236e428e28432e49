//! `data::...`: data sets and batches.

use std::sync::{Arc, Mutex};

use ops::{Device, Tensor, random};
use rhai::{Dynamic, EvalAltResult, Map, Position};

use super::options::Options;
use crate::{
    data::{self, Batches, Dataset, Plan, Split},
    error::{Error, Result},
    script::{FromScript, INTERRUPTED, Refusal, Table, script_type},
    session::Session,
};

/// A data set by name or path, before one of its splits is read.
#[derive(Clone)]
pub struct Source {
    what: String,
    options: data::Options,
}

/// One pass over a data set, for `for`.
#[derive(Clone)]
pub struct Pass(Arc<Mutex<Option<Batches>>>);

script_type! {
    Source => "DataSource",
    Dataset => "Dataset",
    Pass => "Batches",
}

/// What `concat` takes: a data set, or a tensor of items.
pub struct Items(Dataset);

impl FromScript for Items {
    const NAME: &'static str = "Dataset or Tensor";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(set) = value.read_lock::<Dataset>() {
            return Ok(Self(set.clone()));
        }
        Dataset::from_tensor(&Tensor::from_script(value)?.detach()).map(Self).map_err(Refusal::Value)
    }
}

impl Source {
    /// The first `count` items of a split, or all.
    fn read(&self, session: &Session, split: Split, count: Option<usize>) -> Result<Dataset> {
        let set = self.find(session, split, count)?;
        if let Some(recorder) = session.recorder() {
            recorder.note_data(&format!("{} ({split})", self.what), &set)?;
        }
        Ok(set)
    }

    fn find(&self, session: &Session, split: Split, count: Option<usize>) -> Result<Dataset> {
        if let Some(set) = data::built_in(&self.what) {
            return Ok(Dataset::from_images(set.load(split, count, &self.options)?));
        }
        if self.what.contains(['/', '\\']) {
            session.readable(self.what.as_ref())?;
        }
        let set = Dataset::from_images(data::load(&self.what, split, &self.options, &session.options.data)?);
        match count {
            Some(n) if n > set.len() => Err(Error::usage(
                format!("data: {n} items asked of {set}"),
                format!("ask for at most {}", set.len()),
            )),
            Some(n) => set.take(n),
            None => Ok(set),
        }
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table, session: &Arc<Session>) {
    let [a, b, c, d, e] = [0; 5].map(|_| Arc::clone(session));
    table.module("data", "Data sets: built in, or in files.").add(
        "load(name)",
        "A data set by name (`host data` lists them) or path, to be read with train() or test(). `glyphs` is built in: \
         any number of handwriting-like digits and letters.",
        r#"data::load("glyphs").train(10).len() => 10"#,
        |what: String| Source { what, options: data::Options::default() },
    )
    .add(
        "from(items)",
        "A data set of the items of a tensor [N, ...].",
        "data::from(zeros([3, 1, 4, 4])).len() => 3",
        |items: Items| items.0,
    );
    let mut global = table.global();
    global
        .add(
            "train(source)",
            "All training items.",
            r#"data::load("glyphs").train(3).len() => 3"#,
            move |s: Source| s.read(&a, Split::Train, None),
        )
        .add(
            "train(source, count)",
            "The first training items.",
            r#"data::load("glyphs").train(3).shape => [1, 28, 28]"#,
            move |s: Source, count: usize| s.read(&b, Split::Train, Some(count)),
        )
        .add(
            "test(source)",
            "All test items.",
            r#"data::load("glyphs").test(3).len() => 3"#,
            move |s: Source| s.read(&c, Split::Test, None),
        )
        .add(
            "test(source, count)",
            "The first test items.",
            r#"data::load("glyphs").test(3).len() => 3"#,
            move |s: Source, count: usize| s.read(&d, Split::Test, Some(count)),
        );
    add_methods(table, &e);
    table.iterator::<Pass>(|pass| {
        let source = pass.0.lock().ok().and_then(|mut batches| batches.take());
        Box::new(source.into_iter().flatten().map(|batch| batch.and_then(to_map).map_err(into_rhai)))
    });
}

fn add_methods(table: &mut Table, session: &Arc<Session>) {
    let device = session.options.device;
    let (plain, shuffled) = (device, device);
    table
        .global()
        .add("len(set)", "Number of items.", r#"data::load("glyphs").train(3).len() => 3"#, |set: Dataset| set.len())
        .add(
            "get shape(set)",
            "The shape of one item.",
            r#"data::load("glyphs").train(3).shape => [1, 28, 28]"#,
            |set: Dataset| set.shape().to_vec(),
        )
        .add(
            "labels(set)",
            "The labels, an array of whole numbers.",
            r#"data::load("glyphs").train(3).labels() => [0, 1, 2]"#,
            |set: Dataset| -> Result<Vec<usize>> {
                let none = || Error::usage(format!("labels: {set} has none"), "use a set with labels");
                Ok(set.labels().ok_or_else(none)?.into_iter().map(|l| l as usize).collect())
            },
        )
        .add(
            "take(set, n)",
            "The first n items, or all where there are fewer.",
            r#"data::load("glyphs").train(5).take(3).len() => 3"#,
            |set: Dataset, n: usize| set.take(n.min(set.len())),
        )
        .add(
            "concat(set, other)",
            "This set, then another one or the items of a tensor. Nothing is copied.",
            r#"data::load("glyphs").train(3).concat(zeros([2, 1, 28, 28])).len() => 5"#,
            |set: Dataset, other: Items| set.concat(&other.0),
        )
        .add(
            "tensor(set)",
            "All items in one tensor [N, ...].",
            r#"data::load("glyphs").train(3).tensor().shape => [3, 1, 28, 28]"#,
            move |set: Dataset| set.tensor(device),
        )
        .add(
            "to_string(set)",
            "What the set is.",
            r#"data::load("glyphs").train(3).to_string() => glyphs: 3 items of [1, 28, 28], 36 classes"#,
            |set: Dataset| set.to_string(),
        )
        .add(
            "batches(set, size)",
            "Shuffled mini-batches #{ images, labels, indices } for a `for` loop; the order is a function of the seed \
             and the place in the run. The next ones are prepared meanwhile.",
            r#"{ let n = 0; for batch in data::load("glyphs").train(5).batches(2) { n += batch.images.len(); } n } => 5"#,
            move |set: Dataset, size: usize| pass(&set, size, true, false, shuffled),
        )
        .add(
            "batches(set, size, options)",
            "With options shuffle (true) and drop_last (false: a last, smaller batch is kept).",
            r#"{ let n = 0; for b in data::load("glyphs").train(5).batches(2, #{ drop_last: true }) { n += 1; } n } => 2"#,
            move |set: Dataset, size: usize, options: Map| {
                let mut options = Options::new("batches", options);
                let (shuffle, drop_last) = (options.get("shuffle", true)?, options.get("drop_last", false)?);
                options.end()?;
                pass(&set, size, shuffle, drop_last, plain)
            },
        );
}

fn pass(set: &Dataset, size: usize, shuffle: bool, drop_last: bool, device: Device) -> Result<Pass> {
    let key = shuffle.then(random::next_key);
    let plan = Plan { batch_size: size, shuffle: key, drop_last, device };
    Ok(Pass(Arc::new(Mutex::new(Some(Batches::new(set, plan)?)))))
}

fn to_map(batch: data::Batch) -> Result<Dynamic> {
    let mut map = Map::new();
    map.insert("images".into(), Dynamic::from(batch.images));
    map.insert("labels".into(), batch.labels.map_or(Dynamic::UNIT, Dynamic::from));
    let indices: rhai::Array = batch.indices.into_iter().map(|i| i64::from(i).into()).collect();
    map.insert("indices".into(), indices.into());
    Ok(map.into())
}

fn into_rhai(error: Error) -> Box<EvalAltResult> {
    match error {
        Error::Ops(ops::Error::Interrupted) => {
            Box::new(EvalAltResult::ErrorTerminated(INTERRUPTED.into(), Position::NONE))
        }
        error => error.to_string().into(),
    }
}
