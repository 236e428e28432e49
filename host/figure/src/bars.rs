//! Bar charts.

use files::{Error, Result};

use super::{
    axis::Axis,
    canvas::{INK, SOFT_INK},
    errors::{Errors, Interval},
    figure::Figure,
    frame::{PlotFrame, PlotOptions, color},
    marks::{Mark, Marks},
    side::Side,
    ticks::{Labels, Scale},
};

/// The part of a place that its bars take.
const WIDE: f64 = 0.8;

/// One bar at each place, all of one colour.
#[derive(Debug, Clone)]
pub struct BarGroup {
    /// What the colour stands for, in the legend.
    pub name: String,
    /// The height at each place.
    pub values: Vec<f64>,
    pub errors: Option<Errors>,
}

/// Bars from 0 (on a logarithmic axis from its low end) at the places `names`, side by side where there are
/// several groups.
///
/// A value that cannot be shown is left out, with a warning.
///
/// # Errors
/// A group with more or fewer values than there are names; errors of another length, or negative.
pub fn bars(names: &[String], groups: &[BarGroup], options: &PlotOptions) -> Result<Figure> {
    options.check()?;
    groups.iter().try_for_each(|group| group.check(names.len()))?;
    let log = options.log_y;
    let chart = BarChart { groups, log };
    let y = chart.axis();
    let low = if log { y.low } else { 0.0 };
    let mut frame = PlotFrame::new(options, Scale::slots(names.len(), Labels::Names(names.to_vec())), y);
    if groups.len() > 1 {
        let entry = |(i, group): (usize, &BarGroup)| (group.name.clone(), color(i), Mark::Dot);
        frame.side = Side::legend(groups.iter().enumerate().map(entry).collect());
    }
    let drawing = frame.draw(|marks| {
        chart.draw(marks, low);
        marks.line(&[(-0.5, low), (names.len().max(1) as f64 - 0.5, low)], 1.0, SOFT_INK);
    });
    Ok(Figure { drawing, warnings: chart.warnings(names) })
}

impl BarGroup {
    fn check(&self, places: usize) -> Result<()> {
        let Self { name, values, errors } = self;
        if values.len() != places {
            return Err(Error::usage(
                format!("{} bars \"{name}\" for {places} names", values.len()),
                "give a value for each name",
            ));
        }
        let what = if name.is_empty() { "the bars".to_owned() } else { format!("the bars \"{name}\"") };
        errors.iter().try_for_each(|errors| errors.check(&what, places))
    }
}

struct BarChart<'a> {
    groups: &'a [BarGroup],
    log: bool,
}

impl BarChart<'_> {
    /// Group, middle and width of each bar, and its value.
    fn all(&self) -> impl Iterator<Item = (usize, usize, f64, f64)> {
        let wide = WIDE / self.groups.len().max(1) as f64;
        self.groups.iter().enumerate().flat_map(move |(g, group)| {
            let offset = (g as f64 + 0.5) * wide - WIDE / 2.0;
            group.values.iter().enumerate().map(move |(i, &value)| (g, i, i as f64 + offset, value))
        })
    }

    fn interval(&self, group: usize, place: usize, x: f64, value: f64) -> Option<Interval> {
        let errors = self.groups[group].errors.as_ref()?;
        Interval::new(x, value, errors.distances[place], self.log)
    }

    /// From 0 or, with a logarithm, from a little below the lowest bar.
    fn axis(&self) -> Axis {
        let ends = self.all().flat_map(|(group, place, x, value)| {
            let interval = self.interval(group, place, x, value);
            let ends = interval.into_iter().flat_map(|interval| interval.ends());
            Axis::position(value, self.log).into_iter().chain(ends.map(|(_, end)| end))
        });
        let start = if self.log { (f64::INFINITY, f64::NEG_INFINITY) } else { (0.0, 0.0) };
        let (low, high) = ends.fold(start, |(low, high), end| (low.min(end), high.max(end)));
        let log = self.log;
        if low > high || low == high && !log {
            return Axis::empty(log);
        }
        let room = 0.05 * (high - low);
        match log {
            true => Axis { low: low - (2.0 * room).max(0.3), high: high + room.max(0.1), log },
            false => Axis {
                low: if low < 0.0 { low - room } else { 0.0 },
                high: if high > 0.0 { high + room } else { 0.0 },
                log,
            },
        }
    }

    fn draw(&self, marks: &mut Marks, low: f64) {
        let half = WIDE / self.groups.len().max(1) as f64 / 2.0;
        for (group, place, x, value) in self.all() {
            let Some(end) = Axis::position(value, self.log) else { continue };
            marks.bar([(x - half, end), (x + half, low)], color(group));
            if let Some(interval) = self.interval(group, place, x, value) {
                interval.draw(marks, INK);
            }
        }
    }

    fn warnings(&self, names: &[String]) -> Vec<String> {
        let missing = self.all().filter(|(.., value)| Axis::position(*value, self.log).is_none());
        let missing: Vec<_> = missing.map(|(_, place, ..)| format!("\"{}\"", names[place])).collect();
        let why = if self.log { "finite and positive" } else { "finite" };
        match (&missing[..], names.len() * self.groups.len()) {
            (_, 0) => vec!["there is no bar to show".into()],
            ([], _) => Vec::new(),
            (several, all) => {
                let first = several.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
                let more = if several.len() > 3 { ", ..." } else { "" };
                let bars = if all == 1 { "bar" } else { "bars" };
                vec![format!("{} of {all} {bars} not {why}, left out: {first}{more}", several.len())]
            }
        }
    }
}
