//! Sheets of pictures: one grid, or several side by side.

use files::{Error, Result};

use super::{canvas::Color, sheet::Sheet};

/// What a pixel that is not a finite number is shown as, so that it is seen.
const NOT_FINITE: Color = [255, 0, 255];

/// The line between pictures, in pixels.
pub const SEPARATOR: usize = 2;

/// The width and height, in pixels, that small pictures are magnified towards: of one grid, of panels.
const TARGET: usize = 800;
const PANELS_TARGET: usize = 1400;
const MAX_SCALE: u32 = 4096;

/// How a sheet of pictures looks.
#[derive(Debug, Clone)]
pub struct GridOptions {
    /// The values shown as black and as white; what lies outside is clipped. Default: (0, 1).
    pub range: (f32, f32),
    /// Pictures a row. Default: ceil(sqrt(N)).
    pub columns: Option<usize>,
    /// Pixels of the sheet for one pixel of a picture. Default: as many as make the sheet about
    /// 800 pixels wide, 1400 for several panels.
    pub scale: Option<u32>,
    /// A line above everything.
    pub title: Option<String>,
    /// One text for each row, to the left of the first grid; or none.
    pub row_labels: Vec<String>,
    /// One text for each column, above every grid; or none.
    pub column_labels: Vec<String>,
}

impl Default for GridOptions {
    fn default() -> Self {
        Self {
            range: (0.0, 1.0),
            columns: None,
            scale: None,
            title: None,
            row_labels: Vec::new(),
            column_labels: Vec::new(),
        }
    }
}

/// One grid of a sheet: `pixels` of `shape` [N, C, H, W], C = 1 (grey) or 3 (red, green, blue).
#[derive(Debug, Clone)]
pub struct Panel<'a> {
    pub caption: String,
    pub pixels: &'a [f32],
    pub shape: [usize; 4],
}

/// N pictures row by row: `pixels` of `shape` [N, C, H, W], C = 1 (grey) or 3 (red, green, blue).
///
/// A pixel that is not finite is shown in magenta.
///
/// # Errors
/// No picture, a shape that does not fit the pixels, another C, an empty range, labels that do not fit rows
/// or columns, a sheet of more than 64 Mi pixels.
pub fn grid(pixels: &[f32], shape: [usize; 4], options: &GridOptions) -> Result<Vec<u8>> {
    let caption = String::new();
    panels(&[Panel { caption, pixels, shape }], options)
}

/// Several grids side by side at the same scale, each under its caption.
///
/// # Errors
/// As [`grid`].
pub fn panels(panels: &[Panel], options: &GridOptions) -> Result<Vec<u8>> {
    let (low, high) = options.range;
    if !(low.is_finite() && high.is_finite() && low != high) {
        return Err(Error::usage(
            format!("range ({low}, {high}); expected two different finite numbers"),
            "give the values to be shown as black and as white, for example (0.0, 1.0)",
        ));
    }
    let blocks = panels.iter().map(|panel| GridBlock::new(panel, options)).collect::<Result<Vec<_>>>()?;
    if blocks.is_empty() {
        return Err(Error::usage("no panel to show", "give at least one grid of pictures"));
    }
    let scale = scale(&blocks, options)?;
    Sheet::new(blocks, scale, options).draw()
}

/// A panel whose shape was checked, and its arrangement.
pub struct GridBlock<'a> {
    pub panel: &'a Panel<'a>,
    pub columns: usize,
    pub rows: usize,
}

impl<'a> GridBlock<'a> {
    fn new(panel: &'a Panel<'a>, options: &GridOptions) -> Result<Self> {
        check_shape(panel)?;
        let [count, ..] = panel.shape;
        let columns = options.columns.unwrap_or((1..).find(|c| c * c >= count).unwrap_or(count)).min(count);
        if columns == 0 {
            return Err(Error::usage(
                "columns is 0; expected at least 1",
                "leave columns out for a square sheet",
            ));
        }
        let rows = count.div_ceil(columns);
        check_labels("row", &options.row_labels, rows)?;
        check_labels("column", &options.column_labels, columns)?;
        Ok(Self { panel, columns, rows })
    }

