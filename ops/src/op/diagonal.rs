//! Diagonals of matrices, and matrices of diagonals: nothing is multiplied, so infinities stay where they
//! are.

use crate::{DType, Error, Result, Spec, Tensor, ensure, tensor::show};

/// The first element of a diagonal, row and column: `offset` columns to the right, or rows down.
fn first(offset: i64) -> [usize; 2] {
    let away = offset.unsigned_abs() as usize;
    if offset < 0 { [away, 0] } else { [0, away] }
}

impl Tensor {
    /// The diagonal of the matrices that two dimensions make, `x[.., i, i + offset]` as the last dimension.
    ///
    /// # Errors
    /// [`Error::Argument`] for one dimension twice and for a diagonal without elements.
    pub fn diagonal(&self, offset: i64, rows: i64, columns: i64) -> Result<Tensor> {
        const OP: &str = "diagonal";
        let (r, c) = (self.spec().dim(OP, rows)?, self.spec().dim(OP, columns)?);
        ensure(r != c, || Error::argument(OP, "the dimension", rows, "two different ones"))?;
        let [m, n] = [self.shape()[r], self.shape()[c]];
        let [i, j] = first(offset);
        ensure(i < m && j < n, || {
            Error::argument(OP, "the offset", offset, format!("that of a diagonal of [{m}, {n}]"))
        })?;
        let rest = (0..self.rank()).filter(|d| ![r, c].contains(d));
        let order: Vec<i64> = rest.chain([r, c]).map(|d| d as i64).collect();
        let matrices = self.permute(&order)?;
        let mut shape = matrices.shape()[..self.rank() - 2].to_vec();
        shape.push(m * n);
        matrices.reshape(&shape)?.slices_at(shape.len() - 1, (m - i).min(n - j), |k| (k + i) * n + k + j)
    }

    /// Matrices `[.., M, M]` whose diagonal, `offset` to the right, is the last dimension; zeros elsewhere.
    ///
    /// # Errors
    /// [`Error::Shape`] for rank 0 and for more dimensions than a tensor has.
    pub fn diag_embed(&self, offset: i64) -> Result<Tensor> {
        const OP: &str = "diag_embed";
        let [i, j] = first(offset);
        let Some((&n, lead)) = self.shape().split_last() else {
            return Err(Error::shape(OP, "[]", "vectors in the last dimension"));
        };
        ensure(self.rank() < Spec::MAX_RANK, || {
            Error::shape(OP, show(self.shape()), format!("at most {} dimensions", Spec::MAX_RANK - 1))
        })?;
        let m = n.saturating_add(i.saturating_add(j));
        crate::tensor::require_room(OP, &self.spec().reshaped([lead, &[m, m]].concat()))?;
        let columns = self.unsqueeze(-2)?.expand(&[lead, &[m, n]].concat())?;
        let spread = if m == n {
            columns
        } else {
            columns.slices_at(lead.len() + 1, m, |c| c.saturating_sub(j).min(n - 1))?
        };
        let number = |k: usize| f64::from(u8::from(k / m >= i && k % m >= j && k / m - i == k % m - j));
        let mask = Tensor::from_numbers(OP, Spec::new([m, m], DType::Bool), self.device(), number)?;
        mask.where_(&spread, &Tensor::scalar(0.0, self.dtype(), self.device())?)
    }

    /// Of a vector the matrix with it as a diagonal, of a matrix its diagonal.
    ///
    /// # Errors
    /// [`Error::Shape`] for other ranks.
    pub fn diag(&self, offset: i64) -> Result<Tensor> {
        let found = match self.rank() {
            1 => self.diag_embed(offset),
            2 => self.diagonal(offset, 0, 1),
            _ => Err(Error::shape("diag", show(self.shape()), "a vector [N] or a matrix [M, N]")),
        };
        found.map_err(|e| e.named("diag"))
    }

    /// The sum of the diagonal of a matrix.
    ///
    /// # Errors
    /// [`Error::Shape`] for other ranks.
    pub fn trace(&self) -> Result<Tensor> {
        ensure(self.rank() == 2, || Error::shape("trace", show(self.shape()), "a matrix [M, N]"))?;
        self.diagonal(0, 0, 1)?.sum()
    }
}
