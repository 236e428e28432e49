//! What the page's script draws its charts from: curves, thinned.

use serde::{Serialize, Serializer};

use crate::{
    figure::thin,
    run::{Metric, json_number},
};

/// Points of a curve at most, and at least where there are so many curves that each has fewer.
pub const POINTS: usize = 2000;
const FEWEST: usize = 200;

/// Points of all curves that a page in one file has within it, as long as each has its fewest.
const POINTS_INSIDE: usize = 8_000;

/// Curves over each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Chart {
    /// The metric.
    pub name: String,
    /// What is said below it.
    pub note: String,
    /// What the steps are: `step` or `record`.
    pub x: &'static str,
    pub curves: Vec<ChartCurve>,
}

/// A curve: for each point a step, seconds (or none at all) and a value.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChartCurve {
    pub name: String,
    pub step: Vec<Short>,
    pub time: Vec<Short>,
    pub value: Vec<Short>,
    /// The area around it; none for most curves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<Band>,
}

/// For each point of a curve where its area begins and ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Band {
    pub low: Vec<Short>,
    pub high: Vec<Short>,
}

/// A number in as few characters as give it back: what a float32 holds is written as one; what is not
/// finite as [`json_number`] does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Short(pub f64);

impl Serialize for Short {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.0 as i64;
        if whole as f64 == self.0 && self.0.abs() < 1e15 {
            return serializer.serialize_i64(whole);
        }
        match self.0 as f32 {
            narrow if narrow.is_finite() && f64::from(narrow) == self.0 => serializer.serialize_f32(narrow),
            _ => json_number::serialize(&self.0, serializer),
        }
    }
}

/// Points of each of so many curves in a page in one file.
pub fn share(curves: usize) -> usize {
    (POINTS_INSIDE / curves.max(1)).clamp(FEWEST, POINTS)
}

impl Chart {
    /// The chart of a metric of one run, with about `most` points at most.
    pub fn of(metric: &Metric, most: usize) -> Self {
        let curve = ChartCurve::of(metric, "", most);
        let note = match curve.value.len() {
            all if all == metric.points.len() => metric.summary(),
            kept => format!("{}; {kept} of them drawn", metric.summary()),
        };
        Self { name: metric.name.clone(), note, x: metric.x_name, curves: vec![curve] }
    }
}

impl ChartCurve {
    /// The curve of a metric, as the one of that name, thinned to about `most` points in which every spike
    /// stays.
    pub fn of(metric: &Metric, name: &str, most: usize) -> Self {
        let kept = kept(metric.points.iter().map(|point| point.1), most);
        let at = |of: &dyn Fn(usize) -> f64| kept.iter().map(|&i| Short(of(i))).collect();
        let has_times = metric.times.iter().any(|time| time.is_finite());
        Self {
            name: name.to_owned(),
            step: at(&|i| metric.points[i].0),
            time: if has_times { at(&|i| metric.times[i]) } else { Vec::new() },
            value: at(&|i| metric.points[i].1),
            band: None,
        }
    }
}

/// Which of the points with these values stay, about `most`.
pub fn kept(values: impl Iterator<Item = f64>, most: usize) -> Vec<usize> {
    let points: Vec<_> = values.enumerate().map(|(i, value)| (i as f64, value)).collect();
    thin(&points, most / 2).into_iter().map(|(i, _)| i as usize).collect()
}
