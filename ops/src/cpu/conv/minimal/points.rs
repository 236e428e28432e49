//! The transforms of `F(m, r)`: m outputs of a filter of r numbers by `t = m + r - 1` products in place of m
//! r (Toom and Cook; Winograd, "Arithmetic Complexity of Computations", 1980).
//!
//! A product of polynomials of m and r coefficients is one product at each of t points, of which the last is
//! infinity, and an interpolation; its transpose is the filter. With `M_p(x) = prod_(q != p) (x - q)` over
//! the finite points:
//!
//! - [`data`] `D [t, t]`: row p are the coefficients of `M_p(x)`, the last row those of `prod_q (x - q)`;
//! - [`kernel`] `K [t, r]`: row p is `p^j / M_p(p)`, the last row 0, ..., 0, 1;
//! - [`powers`] `P [t, m]`: row p is `p^i`, the last row 0, ..., 0, 1.
//!
//! Then `y = P' ((K w) (D x))` is `y_i = sum_j x_(i + j) w_j`, exactly. Apart from 0 and infinity the points
//! are pairs p and -p, whose rows differ by the sign of their odd columns.

/// An exact number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fraction {
    over: i64,
    under: i64,
}

impl Fraction {
    const ZERO: Self = Self { over: 0, under: 1 };
    const ONE: Self = Self { over: 1, under: 1 };

    fn new(over: i64, under: i64) -> Self {
        let divisor = greatest_divisor(over.abs(), under.abs()) * under.signum();
        Self { over: over / divisor, under: under / divisor }
    }

    fn plus(self, other: Self) -> Self {
        Self::new(self.over * other.under + other.over * self.under, self.under * other.under)
    }

    fn times(self, other: Self) -> Self {
        Self::new(self.over * other.over, self.under * other.under)
    }

    fn inverse(self) -> Self {
        Self::new(self.under, self.over)
    }

    fn negative(self) -> Self {
        Self { over: -self.over, ..self }
    }

    fn float(self) -> f32 {
        (self.over as f64 / self.under as f64) as f32
    }
}

fn greatest_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

/// Row by row.
pub(super) type Matrix = Vec<Vec<Fraction>>;

/// All numbers of a matrix, row by row.
pub(super) fn floats(matrix: &Matrix) -> Vec<f32> {
    matrix.iter().flatten().map(|x| x.float()).collect()
}

/// The finite points, t - 1 of 0, 1, -1, 2, -2, 1/2, -1/2: small ones, so that errors stay small.
fn points(t: usize) -> Vec<Fraction> {
    let pairs = [Fraction::new(1, 1), Fraction::new(2, 1), Fraction::new(1, 2)];
    let points = [Fraction::ZERO].into_iter().chain(pairs.into_iter().flat_map(|p| [p, p.negative()]));
    points.take(t - 1).collect()
}

/// The coefficients of `prod (x - root)`, that of `x^0` first.
fn polynomial(roots: impl Iterator<Item = Fraction>) -> Vec<Fraction> {
    roots.fold(vec![Fraction::ONE], |p, root| {
        let shifted = [Fraction::ZERO].into_iter().chain(p.iter().copied());
        let scaled = p.iter().map(|c| c.times(root.negative())).chain([Fraction::ZERO]);
        shifted.zip(scaled).map(|(a, b)| a.plus(b)).collect()
    })
}

/// See the formulas above.
pub(super) fn data(t: usize) -> Matrix {
    let points = points(t);
    let without = |i: usize| points.iter().enumerate().filter(move |(j, _)| *j != i).map(|(_, q)| *q);
    let row = |i: usize| {
        let mut row = polynomial(without(i));
        row.resize(t, Fraction::ZERO);
        row
    };
    (0..t).map(row).collect()
}

/// See the formulas above.
pub(super) fn powers(t: usize, n: usize) -> Matrix {
    let powers = |p| std::iter::successors(Some(Fraction::ONE), move |x: &Fraction| Some(x.times(p)));
    let mut rows: Matrix = points(t).into_iter().map(|p| powers(p).take(n).collect()).collect();
    let mut last = vec![Fraction::ZERO; n];
    last[n - 1] = Fraction::ONE;
    rows.push(last);
    rows
}

/// See the formulas above.
pub(super) fn kernel(t: usize, r: usize) -> Matrix {
    let mut rows = powers(t, r);
    for ((row, m), p) in rows.iter_mut().zip(data(t)).zip(points(t)) {
        let at_point = m.iter().rev().fold(Fraction::ZERO, |sum, c| sum.times(p).plus(*c));
        row.iter_mut().for_each(|x| *x = x.times(at_point.inverse()));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(a: &[Fraction], b: &[Fraction]) -> Fraction {
        a.iter().zip(b).fold(Fraction::ZERO, |sum, (a, b)| sum.plus(a.times(*b)))
    }

    #[test]
    fn the_transforms_make_a_filter_in_exact_fractions() {
        for (t, r) in [(4, 3), (6, 2), (6, 3), (6, 4), (6, 5), (8, 3), (8, 4), (8, 5), (8, 6)] {
            let m = t + 1 - r;
            let number = |i: usize| Fraction::new((i * i * 7 % 11) as i64 - 5, 1 + (i % 3) as i64);
            let x: Vec<_> = (0..t).map(number).collect();
            let w: Vec<_> = (7..7 + r).map(number).collect();
            let (data, kernel, powers) = (data(t), kernel(t, r), powers(t, m));
            let products: Vec<_> = (0..t).map(|p| dot(&data[p], &x).times(dot(&kernel[p], &w))).collect();
            for i in 0..m {
                let column: Vec<_> = powers.iter().map(|row| row[i]).collect();
                assert_eq!(dot(&column, &products), dot(&x[i..i + r], &w), "F({m}, {r}), output {i}");
            }
        }
    }

    #[test]
    fn the_transforms_of_three_numbers_are_those_of_the_paper() {
        // Lavin and Gray (2016), the matrices of F(4x4, 3x3).
        let whole = |row: [i64; 6]| row.map(|x| Fraction::new(x, 1)).to_vec();
        assert_eq!(data(6)[0], whole([4, 0, -5, 0, 1, 0]));
        assert_eq!(data(6)[5], whole([0, 4, 0, -5, 0, 1]));
        let sixth = [Fraction::new(-1, 6), Fraction::new(1, 6), Fraction::new(-1, 6)];
        assert_eq!(kernel(6, 3)[0], [Fraction::new(1, 4), Fraction::ZERO, Fraction::ZERO]);
        assert_eq!(kernel(6, 3)[2], sixth);
    }
}
