//! A sheet of RGB pixels.

use files::{Error, Result};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

/// Red, green, blue.
pub type Color = [u8; 3];

pub const WHITE: Color = [255; 3];
/// Titles and captions.
pub const INK: Color = [0x22, 0x26, 0x2b];
/// Tick labels, axis lines and other secondary marks.
pub const SOFT_INK: Color = [0x5c, 0x63, 0x6b];
/// Separators and grid lines.
pub const RULE: Color = [0xdf, 0xe2, 0xe6];

/// The maximum number of pixels of one sheet; as RGB they take 192 MiB.
const MAX_PIXELS: usize = 64 << 20;

/// `height` rows of `width` pixels, three bytes each, from the top left.
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

impl Canvas {
    /// A white sheet; an error where it would have more than 64 Mi pixels.
    pub fn new(width: usize, height: usize) -> Result<Self> {
        match width.checked_mul(height) {
            Some(pixels) if pixels <= MAX_PIXELS => Ok(Self { width, height, pixels: vec![255; 3 * pixels] }),
            _ => Err(Error::usage(
                format!("a figure of {width} x {height} pixels; at most {MAX_PIXELS} in all"),
                "show fewer or smaller pictures, or choose a smaller scale",
            )),
        }
    }

    /// Paints `size` = (width, height) pixels from the top left corner `at`, cut at the sheet's edges.
    pub fn fill(&mut self, at: (usize, usize), size: (usize, usize), color: Color) {
        let right = (at.0 + size.0).min(self.width);
        for y in at.1..(at.1 + size.1).min(self.height) {
            let row = 3 * y * self.width;
            for pixel in self.pixels[row + 3 * at.0.min(right)..row + 3 * right].chunks_exact_mut(3) {
                pixel.copy_from_slice(&color);
            }
        }
    }

    /// Mixes `coverage` in [0, 1] of `color` into one pixel; outside the sheet nothing happens.
    pub fn blend(&mut self, x: i64, y: i64, color: Color, coverage: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        if x < self.width && y < self.height {
            let at = 3 * (y * self.width + x);
            for (old, new) in self.pixels[at..at + 3].iter_mut().zip(color) {
                let (from, to) = (f32::from(*old), f32::from(new));
                *old = (from + (to - from) * coverage.clamp(0.0, 1.0)).round() as u8;
            }
        }
    }

    /// The sheet at 1/`factor` of its size, each pixel the mean of `factor` x `factor` old ones.
    pub fn shrink(&self, factor: usize) -> Result<Self> {
        let mut small = Self::new(self.width / factor, self.height / factor)?;
        let count = (factor * factor) as u32;
        for (i, value) in small.pixels.iter_mut().enumerate() {
            let (x, y) = (i / 3 % small.width, i / 3 / small.width);
            let sum: u32 = (0..factor * factor)
                .map(|k| (x * factor + k % factor, y * factor + k / factor))
                .map(|(x, y)| u32::from(self.pixels[3 * (y * self.width + x) + i % 3]))
                .sum();
            *value = ((sum + count / 2) / count) as u8;
        }
        Ok(small)
    }

    /// The sheet as a PNG file: plots are smaller without a filter, pictures often with one.
    pub fn png(&self) -> Result<Vec<u8>> {
        let filtered = self.encoded(CompressionType::Default, FilterType::Adaptive)?;
        let plain = self.encoded(CompressionType::Best, FilterType::NoFilter)?;
        Ok(if plain.len() < filtered.len() { plain } else { filtered })
    }

    fn encoded(&self, level: CompressionType, filter: FilterType) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        PngEncoder::new_with_quality(&mut bytes, level, filter)
            .write_image(&self.pixels, self.width as u32, self.height as u32, ExtendedColorType::Rgb8)
            .map_err(|e| {
                Error::usage(
                    format!("the figure could not be written as PNG: {e}"),
                    "choose a smaller figure",
                )
            })?;
        Ok(bytes)
    }
}
