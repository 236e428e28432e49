//! Linear algebra: numbers of torch 2.15 (`torch.linalg`), gradients against central differences in f64.

use crate::support::{
    cases::{devices, tensor},
    *,
};
use ops::{DType, Device, Error, Result, Tensor};

fn f64s(values: &[f64], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap()
}

const A: [f64; 9] = [4.0, 2.0, -1.0, 1.0, 3.0, 0.5, 2.0, -1.0, 5.0];

fn a() -> Tensor {
    f64s(&A, &[3, 3])
}

/// `a a^T`
fn symmetric() -> Tensor {
    a().matmul(&a().transpose(0, 1).unwrap()).unwrap()
}

#[track_caller]
fn near(found: Result<Tensor>, expected: &[f64]) {
    assert_near(&found.unwrap().to_f64().unwrap(), expected, 1e-9);
}

/// torch.linalg.det(A), slogdet(-A), inv(A), solve(A, [1, 2, 3])
#[test]
fn solutions_are_those_of_pytorch() {
    near(a().det(), &[61.0]);
    let (sign, size) = a().neg().unwrap().slogdet().unwrap();
    near(Ok(sign), &[-1.0]);
    near(Ok(size), &[61f64.ln()]);
    let inverse = [
        0.2540983606557377,
        -0.14754098360655737,
        0.06557377049180328,
        -0.06557377049180328,
        0.36065573770491804,
        -0.049180327868852465,
        -0.11475409836065574,
        0.13114754098360656,
        0.1639344262295082,
    ];
    near(a().inverse(), &inverse);
    let right = f64s(&[1.0, 2.0, 3.0], &[3]);
    let solved = [0.1557377049180328, 0.5081967213114754, 0.639344262295082];
    near(a().solve(&right), &solved);
    near(a().solve(&right.unsqueeze(1).unwrap()), &solved);
    // Broadcast over a batch, and one vector for each matrix.
    let both = Tensor::stack(&[&a(), &a().mul_scalar(2.0).unwrap()], 0).unwrap();
    let halves: Vec<f64> = solved.iter().map(|x| x / 2.0).collect();
    near(both.solve(&right), &[&solved[..], &halves].concat());
    near(both.solve(&Tensor::stack(&[&right, &right], 0).unwrap()), &[&solved[..], &halves].concat());
    near(both.det(), &[61.0, 488.0]);
    assert_eq!(both.det().unwrap().shape(), [2]);
    near(f64s(&[0.0, 1.0, 1.0, 0.0], &[2, 2]).det(), &[-1.0]);
    near(f64s(&[1.0, 2.0, 2.0, 4.0], &[2, 2]).det(), &[0.0]);
    near(f64s(&[0.0; 4], &[2, 2]).det(), &[0.0]);
    near(f64s(&[0.0; 4], &[2, 2]).slogdet().map(|(sign, _)| sign), &[0.0]);
}

/// torch.linalg.cholesky(A A^T), eigh(A A^T)[0], svd(A[:2])[1]; of qr, svd and eigh the products of the
/// factors
#[test]
fn factors_are_those_of_pytorch() {
    let s = symmetric();
    let l = [
        4.58257569495584,
        0.0,
        0.0,
        2.0730699572419278,
        2.439750182371333,
        0.0,
        0.2182178902359924,
        0.42939603209735466,
        5.4560058650994865,
    ];
    near(s.cholesky(), &l);
    let [e, v]: [Tensor; 2] = s.eigh().unwrap().try_into().unwrap();
    near(Ok(e.clone()), &[4.684948587604426, 25.904371370580986, 30.660680041814587]);
    let turned = |x: &Tensor| x.transpose(-2, -1).unwrap();
    near(v.mul(&e).unwrap().matmul(&turned(&v)), &s.to_f64().unwrap());
    for x in [
        a().narrow(0, 0, 2).unwrap(),
        turned(&a().narrow(0, 0, 2).unwrap()),
        Tensor::stack(&[&a(), &s], 0).unwrap(),
    ] {
        let [u, s, vh]: [Tensor; 3] = x.svd().unwrap().try_into().unwrap();
        near(u.mul(&s.unsqueeze(-2).unwrap()).unwrap().matmul(&vh), &x.to_f64().unwrap());
        let [q, r]: [Tensor; 2] = x.qr().unwrap().try_into().unwrap();
        near(q.matmul(&r), &x.to_f64().unwrap());
        near(r.tril(-1), &vec![0.0; r.len()]);
    }
    near(
        Ok(a().narrow(0, 0, 2).unwrap().svd().unwrap().swap_remove(1)),
        &[5.151713865099469, 2.1702175587120034],
    );
}

