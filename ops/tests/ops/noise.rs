//! Random tensors: which words they are made of, on both devices, and noise of some samples against
//! PyTorch (`golden/noise.json`).

use crate::support::*;
use ops::{
    DType, Device, Error, Result, Spec, Tensor,
    kernels::noise,
    random::{self, Draw, Key, with_stream},
};

const SIZES: [usize; 12] = [1, 2, 31, 32, 33, 63, 255, 256, 257, 1009, 16_385, 100_003];

fn draw() -> Draw {
    Key::new(11).derive("noise").draw(3)
}

/// The first draw of one stream, whichever device it is for.
fn drawn(law: impl FnOnce() -> Result<Tensor>) -> Vec<f32> {
    with_stream(Key::new(12), law).unwrap().to_f32().unwrap()
}

#[test]
fn a_number_is_made_of_its_own_word() {
    let words: Vec<u32> =
        (0..2000).map(|e| draw().words(64 * (e as u64 / 256) + e as u64 % 64)[e / 64 % 4]).collect();
    let uniform: Vec<f32> = words.iter().map(|word| (word >> 8) as f32 / 16_777_216.0).collect();
    assert_eq!(draw().uniform(2000), uniform);
    let half: Vec<f32> = words.iter().map(|word| f32::from(u8::from(*word < 1 << 31))).collect();
    assert_eq!(draw().bernoulli(2000, 0.5), half);
    let normal = |a: u32, b: u32| {
        let (a, b) = (f64::from(a >> 8 | 1) / 16_777_216.0, f64::from(b >> 8) / 16_777_216.0);
        let (radius, angle) = ((-2.0 * a.ln()).sqrt(), b * std::f64::consts::TAU);
        [radius * angle.cos(), radius * angle.sin()]
    };
    let found: Vec<f64> = draw().normal(2000).into_iter().map(f64::from).collect();
    let expected: Vec<f64> = (0..2000)
        .map(|e| {
            let first = e / 128 * 128 + e % 64;
            normal(words[first], words[first + 64])[e / 64 % 2]
        })
        .take(1920)
        .collect();
    assert_near(&found[..1920], &expected, 1e-6);
}

#[test]
fn fewer_numbers_are_the_first_of_more() {
    let laws: [fn(Draw, usize) -> Vec<f32>; 3] =
        [Draw::uniform, Draw::normal, |draw, n| draw.bernoulli(n, 0.3)];
    for law in laws {
        let all = law(draw(), 100_003);
        for n in SIZES {
            assert_eq!(law(draw(), n), all[..n], "{n}");
        }
    }
}

#[test]
fn a_gpu_draws_what_the_cpu_draws() {
    let Some(gpu) = gpu() else { return };
    for n in SIZES {
        let both = |law: &dyn Fn(Device) -> Result<Tensor>| [Device::Cpu, gpu].map(|at| drawn(|| law(at)));
        let [cpu, gpu] = both(&|at| random::uniform(&[n], at));
        assert!(cpu == gpu, "uniform, {n}");
        for p in [0.0, 0.3, 1.0] {
            let [cpu, gpu] = both(&|at| random::bernoulli(&[n], p, at));
            assert!(cpu == gpu, "bernoulli({p}), {n}");
        }
        let [cpu, gpu] = both(&|at| random::normal(&[n], at));
        let furthest = cpu.iter().zip(&gpu).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest <= 1e-5, "normal, {n}: {furthest:e}");
        let [cpu, gpu] = both(&|at| random::truncated_normal(&[n], 0.7, at));
        assert_eq!(cpu, gpu, "truncated_normal, {n}");
        let [cpu, gpu] = both(&|at| random::dirichlet(&[n, 3], 0.4, at));
        assert_eq!(cpu, gpu, "dirichlet, {n}");
    }
}

#[test]
fn no_bit_depends_on_the_number_of_threads() {
    let laws: [fn() -> Result<Tensor>; 6] = [
        || random::uniform(&[100_003], Device::Cpu),
        || random::normal(&[100_003], Device::Cpu),
        || random::truncated_normal(&[100_003], 1.5, Device::Cpu),
        || random::dirichlet(&[10, 20_011], 1.0, Device::Cpu),
        || random::dirichlet(&[10_007, 7], 0.3, Device::Cpu),
        || {
            noise::mix(
                &random::normal(&[300, 301], Device::Cpu)?,
                0.4,
                &random::normal(&[300, 301], Device::Cpu)?,
            )
        },
    ];
    for law in laws {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| drawn(law)).into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        assert!(on(1) == on(2) && on(1) == on(3));
    }
}

#[test]
fn noise_of_some_samples_is_that_of_pytorch() {
    let file = golden("noise");
    let case = case(&file, "mix");
    let devices: Vec<_> = [Some(Device::Cpu), gpu()].into_iter().flatten().collect();
    for (dtype, limit) in PRECISIONS {
        for &device in devices.iter().filter(|device| dtype == DType::F32 || **device == Device::Cpu) {
            let at = |value| tensor(value, dtype).to_device(device).unwrap();
            let [x, z] = ["x", "noise"].map(|name| at(&case["inputs"][name]).track().unwrap());
            let y = noise::mix_chosen(&x, &at(&case["keep"]), &z).unwrap();
            assert_golden(&y, &case["output"], limit);
            let gradients = y.backward_with(&at(&case["ct"])).unwrap();
            assert_golden(gradients.of(&x).unwrap(), &case["grads"]["x"], limit);
            assert_golden(gradients.of(&z).unwrap(), &case["grads"]["noise"], limit);
        }
    }
}

