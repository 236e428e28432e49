//! Sums over a vector.

/// Numbers that are added at once.
const LANES: usize = 16;

/// The sums of the numbers that `f` makes of the elements of two vectors of one length, in an order that
/// depends on the length only.
#[inline(always)]
pub(super) fn sums<const K: usize>(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> [f32; K]) -> [f64; K] {
    let mut lanes = [[0f32; LANES]; K];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            let terms = f(a[lane], b[lane]);
            (0..K).for_each(|k| lanes[k][lane] += terms[k]);
        }
    }
    for (lane, (&a, &b)) in a_rest.iter().zip(b_rest).enumerate() {
        let terms = f(a, b);
        (0..K).for_each(|k| lanes[k][lane] += terms[k]);
    }
    lanes.map(|lanes| lanes.iter().map(|&x| f64::from(x)).sum())
}
