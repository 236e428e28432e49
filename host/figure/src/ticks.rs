//! The ticks of an axis and their labels: round values, or names at whole positions.

use super::{
    axis::Axis,
    canvas::SOFT_INK,
    drawing::Drawing,
    frame::TICK,
    marks::Inside,
    text::{self, Align, Pen},
};

/// The pixels of width, and of height, that a tick at a round value should have for itself.
const VALUE_ROOM: (usize, usize) = (90, 55);

/// The pixels below an axis that labels in one line take.
pub const X_ROOM: usize = 20;

/// The height of a label's line, and the longest label of a name, in pixels.
const LINE: f64 = 15.0;
const LONGEST: f32 = 150.0;

/// What stands at an axis.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Round values, with lines across the plot.
    Values,
    /// The numbers 0 to n - 1 at the positions 0 to n - 1.
    Indices(usize),
    /// A name each at the positions 0, 1, 2, ...
    Names(Vec<String>),
}

/// An axis with its labels.
pub struct Scale {
    pub axis: Axis,
    pub labels: Labels,
}

impl From<Axis> for Scale {
    fn from(axis: Axis) -> Self {
        Self { axis, labels: Labels::Values }
    }
}

/// Positions with their labels, and the pixels that the labels take across the axis.
pub struct Ticks {
    pub ticks: Vec<(f64, String)>,
    pub room: usize,
    /// Whether labels are read from the bottom to the top.
    pub vertical: bool,
}

impl Scale {
    /// Positions for `count` things that stand in a row, each one unit wide.
    pub fn slots(count: usize, labels: Labels) -> Self {
        Self { axis: Axis { low: -0.5, high: count.max(1) as f64 - 0.5, log: false }, labels }
    }

    /// Whether each tick has a line across the plot.
    pub fn has_rules(&self) -> bool {
        self.labels == Labels::Values
    }

    /// The ticks of an axis that goes `length` pixels to the right.
    pub fn across(&self, length: usize) -> Ticks {
        let level = |ticks| Ticks { ticks, room: X_ROOM, vertical: false };
        let slot = |count: usize| length as f64 / count.max(1) as f64;
        match &self.labels {
            Labels::Values => level(self.axis.ticks(length / VALUE_ROOM.0)),
            Labels::Indices(count) => {
                let needed = text::width(&count.to_string(), TICK) + 8.0;
                level(each(*count, slot(*count), needed.into(), |i| i.to_string()))
            }
            Labels::Names(names) => {
                let slot = slot(names.len());
                if f64::from(widest(names.iter().map(String::as_str))) + 6.0 <= slot {
                    return level(each(names.len(), slot, 0.0, |i| names[i].clone()));
                }
                let ticks = each(names.len(), slot, LINE, |i| text::fit(&names[i], TICK, LONGEST));
                let room = widest(ticks.iter().map(|(_, name)| name.as_str())) as usize + 12;
                Ticks { ticks, room, vertical: true }
            }
        }
    }

    /// The ticks of an axis that is `length` pixels high.
    pub fn down(&self, length: usize) -> Ticks {
        let slot = |count: usize| length as f64 / count.max(1) as f64;
        let ticks = match &self.labels {
            Labels::Values => self.axis.ticks(length / VALUE_ROOM.1),
            Labels::Indices(count) => each(*count, slot(*count), LINE, |i| i.to_string()),
            Labels::Names(names) => {
                each(names.len(), slot(names.len()), LINE, |i| text::fit(&names[i], TICK, LONGEST))
            }
        };
        let room = widest(ticks.iter().map(|(_, label)| label.as_str())) as usize + 8;
        Ticks { ticks, room, vertical: false }
    }

    /// Writes the labels below the marks.
    pub fn label_across(&self, drawing: &mut Drawing, inside: Inside, ticks: &Ticks) {
        let (left, wide) = (inside.left as f64, (inside.right - inside.left) as f64);
        let bottom = inside.bottom as f64;
        for (position, label) in &ticks.ticks {
            let x = left + wide * self.axis.share(*position);
            match ticks.vertical {
                true => drawing.text(label, pen(Align::End, true), (x + CENTRED, bottom + 7.0)),
                false => drawing.text(label, pen(Align::Center, false), (x, bottom + 18.0)),
            }
        }
    }

    /// Writes the labels to the left of the marks.
    pub fn label_down(&self, drawing: &mut Drawing, inside: Inside, ticks: &Ticks) {
        let (bottom, high) = (inside.bottom as f64, (inside.bottom - inside.top) as f64);
        for (position, label) in &ticks.ticks {
            let y = bottom - high * self.axis.share(*position);
            drawing.text(label, pen(Align::End, false), (inside.left as f64 - 7.0, y + CENTRED));
        }
    }
}

/// A third of the size below a point centres digits on it.
pub const CENTRED: f64 = 0.36 * TICK as f64;

/// How labels of ticks are written.
pub fn pen(align: Align, vertical: bool) -> Pen {
    Pen { size: TICK, color: SOFT_INK, align, vertical }
}

/// Every one of `count` labels or, where they need more room than the `slot` pixels of each, every second,
/// fifth, tenth and so on.
fn each(count: usize, slot: f64, needed: f64, label: impl Fn(usize) -> String) -> Vec<(f64, String)> {
    let strides = (0..).flat_map(|power| [1, 2, 5].map(|m| m * 10_usize.saturating_pow(power)));
    let fits = |stride: &usize| *stride >= count || *stride as f64 * slot >= needed;
    let stride = strides.into_iter().find(fits).unwrap_or(1);
    (0..count).step_by(stride).map(|i| (i as f64, label(i))).collect()
}

/// The width of the widest label.
pub fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> f32 {
    texts.map(|text| text::width(text, TICK)).fold(0.0, f32::max).ceil()
}
