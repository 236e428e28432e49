//! `data::...`: data sets and batches.

mod arrays;
mod batches;
mod choose;
mod csv;
mod episodes;
mod mapped;
mod source;
mod text;

use std::sync::Arc;

use ops::{Tensor, random};
use rhai::{Dynamic, Map};

use crate::{
    api::options::CallOptions,
    data::{self, Dataset, Mixture, Split},
    error::{Error, Result},
    script::{ArrayItem, FromScript, Refusal, Table, script_type},
    session::Session,
};
use batches::Batches;
pub use choose::WeightList;
use choose::{ChosenClasses, Parts, random_split, sample, weighted};
use source::DataSource;

script_type!(in state: Dataset => "Dataset");

script_type!(by value: DataSource => "DataSource", Arc<Mixture> => "Mixture");
script_type!(Batches => "Batches");

impl ArrayItem for Dataset {
    const ARRAY: &'static str = "array of Dataset";
}

/// What `concat` takes: a data set, or a tensor of items.
pub struct JoinedItems(Dataset);

impl FromScript for JoinedItems {
    const NAME: &'static str = "Dataset or Tensor";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(set) = value.read_lock::<Dataset>() {
            return Ok(Self(set.clone()));
        }
        Dataset::from_tensor(&Tensor::from_script(value)?.detach())
            .map(Self)
            .map_err(|e| Refusal::Value(e.into()))
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    let mut module = table.module("data", "Data sets: built in, or in files.");
    module.add(
        "load(name, options)",
        "A data set by name (`host data` lists them) or path, to be read with train() or test(). `glyphs`, \
         grey handwriting-like digits and letters, and `shapes`, colour pictures of bodies, are built in: \
         any number. A path is that of a folder of IDX or CIFAR files; of a folder, zip or tar (.tar, \
         .tar.gz) of pictures (png, jpg, bmp, gif, tiff, webp: the first picture of each), whose folders \
         train, test and validation are splits and whose folders inside these are classes; or of an IDX, \
         .npy or .npz file: bytes, which stand for 0 to 1, or floats as they are. Files that are left out \
         are named in a warning. Options: size (the middle square of each picture is resized to this side), \
         crop (side of the square that is cut out before), channels (1: grey, 3: colour), classes (only \
         items of these numbers or names), labels (which of several: \"coarse\" of cifar-100, \"alphabets\" \
         of omniglot, an attribute such as \"Male\" of celeba, an array of an .npz file), attributes (the \
         table of a folder or archive of pictures: CSV with the file names in the first column, or a list \
         like celeba's), array (the items of an .npz file), exif_rotation (true: photographs are rotated as \
         their EXIF data says; false as in torchvision), seed (of a built-in set).",
        "data::load(\"glyphs\").train(10).len() => 10\n\
         data::load(\"shapes\", #{ size: 16, channels: 1, seed: 7 }).train(10).shape => [1, 16, 16]",
        DataSource::new,
    )
    .add(
        "mix(sets, weights)",
        "A mixture of data sets of one shape for batches(): each item is drawn from a set by its weight, \
         then evenly from that set. Items have labels if all sets have the same classes.",
        "data::mix([data::load(\"shapes\").train(5), data::load(\"shapes\").test(2)], [3, 1]).to_string() \
         => mixture of 2 sets: shapes: 7 items of [3, 32, 32], 10 classes",
        |sets: Vec<Dataset>, weights: WeightList| Mixture::new(&sets, &weights.0).map(Arc::new),
    )
    .add(
        "from(items)",
        "A data set of the items of a tensor [N, ...].",
        "data::from(zeros([3, 1, 4, 4])).len() => 3",
        |items: JoinedItems| items.0,
    )
    .add(
        "from(items, labels)",
        "Those with a label for each: whole numbers [N], which are the names of the classes, too.",
        "data::from(zeros([3, 1, 4, 4]), tensor([0, 1, 1])).labels() => [0, 1, 1]",
        |items: Tensor, labels: Tensor| labelled(&items, &labels),
    );
    arrays::add(&mut module);
    text::add_sources(&mut module);
    csv::add_sources(&mut module);
    add_splits(table);
    add_methods(table);
    batches::add(table);
    mapped::add(table);
    episodes::add(table);
    text::add(table);
    csv::add(table);
}

fn add_splits(table: &mut Table) {
    let read = |split| {
        move |session: &Session, source: DataSource, count: Option<usize>| source.read(session, split, count)
    };
    table
        .global()
        .add(
            "train(source, count)",
            "The first training items, or all: the whole set where it has no splits.",
            "data::load(\"glyphs\").train(3).len() => 3\n\
             data::load(\"glyphs\").train(3).shape => [1, 28, 28]",
            read(Split::Train),
        )
        .add(
            "test(source, count)",
            "The first test items, or all. A set without a test split is refused, and never gives its \
             training items: divide it with train().random_split([0.9, 0.1]).",
            "data::load(\"glyphs\").test(3).len() => 3",
            read(Split::Test),
        )
        .add(
            "validation(source, count)",
            "The first items for validation, or all; refused as by test() where there is no such split.",
            "data::load(\"glyphs\").validation(3).len() => 3",
            read(Split::Validation),
        );
}

