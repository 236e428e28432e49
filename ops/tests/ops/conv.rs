//! Convolutions of f32 on the CPU against their definition and against the backend's own, which
//! computes those of f64.

use ops::{DType, Device, Result, Tensor, op::Window, random::Key};
use rayon::ThreadPoolBuilder;

/// Images `[N, Ci, H, W]`, map channels, kernel, window.
type Case = ([usize; 4], usize, [usize; 2], Window);

fn cases() -> Vec<Case> {
    let one = Window::default();
    let same = Window { padding: [1, 1], ..one };
    vec![
        ([1, 1, 1, 1], 1, [1, 1], one),
        ([3, 2, 7, 9], 3, [3, 3], one),
        ([1, 5, 9, 7], 17, [5, 3], one),
        ([3, 4, 8, 8], 16, [1, 1], one),
        ([2, 33, 12, 12], 31, [5, 5], one),
        // Padding, also more of it than there is kernel or image.
        ([3, 3, 6, 5], 4, [3, 3], same),
        ([1, 2, 5, 6], 3, [2, 5], Window { padding: [0, 4], ..one }),
        ([2, 2, 2, 3], 2, [3, 2], Window { padding: [5, 7], ..one }),
        ([1, 1, 3, 3], 2, [1, 1], Window { padding: [2, 3], ..one }),
        // Strides below, at and beyond the kernel; rows and columns that the stride does not reach.
        ([3, 3, 9, 11], 4, [4, 4], Window { stride: [2, 2], ..same }),
        ([1, 2, 10, 9], 5, [5, 3], Window { stride: [3, 2], padding: [2, 0], ..one }),
        ([3, 2, 11, 7], 2, [2, 2], Window { stride: [2, 2], ..one }),
        ([2, 2, 9, 10], 3, [1, 2], Window { stride: [3, 4], padding: [1, 1], ..one }),
        ([1, 3, 8, 8], 2, [3, 3], Window { stride: [7, 9], ..one }),
        // Dilation, alone and with strides that share a divisor with it or not.
        ([3, 2, 9, 8], 3, [3, 2], Window { dilation: [2, 3], ..one }),
        ([1, 2, 13, 12], 3, [3, 3], Window { stride: [2, 3], dilation: [2, 2], padding: [1, 2], ..one }),
        ([2, 3, 15, 14], 2, [3, 4], Window { stride: [4, 2], dilation: [6, 3], padding: [3, 3], ..one }),
        // Groups, also one for each channel.
        ([3, 4, 6, 7], 6, [3, 3], Window { groups: 2, ..same }),
        ([2, 5, 8, 6], 5, [3, 3], Window { groups: 5, ..same }),
        ([1, 6, 9, 9], 12, [3, 2], Window { groups: 3, stride: [2, 1], dilation: [1, 2], ..same }),
        // More images than are computed side by side, and channels in several parts.
        ([70, 3, 6, 5], 4, [3, 3], same),
        ([40, 18, 9, 10], 33, [4, 4], Window { stride: [2, 2], ..same }),
        ([9, 34, 3, 3], 20, [3, 3], Window { groups: 2, dilation: [1, 2], padding: [1, 2], ..one }),
        // One row, as signals are, and more positions than are computed at once.
        ([3, 4, 1, 50], 6, [1, 7], Window { stride: [1, 2], padding: [0, 3], ..one }),
        ([1, 2, 1, 3000], 3, [1, 5], one),
        ([1, 3, 45, 47], 5, [3, 3], same),
        ([2, 3, 61, 40], 4, [4, 4], Window { stride: [2, 2], ..same }),
    ]
}

/// Whole numbers of [-4, 4], whose sums are exact in f32.
fn numbers(shape: &[usize], seed: u64) -> Vec<f64> {
    let n = shape.iter().product();
    Key::new(seed).draw(n as u64).uniform(n).into_iter().map(|x| f64::from((x * 9.0).floor() - 4.0)).collect()
}

fn tensor(values: &[f64], shape: &[usize], dtype: DType) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap().cast(dtype).unwrap()
}

/// The numbers that a case is tested with.
struct Example {
    images: [usize; 4],
    maps: [usize; 4],
    weight: [usize; 4],
    window: Window,
    x: Vec<f64>,
    w: Vec<f64>,
    y: Vec<f64>,
}

impl Example {
    fn new((images, outputs, kernel, window): Case) -> Self {
        let weight = [outputs, images[1] / window.groups, kernel[0], kernel[1]];
        let size = |d: usize| {
            let extent = window.dilation[d] * (kernel[d] - 1) + 1;
            (images[d + 2] + 2 * window.padding[d] - extent) / window.stride[d] + 1
        };
        let maps = [images[0], outputs, size(0), size(1)];
        let (x, w, y) = (numbers(&images, 1), numbers(&weight, 2), numbers(&maps, 3));
        Self { images, maps, weight, window, x, w, y }
    }