    /// Width and height of the pictures alone, unmagnified.
    fn bare_size(&self) -> (usize, usize) {
        let [.., height, width] = self.panel.shape;
        (self.columns * width, self.rows * height)
    }

    /// Width and height on the sheet: the pictures with separators between and around them.
    pub fn size(&self, scale: usize) -> (usize, usize) {
        let (width, height) = self.bare_size();
        (width * scale + (self.columns + 1) * SEPARATOR, height * scale + (self.rows + 1) * SEPARATOR)
    }

    /// Top left corner of picture `index`, from the block's.
    pub fn corner(&self, index: usize, scale: usize) -> (usize, usize) {
        let [.., height, width] = self.panel.shape;
        let (row, column) = (index / self.columns, index % self.columns);
        (SEPARATOR + column * (width * scale + SEPARATOR), SEPARATOR + row * (height * scale + SEPARATOR))
    }

    /// The colour of one pixel of one picture, clipped to `range`.
    pub fn color(&self, index: usize, y: usize, x: usize, range: (f32, f32)) -> Color {
        let [_, channels, height, width] = self.panel.shape;
        let value = |channel| {
            let value: f32 = self.panel.pixels[((index * channels + channel) * height + y) * width + x];
            let (low, high) = (f64::from(range.0), f64::from(range.1));
            let share = ((f64::from(value) - low) / (high - low)).clamp(0.0, 1.0);
            value.is_finite().then(|| (255.0 * share).round() as u8)
        };
        match [0, 1, 2].map(|channel| value(channel.min(channels - 1))) {
            [Some(red), Some(green), Some(blue)] => [red, green, blue],
            _ => NOT_FINITE,
        }
    }
}

fn check_shape(panel: &Panel) -> Result<()> {
    let [count, channels, ..] = panel.shape;
    let values = panel.shape.iter().try_fold(1_usize, |n, &side| n.checked_mul(side));
    let problem = if panel.shape.contains(&0) {
        "no picture to show"
    } else if channels != 1 && channels != 3 {
        "pictures have 1 channel (grey) or 3 (red, green, blue)"
    } else if values != Some(panel.pixels.len()) {
        "the number of pixels is not the product of the shape"
    } else {
        return Ok(());
    };
    Err(Error::usage(
        format!(
            "{problem}: shape {:?} with {} values; expected [N, C, H, W], here N = {count}, C = {channels}",
            panel.shape,
            panel.pixels.len()
        ),
        "reshape the pictures to [N, 1, H, W] or [N, 3, H, W]",
    ))
}

fn check_labels(what: &str, labels: &[String], expected: usize) -> Result<()> {
    if labels.is_empty() || labels.len() == expected {
        return Ok(());
    }
    Err(Error::usage(
        format!("{} {what} labels for {expected} {what}s of pictures", labels.len()),
        format!("give one label for each {what}, or none"),
    ))
}

/// The whole factor that brings the sheet close to its target size, or the one asked for.
fn scale(blocks: &[GridBlock], options: &GridOptions) -> Result<usize> {
    let (width, height) = blocks
        .iter()
        .map(GridBlock::bare_size)
        .fold((0, 0), |(w, h), (width, height)| (w + width, h.max(height)));
    let target = if blocks.len() == 1 { TARGET } else { PANELS_TARGET };
    match options.scale {
        None => Ok((target / width.max(height)).max(1)),
        Some(scale @ 1..=MAX_SCALE) => Ok(scale as usize),
        Some(scale) => Err(Error::usage(
            format!("scale {scale}; expected 1 to {MAX_SCALE} pixels for one pixel"),
            "leave scale out for a sheet about 800 pixels wide",
        )),
    }
}
