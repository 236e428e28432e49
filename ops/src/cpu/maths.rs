//! Functions of f32, and a few of f64, without branches and tables, that compilers make vector instructions
//! of any width of: built of additions and products that are rounded one by one, so that every machine gives
//! the same bits.
//!
//! The polynomials of the logarithm, the cosine and the sine are minimax fits made for this file, which
//! [`random`](crate::random) evaluates on the GPU, too; those of the exponential function, the hyperbolic
//! tangent and of f64 are of the Cephes library (Moshier).

/// What is left of `ln(1 + x) = x - x^2 / 2 + x^3 P(x)`, for `1 + x` from sqrt(1/2) to sqrt(2).
pub(crate) const LN: [f32; 8] = [
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
pub(crate) const LN_2: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];
/// The bits of sqrt(1/2).
pub(crate) const SQRT_HALF: u32 = 0x3f35_04f3;
/// What is left of `sin r = r + r^3 P(r^2)`, for r up to an eighth of a rotation.
pub(crate) const SIN: [f32; 3] = [-0.166_666_55, 0.008_332_178, -0.000_195_173];
/// What is left of `cos r = 1 - r^2 / 2 + r^4 P(r^2)`, for r up to an eighth of a rotation.
pub(crate) const COS: [f32; 3] = [0.041_666_646, -0.001_388_736_8, 2.443_845_2e-5];
/// A quarter of a rotation, of which a 32-bit word has 2^32 parts.
pub(crate) const QUARTER_PART: f32 = std::f32::consts::FRAC_PI_2 / 4_294_967_296.0;
/// Half of a quarter rotation, in parts of which a rotation has 2^32.
pub(crate) const EIGHTH: u32 = 1 << 29;
/// The bits of an angle's word that count: the others would be rounded.
pub(crate) const ANGLE: u32 = !0xff;

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
pub(crate) fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(SQRT_HALF) as i32) >> 23;
    let x = f32::from_bits(bits.wrapping_sub((exponent << 23) as u32)) - 1.0;
    let exponent = exponent as f32;
    let square = x * x;
    let rest = polynomial(x, LN) * (square * x) + exponent * LN_2[1];
    ((rest - 0.5 * square) + x) + exponent * LN_2[0]
}

/// Cosine and sine of a word's part of a rotation, of which there are 2^24; within 1e-7.
#[inline(always)]
pub(crate) fn cos_sin(word: u32) -> [f32; 2] {
    let word = word & ANGLE;
    let quarter = word.wrapping_add(EIGHTH) >> 30;
    // What is left of the nearest quarter, in parts of which a quarter has 2^32.
    let r = ((word << 2) as i32) as f32 * QUARTER_PART;
    let square = r * r;
    let sin = polynomial(square, SIN) * (square * r) + r;
    let cos = polynomial(square, COS) * (square * square) + (1.0 - 0.5 * square);
    let is_odd = quarter & 1 == 1;
    let (a, b) = if is_odd { (sin, cos) } else { (cos, sin) };
    let signed = |x: f32, negative: u32| f32::from_bits(x.to_bits() ^ (negative & 2) << 30);
    [signed(a, quarter.wrapping_add(1)), signed(b, quarter)]
}

/// What is left of `e^r = 1 + r + r^2 P(r)`, for r up to half of ln 2.
const EXP: [f32; 6] = [0.5, 0.166_666_65, 0.041_665_796, 0.008_333_452, 0.001_398_2, 0.000_198_756_92];
/// What is left of `tanh x = x + x^3 P(x^2)`, for x up to 0.625.
const TANH: [f32; 5] = [-0.333_332_8, 0.133_314_42, -0.053_739_715, 0.020_639_09, -0.005_704_988_7];
/// What is added to this is rounded to a whole number: 1.5 times 2^23.
const TO_WHOLE: f32 = 12_582_912.0;

/// `e^x`; within 1e-7 of its size, subnormal numbers and infinity included.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Comparisons that leave NaN as it is.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + TO_WHOLE;
    let whole = shifted - TO_WHOLE;
    let r = (x - whole * LN_2[0]) - whole * LN_2[1];
    let y = (polynomial(r, EXP) * (r * r) + r) + 1.0;
    // In two factors, neither of which is too large or too small for a float.
    let n = (shifted.to_bits() as i32).wrapping_sub(TO_WHOLE.to_bits() as i32);
    let half = n >> 1;
    let power = |n: i32| f32::from_bits((n.wrapping_add(127) << 23) as u32);
    y * power(half) * power(n.wrapping_sub(half))
}

