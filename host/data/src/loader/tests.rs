use super::*;
use crate::Images;

/// `n` labelled pictures of `side * side` pixels, all different: `side` 8 is prepared in place, 64 by a
/// thread, for batches from 4 to 255.
fn set(n: usize, side: usize) -> Dataset {
    let pixels = (0..n).flat_map(|i| (0..side * side).map(move |k| (i * 31 + k) as u8)).collect();
    Dataset::from_images(Images {
        name: "test".into(),
        shape: [1, side, side],
        pixels,
        labels: Some((0..n as u32).map(|i| i % 10).collect()),
        class_names: (0..10).map(|class| class.to_string()).collect(),
        unlabelled: String::new(),
    })
}

fn plan(batch_size: usize, seed: Option<u64>) -> BatchPlan {
    BatchPlan { batch_size, shuffle: seed.map(Key::new), drop_last: false, device: Device::Cpu }
}

fn all(set: &Dataset, plan: BatchPlan) -> Vec<Batch> {
    loader(set, plan).collect::<Result<_>>().unwrap()
}

fn loader(set: &Dataset, plan: BatchPlan) -> BatchLoader {
    BatchLoader::new(BatchRecipe::new(set, plan).unwrap()).unwrap()
}

fn indices(batches: &[Batch]) -> Vec<u32> {
    batches.iter().flat_map(|batch| batch.indices.clone()).collect()
}

#[test]
fn a_large_batch_has_a_thread() {
    let worker = |side| loader(&set(10, side), plan(4, None)).worker;
    assert!(worker(8).is_none() && worker(64).is_some());
}

#[test]
fn batches_are_what_their_indices_say() {
    for side in [8, 64] {
        let set = set(23, side);
        for batch in all(&set, plan(5, Some(3))) {
            let at: Vec<usize> = batch.indices.iter().map(|&i| i as usize).collect();
            let (images, labels) = set.batch(&at, Device::Cpu).unwrap();
            assert_eq!(batch.images.shape(), [at.len(), 1, side, side]);
            assert_eq!(batch.images.to_f32().unwrap(), images.to_f32().unwrap());
            let labels = labels.unwrap().to_data().unwrap();
            assert_eq!(batch.labels.unwrap().to_data().unwrap(), labels);
            assert_eq!(labels.to_f64(), at.iter().map(|i| (i % 10) as f64).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_thread_gives_what_none_gives() {
    let [small, large] = [8, 64].map(|side| indices(&all(&set(23, side), plan(5, Some(3)))));
    assert_eq!(small, large);
    assert_eq!(small, order(23, Key::new(3)));
}

#[test]
fn a_pass_has_every_item_once_in_the_order_of_its_key() {
    for side in [8, 64] {
        let set = set(50, side);
        let of = |seed| indices(&all(&set, plan(7, seed)));
        assert_eq!(of(None), (0..50).collect::<Vec<_>>());
        assert_eq!(of(Some(1)), of(Some(1)));
        assert_ne!(of(Some(1)), of(Some(2)));
        let mut sorted = of(Some(1));
        sorted.sort_unstable();
        assert_eq!(sorted, of(None));
    }
}

#[test]
fn the_last_batch_is_smaller_or_left_out() {
    for side in [8, 64] {
        let set = set(10, side);
        let sizes = |drop_last| {
            let batches = all(&set, BatchPlan { drop_last, ..plan(4, Some(1)) });
            batches.iter().map(|batch| batch.indices.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(false), [4, 4, 2]);
        assert_eq!(sizes(true), [4, 4]);
        let mut batches = loader(&set, plan(4, None));
        assert_eq!(batches.len(), 3);
        batches.next();
        assert_eq!(batches.len(), 2);
        assert_eq!(all(&set, plan(1000, None)).len(), 1);
    }
}

#[test]
fn a_pass_may_have_any_items_of_the_set() {
    for side in [8, 64] {
        let order = vec![3, 3, 0, 9, 3];
        let pass = |order| {
            let recipe = BatchRecipe::of_items(&set(10, side), order, plan(2, None)).unwrap();
            BatchLoader::new(recipe).unwrap()
        };
        let batches: Vec<Batch> = pass(order.clone()).collect::<Result<_>>().unwrap();
        assert_eq!(indices(&batches), order);
        assert_eq!(batches[1].labels.as_ref().unwrap().to_f64().unwrap(), [0.0, 9.0]);
        let mut wrong = pass(vec![10]);
        assert!(wrong.next().unwrap().unwrap_err().to_string().contains("an index is 10"));
    }
}

#[test]
fn a_pass_without_a_batch_is_refused() {
    let (full, empty) = (set(3, 8), set(0, 8));
    let cases = [
        (&full, plan(0, None)),
        (&empty, plan(2, None)),
        (&full, BatchPlan { drop_last: true, ..plan(4, None) }),
    ];
    for (set, plan) in cases {
        let error = BatchRecipe::new(set, plan).err().unwrap().to_string();
        let expected = format!("no batch of {} can be made of `{set}`", plan.batch_size);
        assert!(error.contains(&expected), "{error}");
    }
}

/// A recipe for `Worker`, and what it holds as long as it lives.
fn recipe() -> (Arc<BatchRecipe>, Arc<()>) {
    (Arc::new(BatchRecipe::new(&set(8, 8), plan(2, None)).unwrap()), Arc::new(()))
}

/// A worker whose batch 1 is `second`.
fn worker(second: fn() -> Result<Gathered>) -> (BatchLoader, Arc<()>) {
    let (recipe, alive) = recipe();
    let (source, held) = (Arc::clone(&recipe), Arc::clone(&alive));
    let prepare = move |i| {
        let _held = &held;
        if i == 1 { second() } else { source.prepare(i) }
    };
    let worker = Some(Worker::start(4, prepare).unwrap());
    (BatchLoader { recipe, worker, done: 0 }, alive)
}

#[test]
fn an_error_in_the_thread_is_the_last_thing_that_comes() {
    let (mut batches, _) = worker(|| Err(ops::Error::Interrupted.into()));
    assert_eq!(batches.next().unwrap().unwrap().indices, [0, 1]);
    assert_eq!(batches.next().unwrap().unwrap_err().to_string(), "interrupted");
    assert!(batches.next().is_none());
}

#[test]
fn a_panic_in_the_thread_is_an_error() {
    let (mut batches, alive) = worker(|| panic!("number {}", 7));
    assert!(batches.next().unwrap().is_ok());
    let error = batches.next().unwrap().unwrap_err().to_string();
    assert!(error.contains("a fault inside the host: number 7"), "{error}");
    assert!(batches.next().is_none());
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn a_dropped_pass_leaves_no_thread() {
    let (recipe, alive) = recipe();
    let held = Arc::clone(&alive);
    let prepare = move |_| {
        let _held = &held;
        recipe.prepare(0)
    };
    // Far more than the channel holds: the thread waits for room when the worker is dropped.
    let mut worker = Worker::start(1000, prepare).unwrap();
    assert_eq!(worker.receive().unwrap().indices, [0, 1]);
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(worker);
    assert_eq!(Arc::strong_count(&alive), 1);
}
