//! `figure::...`: pictures in the run's folder.

use ops::Tensor;
use rhai::{Array, Dynamic, Map};

use super::{metrics::Points, options::CallOptions};
use crate::{
    error::{Error, Result},
    figure::{self, GridOptions, Kinds, Mark, Panel, PlotOptions, Series},
    kinds,
    script::{FromScript, Refusal, Table},
    session::Session,
};

/// Pictures `[N, C, H, W]`: a tensor, or a data set.
pub struct ShownPictures {
    pixels: Vec<f32>,
    shape: [usize; 4],
}

impl FromScript for ShownPictures {
    const NAME: &'static str = "Tensor or Dataset of pictures";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let Points(tensor) = Points::from_script(value)?;
        let wrong = || {
            let problem = format!("pictures of shape {:?}", tensor.shape());
            Refusal::Value(Error::usage(problem, "give a tensor [N, C, H, W] with C = 1 or 3"))
        };
        let shape = <[usize; 4]>::try_from(tensor.shape()).map_err(|_| wrong())?;
        let pixels = tensor.to_f32().map_err(|e| Refusal::Value(e.into()))?;
        Ok(Self { pixels, shape })
    }
}

fn grid_options(function: &'static str, map: Option<Map>) -> Result<GridOptions> {
    CallOptions::read(function, map, |options| {
        let range = options.get("range", vec![Dynamic::from(0.0), Dynamic::from(1.0)])?;
        let bound = |i: usize| {
            range.get(i).and_then(|v: &Dynamic| f64::from_script(v).ok()).unwrap_or(i as f64) as f32
        };
        Ok(GridOptions {
            range: (bound(0), bound(1)),
            columns: options.find("columns")?,
            title: options.find("title")?,
            row_labels: texts(options.get("row_labels", Array::new())?),
            column_labels: texts(options.get("column_labels", Array::new())?),
            ..GridOptions::default()
        })
    })
}

/// The items as strings.
fn texts(array: Array) -> Vec<String> {
    array.iter().map(ToString::to_string).collect()
}

/// The options that all plots have.
fn plot_options(options: &mut CallOptions) -> Result<PlotOptions> {
    Ok(PlotOptions {
        title: options.find("title")?,
        x_label: options.find("x_label")?,
        y_label: options.find("y_label")?,
        log_x: options.get("log_x", false)?,
        log_y: options.get("log_y", false)?,
        ..PlotOptions::default()
    })
}

fn numbers(array: &Array) -> Result<Vec<f64>> {
    let number = |v: &Dynamic| {
        f64::from_script(v)
            .map_err(|_| Error::usage(format!("{} among numbers", kinds::a(v)), "give numbers only"))
    };
    array.iter().map(number).collect()
}

/// Curves: `#{ name: [y, ...] }`, `#{ name: [[x, y], ...] }` or, in this order, `[[name, [...]], ...]`.
pub struct Curves(Vec<Series>);

impl FromScript for Curves {
    const NAME: &'static str = "map or array of curves";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let curves: Result<Vec<_>> = if let Some(map) = value.read_lock::<Map>() {
            map.iter().map(|(name, values)| curve(name, values)).collect()
        } else {
            let pairs = value.read_lock::<Array>().ok_or(Refusal::Type)?;
            let wrong =
                || Error::usage("a curve is not [name, values]", "give [[\"train\", [3.0, 2.0]], ...]");
            let pair = |pair: &Dynamic| match pair.read_lock::<Array>().as_deref().map(Vec::as_slice) {
                Some([name, values]) => curve(&name.to_string(), values),
                _ => Err(wrong()),
            };
            pairs.iter().map(pair).collect()
        };
        curves.map(Self).map_err(Refusal::Value)
    }
}

fn curve(name: &str, values: &Dynamic) -> Result<Series> {
    let values = Array::from_script(values).map_err(|_| {
        Error::usage(format!("the curve `{name}` is not an array"), "give [y, ...] or [[x, y], ...]")
    })?;
    let pairs: Option<Vec<Array>> =
        values.iter().map(|v| v.read_lock::<Array>().map(|a| a.clone())).collect();
    let (x, y) = match pairs {
        Some(pairs) if !pairs.is_empty() => {
            let points = pairs.iter().map(numbers).collect::<Result<Vec<_>>>()?;
            let at = |i: usize| points.iter().map(|p| p.get(i).copied().unwrap_or(f64::NAN)).collect();
            (at(0), at(1))
        }
        _ => ((1..=values.len()).map(|i| i as f64).collect(), numbers(&values)?),
    };
    Ok(Series { name: name.into(), x, y, mark: Mark::Line })
}

fn draw_lines(mut curves: Vec<Series>, map: Map) -> Result<Vec<u8>> {
    let plot = CallOptions::read("figure::lines", map, |options| {
        for (option, mark) in [("dashed", Mark::Dashed), ("points", Mark::Dot)] {
            for name in texts(options.get(option, Array::new())?) {
                let missing = || {
                    let problem = format!("`{option}` names the curve \"{name}\", which is not there");
                    Error::usage(problem, "name one of the curves")
                };
                curves.iter_mut().find(|curve| curve.name == name).ok_or_else(missing)?.mark = mark;
            }
        }
        plot_options(options)
    })?;
    Ok(figure::lines(&curves, &plot)?)
}