/// Holds the gradient, and that of its squares, against measured slopes.
#[track_caller]
fn check(what: &str, x: &Tensor, f: impl Fn(&Tensor) -> Result<Tensor>) {
    const STEP: f64 = 1e-5;
    let weighed = |x: &Tensor| {
        let y = f(x)?;
        let weights: Vec<f64> = (0..y.len()).map(|i| 0.5 + (i as f64 * 0.7).sin()).collect();
        y.mul(&f64s(&weights, y.shape()))?.sum()
    };
    let squared = |x: &Tensor| {
        let x = if x.is_tracked() { x.clone() } else { x.track()? };
        weighed(&x)?.gradient(&[&x])?[0].square()?.sum()
    };
    let measured = |f: &dyn Fn(&Tensor) -> Result<Tensor>| -> Vec<f64> {
        let values = x.to_f64().unwrap();
        let at = |j: usize, step: f64| {
            let mut moved = values.clone();
            moved[j] += step;
            f(&f64s(&moved, x.shape())).unwrap().item().unwrap()
        };
        (0..values.len()).map(|j| (at(j, STEP) - at(j, -STEP)) / (2.0 * STEP)).collect()
    };
    for (order, f) in [("first", &weighed as &dyn Fn(&Tensor) -> Result<Tensor>), ("second", &squared)] {
        let leaf = x.track().unwrap();
        let (y, expected) = (f(&leaf).unwrap(), measured(f));
        let found = match y.is_tracked() {
            true => y.gradient(&[&leaf]).unwrap()[0].to_f64().unwrap(),
            // A linear function has no second slopes.
            false => vec![0.0; x.len()],
        };
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-5 + 1e-4 * b.abs();
        assert!(found.iter().zip(&expected).all(close), "{what}, {order}: {found:?}, measured {expected:?}");
    }
}

#[test]
fn gradients_are_the_measured_slopes() {
    let x = f64s(
        &[1.2, 0.3, -0.4, 0.7, -0.9, 0.2, 0.1, 0.5, 1.5, 0.9, 0.1, 0.0, 0.2, 1.1, 0.3, 0.6, 0.4, -1.3],
        &[2, 3, 3],
    );
    let right = f64s(&[0.5, -1.0, 0.3, 0.8, 1.1, -0.2], &[3, 2]);
    let definite = |x: &Tensor| {
        let shift = Tensor::eye(3, DType::F64, Device::Cpu)?;
        x.matmul(&x.transpose(-2, -1)?)?.add(&shift)
    };
    check("det", &x, |x| x.det());
    check("slogdet", &x, |x| Ok(x.slogdet()?.1));
    check("inverse", &x, |x| x.inverse());
    check("solve by the matrix", &x, |x| x.solve(&right));
    check("solve by the right side", &right, |right| x.solve(right));
    check("cholesky", &x, |x| definite(x)?.cholesky());
    check("eigenvalues", &x, |x| Ok(definite(x)?.eigh()?.swap_remove(0)));
    // Squares: the signs of the vectors are free.
    check("eigenvectors", &x, |x| definite(x)?.eigh()?.swap_remove(1).square());
    for (rows, columns) in [(3, 3), (3, 2), (2, 3)] {
        let x = x.narrow(1, 0, rows).unwrap().narrow(2, 0, columns).unwrap();
        for factor in 0..3 {
            check(&format!("svd, factor {factor}"), &x, |x| x.svd()?.swap_remove(factor).square());
        }
        for factor in (0..2).filter(|_| rows >= columns) {
            check(&format!("qr, factor {factor}"), &x, |x| x.qr()?.swap_remove(factor).square());
        }
    }
}

/// The slopes of the determinant of [[1, 2, 3], [4, 5, 6], [7, 8, 9]] are its cofactors, though it is 0.
#[test]
fn a_singular_matrix_has_cofactors() {
    let x = f64s(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], &[3, 3]).track().unwrap();
    let gradients = x.det().unwrap().backward().unwrap();
    near(Ok(gradients.of(&x).unwrap().clone()), &[-3.0, 6.0, -3.0, 6.0, -12.0, 6.0, -3.0, 6.0, -3.0]);
}

#[test]
fn both_devices_give_the_same() {
    for device in devices() {
        let x = tensor(&A, &[3, 3], DType::F32, device);
        assert_eq!(x.inverse().unwrap().device(), device);
        assert_near(&[x.det().unwrap().item().unwrap()], &[61.0], 1e-4);
    }
}

#[test]
fn what_does_not_exist_is_refused() {
    let singular = f64s(&[1.0, 2.0, 2.0, 4.0], &[2, 2]);
    let wide = f64s(&[1.0; 6], &[2, 3]);
    let calls: [(&str, Result<Tensor>); 12] = [
        ("inverse", singular.inverse()),
        ("inverse", f64s(&[0.0; 4], &[2, 2]).inverse()),
        ("solve", singular.solve(&f64s(&[1.0, 1.0], &[2]))),
        ("solve", singular.solve(&f64s(&[1.0; 3], &[3]))),
        ("solve", singular.solve(&floats(&[1.0; 2], &[2]))),
        ("cholesky", f64s(&[1.0, 2.0, 2.0, 1.0], &[2, 2]).cholesky()),
        ("det", wide.det()),
        ("inverse", f64s(&[1.0], &[]).inverse()),
        ("eigh", wide.eigh().map(|mut x| x.swap_remove(0))),
        ("qr", f64s(&[1.0], &[1]).qr().map(|mut x| x.swap_remove(0))),
        ("svd", f64s(&[1.0], &[1]).svd().map(|mut x| x.swap_remove(0))),
        ("slogdet", wide.slogdet().map(|x| x.0)),
    ];
    for (name, found) in calls {
        let error = found.expect_err(name).to_string();
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
    }
    // What is no number stays none.
    let odd = f64s(&[f64::NAN, 0.0, 0.0, 1.0], &[2, 2]);
    assert!(odd.inverse().unwrap().to_f64().unwrap()[0].is_nan());
    assert!(odd.det().unwrap().item().unwrap().is_nan());
    let x = a().track().unwrap();
    let refused = x.narrow(0, 0, 2).unwrap().qr().unwrap()[1].sum().unwrap().backward();
    assert!(matches!(refused, Err(Error::NotDifferentiable { op: "qr" })));
}
