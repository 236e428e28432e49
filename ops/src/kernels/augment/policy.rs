//! Changes that are drawn for each image from a list: AutoAugment (Cubuk et al., 2019), RandAugment (Cubuk et
//! al., 2020) and TrivialAugment (Müller, Hutter, 2021), as torchvision has them.

use super::{
    Jitter, color_jitter,
    drawn::numbers,
    images,
    policies::{CIFAR10, IMAGENET, Pairs, SVHN},
    transform,
};
use crate::{
    DType, Error, Result, Tensor, ensure,
    op::{GridMode, GridStyle},
    tensor::Data,
};

/// A change of an image by a magnitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
    Invert,
}

use Change::*;

/// What RandAugment and TrivialAugment draw from.
const DRAWN: [Change; 14] = [
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
];

/// The policies of [`auto_augment`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    ImageNet,
    Cifar10,
    Svhn,
}

impl Policy {
    fn pairs(self) -> &'static Pairs {
        match self {
            Self::ImageNet => &IMAGENET,
            Self::Cifar10 => &CIFAR10,
            Self::Svhn => &SVHN,
        }
    }
}

/// The largest magnitudes.
struct Reach {
    shear: f64,
    /// Pixels along x and y.
    translate: [f64; 2],
    degrees: f64,
    colour: f64,
    /// How many of eight bits are lost.
    bits: f64,
}

impl Reach {
    /// Of AutoAugment and RandAugment.
    fn of(x: &Tensor) -> Self {
        let translate = [3, 2].map(|d| 150.0 / 331.0 * x.shape()[d] as f64);
        Self { shear: 0.3, translate, degrees: 30.0, colour: 0.9, bits: 4.0 }
    }

    /// Of TrivialAugment, "wide".
    fn wide() -> Self {
        Self { shear: 0.99, translate: [32.0; 2], degrees: 135.0, colour: 0.99, bits: 6.0 }
    }

    /// The magnitude that is that share of the largest, with a sign where the change has one.
    fn magnitude(&self, change: Change, share: f64, is_negative: bool) -> f64 {
        let signed = |most: f64| if is_negative { -share * most } else { share * most };
        match change {
            ShearX | ShearY => signed(self.shear),
            TranslateX => signed(self.translate[0]).trunc(),
            TranslateY => signed(self.translate[1]).trunc(),
            Rotate => signed(self.degrees),
            Brightness | Color | Contrast | Sharpness => 1.0 + signed(self.colour),
            // Levels, and a threshold.
            Posterize => (8.0 - (share * self.bits).round_ties_even()).exp2(),
            Solarize => 1.0 - share,
            Identity | AutoContrast | Equalize | Invert => 0.0,
        }
    }
}

/// One of the pairs of changes of a policy, drawn for each image, each with its probability.
///
/// # Errors
/// [`Error::Shape`] for other than three channels.
pub fn auto_augment(x: &Tensor, policy: Policy, mode: GridMode) -> Result<Tensor> {
    const OP: &str = "augment::auto_augment";
    pictures(OP, x)?;
    let (reach, pairs) = (Reach::of(x), policy.pairs());
    let drawn = numbers(x.shape()[0], 5)?;
    let step = |u: &Vec<f64>, i: usize| {
        let (change, p, magnitude) = pairs[chosen(u[0], pairs.len())][i];
        match u[1 + i] <= p {
            true => (change, reach.magnitude(change, f64::from(magnitude) / 9.0, u[3 + i] < 0.5)),
            false => (Identity, 0.0),
        }
    };
    (0..2)
        .try_fold(x.clone(), |x, i| changed(&x, &drawn.iter().map(|u| step(u, i)).collect::<Vec<_>>(), mode))
}

/// `count` changes, drawn for each image, of one magnitude out of `bins`, counted from 0.
///
/// # Errors
/// [`Error::Shape`] for other than three channels, [`Error::Argument`] for a magnitude that is none.
pub fn rand_augment(
    x: &Tensor,
    count: usize,
    magnitude: usize,
    bins: usize,
    mode: GridMode,
) -> Result<Tensor> {
    const OP: &str = "augment::rand_augment";
    pictures(OP, x)?;
    check_bins(OP, bins)?;
    ensure(magnitude < bins, || {
        Error::argument(OP, "the magnitude", magnitude, format!("0 to {}, less than the bins", bins - 1))
    })?;
    let (reach, share) = (Reach::of(x), magnitude as f64 / (bins - 1) as f64);
    (0..count).try_fold(x.clone(), |x, _| {
        let step = |u: &Vec<f64>| {
            let change = DRAWN[chosen(u[0], DRAWN.len())];
            (change, reach.magnitude(change, share, u[1] < 0.5))
        };
        changed(&x, &numbers(x.shape()[0], 2)?.iter().map(step).collect::<Vec<_>>(), mode)
    })
}

