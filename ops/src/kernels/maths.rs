//! Functions of f32 without branches and tables, that compilers turn into vectors of any width: built of
//! additions and products that are rounded one by one, so that every machine gives the same bits.
//!
//! The polynomials are minimax fits of degree 6 or less, made for this file; [`gpu`](super) evaluates the
//! same ones.

/// What is left of `ln(1 + x) = x - x^2 / 2 + x^3 P(x)`, for `1 + x` from sqrt(1/2) to sqrt(2).
pub(super) const LN: [f32; 8] = [
    0.333_333_3,
    -0.250_008_2,
    0.200_012_27,
    -0.166_233_57,
    0.142_017_59,
    -0.131_601_83,
    0.127_615_75,
    -0.076_344_95,
];
/// ln 2 in two parts; the first one times a small whole number is exact.
pub(super) const LN_2: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];
/// The bits of sqrt(1/2).
pub(super) const SQRT_HALF: u32 = 0x3f35_04f3;
/// What is left of `sin r = r + r^3 P(r^2)`, for r up to an eighth of a turn.
pub(super) const SIN: [f32; 3] = [-0.166_666_55, 0.008_332_178, -0.000_195_173];
/// What is left of `cos r = 1 - r^2 / 2 + r^4 P(r^2)`, for r up to an eighth of a turn.
pub(super) const COS: [f32; 3] = [0.041_666_646, -0.001_388_736_8, 2.443_845_2e-5];
/// A quarter of a turn, of which a 32-bit word has 2^32 parts.
pub(super) const QUARTER_PART: f32 = std::f32::consts::FRAC_PI_2 / 4_294_967_296.0;
/// Half of a quarter turn, in parts of which a turn has 2^32.
pub(super) const EIGHTH: u32 = 1 << 29;
/// The bits of an angle's word that count: the others would be rounded.
pub(super) const ANGLE: u32 = !0xff;

#[inline(always)]
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = sum * x + coefficients[i];
    }
    sum
}

/// The natural logarithm of a positive, finite, normal number; within 2e-7 of its size.
#[inline(always)]
pub(super) fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(SQRT_HALF) as i32) >> 23;
    let x = f32::from_bits(bits.wrapping_sub((exponent << 23) as u32)) - 1.0;
    let exponent = exponent as f32;
    let square = x * x;
    let rest = polynomial(x, LN) * (square * x) + exponent * LN_2[1];
    ((rest - 0.5 * square) + x) + exponent * LN_2[0]
}

/// Cosine and sine of a word's part of a turn, of which there are 2^24; within 1e-7.
#[inline(always)]
pub(super) fn cos_sin(word: u32) -> [f32; 2] {
    let word = word & ANGLE;
    let quarter = word.wrapping_add(EIGHTH) >> 30;
    // What is left of the nearest quarter, in parts of which a quarter has 2^32.
    let r = ((word << 2) as i32) as f32 * QUARTER_PART;
    let square = r * r;
    let sin = polynomial(square, SIN) * (square * r) + r;
    let cos = polynomial(square, COS) * (square * square) + (1.0 - 0.5 * square);
    let turned = quarter & 1 == 1;
    let (a, b) = if turned { (sin, cos) } else { (cos, sin) };
    let signed = |x: f32, negative: u32| f32::from_bits(x.to_bits() ^ (negative & 2) << 30);
    [signed(a, quarter.wrapping_add(1)), signed(b, quarter)]
}

#[cfg(test)]
mod tests {
    use super::{cos_sin, ln};

    /// The largest value of a function of every 97th word.
    fn worst(error: impl Fn(u32) -> f64) -> f64 {
        (0..=u32::MAX / 97).map(|i| error(i * 97)).fold(0.0, f64::max)
    }

    #[test]
    fn the_logarithm_is_that_of_f64() {
        let relative = |bits: u32| {
            let x = f32::from_bits(bits % 0x3f80_0000);
            let expected = f64::from(x).ln();
            if x < f32::MIN_POSITIVE { 0.0 } else { ((f64::from(ln(x)) - expected) / expected).abs() }
        };
        assert!(worst(relative) < 2e-7, "{:e}", worst(relative));
        assert_eq!(ln(1.0), 0.0);
        assert!((ln(1.5) - 1.5f32.ln()).abs() < 1e-7 && (ln(1e30) - 1e30f32.ln()).abs() < 1e-5);
    }

    #[test]
    fn cosine_and_sine_are_those_of_f64() {
        let error = |word: u32| {
            let angle = f64::from(word >> 8) / 16_777_216.0 * std::f64::consts::TAU;
            let [cos, sin] = cos_sin(word).map(f64::from);
            (cos - angle.cos()).abs().max((sin - angle.sin()).abs())
        };
        // A unit in the last place of 1.
        assert!(worst(error) < f32::EPSILON.into(), "{:e}", worst(error));
        assert_eq!(cos_sin(0), [1.0, 0.0]);
        assert_eq!(cos_sin(1 << 31)[0], -1.0);
    }
}
