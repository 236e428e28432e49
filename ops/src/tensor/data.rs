//! Values in and out of tensors.

use burn::backend::{
    BoolDType, DType as BurnDType, Dispatch, DispatchTensorKind, FloatDType, IntDType, Scalar, Shape,
    ops::{BoolTensorOps as _, FloatTensorOps as _, IntTensorOps as _},
    read_sync,
};

use super::{
    Charge, DType, Data, Device, Floats, Primitive, Spec, Storage, Tensor, by_kind, floats_of, guarded,
    later, show, supported,
    traffic::{self, Traffic},
};
use crate::{Error, Result, ensure, interrupt};

/// Numbers that are made between two polls for a stop.
pub(crate) const POLL_EVERY: usize = 1 << 20;

/// The backend's name of a float type.
pub(crate) fn float_dtype(dtype: DType) -> FloatDType {
    if dtype == DType::F64 { FloatDType::F64 } else { FloatDType::F32 }
}

/// The backend's name of an integer type.
pub(crate) fn int_dtype(dtype: DType) -> IntDType {
    if dtype == DType::I64 { IntDType::I64 } else { IntDType::I32 }
}

/// Refuses a number that the element type would change in silence: a fraction or too large a number
/// for an integer type.
pub(crate) fn holds(op: &'static str, dtype: DType, value: f64) -> Result<()> {
    let edge = 2f64.powi(if dtype == DType::I32 { 31 } else { 63 });
    ensure(!dtype.is_int() || (value.fract() == 0.0 && (-edge..edge).contains(&value)), || {
        let found = format!("{dtype} and the number {value}");
        Error::dtype(op, found, "a float tensor for fractions and numbers so large (convert with `cast`)")
    })
}

/// A constant tensor of a backend.
pub(crate) fn full_primitive(spec: &Spec, value: f64, device: Device) -> Primitive {
    let (shape, at) = (Shape::from(spec.stored_shape()), device.dispatch());
    match spec.dtype {
        DType::F32 | DType::F64 => {
            Dispatch::float_full(shape, Scalar::Float(value), &at, float_dtype(spec.dtype))
        }
        DType::I32 | DType::I64 => {
            Dispatch::int_full(shape, Scalar::Int(value as i64), &at, int_dtype(spec.dtype))
        }
        DType::Bool if value != 0.0 => Dispatch::bool_ones(shape, &at, device.bool_store()),
        DType::Bool => Dispatch::bool_zeros(shape, &at, device.bool_store()),
        _ => unreachable!("`supported` refuses them"),
    }
}

/// A tensor of a backend with those elements.
pub(crate) fn upload(data: Data, spec: &Spec, device: Device) -> Primitive {
    if device == Device::Gpu {
        traffic::add_here(Traffic { uploads: 1, ..Traffic::default() });
    }
    let (data, at) = (data.into_burn(spec.stored_shape()), device.dispatch());
    match spec.dtype {
        DType::F32 | DType::F64 => Dispatch::float_from_data(data, &at),
        DType::I32 | DType::I64 => Dispatch::int_from_data(data, &at),
        DType::Bool => {
            let store: BoolDType = device.bool_store();
            Dispatch::bool_from_data(data.convert_dtype(BurnDType::Bool(store)), &at)
        }
        _ => unreachable!("`supported` refuses them"),
    }
}

/// The elements of a backend's tensor. Waits for the device.
pub(crate) fn download(op: &'static str, value: Primitive, dtype: DType) -> Result<Data> {
    let is_on_cpu = matches!(value.kind, DispatchTensorKind::Flex(_));
    traffic::add(op, || Traffic { round_trips: u64::from(!is_on_cpu), ..Traffic::default() });
    let read = || {
        read_sync(async { by_kind!(dtype, float_into_data, int_into_data, bool_into_data, (value).await) })
    };
    let data = guarded(op, || traffic::within(op, read))?;
    let failed = |reason: String| Error::Backend { op, reason };
    let data = data.map_err(|e| failed(e.to_string()))?;
    let vector = match dtype {
        DType::F32 => data.try_into_vec().map(Data::F32),
        DType::F64 => data.try_into_vec().map(Data::F64),
        DType::I32 => data.try_into_vec().map(Data::I32),
        DType::I64 => data.try_into_vec().map(Data::I64),
        DType::Bool => data.convert::<bool>().try_into_vec().map(Data::Bool),
        _ => unreachable!("no tensor has them"),
    };
    vector.map_err(|e| failed(format!("{e:?}")))
}

impl Tensor {
    /// A tensor of those elements, in row-major order.
    ///
    /// # Errors
    /// [`Error::Shape`] when the number of elements is not that of the shape; [`Error::Memory`];
    /// [`Error::DType`] for a type that the device does not compute in.
    pub fn from_data(data: impl Into<Data>, shape: impl Into<Vec<usize>>, device: Device) -> Result<Self> {
        let data = data.into();
        let spec = Spec::new(shape, data.dtype());
        ensure(spec.len() == data.len(), || {
            let found = format!("{:?} for {} elements", spec.shape, data.len());
            Error::shape("tensor", found, "a shape of as many elements")
        })?;
        Self::create("tensor", spec, device, |spec| upload(data, spec, device))
    }

