//! Single operations at the sizes of the papers.

mod augment;
mod features;
mod noise;
mod sparsity;
mod sphere;

use ops::{Device, Tensor, no_grad, random};
use serde_json::{Value as Json, json};

use super::{Conditions, clock::Times, counted};
use crate::error::Result;

/// A kernel that can be timed.
struct Kernel {
    name: &'static str,
    /// Items at a time, where nothing else is asked for.
    batch: usize,
    /// Draws the inputs and gives what is to be timed, in one variant or more.
    prepare: fn(&Setup) -> Result<Vec<Call>>,
}

const KERNELS: &[Kernel] = &[
    Kernel { name: "spatial_wta", batch: 100, prepare: sparsity::spatial },
    Kernel { name: "lifetime_wta", batch: 100, prepare: sparsity::lifetime },
    Kernel { name: "wta", batch: 100, prepare: sparsity::winner_take_all },
    Kernel { name: "affine", batch: 1024, prepare: augment::affine },
    Kernel { name: "affine_rgb", batch: 256, prepare: augment::affine_rgb },
    Kernel { name: "jitter", batch: 256, prepare: augment::jitter },
    Kernel { name: "slerp", batch: 1024, prepare: sphere::slerp },
    Kernel { name: "reweight", batch: 5000, prepare: features::reweight },
    Kernel { name: "noise_gauss", batch: 1024, prepare: noise::gauss },
    Kernel { name: "noise_dirichlet", batch: 1024, prepare: noise::dirichlet },
    Kernel { name: "sae_loss", batch: 64, prepare: sphere::sae_loss },
    Kernel { name: "ms_ssim", batch: 200, prepare: features::ms_ssim },
    Kernel { name: "fid", batch: 5000, prepare: features::fid },
];

/// What a kernel is timed with.
struct Setup {
    batch: usize,
    device: Device,
    backward: bool,
}

/// One thing to be timed.
struct Call {
    /// Which inputs, where there are several.
    variant: &'static str,
    run: Box<dyn FnMut() -> Result<()>>,
    /// Whether the gradient is computed too.
    backward: bool,
    /// Bytes of memory that have to be read and written at least, where memory is the bound.
    bytes: Option<usize>,
    /// Floating-point operations, where they are the bound.
    flop: Option<f64>,
}

/// The names of all kernels.
pub fn names() -> Vec<&'static str> {
    KERNELS.iter().map(|kernel| kernel.name).collect()
}

/// Times the kernels of that name; `show` gets the parts of a line, all maps, for each of their variants.
///
/// # Errors
/// Those of the kernels and of `show`.
pub fn time(
    name: &str,
    backward: bool,
    conditions: &Conditions,
    mut show: impl FnMut(&[Json]) -> Result<()>,
) -> Result<()> {
    for kernel in KERNELS.iter().filter(|kernel| kernel.name == name) {
        let batch = conditions.batch.map_or(kernel.batch, |batch| batch as usize);
        let setup = Setup { batch, device: conditions.device, backward };
        let key = random::Key::new(conditions.seed);
        for mut call in random::with_stream(key, || (kernel.prepare)(&setup))? {
            let times = Times::measure(conditions, |_| (call.run)())?;
            let counted = counted::described(conditions, &mut call.run)?;
            show(&[
                json!({ "name": kernel.name, "variant": call.variant, "batch": batch }),
                times.described(),
                call.described(batch, &times),
                conditions.described(),
                counted,
            ])?;
        }
    }
    Ok(())
}

impl Call {
    /// The part of a line about what was computed.
    fn described(&self, batch: usize, times: &Times) -> Json {
        json!({
            "items_per_s": batch as f64 / times.median(),
            "gb_per_s": self.bytes.map(|bytes| bytes as f64 / times.median() / 1e9),
            "gflop": self.flop.map(|flop| flop / 1e9),
            "backward": self.backward,
        })
    }

    /// Something without a gradient, bound by memory.
    fn plain<T>(
        variant: &'static str,
        bytes: usize,
        mut f: impl FnMut() -> ops::Result<T> + 'static,
    ) -> Self {
        let run = Box::new(move || Ok(no_grad(&mut f).map(drop)?));
        Self { variant, run, backward: false, bytes: Some(bytes), flop: None }
    }

    /// `f(x)` alone, or with its gradient by `x` from a random gradient of the output.
    fn differentiable(
        variant: &'static str,
        setup: &Setup,
        x: Tensor,
        bytes: usize,
        f: impl Fn(&Tensor) -> ops::Result<Tensor> + 'static,
    ) -> Result<Self> {
        if !setup.backward {
            return Ok(Self::plain(variant, bytes, move || f(&x)));
        }
        let dy = random::normal(no_grad(|| f(&x))?.shape(), setup.device)?;
        let run = Box::new(move || {
            let x = x.track()?;
            f(&x)?.backward_with(&dy)?;
            Ok(())
        });
        Ok(Self { variant, run, backward: true, bytes: Some(bytes), flop: None })
    }
}

/// Bytes of a tensor.
fn bytes(x: &Tensor) -> usize {
    x.spec().bytes()
}