#[test]
fn a_share_of_the_samples_gets_noise() {
    let [x, z] = [1.0, 2.0].map(|value| Tensor::full([20_000, 3], value, DType::F32, Device::Cpu).unwrap());
    let mixed = |delta| drawn(|| noise::mix(&x, delta, &z));
    assert!(mixed(0.0).iter().all(|y| *y == 1.0) && mixed(1.0).iter().all(|y| *y == 3.0));
    let some = mixed(0.3);
    assert!(some.chunks(3).all(|y| y[0] == y[1] && y[1] == y[2]));
    let share = some.chunks(3).filter(|y| y[0] == 3.0).count() as f64 / 20_000.0;
    assert!((share - 0.3).abs() < 4.0 * (0.21f64 / 20_000.0).sqrt(), "{share}");
    // A sample that is not chosen is no sum with 0 times its noise.
    let infinite = Tensor::full([20_000, 3], f64::INFINITY, DType::F32, Device::Cpu).unwrap();
    assert_eq!(drawn(|| noise::mix(&x, 0.0, &infinite)), mixed(0.0));
}

#[test]
fn both_devices_choose_the_same_samples() {
    let Some(gpu) = gpu() else { return };
    for shape in [vec![1], vec![257, 31], vec![33, 2, 3, 5]] {
        let n = shape.iter().product();
        let x = |at, value: f32| Tensor::from_data(vec![value; n], shape.clone(), at).unwrap();
        let mixed = |at| drawn(|| noise::mix(&x(at, 1.5), 0.5, &x(at, 0.25)));
        assert_eq!(mixed(gpu), mixed(Device::Cpu), "{shape:?}");
    }
}

#[test]
fn gradients_of_gradients_pass_through_the_noise() {
    let [x, z] = [[1.0, 2.0], [3.0, 4.0]].map(|values| floats(&values, &[2, 1]).track().unwrap());
    let y = noise::mix_chosen(&x, &floats(&[0.0, 1.0], &[2]), &z).unwrap();
    let slopes = y.mul(&y).unwrap().sum().unwrap().gradient(&[&x, &z]).unwrap();
    assert_eq!(slopes[0].to_f32().unwrap(), [2.0, 12.0]);
    assert_eq!(slopes[1].to_f32().unwrap(), [0.0, 12.0]);
    let curvature = slopes[1].sum().unwrap().gradient(&[&x, &z]).unwrap();
    assert_eq!(curvature.map_values(), [[0.0, 2.0], [0.0, 2.0]]);
}

/// The elements of several tensors of two.
trait Values {
    fn map_values(&self) -> Vec<[f32; 2]>;
}

impl Values for Vec<Tensor> {
    fn map_values(&self) -> Vec<[f32; 2]> {
        self.iter().map(|x| x.to_f32().unwrap().try_into().unwrap()).collect()
    }
}

#[test]
fn a_trace_of_noise_has_its_shape() {
    let x = Tensor::symbolic(Spec::new([2, 3], DType::F32), Device::Cpu);
    let z = floats(&[1.0; 6], &[2, 3]);
    assert_eq!(noise::mix(&x, 0.5, &z).unwrap().shape(), [2, 3]);
}

#[test]
fn misuse_is_refused() {
    let is_argument = |found: Result<Tensor>| matches!(found, Err(Error::Argument { .. }));
    let cpu = Device::Cpu;
    for p in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(is_argument(random::bernoulli(&[2], p, cpu)), "{p}");
        let x = floats(&[1.0; 4], &[2, 2]);
        assert!(is_argument(noise::mix(&x, p, &x)), "{p}");
    }
    for psi in [0.0, -1.0, f64::NAN, 1e-300] {
        assert!(is_argument(random::truncated_normal(&[2], psi, cpu)), "{psi}");
    }
    for alpha in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(is_argument(random::dirichlet(&[2, 2], alpha, cpu)), "{alpha}");
        assert!(is_argument(random::dirichlet_per_pixel(&[2, 2, 2], alpha, cpu)), "{alpha}");
    }
    let is_shape = |found: Result<Tensor>| matches!(found, Err(Error::Shape { .. }));
    for shape in [&[][..], &[3], &[3, 0], &[0, 3]] {
        assert!(is_shape(random::dirichlet(shape, 1.0, cpu)), "{shape:?}");
        assert!(is_shape(random::dirichlet_per_pixel(shape, 2.0, cpu)), "{shape:?}");
    }
    assert!(is_shape(random::uniform(&[0], cpu)));
    let [x, z] = [floats(&[1.0; 4], &[2, 2]), floats(&[1.0; 2], &[2])];
    assert!(is_shape(noise::mix(&x, 0.5, &z)));
    assert!(is_shape(noise::mix_chosen(&x, &floats(&[1.0; 3], &[3]), &x)));
    assert!(is_shape(noise::mix(&floats(&[1.0], &[]), 0.5, &floats(&[1.0], &[]))));
    let double = x.cast(DType::F64).unwrap();
    assert!(matches!(noise::mix(&x, 0.5, &double), Err(Error::DType { .. })));
}
