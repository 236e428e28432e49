//! Sums of distances: the operation and its gradient.

use super::cpu;
#[cfg(feature = "cube")]
use super::gpu;
use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure, interrupt,
    op::{
        self, Op, OpInfo, Operand, Primitive, Vjp,
        fused::{self, on_device},
    },
    tensor::apply,
};

const NAME: &str = "reweight::distances";

/// Elements of the differences that the gradient has in memory at once.
const DIFFERENCES: usize = 1 << 22;

/// For each real feature vector the sum of its Euclidean distances to all generated ones:
/// `y_i = sum_j |r_i - g_j|`, for `real [R, F]` and `fake [G, F]`, shape `[R]`. The distances themselves are
/// never all in memory. The gradient at distance 0 is 0.
///
/// # Errors
/// [`Error::Shape`] unless both are rows of equally many features, [`Error::DType`] unless both hold floats
/// of one type.
pub fn distances(real: &Tensor, fake: &Tensor) -> Result<Tensor> {
    Distances.infer(&[real.spec(), fake.spec()])?;
    if !fused::applies(real) || !fused::applies(fake) {
        return by_differences(real, fake);
    }
    let sums = apply(Distances, &[real, fake])?;
    // The kernel stops early when it is asked to, and what it leaves then means nothing.
    interrupt::check()?;
    Ok(sums)
}

/// [`distances`] to the generated vectors of the same class only, with the classes `[R]` and `[G]`.
///
/// # Errors
/// Those of [`distances`]; [`Error::Shape`] unless there is one label for each vector, [`Error::DType`]
/// unless labels are whole numbers, [`Error::Argument`] for a class without generated vectors.
pub fn distances_by_class(
    real: &Tensor,
    real_labels: &Tensor,
    fake: &Tensor,
    fake_labels: &Tensor,
) -> Result<Tensor> {
    Distances.infer(&[real.spec(), fake.spec()])?;
    let (real_labels, fake_labels) = (labels(NAME, real_labels, real)?, labels(NAME, fake_labels, fake)?);
    let members = |labels: &[i64], class: i64| -> Vec<i32> {
        (0..).zip(labels).filter(|(_, label)| **label == class).map(|(i, _)| i).collect()
    };
    let mut classes = real_labels.clone();
    classes.sort_unstable();
    classes.dedup();
    let (mut parts, mut order) = (vec![], vec![]);
    for class in classes {
        let (ours, theirs) = (members(&real_labels, class), members(&fake_labels, class));
        ensure(!theirs.is_empty(), || {
            Error::argument(
                NAME,
                "the list of generated vectors",
                format!("empty for class {class}"),
                "at least one for each class of real vectors",
            )
        })?;
        parts.push(distances(&rows(real, &ours)?, &rows(fake, &theirs)?)?);
        order.extend(ours);
    }
    let mut positions = vec![0i32; order.len()];
    (0..).zip(&order).for_each(|(position, &i)| positions[i as usize] = position);
    rows(&Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0)?, &positions)
}

fn rows(x: &Tensor, numbers: &[i32]) -> Result<Tensor> {
    x.index_select(0, &Tensor::from_data(numbers.to_vec(), [numbers.len()], x.device())?)
}

/// The elements of `[N]` labels, one for each of N things.
pub(super) fn labels(op: &'static str, labels: &Tensor, things: &Tensor) -> Result<Vec<i64>> {
    op::require(op, labels.spec(), DType::is_int, "i32 or i64 for the labels")?;
    ensure(labels.shape() == &things.shape()[..1], || {
        let found = format!("{:?} for the labels of {:?}", labels.shape(), things.shape());
        Error::shape(op, found, "one label each")
    })?;
    Ok(labels.to_f64()?.into_iter().map(|label| label as i64).collect())
}

struct Distances;

