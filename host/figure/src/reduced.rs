//! A picture in few colours: a small file for where many pictures go into one page.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use color_quant::NeuQuant;
use image::{ImageFormat, load_from_memory_with_format};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::canvas::Color;

/// As many as one byte can name.
const COLORS: usize = 256;

/// Of these, as many are the most frequent ones of the picture: a white sheet stays white.
const KEPT: usize = COLORS / 2;

/// The PNG file `png` in at most 256 colours, where that is smaller: the most frequent ones as they are, and
/// the others by those nearest to them (NeuQuant; Dekker, Network 5, 1994). None for what is no PNG file.
#[must_use]
pub fn reduced(png: &[u8]) -> Option<Vec<u8>> {
    let picture = load_from_memory_with_format(png, ImageFormat::Png).ok()?.into_rgb8();
    let colors: Vec<Color> = picture.pixels().map(|pixel| pixel.0).collect();
    let (palette, index_of) = palette(&colors);
    let indices: Vec<u8> = colors.iter().map(|color| index_of[color]).collect();
    let small = indexed(picture.dimensions(), &palette.concat(), &indices)?;
    (small.len() < png.len()).then_some(small)
}

/// At most [`COLORS`] colours, and the place among them that stands for each of the picture.
fn palette(colors: &[Color]) -> (Vec<Color>, HashMap<Color, u8>) {
    let mut counts: BTreeMap<Color, usize> = BTreeMap::new();
    for &color in colors {
        *counts.entry(color).or_default() += 1;
    }
    let mut frequent: Vec<_> = counts.into_iter().collect();
    frequent.sort_by_key(|&(color, count)| (Reverse(count), color));
    let all: Vec<Color> = frequent.into_iter().map(|(color, _)| color).collect();
    let kept = if all.len() <= COLORS { all.len() } else { KEPT };
    let mut index_of: HashMap<Color, u8> =
        (0..=u8::MAX).zip(&all[..kept]).map(|(i, &color)| (color, i)).collect();
    let mut palette = all[..kept].to_vec();
    let rare = &all[kept..];
    if !rare.is_empty() {
        let rgba: Vec<u8> = rare.iter().flat_map(|&[red, green, blue]| [red, green, blue, u8::MAX]).collect();
        let learnt = NeuQuant::new(1, COLORS - KEPT, &rgba);
        palette.extend(learnt.color_map_rgb().chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]));
        let nearest = |rgba: &[u8]| (KEPT + learnt.index_of(rgba)) as u8;
        index_of.extend(rare.iter().zip(rgba.chunks_exact(4)).map(|(&color, rgba)| (color, nearest(rgba))));
    }
    (palette, index_of)
}

fn indexed((width, height): (u32, u32), palette: &[u8], indices: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_compression(Compression::High);
    // Neighbouring numbers of a palette are no neighbouring colours.
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(indices).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}
