//! A round of a sweep: the runs that its axes and its settings that go together span.

use std::collections::BTreeSet;

use super::{SEED, axis::Axis, range::draw_index};
use crate::{
    error::{Error, Result},
    script::settings::SettingValue,
};

/// Values of several settings.
pub type Values = Vec<(String, SettingValue)>;

/// A round of a sweep.
#[derive(Clone, Debug)]
pub struct Round {
    pub name: String,
    pub axes: Vec<(String, Axis)>,
    /// Settings that go together: one run, and all others of the axes, for each.
    pub together: Vec<Values>,
    /// The settings in which its jobs differ, once these are known.
    pub varying: Vec<String>,
}

/// How many points are drawn, from which seed.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    pub count: u32,
    pub seed: u64,
}

impl Round {
    /// Gives an axis other values; it goes with no others from now on.
    pub fn set(&mut self, name: &str, axis: Axis) {
        self.unset(name);
        self.axes.push((name.to_owned(), axis));
    }

    /// Removes an axis, and the setting from those that go together.
    pub fn unset(&mut self, name: &str) {
        self.axes.retain(|(other, _)| other != name);
        self.together.iter_mut().for_each(|values| values.retain(|(other, _)| other != name));
    }

    /// The points of the round, each with the seed of its run: every one of the settings that go together
    /// with every one of each axis, or with every drawn point and every seed. Equal ones are one.
    ///
    /// # Errors
    /// A range with nothing drawn from it; something drawn where all is said; more than `most` points.
    pub fn points(&self, random: Option<Random>, most: u128) -> Result<Vec<Values>> {
        let columns = self.columns(random)?;
        let length = columns.iter().fold(1u128, |n, column| n.saturating_mul(column.len() as u128));
        if length > most {
            return Err(too_many(length));
        }
        let mut known = BTreeSet::new();
        let mut points: Vec<Values> = (0..length as usize).map(|n| point(&columns, n)).collect();
        points.retain(|point| {
            let mut words: Vec<_> = point.iter().map(|(name, value)| format!("{name}={value}")).collect();
            words.sort();
            known.insert(words)
        });
        Ok(points)
    }

    /// What is combined, each with each.
    fn columns(&self, random: Option<Random>) -> Result<Vec<Vec<Values>>> {
        let mut columns = Vec::new();
        if !self.together.is_empty() {
            columns.push(self.together.clone());
        }
        let is_drawn = |name: &str, axis: &Axis| random.is_some() && name != SEED && axis.is_drawn();
        let (drawn, others): (Vec<_>, Vec<_>) =
            self.axes.iter().partition(|(name, axis)| is_drawn(name, axis));
        if let Some(random) = random.filter(|_| !drawn.is_empty()) {
            let draw = |number| {
                let value =
                    |(name, axis): &(String, Axis)| (name.clone(), drawn_value(name, axis, random, number));
                drawn.iter().map(|axis| value(axis)).collect()
            };
            columns.push((0..u64::from(random.count)).map(draw).collect());
        }
        for (name, axis) in others {
            columns.push(match axis {
                Axis::Values(values) => {
                    values.iter().map(|value| vec![(name.clone(), value.clone())]).collect()
                }
                Axis::Range(range) => return Err(undrawn(name, &range.to_string())),
            });
        }
        Ok(columns)
    }
}

/// The error for a sweep of more jobs than were asked for.
pub fn too_many(jobs: u128) -> Error {
    Error::usage(
        format!("this is a sweep of {jobs} jobs"),
        "--yes starts that many; --random N draws N of the points",
    )
}

fn undrawn(name: &str, range: &str) -> Error {
    Error::usage(
        format!("the axis `{name}` is {range}, a range that values are drawn from"),
        "say how many points to draw with --random N, or list its values",
    )
}

fn drawn_value(name: &str, axis: &Axis, random: Random, number: u64) -> SettingValue {
    match axis {
        Axis::Range(range) => range.draw(name, random.seed, number),
        Axis::Values(values) => values[draw_index(values.len(), name, random.seed, number)].clone(),
    }
}

/// Point `n`: the last column changes fastest.
fn point(columns: &[Vec<Values>], mut n: usize) -> Values {
    let mut parts = Vec::new();
    for column in columns.iter().rev() {
        parts.push(&column[n % column.len()]);
        n /= column.len();
    }
    parts.into_iter().rev().flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(name: &str, values: &[i64]) -> (String, Axis) {
        (name.to_owned(), Axis::Values(values.iter().map(|n| SettingValue::Int(*n)).collect()))
    }

    fn shown(points: &[Values]) -> Vec<String> {
        let point = |values: &Values| -> Vec<_> { values.iter().map(|(n, v)| format!("{n}={v}")).collect() };
        points.iter().map(|values| point(values).join(" ")).collect()
    }

    #[test]
    fn points_are_the_product_and_the_last_axis_changes_fastest() {
        let case = |n| vec![("a".to_owned(), SettingValue::Int(n))];
        let round = Round {
            name: "main".into(),
            axes: vec![ints("b", &[5]), ints("seed", &[0, 1])],
            together: vec![case(1), case(2), case(1)],
            varying: Vec::new(),
        };
        let points = round.points(None, 100).unwrap();
        assert_eq!(shown(&points), ["a=1 b=5 seed=0", "a=1 b=5 seed=1", "a=2 b=5 seed=0", "a=2 b=5 seed=1"]);
        assert!(round.points(None, 5).unwrap_err().to_string().starts_with("this is a sweep of 6 jobs"));
    }

    #[test]
    fn drawn_points_are_run_with_every_seed() {
        let round = Round {
            name: "main".into(),
            axes: vec![ints("a", &(0..1000).collect::<Vec<_>>()), ints("b", &[5]), ints("seed", &[0, 1])],
            together: Vec::new(),
            varying: Vec::new(),
        };
        let random = Some(Random { count: 3, seed: 1 });
        let points = round.points(random, 6).unwrap();
        assert_eq!(points.len(), 6);
        assert_eq!(points[0][0], points[1][0]);
        assert_ne!(points[0][0], points[2][0]);
        let more = round.points(Some(Random { count: 4, seed: 1 }), 8).unwrap();
        assert_eq!(more[..6], points, "more points leave those that were there");
    }
}
