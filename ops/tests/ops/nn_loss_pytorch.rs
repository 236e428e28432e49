//! Losses and their gradients against torch 2.15, in f64: for each the loss (or the losses), and the gradient
//! of their sum by each tensor that is tracked, by the call of `torch.nn.functional` that `found` names.

use ops::{
    DType, Device, Result, Tensor,
    nn::loss::{self, CrossEntropy, Reduction, Triplet},
};

type Row = (&'static str, &'static [f64], &'static [&'static [f64]]);

/// Name, losses, gradients.
#[rustfmt::skip]
const PYTORCH: &[Row] = &[
    (
        "mse mean",
        &[3.582083333],
                &[&[0.066666667, -0.7, 1.0, 0.7, 0.05, -0.633333333], &[-0.066666667, 0.7, -1.0,
            -0.7, -0.05, 0.633333333]]
    ),
    ("mse sum", &[21.4925], &[&[0.4, -4.2, 6.0, 4.2, 0.3, -3.8], &[-0.4, 4.2, -6.0, -4.2, -0.3, 3.8]]),
    (
        "mse none",
        &[0.04, 4.41, 9.0, 4.41, 0.0225, 3.61],
                &[&[0.4, -4.2, 6.0, 4.2, 0.3, -3.8], &[-0.4, 4.2, -6.0, -4.2, -0.3, 3.8]]
    ),
    (
        "huber",
        &[1.005208333],
                &[&[0.033333333, -0.133333333, 0.133333333, 0.133333333, 0.025, -0.133333333],
            &[-0.033333333, 0.133333333, -0.133333333, -0.133333333, -0.025, 0.133333333]]
    ),
    (
        "smooth_l1",
        &[1.360416667],
                &[&[0.066666667, -0.166666667, 0.166666667, 0.166666667, 0.05, -0.166666667],
            &[-0.066666667, 0.166666667, -0.166666667, -0.166666667, -0.05, 0.166666667]]
    ),
    (
        "ce",
        &[0.259258437],
                &[&[0.074659431, 0.016658771, -0.091318202, -0.135778402, 0.099261965, 0.036516436]]
    ),
    (
        "ce weight",
        &[0.230464841],
                &[&[0.111989147, 0.024988156, -0.136977303, -0.067889201, 0.049630983, 0.018258218]]
    ),
    (
        "ce smooth weight",
        &[0.696840789],
                &[&[0.092833832, -0.042233803, -0.050600029, 0.026147732, -0.000492023,
            -0.025655709]]
    ),
    ("ce ignore smooth", &[0.519411884], &[&[0.123778443, -0.056311737, -0.067466706, 0.0, 0.0, 0.0]]),
    ("ce none", &[0.365004578, 0.0], &[&[0.115985529, -1.5792e-05, -0.115969737, 0.0, 0.0, 0.0]]),
    (
        "ce sum",
        &[0.92730563],
                &[&[0.204822979, -0.017245647, -0.187577332, -0.041741469, 0.049138959,
            -0.007397491]]
    ),
    (
        "ce soft",
        &[2.814606985],
                &[&[0.054051815, -0.279372468, 0.225320653, 0.679438452, -0.655893656,
            -0.023544796]]
    ),
    (
        "ce soft none",
        &[1.501671245, 1.716845629],
                &[&[-0.050681138, -0.266682458, 0.317363596, 0.728443197, -0.701476069,
            -0.026967127]]
    ),
    ("nll", &[-1.925], &[&[0.0, 0.0, -0.75, -0.25, 0.0, 0.0]]),
    ("kl mean", &[-0.392455998], &[&[-0.033333333, -0.05, -0.083333333, -0.0, -0.15, -0.016666667]]),
    ("kl batchmean", &[-1.177367994], &[&[-0.1, -0.15, -0.25, -0.0, -0.45, -0.05]]),
    ("kl sum", &[-2.354735987], &[&[-0.2, -0.3, -0.5, -0.0, -0.9, -0.1]]),
    (
        "kl none",
        &[-0.381887582, -0.001191841, -1.34657359, 0.0, -0.454824464, -0.170258509],
                &[&[-0.2, -0.3, -0.5, -0.0, -0.9, -0.1]]
    ),
    (
        "kl log",
        &[1.535313631],
                &[&[-0.184195153, -0.409933852, -0.06131324, -0.111720008, -0.214004236,
            -0.611549445], &[0.147356122, 1.270794941, -0.12262648, -0.122892008, 0.181903601,
            1.773493389]]
    ),
    (
        "ce image",
        &[1.260247039],
                &[&[0.147512664, 0.067681176, -0.390719931, 0.248342313, 0.243207267, -0.316023489]]
    ),
    ("ce one", &[3.401671245], &[&[0.149318862, -0.966682458, 0.817363596, 0.0, 0.0, 0.0]]),
    (
        "bce pos",
        &[0.820468562],
                &[&[-0.141852494, 0.038579203, -0.009933577, 0.140922456, 0.009650043,
            -0.053804692]]
    ),
    (
        "focal",
        &[0.231865336],
                &[&[-0.008017018, 0.004260699, -0.000202956, 0.127127856, 0.059655511,
            -0.023985966]]
    ),
    (
        "triplet",
        &[1.933635226],
                &[&[0.224094091, -0.163287632, -0.033854725, 0.15902268, -0.338398884,
            -0.066153774], &[-0.027267228, 0.286304329, -0.409006515, -0.370249049, -0.026446524,
            0.334986899], &[-0.196826863, -0.123016697, 0.442861241, 0.21122637, 0.364845408,
            -0.268833125]]
    ),
    (
        "triplet swap",
        &[3.446846858, 2.661542787],
                &[&[0.187991058, -0.330475274, -0.111831065, 0.690984526, 0.003525475,
            -0.565634725], &[-0.003650681, 0.402483126, -0.821395464, -0.403408018, -0.8842313,
            0.493740167], &[-0.184340377, -0.072007852, 0.93322653, -0.287576508, 0.880705825,
            0.071894558]]
    ),
    (
        "cosine",
        &[1.164421818],
                &[&[-0.041838169, -0.037534652, -0.016245066, 0.054430967, 0.080182327,
            0.207675958], &[-0.073693624, -0.048580638, -0.051091937, 0.277152635, 0.113123524,
            0.06352321]]
    ),
    (
        "ranking",
        &[0.791666667],
                &[&[-0.166666667, 0.0, -0.0, 0.166666667, 0.166666667, -0.166666667], &[0.166666667,
            -0.0, 0.0, -0.166666667, -0.166666667, 0.166666667]]
    ),
    (
        "gnll",
        &[4500002.942082688],
                &[&[0.4, -1.05, 3000000.0, 2.1, 0.214285714, -0.633333333], &[0.92, -0.30125,
            -4499999500000.0, -1.705, 0.691326531, -0.033888889]]
    ),
    (
        "pnll",
        &[2.600782141],
                &[&[0.208309801, -0.099800965, 1.064842683, 0.845657899, 0.206970783, -0.125198061]]
    ),
    (
        "pnll rate",
        &[1.23749868],
                &[&[-0.38888887, 0.027777779, 0.083333334, 0.068627452, -0.24999999, -0.111111106]]
    ),
    (
        "info_nce",
        &[4.383630588],
                &[&[-0.403313986, 0.244382109, 0.207126363, -0.473721611, 0.237294832,
            -1.184014675], &[0.811739996, -0.263642864, -0.156104578, -0.504829745, -1.121237847,
            0.060290434]]
    ),
];

