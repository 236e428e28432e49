//! Ten million numbers of each law: moments, the test of Kolmogorov and Smirnov, independence. The draws
//! are fixed, so a test that passes once passes always.

use libm::erf;
use ops::{
    Device, Result, Tensor,
    random::{self, Key, with_stream},
};
use rayon::prelude::*;

const N: usize = 10_000_000;
/// So many standard errors happen once in 15,000 times.
const SIGMAS: f64 = 4.0;

fn draw(seed: u64, law: impl FnOnce() -> Result<Tensor>) -> Vec<f32> {
    with_stream(Key::new(seed), law).unwrap().to_f32().unwrap()
}

fn mean(values: &[f32], f: impl Fn(f64) -> f64 + Sync) -> f64 {
    let sums = values.par_chunks(1 << 16).map(|part| part.iter().map(|&x| f(x.into())).sum::<f64>());
    sums.collect::<Vec<_>>().iter().sum::<f64>() / values.len() as f64
}

/// Holds the first four moments about `centre` against those of the law.
fn assert_moments(what: &str, values: &[f32], centre: f64, expected: [f64; 8]) {
    for power in 1..=4 {
        let found = mean(values, |x| (x - centre).powi(power));
        let [moment, square] = [expected[power as usize - 1], expected[2 * power as usize - 1]];
        let error = ((square - moment * moment) / values.len() as f64).sqrt();
        assert!(
            (found - moment).abs() < SIGMAS * error,
            "{what}, moment {power}: {found}, expected {moment}"
        );
    }
}

/// The largest difference from a distribution function, times the root of how many numbers there are, is
/// above 1.95 once in a thousand times.
fn assert_distribution(what: &str, mut values: Vec<f32>, distribution: impl Fn(f64) -> f64 + Sync) {
    values.par_sort_unstable_by(f32::total_cmp);
    let n = values.len() as f64;
    let distance = |(i, &x): (usize, &f32)| {
        let share = distribution(x.into());
        (share - i as f64 / n).max((i + 1) as f64 / n - share)
    };
    let largest = values.par_iter().enumerate().map(distance).reduce(|| 0.0, f64::max);
    assert!(largest * n.sqrt() < 1.95, "{what}: {}", largest * n.sqrt());
}

fn normal_below(x: f64) -> f64 {
    0.5 * (1.0 + erf(x / std::f64::consts::SQRT_2))
}

/// Holds the correlation of two lists of numbers against 0, and how they share 16 by 16 cells of equal
/// probability (chi-squared with 255 degrees of freedom).
fn assert_independent(what: &str, a: &[f32], b: &[f32], rank: impl Fn(f64) -> f64) {
    let n = a.len() as f64;
    let (mut cells, mut product) = ([0.0f64; 256], 0.0);
    let cell = |share: f64| ((share * 16.0) as usize).min(15);
    for (&x, &y) in a.iter().zip(b) {
        let (x, y) = (rank(x.into()), rank(y.into()));
        cells[16 * cell(x) + cell(y)] += 1.0;
        product += (x - 0.5) * (y - 0.5);
    }
    let correlation = 12.0 * product / n;
    assert!(correlation.abs() < SIGMAS / n.sqrt(), "{what}: correlation {correlation:e}");
    let expected = n / 256.0;
    let chi_squared: f64 = cells.iter().map(|found| (found - expected) * (found - expected) / expected).sum();
    assert!((chi_squared - 255.0).abs() < SIGMAS * 510f64.sqrt(), "{what}: chi-squared {chi_squared}");
}

#[test]
fn uniform() {
    let values = draw(1, || random::uniform(&[N], Device::Cpu));
    // The mean of (x - 1/2)^k.
    assert_moments(
        "uniform",
        &values,
        0.5,
        [0.0, 1.0 / 12.0, 0.0, 1.0 / 80.0, 0.0, 1.0 / 448.0, 0.0, 1.0 / 2304.0],
    );
    assert!(values.iter().all(|x| (0.0..1.0).contains(x)));
    for lag in [1, 64, 128, 256] {
        assert_independent(&format!("lag {lag}"), &values[lag..], &values[..N - lag], |x| x);
    }
    assert_distribution("uniform", values, |x| x);
}

#[test]
fn normal() {
    let values = draw(2, || random::normal(&[N], Device::Cpu));
    assert_moments("normal", &values, 0.0, [0.0, 1.0, 0.0, 3.0, 0.0, 15.0, 0.0, 105.0]);
    // 64 apart are cosine and sine of one angle.
    for lag in [1, 64, 256] {
        assert_independent(&format!("lag {lag}"), &values[lag..], &values[..N - lag], normal_below);
    }
    let above_five = values.iter().filter(|x| x.abs() > 5.0).count() as f64;
    assert!((above_five - 5.733).abs() < SIGMAS * 5.733f64.sqrt(), "{above_five} above 5");
    assert_distribution("normal", values, normal_below);
}

