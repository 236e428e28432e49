//! Draws with replacement: items by weight, and several data sets by weight.

use std::fmt;

use files::{Error, Result};
use ops::random::Key;

use super::dataset::{Dataset, MAX_ITEMS};

/// The number of draws between two looks at whether the run should end.
const POLL_EVERY: u64 = 1 << 16;

/// The probabilities of items: item i is drawn with w_i / (w_0 + w_1 + ...).
#[derive(Debug, Clone, PartialEq)]
pub struct ItemWeights {
    /// `w_0 + ... + w_i` at i.
    sums: Vec<f64>,
}

impl ItemWeights {
    /// # Errors
    /// `Usage` for no weights, one that is negative or not finite, or none above zero.
    pub fn new(weights: &[f64]) -> Result<Self> {
        if let Some((i, weight)) = weights.iter().enumerate().find(|(_, w)| !(w.is_finite() && **w >= 0.0)) {
            let problem = format!("weight {i} is {weight}");
            return Err(Error::usage(problem, "weights are finite numbers that are not negative"));
        }
        let mut sum = 0.0;
        let sums: Vec<f64> = weights.iter().map(|weight| (sum += weight, sum).1).collect();
        if !(sum > 0.0 && sum.is_finite()) {
            let problem = format!("the {} weights have the sum {sum}", weights.len());
            return Err(Error::usage(problem, "give at least one weight above 0, and none that is huge"));
        }
        Ok(Self { sums })
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.sums.len()
    }

    /// Always false: there is an item that can be drawn.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// `count` items, each drawn independently: a pure function of the weights and the key.
    ///
    /// # Errors
    /// `Usage` for more than 2^28.
    pub fn draw(&self, count: usize, key: Key) -> Result<Vec<u32>> {
        require_at_most(count)?;
        let draw = key.draw(0);
        let total = self.sums.last().copied().unwrap_or(0.0);
        let item = |i: u64| {
            if i.is_multiple_of(POLL_EVERY) {
                ops::interrupt::check()?;
            }
            let [high, low, ..] = draw.words(i);
            let bits = (u64::from(high) << 32 | u64::from(low)) >> 11;
            // 53 bits, which f64 holds exactly: below 1.
            let target = bits as f64 / (1u64 << 53) as f64 * total;
            Ok(self.sums.partition_point(|&sum| sum <= target) as u32)
        };
        (0..count as u64).map(item).collect()
    }
}

/// Bytes that a draw takes while it is made: its index here and as a position in a list.
const DRAW_BYTES: usize = 16;

fn require_at_most(count: usize) -> Result<()> {
    if count > ops::tensor::room() / DRAW_BYTES {
        let problem = format!("{count} draws do not fit into memory");
        return Err(Error::usage(problem, format!("draw at most {}", ops::tensor::room() / DRAW_BYTES)));
    }
    if count <= MAX_ITEMS {
        return Ok(());
    }
    Err(Error::usage(format!("{count} items cannot be drawn at once"), format!("draw at most {MAX_ITEMS}")))
}

/// Data sets with weights: an item is drawn by drawing a set, then one of its items.
#[derive(Debug, Clone)]
pub struct Mixture {
    /// All items, set after set.
    items: Dataset,
    /// Where each set begins.
    starts: Vec<usize>,
    lens: Vec<usize>,
    weights: ItemWeights,
}

/// The same draws of the same items.
impl PartialEq for Mixture {
    fn eq(&self, other: &Self) -> bool {
        self.lens == other.lens && self.weights == other.weights && self.items.has_same_content(&other.items)
    }
}

impl Mixture {
    /// Items keep their labels if all sets have the same classes.
    ///
    /// # Errors
    /// As [`ItemWeights::new`]; `Usage` for another number of weights than sets, or a set of some weight
    /// without items; [`ops::Error`] for sets of unequal shapes.
    pub fn new(sets: &[Dataset], weights: &[f64]) -> Result<Self> {
        let Some((first, others)) = sets.split_first().filter(|_| sets.len() == weights.len()) else {
            let problem = format!("{} weights for {} data sets", weights.len(), sets.len());
            return Err(Error::usage(problem, "give one weight for each of at least one set"));
        };
        if let Some((set, weight)) =
            sets.iter().zip(weights).find(|(set, weight)| set.is_empty() && **weight != 0.0)
        {
            let problem = format!("`{}` has the weight {weight} and no items", set.name());
            return Err(Error::usage(problem, "give it the weight 0, or leave it out"));
        }
        let same_classes = others.iter().all(|set| set.class_names() == first.class_names());
        let kept = |set: &Dataset| match same_classes {
            true => set.clone(),
            false => set.without_labels().because("the sets of the mixture have different classes"),
        };
        let items = others.iter().try_fold(kept(first), |all, set| all.concat(&kept(set)))?;
        let lens: Vec<usize> = sets.iter().map(Dataset::len).collect();
        let starts = lens.iter().scan(0, |end, len| Some(std::mem::replace(end, *end + len))).collect();
        Ok(Self { items, starts, lens, weights: ItemWeights::new(weights)? })
    }

    /// The items of all sets, one set after the other.
    pub fn items(&self) -> &Dataset {
        &self.items
    }

    /// The set that item `index` of [`Mixture::items`] belongs to.
    pub fn source(&self, index: u32) -> usize {
        self.starts.partition_point(|&start| start <= index as usize) - 1
    }

