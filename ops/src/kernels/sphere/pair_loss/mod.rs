//! The pair losses of the symbolic autoencoder: how far the points of one set are from those of another.

mod cpu;
#[cfg(feature = "cube")]
mod gpu;

use crate::{
    Device, Error, Result, Spec, Tensor, ensure,
    op::{
        self, Op, OpInfo, Operand, Primitive, Vjp,
        fused::{self, kernel, on_device},
    },
    tensor::apply,
};

const OP: &str = "sphere::pair_loss";

/// Cosines count as at least this far from 1 and -1, where the logarithms are infinite.
const MARGIN: f64 = 1e-6;

/// Which pairs of `s_i` and `t_j` a loss is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pairs {
    /// All.
    #[default]
    All,
    /// All but those with i = j, which count as 0.
    Distinct,
    /// Those with i = j alone.
    Matched,
}

/// The mean of `h(<s_i, t_j>, p)` over all pairs of unit vectors `s` `[N, D]` and `t` `[M, D]`, rank 0, with
/// `h(x, p) = -p log((1 + x) / 2) - (1 - p) log((1 - x) / 2)`: p = 1 attracts, p = 0 repels. A cosine
/// counts as at least 1e-6 from 1 and -1, and has no gradient beyond. Without the pairs i = j the sum is
/// still divided by N M; of those alone it is divided by N. The matrix of all pairs is never kept.
///
/// # Errors
/// [`Error::Shape`] for other shapes, and unless N = M where i = j matters; [`Error::DType`] for anything
/// but floats of one type; [`Error::Argument`] for p outside [0, 1].
pub fn pair_loss(s: &Tensor, t: &Tensor, p: f64, pairs: Pairs) -> Result<Tensor> {
    let op = PairLoss { p, pairs };
    if pairs != Pairs::Matched && fused::applies(s) && fused::applies(t) {
        return apply(op, &[s, t]);
    }
    op.infer(&[s.spec(), t.spec()])?;
    op.plain(&[s.clone(), t.clone()])
}

/// `h(x, p) = -p log((1 + x) / 2) - (1 - p) log((1 - x) / 2)` of cosines x of any shape, which count as at
/// least `margin` from 1 and -1, and have no gradient beyond.
///
/// # Errors
/// [`Error::DType`] for anything but floats; [`Error::Argument`] for p outside [0, 1].
pub fn attraction(x: &Tensor, p: f64, margin: f64) -> Result<Tensor> {
    op::require_float(OP, x.spec())?;
    check_share(p)?;
    // The halves are clamped, not the cosine: 1 - x is exact in f32 where 1 - 1e-6 is not.
    let log = |sign: f64| {
        let half = x.mul_scalar(sign / 2.0)?.add_scalar(0.5)?;
        half.clamp(margin / 2.0, 1.0 - margin / 2.0)?.log()
    };
    match p {
        1.0 => log(1.0)?.neg(),
        0.0 => log(-1.0)?.neg(),
        p => log(1.0)?.mul_scalar(-p)?.add(&log(-1.0)?.mul_scalar(p - 1.0)?),
    }
}

fn check_share(p: f64) -> Result<()> {
    ensure((0.0..=1.0).contains(&p), || Error::argument(OP, "p", p, "0 to 1"))
}

/// Inputs: s, t.
#[derive(Debug, Clone, Copy)]
struct PairLoss {
    p: f64,
    pairs: Pairs,
}

impl PairLoss {
    /// The same, in plain tensor operations.
    fn plain(self, x: &[Tensor]) -> Result<Tensor> {
        let (s, t) = (&x[0], &x[1]);
        if self.pairs == Pairs::Matched {
            return attraction(&s.mul(t)?.sum_dims(&[1], false)?, self.p, MARGIN)?.mean();
        }
        let h = attraction(&s.matmul(&t.transpose(0, 1)?)?, self.p, MARGIN)?;
        if self.pairs == Pairs::All {
            return h.mean();
        }
        let same = Tensor::eye(s.shape()[0], s.dtype(), s.device())?.eq_scalar(1.0)?;
        h.masked_fill(&same, 0.0)?.mean()
    }
}

impl Op for PairLoss {
    fn info(&self) -> OpInfo {
        OpInfo::new(OP)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let (s, t) = (x[0], x[1]);
        check_share(self.p)?;
        op::require_float(OP, s)?;
        op::require_same(OP, s, t)?;
        let sizes = s.rank() == 2 && t.rank() == 2 && s.shape[1] == t.shape[1];
        if !sizes || (self.pairs != Pairs::All && s.shape != t.shape) {
            let expected = if self.pairs == Pairs::All { "[N, D] and [M, D]" } else { "[N, D] twice" };
            return Err(Error::shape(OP, format!("{:?} and {:?}", s.shape, t.shape), expected));
        }
        Ok(s.reshaped(vec![]))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, loss(x, *self, y))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (s, t, loss) = (&at.x[0], &at.x[1], *self);
        // By one set: of that set, the other one and dy.
        let by = |i: usize| {
            let (own, other) = if i == 0 { (s, t) } else { (t, s) };
            kernel(OP, own.spec().clone(), &[own, other, at.dy], move |x, y, device| {
                on_device!(device, gradient(x, loss, y))
            })
        };
        fused::gradients(at, |x| self.plain(x), by)
    }
}
