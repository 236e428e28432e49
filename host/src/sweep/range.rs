//! Ranges that values are drawn from, by counter: the same for the same seed on every machine.

use std::fmt;

use ops::random::Key;

use crate::script::{
    Problem,
    settings::{Setting, SettingValue},
};

/// What the streams of a sweep's random numbers begin with.
const STREAM: &str = "sweep";

/// How values lie in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Linear,
    Logarithmic,
}

/// `lin:0..1` or `log:1e-4..1e-2`, without its end; with `..=` and whole numbers, with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    scale: Scale,
    low: f64,
    /// The end, which is not drawn.
    high: f64,
    /// Whether whole numbers are drawn.
    is_whole: bool,
    text: String,
}

impl Range {
    /// The range that was typed for a setting that is a number; nothing for any other text.
    ///
    /// # Errors
    /// Its ends are no numbers, in no order, or none that a logarithm can be taken of.
    pub fn from_text(setting: &Setting, text: &str) -> Result<Option<Self>, Problem> {
        let is_whole = matches!(setting.default, SettingValue::Int(_));
        let scales = [("lin:", Scale::Linear), ("log:", Scale::Logarithmic)].into_iter();
        let found = scales.filter_map(|(word, scale)| Some((scale, text.strip_prefix(word)?))).next();
        let Some((scale, ends)) =
            found.filter(|_| is_whole || matches!(setting.default, SettingValue::Float(_)))
        else {
            return Ok(None);
        };
        let wrong = |problem: &str| {
            let example = if is_whole { "lin:16..=64" } else { "log:1e-4..1e-2" };
            Problem::new(
                format!("the range `{text}` of `{}` {problem}", setting.name),
                format!("write it like {}={example}", setting.name),
            )
        };
        let (low, high) = ends_of(ends, is_whole).ok_or_else(|| wrong("has no two numbers as its ends"))?;
        if low >= high {
            return Err(wrong("ends before it begins"));
        }
        if scale == Scale::Logarithmic && low <= 0.0 {
            return Err(wrong("is logarithmic, and does not begin above 0"));
        }
        Ok(Some(Self { scale, low, high, is_whole, text: text.to_owned() }))
    }

    /// The value at `u` in [0, 1), a fraction to four digits.
    fn at(&self, u: f64) -> SettingValue {
        let value = match self.scale {
            Scale::Linear => self.low + u * (self.high - self.low),
            // The same on every machine.
            Scale::Logarithmic => {
                let (low, high) = (libm::log(self.low), libm::log(self.high));
                libm::exp(low + u * (high - low))
            }
        };
        if self.is_whole {
            return SettingValue::Int(value.floor().clamp(self.low, self.high - 1.0) as i64);
        }
        let rounded = format!("{value:.3e}").parse().unwrap_or(value);
        SettingValue::Float(if rounded < self.low || rounded >= self.high { value } else { rounded })
    }

    /// Value `number` of the setting `name`.
    pub fn draw(&self, name: &str, seed: u64, number: u64) -> SettingValue {
        let [low, high, ..] = stream(name, seed).draw(number).words(0);
        let word = u64::from(high) << 32 | u64::from(low);
        self.at((word >> 11) as f64 / (1u64 << 53) as f64)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The index of value `number` of the setting `name`, one of `n`.
pub fn draw_index(n: usize, name: &str, seed: u64, number: u64) -> usize {
    stream(name, seed).draw(number).below(0, n as u64) as usize
}

/// The random numbers of a setting: other axes do not change them.
fn stream(name: &str, seed: u64) -> Key {
    Key::new(seed).derive(STREAM).derive(name)
}

/// The ends of `1..4` or `1..=4`, the last one excluded.
fn ends_of(text: &str, is_whole: bool) -> Option<(f64, f64)> {
    let number = |text: &str| {
        let text = text.trim().replace('_', "");
        match is_whole {
            // Whole numbers up to 2^53 are floats as well.
            true => text.parse::<i64>().ok().map(|n| n as f64).filter(|n| n.abs() < 9e15),
            false => text.parse::<f64>().ok().filter(|x| x.is_finite()),
        }
    };
    let (low, high) = text.split_once("..")?;
    match high.strip_prefix('=') {
        Some(last) => Some((number(low)?, number(last)? + if is_whole { 1.0 } else { 0.0 })),
        None => Some((number(low)?, number(high)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::settings::SettingRule;

    fn range(default: SettingValue, text: &str) -> Result<Option<Range>, String> {
        let setting = Setting::of_host("lr", default, SettingRule::Positive, "");
        Range::from_text(&setting, text).map_err(|problem| problem.message)
    }

    #[test]
    fn values_lie_within_the_ends_and_are_the_same_for_the_same_seed() {
        let float = range(SettingValue::Float(0.1), "log:1e-4..1e-2").unwrap().unwrap();
        let drawn = |seed| -> Vec<f64> {
            (0..1000)
                .map(|i| match float.draw("lr", seed, i) {
                    SettingValue::Float(x) => x,
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        let values = drawn(7);
        assert!(values.iter().all(|x| (1e-4..1e-2).contains(x)));
        // Half of them below the geometric mean, to four standard deviations.
        let low = values.iter().filter(|x| **x < 1e-3).count();
        assert!((437..=563).contains(&low), "{low}");
        assert_eq!(values, drawn(7));
        assert_ne!(values, drawn(8));
        let whole = range(SettingValue::Int(1), "lin:1..=3").unwrap().unwrap();
        let mut counts = [0; 3];
        for i in 0..300 {
            let SettingValue::Int(n) = whole.draw("n", 0, i) else { panic!("a whole number") };
            counts[n as usize - 1] += 1;
        }
        assert!(counts.iter().all(|count| (66..=134).contains(count)), "{counts:?}");
    }

    #[test]
    fn ends_that_cannot_be_are_refused_and_other_texts_are_none() {
        let float = || SettingValue::Float(0.1);
        for (text, problem) in [
            ("log:0..1", "is logarithmic, and does not begin above 0"),
            ("lin:2..1", "ends before it begins"),
            ("lin:1..nan", "has no two numbers as its ends"),
            ("lin:1", "has no two numbers as its ends"),
        ] {
            assert_eq!(range(float(), text).unwrap_err(), format!("the range `{text}` of `lr` {problem}"));
        }
        assert_eq!(range(float(), "0.1,0.2").unwrap(), None);
        assert_eq!(range(SettingValue::String("a".into()), "log:1..2").unwrap(), None);
    }
}
