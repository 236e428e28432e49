//! What items and sets are chosen by: classes, weights.

use std::collections::BTreeSet;

use ops::{Tensor, random};
use rhai::{Array, Dynamic};

use crate::{
    data::{self, Dataset, Weights},
    error::{Error, Result},
    script::{FromScript, Refusal},
};

/// Classes by number or name.
#[derive(Clone)]
pub struct Classes(Vec<Class>);

#[derive(Clone)]
enum Class {
    Number(usize),
    Name(String),
}

impl FromScript for Classes {
    const NAME: &'static str = "array of class numbers or names";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let class = |value: &Dynamic| match String::from_script(value) {
            Ok(name) => Ok(Class::Name(name)),
            Err(_) => usize::from_script(value).map(Class::Number),
        };
        let array = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        array.iter().map(class).collect::<Result<_, _>>().map(Self)
    }
}

impl Classes {
    /// The items of these classes.
    pub fn of(&self, set: &Dataset) -> Result<Dataset> {
        set.of_class(&self.numbers(set)?)
    }

    /// The numbers of these classes, each once.
    pub fn numbers(&self, set: &Dataset) -> Result<Vec<u32>> {
        let number = |class: &Class| match class {
            Class::Number(number) => Ok(u32::try_from(*number).unwrap_or(u32::MAX)),
            Class::Name(name) => {
                let place = set.class_names().iter().position(|known| known == name);
                place.map(|place| place as u32).ok_or_else(|| no_class(name, set))
            }
        };
        let numbers = self.0.iter().map(number).collect::<Result<BTreeSet<_>>>()?;
        Ok(numbers.into_iter().collect())
    }
}

fn no_class(name: &str, set: &Dataset) -> Error {
    let names = set.class_names();
    // All characters of Omniglot are too many to read.
    let shown = names.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if names.len() > 40 { ", ..." } else { "" };
    Error::usage(format!("`{}` has no class `{name}`", set.name()), format!("it has {shown}{more}"))
}

/// Weights of items: an array of numbers or a tensor [N].
#[derive(Clone)]
pub struct Numbers(pub Vec<f64>);

impl FromScript for Numbers {
    const NAME: &'static str = "array of numbers or Tensor";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(array) = value.read_lock::<Array>() {
            return array.iter().map(f64::from_script).collect::<Result<_, _>>().map(Self);
        }
        Tensor::from_script(value)?.to_f64().map(Self).map_err(|error| Refusal::Value(error.into()))
    }
}

/// The sets of a mixture.
#[derive(Clone)]
pub struct Sets(pub Vec<Dataset>);

impl FromScript for Sets {
    const NAME: &'static str = "array of Dataset";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let array = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        array.iter().map(Dataset::from_script).collect::<Result<_, _>>().map(Self)
    }
}

/// `n` different items.
pub fn sample(set: &Dataset, n: usize) -> Result<Dataset> {
    if n > set.len() {
        let problem = format!("sample: {n} different items asked of {set}");
        return Err(Error::usage(problem, format!("ask for at most {}", set.len())));
    }
    let order = data::dataset::order(set.len(), random::next_key());
    set.subset(&order[..n].iter().map(|&i| i as usize).collect::<Vec<_>>())
}

/// Weights that fit a set.
pub fn weighted(set: &Dataset, weights: &Numbers) -> Result<Weights> {
    if weights.0.len() == set.len() {
        return Weights::new(&weights.0);
    }
    let problem = format!("{} weights for the {} items of `{}`", weights.0.len(), set.len(), set.name());
    Err(Error::usage(problem, "give one weight for each item"))
}
