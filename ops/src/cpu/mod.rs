//! Arithmetic on the CPU: slices in, slices out. Nothing here knows tensors or operations.
//!
//! Reading order: this file (loops on all threads, in the widest vectors), [`maths`] (functions of one
//! number), [`sum`], [`product`] (matrices), [`conv`] (convolutions as products), [`channels`] (batch
//! normalisation), [`broadcast`], [`recurrent`] (LSTM, GRU).

use std::mem::MaybeUninit;

use rayon::prelude::*;

pub(crate) mod broadcast;
pub(crate) mod channels;
pub(crate) mod conv;
pub(crate) mod maths;
pub(crate) mod product;
pub(crate) mod recurrent;
pub(crate) mod sum;

/// Parts of so many elements are worth a thread of their own, and stay in its cache.
pub(crate) const PART: usize = 1 << 14;

/// `y = f(x)`, element by element.
pub(crate) fn map(x: &[f32], f: impl Fn(f32) -> f32 + Sync) -> Vec<f32> {
    let fill = |first: usize, part: &mut [MaybeUninit<f32>]| {
        let x = &x[first..first + part.len()];
        wide!(part.iter_mut().zip(x).for_each(|(y, x)| _ = y.write(f(*x))));
    };
    // SAFETY: a part and what it is zipped with are equally long.
    unsafe { in_parts(x.len(), PART, fill) }
}

/// `y = f(a, b)`, element by element.
pub(crate) fn zip(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32 + Sync) -> Vec<f32> {
    let fill = |first: usize, part: &mut [MaybeUninit<f32>]| {
        let (a, b) = (&a[first..first + part.len()], &b[first..first + part.len()]);
        wide!(part.iter_mut().zip(a).zip(b).for_each(|((y, a), b)| _ = y.write(f(*a, *b))));
    };
    // SAFETY: as in `map`.
    unsafe { in_parts(a.len(), PART, fill) }
}

/// Zeros, of which `fill` writes some, by rows of `row` elements; it is given the index of each row and the
/// row.
pub(crate) fn rows(len: usize, row: usize, fill: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    let fill = |first: usize, part: &mut [MaybeUninit<f32>]| fill(first / row, filled(part, 0.0));
    // SAFETY: `filled` writes all of the row.
    unsafe { in_parts(len, row, fill) }
}

/// [`rows`] with memory that `fill` may use for one row and finds unchanged for the next.
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

/// A loop compiled for the widest vectors that the processor has. The bits are the same in all: Rust rounds
/// each operation by itself. Functions that it calls must be `#[inline(always)]`, or they are compiled as
/// everything else.
macro_rules! wide {
    ($loop:expr) => {
        $crate::cpu::widest(
            #[inline(always)]
            || $loop,
        )
    };
}
pub(crate) use wide;

/// See [`wide`].
#[inline(always)]
pub(crate) fn widest<R>(f: impl FnOnce() -> R) -> R {
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

/// `len` elements, written in parts of `part`, the last one of fewer, on all threads; on this one where they
/// are few. `fill` is given the index of the part's first element.
///
/// # Safety
/// `fill` writes all elements of each part.
pub(crate) unsafe fn in_parts(
    len: usize,
    part: usize,
    fill: impl Fn(usize, &mut [MaybeUninit<f32>]) + Sync,
) -> Vec<f32> {
    let mut memory = Vec::with_capacity(len);
    let spare = &mut memory.spare_capacity_mut()[..len];
    if len <= PART {
        spare.chunks_mut(part).enumerate().for_each(|(i, memory)| fill(i * part, memory));
    } else {
        let parts = spare.par_chunks_mut(part).enumerate();
        parts.with_min_len(PART.div_ceil(part)).for_each(|(i, memory)| fill(i * part, memory));
    }
    // SAFETY: the parts are all of the memory.
    unsafe { memory.set_len(len) };
    memory
}
