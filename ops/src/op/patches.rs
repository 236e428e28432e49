//! Patches of images as columns, and back.

use super::{Padding, Window, require_number, require_rank, require_step};
use crate::{Error, Result, Tensor, ensure};

/// Where the windows of one direction stand.
#[derive(Clone, Copy)]
struct Places {
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
    /// Number of windows.
    count: usize,
}

impl Places {
    /// Those of a kernel over `size` pixels.
    fn new(op: &'static str, window: &Window, kernel: [usize; 2], i: usize, size: usize) -> Result<Self> {
        let (kernel, padding, dilation) = (kernel[i], window.padding[i], window.dilation[i]);
        let reach = dilation.saturating_mul(kernel - 1).saturating_add(1);
        let room = size.saturating_add(padding.saturating_mul(2));
        ensure(reach <= room, || {
            let found = format!("{reach} pixels wide, with its dilation");
            Error::argument(op, "the kernel", found, format!("at most the {room} pixels of a padded image"))
        })?;
        let stride = window.stride[i];
        Ok(Self { kernel, stride, padding, dilation, count: (room - reach) / stride + 1 })
    }

    /// The number of pixels, counted by the kernel's positions, then by windows.
    fn len(self) -> usize {
        self.kernel.saturating_mul(self.count)
    }

    /// The pixel of the padded image for one of them.
    fn pixel(self, i: usize) -> usize {
        i / self.count * self.dilation + i % self.count * self.stride
    }
}

fn places(op: &'static str, window: &Window, kernel: [usize; 2], size: [usize; 2]) -> Result<[Places; 2]> {
    window.check(op)?;
    require_step(op, "the kernel", 1, &kernel)?;
    Ok([Places::new(op, window, kernel, 0, size[0])?, Places::new(op, window, kernel, 1, size[1])?])
}

impl Tensor {
    /// The patches under a window of images `[N, C, H, W]` as columns `[N, C kh kw, patches]`, channel by
    /// channel, row by row (`torch.nn.functional.unfold`).
    ///
    /// # Errors
    /// [`Error::Shape`] for other shapes, [`Error::Argument`] for a kernel that is larger than the images.
    pub fn im2col(&self, kernel: [usize; 2], window: Window) -> Result<Tensor> {
        const OP: &str = "unfold";
        require_rank(OP, self.spec(), 4, "images [N, C, H, W]")?;
        require_number(OP, self.spec())?;
        let &[n, c, h, w] = self.shape() else { unreachable!("four dimensions") };
        let [rows, columns] = places(OP, &window, kernel, [h, w])?;
        let patches = || {
            let [down, across] = window.padding;
            let x = self.pad(&[[down, down], [across, across]], Padding::Constant(0.0))?;
            let x = x.slices_at(2, rows.len(), |i| rows.pixel(i))?;
            let x = x.slices_at(3, columns.len(), |i| columns.pixel(i))?;
            let x = x.reshape(&[n, c, rows.kernel, rows.count, columns.kernel, columns.count])?;
            let shape = [n, c * rows.kernel * columns.kernel, rows.count * columns.count];
            x.permute(&[0, 1, 2, 4, 3, 5])?.reshape(&shape)
        };
        patches().map_err(|e| e.named(OP))
    }

    /// Images of a size from columns `[N, C kh kw, patches]`, each pixel the sum of what lies on it
    /// (`torch.nn.functional.fold`).
    ///
    /// # Errors
    /// [`Error::Shape`] for columns that are not those of such images.
    pub fn col2im(&self, size: [usize; 2], kernel: [usize; 2], window: Window) -> Result<Tensor> {
        const OP: &str = "fold";
        require_rank(OP, self.spec(), 3, "columns [N, C kh kw, patches]")?;
        require_step(OP, "the size", 1, &size)?;
        let [rows, columns] = places(OP, &window, kernel, size)?;
        let &[n, numbers, patches] = self.shape() else { unreachable!("three dimensions") };
        let (positions, count) =
            (rows.kernel.saturating_mul(columns.kernel), rows.count.saturating_mul(columns.count));
        ensure(numbers % positions == 0 && patches == count, || {
            let expected = format!("[N, a multiple of {positions}, {count}] for images of {size:?}");
            Error::shape(OP, format!("{:?}", self.shape()), expected)
        })?;
        let c = numbers / positions;
        let images = || {
            let x = self.reshape(&[n, c, rows.kernel, columns.kernel, rows.count, columns.count])?;
            let x = x.permute(&[0, 1, 2, 4, 3, 5])?.reshape(&[n, c, rows.len(), columns.len()])?;
            let x = x.summed_at(3, size[1], columns)?.summed_at(2, size[0], rows)?;
            x.narrow(2, rows.padding, size[0])?.narrow(3, columns.padding, size[1])
        };
        images().map_err(|e| e.named(OP))
    }

    /// Slices of a dimension added where they lie in a padded image.
    fn summed_at(&self, dim: i64, size: usize, places: Places) -> Result<Tensor> {
        let mut shape = self.shape().to_vec();
        shape[dim as usize] = size + 2 * places.padding;
        let pixels: Vec<i32> = (0..places.len()).map(|i| places.pixel(i) as i32).collect();
        let index = Tensor::from_data(pixels, [places.len()], self.device())?;
        Tensor::full(shape, 0.0, self.dtype(), self.device())?.index_add(dim, &index, self)
    }
}