fn f64s(values: &[f64], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap()
}

fn leaf(values: &[f64], shape: &[usize]) -> Tensor {
    f64s(values, shape).track().unwrap()
}

fn labels(values: &[i32], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap()
}

/// The leaves and the loss of a name.
fn found(name: &str) -> Result<(Vec<Tensor>, Tensor)> {
    let a = leaf(&[0.3, -1.2, 2.0, 1.7, 0.4, -0.6], &[2, 3]);
    let b = leaf(&[0.1, 0.9, -1.0, -0.4, 0.25, 1.3], &[2, 3]);
    let c = leaf(&[1.1, -0.7, 0.2, 0.6, -1.5, 0.8], &[2, 3]);
    let (y, weight) = (labels(&[2, 0], &[2]), f64s(&[0.5, 2.0, 1.5], &[3]));
    let t = f64s(&[0.2, 0.3, 0.5, 0.0, 0.9, 0.1], &[2, 3]);
    let yes = f64s(&[1.0, 0.0, 1.0, 0.0, 0.0, 1.0], &[2, 3]);
    let (plain, mean) = (CrossEntropy::default(), Reduction::Mean);
    let weighed = CrossEntropy { weight: Some(weight.clone()), ..plain.clone() };
    let smooth =
        |label_smoothing, options: &CrossEntropy| CrossEntropy { label_smoothing, ..options.clone() };
    let reduced = |reduction, options: CrossEntropy| CrossEntropy { reduction, ..options };
    let (sum, none) = (Reduction::Sum, Reduction::None);
    let (one, two, three) =
        (vec![a.clone()], vec![a.clone(), b.clone()], vec![a.clone(), b.clone(), c.clone()]);
    Ok(match name {
        // mse_loss(a, b, reduction=..)
        "mse mean" => (two, loss::mse(&a, &b, mean)?),
        "mse sum" => (two, loss::mse(&a, &b, sum)?),
        "mse none" => (two, loss::mse(&a, &b, none)?),
        // huber_loss(a, b, delta=0.8), smooth_l1_loss(a, b, beta=0.5)
        "huber" => (two, loss::huber(&a, &b, 0.8, mean)?),
        "smooth_l1" => (two, loss::smooth_l1(&a, &b, 0.5, mean)?),
        // cross_entropy(a, y, weight=.., label_smoothing=.., ignore_index=-100, reduction=..)
        "ce" => (one, loss::cross_entropy(&a, &y, &plain)?),
        "ce weight" => (one, loss::cross_entropy(&a, &y, &weighed)?),
        "ce smooth weight" => (one, loss::cross_entropy(&a, &y, &smooth(0.2, &weighed))?),
        "ce ignore smooth" => {
            (one, loss::cross_entropy(&a, &labels(&[2, -100], &[2]), &smooth(0.2, &weighed))?)
        }
        "ce none" => {
            let options = reduced(none, smooth(0.1, &plain));
            (one, loss::cross_entropy(&a, &labels(&[2, -100], &[2]), &options)?)
        }
        "ce sum" => (one, loss::cross_entropy(&a, &y, &reduced(sum, smooth(0.1, &weighed)))?),
        // cross_entropy(a, t, weight=.., label_smoothing=0.1), of probabilities
        "ce soft" => (one, loss::cross_entropy(&a, &t, &smooth(0.1, &weighed))?),
        "ce soft none" => (one, loss::cross_entropy(&a, &t, &reduced(none, plain))?),
        // nll_loss(a, y, weight=..)
        "nll" => (one, loss::nll(&a, &y, &weighed)?),
        // kl_div(a, t, reduction=..), kl_div(a, b, log_target=True)
        "kl mean" => (one, loss::kl_div(&a, &t, false, mean)?),
        "kl batchmean" => (one, loss::kl_div(&a, &t, false, Reduction::BatchMean)?),
        "kl sum" => (one, loss::kl_div(&a, &t, false, sum)?),
        "kl none" => (one, loss::kl_div(&a, &t, false, none)?),
        "kl log" => (two, loss::kl_div(&a, &b, true, mean)?),
        "ce image" => {
            let image = leaf(&[0.5, -1.0, 0.2, 0.3, 1.0, 0.0], &[1, 3, 2]);
            (vec![image.clone()], loss::cross_entropy(&image, &labels(&[1, 2], &[1, 2]), &plain)?)
        }
        "ce one" => (one, loss::cross_entropy(&a.narrow(0, 0, 1)?.squeeze(0)?, &labels(&[1], &[]), &plain)?),
        // binary_cross_entropy_with_logits(a, t, pos_weight=..)
        "bce pos" => {
            let (t, w) = (f64s(&[1.0, 0.0, 1.0, 0.0, 0.3, 1.0], &[2, 3]), f64s(&[2.0, 3.0, 0.5], &[3]));
            (one, loss::bce_with_logits(&a, &t, Some(&w), mean)?)
        }
        // torchvision's sigmoid_focal_loss, written out
        "focal" => (one, loss::focal(&a, &yes, 0.25, 2.0, mean)?),
        "triplet" => (three, loss::triplet_margin(&a, &b, &c, Triplet::default(), mean)?),
        "triplet swap" => {
            let options = Triplet { swap: true, margin: 2.0, p: 3.0, ..Triplet::default() };
            (three, loss::triplet_margin(&a, &b, &c, options, none)?)
        }
        "cosine" => (two, loss::cosine_embedding(&a, &b, &f64s(&[1.0, -1.0], &[2]), -0.9, mean)?),
        "ranking" => {
            let order = f64s(&[1.0, -1.0, 1.0, -1.0, -1.0, 1.0], &[2, 3]);
            (two, loss::margin_ranking(&a, &b, &order, 0.2, mean)?)
        }
        "gnll" => {
            let v = leaf(&[0.5, 2.0, 1e-9, 1.0, 0.7, 3.0], &[2, 3]);
            (vec![a.clone(), v.clone()], loss::gaussian_nll(&a, &b, &v, true, 1e-6, sum)?)
        }
        "pnll" => (one, loss::poisson_nll(&a, &b.detach().abs()?, true, mean)?),
        "pnll rate" => {
            let rate = a.detach().abs()?.track()?;
            (vec![rate.clone()], loss::poisson_nll(&rate, &rate.ones_like()?, false, mean)?)
        }
        // cross_entropy of the normalised rows' products over 0.3
        "info_nce" => (two, loss::info_nce(&a, &b, 0.3, mean)?),
        other => panic!("{other}"),
    })
}