    /// A tensor of those whole numbers, of the type that the device has ([`Device::whole`]).
    ///
    /// # Errors
    /// Those of [`Tensor::from_data`]; [`Error::Argument`] for a number that is too large for a GPU.
    pub fn whole(numbers: Vec<i64>, shape: impl Into<Vec<usize>>, device: Device) -> Result<Self> {
        Self::from_data(Data::I64(numbers).fitted(device.whole())?, shape, device)
    }

    /// A tensor whose elements are all `value`; anything but 0 is true.
    ///
    /// # Errors
    /// [`Error::DType`] for a fraction of an integer type;
    /// [`Error::Memory`], [`Error::Shape`], [`Error::DType`] as every new tensor.
    pub fn full(shape: impl Into<Vec<usize>>, value: f64, dtype: DType, device: Device) -> Result<Self> {
        holds("full", dtype, value)?;
        Self::create("full", Spec::new(shape, dtype), device, |spec| full_primitive(spec, value, device))
    }

    /// A tensor of rank 0.
    pub fn scalar(value: f64, dtype: DType, device: Device) -> Result<Self> {
        Self::full([], value, dtype, device)
    }

    /// Zeros of the same shape, element type and device.
    pub fn zeros_like(&self) -> Result<Self> {
        Self::full(self.shape(), 0.0, self.dtype(), self.device())
    }

    /// Ones of the same shape, element type and device.
    pub fn ones_like(&self) -> Result<Self> {
        Self::full(self.shape(), 1.0, self.dtype(), self.device())
    }

    /// A tensor of the elements that `make` gives for their number, once the budget allows them.
    pub(crate) fn generated(
        op: &'static str,
        spec: Spec,
        device: Device,
        make: impl FnOnce(usize) -> Data,
    ) -> Result<Self> {
        Self::create(op, spec, device, |spec| upload(make(spec.len()), spec, device))
    }

    /// A tensor whose element of index `i` in row-major order is `number(i)`; anything but 0 is true.
    ///
    /// # Errors
    /// [`Error::Memory`], [`Error::Shape`], [`Error::DType`] as every new tensor; [`Error::Interrupted`].
    pub fn from_numbers(
        op: &'static str,
        spec: Spec,
        device: Device,
        number: impl Fn(usize) -> f64,
    ) -> Result<Self> {
        let dtype = spec.dtype;
        let number = |i: usize| {
            if i.is_multiple_of(POLL_EVERY) {
                interrupt::poll();
            }
            number(i)
        };
        Self::generated(op, spec, device, |n| Data::from_numbers((0..n).map(number), dtype))
    }

    /// A tensor that `make` gives, once the budget allows it.
    pub(crate) fn create(
        op: &'static str,
        spec: Spec,
        device: Device,
        make: impl FnOnce(&Spec) -> Primitive,
    ) -> Result<Self> {
        device.available(op)?;
        supported(op, &spec, device)?;
        let charge = Charge::new(op, &spec, device)?;
        let primitive = guarded(op, || traffic::within(op, || make(&spec)))?;
        Ok(Self::new(spec, device, Storage::Value(primitive, charge), None))
    }

    /// The elements in row-major order. Waits for the device.
    ///
    /// # Errors
    /// [`Error::Symbolic`] in a trace; [`Error::Backend`] when the device fails; for a GPU also the refusals
    /// of earlier operations that depend on values ([`settle`](super::settle)).
    pub fn to_data(&self) -> Result<Data> {
        let op = "to_data";
        if self.device() == Device::Gpu {
            later::settle()?;
        }
        let _written_out = self.charge_of_copy(op)?;
        download(op, self.primitive(op)?, self.dtype())
    }

    /// The elements of a tensor of f32 on the CPU without a copy, unless a view has them in another order;
    /// `None` for any other tensor.
    ///
    /// # Errors
    /// [`Error::Symbolic`] in a trace.
    pub fn floats(&self) -> Result<Option<Floats>> {
        let _written_out = self.charge_of_copy("floats")?;
        Ok(floats_of(&self.primitive("floats")?, self.dtype()))
    }

    /// The elements as `f32`, whatever number type they have.
    pub fn to_f32(&self) -> Result<Vec<f32>> {
        Ok(match self.to_data()? {
            Data::F32(values) => values,
            other => other.to_f64().into_iter().map(|x| x as f32).collect(),
        })
    }

    /// The elements as `f64`, whatever type they have.
    pub fn to_f64(&self) -> Result<Vec<f64>> {
        Ok(match self.to_data()? {
            Data::F64(values) => values,
            other => other.to_f64(),
        })
    }

    /// The only element.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is more than one.
    pub fn item(&self) -> Result<f64> {
        ensure(self.len() == 1, || Error::shape("item", show(self.shape()), "a single element"))?;
        Ok(self.to_f64()?[0])
    }

    /// A copy on another device; the tensor itself where it is on that device already. Whole numbers become
    /// those that the device has ([`Device::whole`]). Not differentiable.
    ///
    /// # Errors
    /// [`Error::Argument`] for a number that is too large for them.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        if device == self.device() {
            return Ok(self.clone());
        }
        if self.is_symbolic() {
            return Ok(Self::symbolic(self.spec().clone(), device));
        }
        let data = self.to_data()?;
        let held = if self.dtype().is_int() { device.held(self.dtype()) } else { self.dtype() };
        Self::from_data(data.fitted(held)?, self.shape(), device)
    }
}