fn add_methods(table: &mut Table) {
    table
        .global()
        .add("len(set)", "Number of items.", r#"data::load("glyphs").train(3).len() => 3"#, |set: Dataset| {
            set.len()
        })
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
            |set: Dataset| labels(&set),
        )
        .add(
            "take(set, n)",
            "The first n items, or all where there are fewer.",
            r#"data::load("glyphs").train(5).take(3).len() => 3"#,
            |set: Dataset, n: usize| set.take(n.min(set.len())),
        )
        .add(
            "slice(set, start, n)",
            "n items from item `start` on.",
            r#"data::load("glyphs").train(9).slice(5, 3).labels() => [5, 6, 7]"#,
            |set: Dataset, start: usize, n: usize| set.slice(start, n),
        )
        .add(
            "subset(set, indices)",
            "The items at these indices, in this order, repeats allowed.",
            r#"data::load("glyphs").train(9).subset([8, 0, 8]).labels() => [8, 0, 8]"#,
            |set: Dataset, indices: Vec<usize>| set.subset(&indices),
        )
        .add(
            "sample(set, n, options)",
            "n different items, drawn evenly; which ones is a function of the seed and the position in the \
             run. With the option stratify (false): as many of each class as its share of the set, to within \
             one.",
            "data::load(\"glyphs\").train(9).sample(4).len() => 4\n\
             { let labels = data::load(\"shapes\").train(50).sample(20, #{ stratify: true }).labels(); \
             labels.filter(|l| l == 3).len() } => 2",
            |set: Dataset, n: usize, options: Option<Map>| sample(&set, n, stratified("sample", options)?),
        )
        .add(
            "random_split(set, parts, options)",
            "The items in random order, divided: into fractions that sum to at most 1, or into numbers of \
             items. Which ones is a function of the seed and the position in the run. As PyTorch's: where \
             fractions sum to 1, items that are left by rounding down go to the first parts. With the option \
             stratify (false) each part has as many of each class as its share of the set, to within one: \
             scikit-learn's.",
            "data::load(\"glyphs\").train(9).random_split([0.8, 0.2]).map(|part| part.len()) => [8, 1]\n\
             { let parts = data::load(\"shapes\").train(100).random_split([0.8, 0.2], #{ stratify: true }); \
             parts.map(|part| part.labels().filter(|l| l == 3).len()) } => [8, 2]",
            |set: Dataset, parts: Parts, options: Option<Map>| {
                random_split(&set, &parts, stratified("random_split", options)?)
            },
        )
        .add(
            "draw(set, n, weights)",
            "n items, each drawn by the items' weights (an array or a tensor [N]) whatever came before.",
            r#"data::load("glyphs").train(3).draw(2, [0, 0, 0.5]).labels() => [2, 2]"#,
            |set: Dataset, n: usize, weights: WeightList| -> Result<Dataset> {
                let drawn = weighted(&set, &weights)?.draw(n, random::next_key())?;
                Ok(set.subset(&drawn.into_iter().map(|i| i as usize).collect::<Vec<_>>())?)
            },
        )
        .add(
            "of_class(set, classes)",
            "The items of these classes, an array of numbers or names, in the order of the set.",
            r#"data::load("shapes").train(20).of_class(["star", 0]).labels() => [0, 6, 0, 6]"#,
            |set: Dataset, classes: ChosenClasses| classes.of(&set),
        )
        .add(
            "class_names(set)",
            "The names of the classes, in the order of their numbers.",
            r#"data::load("shapes").train(1).class_names()[6] => star"#,
            |set: Dataset| set.class_names().to_vec(),
        )
        .add(
            "without_labels(set)",
            "The same items without labels, so that they can be joined with those of other classes.",
            "data::load(\"shapes\").train(2).without_labels().to_string() \
             => shapes: 2 items of [3, 32, 32], no labels",
            |set: Dataset| set.without_labels(),
        )
        .add(
            "concat(set, other)",
            "This set, then another one or the items of a tensor. Nothing is copied.",
            r#"data::load("glyphs").train(3).concat(zeros([2, 1, 28, 28])).len() => 5"#,
            |set: Dataset, other: JoinedItems| set.concat(&other.0),
        )
        .add(
            "tensor(set)",
            "All items in one tensor [N, ...].",
            r#"data::load("glyphs").train(3).tensor().shape => [3, 1, 28, 28]"#,
            |session: &Session, set: Dataset| set.tensor(session.device()),
        )
        .add(
            "to_string(set)",
            "What the set is.",
            r#"data::load("glyphs").train(3).to_string() => glyphs: 3 items of [1, 28, 28], 36 classes"#,
            |set: Dataset| set.to_string(),
        );
}

/// The option that random parts of a set have.
fn stratified(function: &'static str, options: Option<Map>) -> Result<bool> {
    CallOptions::read(function, options, |options| options.get("stratify", false))
}

/// The labels of a set that has them.
fn labels(set: &Dataset) -> Result<Vec<usize>> {
    let labels = set.labels().ok_or_else(|| set.no_labels())?;
    Ok(labels.into_iter().map(|label| label as usize).collect())
}

fn labelled(items: &Tensor, labels: &Tensor) -> Result<Dataset> {
    let wrong = |found: String| {
        let help = "give whole numbers [N], from 0 to 999999; other targets stay outside of the set: \
                    `for b in data::from(x).batches(32) { let target = y[b.indices]; ... }`";
        Error::usage(found, help)
    };
    let numbers = labels.to_f64()?;
    if items.rank() < 2 || labels.shape() != &items.shape()[..1] {
        let (labels, items) = (labels.shape(), items.shape());
        return Err(wrong(format!("labels of shape {labels:?} for items of shape {items:?}")));
    }
    let number = |(item, label): (usize, &f64)| match label.fract() == 0.0 && (0.0..1e6).contains(label) {
        true => Ok(*label as u32),
        false => Err(wrong(format!("the label of item {item} is {label}"))),
    };
    let numbers = numbers.iter().enumerate().map(number).collect::<Result<Vec<u32>>>()?;
    let names = data::class_numbers(&numbers);
    let part = (data::Items::Floats(items.detach()), Some(numbers.into()));
    Ok(Dataset::from_parts("tensor", &items.shape()[1..], &names, vec![part])?)
}
