//! Functions of analysis that no backend has: computed on the CPU in f64, whatever the device and the element
//! type. ONNX has no form for them.

use std::f64::consts::PI;

use super::{Op, OpInfo, Operand, Primitive, Saves, Vjp, require_float};
use crate::{
    Device, Error, Result, Spec, Tensor, ensure,
    tensor::{Data, apply, download, upload},
};

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Special {
    LogGamma,
    /// The n-th derivative of the digamma function, itself for 0.
    Polygamma(u32),
    ErfInverse,
    ErfComplement,
}

impl Special {
    fn of(self, x: f64) -> f64 {
        match self {
            Self::LogGamma => libm::lgamma(x),
            Self::Polygamma(0) => digamma(x),
            Self::Polygamma(n) => {
                let factorial: f64 = (1..=n).map(f64::from).product();
                let sign = if n.is_multiple_of(2) { -1.0 } else { 1.0 };
                sign * factorial * hurwitz_zeta(f64::from(n + 1), x)
            }
            Self::ErfInverse => erf_inverse(x),
            Self::ErfComplement => libm::erfc(x),
        }
    }
}

impl Op for Special {
    fn info(&self) -> OpInfo {
        let (name, saves) = match self {
            Self::LogGamma => ("lgamma", Saves::INPUTS),
            Self::Polygamma(0) => ("digamma", Saves::INPUTS),
            Self::Polygamma(_) => ("polygamma", Saves::INPUTS),
            Self::ErfInverse => ("erfinv", Saves::OUTPUT),
            Self::ErfComplement => ("erfc", Saves::INPUTS),
        };
        OpInfo::new(name).saving(saves)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_float(self.name(), x[0])?;
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        // A device that fails to answer becomes an error again in `guarded`.
        let data = download(self.name(), x[0].primitive(), x[0].spec.dtype).unwrap_or_else(|e| panic!("{e}"));
        let found = data.to_f64().into_iter().map(|x| self.of(x));
        upload(Data::from_numbers(found, y.dtype), y, device)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let of_x = |next: Self| at.dy.mul(&apply(next, &[&at.x[0]])?);
        Ok(vec![Some(match self {
            Self::LogGamma => of_x(Self::Polygamma(0))?,
            Self::Polygamma(n) => of_x(Self::Polygamma(n + 1))?,
            Self::ErfInverse => at.dy.mul(&at.y.square()?.exp()?.mul_scalar(PI.sqrt() / 2.0)?)?,
            Self::ErfComplement => {
                let density = at.x[0].square()?.neg()?.exp()?;
                at.dy.mul(&density.mul_scalar(-2.0 / PI.sqrt())?)?
            }
        })])
    }
}

/// The slope of log gamma: by its recurrence to 10, then by the asymptotic series (Abramowitz, Stegun,
/// 6.3.18); below 0 by reflection.
fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return -x.recip();
    }
    if x < 0.0 {
        return if x.fract() == 0.0 { f64::NAN } else { digamma(1.0 - x) - PI / (PI * x.fract()).tan() };
    }
    let (mut x, mut below) = (x, 0.0);
    while x < 10.0 {
        below += x.recip();
        x += 1.0;
    }
    let square = (x * x).recip();
    let series = [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32760.0];
    let rest = series.iter().rev().fold(0.0, |sum, c| (sum + c) * square);
    libm::log(x) - 0.5 / x - rest - below
}

/// The sum of `(x + k)^-s` over k from 0 on, by Euler and Maclaurin's formula.
fn hurwitz_zeta(s: f64, x: f64) -> f64 {
    if x <= 0.0 && x.fract() == 0.0 {
        return f64::INFINITY;
    }
    if x < -1e4 {
        return f64::NAN;
    }
    let (mut a, mut sum) = (x, 0.0);
    while a < 10.0 {
        sum += a.powf(-s);
        a += 1.0;
    }
    sum += a.powf(1.0 - s) / (s - 1.0) + 0.5 * a.powf(-s);
    // B_2k / (2k)!
    let bernoulli = [1.0 / 12.0, -1.0 / 720.0, 1.0 / 30240.0, -1.0 / 1_209_600.0, 1.0 / 47_900_160.0];
    let (mut rising, mut power) = (s, a.powf(-s - 1.0));
    for (k, b) in bernoulli.iter().enumerate() {
        sum += b * rising * power;
        let k = 2.0 * k as f64;
        rising *= (s + k + 1.0) * (s + k + 2.0);
        power /= a * a;
    }
    sum
}

