//! What items and sets are chosen by: classes, weights.

use std::collections::BTreeSet;

use ops::{Tensor, random};
use rhai::{Array, Dynamic};

use crate::{
    data::{self, Dataset, ItemWeights},
    error::{Error, Result},
    script::{FromScript, Refusal},
};

/// Classes by number or name.
#[derive(Clone, PartialEq)]
pub struct ChosenClasses(Vec<Class>);

#[derive(Clone, PartialEq)]
enum Class {
    Number(usize),
    Name(String),
}

impl FromScript for ChosenClasses {
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

impl ChosenClasses {
    /// The items of these classes.
    ///
    /// # Errors
    /// `Usage` for a class that the set does not have.
    pub fn of(&self, set: &Dataset) -> Result<Dataset> {
        Ok(set.of_class(&self.numbers(set)?)?)
    }

    /// The numbers of these classes, each once.
    ///
    /// # Errors
    /// `Usage` for a name that the set does not have.
    pub fn numbers(&self, set: &Dataset) -> Result<Vec<u32>> {
        let number = |class: &Class| match class {
            Class::Number(number) => Ok(u32::try_from(*number).unwrap_or(u32::MAX)),
            Class::Name(name) => {
                let number = set.class_names().iter().position(|known| known == name);
                number.map(|number| number as u32).ok_or_else(|| no_class(name, set))
            }
        };
        let numbers = self.0.iter().map(number).collect::<Result<BTreeSet<_>>>()?;
        Ok(numbers.into_iter().collect())
    }
}

fn no_class(name: &str, set: &Dataset) -> Error {
    let names = set.class_names();
    // Omniglot has too many classes to list.
    let shown = names.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if names.len() > 40 { ", ..." } else { "" };
    Error::usage(format!("`{}` has no class `{name}`", set.name()), format!("it has {shown}{more}"))
}

/// Weights of items: an array of numbers or a tensor [N].
#[derive(Clone)]
pub struct WeightList(pub Vec<f64>);

impl FromScript for WeightList {
    const NAME: &'static str = "array of numbers or Tensor";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(array) = value.read_lock::<Array>() {
            return array.iter().map(f64::from_script).collect::<Result<_, _>>().map(Self);
        }
        Tensor::from_script(value)?.to_f64().map(Self).map_err(|error| Refusal::Value(error.into()))
    }
}

/// All items in random order; `stratify`: so that the first n of them, for any n, have of each class its
/// share of the set, to within one. For that item r of the n_c of class c stands at (r + 1/2) / n_c of the
/// way.
///
/// # Errors
/// `Usage` for a set without labels, where classes matter.
fn shuffled(set: &Dataset, stratify: bool) -> Result<Vec<u32>> {
    let mut order = data::dataset::order(set.len(), random::next_key());
    if stratify {
        let labels = set.labels().ok_or_else(|| set.no_labels())?;
        let mut counts = vec![0.0; set.class_names().len()];
        let ranks: Vec<f64> = order.iter().map(|&i| rank(&mut counts[labels[i as usize] as usize])).collect();
        let place = |(&i, rank): (&u32, f64)| ((rank + 0.5) / counts[labels[i as usize] as usize], i);
        let mut places: Vec<(f64, u32)> = order.iter().zip(ranks).map(place).collect();
        // Stable: which class comes first of several at one place is as random as the order was.
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        order = places.into_iter().map(|(_, i)| i).collect();
    }
    Ok(order)
}

/// How many came before, of which there is one more then.
fn rank(count: &mut f64) -> f64 {
    *count += 1.0;
    *count - 1.0
}

/// `n` different items; `stratify`: of each class its share.
///
/// # Errors
/// `Usage` where there are fewer, or no labels to stratify by.
pub fn sample(set: &Dataset, n: usize, stratify: bool) -> Result<Dataset> {
    if n > set.len() {
        let problem = format!("sample: {n} different items asked of {set}");
        return Err(Error::usage(problem, format!("ask for at most {}", set.len())));
    }
    let order = shuffled(set, stratify)?;
    Ok(set.subset(&order[..n].iter().map(|&i| i as usize).collect::<Vec<_>>())?)
}

/// The parts of a division: fractions of a set, or numbers of items.
#[derive(Clone)]
pub enum Parts {
    Fractions(Vec<f64>),
    Counts(Vec<usize>),
}

