//! The devices that hold tensors and compute.

use std::{fmt, sync::OnceLock};

use burn::backend::{DeviceOps as _, DispatchDevice, FlexDevice};

use crate::{DType, Error, Result};

/// What holds tensors and computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// The processor, through Burn's Flex backend.
    #[default]
    Cpu,
    /// A graphics card (or a software stand-in) through CubeCL.
    Gpu,
}

impl Device {
    /// `cpu` or `gpu`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        }
    }

    /// The device of that name.
    ///
    /// # Errors
    /// [`Error::Device`] for another name, or for `gpu` in a build without GPU support.
    pub fn parse(name: &str) -> Result<Self> {
        let has_gpu = cfg!(any(feature = "gpu", feature = "cuda"));
        match name {
            "cpu" => Ok(Self::Cpu),
            "gpu" if has_gpu => Ok(Self::Gpu),
            _ if has_gpu => Err(Error::device("device", format!("\"{name}\""), "\"cpu\" or \"gpu\"")),
            _ => {
                let expected = "\"cpu\" (this build has no GPU support: feature `gpu`)";
                Err(Error::device("device", format!("\"{name}\""), expected))
            }
        }
    }

    /// The type that stands for another on the device: a GPU has the shorter ones only.
    pub fn held(self, dtype: DType) -> DType {
        match (self, dtype) {
            (Self::Gpu, DType::I64) => DType::I32,
            (Self::Gpu, DType::F64) => DType::F32,
            _ => dtype,
        }
    }

    /// The element type of whole numbers: i64, on a GPU i32.
    pub fn whole(self) -> DType {
        self.held(DType::I64)
    }

    /// The name of the graphics card, which is opened for it; `None` where there is none.
    pub fn gpu_name() -> Option<String> {
        gpu().as_ref().ok().map(|gpu| gpu.name.clone())
    }

    /// Whether `gpu` is a graphics card, and not a stand-in that runs on the processor. Opens it.
    pub fn has_real_gpu() -> bool {
        gpu().as_ref().is_ok_and(|gpu| gpu.is_real)
    }

    /// Refuses a device that this machine or this build does not have.
    pub(crate) fn available(self, op: &'static str) -> Result<()> {
        match self {
            Self::Cpu => Ok(()),
            Self::Gpu => gpu().as_ref().map(|_| ()).map_err(|reason| {
                let found = format!("gpu, which cannot be used: {reason}");
                Error::device(op, found, "one that this machine has, such as cpu")
            }),
        }
    }

    pub(crate) fn dispatch(self) -> DispatchDevice {
        match self {
            Self::Cpu => FlexDevice.into(),
            #[cfg(feature = "cuda")]
            Self::Gpu => burn::backend::CudaDevice::default().into(),
            #[cfg(all(feature = "gpu", not(feature = "cuda")))]
            Self::Gpu => burn::backend::WgpuDevice::default().into(),
            #[cfg(not(any(feature = "gpu", feature = "cuda")))]
            Self::Gpu => unreachable!("`available` refuses the GPU in a build without one"),
        }
    }

    /// How the device's backend stores booleans.
    pub(crate) fn bool_store(self) -> burn::backend::BoolDType {
        self.dispatch().defaults().bool_dtype
    }

    /// Waits until the device has done all its work.
    pub fn sync(self) -> Result<()> {
        use burn::backend::Backend as _;
        burn::backend::Dispatch::sync(&self.dispatch())
            .map_err(|e| Error::Backend { op: "sync", reason: e.to_string() })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known of the graphics card.
struct Gpu {
    name: String,
    is_real: bool,
}

/// The graphics card, opened once, or why there is none.
fn gpu() -> &'static Result<Gpu, String> {
    static GPU: OnceLock<Result<Gpu, String>> = OnceLock::new();
    GPU.get_or_init(|| super::engine::guarded("device", open).map_err(|e| e.to_string()).flatten())
}

#[cfg(feature = "cuda")]
fn open() -> Result<Gpu, String> {
    let identity = Device::Gpu.dispatch().identity().ok_or("it does not say what it is")?;
    Ok(Gpu { name: identity.name, is_real: true })
}

#[cfg(all(feature = "gpu", not(feature = "cuda")))]
fn open() -> Result<Gpu, String> {
    use burn::backend::wgpu::{
        RuntimeOptions, WgpuDevice, graphics::AutoGraphicsApi, try_init_setup, wgpu::DeviceType,
    };
    let options = RuntimeOptions::try_default().map_err(|e| e.to_string())?;
    let setup = try_init_setup::<AutoGraphicsApi>(&WgpuDevice::default(), options);
    let card = setup.map_err(|e| e.to_string())?.adapter.get_info();
    Ok(Gpu { is_real: card.device_type != DeviceType::Cpu, name: card.name })
}

#[cfg(not(any(feature = "gpu", feature = "cuda")))]
fn open() -> Result<Gpu, String> {
    Err("this build has no GPU support (feature `gpu`)".into())
}