impl Op for Distances {
    fn info(&self) -> OpInfo {
        OpInfo::new(NAME)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let [real, fake] = [x[0], x[1]];
        op::require_float(NAME, real)?;
        op::require_same(NAME, real, fake)?;
        ensure(real.rank() == 2 && fake.rank() == 2 && real.shape[1] == fake.shape[1], || {
            let found = format!("{:?} and {:?}", real.shape, fake.shape);
            Error::shape(NAME, found, "real [R, F] and generated [G, F]")
        })?;
        Ok(real.reshaped([real.shape[0]]))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, distances(x, y))
    }

    /// Of the real ones `dr_i = dy_i sum_j u_ij`, of the generated ones `dg_j = -sum_i dy_i u_ij`, with the
    /// directions `u_ij = (r_i - g_j) / |r_i - g_j|`.
    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (real, fake) = (&at.x[0], &at.x[1]);
        let (mut reals, mut fakes) = (vec![], vec![]);
        let tiles = Tiles::of(real, fake);
        for (r, dy) in real.split(tiles.rows, 0)?.iter().zip(at.dy.split(tiles.rows, 0)?) {
            let dy = dy.unsqueeze(1)?.unsqueeze(2)?;
            let (mut by_real, mut by_fake): (Option<Tensor>, Vec<Tensor>) = (None, vec![]);
            for g in fake.split(tiles.columns, 0)? {
                let (differences, lengths) = differences(r, &g)?;
                let pull = differences.div(&lengths.unsqueeze(2)?)?.mul(&dy)?;
                by_real = Some(plus(by_real, pull.sum_dims(&[1], false)?)?);
                by_fake.push(pull.sum_dims(&[0], false)?.neg()?);
            }
            reals.extend(by_real);
            fakes.push(Tensor::concat(&by_fake.iter().collect::<Vec<_>>(), 0)?);
        }
        let fakes = fakes.into_iter().try_fold(None, |sum, part| plus(sum, part).map(Some))?;
        Ok(vec![Some(Tensor::concat(&reals.iter().collect::<Vec<_>>(), 0)?), fakes])
    }
}

/// The distances in general operations.
fn by_differences(real: &Tensor, fake: &Tensor) -> Result<Tensor> {
    let tiles = Tiles::of(real, fake);
    let mut sums = vec![];
    for r in real.split(tiles.rows, 0)? {
        let mut sum = None;
        for g in fake.split(tiles.columns, 0)? {
            let (differences, lengths) = differences(&r, &g)?;
            // A length of 0 is given as 1, so that the root has a slope.
            let touching = differences.square()?.sum_dims(&[2], false)?.eq_scalar(0.0)?.cast(r.dtype())?;
            sum = Some(plus(sum, lengths.sub(&touching)?.sum_dims(&[1], false)?)?);
        }
        sums.extend(sum);
    }
    Tensor::concat(&sums.iter().collect::<Vec<_>>(), 0)
}

/// `r_i - g_j`, `[r, g, F]`, and its length, `[r, g]`, or 1 where that is 0.
fn differences(r: &Tensor, g: &Tensor) -> Result<(Tensor, Tensor)> {
    let differences = r.unsqueeze(1)?.sub(&g.unsqueeze(0)?)?;
    let squares = differences.square()?.sum_dims(&[2], false)?;
    let touching = squares.eq_scalar(0.0)?.cast(r.dtype())?;
    Ok((differences, squares.add(&touching)?.sqrt()?))
}

fn plus(sum: Option<Tensor>, part: Tensor) -> Result<Tensor> {
    sum.map_or_else(|| Ok(part.clone()), |sum| sum.add(&part))
}

/// How many vectors of each side are compared at once.
struct Tiles {
    rows: usize,
    columns: usize,
}

impl Tiles {
    fn of(real: &Tensor, fake: &Tensor) -> Self {
        let columns = (DIFFERENCES / real.shape()[1]).clamp(1, fake.shape()[0]);
        Self { rows: (DIFFERENCES / real.shape()[1] / columns).max(1), columns }
    }
}
