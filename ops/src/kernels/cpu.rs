//! The memory of f32 tensors on the CPU, for kernels that read and write it themselves.

use burn::backend::{BackendTensor, DispatchTensorKind, flex::FlexTensor};

use crate::{
    DType, Device, Spec,
    op::{Operand, Primitive},
    tensor::{Data, upload},
};

/// The elements in row-major order, copied only where a view has them in another; `None` unless the
/// operand is f32 on the CPU.
pub(crate) fn floats(x: &Operand) -> Option<Floats> {
    match &x.value.kind {
        DispatchTensorKind::Flex(BackendTensor::Float(flex)) if x.spec.dtype == DType::F32 => {
            Some(Floats(if flex.is_contiguous() { flex.clone() } else { flex.to_contiguous() }))
        }
        _ => None,
    }
}

/// Elements in row-major order.
pub(crate) struct Floats(FlexTensor);

impl std::ops::Deref for Floats {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.0.as_slice().unwrap_or_default()
    }
}

/// A tensor on the CPU with those elements.
pub(crate) fn tensor(elements: Vec<f32>, spec: &Spec) -> Primitive {
    upload(Data::F32(elements), spec, Device::Cpu)
}