/// One change, drawn for each image, of a magnitude that is drawn out of `bins`.
///
/// # Errors
/// [`Error::Shape`] for other than three channels, [`Error::Argument`] for fewer than 2 bins.
pub fn trivial_augment_wide(x: &Tensor, bins: usize, mode: GridMode) -> Result<Tensor> {
    const OP: &str = "augment::trivial_augment_wide";
    pictures(OP, x)?;
    check_bins(OP, bins)?;
    let reach = Reach::wide();
    let step = |u: &Vec<f64>| {
        let change = DRAWN[chosen(u[0], DRAWN.len())];
        let share = chosen(u[1], bins) as f64 / (bins - 1) as f64;
        (change, reach.magnitude(change, share, u[2] < 0.5))
    };
    changed(x, &numbers(x.shape()[0], 3)?.iter().map(step).collect::<Vec<_>>(), mode)
}

/// One of `count`, by a uniform number.
fn chosen(u: f64, count: usize) -> usize {
    ((u * count as f64) as usize).min(count - 1)
}

fn pictures(op: &'static str, x: &Tensor) -> Result<()> {
    images(op, x)?;
    ensure(x.shape()[1] == 3, || Error::shape(op, x.spec(), "[N, 3, H, W]: red, green and blue"))
}

fn check_bins(op: &'static str, bins: usize) -> Result<()> {
    ensure(bins >= 2, || Error::argument(op, "the number of bins", bins, "at least 2"))
}

/// Each image by the change that was drawn for it: those of one change together.
fn changed(x: &Tensor, drawn: &[(Change, f64)], mode: GridMode) -> Result<Tensor> {
    if x.is_empty() {
        return Ok(x.clone());
    }
    let (mut parts, mut rows) = (Vec::new(), Vec::new());
    for change in DRAWN.into_iter().chain([Invert]) {
        let own: Vec<usize> = (0..drawn.len()).filter(|&i| drawn[i].0 == change).collect();
        if !own.is_empty() {
            let magnitudes: Vec<f64> = own.iter().map(|&i| drawn[i].1).collect();
            parts.push(change.of(&x.slices_at(0, own.len(), |i| own[i])?, &magnitudes, mode)?);
            rows.extend(own);
        }
    }
    let mut places = vec![0; rows.len()];
    rows.iter().enumerate().for_each(|(place, &row)| places[row] = place);
    Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0)?.slices_at(0, rows.len(), |i| places[i])
}

impl Change {
    /// Images `[N, 3, H, W]`, each by its magnitude.
    fn of(self, x: &Tensor, magnitudes: &[f64], mode: GridMode) -> Result<Tensor> {
        let each = || {
            let data = Data::from_numbers(magnitudes.iter().copied(), x.dtype());
            Tensor::from_data(data, [magnitudes.len()], x.device())
        };
        match self {
            Identity => Ok(x.clone()),
            ShearX | ShearY | TranslateX | TranslateY | Rotate => moved(x, self, magnitudes, mode),
            Brightness | Color | Contrast => recoloured(x, self, each()?),
            Sharpness => transform::adjust_sharpness(x, &each()?),
            Posterize => transform::posterize_each(x, &each()?),
            Solarize => transform::solarize_each(x, &each()?),
            AutoContrast => transform::autocontrast(x),
            Equalize => transform::equalize(x),
            Invert => transform::invert(x),
        }
    }
}

fn recoloured(x: &Tensor, change: Change, factors: Tensor) -> Result<Tensor> {
    let number = |value: f64| Tensor::scalar(value, DType::F32, x.device());
    let [brightness, contrast, saturation, hue] = [number(1.0)?, number(1.0)?, number(1.0)?, number(0.0)?];
    let same = Jitter { brightness, contrast, saturation, hue };
    color_jitter(
        x,
        &match change {
            Brightness => Jitter { brightness: factors, ..same },
            Contrast => Jitter { contrast: factors, ..same },
            _ => Jitter { saturation: factors, ..same },
        },
    )
}

/// Each image read at `(a x + b y + c, d x + e y + f)` for its pixels, counted from the centre; 0 outside.
fn moved(x: &Tensor, change: Change, magnitudes: &[f64], mode: GridMode) -> Result<Tensor> {
    let [h, w] = [x.shape()[2] as f64, x.shape()[3] as f64];
    let map = |m: f64| match change {
        // About the upper left corner.
        ShearX => [1.0, m, m * h / 2.0, 0.0, 1.0, 0.0],
        ShearY => [1.0, 0.0, 0.0, m, 1.0, m * w / 2.0],
        TranslateX => [1.0, 0.0, -m, 0.0, 1.0, 0.0],
        TranslateY => [1.0, 0.0, 0.0, 0.0, 1.0, -m],
        _ => {
            let (sin, cos) = (libm::sin(m.to_radians()), libm::cos(m.to_radians()));
            [cos, -sin, 0.0, sin, cos, 0.0]
        }
    };
    let shares = magnitudes.iter().flat_map(|&m| {
        let [a, b, c, d, e, f] = map(m);
        [a, b * h / w, c * 2.0 / w, d * w / h, e, f * 2.0 / h]
    });
    let theta =
        Tensor::from_data(Data::from_numbers(shares, x.dtype()), [magnitudes.len(), 2, 3], x.device())?;
    x.grid_sample(&theta.affine_grid(x.shape(), false)?, GridStyle { mode, ..GridStyle::default() })
}
