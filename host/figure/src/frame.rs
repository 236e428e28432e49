//! What all plots share: title, axes with ticks and labels, light grid lines, and what stands beside them.

use files::{Error, Result};

use super::{
    axis::Axis,
    canvas::{Color, INK, RULE, SOFT_INK},
    drawing::Drawing,
    marks::{Inside, Marks},
    side::Side,
    text::{self, Align, Pen},
    ticks::{Scale, X_ROOM},
};

/// Distances and text sizes in pixels.
pub const MARGIN: usize = 18;
const TITLE: f32 = 18.0;
const LABEL: f32 = 15.0;
pub const TICK: f32 = 13.0;

/// The sizes that a plot can have.
const SIDES: std::ops::RangeInclusive<u32> = 200..=2400;

/// A plot of a given aspect is cut to what it needs, in these steps: those of one series are equally large
/// although their ticks are not.
const STEP: usize = 20;

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
    /// Texts at places (x, y) between the axes.
    pub texts: Vec<(f64, f64, String)>,
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
            texts: Vec::new(),
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
    pub x: Scale,
    pub y: Scale,
    pub side: Side,
    /// Width over height of the box between the axes; otherwise it takes all the room.
    pub aspect: Option<f64>,
}

impl<'a> PlotFrame<'a> {
    /// A plot with nothing beside it.
    pub fn new(options: &'a PlotOptions, x: impl Into<Scale>, y: impl Into<Scale>) -> Self {
        Self { options, x: x.into(), y: y.into(), side: Side::Nothing, aspect: None }
    }

    /// The plot with what `marks` draws between the axes.
    pub fn draw(&self, marks: impl FnOnce(&mut Marks)) -> Drawing {
        let inside = self.inside();
        let (width, height) = (inside.right - inside.left, inside.bottom - inside.top);
        let (x_ticks, y_ticks) = (self.x.across(width), self.y.down(height));
        let (sheet_width, sheet_height) = self.sheet(inside, x_ticks.room);
        let mut drawing = Drawing::new(sheet_width, sheet_height);
        let (x, y) = (&self.x.axis, &self.y.axis);
        let mut area = Marks { drawing: &mut drawing, inside, x, y };
        if self.x.has_rules() {
            x_ticks.ticks.iter().for_each(|(at, _)| area.line(&[(*at, y.low), (*at, y.high)], 1.0, RULE));
        }
        if self.y.has_rules() {
            y_ticks.ticks.iter().for_each(|(at, _)| area.line(&[(x.low, *at), (x.high, *at)], 1.0, RULE));
        }
        marks(&mut area);
        for (at_x, at_y, text) in &self.options.texts {
            if let (Some(at_x), Some(at_y)) = (Axis::position(*at_x, x.log), Axis::position(*at_y, y.log)) {
                area.text((at_x, at_y), text);
            }
        }
        self.axes(&mut drawing, inside);
        self.x.label_across(&mut drawing, inside, &x_ticks);
        self.y.label_down(&mut drawing, inside, &y_ticks);
        self.labels(&mut drawing, inside, x_ticks.room);
        self.side.draw(&mut drawing, inside, self.name_room());
        drawing
    }

    /// What title, labels, ticks and legend leave for the marks, at least a quarter of each side.
    fn inside(&self) -> Inside {
        let (width, height) = (self.options.width as usize, self.options.height as usize);
        let line = |shown: bool, size: f32| if shown { (1.7 * size) as usize } else { 0 };
        let top = MARGIN + line(self.options.title.is_some(), TITLE);
        let below = MARGIN + line(self.options.x_label.is_some(), LABEL);
        // How many ticks there are decides how wide their labels are, and hardly depends on what is below.
        let ticks = self.y.down(height - top - below - X_ROOM).room;
        let left = (MARGIN + line(self.options.y_label.is_some(), LABEL) + ticks).min(width / 2);
        let right = (width - MARGIN - self.side.room(self.name_room())).max(width * 3 / 4);
        let room = self.x.across(right - left).room.min(height / 3);
        let bottom = (height - below - room).max(top + height / 4);
        let Some(aspect) = self.aspect else { return Inside { left, top, right, bottom } };
        let high = ((right - left) as f64 / aspect).min((bottom - top) as f64);
        let (wide, high) = ((high * aspect).round().max(1.0) as usize, high.round().max(1.0) as usize);
        Inside { left, top, right: left + wide, bottom: top + high }
    }

    /// The size of the whole figure.
    fn sheet(&self, inside: Inside, ticks: usize) -> (usize, usize) {
        let (width, height) = (self.options.width as usize, self.options.height as usize);
        if self.aspect.is_none() {
            return (width, height);
        }
        let below = MARGIN + if self.options.x_label.is_some() { (1.7 * LABEL) as usize } else { 0 };
        let needed = (
            inside.right + MARGIN + self.side.room(self.name_room()),
            inside.bottom + below + ticks.min(height / 3),
        );
        let cut = |needed: usize, all: usize| needed.next_multiple_of(STEP).min(all.max(needed));
        (cut(needed.0, width), cut(needed.1, height))
    }

    /// The widest name that there is room for beside the marks.
    fn name_room(&self) -> f32 {
        Side::name_room(self.options.width as usize)
    }

    /// The lines of the axes; all around a picture.
    fn axes(&self, drawing: &mut Drawing, Inside { left, top, right, bottom }: Inside) {
        let [left, top, right, bottom] = [left, top, right, bottom].map(|side| side as f64);
        let mut corners = vec![(left, top), (left, bottom), (right, bottom)];
        if matches!(self.side, Side::ColorBar(_)) {
            corners.extend([(right, top), (left, top)]);
        }
        drawing.line(corners, 1.0, SOFT_INK);
    }

    /// Title and axis labels.
    fn labels(&self, drawing: &mut Drawing, inside: Inside, ticks: usize) {
        let pen = Pen { size: LABEL, color: INK, align: Align::Center, vertical: false };
        let middle = (inside.left + inside.right) as f64 / 2.0;
        let wide = (inside.right - inside.left) as f32;
        if let Some(label) = &self.options.x_label {
            let below = (inside.bottom + ticks.min(self.options.height as usize / 3)) as f64 + 24.0;
            drawing.text(text::fit(label, LABEL, wide), pen, (middle, below));
        }
        if let Some(label) = &self.options.y_label {
            let label = text::fit(label, LABEL, (inside.bottom - inside.top) as f32);
            let center = (inside.top + inside.bottom) as f64 / 2.0;
            drawing.text(label, Pen { vertical: true, ..pen }, (MARGIN as f64 + 10.0, center));
        }
        if let Some(title) = &self.options.title {
            // It may reach over what stands beside the marks, but not out of the figure.
            let widest = 2.0 * middle.min(drawing.width as f64 - middle) as f32 - MARGIN as f32;
            let title = text::fit(title, TITLE, widest.max(wide));
            drawing.text(title, Pen { size: TITLE, ..pen }, (middle, MARGIN as f64 + 12.0));
        }
    }
}
