//! Tables of numbers as colours: confusion matrices, images with axes.

use files::{Error, Result};

use super::{
    axis::Axis,
    canvas::{Color, INK, RULE, WHITE},
    colormap::Colormap,
    drawing::{Picture, Shape},
    figure::{Figure, not_shown},
    frame::{PlotFrame, PlotOptions},
    marks::Marks,
    side::{ColorBar, Side},
    text::{self, Align, Pen},
    ticks::{Labels, Scale},
};

/// The most rows, and columns.
const MOST: usize = 4096;

/// Beyond this, and below its inverse, cells are no longer square.
const LONGEST: f64 = 4.0;

/// The sizes of numbers in cells, in pixels.
const LARGEST_TEXT: f32 = 15.0;
const SMALLEST_TEXT: f32 = 8.0;

/// The pixels of a picture of cells for one of the plot: edges stay sharp where the figure is magnified.
const FINE: usize = 2;

/// The width of the stripes of cells without a colour, in pixels of that picture.
const HATCH: usize = 10;

/// How a heat map looks.
#[derive(Debug, Clone)]
pub struct HeatmapOptions {
    /// Title, labels and size; its axes are never logarithmic.
    pub plot: PlotOptions,
    /// The values with the first and the last colour; beyond them colours stay the same. Default: the lowest
    /// and the highest value.
    pub range: Option<(f64, f64)>,
    pub colormap: Colormap,
    /// A name for each row or column; or none, for their numbers from 0 on.
    pub row_labels: Vec<String>,
    pub column_labels: Vec<String>,
    /// Whether each cell has its number in it. Default: where there is room.
    pub numbers: Option<bool>,
    /// What cells have in them in place of their numbers, row by row; or none.
    pub annotations: Vec<String>,
}

impl Default for HeatmapOptions {
    fn default() -> Self {
        Self {
            plot: PlotOptions { width: 760, height: 640, ..PlotOptions::default() },
            range: None,
            colormap: Colormap::Viridis,
            row_labels: Vec::new(),
            column_labels: Vec::new(),
            numbers: None,
            annotations: Vec::new(),
        }
    }
}

/// `values` of `shape` [rows, columns] as colours, the first row at the top, with a bar of the colours.
///
/// A cell that is not finite is hatched.
///
/// # Errors
/// A shape that does not fit the values, more than 4096 rows or columns; labels that are not as many as rows
/// or columns; a range that is none.
pub fn heatmap(values: &[f64], shape: [usize; 2], options: &HeatmapOptions) -> Result<Figure> {
    options.plot.check()?;
    options.check(values.len(), shape)?;
    let [rows, columns] = shape;
    let is_empty = !values.iter().any(|value| value.is_finite());
    let (low, high) = options.range.unwrap_or_else(|| range(values));
    let bar = ColorBar { axis: Axis { low, high, log: false }, colormap: options.colormap };
    let cells = Cells { values, shape, colors: values.iter().map(|&value| bar.color(value)).collect() };

    let mut y = Scale::slots(rows, labels(&options.row_labels, rows));
    (y.axis.low, y.axis.high) = (y.axis.high, y.axis.low);
    let mut frame =
        PlotFrame::new(&options.plot, Scale::slots(columns, labels(&options.column_labels, columns)), y);
    frame.side = Side::ColorBar(bar);
    let aspect = columns.max(1) as f64 / rows.max(1) as f64;
    frame.aspect = Some(aspect.clamp(1.0 / LONGEST, LONGEST));
    let drawing = frame.draw(|marks| {
        if !values.is_empty() {
            cells.draw(marks);
            cells.texts(marks, options);
        }
    });
    let warnings = if is_empty { vec![format!("it has {}", not_shown(false))] } else { Vec::new() };
    Ok(Figure { drawing, warnings })
}

impl HeatmapOptions {
    fn check(&self, count: usize, [rows, columns]: [usize; 2]) -> Result<()> {
        if rows.max(columns) > MOST || rows * columns != count {
            return Err(Error::usage(
                format!("a heat map of {rows} x {columns} cells with {count} values"),
                format!("give rows of equal lengths, at most {MOST} x {MOST} values"),
            ));
        }
        for (what, labels, expected) in
            [("row", &self.row_labels, rows), ("column", &self.column_labels, columns)]
        {
            if !(labels.is_empty() || labels.len() == expected) {
                return Err(Error::usage(
                    format!("{} {what} labels for {expected} {what}s", labels.len()),
                    format!("give one label for each {what}, or none"),
                ));
            }
        }
        if !(self.annotations.is_empty() || self.annotations.len() == count) {
            return Err(Error::usage(
                format!("{} annotations for {rows} x {columns} cells", self.annotations.len()),
                "give rows of texts, one for each cell, or none",
            ));
        }
        check_range(self.range)
    }
}