#[test]
fn bernoulli() {
    for (seed, p) in [(3, 0.3), (4, 0.001), (5, 0.999)] {
        let share = mean(&draw(seed, || random::bernoulli(&[N], p, Device::Cpu)), |x| x);
        assert!((share - p).abs() < SIGMAS * (p * (1.0 - p) / N as f64).sqrt(), "{p}: {share}");
    }
}

#[test]
fn truncated_normal() {
    for (seed, psi) in [(6, 0.25), (7, 0.875), (8, 1.0), (9, 2.0)] {
        let values = draw(seed, || random::truncated_normal(&[N], psi, Device::Cpu));
        assert!(values.iter().all(|x| f64::from(x.abs()) <= psi), "{psi}");
        // Clipped numbers would gather at the bounds.
        assert!(values.iter().filter(|x| f64::from(x.abs()) == psi).count() < 10, "{psi}");
        let (low, width) = (normal_below(-psi), 2.0 * normal_below(psi) - 1.0);
        let below = |x: f64| (normal_below(x) - low) / width;
        assert_independent(&format!("truncated {psi}"), &values[1..], &values[..N - 1], below);
        assert_distribution(&format!("truncated {psi}"), values, below);
    }
}

/// Of a pair whose parameters are 1/2, 1 and 2, each number has one of these distributions.
#[test]
fn dirichlet_of_two() {
    let arcsine = |x: f64| x.sqrt().min(1.0).asin() / std::f64::consts::FRAC_PI_2;
    let laws: [(f64, &(dyn Fn(f64) -> f64 + Sync)); 3] =
        [(0.5, &arcsine), (1.0, &|x| x), (2.0, &|x| x * x * (3.0 - 2.0 * x))];
    for (alpha, below) in laws {
        let values = draw(10, || random::dirichlet(&[N / 2, 2], alpha, Device::Cpu));
        let firsts: Vec<f32> = values.iter().step_by(2).copied().collect();
        assert_distribution(&format!("alpha {alpha}"), firsts, below);
    }
}

/// Numbers of a sample of d with parameters alpha have mean 1/d, variance (d - 1) / (d^2 (d alpha + 1)) and
/// covariance -1 / (d^2 (d alpha + 1)).
#[test]
fn dirichlet_of_many() {
    for (alpha, d) in [(1.0, 3072), (1.0, 3), (0.05, 40), (7.5, 100)] {
        let n = N / d;
        let values = draw(11, || random::dirichlet(&[n, d], alpha, Device::Cpu));
        let (mut square, mut product) = (0.0, 0.0);
        for sample in values.chunks(d) {
            assert!(sample.iter().all(|x| *x >= 0.0));
            let sum: f64 = sample.iter().map(|&x| f64::from(x)).sum();
            assert!((sum - 1.0).abs() < 1e-5, "{alpha}, {d}: {sum}");
            let centred: Vec<f64> = sample.iter().map(|&x| f64::from(x) - 1.0 / d as f64).collect();
            square += centred.iter().map(|x| x * x).sum::<f64>();
            product += centred.windows(2).map(|x| x[0] * x[1]).sum::<f64>();
        }
        let size = d as f64;
        let unit = 1.0 / (size * size * (size * alpha + 1.0));
        let variance = square / (n * d) as f64 / (unit * (size - 1.0));
        assert!((variance - 1.0).abs() < 0.01, "{alpha}, {d}: variance {variance} of what it should be");
        if d == 3 {
            let covariance = product / (n * (d - 1)) as f64 / -unit;
            assert!((covariance - 1.0).abs() < 0.01, "covariance {covariance} of what it should be");
        }
    }
}

#[test]
fn channels_of_a_pixel_add_up() {
    let x =
        with_stream(Key::new(12), || random::dirichlet_per_pixel(&[5, 3, 4, 6], 0.7, Device::Cpu)).unwrap();
    assert_eq!(x.shape(), [5, 3, 4, 6]);
    let sums = x.sum_dims(&[1], false).unwrap().to_f32().unwrap();
    assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-6));
}

#[test]
fn streams_are_independent() {
    let key = Key::new(13);
    let first = key.derive("a").draw(0).uniform(N);
    let others = [
        ("another name", key.derive("b").draw(0)),
        ("a name below", key.derive("a").derive("a").draw(0)),
        ("another draw", key.derive("a").draw(1)),
        ("another seed", Key::new(14).derive("a").draw(0)),
    ];
    for (what, other) in others {
        assert_independent(what, &first, &other.uniform(N), |x| x);
    }
}
