//! Numbers that follow the batch size.

use super::BATCHES;

/// `scale * batch + offset`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct BatchSize {
    pub scale: i64,
    pub offset: i64,
}

impl BatchSize {
    /// How a number follows the batch that was `small` in one trace and `large` in the other: none where
    /// the two do not determine it.
    pub fn of(small: i64, large: i64) -> Option<Self> {
        let [n, m] = BATCHES.map(|batch| batch as i64);
        let step = large.checked_sub(small)?;
        if step == 0 {
            return Some(Self { scale: 0, offset: small });
        }
        let scale = step / (m - n);
        let offset = small - scale * n;
        // A product of two sizes that follow the batch would look like a large multiple less something.
        let plain = offset >= 0 || scale == 1;
        (step % (m - n) == 0 && scale > 0 && plain).then_some(Self { scale, offset })
    }

    /// The number, where it does not follow the batch.
    pub fn fixed(self) -> Option<i64> {
        (self.scale == 0).then_some(self.offset)
    }

    /// How the size is called: `batch`, `4*batch`, `batch+1`.
    pub fn name(self) -> String {
        let factor = if self.scale == 1 { String::new() } else { format!("{}*", self.scale) };
        let rest = if self.offset == 0 { String::new() } else { format!("{:+}", self.offset) };
        format!("{factor}batch{rest}")
    }
}

/// [`BatchSize::of`] for each of several numbers.
pub(super) fn sizes(small: &[i64], large: &[i64]) -> Option<Vec<BatchSize>> {
    if small.len() != large.len() {
        return None;
    }
    small.iter().zip(large).map(|(&a, &b)| BatchSize::of(a, b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_batch_is_distinguished_from_what_does_not() {
        let [n, m] = BATCHES.map(|batch| batch as i64);
        assert_eq!(BatchSize::of(7, 7).unwrap().fixed(), Some(7));
        assert_eq!(BatchSize::of(n, m).unwrap().name(), "batch");
        assert_eq!(BatchSize::of(4 * n, 4 * m).unwrap().name(), "4*batch");
        assert_eq!(BatchSize::of(n - 1, m - 1).unwrap().name(), "batch-1");
        assert_eq!(BatchSize::of(2 * n + 5, 2 * m + 5).unwrap().name(), "2*batch+5");
        for (small, large) in [(n * n, m * m), (n / 2, m / 2), (m, n), (n * (n - 1), m * (m - 1)), (1, 7)] {
            assert_eq!(BatchSize::of(small, large), None, "{small} and {large}");
        }
    }
}
