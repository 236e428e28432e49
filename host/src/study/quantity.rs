//! What a run can be asked for by a name: a fact, a setting, or a number of a metric.

use std::{cmp::Ordering, time::SystemTime};

use jiff::Timestamp;

use super::{metric::MetricName, summary::RunSummary};
use crate::{
    error::{Error, Result},
    run::{Status, duration, natural_key, number},
    script::{did_you_mean, settings::SettingValue},
};

/// Facts of every run, by their names.
const FACTS: [(&str, Fact); 16] = [
    ("run", Fact::Run),
    ("name", Fact::Name),
    ("plugin", Fact::Plugin),
    ("status", Fact::Status),
    ("seed", Fact::Seed),
    ("device", Fact::Device),
    ("age", Fact::Age),
    ("duration", Fact::Duration),
    ("started", Fact::Started),
    ("finished", Fact::Finished),
    ("resumed", Fact::Resumed),
    ("changed", Fact::Changed),
    ("tag", Fact::Tag),
    ("note", Fact::Note),
    ("host", Fact::Host),
    ("commit", Fact::Commit),
];

/// Whether every run has a fact of this name.
pub fn is_fact(name: &str) -> bool {
    FACTS.iter().any(|(known, _)| *known == name)
}

/// A fact of every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Its folder.
    Run,
    /// The name that somebody gave it.
    Name,
    Plugin,
    Status,
    Seed,
    Device,
    /// The time since it began, and the time that it took or has taken so far.
    Age,
    Duration,
    Started,
    Finished,
    /// How often it was resumed, and whether with other scripts or files.
    Resumed,
    Changed,
    Tag,
    Note,
    Host,
    Commit,
}

/// What a run can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    Fact(Fact),
    Setting(String),
    Metric(MetricName),
}

impl Quantity {
    /// What a name means among these runs: a fact, else a setting, else a metric. `settings.NAME` and
    /// `metrics.NAME` say which.
    ///
    /// # Errors
    /// `Usage` where no run has it, with the nearest name.
    pub fn named(name: &str, runs: &[RunSummary]) -> Result<Self> {
        let fact = FACTS.iter().find(|(known, _)| *known == name);
        let has_setting = |name: &str| runs.iter().any(|run| run.settings.contains_key(name));
        let has_metric =
            |name: &str| runs.iter().any(|run| run.metrics.iter().any(|metric| metric.name == name));
        let setting = |name: &str| has_setting(name).then(|| Self::Setting(name.to_owned()));
        let metric = |name: &str| {
            let metric = MetricName::parse(name);
            has_metric(&metric.name).then_some(Self::Metric(metric))
        };
        let found = match (name.strip_prefix("settings."), name.strip_prefix("metrics.")) {
            (Some(name), _) => setting(name),
            (_, Some(name)) => metric(name),
            _ => fact.map(|(_, fact)| Self::Fact(*fact)).or_else(|| setting(name)).or_else(|| metric(name)),
        };
        found.ok_or_else(|| unknown(name, runs))
    }

    /// The value of a run.
    ///
    /// # Errors
    /// Those of [`RunSummary::metric`].
    pub fn of(&self, run: &RunSummary) -> Result<Value> {
        Ok(match self {
            Self::Fact(fact) => fact.of(run),
            Self::Setting(name) => {
                let value = run.settings.get(name).cloned().and_then(SettingValue::from_json);
                value.map_or(Value::None, Value::Setting)
            }
            Self::Metric(metric) => run.metric(metric)?.map_or(Value::None, Value::Number),
        })
    }

    /// The name that means this and nothing else, whatever the runs are.
    pub fn key(&self) -> String {
        match self {
            Self::Fact(_) => self.head(),
            Self::Setting(name) => format!("settings.{name}"),
            Self::Metric(metric) => format!("metrics.{metric}"),
        }
    }

    /// The head of its column.
    pub fn head(&self) -> String {
        match self {
            Self::Fact(fact) => {
                FACTS.iter().find(|(_, known)| known == fact).map_or("", |(name, _)| *name).to_owned()
            }
            Self::Setting(name) => name.clone(),
            Self::Metric(metric) => metric.to_string(),
        }
    }
}

impl Fact {
    fn of(self, run: &RunSummary) -> Value {
        let text = |text: &str| match text {
            "" => Value::None,
            text => Value::Text(text.to_owned()),
        };
        match self {
            Self::Run => text(&run.path.display().to_string()),
            Self::Name => text(&run.notes.name),
            Self::Plugin => text(&run.plugin),
            Self::Status => text(status(run.status)),
            Self::Seed => Value::Number(run.seed as f64),
            Self::Device => text(&run.device),
            Self::Age => seconds_since(&run.started).map_or(Value::None, Value::Time),
            Self::Duration => Value::Time(taken(run)),
            Self::Started => text(&run.started),
            Self::Finished => text(&run.finished),
            Self::Resumed => Value::Number(f64::from(run.resumed)),
            Self::Changed => text(if run.changed { "yes" } else { "no" }),
            Self::Tag => Value::Texts(run.notes.tags.clone()),
            Self::Note => text(&run.notes.note),
            Self::Host => text(&run.host),
            Self::Commit => text(&run.commit),
        }
    }
}

