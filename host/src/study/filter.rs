//! Conditions that choose among runs: `plugin=dtan status=failed lr<0.01 loss<0.1 tag=x`.

use super::{
    quantity::{Quantity, Value},
    summary::RunSummary,
};
use crate::{
    error::{Error, Result},
    script::settings::SettingValue,
};

/// How a condition compares; longer signs come before those that they begin with.
const SIGNS: [(&str, Comparison); 6] = [
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("=", Comparison::Equal),
    ("<", Comparison::Below),
    (">", Comparison::Above),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// A condition.
#[derive(Debug)]
struct Condition {
    quantity: Quantity,
    comparison: Comparison,
    /// What the value is compared with.
    text: String,
    /// As it was typed.
    words: String,
}

/// The runs for which all conditions hold; a text with blanks stands in quotes: `note="a b"`.
///
/// # Errors
/// `Usage`: a condition that has no sign, or a name that no run has; a number is compared with a text.
pub fn filter(runs: Vec<RunSummary>, conditions: &str) -> Result<Vec<RunSummary>> {
    let words = words(conditions).into_iter();
    let conditions = words.map(|words| Condition::parse(&words, &runs)).collect::<Result<Vec<_>>>()?;
    let mut kept = Vec::new();
    for run in runs {
        if conditions
            .iter()
            .map(|condition| condition.holds(&run))
            .collect::<Result<Vec<_>>>()?
            .iter()
            .all(|h| *h)
        {
            kept.push(run);
        }
    }
    Ok(kept)
}

impl Condition {
    fn parse(words: &str, runs: &[RunSummary]) -> Result<Self> {
        let starts = |at: usize| SIGNS.iter().find(|(sign, _)| words[at..].starts_with(sign));
        let found = words.char_indices().find_map(|(at, _)| Some((at, starts(at)?)));
        let Some((at, (sign, comparison))) = found.filter(|(at, _)| *at > 0) else {
            let help = "write `name=value`, with one of = != < <= > >= in the middle";
            return Err(Error::usage(format!("`{words}` is no condition"), help));
        };
        Ok(Self {
            quantity: Quantity::named(words[..at].trim(), runs)?,
            comparison: *comparison,
            text: words[at + sign.len()..].to_owned(),
            words: words.to_owned(),
        })
    }

    fn holds(&self, run: &RunSummary) -> Result<bool> {
        let value = self.quantity.of(run)?;
        match self.comparison {
            Comparison::Equal => return Ok(self.is_equal(&value)),
            Comparison::NotEqual => return Ok(!self.is_equal(&value)),
            _ if value == Value::None => return Ok(false),
            _ => {}
        }
        let (value, bound) = match value.number() {
            Some(value) => (Value::Number(value), Value::Number(self.bound()?)),
            None => (value, Value::Text(self.text.clone())),
        };
        if value.number().is_some_and(f64::is_nan) {
            return Ok(false);
        }
        let order = value.order(&bound);
        Ok(match self.comparison {
            Comparison::Below => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Above => order.is_gt(),
            _ => order.is_ge(),
        })
    }

    /// The text as the type of the value; words are equal in capitals, too.
    fn is_equal(&self, value: &Value) -> bool {
        let is_text = |text: &str| text.to_lowercase() == self.text.to_lowercase();
        match value {
            Value::None => self.text.is_empty(),
            Value::Text(text) => is_text(text),
            Value::Texts(texts) => texts.iter().any(|text| is_text(text)),
            Value::Setting(setting) => SettingValue::parse(&self.text, setting).as_ref() == Some(setting),
            Value::Number(_) | Value::Time(_) => {
                let value = value.number().unwrap_or(f64::NAN);
                self.bound().is_ok_and(|bound| bound == value || bound.is_nan() && value.is_nan())
            }
        }
    }

    /// The text as a number, or as a time in seconds.
    fn bound(&self) -> Result<f64> {
        let plain = self.text.trim().parse().ok();
        plain.or_else(|| seconds(self.text.trim())).ok_or_else(|| {
            let name = self.quantity.head();
            let problem = format!("`{}`: `{name}` is a number, and `{}` is none", self.words, self.text);
            Error::usage(problem, "write a number like 0.01 or 1e-3, or a time like 90s, 10m, 2h or 3d")
        })
    }
}

/// The seconds in a time like `90s`, `10m`, `2h`, `3d` or `200ms`.
pub fn seconds(text: &str) -> Option<f64> {
    let units = [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86400.0)];
    units
        .into_iter()
        .find_map(|(unit, seconds)| text.strip_suffix(unit)?.parse::<f64>().ok().map(|count| count * seconds))
}