#[track_caller]
fn near(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}: {found:?}");
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 2e-9 + 1e-8 * b.abs();
    assert!(found.iter().zip(expected).all(close), "{what}: {found:?}, expected {expected:?}");
}

#[test]
fn losses_and_gradients_are_those_of_pytorch() {
    for (name, losses, slopes) in PYTORCH {
        let (leaves, loss) = found(name).unwrap();
        near(name, &loss.to_f64().unwrap(), losses);
        let gradients = loss.sum().unwrap().backward().unwrap();
        assert_eq!(leaves.len(), slopes.len());
        for (i, (leaf, slopes)) in leaves.iter().zip(*slopes).enumerate() {
            near(&format!("{name}, gradient {i}"), &gradients.of(leaf).unwrap().to_f64().unwrap(), slopes);
        }
    }
}

/// Half of what is marked is right: 1 - (2 + 1) / (2 + 2 + 1); nothing of the other sample's.
#[test]
fn dice_compares_samples() {
    let p = f64s(&[1.0, 1.0, 0.0, 1.0, 0.0, 0.0], &[2, 3]);
    let t = f64s(&[1.0, 0.0, 1.0, 0.0, 1.0, 1.0], &[2, 3]);
    let losses = loss::dice(&p, &t, 1.0, Reduction::None).unwrap();
    near("dice", &losses.to_f64().unwrap(), &[0.4, 0.75]);
    near("dice", &[loss::dice(&p, &t, 1.0, Reduction::Mean).unwrap().item().unwrap()], &[0.575]);
}

