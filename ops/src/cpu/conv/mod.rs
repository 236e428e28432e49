//! Convolutions of f32 images on the CPU, as matrix products of the `gemm` crate.
//!
//! All three maps of one bilinear form are here. With images `x [N, Ci, H, W]`, weights
//! `w [Co, Ci, Kh, Kw]` and maps `y [N, Co, Ho, Wo]`:
//!
//! - [`maps`]: y from x and w, the convolution;
//! - [`images`]: x from y and w, the transposed convolution, which is the gradient by the images;
//! - [`weights`]: w from x and y, the gradient by the weights.
//!
//! An image is unrolled over the columns of the kernel only, `[Ci, Kw, H, Wo]`. A row of the kernel
//! then is a product of its weights with the unrolled rows from that one on, which `gemm` reads without a
//! copy: one fifth of the copying of a full unrolling for kernels of five rows. Work is split by
//! image, and by blocks of channels whose unrolled rows fit a core's own cache; nothing depends on the
//! number of threads, so no bit of the result does.
//!
//! Reading order: [`lowering`] and [`unroll`] (which rows meet, and their copies), [`maps`], [`images`],
//! [`weights`], [`batched`] (many small images), [`sparse`] (maps of one value each), [`minimal`] (fewer
//! multiplications). Which form computes is decided by the sizes and the numbers, never by a clock.

mod batched;
mod images;
mod lowering;
mod maps;
mod memory;
mod minimal;
mod sparse;
mod transpose;
mod unroll;
mod weights;
mod window;

pub(crate) use images::images;
pub(crate) use maps::maps;
pub use minimal::set_exact;
pub(crate) use sparse::maps_at;
pub(crate) use weights::weights;
pub use window::Window;

/// The sizes of a convolution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Geometry {
    /// Number of images.
    pub count: usize,
    /// Channels of the images, of one group.
    pub inputs: usize,
    /// Channels of the maps, of one group.
    pub outputs: usize,
    /// Rows and columns of an image.
    pub image: [usize; 2],
    /// Rows and columns of a map.
    pub map: [usize; 2],
    pub kernel: [usize; 2],
    pub window: Window,
}

impl Geometry {
    /// Those of images `[N, Ci, H, W]`, maps `[N, Co, Ho, Wo]` and a kernel.
    pub fn new(images: &[usize], maps: &[usize], kernel: [usize; 2], window: Window) -> Self {
        Self {
            count: images[0],
            inputs: images[1] / window.groups,
            outputs: maps[1] / window.groups,
            image: [images[2], images[3]],
            map: [maps[2], maps[3]],
            kernel,
            window,
        }
    }

    /// Elements of one channel of an image.
    fn image_len(&self) -> usize {
        self.image[0] * self.image[1]
    }

    /// Elements of one channel of a map.
    fn map_len(&self) -> usize {
        self.map[0] * self.map[1]
    }

    /// The `piece.channels` channels from `piece.first` on, of its group of its image, out of all images.
    fn channels_of_image<'a>(&self, images: &'a [f32], piece: &Piece) -> &'a [f32] {
        let first = (piece.image * self.window.groups + piece.group) * self.inputs + piece.first;
        &images[first * self.image_len()..][..piece.channels * self.image_len()]
    }

    /// The maps of group `piece.group` of image `piece.image`, out of all maps.
    fn maps_of_image<'a>(&self, maps: &'a [f32], piece: &Piece) -> &'a [f32] {
        let len = self.outputs * self.map_len();
        &maps[(piece.image * self.window.groups + piece.group) * len..][..len]
    }
}

/// Some channels of one group of one image.
#[derive(Debug, Clone, Copy)]
struct Piece {
    image: usize,
    group: usize,
    first: usize,
    channels: usize,
}

/// Products in flight that keep every core busy. Few images are split further until there are so many.
const TASKS: usize = 16;

/// Elements of scratch memory that stay in a core's second-level cache.
const CACHED: usize = 1 << 18;

/// `n` items in equal blocks of at most `maximum`: the first of each block, and its length.
fn blocks(n: usize, maximum: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = n.div_ceil(maximum.max(1));
    (0..count).map(move |i| (i * n / count, (i + 1) * n / count - i * n / count))
}

/// The weights `[groups, Co, Ci, Kh, Kw]` row by row of the kernel: `[groups, Kh, Co, Ci, Kw]`.
fn by_kernel_row(weights: &[f32], g: &Geometry) -> Vec<f32> {
    let [kh, kw] = g.kernel;
    let (ci, co) = (g.inputs, g.outputs);
    let mut sorted = Vec::with_capacity(weights.len());
    for group in weights.chunks_exact(co * ci * kh * kw) {
        for row in 0..kh {
            for kernel in group.chunks_exact(kh * kw) {
                sorted.extend_from_slice(&kernel[row * kw..][..kw]);
            }
        }
    }
    sorted
}
