//! What the page's script draws its charts from: curves, thinned.

use serde::{Serialize, Serializer};

use crate::{
    figure::thin,
    run::{Metric, json_number},
};

/// Buckets of [`thin`]: two points each.
const BUCKETS: usize = 1000;

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

/// A curve: for each point a step, seconds and a value. A page whose curves have names shows a key of them.
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
            narrow if f64::from(narrow) == self.0 => serializer.serialize_f32(narrow),
            _ => json_number::serialize(&self.0, serializer),
        }
    }
}

impl Chart {
    /// The chart of a metric of one run.
    pub fn of(metric: &Metric) -> Self {
        let curve = ChartCurve::of(metric, "");
        Self { name: metric.name.clone(), note: metric.summary(), x: metric.x_name, curves: vec![curve] }
    }
}

impl ChartCurve {
    /// The curve of a metric, as the one of that name, thinned to about two thousand points in which every
    /// spike stays.
    pub fn of(metric: &Metric, name: &str) -> Self {
        let kept = kept(metric.points.iter().map(|point| point.1));
        let at = |of: &dyn Fn(usize) -> f64| kept.iter().map(|&i| Short(of(i))).collect();
        Self {
            name: name.to_owned(),
            step: at(&|i| metric.points[i].0),
            time: at(&|i| metric.times[i]),
            value: at(&|i| metric.points[i].1),
            band: None,
        }
    }
}

/// Which of the points with these values stay.
pub fn kept(values: impl Iterator<Item = f64>) -> Vec<usize> {
    let points: Vec<_> = values.enumerate().map(|(i, value)| (i as f64, value)).collect();
    thin(&points, BUCKETS).into_iter().map(|(i, _)| i as usize).collect()
}
