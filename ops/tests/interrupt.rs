//! Operations that take long end soon after a stop is asked for. In a process of its own: the flag is one for
//! all of it.

use std::{
    thread,
    time::{Duration, Instant},
};

use ops::{
    DType, Device, Error, Result, Tensor, interrupt,
    metrics::fid,
    nn::{ConvOptions, conv2d, init, linear},
    no_grad, random,
};

type Work = (&'static str, fn() -> Result<()>);

fn ones(shape: &[usize], dtype: DType) -> Result<Tensor> {
    Tensor::full(shape, 1.0, dtype, Device::Cpu)
}

/// Seconds of work each, in one call.
const WORK: [Work; 9] = [
    ("product", || ones(&[7000, 7000], DType::F32).and_then(|x| x.matmul(&x)).map(drop)),
    ("product of f64", || ones(&[4000, 4000], DType::F64).and_then(|x| x.matmul(&x)).map(drop)),
    ("products", || ones(&[8, 2500, 2500], DType::F32).and_then(|x| x.matmul(&x)).map(drop)),
    ("convolution", || {
        let layer = conv2d(64, 64, [9, 9], ConvOptions::default())?;
        no_grad(|| layer.forward(&ones(&[8, 64, 160, 160], DType::F32)?)).map(drop)
    }),
    ("sort", || random::uniform(&[20_000_000], Device::Cpu)?.sort(0, false).map(drop)),
    ("sine", || ones(&[1, 10_000], DType::F32)?.expand(&[20_000, 10_000])?.sin().map(drop)),
    ("points of a simplex", || random::dirichlet(&[1, 60_000_000], 0.5, Device::Cpu).map(drop)),
    ("orthogonal", || linear(3000, 3000, false)?.init(init::orthogonal(1.0), false)),
    ("distance of features", || {
        let x = random::normal(&[1500, 1500], Device::Cpu)?;
        fid(&x, &x).map(drop)
    }),
];

#[test]
fn what_takes_long_is_left_when_a_stop_is_asked_for() {
    for (name, work) in WORK {
        interrupt::clear();
        let asking = thread::spawn(|| {
            thread::sleep(Duration::from_millis(150));
            interrupt::request();
            Instant::now()
        });
        let outcome = work();
        let (ended, asked) = (Instant::now(), asking.join().unwrap());
        println!("{name}: {outcome:?} after {:?}", ended.saturating_duration_since(asked));
        // A machine on which it was done before has nothing to show.
        assert!(outcome == Err(Error::Interrupted) || ended < asked, "{name}: {outcome:?}");
    }
    interrupt::clear();
    let x = ones(&[300, 300], DType::F32).unwrap();
    assert_eq!(x.matmul(&x).unwrap().mean().unwrap().item(), Ok(300.0), "all is as before");
}
