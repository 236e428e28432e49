//! Fewer points for the same curve.

/// At most `2 * buckets + 1` of `points` (x, y), in their order, such that every spike stays.
///
/// Consecutive points are put into equal buckets, and each bucket keeps its smallest and its
/// largest finite y; a bucket without any keeps a gap. The last point always stays.
pub fn thin(points: &[(f64, f64)], buckets: usize) -> Vec<(f64, f64)> {
    if points.len() <= 2 * buckets {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(2 * buckets + 1);
    for bucket in points.chunks(points.len().div_ceil(buckets.max(1))) {
        kept.extend(extremes(bucket));
    }
    if kept.last() != points.last() {
        kept.extend(points.last());
    }
    kept
}

/// The points with the smallest and the largest finite y, in their order.
fn extremes(bucket: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let finite = || (0..bucket.len()).filter(|&i| bucket[i].1.is_finite());
    let by_y = |&a: &usize, &b: &usize| bucket[a].1.total_cmp(&bucket[b].1);
    match (finite().min_by(by_y), finite().max_by(by_y)) {
        (Some(low), Some(high)) if low == high => vec![bucket[low]],
        (Some(low), Some(high)) => vec![bucket[low.min(high)], bucket[low.max(high)]],
        _ => vec![(bucket[0].0, f64::NAN)],
    }
}
