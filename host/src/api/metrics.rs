//! `metrics::...`: numbers that judge pictures, classifiers and distributions.

mod features;

use ops::{
    DType, Device, Tensor,
    metrics::{self, PixelError, SsimReading},
};
use rhai::{Dynamic, Map};

use super::{data::WeightList, options::CallOptions};
use crate::{
    data::Dataset,
    error::Result,
    script::{Adder, FromScript, Refusal, Table, require_items},
};

/// Points: the items of a tensor or of a data set, each as one row of numbers.
pub struct Points(pub Tensor);

impl FromScript for Points {
    const NAME: &'static str = "Tensor or Dataset";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(set) = value.read_lock::<Dataset>() {
            return set.tensor(Device::Cpu).map(Self).map_err(|e| Refusal::Value(e.into()));
        }
        Tensor::from_script(value).map(Self)
    }
}

/// Classes of samples: a tensor of integers `[N]` or scores `[N, C]`, or an array of integers.
struct ClassLabels(Tensor);

impl FromScript for ClassLabels {
    const NAME: &'static str = "Tensor or array of integer";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if value.is_array() {
            let labels = Vec::<i64>::from_script(value)?;
            let count = labels.len();
            let tensor = Tensor::from_data(labels, [count], Device::Cpu);
            return tensor.map(Self).map_err(|e| Refusal::Value(e.into()));
        }
        Tensor::from_script(value).map(Self)
    }
}

/// Weights of outcomes: a tensor or an array of numbers.
struct OutcomeWeights(Vec<f64>);

impl FromScript for OutcomeWeights {
    const NAME: &'static str = "Tensor or array of float";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        WeightList::from_script(value).map(|weights| Self(weights.0))
    }
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    let mut module = table.module("metrics", "Numbers that say what pictures are like.");
    module.add(
        "nearest_distance(x, set)",
        "For each item of x the Euclidean distance to the nearest item of the set.",
        "metrics::nearest_distance(tensor([[0.0, 0.0], [3.0, 4.0]]), zeros([1, 2])).to_array() => [0.0, 5.0]",
        |x: Tensor, set: Points| metrics::nearest_distance(&x, &set.0.to_device(x.device())?),
    );
    features::add(&mut module);
    add_pictures(&mut module);
    add_classification(&mut module);
    add_neighbours(&mut module);
    add_divergences(&mut module);
    add_bounds(&mut module);
}

fn add_pictures(module: &mut Adder) {
    module
        .add(
            "ms_ssim(a, b, options)",
            "Structural similarity at several scales of each pair of pictures [N, C, H, W] in [0, 1] (Wang, \
             Simoncelli, Bovik, 2003), with options range (1.0: largest less smallest possible value) and \
             reading: \"five_levels_shrinking_window\" (the default), \"levels_N_full_window\", \
             \"shifted_five_levels\", \"single_scale_ssim\".",
            "{ let x = noise::uniform([2, 1, 28, 28]); (metrics::ms_ssim(x, x) - 1).abs().max()\
             .item() < 0.000001 } => true\n\
             { let x = ones([1, 1, 32, 32]); metrics::ms_ssim(x, x, #{ reading: \"levels_2_full_window\" })\
             .to_array() } => [1.0]",
            |a: Tensor, b: Tensor, options: Option<Map>| ms_ssim(&a, &b, options),
        )
        .add(
            "l2_error(x, y, options)",
            "The L2 norm of the error of a pixel, averaged over the pixels of pictures [N, C, H, W] in [0, \
             1], as a number of 255. With options range (1.0) and reading: \"per_pixel_l2_mean\" (the \
             default), \"rmse_per_image_mean\", \"rmse_of_set\", \"mse_times_255_of_unit_range\", \
             \"mean_absolute\".",
            "metrics::l2_error(ones([1, 1, 2, 2]), zeros([1, 1, 2, 2])) => 255.0\n\
             metrics::l2_error(ones([1, 1, 2, 2]), zeros([1, 1, 2, 2]), #{ range: 2.0, \
             reading: \"mean_absolute\" }) => 127.5",
            |x: Tensor, y: Tensor, options: Option<Map>| l2_error(&x, &y, options),
        );
}

/// The range of values and the reading of a measure between pictures.
fn measure_options(function: &'static str, map: Option<Map>, reading: &str) -> Result<(f64, String)> {
    CallOptions::read(function, map, |options| {
        Ok((options.get("range", 1.0)?, options.get("reading", reading.to_owned())?))
    })
}

fn ms_ssim(a: &Tensor, b: &Tensor, map: Option<Map>) -> Result<Tensor> {
    let (range, reading) = measure_options("metrics::ms_ssim", map, "five_levels_shrinking_window")?;
    let values = metrics::ms_ssim(a, b, range, SsimReading::parse(&reading)?)?;
    let count = values.len();
    let dtype = if a.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    Ok(Tensor::from_data(values, [count], Device::Cpu)?.cast(dtype)?.to_device(a.device())?)
}