/// The word for a status.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Queued => "queued",
        Status::Running => "running",
        Status::Completed => "completed",
        Status::Interrupted => "interrupted",
        Status::Failed => "failed",
    }
}

/// Seconds that it ran. A record is written now and then: until it is over, the clock goes on.
fn taken(run: &RunSummary) -> f64 {
    match seconds_since(&run.started) {
        Some(since) if run.status == Status::Running && run.resumed == 0 => since,
        _ => run.seconds,
    }
}

fn seconds_since(time: &str) -> Option<f64> {
    let began: Timestamp = time.parse().ok()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some((now.as_secs_f64() - began.as_second() as f64).max(0.0))
}

fn unknown(name: &str, runs: &[RunSummary]) -> Error {
    let facts = FACTS.iter().map(|(name, _)| *name);
    let settings = runs.iter().flat_map(|run| run.settings.keys().map(String::as_str));
    let metrics = runs.iter().flat_map(|run| run.metrics.iter().map(|metric| metric.name.as_str()));
    let bare = name.trim_start_matches("settings.").trim_start_matches("metrics.");
    let near = did_you_mean(&MetricName::parse(bare).name, facts.chain(settings).chain(metrics));
    let facts: Vec<_> = FACTS.iter().map(|(name, _)| *name).collect();
    let all = || format!("a name is a setting or a metric of these runs, or one of {}", facts.join(", "));
    Error::usage(format!("no run has anything called `{name}`"), near.unwrap_or_else(all))
}

/// The value of a quantity.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    None,
    Text(String),
    Texts(Vec<String>),
    Number(f64),
    /// Seconds.
    Time(f64),
    Setting(SettingValue),
}

impl Value {
    /// As people see it; nothing is the empty text.
    pub fn shown(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Text(text) => text.clone(),
            Self::Texts(texts) => texts.join(","),
            Self::Number(value) => number(*value),
            Self::Time(seconds) => time(*seconds),
            Self::Setting(value) => value.to_string(),
        }
    }

    /// The number that it is; a text is none.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) | Self::Time(value) => Some(*value),
            Self::Setting(SettingValue::Int(value)) => Some(*value as f64),
            Self::Setting(SettingValue::Float(value)) => Some(*value),
            _ => None,
        }
    }

    /// Numbers before texts, and among themselves by size; NaN comes after all other numbers, and nothing is
    /// last.
    pub fn order(&self, other: &Self) -> Ordering {
        let rank = |value: &Self| match value.number() {
            Some(number) if number.is_nan() => 1,
            Some(_) => 0,
            None if *value == Self::None => 3,
            None => 2,
        };
        let texts = || natural_key(&self.shown()).cmp(&natural_key(&other.shown()));
        rank(self).cmp(&rank(other)).then_with(|| match (self.number(), other.number()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => texts(),
        })
    }
}

/// Seconds in few letters: `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d`.
fn time(seconds: f64) -> String {
    const DAY: f64 = 86400.0;
    if seconds >= 2.0 * DAY { format!("{:.0} d", (seconds / DAY).floor()) } else { duration(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::metric::MetricSummary;

    fn run() -> RunSummary {
        let metric = MetricSummary { name: "loss".into(), count: 2, last: 0.5, min: 0.25, max: 0.75 };
        let settings = [("lr".to_owned(), 0.1.into()), ("plugin".to_owned(), "x".into())];
        RunSummary {
            plugin: "dtan".into(),
            metrics: vec![metric],
            settings: settings.into_iter().collect(),
            ..RunSummary::default()
        }
    }

    #[test]
    fn a_name_is_a_fact_a_setting_or_a_metric() {
        let runs = [run()];
        let shown = |name: &str| Quantity::named(name, &runs).unwrap().of(&runs[0]).unwrap().shown();
        assert_eq!(["plugin", "settings.plugin", "lr", "loss:min"].map(shown), ["dtan", "x", "0.1", "0.25"]);
        assert_eq!(["name", "tag", "metrics.loss"].map(shown), ["", "", "0.5"]);
        let error = Quantity::named("los:min", &runs).unwrap_err().to_string();
        assert!(error.contains("did you mean `loss`?"), "{error}");
        assert!(Quantity::named("metrics.lr", &runs).is_err());
        for name in ["plugin", "settings.plugin", "metrics.loss:min"] {
            assert_eq!(Quantity::named(name, &runs).unwrap().key(), name);
        }
    }

    #[test]
    fn values_are_sorted_as_people_do() {
        let text = |text: &str| Value::Text(text.into());
        let sorted = [
            Value::Number(f64::NEG_INFINITY),
            Value::Setting(SettingValue::Int(2)),
            Value::Time(10.0),
            Value::Number(f64::NAN),
            text("a2"),
            text("a10"),
            Value::None,
        ];
        for (i, value) in sorted.iter().enumerate() {
            assert!(sorted[i + 1..].iter().all(|later| value.order(later).is_lt()), "{value:?}");
        }
        assert_eq!([time(5.0), time(250.0), time(200_000.0)], ["5.0 s", "4 min 10 s", "2 d"]);
    }
}
