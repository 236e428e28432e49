//! Loops compiled once for each width of vectors, and run in the widest that the processor has.
//!
//! The bits are the same in all: Rust rounds each operation by itself.

/// A computation without calls that are not inlined. Mark `run` as `#[inline(always)]`.
pub(crate) trait Work {
    type Output;

    /// Does it.
    fn run(self) -> Self::Output;
}

/// Does it in the widest vectors.
#[cfg(target_arch = "x86_64")]
pub(crate) fn widest<W: Work>(work: W) -> W::Output {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    fn avx512<W: Work>(work: W) -> W::Output {
        work.run()
    }
    #[target_feature(enable = "avx2")]
    fn avx2<W: Work>(work: W) -> W::Output {
        work.run()
    }
    let has_avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match () {
        // SAFETY: the processor has what the function is compiled for.
        () if has_avx512 => unsafe { avx512(work) },
        // SAFETY: as above.
        () if is_x86_feature_detected!("avx2") => unsafe { avx2(work) },
        () => work.run(),
    }
}

/// Does it in the widest vectors.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn widest<W: Work>(work: W) -> W::Output {
    work.run()
}
