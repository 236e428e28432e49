//! The same bits from run to run, and whatever the number of threads.

use ops::{DType, Device, Result, Tensor, op::Window, random::Key};
use rayon::ThreadPoolBuilder;

fn normal(shape: &[usize]) -> Tensor {
    let n = shape.iter().product();
    Tensor::from_data(Key::new(5).draw(n as u64).normal(n), shape, Device::Cpu).unwrap()
}

/// The bits of an answer that `threads` threads compute.
fn bits(threads: usize, f: &(dyn Fn() -> Result<Vec<Tensor>> + Sync)) -> Vec<u64> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let answers = pool.install(f).unwrap();
    answers.iter().flat_map(|y| y.to_f64().unwrap()).map(f64::to_bits).collect()
}

fn assert_same_bits(what: &str, f: impl Fn() -> Result<Vec<Tensor>> + Sync) {
    let expected = bits(1, &f);
    for threads in [1, 2, 2, 3] {
        assert!(bits(threads, &f) == expected, "{what} with {threads} threads");
    }
}

#[test]
fn sums_of_many_numbers() {
    // More than the 4 Mi elements from which Flex adds up in parallel, and not a round number.
    let x = normal(&[5, 1_100_003]);
    let flat = x.reshape(&[x.len()]).unwrap();
    let double = x.cast(DType::F64).unwrap();
    assert_same_bits("sum", || Ok(vec![x.sum()?, flat.sum()?, double.sum()?, flat.sum_dims(&[0], true)?]));
    assert_same_bits("sum of a view", || {
        Ok(vec![x.transpose(0, 1)?.sum()?, flat.slice(0, 3, None, 1)?.sum()?])
    });
    assert_same_bits("sum_dims", || Ok(vec![x.sum_dims(&[0], false)?, x.sum_dims(&[1], false)?]));
    assert_same_bits("mean", || Ok(vec![x.mean()?, x.var_dims(&[], false, 1)?, x.norm_dims(&[], false)?]));
    assert_same_bits("logsumexp", || Ok(vec![flat.logsumexp(&[0], false)?, flat.cumsum(0)?.sum()?]));
    assert_same_bits("softmax", || Ok(vec![flat.softmax(0)?, x.log_softmax(1)?]));
}

#[test]
fn gradients_that_are_sums() {
    let (images, weight) = (normal(&[16, 8, 30, 30]), normal(&[16, 8, 3, 3]));
    let window = Window { padding: [1, 1], ..Window::default() };
    assert_same_bits("conv2d", || {
        let (x, w, b) = (images.track()?, weight.track()?, normal(&[16]).track()?);
        let y = x.conv2d(&w, Some(&b), window)?.relu()?.square()?.mean()?;
        y.gradient(&[&x, &w, &b])
    });
    assert_same_bits("conv_transpose2d", || {
        let (x, w) = (images.track()?, normal(&[8, 12, 3, 3]).track()?);
        x.conv_transpose2d(&w, None, window, [0, 0])?.square()?.mean()?.gradient(&[&x, &w])
    });
    assert_same_bits("matmul", || {
        let (a, b) = (normal(&[300, 700]).track()?, normal(&[700, 500]).track()?);
        a.matmul(&b)?.square()?.mean()?.gradient(&[&a, &b])
    });
    assert_same_bits("pooling", || {
        let x = images.track()?;
        let y = x.max_pool2d([3, 3], [2, 2], [1, 1])?.add(&x.avg_pool2d([3, 3], [2, 2], [1, 1], false)?)?;
        y.square()?.sum()?.gradient(&[&x])
    });
}

#[test]
fn sums_at_indices() {
    let n = 300_000;
    let numbers = |to: usize| Key::new(9).draw(0).words(0)[0] as usize % to;
    let index: Vec<i32> = (0..n).map(|i| ((i * 7919 + numbers(97)) % 50) as i32).collect();
    let index = Tensor::from_data(index, [n], Device::Cpu).unwrap();
    assert_same_bits("index_add", || Ok(vec![normal(&[50, 4]).index_add(0, &index, &normal(&[n, 4]))?]));
    assert_same_bits("scatter_add", || Ok(vec![normal(&[50]).scatter_add(0, &index, &normal(&[n]))?]));
}
