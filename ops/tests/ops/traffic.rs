//! What is counted of work: on the CPU operations and bytes, on a GPU launches and round trips too.

use crate::support::gpu;
use ops::{
    Device, Result, Tensor,
    nn::{Adam, Optimiser, Parameter},
    tensor::traffic::{self, Traffic, count},
};

#[test]
fn operations_and_their_bytes_are_counted() {
    let x = Tensor::from_data(vec![1f32; 6], [2, 3], Device::Cpu).unwrap();
    let (y, counts) = count(|| x.add(&x)?.exp()?.transpose(0, 1));
    assert_eq!(y.unwrap().shape(), [3, 2]);
    let one = |bytes_read| Traffic { operations: 1, bytes_read, bytes_written: 24, ..Traffic::default() };
    // The transpose is a view: it moves nothing.
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("add", one(48)), ("exp", one(24))]);
    assert!(count(|| ()).1.is_empty());
}

#[test]
fn launches_and_round_trips_of_a_gpu_are_counted() {
    let Some(gpu) = gpu() else { return };
    let x = Tensor::from_data(vec![1f32; 6], [2, 3], gpu).unwrap();
    let (y, counts) = count(|| x.exp()?.log());
    assert_eq!(["exp", "log"].map(|name| counts[name].launches), [1, 1]);
    let (value, counts) = count(|| y.unwrap().sum()?.item());
    assert!((value.unwrap() - 6.0).abs() < 1e-5);
    let all = traffic::total(&counts);
    assert_eq!((all.launches, all.round_trips, all.uploads), (1, 1, 0), "{counts:?}");
    let (_, counts) = count(|| Tensor::from_data(vec![1f32; 6], [6], gpu));
    assert_eq!(traffic::total(&counts).uploads, 1);
}

/// So many parameters of those sizes, with gradients.
fn step(parameters: usize, device: Device) -> Result<traffic::Counts> {
    let parameter = |i: usize| -> Result<_> {
        let value = Tensor::full([1 + 500 * (i % 4)], 1.0, ops::DType::F32, device)?;
        Ok((i.to_string(), Parameter::new(&value)?))
    };
    let named = (0..parameters).map(parameter).collect::<Result<Vec<_>>>()?;
    let optimiser = Optimiser::new(Adam::default(), 1e-2, named.clone())?;
    let squares = named.iter().map(|(_, p)| p.get().square()?.sum()).collect::<Result<Vec<_>>>()?;
    let squares: Vec<&Tensor> = squares.iter().collect();
    let gradients = Tensor::stack(&squares, 0)?.sum()?.backward()?;
    // The first step makes the moments.
    optimiser.step(&gradients)?;
    let (done, counts) = count(|| optimiser.step(&gradients));
    done.map(|()| counts)
}

#[test]
fn an_optimiser_moves_many_parameters_in_few_launches() {
    let Some(gpu) = gpu() else { return };
    let counts = step(30, gpu).unwrap();
    let all = traffic::total(&counts);
    // Software drivers take 31 buffers a launch: seven parameters with what belongs to them.
    assert!((1..=5).contains(&all.launches), "{counts:?}");
    assert_eq!((all.round_trips, all.uploads), (0, 0), "{counts:?}");
    let four = 4 * (0..30).map(|i| 1 + 500 * (i % 4)).sum::<u64>();
    assert_eq!((all.bytes_read, all.bytes_written), (4 * four, 3 * four));
}
