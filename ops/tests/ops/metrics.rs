//! Metrics against reference values in float64 (`golden/metrics.json`, `ms_ssim.json`, `noise.json`), and by
//! their definitions.

use crate::support::*;
use ops::{DType, Device, Error, Tensor, metrics::*, random};
use serde_json::Value;

/// What every metric is held to, relative to the value.
const LIMIT: f64 = 1e-6;

fn f64s(value: &Value) -> Tensor {
    tensor(value, DType::F64)
}

#[track_caller]
fn assert_value(found: f64, expected: &Value) {
    assert_near(&[found], &[expected.as_f64().unwrap()], LIMIT);
}

#[test]
fn frechet_distances() {
    let file = golden("metrics");
    for name in ["fid_full_rank", "fid_low_rank", "fid_two_samples"] {
        let case = case(&file, name);
        let (x, y) = (f64s(&case["x"]), f64s(&case["y"]));
        assert_value(fid(&x, &y).unwrap(), &case["fid"]);
        assert_value(fid(&y, &x).unwrap(), &case["fid"]);
        let moments = Moments::of(&x).unwrap();
        assert_near(moments.mean(), &numbers(&case["mean_x"]["data"]), 1e-12);
        let covariance = moments.covariance().unwrap();
        let entries: Vec<f64> = (0..36).map(|i| covariance[(i / 6, i % 6)]).collect();
        assert_near(&entries, &numbers(&case["cov_x"]["data"]), 1e-12);
    }
    let same = f64s(&case(&file, "fid_same_set")["x"]);
    assert!(fid(&same, &same).unwrap() < 1e-12);
}

/// Features that differ by a shift of (3, 4) have the distance 25, whatever their covariance, and
/// covariances A^2 and B^2 of which one is the other scaled by s^2 contribute (1 - s)^2 tr A^2.
#[test]
fn the_distance_of_shifted_and_scaled_features_is_known() {
    let x = random::normal(&[500, 2], Device::Cpu).unwrap().cast(DType::F64).unwrap();
    let shift = Tensor::from_data(vec![3.0, 4.0], [1, 2], Device::Cpu).unwrap();
    assert_near(&[fid(&x, &x.add(&shift).unwrap()).unwrap()], &[25.0], 1e-9);
    let centered = x.sub(&x.mean_dims(&[0], true).unwrap()).unwrap();
    let trace = x.var_dims(&[0], false, 1).unwrap().sum().unwrap().item().unwrap();
    let scaled = centered.mul_scalar(3.0).unwrap();
    assert_near(&[fid(&centered, &scaled).unwrap()], &[4.0 * trace], 1e-9);
}

/// 3000 rows of 40 numbers at a distance of 1000 from 0, in unequal parts and at once; the second half of
/// the numbers repeats the first, so the covariance is singular.
#[test]
fn moments_do_not_depend_on_the_parts_that_features_come_in() {
    let x = random::normal(&[3000, 20], Device::Cpu).unwrap().add_scalar(1000.0).unwrap();
    let x = Tensor::concat(&[&x, &x], 1).unwrap();
    let whole = Moments::of(&x).unwrap();
    let mut parts = Moments::new(40).unwrap();
    for (start, length) in [(0, 1), (1, 1999), (2000, 3), (2003, 997)] {
        parts.add(&x.narrow(0, start, length).unwrap()).unwrap();
    }
    assert_near(parts.mean(), whole.mean(), 1e-12);
    let (a, b) = (parts.covariance().unwrap(), whole.covariance().unwrap());
    for (i, j) in (0..1600).map(|i| (i / 40, i % 40)) {
        assert!((a[(i, j)] - b[(i, j)]).abs() < 1e-8 && a[(i, j)] == a[(j, i)]);
    }
    assert!(frechet_distance(&whole, &parts).unwrap() < 1e-5);

    let [mean, covariance] = whole.to_tensors().unwrap();
    let again = Moments::from_tensors(whole.count(), &mean, &covariance).unwrap();
    let shifted = Moments::of(&x.add_scalar(1.0).unwrap()).unwrap();
    let [direct, stored] = [&whole, &again].map(|m| frechet_distance(m, &shifted).unwrap());
    assert_near(&[direct, stored], &[40.0, 40.0], 1e-6);
    assert!(Moments::from_tensors(5, &covariance, &mean).is_err());
    // Half of it would be left out in silence, or spoil everything.
    let law = |entries: [f64; 4]| {
        let mean = Tensor::from_data(vec![0.0; 2], [2], Device::Cpu).unwrap();
        let covariance = Tensor::from_data(entries.to_vec(), [2, 2], Device::Cpu).unwrap();
        Moments::from_tensors(2, &mean, &covariance).map(|_| ())
    };
    assert!(law([2.0, 1.0, 1.0, 2.0]).is_ok());
    assert!(law([2.0, 1.0, 0.5, 2.0]).unwrap_err().to_string().contains("0.5 at [1, 0] and 1 at [0, 1]"));
    assert!(law([f64::NAN, 1.0, 1.0, 2.0]).unwrap_err().to_string().contains("not finite"));
}

