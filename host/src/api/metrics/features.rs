//! The Fréchet distance, of features or of pictures that a model or module makes features of.

use std::sync::Arc;

use ops::{
    Device, Tensor,
    metrics::{self, Moments},
    nn::Module,
    no_grad,
};
use rhai::{Dynamic, FnPtr, Map, NativeCallContext};

use crate::{
    api::{onnx, options::CallOptions},
    data::Dataset,
    error::{Error, Result},
    kinds,
    onnx::Model,
    script::{Adder, Carried, FromScript, Refusal},
    session::Session,
};

/// The default number of pictures that go through an extractor at once.
const BATCH: usize = 64;

/// The keys of a map of moments.
const PARTS: [&str; 3] = ["count", "mean", "covariance"];

/// The names of mean and covariance in files of other programs.
const STORED: [&str; 2] = ["mu", "sigma"];

/// Features `[N, D]`, or their moments as `metrics::moments` gives them.
struct Features(Moments);

impl FromScript for Features {
    const NAME: &'static str = "Tensor or map of moments";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let moments = match value.read_lock::<Map>() {
            Some(map) => from_map(&map).ok_or_else(no_moments).flatten(),
            None => Moments::of(&Tensor::from_script(value)?).map_err(Error::from),
        };
        moments.map(Self).map_err(Refusal::Value)
    }
}

fn from_map(map: &Map) -> Option<Result<Moments>> {
    let count = match map.get(PARTS[0]) {
        Some(count) => usize::try_from(count.as_int().ok()?).ok()?,
        // A stored mean and covariance describe the distribution; their number of samples does not matter.
        None => 2,
    };
    let [mean, covariance] = [0, 1].map(|i| {
        let part = map.get(PARTS[i + 1]).or_else(|| map.get(STORED[i]))?;
        part.read_lock::<Tensor>().map(|t| t.clone())
    });
    Some(Moments::from_tensors(count, &mean?, &covariance?).map_err(Error::from))
}

fn no_moments() -> Error {
    Error::usage(
        "the map holds no moments of features",
        "give what `metrics::moments` gave, or #{ mu: tensor [D], sigma: tensor [D, D] }",
    )
}

fn to_map(moments: &Moments) -> Result<Dynamic> {
    let [mean, covariance] = moments.to_tensors()?.map(Dynamic::from);
    let values = [Dynamic::from(moments.count() as i64), mean, covariance];
    Ok(PARTS.into_iter().map(Into::into).zip(values).collect::<Map>().into())
}

/// Pictures of a data set or a tensor `[N, ..]`, read a batch at a time; or their moments.
enum JudgedPictures {
    Set(Dataset),
    Tensor(Tensor),
    Known(Map),
}

impl FromScript for JudgedPictures {
    const NAME: &'static str = "Dataset, Tensor or map of moments";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(set) = value.read_lock::<Dataset>() {
            return Ok(Self::Set(set.clone()));
        }
        match value.read_lock::<Map>() {
            Some(known) => Ok(Self::Known(known.clone())),
            None => Tensor::from_script(value).map(Self::Tensor),
        }
    }
}

impl JudgedPictures {
    fn len(&self) -> usize {
        match self {
            Self::Set(set) => set.len(),
            Self::Tensor(tensor) => tensor.shape().first().copied().unwrap_or(0),
            Self::Known(_) => 0,
        }
    }

    fn batch(&self, start: usize, len: usize, device: Device) -> Result<Tensor> {
        match self {
            Self::Set(set) => Ok(set.slice(start, len)?.tensor(device)?),
            Self::Tensor(tensor) => Ok(tensor.narrow(0, start, len)?.to_device(device)?),
            Self::Known(_) => Err(no_moments()),
        }
    }
}

/// What makes features of pictures.
enum Extractor {
    Model(Arc<Model>),
    Module(Module),
    Function(FnPtr),
}

impl FromScript for Extractor {
    const NAME: &'static str = "Model, Module or function";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Ok(model) = Arc::<Model>::from_script(value) {
            return Ok(Self::Model(model));
        }
        Module::from_script(value)
            .map(Self::Module)
            .or_else(|_| FnPtr::from_script(value).map(Self::Function))
    }
}

impl Extractor {
    /// The features `[n, D]` of a batch.
    fn features(&self, context: &NativeCallContext, pictures: Tensor) -> Result<Tensor> {
        let count = pictures.shape()[0];
        let found = match self {
            Self::Model(model) => onnx::features(model, &pictures)?,
            Self::Module(module) => module.forward(&pictures)?,
            Self::Function(function) => {
                let result: Dynamic = function.call_raw(context, None, [Dynamic::from(pictures)])?;
                let found = kinds::a(&result);
                let help = "give a Tensor [N, D] of features";
                let wrong = || Error::usage(format!("the extractor gave {found}"), help);
                result.try_cast::<Tensor>().ok_or_else(wrong)?
            }
        };
        match found.shape() {
            [n, _, ..] if *n == count => Ok(found.flatten(1, -1)?),
            shape => Err(Error::usage(
                format!("the extractor made {shape:?} of {count} pictures"),
                format!("it has to give features [{count}, D]"),
            )),
        }
    }

