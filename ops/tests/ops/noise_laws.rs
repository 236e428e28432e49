//! A million numbers of each of the further laws: distribution functions by the test of Kolmogorov and
//! Smirnov, moments, frequencies. The draws are fixed, so a test that passes once passes always.

use libm::{cos, erf, exp, lgamma, log};
use ops::{
    DType, Device, Error, Result, Tensor,
    random::{self, Key, with_stream},
};
use rayon::ThreadPoolBuilder;

const N: usize = 1_000_000;
/// So many standard errors happen once in 15,000 times.
const SIGMAS: f64 = 4.0;

fn draw(seed: u64, law: impl FnOnce() -> Result<Tensor>) -> Vec<f64> {
    with_stream(Key::new(seed), law).unwrap().to_f64().unwrap()
}

/// The largest difference from a distribution function, times the root of how many numbers there are, is
/// above 1.95 once in a thousand times.
#[track_caller]
fn assert_distribution(what: &str, mut values: Vec<f64>, below: impl Fn(f64) -> f64) {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len() as f64;
    let distance = |(i, &x): (usize, &f64)| {
        let share = below(x);
        (share - i as f64 / n).max((i + 1) as f64 / n - share)
    };
    let largest = values.iter().enumerate().map(distance).fold(0.0, f64::max);
    assert!(largest * n.sqrt() < 1.95, "{what}: {}", largest * n.sqrt());
}

/// Frequencies of whole numbers against their probabilities.
#[track_caller]
fn assert_frequencies(what: &str, values: &[f64], probability: impl Fn(usize) -> f64) {
    let largest = values.iter().fold(0.0f64, |a, &b| a.max(b)) as usize;
    let n = values.len() as f64;
    for k in 0..=largest {
        let (p, found) = (probability(k), values.iter().filter(|x| **x == k as f64).count() as f64);
        if p * n > 20.0 {
            let error = (n * p * (1.0 - p)).sqrt();
            assert!((found - n * p).abs() < 4.5 * error, "{what}, {k}: {found}, expected {}", n * p);
        }
    }
}

#[test]
fn laws_of_one_word() {
    let exponential = draw(1, || random::exponential(&[N], Device::Cpu));
    assert_distribution("exponential", exponential, |x| 1.0 - exp(-x));
    let gumbel = draw(2, || random::gumbel(&[N], Device::Cpu));
    assert_distribution("gumbel", gumbel, |x| exp(-exp(-x)));
    let laplace = draw(3, || random::laplace(&[N], Device::Cpu));
    assert_distribution("laplace", laplace, |x| if x < 0.0 { exp(x) / 2.0 } else { 1.0 - exp(-x) / 2.0 });
}

#[test]
fn gamma_and_beta() {
    let gamma = |seed, alpha| draw(seed, || random::gamma(&[N], alpha, Device::Cpu));
    assert_distribution("gamma 1/2", gamma(4, 0.5), |x| erf(x.sqrt()));
    assert_distribution("gamma 1", gamma(5, 1.0), |x| 1.0 - exp(-x));
    assert_distribution("gamma 2", gamma(6, 2.0), |x| 1.0 - (1.0 + x) * exp(-x));
    assert_distribution("gamma 3", gamma(7, 3.0), |x| 1.0 - (1.0 + x + x * x / 2.0) * exp(-x));
    assert!(gamma(8, 0.001).iter().all(|x| *x > 0.0));
    let beta = |seed, a, b| draw(seed, || random::beta(&[N], [a, b], Device::Cpu));
    assert_distribution("beta 2, 3", beta(9, 2.0, 3.0), |x| x * x * (6.0 - 8.0 * x + 3.0 * x * x));
    assert_distribution("beta 1, 3", beta(10, 1.0, 3.0), |x| 1.0 - (1.0 - x).powi(3));
    let arcsine = |x: f64| x.sqrt().min(1.0).asin() / std::f64::consts::FRAC_PI_2;
    assert_distribution("beta 1/2, 1/2", beta(11, 0.5, 0.5), arcsine);
}

