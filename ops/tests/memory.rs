//! Graphs give back what they hold. In a process of its own, and one test after another: they count the bytes
//! of all tensors and set the budget.

use std::{
    io::Write as _,
    sync::{Mutex, PoisonError},
};

use ops::{DType, Device, Error, Spec, Tensor, tensor};

static ALONE: Mutex<()> = Mutex::new(());

fn alone(test: impl FnOnce()) {
    let _guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = tensor::live_bytes();
    test();
    assert_eq!(tensor::live_bytes(), before, "bytes that nobody holds are counted");
}

fn leaf(n: usize) -> Tensor {
    Tensor::full([n], 0.5, DType::F32, Device::Cpu).unwrap().track().unwrap()
}

#[test]
fn tensors_on_a_gpu_are_not_on_the_heap() {
    alone(|| {
        let heap = tensor::heap_bytes();
        let on = |device| Tensor::full([1000], 0.5, DType::F32, device).unwrap();
        let on_cpu = on(Device::Cpu);
        assert_eq!(tensor::heap_bytes() - heap, 4000);
        if Device::gpu_name().is_none() {
            let _ = writeln!(std::io::stderr(), "skipped: no GPU");
            return;
        }
        let live = tensor::live_bytes();
        let on_gpu = on(Device::Gpu).square().unwrap();
        assert_eq!((tensor::live_bytes() - live, tensor::heap_bytes() - heap), (4000, 4000));
        drop((on_cpu, on_gpu));
        assert_eq!(tensor::heap_bytes(), heap);
    });
}

#[test]
fn forward_passes_without_backward_leave_nothing() {
    alone(|| {
        let (x, weight) = (leaf(64).reshape(&[1, 64]).unwrap(), leaf(64 * 64).reshape(&[64, 64]).unwrap());
        let held = tensor::live_bytes();
        for _ in 0..1000 {
            let y = x.matmul(&weight).unwrap().relu().unwrap().softmax(1).unwrap().square().unwrap();
            assert!(y.mean().unwrap().is_tracked());
        }
        assert_eq!(tensor::live_bytes(), held);
    });
}

#[test]
fn backward_frees_the_graph_as_it_goes() {
    alone(|| {
        let x = leaf(1000);
        let mut y = x.clone();
        for _ in 0..50 {
            y = y.tanh().unwrap();
        }
        let loss = y.sum().unwrap();
        assert!(tensor::live_bytes() > 50 * 4000);
        drop(y);
        let gradients = loss.backward().unwrap();
        // The leaf, its gradient, the loss and the seed.
        assert!(tensor::live_bytes() < 4 * 4000, "{}", tensor::live_bytes());
        assert!(gradients.of(&x).is_some());
    });
}

#[test]
fn what_a_gradient_does_not_need_is_not_kept() {
    alone(|| {
        let x = leaf(100_000);
        let mut y = x.clone();
        for _ in 0..50 {
            y = y.add(&x).unwrap().mul_scalar(2.0).unwrap().neg().unwrap();
        }
        assert!(tensor::live_bytes() < 4 * 400_000, "{}", tensor::live_bytes());
    });
}

#[test]
fn a_graph_of_scalars_counts_more_than_its_elements() {
    alone(|| {
        let before = tensor::live_bytes();
        let mut y = leaf(1);
        for _ in 0..10_000 {
            y = y.add_scalar(1.0).unwrap();
        }
        assert!(tensor::live_bytes() - before > 10_000 * 100, "{}", tensor::live_bytes() - before);
        tensor::set_budget(tensor::live_bytes() + 1000);
        let refused = (0..100).map(|_| y.add_scalar(1.0)).collect::<Result<Vec<_>, _>>();
        tensor::set_budget(isize::MAX as usize);
        assert!(matches!(refused, Err(Error::Memory { .. })));
    });
}

#[test]
fn a_long_chain_is_differentiated_and_dropped_without_recursion() {
    let long = || {
        alone(|| {
            for backward in [false, true] {
                let x = leaf(1);
                let mut y = x.clone();
                for _ in 0..100_000 {
                    y = y.add_scalar(1.0).unwrap();
                }
                if backward {
                    let found = y.backward().unwrap();
                    assert_eq!(found.of(&x).unwrap().item().unwrap(), 1.0);
                } else {
                    assert_eq!(y.gradient(&[&x]).unwrap()[0].item().unwrap(), 1.0);
                }
            }
        });
    };
    // A tenth of the stack that threads have.
    std::thread::Builder::new().stack_size(200 << 10).spawn(long).unwrap().join().unwrap();
}

#[test]
fn a_long_trace_is_dropped_without_recursion() {
    let long = || {
        alone(|| {
            let mut y = Tensor::symbolic(Spec::new([1], DType::F32), Device::Cpu);
            for _ in 0..100_000 {
                y = y.exp().unwrap();
            }
            assert!(y.is_symbolic());
        });
    };
    std::thread::Builder::new().stack_size(200 << 10).spawn(long).unwrap().join().unwrap();
}

#[test]
fn the_budget_is_checked_before_anything_is_allocated() {
    alone(|| {
        let x = leaf(1000);
        tensor::set_budget(tensor::live_bytes() + 6000);
        let y = x.exp().unwrap();
        let refused = y.exp();
        // A view takes nothing, what it is written out to does.
        let wide = y.expand(&[100, 1000]).unwrap();
        let (written, copied) = (wide.reshape(&[100_000]), wide.exp());
        tensor::set_budget(isize::MAX as usize);
        assert!(matches!(refused, Err(Error::Memory { op: "exp", .. })));
        assert!(matches!(written, Err(Error::Memory { op: "reshape", .. })));
        assert!(matches!(copied, Err(Error::Memory { op: "exp", .. })));
    });
}