/// `e^x - 1`: near 0 by its series, whose first terms are all of it there.
#[inline(always)]
pub(crate) fn expm1(x: f32) -> f32 {
    const SERIES: [f32; 8] =
        [1.0, 0.5, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0, 1.0 / 40320.0];
    let near = x * polynomial(x, SERIES);
    if x.abs() < 0.35 { near } else { exp(x) - 1.0 }
}

/// `ln(1 + e)` for e in [0, 1]; within 2e-7 of its size.
#[inline(always)]
fn log_1p_of_share(e: f32) -> f32 {
    let far = e > std::f32::consts::SQRT_2 - 1.0;
    let (r, exponent) = if far { (0.5 * e - 0.5, 1.0) } else { (e, 0.0) };
    let square = r * r;
    let rest = polynomial(r, LN) * (square * r) + exponent * LN_2[1];
    ((rest - 0.5 * square) + r) + exponent * LN_2[0]
}

/// `1 / (1 + e^-x)`; within 3e-7 of its size.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    let e = exp(-x.abs());
    let r = 1.0 / (1.0 + e);
    if x < 0.0 { e * r } else { r }
}

/// `ln(1 + e^x)`; within 3e-7 of its size.
#[inline(always)]
pub(crate) fn softplus(x: f32) -> f32 {
    (if x <= 0.0 { 0.0 } else { x }) + log_1p_of_share(exp(-x.abs()))
}

/// The hyperbolic tangent; within 3e-7 of its size.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let (size, square) = (x.abs(), x * x);
    let near = polynomial(square, TANH) * square * x + x;
    let far = (1.0 - 2.0 / (exp(size + size) + 1.0)).copysign(x);
    // NaN is not at least anything, and stays.
    if size >= 0.625 { far } else { near }
}

/// What is left of `atan x = x + x^3 P(x^2) / Q(x^2)`, for x up to 0.66; Q goes on with 1.
const ATAN: [[f64; 5]; 2] = [
    [
        -64.850_219_049_420_25,
        -122.886_668_449_013_62,
        -75.008_557_923_147_05,
        -16.157_537_187_333_65,
        -0.875_060_860_003_190_4,
    ],
    [
        194.550_657_148_261_4,
        485.390_399_635_913_7,
        432.881_060_491_290_3,
        165.027_009_831_698_85,
        24.858_464_901_423_063,
    ],
];
/// What is left of `sin x = x + x^3 P(x^2)` and of `cos x = 1 - x^2 / 2 + x^4 P(x^2)`, for x up to an eighth
/// of a rotation.
const WIDE_SIN_COS: [[f64; 6]; 2] = [
    [
        -0.166_666_666_666_666_3,
        8.333_333_333_322_118e-3,
        -1.984_126_982_958_954e-4,
        2.755_731_362_138_572e-6,
        -2.505_074_776_285_781e-8,
        1.589_623_015_765_465_7e-10,
    ],
    [
        4.166_666_666_666_659e-2,
        -1.388_888_888_887_305_6e-3,
        2.480_158_728_885_170_5e-5,
        -2.755_731_417_929_674e-7,
        2.087_570_084_197_473e-9,
        -1.135_853_652_138_768_2e-11,
    ],
];
/// A quarter of a rotation in two parts; the first one times a small whole number is exact.
const QUARTER: [f64; 2] = [1.570_796_310_901_641_8, 1.589_325_477_352_819_6e-8];
/// What is added to this is rounded to a whole number: 1.5 times 2^52.
const TO_WHOLE_WIDE: f64 = 6_755_399_441_055_744.0;

#[inline(always)]
fn wide_polynomial<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut sum = coefficients[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = sum * x + coefficients[i];
    }
    sum
}

/// The angle, up to a quarter of a rotation, of a sine and a cosine that are not negative; within 1e-15.
#[inline(always)]
pub(crate) fn angle(sin: f64, cos: f64) -> f64 {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
    let is_steep = sin > cos;
    let (small, large) = if is_steep { (cos, sin) } else { (sin, cos) };
    // Above an eighth's half, the tangent of what an eighth has more.
    let is_far = small > 0.5 * large;
    let (numerator, denominator) = if is_far { (small - large, small + large) } else { (small, large) };
    let x = numerator / denominator;
    let square = x * x;
    let [p, q] = ATAN.map(|coefficients| wide_polynomial(square, coefficients));
    let five = square * square * square * square * square;
    let near = x + x * square * p / (q + five);
    let y = if is_far { FRAC_PI_4 + near } else { near };
    if is_steep { FRAC_PI_2 - y } else { y }
}

