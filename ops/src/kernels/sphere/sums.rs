//! Sums over vectors.

/// Numbers that are added at once.
const LANES: usize = 16;

/// The sums of the numbers that `f` makes of the elements of vectors of one length, in an order that
/// depends on the length only.
#[inline(always)]
pub(super) fn sums<const N: usize, const K: usize>(
    x: [&[f32]; N],
    f: impl Fn([f32; N]) -> [f32; K],
) -> [f64; K] {
    let mut lanes = [[0f32; LANES]; K];
    let parts = x.map(|x| x.as_chunks::<LANES>());
    for i in 0..parts[0].0.len() {
        let part = parts.map(|(whole, _)| &whole[i]);
        for lane in 0..LANES {
            let terms = f(part.map(|x| x[lane]));
            (0..K).for_each(|k| lanes[k][lane] += terms[k]);
        }
    }
    for lane in 0..parts[0].1.len() {
        let terms = f(parts.map(|(_, rest)| rest[lane]));
        (0..K).for_each(|k| lanes[k][lane] += terms[k]);
    }
    lanes.map(|lanes| lanes.iter().map(|&x| f64::from(x)).sum())
}
