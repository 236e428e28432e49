//! Linear algebra of matrices `[.., M, N]`, each for itself. All is computed on the CPU in f64, whatever the
//! device and the element type, and ONNX has no form for it.

mod factors;
mod matrices;
mod slopes;
mod solve;

use super::{Operand, Primitive, require_float};
use crate::{
    Device, Error, Result, Spec, Tensor, ensure, interrupt,
    tensor::{Data, download, show, upload},
};

/// So many multiplications take a tenth of a second or more.
const LONG: usize = 1 << 28;

/// The sizes of matrices `[.., M, N]`.
fn sizes(op: &'static str, x: &Spec) -> Result<[usize; 2]> {
    require_float(op, x)?;
    let found = x.shape.last_chunk::<2>().copied();
    found.ok_or_else(|| Error::shape(op, show(&x.shape), "matrices [.., M, N]"))
}

/// The size of square matrices `[.., N, N]`.
fn square(op: &'static str, x: &Spec) -> Result<usize> {
    let [m, n] = sizes(op, x)?;
    ensure(m == n, || Error::shape(op, show(&x.shape), "square matrices [.., N, N]"))?;
    Ok(n)
}

/// The numbers of an operand.
fn numbers(op: &'static str, x: &Operand) -> Vec<f64> {
    // A device that fails to answer becomes an error again in `guarded`.
    let data = download(op, x.primitive(), x.spec.dtype).unwrap_or_else(|e| panic!("{e}"));
    data.to_f64()
}

/// What `compute` gives, as a tensor; `work` is the number of multiplications.
fn computed(
    y: &Spec,
    device: Device,
    work: usize,
    compute: impl FnOnce() -> Vec<f64> + Send + 'static,
) -> Primitive {
    let found = if work > LONG { interrupt::left_alone(compute) } else { compute() };
    upload(Data::from_numbers(found, y.dtype), y, device)
}

/// Refuses a result that is not finite where what it was computed from is.
fn require_found(
    y: Tensor,
    from: &[&Tensor],
    op: &'static str,
    found: &str,
    expected: &str,
) -> Result<Tensor> {
    let is_finite = |x: &Tensor| Ok(x.to_f64()?.iter().all(|x| x.is_finite()));
    if y.is_symbolic() || is_finite(&y)? {
        return Ok(y);
    }
    let all = from.iter().map(|x| is_finite(x)).collect::<Result<Vec<bool>>>()?;
    ensure(all.contains(&false), || Error::argument(op, "a matrix", found, expected))?;
    Ok(y)
}
