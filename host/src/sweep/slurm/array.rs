//! Which jobs an array has.

/// A job array: jobs of one round. Its indices are below the cluster's `MaxArraySize`, so that of job
/// `first + i` is `i`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Array {
    /// The index of the round.
    pub round: usize,
    /// The job of index 0.
    pub first: usize,
    /// The jobs, by their numbers from 1, ascending.
    pub jobs: Vec<usize>,
}

impl Array {
    /// Splits jobs of one round, ascending, into arrays of indices below `longest`.
    pub fn split(round: usize, jobs: &[usize], longest: usize) -> Vec<Self> {
        let mut arrays: Vec<Self> = Vec::new();
        for &job in jobs {
            match arrays.last_mut().filter(|array| job - array.first < longest) {
                Some(array) => array.jobs.push(job),
                None => arrays.push(Self { round, first: job, jobs: vec![job] }),
            }
        }
        arrays
    }

    /// Its indices as `sbatch --array` takes them: `0-3,7`.
    pub fn indices(&self) -> String {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for i in self.jobs.iter().map(|job| job - self.first) {
            match spans.last_mut().filter(|(_, last)| *last + 1 == i) {
                Some((_, last)) => *last = i,
                None => spans.push((i, i)),
            }
        }
        let word = |(first, last): &(usize, usize)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        spans.iter().map(word).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(jobs: &[usize], longest: usize) -> Vec<(usize, String)> {
        Array::split(0, jobs, longest).iter().map(|array| (array.first, array.indices())).collect()
    }

    #[test]
    fn jobs_are_split_where_an_index_would_be_too_large() {
        assert_eq!(split(&[1, 2, 3, 4, 5], 4), [(1, "0-3".into()), (5, "0".into())]);
        assert_eq!(split(&[3, 4, 6, 9, 10, 11], 4), [(3, "0-1,3".into()), (9, "0-2".into())]);
        assert_eq!(split(&[7], 1), [(7, "0".into())]);
        assert!(split(&[], 4).is_empty());
    }

    #[test]
    fn thousands_of_jobs_are_few_arrays() {
        let jobs: Vec<usize> = (1..=3000).collect();
        let arrays = Array::split(0, &jobs, 1001);
        assert_eq!(arrays.iter().map(|array| array.jobs.len()).collect::<Vec<_>>(), [1001, 1001, 998]);
        assert_eq!(arrays[1].indices(), "0-1000");
    }
}