/// The words of a text, split at blanks outside of quotes, without the quotes.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in text.chars() {
        match c {
            c if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c if c.is_whitespace() && quote.is_none() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        run::Status,
        study::{metric::MetricSummary, notes::Notes},
    };

    fn run(lr: serde_json::Value, loss: f64, status: Status, tags: &[&str]) -> RunSummary {
        let metric = MetricSummary { name: "loss".into(), count: 1, last: loss, min: loss, max: loss };
        let settings = [("lr".to_owned(), lr), ("sizes".to_owned(), json!([1, 2]))].into_iter().collect();
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let notes = Notes { tags, note: "a b".into(), ..Notes::default() };
        RunSummary {
            plugin: "dtan".into(),
            settings,
            status,
            notes,
            metrics: vec![metric],
            seconds: 90.0,
            ..Default::default()
        }
    }

    fn runs() -> Vec<RunSummary> {
        let bare = RunSummary { plugin: "sae".into(), ..RunSummary::default() };
        vec![
            run(json!(0.1), 0.5, Status::Failed, &["x", "y"]),
            run(json!(0.01), f64::NAN, Status::Completed, &[]),
            run(json!(1), 2.0, Status::Completed, &["x"]),
            bare,
        ]
    }

    /// The positions of the runs that a text chooses.
    fn chosen(text: &str) -> Vec<usize> {
        let all = runs();
        let position = |run: &RunSummary| {
            all.iter().position(|known| known.settings == run.settings && known.plugin == run.plugin).unwrap()
        };
        filter(runs(), text).unwrap().iter().map(position).collect()
    }

    #[test]
    fn conditions_choose_runs() {
        for (text, expected) in [
            ("", &[0, 1, 2, 3][..]),
            ("plugin=dtan", &[0, 1, 2]),
            ("plugin=dtan status=FAILED", &[0]),
            ("lr<0.1", &[1]),
            ("lr<=0.1", &[0, 1]),
            ("lr=0.10", &[0]),
            ("lr=1.0", &[]),
            ("lr!=0.1", &[1, 2, 3]),
            ("loss<1", &[0]),
            ("loss>=0.5", &[0, 2]),
            ("loss=nan", &[1]),
            ("loss:min>1", &[2]),
            ("tag=x", &[0, 2]),
            ("tag!=x", &[1, 3]),
            ("tag=x tag=y", &[0]),
            ("sizes=1,2", &[0, 1, 2]),
            ("sizes=[1]", &[]),
            ("note='a b'", &[0, 1, 2]),
            ("note=", &[3]),
            ("duration<2m", &[0, 1, 2, 3]),
            ("duration>1m", &[0, 1, 2]),
            ("plugin>e", &[3]),
        ] {
            assert_eq!(chosen(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_says_so() {
        for (text, expected) in [
            ("failed", "`failed` is no condition"),
            ("=x", "`=x` is no condition"),
            ("lr<abc", "`lr` is a number, and `abc` is none"),
            ("lss<1", "did you mean `loss`?"),
            ("ä<1", "no run has anything called `ä`"),
        ] {
            let error = filter(runs(), text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
