//! Picture files become one block of bytes.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
};

use files::{Error, Result};
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    error::{ParameterError, ParameterErrorKind},
    metadata::Orientation,
};
use rayon::prelude::*;

use crate::{
    ReadOptions,
    fit::require_room,
    store::{Member, Store},
};

/// The largest side of a picture file, and the maximum of memory that decoding one may take.
const MAX_SIDE: u32 = 16_384;
const MAX_BYTES: u64 = 256 << 20;
/// The number of files that are read, then decoded in parallel.
const CHUNK: usize = 256;

/// A picture: `[C, H, W]` and its bytes.
type Picture = ([usize; 3], Vec<u8>);

/// Decodes pictures and fits each: their shape `[C, H, W]` and `[N, C, H, W]` bytes. They are grey if all
/// are, otherwise colour, unless the options say which; and have the size of the first one, or that of
/// `exact`, unless the options make them equal. Of several pictures in one file it is the first.
///
/// # Errors
/// `Format` for a damaged or other picture; `Usage` for more than there is memory for; a request to stop.
pub fn decode_all(
    store: &Store,
    files: &[&Member],
    options: &ReadOptions,
    exact: Option<[usize; 2]>,
) -> Result<([usize; 3], Vec<u8>)> {
    let Some(first) = files.first() else { return Ok(([1, 1, 1], Vec::new())) };
    let (decoder, fit) =
        (Decoder { store, upright: options.exif_rotation, rotated: AtomicUsize::new(0) }, options.fit);
    let ([channels, height, width], _) = decoder.decode(first, &store.read(first)?)?;
    decoder.rotated.store(0, Ordering::Relaxed);
    let size = exact.or_else(|| (fit.size.is_none() && fit.crop.is_none()).then_some([height, width]));
    let mut run =
        Decoding { decoder, size, channels: fit.channels.unwrap_or(channels), mixed: fit.channels.is_none() };
    let pixels = match run.decode(files, options, [channels, height, width])? {
        Some(pixels) => pixels,
        // The first one is grey, and another one is not.
        None => {
            run.channels = 3;
            run.decoder.rotated.store(0, Ordering::Relaxed);
            run.decode(files, options, [channels, height, width])?.unwrap_or_default()
        }
    };
    let rotated = run.decoder.rotated.into_inner();
    if rotated > 0 && !options.exif_rotation {
        options.warn(&format!(
            "{}: {rotated} of {} pictures are to be rotated by their EXIF data, which is done with \
             `exif_rotation: true` only",
            store.path().display(),
            files.len()
        ));
    }
    let shape = options.fit_of(run.channels).shape([channels, height, width])?;
    Ok((shape, pixels))
}

/// What every picture has to be like.
struct Decoding<'a> {
    decoder: Decoder<'a>,
    size: Option<[usize; 2]>,
    channels: usize,
    /// Grey pictures may be among colour ones.
    mixed: bool,
}

impl Decoding<'_> {
    /// The pixels of all files; none where all should be grey by the first one, and one is not.
    fn decode(&self, files: &[&Member], options: &ReadOptions, first: [usize; 3]) -> Result<Option<Vec<u8>>> {
        let (store, fit) = (self.decoder.store, options.fit_of(self.channels));
        let shape = fit.shape(first)?;
        require_room(files.len(), shape)?;
        let size = shape.iter().product();
        let mut pixels = vec![0; files.len() * size];
        for (files, pixels) in files.chunks(CHUNK).zip(pixels.chunks_mut(CHUNK * size)) {
            ops::interrupt::check()?;
            let packed = files.iter().map(|file| store.read(file)).collect::<Result<Vec<_>>>()?;
            let pairs = pixels.par_chunks_exact_mut(size).zip(files.par_iter().zip(packed));
            let fits = pairs.map(|(out, (file, packed))| {
                ops::interrupt::check()?;
                let (shape, bytes) = self.decoder.decode(file, &packed)?;
                if self.mixed && shape[0] > self.channels {
                    return Ok(false);
                }
                self.check(file, shape)?;
                out.copy_from_slice(&fit.apply(bytes, shape)?);
                Ok::<_, Error>(true)
            });
            if !fits.collect::<Result<Vec<bool>>>()?.into_iter().all(|fits| fits) {
                return Ok(None);
            }
        }
        Ok(Some(pixels))
    }

    fn check(&self, file: &Member, [_, height, width]: [usize; 3]) -> Result<()> {
        match self.size {
            Some([high, wide]) if [high, wide] != [height, width] => {
                let expected = format!("{wide}x{high} as the others, or the option `size`");
                Err(self.decoder.store.fault(file, 0, format!("a picture of {width}x{height}"), expected))
            }
            _ => Ok(()),
        }
    }
}

