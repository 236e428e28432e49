//! PNG and JPEG files become one block of bytes.

use crate::data::Fit;
use crate::data::fit::require_room;
use crate::data::store::{Member, Store};
use crate::error::{Error, Result};
use image::{ImageReader, Limits};
use rayon::prelude::*;
use std::io::Cursor;

/// The largest side of a picture file, and the most memory that decoding one may take.
const MOST_SIDE: u32 = 16_384;
const MOST_BYTES: u64 = 512 << 20;
/// So many files are read, then decoded side by side.
const CHUNK: usize = 256;

/// A picture: `[C, H, W]` and its bytes.
type Picture = ([usize; 3], Vec<u8>);

/// Decodes pictures and fits each: their shape `[C, H, W]` and `[N, C, H, W]` bytes. All have the colours of
/// the first one, unless `fit` says which; and its size, or that of `exact`, unless `fit` makes them equal.
///
/// # Errors
/// `Format` for a damaged or other picture; `Usage` for more than there is memory for; a wish to stop.
pub fn decode_all(
    store: &Store,
    files: &[&Member],
    fit: &Fit,
    exact: Option<[usize; 2]>,
) -> Result<([usize; 3], Vec<u8>)> {
    let Some(first) = files.first() else { return Ok(([1, 1, 1], Vec::new())) };
    let ([channels, height, width], _) = decode(store, first, &store.read(first)?)?;
    let wanted = Wanted {
        channels: fit.channels.is_none().then_some(channels),
        size: exact.or_else(|| (fit.size.is_none() && fit.crop.is_none()).then_some([height, width])),
    };
    let shape = fit.shape([channels, height, width])?;
    require_room(files.len(), shape)?;
    let picture = shape.iter().product();
    let mut pixels = vec![0; files.len() * picture];
    for (files, pixels) in files.chunks(CHUNK).zip(pixels.chunks_mut(CHUNK * picture)) {
        ops::interrupt::check()?;
        let packed = files.iter().map(|file| store.read(file)).collect::<Result<Vec<_>>>()?;
        let pairs = pixels.par_chunks_exact_mut(picture).zip(files.par_iter().zip(packed));
        pairs.try_for_each(|(out, (file, packed))| {
            let (shape, bytes) = decode(store, file, &packed)?;
            wanted.check(store, file, shape)?;
            out.copy_from_slice(&fit.apply(bytes, shape)?);
            Ok::<_, Error>(())
        })?;
    }
    Ok((shape, pixels))
}

/// What every picture has to be like.
struct Wanted {
    channels: Option<usize>,
    size: Option<[usize; 2]>,
}

impl Wanted {
    fn check(&self, store: &Store, file: &Member, [channels, height, width]: [usize; 3]) -> Result<()> {
        if let Some(wanted) = self.channels.filter(|&wanted| wanted != channels) {
            let expected = format!("{wanted} as in the others, or the option `channels`");
            return Err(store.fault(file, 0, format!("{channels} channels"), expected));
        }
        if let Some([high, wide]) = self.size.filter(|&size| size != [height, width]) {
            let expected = format!("{wide}x{high} as the others, or the option `size`");
            return Err(store.fault(file, 0, format!("a picture of {width}x{height}"), expected));
        }
        Ok(())
    }
}

/// Decodes a file to grey or colour.
fn decode(store: &Store, file: &Member, packed: &[u8]) -> Result<Picture> {
    if let Some(end) = missing_end(packed) {
        let at = packed.len() as u64;
        return Err(store.fault(file, at, "the end of the file", format!("{end} before it")));
    }
    decoded(packed).map_err(|error| {
        store.fault(file, 0, format!("a damaged picture ({error})"), "a whole PNG or JPEG file")
    })
}

fn decoded(packed: &[u8]) -> image::ImageResult<Picture> {
    let mut reader = ImageReader::new(Cursor::new(packed)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let image = reader.decode()?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    if !image.color().has_color() {
        return Ok(([1, height, width], image.into_luma8().into_raw()));
    }
    let pixels = image.into_rgb8().into_raw();
    let plane = |channel: usize| pixels.iter().skip(channel).step_by(3).copied();
    Ok(([3, height, width], (0..3).flat_map(plane).collect()))
}

/// What ends a file that begins as a PNG or JPEG file, if it is not there: the decoders do not ask for it, and
/// the one for JPEG paints what is missing grey.
fn missing_end(packed: &[u8]) -> Option<&'static str> {
    let lacks = |end: &[u8]| !packed.windows(end.len()).rev().any(|part| part == end);
    if packed.starts_with(b"\x89PNG") && lacks(b"IEND\xae\x42\x60\x82") {
        return Some("a PNG picture's last chunk (IEND)");
    }
    (packed.starts_with(&[0xff, 0xd8]) && lacks(&[0xff, 0xd9])).then_some("a JPEG picture's end (ff d9)")
}
