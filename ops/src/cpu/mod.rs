//! The memory of f32 tensors on the CPU, for kernels that read and write it themselves.

use std::{marker::PhantomData, mem::MaybeUninit, ops::Deref};

use burn::backend::{BackendTensor, DispatchTensorKind, flex::FlexTensor};
use rayon::prelude::*;

use crate::{
    DType, Device, Spec,
    kernels::product::Steps,
    op::{Operand, Primitive},
    tensor::{Data, upload},
};

/// Parts of so many elements are worth a thread of their own, and stay in its cache.
pub(crate) const PART: usize = 1 << 14;

/// The elements in row-major order, copied only where a view has them in another; `None` unless the
/// operand is f32 on the CPU.
pub(crate) fn floats(x: &Operand) -> Option<Floats> {
    floats_of(x.dense(), x.spec.dtype)
}

/// [`floats`] of a tensor of a backend.
pub(crate) fn floats_of(x: &Primitive, dtype: DType) -> Option<Floats> {
    match &x.kind {
        DispatchTensorKind::Flex(BackendTensor::Float(flex)) if dtype == DType::F32 => {
            Some(Floats::new(flex))
        }
        _ => None,
    }
}

/// A matrix of f32 on the CPU where it stands, transposed or not: its memory from the first element on,
/// and the distances from row to row and from column to column. `None` for anything else.
pub(crate) fn matrix<'a>(x: &'a Operand) -> Option<(&'a [f32], Steps)> {
    let DispatchTensorKind::Flex(BackendTensor::Float(flex)) = &x.dense().kind else { return None };
    if x.spec.dtype != DType::F32 || x.spec.rank() != 2 {
        return None;
    }
    let &[row, column] = flex.layout().strides() else { return None };
    let (row, column) = (usize::try_from(row).ok()?, usize::try_from(column).ok()?);
    Some((&flex.storage()[flex.layout().start_offset()..], Steps { row, column }))
}

/// The elements of an operand that is known to be f32 on the CPU.
pub(crate) fn known(x: &Operand) -> Floats {
    floats(x).expect("whoever takes f32 on the CPU has looked whether it is that")
}

/// The elements of a tensor of a backend that is known to be f32 on the CPU.
pub(crate) fn elements(x: &Primitive) -> Floats {
    let DispatchTensorKind::Flex(BackendTensor::Float(flex)) = &x.kind else {
        panic!("whoever takes f32 on the CPU has looked whether it is that");
    };
    Elements::new(flex)
}

/// The elements of an operand that is known to be i32 on the CPU.
pub(crate) fn ints(x: &Operand) -> Elements<i32> {
    let DispatchTensorKind::Flex(BackendTensor::Int(flex)) = &x.value.kind else {
        panic!("whoever takes i32 on the CPU has looked whether it is that");
    };
    Elements::new(flex)
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

/// A tensor on the CPU with those elements.
pub(crate) fn tensor(elements: Vec<f32>, spec: &Spec) -> Primitive {
    upload(Data::F32(elements), spec, Device::Cpu)
}

/// A tensor on the CPU with those elements.
pub(crate) fn integers(elements: Vec<i32>, spec: &Spec) -> Primitive {
    upload(Data::I32(elements), spec, Device::Cpu)
}

/// `y = f(x)`, element by element.
pub(crate) fn map(x: &[f32], y: &Spec, f: impl Fn(f32) -> f32 + Sync) -> Primitive {
    let fill = |first: usize, part: &mut [MaybeUninit<f32>]| {
        let x = &x[first..first + part.len()];
        wide(
            #[inline(always)]
            || part.iter_mut().zip(x).for_each(|(y, x)| _ = y.write(f(*x))),
        );
    };
    // SAFETY: a part and what it is zipped with are equally long.
    tensor(unsafe { in_parts(x.len(), PART, fill) }, y)
}

/// `y = f(a, b)`, element by element.
pub(crate) fn zip(a: &[f32], b: &[f32], y: &Spec, f: impl Fn(f32, f32) -> f32 + Sync) -> Primitive {
    let fill = |first: usize, part: &mut [MaybeUninit<f32>]| {
        let (a, b) = (&a[first..first + part.len()], &b[first..first + part.len()]);
        wide(
            #[inline(always)]
            || part.iter_mut().zip(a).zip(b).for_each(|((y, a), b)| _ = y.write(f(*a, *b))),
        );
    };
    // SAFETY: as in `map`.
    tensor(unsafe { in_parts(a.len(), PART, fill) }, y)
}

/// Zeros, of which `fill` writes some, by rows of `row` elements; it gets each row and its number.
pub(crate) fn rows(len: usize, row: usize, fill: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    let fill = |first: usize, part: &mut [MaybeUninit<f32>]| fill(first / row, filled(part, 0.0));
    // SAFETY: `filled` writes all of the row.
    unsafe { in_parts(len, row, fill) }
}

/// [`rows`] with memory that `fill` may use for one row and find as it left it for the next.
pub(crate) fn rows_with<S: Send>(
    len: usize,
    row: usize,
    memory: impl Fn() -> S + Sync + Send,
    fill: impl Fn(&mut S, usize, &mut [f32]) + Sync + Send,
) -> Vec<f32> {
    let mut y = Vec::with_capacity(len);
    let parts = y.spare_capacity_mut()[..len].par_chunks_mut(row).enumerate();
    let parts = parts.with_min_len(PART.div_ceil(row));
    parts.for_each_init(memory, |memory, (i, part)| fill(memory, i, filled(part, 0.0)));
    // SAFETY: the rows are all of the memory, and `filled` writes all of each.
    unsafe { y.set_len(len) };
    y
}

/// Runs a loop compiled for the widest vectors that the processor has. The bits are the same in all: Rust
/// rounds each operation by itself. The closure must be `#[inline(always)]`, or it is compiled as
/// everything else.
#[inline(always)]
pub(crate) fn wide<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn avx512<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        #[target_feature(enable = "avx2")]
        fn avx2<R>(f: impl FnOnce() -> R) -> R {
            f()
        }
        let has_avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if has_avx512 {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { avx512(f) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { avx2(f) };
        }
    }
    f()
}

/// `f(i)` for all i below `n`, on all threads; each reads so many elements.
pub(crate) fn each<T: Send>(n: usize, elements: usize, f: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..n).into_par_iter().with_min_len(PART.div_ceil(elements.max(1))).map(f).collect()
}

/// The memory with one number everywhere.
pub(crate) fn filled(memory: &mut [MaybeUninit<f32>], number: f32) -> &mut [f32] {
    memory.fill(MaybeUninit::new(number));
    // SAFETY: all elements were just written.
    unsafe { &mut *(std::ptr::from_mut(memory) as *mut [f32]) }
}

/// `len` elements, written in parts of `part`, the last one of fewer, on all threads. `fill` gets the
/// number of the part's first element.
///
/// # Safety
/// `fill` writes all elements of each part.
pub(crate) unsafe fn in_parts(
    len: usize,
    part: usize,
    fill: impl Fn(usize, &mut [MaybeUninit<f32>]) + Sync,
) -> Vec<f32> {
    let mut memory = Vec::with_capacity(len);
    let parts = memory.spare_capacity_mut()[..len].par_chunks_mut(part).enumerate();
    parts.with_min_len(PART.div_ceil(part)).for_each(|(i, memory)| fill(i * part, memory));
    // SAFETY: the parts are all of the memory.
    unsafe { memory.set_len(len) };
    memory
}
