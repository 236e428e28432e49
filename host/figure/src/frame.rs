//! What all plots share: title, axes with ticks and labels, light grid lines, legend.

use files::{Error, Result};

use super::{
    axis::Axis,
    canvas::{Canvas, Color, INK, RULE, SOFT_INK, WHITE},
    marks::{FINE, Inside, Mark, Marks},
    text::{self, Align, Pen},
};

/// Distances and text sizes in pixels.
const MARGIN: usize = 18;
const TITLE: f32 = 18.0;
const LABEL: f32 = 15.0;
const TICK: f32 = 13.0;
const LEGEND_LINE: usize = 22;
const LEGEND_SWATCH: usize = 14;
const LEGEND_WIDEST: f32 = 220.0;

/// The pixels of width, and of height, that one tick should have for itself.
const TICK_ROOM: (usize, usize) = (90, 55);

/// The sizes that a plot can have.
const SIDES: std::ops::RangeInclusive<u32> = 200..=2400;

/// Colours that people with any colour vision can distinguish: six of Okabe and Ito's, then dark
/// ones of Tol's, and grey.
const PALETTE: [Color; 10] = [
    [0x00, 0x72, 0xb2],
    [0xd5, 0x5e, 0x00],
    [0x00, 0x9e, 0x73],
    [0xcc, 0x79, 0xa7],
    [0xe6, 0x9f, 0x00],
    [0x56, 0xb4, 0xe9],
    [0x33, 0x22, 0x88],
    [0x88, 0x22, 0x55],
    [0x99, 0x99, 0x33],
    [0x77, 0x77, 0x77],
];

/// How a plot looks.
#[derive(Debug, Clone)]
pub struct PlotOptions {
    pub title: Option<String>,
    pub x_label: Option<String>,
    pub y_label: Option<String>,
    /// A logarithmic axis shows positive values only.
    pub log_x: bool,
    pub log_y: bool,
    /// One unit is equally long on both axes.
    pub square: bool,
    /// Pixels, 200 to 2400. Default: 900 by 540.
    pub width: u32,
    pub height: u32,
}

impl Default for PlotOptions {
    fn default() -> Self {
        Self {
            title: None,
            x_label: None,
            y_label: None,
            log_x: false,
            log_y: false,
            square: false,
            width: 900,
            height: 540,
        }
    }
}

impl PlotOptions {
    /// An error where the width or the height is out of bounds.
    pub fn check(&self) -> Result<()> {
        if SIDES.contains(&self.width) && SIDES.contains(&self.height) {
            return Ok(());
        }
        Err(Error::usage(
            format!("a plot of {} x {} pixels", self.width, self.height),
            format!("choose a width and a height from {} to {}", SIDES.start(), SIDES.end()),
        ))
    }
}

/// The colour of series or class `index`; after ten they come again, each time paler.
pub fn color(index: usize) -> Color {
    let strength = [1.0, 0.6, 0.35][(index / PALETTE.len()).min(2)];
    PALETTE[index % PALETTE.len()].map(|c| (255.0 - strength * (255.0 - f64::from(c))) as u8)
}

/// A plot without its marks.
pub struct PlotFrame<'a> {
    pub options: &'a PlotOptions,
    pub x: Axis,
    pub y: Axis,
    /// Name, colour and mark of everything that the legend names; none for no legend.
    pub legend: Vec<(String, Color, Mark)>,
}

