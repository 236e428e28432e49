//! What a few numbers say: their mean, and how far it is known.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

/// How sure the intervals are.
const CONFIDENCE: f64 = 0.95;

/// A mean with its 95 % confidence interval, `mean - half ..= mean + half`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    /// Half the width of the interval; none for fewer than two numbers, and where one is not finite.
    pub half: Option<f64>,
    /// How many numbers.
    pub n: usize,
}

impl Estimate {
    /// That of the mean that `values` were drawn around, by Student's t:
    /// `t(n - 1) * s / sqrt(n)` with `s^2 = sum((x - mean)^2) / (n - 1)`. The numbers are assumed to be
    /// independent, and not far from a normal distribution. None without a number.
    pub fn of(values: &[f64]) -> Option<Self> {
        let (n, first) = (values.len(), *values.first()?);
        // The sum of equal numbers is rounded, and their mean would be another one.
        let are_equal = values.iter().all(|&value| value == first);
        let mean = if are_equal { first } else { values.iter().sum::<f64>() / n as f64 };
        if n == 1 || !mean.is_finite() {
            return Some(Self { mean, half: None, n });
        }
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let error = (squares / (n - 1) as f64 / n as f64).sqrt();
        Some(Self { mean, half: Some(quantile(n - 1) * error), n })
    }
}

/// The `t` with `P(|T| < t) = 0.95` for Student's t with so many degrees of freedom (at least 1).
fn quantile(freedom: usize) -> f64 {
    // `within` grows with the angle, so halving finds it; 60 halvings exhaust the digits of a double.
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if within(middle, freedom) < CONFIDENCE { low = middle } else { high = middle }
    }
    (freedom as f64).sqrt() * libm::tan((low + high) / 2.0)
}

/// `P(|T| < sqrt(freedom) tan(angle))`, by the finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4.
fn within(angle: f64, freedom: usize) -> f64 {
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let is_odd = freedom % 2 == 1;
    let (mut term, mut sum) = if is_odd { (cosine, 0.0) } else { (1.0, 0.0) };
    let mut k = if is_odd { 1 } else { 0 };
    // Terms in cos^k for k = 1, 3, ... or 0, 2, ... up to freedom - 2.
    while k + 2 <= freedom {
        sum += term;
        term *= cosine * cosine * (k + 1) as f64 / (k + 2) as f64;
        k += 2;
    }
    if is_odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the table of the 0.975 quantiles in NIST's Engineering Statistics Handbook, 1.3.6.7.2, with the
    /// digits that R's `qt(0.975, df)` adds.
    #[test]
    fn quantiles_are_those_of_the_table() {
        let known = [
            (1, 12.706_204_736),
            (2, 4.302_652_730),
            (3, 3.182_446_305),
            (4, 2.776_445_105),
            (5, 2.570_581_836),
            (9, 2.262_157_163),
            (10, 2.228_138_852),
            (29, 2.045_229_642),
            (30, 2.042_272_456),
            (100, 1.983_971_519),
        ];
        for (freedom, expected) in known {
            let found = quantile(freedom);
            assert!((found - expected).abs() < 1e-8, "{freedom}: {found}, expected {expected}");
        }
        assert!((quantile(100_000) - 1.959_987_7).abs() < 1e-6, "the normal distribution is the limit");
    }

    /// Means of 1, 2, 3, 4, 5: s^2 = 2.5, so the half width is 2.776445 * sqrt(2.5 / 5).
    #[test]
    fn an_interval_is_the_one_computed_by_hand() {
        let found = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((found.mean, found.n), (3.0, 5));
        assert!((found.half.unwrap() - 2.776_445_105 * 0.5_f64.sqrt()).abs() < 1e-8);
    }

    #[test]
    fn what_cannot_be_known_is_not_said() {
        assert_eq!(Estimate::of(&[]), None);
        assert_eq!(Estimate::of(&[2.0]), Some(Estimate { mean: 2.0, half: None, n: 1 }));
        let infinite = Estimate::of(&[1.0, f64::INFINITY]).unwrap();
        assert_eq!((infinite.mean, infinite.half), (f64::INFINITY, None));
        let unknown = Estimate::of(&[1.0, f64::NAN]).unwrap();
        assert!(unknown.mean.is_nan() && unknown.half.is_none());
        assert_eq!(Estimate::of(&[0.995; 500]), Some(Estimate { mean: 0.995, half: Some(0.0), n: 500 }));
    }
}