/// Decodes the files of a store.
struct Decoder<'a> {
    store: &'a Store,
    /// Rotates and mirrors pictures as their EXIF data says.
    upright: bool,
    /// How many pictures have such EXIF data.
    rotated: AtomicUsize,
}

impl Decoder<'_> {
    /// Decodes a file to grey or colour.
    fn decode(&self, file: &Member, packed: &[u8]) -> Result<Picture> {
        if let Some(end) = missing_end(packed) {
            return Err(self.store.fault(
                file,
                packed.len(),
                "the end of the file",
                format!("{end} before it"),
            ));
        }
        // The decoders are not ours, and the files may come from anybody.
        let outcome = catch_unwind(AssertUnwindSafe(|| decoded(packed, self.upright)));
        let picture = match outcome {
            Ok(Err(ImageError::Limits(_))) => return Err(self.too_large(file, packed)),
            Ok(picture) => picture.map_err(|error| error.to_string()),
            Err(_) => Err("its decoder fails".to_owned()),
        };
        let (picture, is_rotated) = picture.map_err(|error| {
            self.store.fault(file, 0, format!("a damaged picture ({error})"), "a whole picture file")
        })?;
        self.rotated.fetch_add(usize::from(is_rotated), Ordering::Relaxed);
        Ok(picture)
    }

    /// The error for a picture beyond the limits.
    fn too_large(&self, file: &Member, packed: &[u8]) -> Error {
        let reader = ImageReader::new(Cursor::new(packed)).with_guessed_format();
        let size = reader.ok().and_then(|reader| reader.into_dimensions().ok());
        let size = size.map_or(String::new(), |(width, height)| format!(" of {width}x{height}"));
        let expected = format!(
            "one within the limit of {MAX_SIDE} pixels a side and {} MiB when decoded: make it smaller first",
            MAX_BYTES >> 20
        );
        self.store.fault(file, 0, format!("a picture{size}"), expected)
    }
}

/// The picture, and whether its EXIF data says that it is to be rotated.
fn decoded(packed: &[u8], upright: bool) -> image::ImageResult<(Picture, bool)> {
    let mut reader = ImageReader::new(Cursor::new(packed)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    limits.reserve(decoder.total_bytes())?;
    // Damaged EXIF data is no damage of the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    if upright {
        image.apply_orientation(orientation);
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    if width == 0 || height == 0 {
        let empty = ParameterError::from_kind(ParameterErrorKind::DimensionMismatch);
        return Err(ImageError::Parameter(empty));
    }
    let is_rotated = orientation != Orientation::NoTransforms;
    if !image.color().has_color() {
        return Ok((([1, height, width], image.into_luma8().into_raw()), is_rotated));
    }
    let pixels = image.into_rgb8().into_raw();
    let plane = |channel: usize| pixels.iter().skip(channel).step_by(3).copied();
    Ok((([3, height, width], (0..3).flat_map(plane).collect()), is_rotated))
}

/// What ends a file, if it is not there: the decoders do not ask for it, and the one for JPEG paints what is
/// missing grey.
fn missing_end(packed: &[u8]) -> Option<&'static str> {
    let lacks = |end: &[u8]| !packed.windows(end.len()).rev().any(|part| part == end);
    match image::guess_format(packed).ok()? {
        ImageFormat::Png if lacks(b"IEND\xae\x42\x60\x82") => Some("a PNG picture's last chunk (IEND)"),
        ImageFormat::Jpeg if lacks(&[0xff, 0xd9]) => Some("a JPEG picture's end (ff d9)"),
        ImageFormat::Gif if packed.last() != Some(&b';') && lacks(&[0, b';']) => {
            Some("a GIF picture's end (3b)")
        }
        ImageFormat::WebP if (packed.len() as u64) < riff_length(packed) => {
            Some("as many bytes as the header says")
        }
        _ => None,
    }
}

/// The length of a RIFF file, as its header says.
fn riff_length(packed: &[u8]) -> u64 {
    let length = packed.get(4..8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    u64::from(length) + 8
}