/// Refuses what is no range of values for colours.
pub fn check_range(range: Option<(f64, f64)>) -> Result<()> {
    match range {
        Some((low, high)) if !(low.is_finite() && high.is_finite() && low < high) => Err(Error::usage(
            format!("range ({low}, {high}); expected two finite numbers, the lower one first"),
            "give the values of the first and of the last colour, for example (0.0, 1.0)",
        )),
        _ => Ok(()),
    }
}

/// The lowest and the highest of what is finite, a little apart where they are equal.
pub fn range(values: &[f64]) -> (f64, f64) {
    let positions = values.iter().filter_map(|&value| Axis::position(value, false));
    let (low, high) =
        positions.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    match Axis::around([low, high].into_iter().filter(|end| end.is_finite()), false) {
        None => (0.0, 1.0),
        Some(_) if low < high => (low, high),
        Some(around) => (around.low, around.high),
    }
}

fn labels(names: &[String], count: usize) -> Labels {
    if names.is_empty() { Labels::Indices(count) } else { Labels::Names(names.to_vec()) }
}

/// The cells of a heat map, row by row.
struct Cells<'a> {
    values: &'a [f64],
    shape: [usize; 2],
    /// None for what is not finite.
    colors: Vec<Option<Color>>,
}

impl Cells<'_> {
    /// Width and height of a cell, in pixels.
    fn size(&self, marks: &Marks) -> (f64, f64) {
        let (from, to) = (marks.at((0.0, 0.0)), marks.at((1.0, 1.0)));
        let [rows, columns] = self.shape.map(|count| count as f64);
        let inside = marks.inside;
        match self.shape {
            [1, _] | [_, 1] => {
                ((inside.right - inside.left) as f64 / columns, (inside.bottom - inside.top) as f64 / rows)
            }
            _ => ((to.0 - from.0).abs(), (to.1 - from.1).abs()),
        }
    }

    fn draw(&self, marks: &mut Marks) {
        let size = self.size(marks);
        let [across, down] = [size.0, size.1].map(|side| (FINE as f64 * side).ceil().max(1.0) as usize);
        let [rows, columns] = self.shape;
        let (width, height) = (columns * across, rows * down);
        let mut pixels = Vec::with_capacity(3 * width * height);
        for y in 0..height {
            for x in 0..width {
                let color = self.colors[y / down * columns + x / across];
                pixels.extend(color.unwrap_or([WHITE, RULE][(x + y) / HATCH % 2]));
            }
        }
        let inside = marks.inside;
        let corner = (inside.left as f64, inside.top as f64);
        let size = ((inside.right - inside.left) as f64, (inside.bottom - inside.top) as f64);
        let picture = Picture { width, height, pixels };
        marks.drawing.shapes.push(Shape::Image { corner, size, picture });
    }

    /// Writes the numbers, or the annotations, into the cells.
    fn texts(&self, marks: &mut Marks, options: &HeatmapOptions) {
        let size = self.size(marks);
        let wanted = if options.annotations.is_empty() { options.numbers } else { Some(true) };
        // Far too many are not measured.
        let is_hopeless = size.0.min(size.1) < f64::from(SMALLEST_TEXT);
        if wanted == Some(false) || wanted.is_none() && is_hopeless {
            return;
        }
        let numbers = || self.values.iter().map(|value| number(*value, self.values)).collect();
        let texts = if options.annotations.is_empty() { numbers() } else { options.annotations.clone() };
        let widest = texts.iter().map(|text| text::width(text, 1.0)).fold(0.0, f32::max);
        let fitting = (0.86 * size.0 as f32 / widest.max(0.5)).min(0.6 * size.1 as f32).min(LARGEST_TEXT);
        if fitting < SMALLEST_TEXT && wanted.is_none() {
            return;
        }
        let pen = Pen { size: fitting.max(SMALLEST_TEXT), color: INK, align: Align::Center, vertical: false };
        for (i, (text, color)) in texts.into_iter().zip(&self.colors).enumerate() {
            let Some(color) = color else { continue };
            let (row, column) = (i / self.shape[1], i % self.shape[1]);
            let (x, y) = marks.at((column as f64, row as f64));
            let color = if is_dark(*color) { WHITE } else { INK };
            marks.drawing.text(text, Pen { color, ..pen }, (x, y + 0.36 * f64::from(pen.size)));
        }
    }
}

/// `value` with the digits that two or three places of the largest of `all` leave: 950, 12.5, 0.25.
fn number(value: f64, all: &[f64]) -> String {
    let finite = || all.iter().copied().filter(|value| value.is_finite());
    let largest = finite().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let text = match largest {
        _ if largest < 1e6 && finite().all(|value| value == value.trunc()) => format!("{value:.0}"),
        _ if !(1e-3..1e6).contains(&largest) => format!("{value:.1e}"),
        _ => {
            let power = libm::log10(largest).floor();
            let decimals = if power < 0.0 { 1.0 - power } else { 2.0 - power };
            format!("{value:.0$}", decimals.max(0.0) as usize)
        }
    };
    text.replace('-', "−")
}

/// Whether white is easier to read on it than ink.
fn is_dark([red, green, blue]: Color) -> bool {
    0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue) < 140.0
}