#[test]
fn features_that_have_no_distance_are_refused() {
    let of = |shape: &[usize]| Tensor::full(shape, 1.0, DType::F64, Device::Cpu).unwrap();
    let refused = |a: &Tensor, b: &Tensor| fid(a, b).unwrap_err().to_string();
    assert!(refused(&of(&[3, 4]), &of(&[3, 5])).contains("features of 4 and 5 numbers"));
    assert!(refused(&of(&[1, 4]), &of(&[3, 4])).contains("the number of samples is 1"));
    assert!(refused(&of(&[3, 4, 1]), &of(&[3, 4])).contains("features [N, D]"));
    let holed = of(&[3, 4]).mul_scalar(f64::NAN).unwrap();
    assert!(refused(&of(&[3, 4]), &holed).contains("not finite"));
}

#[test]
fn structural_similarity() {
    let file = golden("ms_ssim");
    for name in ["32x32x3", "64x64x1"] {
        let case = case(&file, name);
        let (a, b) = (f64s(&case["a"]), f64s(&case["b"]));
        for (reading, expected) in case["values"].as_object().unwrap() {
            let found = ms_ssim(&a, &b, 255.0, SsimReading::parse(reading).unwrap()).unwrap();
            for (found, expected) in found.iter().zip(numbers(&expected["data"])) {
                assert!((found - expected).abs() <= LIMIT * expected.abs(), "{reading}: {found}, {expected}");
            }
            // In other units, and in f32, which holds these values exactly up to the scale.
            let scaled = [&a, &b].map(|x| x.mul_scalar(2.0 / 255.0).unwrap().cast(DType::F32).unwrap());
            let again = ms_ssim(&scaled[0], &scaled[1], 2.0, SsimReading::parse(reading).unwrap()).unwrap();
            assert_near(&again, &found, 1e-5);
        }
    }
}

#[test]
fn a_picture_is_like_itself_and_small_ones_are_refused() {
    let x = random::uniform(&[2, 1, 28, 30], Device::Cpu).unwrap();
    for reading in ["five_levels_shrinking_window", "levels_2_full_window", "single_scale_ssim"] {
        let found = ms_ssim(&x, &x, 1.0, SsimReading::parse(reading).unwrap()).unwrap();
        assert_near(&found, &[1.0, 1.0], 1e-9);
    }
    let refused = |reading| ms_ssim(&x, &x, 1.0, SsimReading::parse(reading).unwrap()).unwrap_err();
    assert!(refused("levels_3_full_window").to_string().contains("sides of at least 44"));
    assert!(SsimReading::parse("five").unwrap_err().to_string().contains("shifted_five_levels"));
    let error = ms_ssim(&x, &x, 0.0, SsimReading::SingleScale).unwrap_err();
    assert!(matches!(error, Error::Argument { name: "the range", .. }));
}