/// By Giles' approximation (2010) and two steps of Newton's method.
fn erf_inverse(y: f64) -> f64 {
    if y.abs() >= 1.0 || y.is_nan() {
        return if y.abs() == 1.0 { y * f64::INFINITY } else { f64::NAN };
    }
    let w = -libm::log((1.0 - y) * (1.0 + y));
    let (w, terms) = if w < 5.0 {
        let terms = [
            2.81022636e-08,
            3.43273939e-07,
            -3.5233877e-06,
            -4.39150654e-06,
            0.00021858087,
            -0.00125372503,
            -0.00417768164,
            0.246640727,
            1.50140941,
        ];
        (w - 2.5, terms)
    } else {
        let terms = [
            -0.000200214257,
            0.000100950558,
            0.00134934322,
            -0.00367342844,
            0.00573950773,
            -0.0076224613,
            0.00943887047,
            1.00167406,
            2.83297682,
        ];
        (w.sqrt() - 3.0, terms)
    };
    let mut x = y * terms.into_iter().fold(0.0, |sum, c| sum * w + c);
    for _ in 0..2 {
        // Of the complement near 1, where the function itself has no digits left.
        let away = if y.abs() > 0.5 {
            y.signum() * ((1.0 - y.abs()) - libm::erfc(x.abs()))
        } else {
            libm::erf(x) - y
        };
        x -= away / (2.0 / PI.sqrt() * libm::exp(-x * x));
    }
    x
}

/// Functions of floats; whole numbers count as floats.
impl Tensor {
    /// The logarithm of the absolute value of the gamma function.
    ///
    /// # Errors
    /// Those of new tensors, as all functions here.
    pub fn lgamma(&self) -> Result<Tensor> {
        apply(Special::LogGamma, &[&self.floating()?])
    }

    /// The slope of [`Tensor::lgamma`].
    pub fn digamma(&self) -> Result<Tensor> {
        apply(Special::Polygamma(0), &[&self.floating()?])
    }

    /// The n-th slope of [`Tensor::digamma`], which is that of 0.
    ///
    /// # Errors
    /// [`Error::Argument`] for an n above 20.
    pub fn polygamma(&self, n: u32) -> Result<Tensor> {
        ensure(n <= 20, || Error::argument("polygamma", "n", n, "0 to 20"))?;
        apply(Special::Polygamma(n), &[&self.floating()?])
    }

    /// `log gamma_p(x) = p (p - 1) / 4 log pi + sum over j < p of log gamma(x - j / 2)`
    ///
    /// # Errors
    /// [`Error::Argument`] for a p of 0 or above 1000.
    pub fn mvlgamma(&self, p: u32) -> Result<Tensor> {
        ensure((1..=1000).contains(&p), || Error::argument("mvlgamma", "p", p, "1 to 1000"))?;
        let start = self.floating()?.zeros_like()?.add_scalar(f64::from(p * (p - 1)) / 4.0 * PI.ln())?;
        (0..p).try_fold(start, |sum, j| sum.add(&self.floating()?.add_scalar(-0.5 * f64::from(j))?.lgamma()?))
    }

    /// What [`Tensor::erf`] makes x of; infinite at -1 and 1.
    pub fn erfinv(&self) -> Result<Tensor> {
        apply(Special::ErfInverse, &[&self.floating()?])
    }

    /// `1 - erf x`, accurate for large x, too.
    pub fn erfc(&self) -> Result<Tensor> {
        apply(Special::ErfComplement, &[&self.floating()?])
    }
}