impl PlotFrame<'_> {
    /// The plot with what `marks` draws between the axes, as a PNG file.
    pub fn draw(&self, marks: impl FnOnce(&Marks) -> Result<()>) -> Result<Vec<u8>> {
        let (width, height) = (self.options.width as usize, self.options.height as usize);
        let y_ticks = self.y.ticks(height / TICK_ROOM.1);
        let inside = self.inside(&y_ticks);
        let x_ticks = self.x.ticks((inside.right - inside.left) / TICK_ROOM.0);

        let mut canvas = Canvas::new(width * FINE, height * FINE)?;
        let area = Marks::new(&mut canvas, inside, &self.x, &self.y);
        for (x, _) in &x_ticks {
            area.line(&[(*x, self.y.low), (*x, self.y.high)], 1.0, RULE)?;
        }
        for (y, _) in &y_ticks {
            area.line(&[(self.x.low, *y), (self.x.high, *y)], 1.0, RULE)?;
        }
        marks(&area)?;
        let (low, high) = ((self.x.low, self.y.low), (self.x.high, self.y.high));
        area.line(&[(low.0, high.1), low, (high.0, low.1)], 1.0, SOFT_INK)?;
        drop(area);

        let mut sheet = canvas.shrink(FINE)?;
        self.labels(&mut sheet, inside);
        tick_labels(&mut sheet, inside, (&self.x, &x_ticks), (&self.y, &y_ticks));
        self.legend(&mut sheet, inside);
        sheet.png()
    }

    /// What title, labels, ticks and legend leave for the marks, at least a quarter of each side.
    fn inside(&self, y_ticks: &[(f64, String)]) -> Inside {
        let (width, height) = (self.options.width as usize, self.options.height as usize);
        let line = |shown: bool, size: f32| if shown { (1.7 * size) as usize } else { 0 };
        let ticks = widest(y_ticks.iter().map(|(_, label)| label.as_str()), TICK);
        let legend = match widest(self.legend.iter().map(|(name, ..)| name.as_str()), TICK) {
            _ if self.legend.is_empty() => 0.0,
            names => names.min(self.legend_room()) + (LEGEND_SWATCH + 26) as f32,
        };
        let left = MARGIN + line(self.options.y_label.is_some(), LABEL) + ticks as usize + 8;
        let below = MARGIN + line(self.options.x_label.is_some(), LABEL) + 20;
        let inside = Inside {
            left: left.min(width / 2),
            top: MARGIN + line(self.options.title.is_some(), TITLE),
            right: (width - MARGIN - legend as usize).max(width * 3 / 4),
            bottom: height - below,
        };
        if !self.options.square {
            return inside;
        }
        let side = (inside.right - inside.left).min(inside.bottom - inside.top);
        Inside { right: inside.left + side, bottom: inside.top + side, ..inside }
    }

    /// The widest name that the legend has room for.
    fn legend_room(&self) -> f32 {
        LEGEND_WIDEST.min(self.options.width as f32 / 4.0 - (LEGEND_SWATCH + MARGIN + 26) as f32)
    }

    /// Title and axis labels.
    fn labels(&self, sheet: &mut Canvas, inside: Inside) {
        let pen = Pen { size: LABEL, color: INK, align: Align::Center, vertical: false };
        let middle = (inside.left + inside.right) as f32 / 2.0;
        let bottom = (self.options.height as usize - MARGIN) as f32;
        let wide = (inside.right - inside.left) as f32;
        if let Some(label) = &self.options.x_label {
            let label = text::fit(label, LABEL, wide);
            text::draw(sheet, &label, pen, (middle, bottom.min(inside.bottom as f32 + 44.0)));
        }
        if let Some(label) = &self.options.y_label {
            let label = text::fit(label, LABEL, (inside.bottom - inside.top) as f32);
            let center = (inside.top + inside.bottom) as f32 / 2.0;
            let vertical = Pen { vertical: true, ..pen };
            text::draw(sheet, &label, vertical, (MARGIN as f32 + 10.0, center));
        }
        if let Some(title) = &self.options.title {
            let title = text::fit(title, TITLE, wide);
            let pen = Pen { size: TITLE, ..pen };
            text::draw(sheet, &title, pen, (middle, MARGIN as f32 + 12.0));
        }
    }

    /// Swatches and names to the right of the marks; what does not fit is counted.
    fn legend(&self, sheet: &mut Canvas, inside: Inside) {
        let lines = (inside.bottom - inside.top) / LEGEND_LINE;
        let shown = match self.legend.len() {
            count if count > lines => lines.saturating_sub(1),
            count => count,
        };
        let pen = Pen { size: TICK, color: INK, align: Align::Start, vertical: false };
        let left = inside.right + 18;
        let name_left = (left + LEGEND_SWATCH + 8) as f32;
        let baseline = |line: usize| (inside.top + line * LEGEND_LINE) as f32 + 13.0;
        for (line, (name, color, mark)) in self.legend.iter().take(shown).enumerate() {
            swatch(sheet, (left, inside.top + line * LEGEND_LINE), *color, *mark);
            let name = text::fit(name, TICK, self.legend_room());
            text::draw(sheet, &name, pen, (name_left, baseline(line)));
        }
        if shown < self.legend.len() {
            let more = format!("and {} more", self.legend.len() - shown);
            text::draw(sheet, &more, pen, (name_left, baseline(shown)));
        }
    }
}

/// What stands for a mark in the legend.
fn swatch(sheet: &mut Canvas, (left, top): (usize, usize), color: Color, mark: Mark) {
    let (middle, size) = (left + LEGEND_SWATCH / 2, 8);
    let square = |sheet: &mut Canvas, size: usize, color| {
        sheet.fill((middle - size / 2, top + 8 - size / 2), (size, size), color);
    };
    match mark {
        Mark::Line => sheet.fill((left, top + 6), (LEGEND_SWATCH, 5), color),
        Mark::Dashed => {
            let dash = LEGEND_SWATCH / 3 + 1;
            for left in [left, left + LEGEND_SWATCH - dash] {
                sheet.fill((left, top + 6), (dash, 4), color);
            }
        }
        Mark::Dot => square(sheet, size, color),
        Mark::Ring => {
            square(sheet, size + 2, color);
            square(sheet, size - 2, WHITE);
        }
    }
}

/// The labels of the ticks, below and to the left of the marks.
fn tick_labels(
    sheet: &mut Canvas,
    inside: Inside,
    (x, x_ticks): (&Axis, &[(f64, String)]),
    (y, y_ticks): (&Axis, &[(f64, String)]),
) {
    let pen = Pen { size: TICK, color: SOFT_INK, align: Align::Center, vertical: false };
    let wide = (inside.right - inside.left) as f32;
    for (position, label) in x_ticks {
        let at = inside.left as f32 + wide * x.share(*position) as f32;
        text::draw(sheet, label, pen, (at, inside.bottom as f32 + 18.0));
    }
    let high = (inside.bottom - inside.top) as f32;
    let pen = Pen { align: Align::End, ..pen };
    for (position, label) in y_ticks {
        let at = inside.bottom as f32 - high * y.share(*position) as f32;
        // A third of the size below the line centres digits on it.
        text::draw(sheet, label, pen, (inside.left as f32 - 7.0, at + TICK * 0.36));
    }
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>, size: f32) -> f32 {
    texts.map(|text| text::width(text, size)).fold(0.0, f32::max).ceil()
}
