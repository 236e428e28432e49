//! Numbers of a metric over a run, and how one of them is named: `loss`, `loss:min`, `loss:mean of last 10`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::run::{Metric, json_number};

/// Words in the names of metrics of which more is better; of any other, less is.
const MORE_IS_BETTER: [&str; 16] = [
    "accuracy",
    "acc",
    "auc",
    "bleu",
    "coverage",
    "dice",
    "f1",
    "inception",
    "iou",
    "likelihood",
    "map",
    "precision",
    "psnr",
    "recall",
    "score",
    "ssim",
];

/// The values of a metric in a run, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricSummary {
    pub name: String,
    /// How many values were logged.
    pub count: usize,
    #[serde(with = "json_number")]
    pub last: f64,
    /// The extremes, NaN left out.
    #[serde(with = "json_number")]
    pub min: f64,
    #[serde(with = "json_number")]
    pub max: f64,
}

impl MetricSummary {
    pub fn of(metric: &Metric) -> Self {
        let values = || metric.points.iter().map(|point| point.1);
        Self {
            name: metric.name.clone(),
            count: values().count(),
            last: values().next_back().unwrap_or(f64::NAN),
            min: values().fold(f64::NAN, f64::min),
            max: values().fold(f64::NAN, f64::max),
        }
    }

    /// The best value, as [`is_more_better`] says.
    pub fn best(&self) -> f64 {
        if is_more_better(&self.name) { self.max } else { self.min }
    }
}

/// Whether more of a metric is better, by its name: `accuracy`, `val/f1`, `test_psnr`.
pub fn is_more_better(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    words.any(|word| MORE_IS_BETTER.contains(&word))
}

/// Which number is taken of a metric's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    #[default]
    Last,
    Min,
    Max,
    /// The minimum or the maximum, by the metric's name.
    Best,
    /// The mean of so many last values, or of all where there are fewer.
    Mean(usize),
}

impl Reduction {
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "last" => Some(Self::Last),
            "min" => Some(Self::Min),
            "max" => Some(Self::Max),
            "best" => Some(Self::Best),
            text => {
                let number = text.strip_prefix("mean of last ").or_else(|| text.strip_prefix("mean"))?;
                number.trim().parse().ok().filter(|&n| n > 0).map(Self::Mean)
            }
        }
    }
}

/// A metric by name, and which number of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricName {
    pub name: String,
    pub reduction: Reduction,
}

impl MetricName {
    /// `loss`, `loss:last`, `loss:min`, `loss:max`, `loss:best`, `loss:mean of last 10`, `loss:mean10`. What
    /// follows a colon and is none of these belongs to the name.
    pub fn parse(text: &str) -> Self {
        let split = text.rsplit_once(':').and_then(|(name, end)| Some((name, Reduction::parse(end)?)));
        let (name, reduction) = split.unwrap_or((text, Reduction::default()));
        Self { name: name.to_owned(), reduction }
    }

    /// The last value of the metric with this very name.
    pub fn last_of(name: &str) -> Self {
        Self { name: name.to_owned(), reduction: Reduction::default() }
    }

    /// The number, from the values of the whole run.
    pub fn of(&self, metric: &Metric) -> f64 {
        match self.reduction {
            Reduction::Mean(n) => {
                let last = &metric.points[metric.points.len().saturating_sub(n)..];
                last.iter().map(|point| point.1).sum::<f64>() / last.len() as f64
            }
            _ => self.of_summary(&MetricSummary::of(metric)).unwrap_or(f64::NAN),
        }
    }

    /// The number, where it takes no more than the summary.
    pub fn of_summary(&self, metric: &MetricSummary) -> Option<f64> {
        match self.reduction {
            Reduction::Last => Some(metric.last),
            Reduction::Min => Some(metric.min),
            Reduction::Max => Some(metric.max),
            Reduction::Best => Some(metric.best()),
            Reduction::Mean(_) => None,
        }
    }
}

/// As it is read.
impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.reduction {
            Reduction::Last => f.write_str(name),
            Reduction::Min => write!(f, "{name}:min"),
            Reduction::Max => write!(f, "{name}:max"),
            Reduction::Best => write!(f, "{name}:best"),
            Reduction::Mean(n) => write!(f, "{name}:mean of last {n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str, values: &[f64]) -> Metric {
        let points = values.iter().enumerate().map(|(i, value)| (i as f64, *value)).collect();
        Metric { name: name.into(), points, times: Vec::new(), x_name: "step" }
    }

    #[test]
    fn a_number_is_the_one_that_is_named() {
        let loss = metric("loss", &[3.0, 1.0, f64::NAN, 2.0, 4.0]);
        let of = |text: &str| MetricName::parse(text).of(&loss);
        assert_eq!([of("loss"), of("loss:last"), of("loss:min"), of("loss:max")], [4.0, 4.0, 1.0, 4.0]);
        assert_eq!([of("loss:best"), of("loss:mean2"), of("loss:mean of last 2")], [1.0, 3.0, 3.0]);
        assert!(of("loss:mean9").is_nan());
        assert_eq!(MetricName::parse("val/accuracy:best").of(&metric("val/accuracy", &[0.5, 0.9, 0.7])), 0.9);
    }

    #[test]
    fn other_colons_belong_to_the_name() {
        for text in ["a:b", "a:mean0", "a:mean of last x", "min"] {
            let read = MetricName::parse(text);
            assert_eq!((read.name.as_str(), read.reduction), (text, Reduction::Last));
        }
        assert_eq!(
            MetricName::parse("a:b:max"),
            MetricName { name: "a:b".into(), reduction: Reduction::Max }
        );
        assert_eq!(MetricName::parse("x:mean10").to_string(), "x:mean of last 10");
        assert!(is_more_better("test_f1") && !is_more_better("loss") && !is_more_better("maple"));
    }

    #[test]
    fn numbers_that_json_has_not_come_back() {
        let summary = MetricSummary::of(&metric("x", &[f64::NEG_INFINITY, 1.0, f64::NAN]));
        let json = serde_json::to_string(&summary).unwrap();
        assert!(json.contains(r#""last":"nan","min":"-inf","max":1.0"#), "{json}");
        let read: MetricSummary = serde_json::from_str(&json).unwrap();
        assert!(read.last.is_nan() && read.min == f64::NEG_INFINITY);
    }
}