#[test]
fn pixel_errors() {
    let file = golden("metrics");
    let case = case(&file, "l2_error_0_255");
    let (x, y) = (f64s(&case["x"]), f64s(&case["y"]));
    let readings = [
        "per_pixel_l2_mean",
        "rmse_per_image_mean",
        "rmse_of_set",
        "mse_times_255_of_unit_range",
        "mean_absolute",
    ];
    for reading in readings {
        let of = PixelError::parse(reading).unwrap();
        assert_value(l2_error(&x, &y, 255.0, of).unwrap(), &case[reading]);
        let [x, y] = [&x, &y].map(|x| x.div_scalar(255.0).unwrap());
        assert_value(l2_error(&x, &y, 1.0, of).unwrap(), &case[reading]);
    }
    assert!(l2_error(&x, &y.narrow(0, 0, 2).unwrap(), 1.0, PixelError::MeanAbsolute).is_err());
}

fn labels(values: &[i32]) -> Tensor {
    Tensor::from_data(values.to_vec(), [values.len()], Device::Cpu).unwrap()
}

#[test]
fn misclassified_samples() {
    let file = golden("metrics");
    let case = case(&file, "misclassification_rate");
    let logits = f64s(&case["logits"]);
    let expected_classes: Vec<usize> =
        numbers(&case["predicted"]["data"]).into_iter().map(|p| p as usize).collect();
    assert_eq!(predictions(&logits).unwrap(), expected_classes);
    let class = case["train_class"].as_u64().unwrap() as usize;
    assert_value(misclassification(&logits, class).unwrap(), &case["percent"]);
}

#[test]
fn right_answers_are_counted() {
    let scores = floats(&[0.9, 0.1, 0.2, 0.8, 0.5, 0.5, 0.3, 0.7], &[4, 2]);
    let truth = labels(&[0, 1, 1, 0]);
    assert_eq!(accuracy(&scores, &truth).unwrap(), 0.5);
    assert_eq!(confusion(&scores, &truth, 2).unwrap().to_f64().unwrap(), [1.0, 1.0, 1.0, 1.0]);
    assert_eq!(accuracy(&labels(&[0, 1, 2, 0]), &truth).unwrap(), 0.75);
    assert!(confusion(&labels(&[0, 1, 2, 0]), &truth, 2).unwrap_err().to_string().contains("below 2"));
    assert!(matches!(confusion(&scores, &truth, usize::MAX / 2), Err(Error::Memory { .. })));
    assert!(accuracy(&scores, &labels(&[0])).is_err());
    assert!(matches!(accuracy(&floats(&[0.0; 4], &[4]), &truth), Err(Error::DType { .. })));
    assert!(accuracy(&labels(&[-1]), &labels(&[0])).is_err());
}

/// On a line: 0, 1, 2 are of class 5, and 10, 11 of class 7.
#[test]
fn neighbours_vote() {
    let set = floats(&[0.0, 1.0, 2.0, 10.0, 11.0], &[5, 1]);
    let known = labels(&[5, 5, 5, 7, 7]);
    let x = floats(&[0.5, 9.0, 5.0], &[3, 1]);
    assert_eq!(knn_accuracy(&set, &known, &x, &labels(&[5, 7, 5]), 3).unwrap(), 1.0);
    // Two against two: the nearest decides, which is 2 from 5 and 10 from 9.
    assert_eq!(knn_accuracy(&set, &known, &x, &labels(&[5, 7, 5]), 4).unwrap(), 1.0);
    // All five: the larger class wins everywhere.
    assert_near(&[knn_accuracy(&set, &known, &x, &labels(&[5, 7, 5]), 5).unwrap()], &[2.0 / 3.0], 1e-12);
    // Among themselves: with one neighbour everybody finds their own class, with four nobody of the small
    // one.
    assert_eq!(knn_accuracy_within(&set, &known, 1).unwrap(), 1.0);
    assert_eq!(knn_accuracy_within(&set, &known, 4).unwrap(), 0.6);
    assert!(knn_accuracy_within(&set, &known, 5).is_err());
    assert!(knn_accuracy(&set, &known, &x, &labels(&[5, 7]), 1).is_err());
}

