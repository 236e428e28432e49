//! Scatter plots.

use files::{Error, Result};

use super::{
    axis::Axis,
    canvas::{Color, INK, RULE},
    colormap::Colormap,
    figure::{Figure, not_shown},
    frame::{PlotFrame, PlotOptions, color},
    heatmap::{check_range, range},
    marks::Mark,
    plot::{axes, position},
    side::{ColorBar, Side},
};

/// What distinguishes the points of a scatter plot; each list is as long as the points, or empty.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    /// One class a point: its colour.
    pub labels: Vec<usize>,
    /// The classes' names in the legend, where a class without a name has its number.
    pub names: Vec<String>,
    /// Which points are drawn as rings.
    pub rings: Vec<bool>,
    /// What dots, and what rings are; nothing where the legend does not say.
    pub ring_names: Option<[String; 2]>,
    /// One number a point, in place of labels: its colour, which a bar explains.
    pub values: Vec<f64>,
    pub colormap: Colormap,
    /// The values with the first and the last colour; the lowest and the highest by default.
    pub range: Option<(f64, f64)>,
    /// How much of what lies below it a dot hides, 0 to 1; all of it by default.
    pub alpha: Option<f64>,
}

/// One dot or ring a point (x, y).
///
/// A point that cannot be shown is skipped.
///
/// # Errors
/// Kinds of another length.
pub fn scatter(points: &[(f64, f64)], kinds: &Kinds, options: &PlotOptions) -> Result<Figure> {
    options.check()?;
    kinds.check(points.len())?;
    let positions: Vec<_> = points.iter().map(|&point| position(point, options)).collect();
    let (mut x, mut y) = axes(positions.iter().flatten().copied(), options);
    let warnings = match positions.iter().any(Option::is_some) {
        true => Vec::new(),
        false => vec![format!("it has {}", not_shown(options.log_x || options.log_y))],
    };
    if options.square {
        let span = (x.high - x.low).max(y.high - y.low);
        for axis in [&mut x, &mut y] {
            let middle = (axis.low + axis.high) / 2.0;
            (axis.low, axis.high) = (middle - span / 2.0, middle + span / 2.0);
        }
    }
    let radius = match points.len() {
        0..300 => 4.0,
        300..3000 => 3.0,
        _ => 2.0,
    };
    let mut frame = PlotFrame::new(options, x, y);
    let colors = kinds.colors(points.len());
    frame.side = kinds.bar().map_or_else(|| Side::legend(kinds.legend()), Side::ColorBar);
    frame.aspect = options.square.then_some(1.0);
    let drawing = frame.draw(|marks| {
        for (index, (&at, color)) in positions.iter().zip(colors).enumerate() {
            let Some(at) = at else { continue };
            match (kinds.rings.get(index), kinds.alpha) {
                (Some(true), _) => {
                    marks.rim(at, radius);
                    marks.ring(at, radius, color);
                }
                (_, Some(alpha)) if alpha < 1.0 => marks.veil(at, radius, color, alpha),
                _ => {
                    marks.rim(at, radius);
                    marks.dot(at, radius, color);
                }
            }
        }
    });
    Ok(Figure { drawing, warnings })
}

impl Kinds {
    /// Refuses lists that are neither empty nor as long as the points.
    fn check(&self, points: usize) -> Result<()> {
        let counts = [self.labels.len(), self.rings.len(), self.values.len()];
        for (what, count) in ["labels", "rings", "values"].into_iter().zip(counts) {
            if count != 0 && count != points {
                return Err(Error::usage(
                    format!("{count} {what} for {points} points"),
                    "give one for each point, or none",
                ));
            }
        }
        if let Some(alpha) = self.alpha.filter(|alpha| !(0.0..=1.0).contains(alpha)) {
            return Err(Error::usage(format!("alpha is {alpha}"), "give a number from 0 to 1"));
        }
        if !self.labels.is_empty() && !self.values.is_empty() {
            return Err(Error::usage("labels and values for the colours", "give one of them"));
        }
        check_range(self.range)
    }

    /// The bar of the values' colours.
    fn bar(&self) -> Option<ColorBar> {
        let (low, high) = self.range.unwrap_or_else(|| range(&self.values));
        let axis = Axis { low, high, log: false };
        (!self.values.is_empty()).then_some(ColorBar { axis, colormap: self.colormap })
    }

    /// The colour of each of n points; grey where a value is not finite.
    fn colors(&self, n: usize) -> Vec<Color> {
        match self.bar() {
            Some(bar) => self.values.iter().map(|&value| bar.color(value).unwrap_or(RULE)).collect(),
            None => (0..n).map(|i| color(self.labels.get(i).copied().unwrap_or(0))).collect(),
        }
    }

    /// Name, colour and mark of every class, then of dots and rings.
    fn legend(&self) -> Vec<(String, Color, Mark)> {
        let mut classes = self.labels.clone();
        classes.sort_unstable();
        classes.dedup();
        let name = |class: usize| self.names.get(class).cloned().unwrap_or(class.to_string());
        let mut legend: Vec<_> =
            classes.iter().map(|&class| (name(class), color(class), Mark::Dot)).collect();
        if let Some([dots, rings]) = &self.ring_names {
            legend.extend([(dots.clone(), INK, Mark::Dot), (rings.clone(), INK, Mark::Ring)]);
        }
        legend
    }
}