fn l2_error(x: &Tensor, y: &Tensor, map: Option<Map>) -> Result<f64> {
    let (range, reading) = measure_options("metrics::l2_error", map, "per_pixel_l2_mean")?;
    Ok(metrics::l2_error(x, y, range, PixelError::parse(&reading)?)?)
}

fn add_classification(module: &mut Adder) {
    module
        .add(
            "accuracy(scores, labels)",
            "The share of samples whose class is predicted correctly: scores [N, C] or classes [N], and the \
             true labels.",
            "metrics::accuracy(tensor([[0.9, 0.1], [0.8, 0.2]]), [0, 1]) => 0.5",
            |scores: ClassLabels, labels: ClassLabels| metrics::accuracy(&scores.0, &labels.0),
        )
        .add(
            "misclassification(scores, class)",
            "The per cent of samples that a classifier puts into a class: of pictures of one domain, the \
             class of another.",
            "metrics::misclassification(tensor([[0.9, 0.1], [0.8, 0.2]]), 0) => 100.0",
            |scores: ClassLabels, class: usize| metrics::misclassification(&scores.0, class),
        )
        .add(
            "confusion(scores, labels, classes)",
            "How often each class (row) was taken for each (column), i32.",
            "metrics::confusion([0, 1, 1], [0, 0, 1], 2).to_array() => [[1, 1], [0, 1]]",
            |scores: ClassLabels, labels: ClassLabels, classes: usize| {
                metrics::confusion(&scores.0, &labels.0, classes)
            },
        );
}

fn add_neighbours(module: &mut Adder) {
    module
        .add(
            "knn_accuracy(x, labels, k)",
            "The share of samples whose label most of their k nearest neighbours among the others have.",
            "metrics::knn_accuracy(tensor([[0.0], [1.0], [8.0], [9.0]]), [0, 0, 1, 1], 1) => 1.0",
            |x: Points, labels: ClassLabels, k: usize| metrics::knn_accuracy_within(&x.0, &labels.0, k),
        )
        .add(
            "knn_accuracy(set, set_labels, x, labels, k)",
            "The same for samples x by their neighbours in a set.",
            "metrics::knn_accuracy(tensor([[0.0], [9.0]]), [0, 1], tensor([[1.0], [7.0]]), [0, 1], 1) \
             => 1.0",
            |set: Points, known: ClassLabels, x: Points, labels: ClassLabels, k: usize| {
                let set = set.0.to_device(x.0.device())?;
                metrics::knn_accuracy(&set, &known.0, &x.0, &labels.0, k)
            },
        );
}

fn add_divergences(module: &mut Adder) {
    module
        .add(
            "histogram(samples, low, high, bins)",
            "How many samples fall into each of equal parts of [low, high], the last one closed; others are \
             dropped.",
            "metrics::histogram([0.1, 0.2, 0.9, 1.0, 7.0], 0, 1, 2) => [2.0, 2.0]",
            |samples: OutcomeWeights, low: f64, high: f64, bins: usize| -> Result<Vec<f64>> {
                require_items(bins)?;
                Ok(metrics::histogram(&samples.0, low, high, bins)?)
            },
        )
        .add(
            "tv(p, q)",
            "The total variation distance of two laws, given as counts or probabilities: sum(|p - q|) / 2.",
            "metrics::tv([1, 0], [1, 1]) => 0.5",
            |p: OutcomeWeights, q: OutcomeWeights| metrics::total_variation(&p.0, &q.0),
        )
        .add(
            "jsd(p, q)",
            "The Jensen-Shannon divergence of two laws, given as counts or probabilities, in nats: 0 to ln \
             2.",
            "metrics::jsd([1, 2], [2, 4]) => 0.0",
            |p: OutcomeWeights, q: OutcomeWeights| metrics::jsd(&p.0, &q.0),
        );
}

fn add_bounds(module: &mut Adder) {
    module
        .add(
            "tv_bound(alphas, deltas)",
            "How far in total variation noise can move a mixture of laws with weights alphas, added to \
             samples of law i with probability deltas[i]: sum(alpha_i delta_i).",
            "metrics::tv_bound([0.5, 0.5], [0.0, 0.5]) => 0.25",
            |alphas: OutcomeWeights, deltas: OutcomeWeights| {
                metrics::total_variation_bound(&alphas.0, &deltas.0)
            },
        )
        .add(
            "jsd_bound(alphas, deltas)",
            "The same in Jensen-Shannon divergence, in nats: ln 2 sum(alpha_i delta_i).",
            "metrics::jsd_bound([1], [0]) => 0.0",
            |alphas: OutcomeWeights, deltas: OutcomeWeights| metrics::jsd_bound(&alphas.0, &deltas.0),
        )
        .add(
            "jsd_worst_case(alphas, deltas)",
            "A sharper bound: the mean, by the weights, of the largest divergences of a law P from (1 - \
             delta) P + delta Q, in nats, reached where P and Q never give the same.",
            "metrics::jsd_worst_case([1], [0]) => 0.0",
            |alphas: OutcomeWeights, deltas: OutcomeWeights| metrics::jsd_worst_case(&alphas.0, &deltas.0),
        );
}
