//! What stands to the right of a plot: a legend, or the bar that says which colour is which value.

use super::{
    axis::Axis,
    canvas::{Color, INK, SOFT_INK, WHITE},
    colormap::Colormap,
    drawing::{Drawing, Picture, Shape},
    frame::{MARGIN, TICK},
    marks::{Inside, Mark},
    text::{self, Align, Pen},
    ticks::{CENTRED, pen, widest},
};

/// Distances in pixels.
const LINE: usize = 22;
const SWATCH: usize = 14;
const GAP: usize = 18;
const WIDEST: f32 = 220.0;

/// The pixels of height that one tick of a bar should have for itself.
const TICK_ROOM: usize = 45;
const FEWEST_TICKS: usize = 4;
const MOST_TICKS: usize = 12;

/// How many shades a bar has.
const SHADES: usize = 256;

/// What stands to the right of a plot.
pub enum Side {
    Nothing,
    /// Name, colour and mark of everything that is named.
    Legend(Vec<(String, Color, Mark)>),
    ColorBar(ColorBar),
}

/// The values from the low end of `axis` to its high end, and their colours.
pub struct ColorBar {
    pub axis: Axis,
    pub colormap: Colormap,
}

impl Side {
    /// A legend, where there is more than one name.
    pub fn legend(names: Vec<(String, Color, Mark)>) -> Self {
        if names.len() > 1 { Self::Legend(names) } else { Self::Nothing }
    }

    /// The widest name that the legend of a plot so wide has room for.
    pub fn name_room(width: usize) -> f32 {
        WIDEST.min(width as f32 / 4.0 - (SWATCH + MARGIN + 26) as f32)
    }

    /// The pixels of width that it takes.
    pub fn room(&self, names: f32) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Legend(entries) => {
                let widest = widest(entries.iter().map(|(name, ..)| name.as_str()));
                widest.min(names) as usize + SWATCH + 26
            }
            Self::ColorBar(bar) => {
                // As many ticks as a high bar has: more of them have more digits.
                let ticks = bar.axis.ticks(MOST_TICKS);
                GAP + SWATCH + 7 + widest(ticks.iter().map(|(_, label)| label.as_str())) as usize
            }
        }
    }

    /// Draws it beside the marks.
    pub fn draw(&self, drawing: &mut Drawing, inside: Inside, names: f32) {
        match self {
            Self::Nothing => {}
            Self::Legend(entries) => legend(entries, drawing, inside, names),
            Self::ColorBar(bar) => bar.draw(drawing, inside),
        }
    }
}

/// Swatches and names; what does not fit is counted.
fn legend(entries: &[(String, Color, Mark)], drawing: &mut Drawing, inside: Inside, room: f32) {
    let lines = (inside.bottom - inside.top) / LINE;
    let shown = if entries.len() > lines { lines.saturating_sub(1) } else { entries.len() };
    let pen = Pen { size: TICK, color: INK, align: Align::Start, vertical: false };
    let left = (inside.right + GAP) as f64;
    let name_left = left + (SWATCH + 8) as f64;
    let top = |line: usize| (inside.top + line * LINE) as f64;
    for (line, (name, color, mark)) in entries.iter().take(shown).enumerate() {
        swatch(drawing, (left, top(line)), *color, *mark);
        drawing.text(text::fit(name, TICK, room), pen, (name_left, top(line) + 13.0));
    }
    if shown < entries.len() {
        let more = format!("and {} more", entries.len() - shown);
        drawing.text(more, pen, (name_left, top(shown) + 13.0));
    }
}

/// What stands for a mark in the legend.
fn swatch(drawing: &mut Drawing, (left, top): (f64, f64), color: Color, mark: Mark) {
    let wide = SWATCH as f64;
    let mut square = |size: f64, color| {
        let (x, y) = (left + wide / 2.0 - size / 2.0, top + 8.0 - size / 2.0);
        drawing.rect([(x, y), (x + size, y + size)], color);
    };
    match mark {
        Mark::Dot => square(8.0, color),
        Mark::Ring => {
            square(10.0, color);
            square(6.0, WHITE);
        }
        Mark::Line => drawing.rect([(left, top + 6.0), (left + wide, top + 11.0)], color),
        Mark::Dashed => {
            for start in [left, left + wide - 5.0] {
                drawing.rect([(start, top + 6.0), (start + 5.0, top + 10.0)], color);
            }
        }
    }
}

impl ColorBar {
    /// The colour of a value; none for one that is not finite.
    pub fn color(&self, value: f64) -> Option<Color> {
        let position = Axis::position(value, self.axis.log)?;
        Some(self.colormap.color(self.axis.share(position).clamp(0.0, 1.0)))
    }

    fn draw(&self, drawing: &mut Drawing, inside: Inside) {
        let (left, top) = ((inside.right + GAP) as f64, inside.top as f64);
        let (wide, high) = (SWATCH as f64, (inside.bottom - inside.top) as f64);
        let shade = |i: usize| self.colormap.color(1.0 - (i as f64 + 0.5) / SHADES as f64);
        let pixels = (0..SHADES).flat_map(shade).collect();
        let picture = Picture { width: 1, height: SHADES, pixels };
        drawing.shapes.push(Shape::Image { corner: (left, top), size: (wide, high), picture });
        let (right, bottom) = (left + wide, top + high);
        let around = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        drawing.line(around, 1.0, SOFT_INK);
        let ticks = (inside.bottom - inside.top) / TICK_ROOM;
        for (position, label) in self.axis.ticks(ticks.clamp(FEWEST_TICKS, MOST_TICKS)) {
            let y = bottom - high * self.axis.share(position);
            drawing.line(vec![(right, y), (right + 3.0, y)], 1.0, SOFT_INK);
            drawing.text(label, pen(Align::Start, false), (right + 7.0, y + CENTRED));
        }
    }
}