impl FromScript for Parts {
    const NAME: &'static str = "array of fractions or of numbers of items";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        match Vec::<usize>::from_script(value) {
            Ok(counts) => Ok(Self::Counts(counts)),
            Err(_) => WeightList::from_script(value).map(|fractions| Self::Fractions(fractions.0)),
        }
    }
}

impl Parts {
    /// The numbers of items of each part, out of `all`.
    ///
    /// # Errors
    /// `Usage` for parts that are more than all.
    pub fn sizes(&self, all: usize) -> Result<Vec<usize>> {
        match self {
            Self::Counts(counts) => {
                let sum = counts.iter().try_fold(0, |sum: usize, &count| sum.checked_add(count));
                if sum.is_none_or(|sum| sum > all) {
                    let problem = format!("{counts:?} of {all} items");
                    return Err(Error::usage(problem, format!("ask for at most {all} in all")));
                }
                Ok(counts.clone())
            }
            Self::Fractions(fractions) => {
                let sum: f64 = fractions.iter().sum();
                if fractions.iter().any(|f| !(0.0..=1.0).contains(f)) || sum > 1.0 + SLACK {
                    let problem = format!("fractions {fractions:?} with the sum {sum}");
                    return Err(Error::usage(problem, "give fractions from 0 to 1 that sum to at most 1"));
                }
                let size = |fraction: &f64| ((all as f64 * fraction + SLACK).floor() as usize).min(all);
                let mut sizes: Vec<usize> = fractions.iter().map(size).collect();
                if sum > 1.0 - SLACK {
                    let left = all.saturating_sub(sizes.iter().sum());
                    sizes.iter_mut().take(left).for_each(|size| *size += 1);
                }
                Ok(sizes)
            }
        }
    }
}

/// The tolerance for rounding errors of fractions such as 0.1.
const SLACK: f64 = 1e-9;

/// The items of a set in random order, divided; `stratify`: each part has of each class its share.
///
/// # Errors
/// `Usage` for parts that are more than all, or no labels to stratify by.
pub fn random_split(set: &Dataset, parts: &Parts, stratify: bool) -> Result<Vec<Dataset>> {
    let order = shuffled(set, stratify)?;
    let mut rest = &order[..];
    let part = |size: usize| {
        let (part, others) = rest.split_at(size.min(rest.len()));
        rest = others;
        Ok(set.subset(&part.iter().map(|&i| i as usize).collect::<Vec<_>>())?)
    };
    parts.sizes(set.len())?.into_iter().map(part).collect()
}

/// Weights that fit a set.
///
/// # Errors
/// `Usage` for another number of weights than items, and for weights that cannot be drawn by.
pub fn weighted(set: &Dataset, weights: &WeightList) -> Result<ItemWeights> {
    if weights.0.len() == set.len() {
        return Ok(ItemWeights::new(&weights.0)?);
    }
    let problem = format!("{} weights for the {} items of `{}`", weights.0.len(), set.len(), set.name());
    Err(Error::usage(problem, "give one weight for each item"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `torch.utils.data.random_split` divides: its manual's example, and by its rule for what is left.
    #[test]
    fn parts_are_those_of_pytorch() {
        let of = |fractions: &[f64], all| Parts::Fractions(fractions.to_vec()).sizes(all).unwrap();
        assert_eq!(of(&[0.3, 0.3, 0.4], 30), [9, 9, 12]);
        assert_eq!(of(&[0.33, 0.33, 0.34], 10), [4, 3, 3]);
        assert_eq!(of(&[0.7, 0.2, 0.1], 10), [7, 2, 1]);
        assert_eq!(of(&[0.5, 0.2], 9), [4, 1]);
        assert_eq!(of(&[1.0, 0.0], 3), [3, 0]);
        assert_eq!(Parts::Counts(vec![2, 0, 1]).sizes(3).unwrap(), [2, 0, 1]);
        for wrong in [vec![0.9, 0.2], vec![-0.1], vec![f64::NAN], vec![f64::INFINITY]] {
            assert!(Parts::Fractions(wrong).sizes(10).is_err());
        }
        for wrong in [vec![4], vec![2, 2], vec![usize::MAX, 1]] {
            assert!(Parts::Counts(wrong).sizes(3).is_err());
        }
    }
}
