//! An axis: what it spans, and where its ticks stand.

/// Beyond this, differences of two numbers overflow.
const LARGEST: f64 = 1e300;

/// An axis from `low` to `high`, in plot units: the value itself or, with `log`, its base-ten logarithm.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    pub low: f64,
    pub high: f64,
    pub log: bool,
}

impl Axis {
    /// Where a value stands in plot units; none for a value that the axis cannot show: one that is
    /// not finite or, with `log`, not positive.
    pub fn position(value: f64, log: bool) -> Option<f64> {
        match (value.is_finite(), log) {
            (true, false) => Some(value.clamp(-LARGEST, LARGEST)),
            (true, true) if value > 0.0 => Some(libm::log10(value)),
            _ => None,
        }
    }

    /// The axis that shows all `positions` (in plot units) with a little room at both ends; none
    /// without a position.
    pub fn around(positions: impl Iterator<Item = f64>, log: bool) -> Option<Self> {
        let (low, high) = positions.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), position| {
            (low.min(position), high.max(position))
        });
        let largest = low.abs().max(high.abs());
        if low > high {
            return None;
        }
        // One value, or values that differ by rounding alone, stand in the middle.
        let room = if high - low > largest * 1e-9 && high - low > 1.0 / LARGEST {
            0.03 * (high - low)
        } else if largest > 1.0 / LARGEST && !log {
            0.5 * largest
        } else {
            0.5
        };
        Some(Self { low: low - room, high: high + room, log })
    }

    /// The axis of a plot with nothing in it.
    pub fn empty(log: bool) -> Self {
        Self { low: 0.0, high: 1.0, log }
    }

    /// How far along the axis `position` stands: 0 at its low end, 1 at its high end.
    pub fn share(&self, position: f64) -> f64 {
        (position - self.low) / (self.high - self.low)
    }

    /// Ticks (position in plot units, label), about `count` of them, at round values.
    pub fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        let count = count.max(2);
        if !self.log {
            return round_values(self.low, self.high, count);
        }
        for mantissas in [&[1_i32][..], &[1, 2, 5]] {
            let ticks = self.log_ticks(mantissas, count);
            if ticks.len() >= 3 {
                return ticks;
            }
        }
        // Less than a decade or so: round values are closer together than 1, 2, 5.
        round_values(libm::exp10(self.low), libm::exp10(self.high), count)
            .into_iter()
            .filter_map(|(value, label)| Some((Self::position(value, true)?, label)))
            .collect()
    }

    /// Ticks at `mantissas` times powers of ten; every n-th power where there are too many.
    fn log_ticks(&self, mantissas: &[i32], count: usize) -> Vec<(f64, String)> {
        let powers = self.low.floor() as i32..=self.high.ceil() as i32;
        let decades = (self.high - self.low) as usize + 1;
        let stride = decades.div_ceil(count).max(1) as i32;
        let short = self.low > -3.5 && self.high < 5.5;
        powers
            .filter(|power| power.rem_euclid(stride) == 0)
            .flat_map(|power| mantissas.iter().map(move |&m| (m, power)))
            .map(|(m, power)| (f64::from(power) + libm::log10(f64::from(m)), m, power))
            .filter(|(position, ..)| (self.low..=self.high).contains(position))
            .map(|(position, m, power)| (position, power_label(m, power, short)))
            .collect()
    }
}

/// Multiples of 1, 2 or 5 times a power of ten between `low` and `high`, about `count` of them.
fn round_values(low: f64, high: f64, count: usize) -> Vec<(f64, String)> {
    let rough = (high - low) / count as f64;
    let power = libm::exp10(libm::log10(rough).floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * power >= rough);
    let step = factor.unwrap_or(10.0) * power;
    let largest = low.abs().max(high.abs());
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|k| k as f64 * step).map(|value| (value, label(value, step, largest))).collect()
}

/// `value` with just the digits that distinguish multiples of `step`.
fn label(value: f64, step: f64, largest: f64) -> String {
    let exponent = |x: f64| (libm::log10(x) + 1e-9).floor() as i32;
    let text = if (1e-4..1e6).contains(&largest) {
        format!("{value:.*}", (-exponent(step)).max(0) as usize)
    } else if value == 0.0 {
        "0".to_string()
    } else {
        let digits = (exponent(value.abs()) - exponent(step)).max(0) as usize;
        format!("{value:.digits$e}")
    };
    text.replace('-', "−")
}

/// `mantissa * 10^power`, written out or with the power raised.
fn power_label(mantissa: i32, power: i32, written_out: bool) -> String {
    match (mantissa, power) {
        (_, 0..=5) if written_out => format!("{mantissa}{}", "0".repeat(power as usize)),
        (_, -4..=-1) if written_out => {
            format!("0.{mantissa:0>digits$}", digits = power.unsigned_abs() as usize)
        }
        (1, _) => format!("10{}", raised(power)),
        _ => format!("{mantissa}×10{}", raised(power)),
    }
}

/// A number in superscript digits.
fn raised(number: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().chars().map(|c| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize])).collect()
}