    /// Calls `f` with the indices of image, weight and map of each product in the sum.
    fn each_product(&self, mut f: impl FnMut(usize, usize, usize)) {
        let ([_, ci, h, wide], [n, co, ho, wo], [_, per_group, kh, kw]) =
            (self.images, self.maps, self.weight);
        let Window { stride, padding, dilation, groups } = self.window;
        let sizes = [n, co, per_group, ho, wo, kh, kw];
        for i in 0..sizes.iter().product() {
            let (mut rest, mut at) = (i, [0; 7]);
            for d in (0..7).rev() {
                (at[d], rest) = (rest % sizes[d], rest / sizes[d]);
            }
            let [n, o, c, r, s, kr, ks] = at;
            let row = (r * stride[0] + kr * dilation[0]).wrapping_sub(padding[0]);
            let column = (s * stride[1] + ks * dilation[1]).wrapping_sub(padding[1]);
            if row < h && column < wide {
                let channel = o / (co / groups) * per_group + c;
                f(
                    ((n * ci + channel) * h + row) * wide + column,
                    ((o * per_group + c) * kh + kr) * kw + ks,
                    ((n * co + o) * ho + r) * wo + s,
                );
            }
        }
    }

    /// Map, gradients by image and weight with `y` as the map's gradient, by definition.
    fn defined(&self) -> [Vec<f64>; 3] {
        let mut found = [vec![0.0; self.y.len()], vec![0.0; self.x.len()], vec![0.0; self.w.len()]];
        self.each_product(|x, w, y| {
            found[0][y] += self.x[x] * self.w[w];
            found[1][x] += self.w[w] * self.y[y];
            found[2][w] += self.x[x] * self.y[y];
        });
        found
    }

    /// The same as computed.
    fn computed(&self, dtype: DType) -> Result<[Tensor; 3]> {
        let x = tensor(&self.x, &self.images, dtype).track()?;
        let w = tensor(&self.w, &self.weight, dtype).track()?;
        let y = x.conv2d(&w, None, self.window)?;
        assert_eq!(y.shape(), self.maps);
        let gradients = y.backward_with(&tensor(&self.y, &self.maps, dtype))?;
        let of = |leaf| gradients.of(leaf).unwrap().clone();
        Ok([y.clone(), of(&x), of(&w)])
    }
}

#[test]
fn convolutions_are_what_they_are_defined_as() {
    for case in cases() {
        let example = Example::new(case);
        let expected = example.defined();
        for dtype in [DType::F32, DType::F64] {
            let found = example.computed(dtype).unwrap();
            for (what, (found, expected)) in
                ["map", "images", "weight"].iter().zip(found.iter().zip(&expected))
            {
                assert!(found.to_f64().unwrap() == *expected, "{what} of {dtype} {case:?}");
            }
        }
    }
}

#[test]
fn transposed_convolutions_are_the_gradients_of_convolutions() {
    for case in cases() {
        let example = Example::new(case);
        let [_, expected, _] = example.defined();
        let window = example.window;
        let lost = [0, 1].map(|d| {
            let extent = window.dilation[d] * (example.weight[d + 2] - 1) + 1;
            (example.images[d + 2] + 2 * window.padding[d] - extent) % window.stride[d]
        });
        let y = tensor(&example.y, &example.maps, DType::F32);
        let w = tensor(&example.w, &example.weight, DType::F32);
        let x = y.conv_transpose2d(&w, None, window, lost).unwrap();
        assert_eq!(x.shape(), example.images);
        assert!(x.to_f64().unwrap() == expected, "{case:?}");
    }
}

#[test]
fn a_bias_is_added_and_its_gradient_is_the_sum_of_its_channel() {
    for case in cases() {
        let example = Example::new(case);
        let x = tensor(&example.x, &example.images, DType::F32);
        let w = tensor(&example.w, &example.weight, DType::F32);
        let bias = tensor(&numbers(&[example.maps[1]], 4), &[example.maps[1]], DType::F32).track().unwrap();
        let plain = x.conv2d(&w, None, example.window).unwrap();
        let y = x.conv2d(&w, Some(&bias), example.window).unwrap();
        let expected = plain.add(&bias.reshape(&[1, example.maps[1], 1, 1]).unwrap()).unwrap();
        assert_eq!(y.to_f32().unwrap(), expected.to_f32().unwrap(), "{case:?}");
        let dy = tensor(&example.y, &example.maps, DType::F32);
        let gradients = y.backward_with(&dy).unwrap();
        let sums = dy.sum_dims(&[0, 2, 3], false).unwrap();
        assert_eq!(gradients.of(&bias).unwrap().to_f32().unwrap(), sums.to_f32().unwrap(), "{case:?}");
    }
}

