//! Pictures brought to one size and to grey or colour.
//!
//! Not by `image::imageops`: its triangle filter goes through columns before rows, which rounds one pixel in
//! a thousand the other way, and runs have to stay equal bit for bit; its grey is that of Rec. 709.

use files::{Error, Result};
use rayon::prelude::*;

use super::Images;

/// The largest side that pictures are resized to.
const MAX_SIDE: usize = 4096;

/// What is done to each picture: cut, then resize, then change the colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fit {
    /// Side of the square that is cut out of the middle, in pixels.
    pub crop: Option<usize>,
    /// Side of the result, in pixels. Without `crop` it is made from the largest square in the middle.
    pub size: Option<usize>,
    /// 1 for grey, 3 for red, green and blue.
    pub channels: Option<usize>,
}

impl Fit {
    /// The shape `[C, H, W]` that a picture of `shape` gets.
    ///
    /// # Errors
    /// `Usage` for a square that does not fit in, a size of 0 or beyond 4096, and other colours than 1 or 3.
    pub fn shape(&self, [channels, height, width]: [usize; 3]) -> Result<[usize; 3]> {
        let [height, width] = match self.square(height, width)? {
            Some(side) => [self.size.unwrap_or(side); 2],
            None => [height, width],
        };
        if self.size.is_some_and(|size| size == 0 || size > MAX_SIDE) {
            return Err(Error::usage(
                format!("a picture cannot be of size {height}"),
                format!("give a size from 1 to {MAX_SIDE}"),
            ));
        }
        match (channels, self.channels.unwrap_or(channels)) {
            (from, to) if from == to => Ok([to, height, width]),
            (1 | 3, to @ (1 | 3)) => Ok([to, height, width]),
            (from, to) => Err(Error::usage(
                format!("pictures of {from} channels cannot get {to}"),
                "give `channels: 1` (grey) or `channels: 3` (colour)",
            )),
        }
    }

    /// The side of the square that is cut out, if one is.
    fn square(&self, height: usize, width: usize) -> Result<Option<usize>> {
        let largest = height.min(width);
        match self.crop {
            Some(side) if side == 0 || side > largest => Err(Error::usage(
                format!("a square of {side} pixels cannot be cut out of {width}x{height}"),
                format!("give a `crop` from 1 to {largest}"),
            )),
            Some(side) => Ok(Some(side)),
            None => Ok(self.size.map(|_| largest)),
        }
    }

    /// The picture `[C, H, W]` as [`Fit::shape`] says.
    ///
    /// # Errors
    /// As [`Fit::shape`].
    pub fn apply(&self, picture: Vec<u8>, shape: [usize; 3]) -> Result<Vec<u8>> {
        let [to, out_height, out_width] = self.shape(shape)?;
        let [from, height, width] = shape;
        let [high, wide] = self.square(height, width)?.map_or([height, width], |side| [side; 2]);
        let cut = if [high, wide] == [height, width] { picture } else { cut(&picture, shape, high) };
        let sized = if [high, wide] == [out_height, out_width] {
            cut
        } else {
            cut.chunks_exact(high * wide).flat_map(|plane| resize(plane, high, out_height)).collect()
        };
        Ok(recolour(sized, from, to))
    }
}

impl Images {
    /// The same pictures, each brought to that size and those colours.
    ///
    /// # Errors
    /// As [`Fit::shape`], and where the result does not fit into memory.
    pub fn fitted(self, fit: &Fit) -> Result<Self> {
        let shape = fit.shape(self.shape)?;
        if shape == self.shape && fit.crop.is_none_or(|side| side == shape[1]) {
            return Ok(self);
        }
        require_room(self.len(), shape)?;
        let (before, after) = (self.shape.iter().product(), shape.iter().product());
        let mut pixels = vec![0; self.len() * after];
        let pairs = pixels.par_chunks_exact_mut(after).zip(self.pixels.par_chunks_exact(before));
        pairs.try_for_each(|(out, picture)| {
            out.copy_from_slice(&fit.apply(picture.to_vec(), self.shape)?);
            Ok::<_, Error>(())
        })?;
        Ok(Self { shape, pixels: pixels.into(), ..self })
    }
}

/// Refuses more pictures than there is memory for: a failed allocation cannot be caught.
///
/// # Errors
/// `Usage` with the number that would fit.
pub fn require_room(count: usize, shape: [usize; 3]) -> Result<()> {
    let size = shape.iter().product::<usize>().max(1);
    let maximum = ops::tensor::room() / size;
    if count <= maximum {
        return Ok(());
    }
    Err(Error::usage(
        format!("{count} pictures of {shape:?} do not fit into memory"),
        format!("ask for at most {maximum}, or for a smaller `size`"),
    ))
}

/// The square of that side in the middle of every plane.
fn cut(picture: &[u8], [_, height, width]: [usize; 3], side: usize) -> Vec<u8> {
    let (top, left) = ((height - side) / 2, (width - side) / 2);
    let rows =
        picture.chunks_exact(height * width).flat_map(|plane| plane.chunks_exact(width).skip(top).take(side));
    rows.flat_map(|row| &row[left..left + side]).copied().collect()
}

/// A square plane of side `from` as one of side `to`: linear between the pixels when it grows, weighted
/// over all that it covers when it shrinks.
fn resize(plane: &[u8], from: usize, to: usize) -> Vec<u8> {
    let windows = windows(from, to);
    let mut rows = vec![0.0f32; from * to];
    for (out, row) in rows.chunks_exact_mut(to).zip(plane.chunks_exact(from)) {
        for (pixel, (first, weights)) in out.iter_mut().zip(&windows) {
            *pixel = weights.iter().zip(&row[*first..]).map(|(weight, &byte)| weight * f32::from(byte)).sum();
        }
    }
    let pixel = |(first, weights): &(usize, Vec<f32>), column: usize| {
        let column = rows[first * to + column..].iter().step_by(to);
        let sum: f32 = weights.iter().zip(column).map(|(weight, value)| weight * value).sum();
        (sum + 0.5) as u8
    };
    windows.iter().flat_map(|window| (0..to).map(move |column| pixel(window, column))).collect()
}

/// For each of `to` pixels the first of the `from` pixels that it is made of, and their weights: a triangle
/// as wide as two pixels of the coarser grid.
fn windows(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f32 / to as f32;
    let reach = scale.max(1.0);
    let window = |i: usize| {
        let centre = (i as f32 + 0.5) * scale;
        let first = (centre - reach).max(0.0) as usize;
        let end = ((centre + reach).ceil() as usize).min(from);
        let weight = |k: usize| (1.0 - (k as f32 + 0.5 - centre).abs() / reach).max(0.0);
        let weights: Vec<f32> = (first..end).map(weight).collect();
        let sum: f32 = weights.iter().sum();
        (first, weights.into_iter().map(|weight| weight / sum).collect())
    };
    (0..to).map(window).collect()
}

/// `[from, ...]` planes as `[to, ...]`: grey repeated, or colours as bright as the eye sees them (Rec. 601).
fn recolour(picture: Vec<u8>, from: usize, to: usize) -> Vec<u8> {
    match (from, to) {
        (1, 3) => picture.repeat(3),
        (3, 1) => {
            let plane = picture.len() / 3;
            let luma = |i: usize| {
                let [r, g, b] = [0, 1, 2].map(|channel| u32::from(picture[channel * plane + i]));
                ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
            };
            (0..plane).map(luma).collect()
        }
        _ => picture,
    }
}

#[cfg(test)]
mod tests;