#[test]
fn losses_refuse_what_does_not_fit() {
    let (x, row) = (f64s(&[0.5; 6], &[2, 3]), f64s(&[0.5; 3], &[3]));
    let (mean, plain) = (Reduction::Mean, CrossEntropy::default());
    let ops = [
        ("huber", loss::huber(&x, &row, 1.0, mean)),
        ("huber", loss::huber(&x, &x, 0.0, mean)),
        ("smooth_l1", loss::smooth_l1(&x, &x, f64::NAN, mean)),
        ("focal", loss::focal(&x, &row, 0.25, 2.0, mean)),
        ("focal", loss::focal(&x, &x, 0.25, -2.0, mean)),
        ("dice", loss::dice(&f64s(&[1.0], &[]), &f64s(&[1.0], &[]), 1.0, mean)),
        ("bce_with_logits", loss::bce_with_logits(&x, &x, Some(&f64s(&[1.0; 4], &[2, 2, 1])), mean)),
        ("cross_entropy", loss::cross_entropy(&f64s(&[1.0], &[]), &labels(&[0], &[]), &plain)),
        ("cross_entropy", loss::cross_entropy(&x, &row, &plain)),
        ("nll", loss::nll(&x, &labels(&[0, 3], &[2]), &plain)),
        (
            "nll",
            loss::nll(&x, &labels(&[0, 1], &[2]), &CrossEntropy { weight: Some(x.clone()), ..plain.clone() }),
        ),
        ("kl_div", loss::kl_div(&x, &row, false, mean)),
        ("triplet_margin", loss::triplet_margin(&x, &x, &row, Triplet::default(), mean)),
        ("triplet_margin", loss::triplet_margin(&x, &x, &x, Triplet { p: -1.0, ..Triplet::default() }, mean)),
        ("cosine_embedding", loss::cosine_embedding(&x, &x, &row, 0.0, mean)),
        ("cosine_embedding", loss::cosine_embedding(&x, &x, &row, 2.0, mean)),
        ("info_nce", loss::info_nce(&row, &row, 0.1, mean)),
        ("info_nce", loss::info_nce(&x, &x, 0.0, mean)),
        ("margin_ranking", loss::margin_ranking(&x, &x, &row, 0.0, mean)),
        ("gaussian_nll", loss::gaussian_nll(&x, &x, &x, false, 0.0, mean)),
    ];
    for (name, found) in ops {
        let error = found.expect_err(name).to_string();
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
    }
    let hinge = loss::hinge_d(&x, &row.narrow(0, 0, 2).unwrap(), Reduction::None).unwrap_err();
    assert!(hinge.to_string().starts_with("hinge_d: "), "{hinge}");
    assert_eq!(x.dtype(), DType::F64);
}
