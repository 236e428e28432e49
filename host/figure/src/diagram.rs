//! Diagrams: boxes with a few lines of text, and arrows between them from the top to the bottom.
//!
//! Boxes stand in layers, each below everything that leads to it. Order and place within a layer are those
//! of Sugiyama, Tagawa and Toda (1981) with the places of Brandes and Köpf (2001), by the crate
//! `rust-sugiyama`; an arrow over several layers has a place of its own in each of them.

mod draw;
mod layers;
mod place;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::{canvas::Color, figure::Figure};
use layers::Layers;

/// A box of a diagram.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DiagramBox {
    /// What stands in its head.
    pub title: String,
    /// What stands below, a line each.
    pub lines: Vec<String>,
    /// The colour of its head.
    pub color: Color,
}

/// An arrow between two boxes, by their places in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagramArrow {
    pub from: usize,
    pub to: usize,
    /// What stands where it begins; arrows of one box with the same text are one line that branches.
    pub label: String,
}

/// The longest text of a box that is measured: names in a file may be of any length.
const MAX_CHARACTERS: usize = 80;

/// How many boxes are named in another one instead of an arrow.
const MAX_NAMED: usize = 3;

/// Draws a diagram. An arrow that goes back, or so far that there are too many places on its way, is a line
/// of text in the box that it leads to, and all of these are a warning; one of a box that does not exist is
/// left out.
pub fn diagram(boxes: &[DiagramBox], arrows: &[DiagramArrow]) -> Figure {
    let exists = |arrow: &&DiagramArrow| arrow.from.max(arrow.to) < boxes.len();
    let arrows = match arrows.iter().all(|arrow| exists(&arrow)) {
        true => Cow::Borrowed(arrows),
        false => Cow::Owned(arrows.iter().filter(exists).cloned().collect()),
    };
    let layers = Layers::of(boxes.len(), &arrows);
    let mut boxes = boxes.to_vec();
    let named = layers.named_by_target().into_iter().enumerate();
    for (to, sources) in named.filter(|(_, sources)| !sources.is_empty()) {
        let names: Vec<_> = sources.iter().take(MAX_NAMED).map(|&from| boxes[from].called()).collect();
        let more = sources.len() - names.len();
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        boxes[to].lines.push(format!("from {}{tail}", names.join(", ")));
    }
    let sizes = draw::Sizes::of(&boxes, &layers);
    let places = place::place(&layers, &sizes.all);
    let warnings = match layers.far.len() {
        0 => vec![],
        n => {
            vec![format!("{n} arrows go back or over too many layers: the boxes that they lead to name them")]
        }
    };
    Figure { drawing: draw::draw(&boxes, &layers, &sizes, &places), warnings }
}

impl DiagramBox {
    /// How other boxes call it.
    fn called(&self) -> String {
        let name = self.lines.first().filter(|line| !line.is_empty()).unwrap_or(&self.title);
        name.chars().take(MAX_CHARACTERS / 4).collect()
    }
}