/// Writes a figure into the run's folder, where there is one.
fn save(session: &Session, name: &str, png: &[u8]) -> Result<()> {
    session.record_in_order(|recorder| recorder.run.figure(name, png).map(drop))
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .module("figure", "Pictures as PNG in the run's folder, named as given.")
        .add(
            "grid(name, pictures, options)",
            "Pictures [N, C, H, W] in rows and columns, with options range ([0, 1]: what is black and \
             white), columns, title, row_labels and column_labels.",
            "figure::grid(\"noise\", noise::uniform([4, 1, 8, 8])) => ()\n\
             figure::grid(\"noise\", noise::normal([4, 1, 8, 8]), #{ range: [-3, 3], columns: 4 }) => ()",
            |session: &Session, name: String, p: ShownPictures, options: Option<Map>| {
                let options = grid_options("figure::grid", options)?;
                save(session, &name, &figure::grid(&p.pixels, p.shape, &options)?)
            },
        )
        .add(
            "panels(name, panels, options)",
            "Several grids side by side, each with its caption: [[caption, pictures], ...]; with the options \
             of grid, for each panel.",
            "figure::panels(\"both\", [[\"a\", zeros([4, 1, 8, 8])], [\"b\", ones([4, 1, 8, 8])]]) => ()\n\
             figure::panels(\"both\", [[\"a\", zeros([4, 1, 8, 8])], [\"b\", ones([4, 1, 8, 8])]], \
             #{ columns: 4 }) => ()",
            |session: &Session, name: String, panels: Array, options: Option<Map>| {
                let options = grid_options("figure::panels", options)?;
                save(session, &name, &draw_panels(&panels, &options)?)
            },
        )
        .add(
            "lines(name, curves, options)",
            "Curves #{ name: [y, ...] } or #{ name: [[x, y], ...] }, or [[name, ...], ...] in an order of \
             their own; with options title, x_label, y_label, log_x, log_y, and dashed and points: names of \
             curves drawn so.",
            r#"figure::lines("loss", #{ train: [3.0, 2.0, 1.5] }, #{ y_label: "loss" }) => ()"#,
            |session: &Session, name: String, curves: Curves, options: Map| {
                save(session, &name, &draw_lines(curves.0, options)?)
            },
        )
        .add(
            "scatter(name, points, labels, options)",
            "Points [N, 2], coloured by whole numbers ([] for one colour), with options title, x_label, \
             y_label, log_x, log_y; square (one unit is equally long on both axes), names of the numbers, \
             rings (for each point whether it is a ring) and ring_names (what dots and what rings are).",
            "figure::scatter(\"points\", tensor([[0.0, 1.0], [1.0, 0.0]]), [0, 1], \
             #{ names: [\"a\", \"b\"] }) => ()",
            |session: &Session, name: String, points: Tensor, labels: Vec<usize>, options: Map| {
                save(session, &name, &draw_scatter(&points, labels, options)?)
            },
        )
        .add(
            "histogram(name, values, options)",
            "How often which values occur in a tensor, with options title, x_label, y_label, log_x, log_y.",
            r#"figure::histogram("values", noise::normal([1000]), #{}) => ()"#,
            |session: &Session, name: String, values: Tensor, options: Map| {
                let plot = CallOptions::read("figure::histogram", options, plot_options)?;
                save(session, &name, &figure::histogram(&values.to_f64()?, None, &plot)?)
            },
        );
}

fn draw_panels(panels: &Array, options: &GridOptions) -> Result<Vec<u8>> {
    let wrong =
        || Error::usage("a panel is not [caption, pictures]", "give [[\"Iteration 1\", pictures], ...]");
    let mut pictures = Vec::new();
    for panel in panels {
        let panel = Array::from_script(panel).map_err(|_| wrong())?;
        let [caption, images] = panel.as_slice() else { return Err(wrong()) };
        let images = ShownPictures::from_script(images).map_err(|refusal| match refusal {
            Refusal::Value(error) => error,
            Refusal::Type => wrong(),
        })?;
        pictures.push((caption.to_string(), images));
    }
    let panels: Vec<_> = pictures
        .iter()
        .map(|(caption, p)| Panel { caption: caption.clone(), pixels: &p.pixels, shape: p.shape })
        .collect();
    Ok(figure::panels(&panels, options)?)
}

/// Far more than there are colours that can be distinguished.
const MAX_CLASSES: usize = 1000;

fn draw_scatter(points: &Tensor, labels: Vec<usize>, map: Map) -> Result<Vec<u8>> {
    if points.rank() != 2 || points.shape()[1] != 2 {
        return Err(Error::usage(format!("points of shape {:?}", points.shape()), "give a tensor [N, 2]"));
    }
    let values = points.to_f64()?;
    let points: Vec<_> = values.as_chunks::<2>().0.iter().map(|p| (p[0], p[1])).collect();
    let classes = labels.iter().max().map_or(0, |m| m + 1);
    if classes > MAX_CLASSES {
        let problem = format!("a label of {}, expected less than {MAX_CLASSES}", classes - 1);
        return Err(Error::usage(problem, "give the number of a class for each point"));
    }
    let (kinds, plot) = CallOptions::read("figure::scatter", map, |options| {
        let rings: Array = options.get("rings", Array::new())?;
        let is_ring = |v: &Dynamic| v.as_bool().unwrap_or(v.as_int().unwrap_or(0) != 0);
        let ring_names = options.find::<Array>("ring_names")?.map(texts);
        let kinds = Kinds {
            labels,
            names: texts(options.get("names", Array::new())?),
            rings: rings.iter().map(is_ring).collect(),
            ring_names: ring_names.and_then(|names| names.try_into().ok()),
        };
        let square = options.get("square", false)?;
        let (width, height) = if square { (780, 640) } else { (900, 540) };
        Ok((kinds, PlotOptions { square, width, height, ..plot_options(options)? }))
    })?;
    Ok(figure::scatter(&points, &kinds, &plot)?)
}
