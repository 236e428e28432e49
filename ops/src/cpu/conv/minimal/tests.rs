use super::{super::Window, choice::FORMS, *};

/// Numbers of a fixed sequence.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn of(&mut self, range: Range<usize>) -> usize {
        range.start + self.next() as usize % range.len()
    }

    /// Of [-1, 1].
    fn list(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| (self.next() as f64 / f64::from(1 << 30) - 1.0) as f32).collect()
    }
}

/// A convolution of stride 1 whose larger side of the kernel is r.
fn geometry(n: &mut Numbers, r: usize) -> Geometry {
    let mut kernel = [n.of(1..r + 1), r];
    if n.of(0..2) == 0 {
        kernel.reverse();
    }
    let padding = [n.of(0..r + 1), n.of(0..r + 1)];
    let image = [0, 1].map(|d| (kernel[d].saturating_sub(2 * padding[d])).max(1) + n.of(0..14));
    let map = [0, 1].map(|d| image[d] + 2 * padding[d] - kernel[d] + 1);
    let window = Window { padding, ..Window::default() };
    Geometry { count: n.of(1..9), inputs: n.of(16..40), outputs: n.of(1..40), image, map, kernel, window }
}

/// What meets, as indices of images, weights and maps, and where it does not.
fn each_product(g: &Geometry, mut f: impl FnMut(usize, usize, usize)) {
    for (n, o, i) in
        (0..g.count).flat_map(|n| (0..g.outputs).flat_map(move |o| (0..g.inputs).map(move |i| (n, o, i))))
    {
        for (r, k) in (0..g.map[0]).flat_map(|r| (0..g.kernel[0]).map(move |k| (r, k))) {
            let row = (r + k).wrapping_sub(g.window.padding[0]);
            if row >= g.image[0] {
                continue;
            }
            for (c, l) in (0..g.map[1]).flat_map(|c| (0..g.kernel[1]).map(move |l| (c, l))) {
                let column = (c + l).wrapping_sub(g.window.padding[1]);
                if column < g.image[1] {
                    f(
                        ((n * g.inputs + i) * g.image[0] + row) * g.image[1] + column,
                        ((o * g.inputs + i) * g.kernel[0] + k) * g.kernel[1] + l,
                        ((n * g.outputs + o) * g.map[0] + r) * g.map[1] + c,
                    );
                }
            }
        }
    }
}

/// The largest error, as a share of the largest sum of the sizes of what is multiplied.
fn error(found: &[f32], exact: &[f64], sizes: &[f64]) -> f64 {
    let size = sizes.iter().fold(f64::MIN_POSITIVE, |a, b| a.max(*b));
    found.iter().zip(exact).map(|(a, b)| (f64::from(*a) - b).abs() / size).fold(0.0, f64::max)
}

#[test]
fn a_thousand_convolutions_are_within_a_hundred_thousandth_of_those_of_f64() {
    let n = &mut Numbers(1);
    let mut worst = [0.0f64; 3];
    for i in 0..1000 {
        let form = FORMS[i % FORMS.len()];
        let g = &geometry(n, form.r);
        let x = n.list(g.count * g.inputs * g.image_len());
        let w = n.list(g.outputs * g.inputs * g.kernel[0] * g.kernel[1]);
        let y = n.list(g.count * g.outputs * g.map_len());
        let bias = n.list(g.outputs);
        let mut exact = [y.len(), x.len(), w.len()].map(|len| vec![0.0; len]);
        for (j, sum) in exact[0].iter_mut().enumerate() {
            *sum = f64::from(bias[j / g.map_len() % g.outputs]);
        }
        let mut sizes = [y.len(), x.len(), w.len()].map(|len| vec![0.0; len]);
        each_product(g, |a, b, c| {
            let [x, w, y] = [x[a], w[b], y[c]].map(f64::from);
            for (k, (at, product)) in [(c, x * w), (a, w * y), (b, x * y)].into_iter().enumerate() {
                exact[k][at] += product;
                sizes[k][at] += product.abs();
            }
        });
        let found =
            [maps(form, &x, &w, Some(&bias), g), images(form, &y, &w, None, g), weights(form, &x, &y, g)];
        for k in 0..3 {
            let error = error(&found[k], &exact[k], &sizes[k]);
            assert!(error <= 1e-5, "{error:e} of {k} by {form:?}, {g:?}");
            worst[k] = worst[k].max(error);
        }
    }
    println!("{worst:?}");
}

#[test]
fn the_number_of_threads_does_not_show() {
    let n = &mut Numbers(2);
    let window = Window { padding: [1, 1], ..Window::default() };
    let g = &Geometry::new(&[37, 20, 23, 26], &[37, 33, 23, 26], [3, 3], window);
    let (x, y) = (n.list(37 * 20 * 23 * 26), n.list(37 * 33 * 23 * 26));
    let w = n.list(20 * 33 * 9);
    let bits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let form = FORMS[0];
        let all = || [maps(form, &x, &w, None, g), images(form, &y, &w, None, g), weights(form, &x, &y, g)];
        pool.install(all).concat().into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    let expected = bits(1);
    assert!(bits(2) == expected && bits(3) == expected);
}

#[test]
fn rows_of_a_large_image_are_computed_one_after_the_other() {
    let n = &mut Numbers(3);
    let g = &Geometry::new(&[2, 16, 101, 95], &[2, 17, 99, 93], [3, 3], Window::default());
    let (x, w, y) = (n.list(2 * 16 * 101 * 95), n.list(16 * 17 * 9), n.list(2 * 17 * 99 * 93));
    assert!(parts(0..2, FORMS[0].tiles(g.map)).len() > 2);
    let near = |a: &[f32], b: &[f32]| {
        let size = b.iter().fold(0.0f32, |size, x| size.max(x.abs()));
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4 * size)
    };
    // So few images are computed by plain products.
    assert!(near(&maps(FORMS[0], &x, &w, None, g), &super::super::maps(&x, &w, None, g)));
    assert!(near(&images(FORMS[0], &y, &w, None, g), &super::super::images(&y, &w, None, g)));
    assert!(near(&weights(FORMS[0], &x, &y, g), &super::super::weights(&x, &y, g)));
}