#[test]
fn divergences() {
    let file = golden("metrics");
    for name in ["divergence_histograms", "divergence_disjoint", "divergence_equal"] {
        let case = case(&file, name);
        let [p, q] = ["counts_p", "counts_q"].map(|key| numbers(&case[key]["data"]));
        assert_value(total_variation(&p, &q).unwrap(), &case["tv"]);
        assert_value(jsd(&p, &q).unwrap(), &case["jsd_nats"]);
    }
    let case = case(&file, "histogram");
    let samples = numbers(&case["samples"]["data"]);
    assert_eq!(histogram(&samples, 0.0, 1.0, 8).unwrap(), numbers(&case["counts"]["data"]));
    assert!(total_variation(&[1.0], &[1.0, 2.0]).is_err());
    assert!(total_variation(&[0.0, 0.0], &[1.0, 2.0]).is_err());
    assert!(jsd(&[-1.0, 2.0], &[1.0, 2.0]).is_err());
    assert!(histogram(&samples, 1.0, 1.0, 8).is_err());
    assert!(matches!(histogram(&samples, 0.0, 1.0, usize::MAX), Err(Error::Memory { .. })));
}

/// Noise moves a law by no more than the bounds, on laws of ten outcomes and a mixture of three.
#[test]
fn bounds_of_noisy_laws() {
    let file = golden("noise");
    let deltas = ["0.0", "0.1", "0.5", "1.0"];
    for name in
        deltas.iter().flat_map(|d| [format!("discrete_overlap_delta{d}"), format!("discrete_far_delta{d}")])
    {
        let case = case(&file, &name);
        let [p, noisy] = ["p_x", "p_x_plus_z"].map(|key| numbers(&case[key]["data"]));
        let delta = case["delta"].as_f64().unwrap();
        let (tv, divergence) = (total_variation(&p, &noisy).unwrap(), jsd(&p, &noisy).unwrap());
        assert_value(tv, &case["tv"]);
        assert_value(divergence, &case["jsd"]);
        let (bound, worst) =
            (total_variation_bound(&[1.0], &[delta]).unwrap(), jsd_worst_case(&[1.0], &[delta]).unwrap());
        assert_value(bound, &case["bound_tv"]);
        assert_value(worst, &case["bound_jsd_worst_case"]);
        assert!(tv <= bound + 1e-12 && divergence <= worst + 1e-12);
    }
    let mixture = case(&file, "mixture_of_three");
    let [alphas, deltas] = ["alpha", "delta"].map(|key| numbers(&mixture[key]));
    assert_value(total_variation_bound(&alphas, &deltas).unwrap(), &mixture["bound_tv"]);
    assert_value(jsd_bound(&alphas, &deltas).unwrap(), &mixture["bound_jsd"]);
    for row in case(&file, "worst_case_table")["rows"].as_array().unwrap() {
        assert_value(jsd_worst_case(&[1.0], &[row[0].as_f64().unwrap()]).unwrap(), &row[1]);
    }
    let [one, two] = [0.2, 0.9].map(|delta| jsd_worst_case(&[1.0], &[delta]).unwrap());
    let mean = jsd_worst_case(&[3.0, 1.0], &[0.2, 0.9]).unwrap();
    assert_near(&[mean], &[0.75 * one + 0.25 * two], 1e-12);
    assert!(jsd_worst_case(&[1.0], &[1.5]).is_err());
    assert!(total_variation_bound(&[1.0], &[0.1, 0.2]).is_err());
}
