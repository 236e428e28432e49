//! The memory of tensors on the CPU, for operations that read and write it themselves.

use std::{marker::PhantomData, ops::Deref, sync::Arc};

use burn::backend::{BackendTensor, DispatchTensorKind, flex::FlexTensor};

use super::{DType, Data, Device, Operand, Primitive, Spec, Storage, Tensor, upload};
use crate::{Result, cpu::product::Steps};

/// What a kernel of f32 on the CPU relies on.
const KNOWN: &str = "operations look for f32 on the CPU before they ask for it";

impl Operand<'_> {
    /// The elements in row-major order, copied only where a view has them in another; `None` unless the
    /// operand is f32 on the CPU.
    pub fn floats(&self) -> Option<Floats> {
        floats_of(&self.value, self.spec.dtype)
    }

    /// [`Operand::floats`] of one that is known to be f32 on the CPU.
    pub fn known_floats(&self) -> Floats {
        self.floats().expect(KNOWN)
    }

    /// The elements of an operand that is known to be i32 on the CPU.
    pub fn known_ints(&self) -> Elements<i32> {
        match &self.value.kind {
            DispatchTensorKind::Flex(BackendTensor::Int(flex)) => Elements::new(flex),
            _ => panic!("{KNOWN}"),
        }
    }

    /// A matrix of f32 on the CPU in its own memory, transposed or not: the memory from the first element on,
    /// and the distances from row to row and from column to column. `None` for anything else.
    pub fn matrix(&self) -> Option<(&[f32], Steps)> {
        let DispatchTensorKind::Flex(BackendTensor::Float(flex)) = &self.value.kind else { return None };
        if self.spec.dtype != DType::F32 || self.spec.rank() != 2 {
            return None;
        }
        let &[row, column] = flex.layout().strides() else { return None };
        let (row, column) = (usize::try_from(row).ok()?, usize::try_from(column).ok()?);
        Some((&flex.storage()[flex.layout().start_offset()..], Steps { row, column }))
    }
}

impl Tensor {
    /// The elements of a tensor of f32 on the CPU, to be written to: a copy replaces the value where other
    /// handles share it. `None` for any other tensor.
    ///
    /// # Errors
    /// Those of a copy.
    pub(crate) fn floats_mut(&mut self) -> Result<Option<&mut [f32]>> {
        if self.unshared().is_none() {
            let copy = Tensor::from_data(self.to_data()?, self.shape(), Device::Cpu)?;
            *self = copy.track_as(self);
        }
        Ok(self.unshared())
    }

    fn unshared(&mut self) -> Option<&mut [f32]> {
        let n = self.len();
        let Storage::Value(primitive, _) = &mut Arc::get_mut(&mut self.0)?.storage else { return None };
        let DispatchTensorKind::Flex(BackendTensor::Float(flex)) = &mut primitive.kind else { return None };
        let whole = flex.layout().contiguous_offsets() == Some((0, n));
        flex.try_storage_mut().filter(|elements: &&mut [f32]| whole && elements.len() == n)
    }
}

/// The elements of a tensor of f32 on the CPU; `None` for another one.
pub(crate) fn floats_of(x: &Primitive, dtype: DType) -> Option<Floats> {
    match &x.kind {
        DispatchTensorKind::Flex(BackendTensor::Float(flex)) if dtype == DType::F32 => {
            Some(Floats::new(flex))
        }
        _ => None,
    }
}

/// A tensor on the CPU with those elements.
pub(crate) fn on_cpu(elements: impl Into<Data>, spec: &Spec) -> Primitive {
    upload(elements.into(), spec, Device::Cpu)
}

/// Elements in row-major order.
pub struct Elements<T>(FlexTensor, PhantomData<T>);

/// Those of a tensor of f32.
pub type Floats = Elements<f32>;

impl<T> Elements<T> {
    fn new(flex: &FlexTensor) -> Self {
        Self(if flex.is_contiguous() { flex.clone() } else { flex.to_contiguous() }, PhantomData)
    }
}

impl Deref for Elements<f32> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.0.as_slice().unwrap_or_default()
    }
}

impl Deref for Elements<i32> {
    type Target = [i32];

    fn deref(&self) -> &[i32] {
        self.0.as_slice().unwrap_or_default()
    }
}