    /// The moments of the features of all pictures, of which only a batch is held at a time.
    fn moments(
        &self,
        context: &NativeCallContext,
        pictures: &JudgedPictures,
        batch: usize,
        device: Device,
    ) -> Result<Moments> {
        if let JudgedPictures::Known(map) = pictures {
            return from_map(map).ok_or_else(no_moments)?;
        }
        let mut moments: Option<Moments> = None;
        let batch = self.fixed_batch().unwrap_or(batch);
        for start in (0..pictures.len()).step_by(batch) {
            let count = batch.min(pictures.len() - start);
            let part = pictures.batch(start, count, device)?;
            let features = match self.fixed_batch() {
                Some(whole) if whole > count => {
                    self.features(context, filled(&part, whole)?)?.narrow(0, 0, count)?
                }
                _ => self.features(context, part)?,
            };
            let moments = match &mut moments {
                Some(moments) => moments,
                None => moments.insert(Moments::new(features.shape()[1])?),
            };
            moments.add(&features)?;
        }
        moments.ok_or_else(|| Error::usage("there are no pictures", "give at least two"))
    }

    /// Runs `f` without recording gradients, and with a module in evaluation.
    fn guarded<T>(&self, f: impl FnOnce() -> T) -> T {
        match self {
            Self::Module(module) => module.evaluating(|| no_grad(f)),
            _ => no_grad(f),
        }
    }

    /// The batch size of a model that was exported for only one.
    fn fixed_batch(&self) -> Option<usize> {
        match self {
            Self::Model(model) => model.inputs().first()?.samples(),
            _ => None,
        }
    }
}

/// A last batch filled up with copies of its last picture.
fn filled(part: &Tensor, whole: usize) -> Result<Tensor> {
    let count = part.shape()[0];
    let last = part.narrow(0, count - 1, 1)?;
    let copies = vec![&last; whole - count];
    Ok(Tensor::concat(&[&[part], &copies[..]].concat(), 0)?)
}

/// Adds the functions of this file.
pub fn add(module: &mut Adder) {
    module
        .add(
            "fid(real, fake)",
            "The Fréchet distance of two sets of features [N, D], [M, D] (Heusel et al., 2017), in f64; \
             right for singular covariances too. In place of a set: its moments, or #{ mu, sigma }, a mean \
             [D] and a covariance [D, D] that were stored, as pytorch-fid's .npz files hold them: \
             data::array(path, \"mu\"), data::array(path, \"sigma\").",
            "metrics::fid(#{ mu: tensor([1.0, 0.0]), sigma: tensor([[2.0, 0.0], [0.0, 0.0]]) }, \
             tensor([[3.0, 4.0], [5.0, 4.0]])) => 25.0",
            |real: Features, fake: Features| metrics::frechet_distance(&real.0, &fake.0),
        )
        .add(
            "moments(pictures, features)",
            "What `fid` and `fid_images` need of a set of pictures, #{ count, mean, covariance }: for sets \
             that many others are compared with.",
            "{ let real = metrics::moments(zeros([3, 1, 2, 2]), nn::flatten()); \
             metrics::fid(real, ones([3, 4])) } => 4.0",
            |context: &NativeCallContext, pictures: JudgedPictures, features: Extractor| {
                let device = Session::of(context)?.device();
                let moments = features.guarded(|| features.moments(context, &pictures, BATCH, device))?;
                to_map(&moments)
            },
        )
        .add(
            "fid_images(real, fake, features, options)",
            "The Fréchet distance of two sets of pictures by the features that a model, a module or a \
             function makes of them, option batch (64) at a time: memory does not grow with their number. A \
             module is put into evaluation for it.",
            "metrics::fid_images(zeros([3, 1, 2, 2]), ones([3, 1, 2, 2]), nn::flatten()) => 4.0\n\
             metrics::fid_images(zeros([3, 1, 2, 2]), ones([3, 1, 2, 2]), |x| x\
             .mean([2, 3]), #{ batch: 2 }) => 1.0",
            |context: &NativeCallContext,
             real: JudgedPictures,
             fake: JudgedPictures,
             features: Extractor,
             options: Option<Map>| fid_images(context, &real, &fake, &features, options),
        );
}

fn fid_images(
    context: &NativeCallContext,
    real: &JudgedPictures,
    fake: &JudgedPictures,
    features: &Extractor,
    map: Option<Map>,
) -> Result<f64> {
    let device = Session::of(context)?.device();
    let batch = CallOptions::read("metrics::fid_images", map, |options| options.get("batch", BATCH))?;
    if batch == 0 {
        return Err(Error::usage("fid_images: batch is 0", "expected at least 1 picture a batch"));
    }
    let [real, fake] =
        [real, fake].map(|pictures| features.guarded(|| features.moments(context, pictures, batch, device)));
    Ok(metrics::frechet_distance(&real?, &fake?)?)
}