/// Cosine and sine of an angle of at most a million; within 1e-9 there, and 1e-15 near 0.
#[inline(always)]
pub(crate) fn wide_cos_sin(x: f64) -> [f64; 2] {
    let shifted = x * std::f64::consts::FRAC_2_PI + TO_WHOLE_WIDE;
    let quarter = shifted.to_bits();
    let whole = shifted - TO_WHOLE_WIDE;
    let r = (x - whole * QUARTER[0]) - whole * QUARTER[1];
    let square = r * r;
    let [of_sin, of_cos] = WIDE_SIN_COS.map(|coefficients| wide_polynomial(square, coefficients));
    let (sin, cos) = (r + r * square * of_sin, 1.0 - 0.5 * square + square * square * of_cos);
    let (a, b) = if quarter & 1 == 1 { (sin, cos) } else { (cos, sin) };
    let signed = |x: f64, negative: u64| f64::from_bits(x.to_bits() ^ (negative & 2) << 62);
    [signed(a, quarter.wrapping_add(1)), signed(b, quarter)]
}

#[cfg(test)]
mod tests {
    use super::{angle, cos_sin, exp, ln, sigmoid, softplus, tanh, wide_cos_sin};

    /// The largest relative error over numbers of all sizes up to 104, in units of 1e-7; below the
    /// smallest normal number the error is absolute.
    fn relative(f: fn(f32) -> f32, expected: fn(f64) -> f64) -> f64 {
        let error = |i: u32| {
            let bits = (i as f32 / 200_000.0 * 1.2e9) as u32;
            let size = f32::from_bits(bits).min(104.0);
            let x = if i.is_multiple_of(2) { size } else { -size };
            let exact = expected(f64::from(x));
            let scale = exact.abs().max(f64::from(f32::MIN_POSITIVE));
            if exact > f64::from(f32::MAX) { 0.0 } else { (f64::from(f(x)) - exact).abs() / scale }
        };
        (0..200_000).map(error).fold(0.0, f64::max) * 1e7
    }

    #[test]
    fn functions_are_those_of_f64() {
        type Pair = (&'static str, fn(f32) -> f32, fn(f64) -> f64, f64);
        let pairs: [Pair; 4] = [
            ("exp", exp, f64::exp, 1.5),
            ("sigmoid", sigmoid, |x| 1.0 / (1.0 + (-x).exp()), 3.0),
            ("softplus", softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), 3.0),
            ("tanh", tanh, f64::tanh, 3.0),
        ];
        for (name, f, expected, maximum) in pairs {
            let worst = relative(f, expected);
            assert!(worst < maximum, "{name}: {worst}e-7");
            assert!(f(f32::NAN).is_nan(), "{name}");
        }
    }

    #[test]
    fn functions_have_their_limits() {
        let inf = f32::INFINITY;
        assert_eq!([exp(inf), exp(-inf), exp(0.0), exp(-103.0)], [inf, 0.0, 1.0, 1e-45]);
        assert_eq!([sigmoid(inf), sigmoid(-inf), sigmoid(0.0)], [1.0, 0.0, 0.5]);
        assert_eq!([softplus(inf), softplus(-inf), softplus(200.0)], [inf, 0.0, 200.0]);
        assert_eq!([tanh(inf), tanh(-inf), tanh(1e-30), tanh(0.0)], [1.0, -1.0, 1e-30, 0.0]);
    }

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

    #[test]
    fn angles_are_those_of_the_standard_library() {
        for i in 0..=100_000 {
            let expected = f64::from(i) / 100_000.0 * std::f64::consts::FRAC_PI_2;
            let (sin, cos) = (expected.sin().abs(), expected.cos().abs());
            assert!((angle(sin, cos) - sin.atan2(cos)).abs() < 1e-15, "{expected}");
            let x = (f64::from(i) - 50_000.0) / 3000.0;
            let [c, s] = wide_cos_sin(x);
            assert!((c - x.cos()).abs() < 1e-14 && (s - x.sin()).abs() < 1e-14, "{x}");
        }
        assert!((wide_cos_sin(1e6)[0] - 1e6f64.cos()).abs() < 1e-9);
        assert!(wide_cos_sin(f64::NAN)[0].is_nan() && angle(f64::NAN, 1.0).is_nan());
    }
}
