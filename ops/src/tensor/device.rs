//! Where tensors live.

use std::fmt;

use burn::backend::{DeviceOps as _, DispatchDevice, FlexDevice};

use crate::{Error, Result};

/// A place that computes.
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
        match name {
            "cpu" => Ok(Self::Cpu),
            "gpu" if cfg!(any(feature = "gpu", feature = "cuda")) => Ok(Self::Gpu),
            _ => Err(Error::Device {
                op: "device",
                found: format!("\"{name}\""),
                expected: if cfg!(any(feature = "gpu", feature = "cuda")) {
                    "\"cpu\" or \"gpu\"".into()
                } else {
                    "\"cpu\" (this build has no GPU support: feature `gpu`)".into()
                },
            }),
        }
    }

    pub(crate) fn dispatch(self) -> DispatchDevice {
        match self {
            Self::Cpu => FlexDevice::default().into(),
            #[cfg(feature = "cuda")]
            Self::Gpu => burn::backend::CudaDevice::default().into(),
            #[cfg(all(feature = "gpu", not(feature = "cuda")))]
            Self::Gpu => burn::backend::WgpuDevice::default().into(),
            #[cfg(not(any(feature = "gpu", feature = "cuda")))]
            Self::Gpu => unreachable!("`Device::parse` gives no GPU in a build without one"),
        }
    }

    /// How booleans are stored there: not the same on every backend.
    pub(crate) fn bool_store(self) -> burn::backend::BoolDType {
        self.dispatch().defaults().bool_dtype
    }

    /// Waits until everything asked of the device is done.
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