    /// `count` indices into [`Mixture::items`]: a pure function of the sets' sizes, the weights and the key.
    ///
    /// # Errors
    /// `Usage` for more than 2^28.
    pub fn draw(&self, count: usize, key: Key) -> Result<Vec<u32>> {
        let within = key.draw(1);
        let item = |(i, set): (usize, u32)| {
            let set = set as usize;
            (self.starts[set] + within.below(i as u64, self.lens[set] as u64) as usize) as u32
        };
        Ok(self.weights.draw(count, key)?.into_iter().enumerate().map(item).collect())
    }
}

/// `mixture of 2 sets: cifar-10: 13000 items of [3, 32, 32], no labels`.
impl fmt::Display for Mixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mixture of {} sets: {}", self.lens.len(), self.items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Images;

    fn counts(drawn: &[u32], of: usize) -> Vec<usize> {
        (0..of).map(|i| drawn.iter().filter(|&&item| item as usize == i).count()).collect()
    }

    #[test]
    fn items_come_as_often_as_their_weights_say() {
        let weights = ItemWeights::new(&[0.0, 1.0, 3.0, 0.0, 6.0, 0.0]).unwrap();
        let drawn = weights.draw(100_000, Key::new(1)).unwrap();
        let counts = counts(&drawn, 6);
        assert_eq!((counts[0], counts[3], counts[5]), (0, 0, 0));
        for (i, expected) in [(1, 10_000.0f64), (2, 30_000.0), (4, 60_000.0)] {
            // Four standard deviations of a binomial count.
            let deviation = (expected * (1.0 - expected / 1e5)).sqrt();
            assert!((counts[i] as f64 - expected).abs() < 4.0 * deviation, "{counts:?}");
        }
    }

    #[test]
    fn a_draw_hangs_on_its_key_and_begins_the_same_however_long() {
        let weights = ItemWeights::new(&[1.0, 2.0, 3.0]).unwrap();
        let draw = |seed, count| weights.draw(count, Key::new(seed)).unwrap();
        assert_eq!(draw(1, 50), draw(1, 50));
        assert_eq!(draw(1, 50)[..20], draw(1, 20));
        assert_ne!(draw(1, 50), draw(2, 50));
        assert!(weights.draw(MAX_ITEMS + 1, Key::new(0)).is_err());
        assert!(weights.draw(usize::MAX, Key::new(0)).is_err());
    }

    #[test]
    fn wrong_weights_are_reported() {
        let fails = |weights: &[f64], expected: &str| {
            let error = ItemWeights::new(weights).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        fails(&[], "the 0 weights have the sum 0");
        fails(&[0.0, 0.0], "the 2 weights have the sum 0");
        fails(&[1.0, -0.5], "weight 1 is -0.5");
        fails(&[f64::NAN], "weight 0 is NaN");
        fails(&[f64::INFINITY], "weight 0 is inf");
        fails(&[f64::MAX, f64::MAX], "have the sum inf");
    }

    /// `n` pictures of one pixel `first`, `first + 1`, ...
    fn set(name: &str, n: usize, first: u8, class: &str) -> Dataset {
        Dataset::from_images(Images {
            name: name.into(),
            shape: [1, 1, 1],
            pixels: (0..n).map(|i| first + i as u8).collect(),
            labels: Some(vec![0; n].into()),
            class_names: vec![class.into()],
            unlabelled: String::new(),
        })
    }

    #[test]
    fn sets_are_drawn_by_weight_and_their_items_evenly() {
        let sets = [set("a", 10, 0, "x"), set("b", 40, 100, "y")];
        let mixture = Mixture::new(&sets, &[3.0, 1.0]).unwrap();
        let drawn = mixture.draw(40_000, Key::new(5)).unwrap();
        let counts = counts(&drawn, 50);
        let of_a: usize = counts[..10].iter().sum();
        assert!(of_a.abs_diff(30_000) < 350, "{of_a}");
        assert!(counts[..10].iter().all(|count| count.abs_diff(3_000) < 250), "{counts:?}");
        assert!(counts[10..].iter().all(|count| count.abs_diff(250) < 80), "{counts:?}");
        assert!(drawn.iter().all(|&item| mixture.source(item) == usize::from(item >= 10)));
        assert!(mixture.items().labels().is_none(), "classes that differ are dropped");
        let same = Mixture::new(&[set("a", 1, 0, "x"), set("b", 1, 0, "x")], &[1.0, 1.0]).unwrap();
        assert_eq!(same.items().labels(), Some(vec![0, 0]));
        assert_eq!(same.to_string(), "mixture of 2 sets: a: 2 items of [1, 1, 1], 1 classes");
    }

    #[test]
    fn wrong_mixtures_are_reported() {
        let fails = |sets: &[Dataset], weights: &[f64], expected: &str| {
            let error = Mixture::new(sets, weights).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let (a, empty) = (set("a", 2, 0, "x"), set("e", 0, 0, "x"));
        fails(&[], &[], "0 weights for 0 data sets");
        fails(std::slice::from_ref(&a), &[1.0, 2.0], "2 weights for 1 data sets");
        fails(&[a.clone(), empty.clone()], &[1.0, 1.0], "`e` has the weight 1 and no items");
        fails(&[a.clone(), a.clone()], &[0.0, 0.0], "have the sum 0");
        let middle = Mixture::new(&[a.clone(), empty, a.clone()], &[1.0, 0.0, 1.0]).unwrap();
        assert_eq!((middle.source(1), middle.source(2)), (0, 2));
        let wide = Dataset::from_images(Images {
            name: "wide".into(),
            shape: [1, 1, 2],
            pixels: vec![0; 2].into(),
            labels: None,
            class_names: vec![],
            unlabelled: String::new(),
        });
        fails(&[a, wide], &[1.0, 1.0], "the shape is [1, 1, 2]");
    }
}