#[test]
fn poisson() {
    for (seed, rate) in [(12, 0.2), (13, 3.5), (14, 9.9), (15, 10.0), (16, 47.5), (17, 1e4)] {
        let rates = Tensor::full([N], rate, DType::F64, Device::Cpu).unwrap();
        let values = draw(seed, || random::poisson(&rates));
        let mean = values.iter().sum::<f64>() / N as f64;
        assert!((mean - rate).abs() < SIGMAS * (rate / N as f64).sqrt(), "{rate}: mean {mean}");
        let variance = values.iter().map(|x| (x - rate).powi(2)).sum::<f64>() / N as f64;
        let error = ((2.0 * rate * rate + rate) / N as f64).sqrt();
        assert!((variance - rate).abs() < SIGMAS * error, "{rate}: variance {variance}");
        if rate < 100.0 {
            let probability = |k: usize| exp(k as f64 * log(rate) - rate - lgamma(k as f64 + 1.0));
            assert_frequencies(&format!("poisson {rate}"), &values, probability);
        }
    }
    let zeros = Tensor::full([9], 0.0, DType::F32, Device::Cpu).unwrap();
    assert_eq!(draw(18, || random::poisson(&zeros)), [0.0; 9]);
}

/// On the sphere in three dimensions how far a direction goes along the mean has a distribution function in
/// closed form; in any, none is better than another across it.
#[test]
fn directions() {
    for (seed, kappa) in [(19, 0.0), (20, 0.5), (21, 10.0), (22, 1000.0)] {
        let mean = Tensor::from_data(vec![0.0f32, 2.0, 0.0], [1, 3], Device::Cpu).unwrap();
        let means = mean.expand(&[100_000, 3]).unwrap();
        let values = draw(seed, || random::von_mises_fisher(&means, kappa));
        let along: Vec<f64> = values.chunks(3).map(|x| x[1]).collect();
        let below = |w: f64| match kappa {
            0.0 => (w + 1.0) / 2.0,
            _ => (exp(kappa * (w - 1.0)) - exp(-2.0 * kappa)) / (1.0 - exp(-2.0 * kappa)),
        };
        assert_distribution(&format!("along the mean, {kappa}"), along, below);
        let angle = values.chunks(3).map(|x| libm::atan2(x[0], x[2]) / std::f64::consts::TAU + 0.5);
        assert_distribution(&format!("across the mean, {kappa}"), angle.collect(), |x| x);
        assert!(values.chunks(3).all(|x| (x.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-5));
    }
    // In two dimensions these are angles.
    let mean = Tensor::from_data(vec![1.0f32, 0.0], [1, 2], Device::Cpu).unwrap();
    let pairs = draw(23, || random::von_mises_fisher(&mean.expand(&[200_000, 2])?, 2.0));
    let angles: Vec<f64> = pairs.chunks(2).map(|x| libm::atan2(x[1], x[0])).collect();
    for (what, angles) in
        [("pairs", angles), ("angles", draw(24, || random::von_mises(&[200_000], 2.0, Device::Cpu)))]
    {
        assert_distribution(what, angles, |x| below_angle(x, 2.0));
    }
    let even = draw(25, || random::von_mises(&[N], 0.0, Device::Cpu));
    assert_distribution("no concentration", even, |x| x / std::f64::consts::TAU + 0.5);
}

/// The distribution function of von Mises, by Simpson's rule.
fn below_angle(x: f64, kappa: f64) -> f64 {
    let integral = |from: f64, to: f64| {
        const PARTS: usize = 200;
        let at = |i: usize| exp(kappa * cos(from + (to - from) * i as f64 / PARTS as f64));
        let weight = |i: usize| {
            if i == 0 || i == PARTS {
                1.0
            } else if i % 2 == 1 {
                4.0
            } else {
                2.0
            }
        };
        (0..=PARTS).map(|i| weight(i) * at(i)).sum::<f64>() * (to - from) / PARTS as f64 / 3.0
    };
    let pi = std::f64::consts::PI;
    integral(-pi, x) / integral(-pi, pi)
}

fn weights(values: &[f64], rows: usize) -> Tensor {
    let row = Tensor::from_data(values.to_vec(), [1, values.len()], Device::Cpu).unwrap();
    row.expand(&[rows, values.len()]).unwrap()
}

#[test]
fn choices() {
    let shares = [0.1, 0.0, 0.6, 0.3];
    let values = draw(26, || random::multinomial(&weights(&shares, 1), N, true));
    assert_frequencies("with replacement", &values, |k| shares[k]);
    let logits = weights(&shares.map(|x| log(x) + 7.0), N);
    assert_frequencies("categorical", &draw(27, || random::categorical(&logits)), |k| shares[k]);
    let pairs = draw(28, || random::multinomial(&weights(&shares, 200_000), 2, false));
    let (first, second): (Vec<f64>, Vec<f64>) = pairs.chunks(2).map(|x| (x[0], x[1])).unzip();
    assert!(first.iter().zip(&second).all(|(a, b)| a != b));
    assert_frequencies("the first", &first, |k| shares[k]);
    let after =
        |k: usize| (0..4).filter(|&j| j != k).map(|j| shares[j] * shares[k] / (1.0 - shares[j])).sum::<f64>();
    assert_frequencies("the second", &second, after);
    let whole = draw(29, || random::randint(-2, 3, &[N], Device::Cpu));
    let shifted: Vec<f64> = whole.iter().map(|x| x + 2.0).collect();
    assert_frequencies("whole numbers", &shifted, |k| if k < 5 { 0.2 } else { 0.0 });
    let mut order = draw(30, || random::randperm(1000, Device::Cpu));
    assert!(order.windows(2).any(|x| x[0] > x[1]));
    order.sort_unstable_by(f64::total_cmp);
    assert!(order.iter().enumerate().all(|(i, x)| i as f64 == *x));
}

#[test]
fn no_bit_depends_on_the_number_of_threads() {
    let all = || {
        let rates = weights(&[0.5, 30.0, 4.0], 5000);
        let draws = [
            random::exponential(&[20_000], Device::Cpu),
            random::gamma(&[20_000], 0.3, Device::Cpu),
            random::beta(&[20_000], [0.4, 2.0], Device::Cpu),
            random::poisson(&rates),
            random::von_mises_fisher(&rates, 3.0),
            random::von_mises(&[20_000], 3.0, Device::Cpu),
            random::multinomial(&rates, 2, false),
            random::multinomial(&rates, 2, true),
            random::categorical(&rates),
        ];
        draws.map(|x| x.unwrap().to_f64().unwrap())
    };
    let with = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| with_stream(Key::new(31), all))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn parameters_out_of_range_are_refused() {
    let cpu = Device::Cpu;
    let row = |values: &[f64]| Tensor::from_data(values.to_vec(), [values.len()], cpu).unwrap();
    let calls = [
        random::gamma(&[2], 0.0, cpu),
        random::gamma(&[2], f64::NAN, cpu),
        random::beta(&[2], [1.0, -1.0], cpu),
        random::poisson(&row(&[-1.0])),
        random::poisson(&row(&[f64::INFINITY])),
        random::von_mises(&[2], -1.0, cpu),
        random::von_mises_fisher(&row(&[0.0, 0.0]), 1.0),
        random::von_mises_fisher(&row(&[1.0]), 1.0),
        random::von_mises_fisher(&row(&[1.0, f64::NAN]), 1.0),
        random::randint(3, 3, &[2], cpu),
        random::randint(0, 1 << 40, &[2], cpu),
        random::randint(i64::MIN, i64::MAX, &[2], cpu),
        random::randperm(0, cpu),
        random::multinomial(&row(&[0.0, 0.0]), 1, true),
        random::multinomial(&row(&[1.0, 0.0]), 2, false),
        random::multinomial(&row(&[1.0, -1.0]), 1, true),
        random::multinomial(&row(&[1.0, f64::NAN]), 1, true),
        random::multinomial(&row(&[1.0]), 0, true),
        random::categorical(&row(&[f64::NEG_INFINITY])),
        random::categorical(&row(&[0.0, f64::NAN])),
    ];
    for (i, found) in calls.into_iter().enumerate() {
        let error = found.map(|x| x.shape().to_vec()).expect_err(&i.to_string());
        assert!(
            matches!(error, Error::Argument { .. } | Error::Shape { .. } | Error::Memory { .. }),
            "{i}: {error}"
        );
        assert!(error.to_string().starts_with("noise::"), "{error}");
    }
}