/// Sizes that minimal filtering computes.
#[test]
fn convolutions_with_fewer_multiplications_are_near_those_of_f64() {
    let padded = |padding| Window { padding: [padding; 2], ..Window::default() };
    for case in [
        ([16, 64, 16, 15], 80, [3, 3], padded(1)),
        ([9, 64, 20, 23], 64, [5, 5], padded(0)),
        ([24, 64, 20, 19], 64, [5, 4], padded(2)),
        ([24, 65, 21, 20], 63, [4, 4], padded(1)),
    ] {
        let mut example = Example::new(case);
        let (found, exact) = (example.computed(DType::F32).unwrap(), example.computed(DType::F64).unwrap());
        assert!(found[0].to_f64().unwrap() != exact[0].to_f64().unwrap(), "{case:?} takes another form");
        let numbers = [&mut example.x, &mut example.w, &mut example.y];
        numbers.into_iter().flatten().for_each(|x| *x = x.abs());
        for ((found, exact), size) in found.iter().zip(&exact).zip(example.computed(DType::F64).unwrap()) {
            let error = found.cast(DType::F64).unwrap().sub(exact).unwrap().abs().unwrap();
            let errors = error.to_f64().unwrap().into_iter().zip(size.to_f64().unwrap());
            errors.for_each(|(error, size)| assert!(error <= 1e-5 * size, "{error} of {size}, {case:?}"));
        }
    }
}

#[test]
fn views_are_read_in_their_own_order() {
    let (x, w) = (tensor(&numbers(&[3, 8, 9, 2], 1), &[3, 8, 9, 2], DType::F32), numbers(&[3, 3, 2, 5], 2));
    let w = tensor(&w, &[3, 3, 2, 5], DType::F32);
    let (x, w) = (x.permute(&[3, 0, 2, 1]).unwrap(), w.permute(&[3, 0, 1, 2]).unwrap());
    let x = x.narrow(2, 1, 7).unwrap();
    let found = x.conv2d(&w, None, Window::default()).unwrap().to_f64().unwrap();
    let double = |x: &Tensor| x.cast(DType::F64).unwrap();
    let expected = double(&x).conv2d(&double(&w), None, Window::default()).unwrap();
    assert_eq!(found, expected.to_f64().unwrap());
}

/// Fractions, so that another order of summing would show.
fn fractions(shape: &[usize]) -> Tensor {
    let n = shape.iter().product();
    Tensor::from_data(Key::new(8).draw(n as u64).normal(n), shape, Device::Cpu).unwrap()
}

/// The bits of a convolution of such images, and of its gradients.
fn bits(shape: [usize; 4], window: Window, factor: f64) -> Vec<u32> {
    let all = || -> Result<Vec<f32>> {
        let x = fractions(&shape).mul_scalar(factor)?.track()?;
        let w = fractions(&[14, shape[1] / window.groups, 5, 4]).track()?;
        let b = fractions(&[14]).track()?;
        let y = x.conv2d(&w, Some(&b), window)?;
        let gradients = y.square()?.mean()?.gradient(&[&x, &w, &b])?;
        Ok(gradients.iter().chain([&y]).map(Tensor::to_f32).collect::<Result<Vec<_>>>()?.concat())
    };
    all().unwrap().into_iter().map(f32::to_bits).collect()
}

#[test]
fn what_was_in_memory_does_not_show() {
    for shape in [[3, 10, 30, 21], [40, 10, 12, 9]] {
        let window = Window { padding: [2, 2], stride: [2, 1], groups: 2, ..Window::default() };
        let expected = bits(shape, window, 1.0);
        assert!(f32::from_bits(bits(shape, window, f64::NAN)[0]).is_nan());
        assert!(bits(shape, window, 1.0) == expected, "{shape:?}");
    }
}

#[test]
fn the_number_of_threads_does_not_show() {
    let windows = [
        Window::default(),
        Window { padding: [2, 2], groups: 2, ..Window::default() },
        Window { stride: [2, 2], padding: [1, 1], ..Window::default() },
        Window { padding: [1, 0], ..Window::default() },
    ];
    // The last has maps so small that several images are computed at once.
    let shapes = [[37, 10, 30, 21], [5, 10, 30, 21], [1, 10, 30, 21], [70, 10, 12, 9]];
    for (window, shape) in windows.into_iter().zip(shapes) {
        let answer = |threads: usize| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bits(shape, window, 1.0))
        };
        let expected = answer(1);
        for threads in [2, 3] {
            assert!(answer(threads) == expected, "{threads} threads, {window:?}");
        }
    }
}
