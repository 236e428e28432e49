//! Curves and points.

use ops::Tensor;
use rhai::{Array, Dynamic, Map};

use super::{
    super::options::CallOptions,
    charts::{colormap, range},
    named::{Named, distances, number, numbers, texts},
    plot_options,
};
use crate::{
    error::{Error, Result},
    figure::{self, ErrorMark, Errors, Figure, Kinds, Mark, PlotOptions, Series},
    kinds,
    script::FromScript,
};

/// Draws curves: `#{ name: [y, ...] }` or `#{ name: [[x, y], ...] }`.
pub fn draw_lines(curves: Named, map: Option<Map>) -> Result<Figure> {
    let mut curves = curves.0.iter().map(|(name, values)| curve(name, values)).collect::<Result<Vec<_>>>()?;
    let plot = CallOptions::read("figure::lines", map, |options| {
        for (option, mark) in [("dashed", Mark::Dashed), ("points", Mark::Dot)] {
            for name in texts(options.get(option, Array::new())?) {
                named(&mut curves, option, &name)?.mark = mark;
            }
        }
        for (option, mark) in [("bands", ErrorMark::Band), ("errors", ErrorMark::Bars)] {
            for (name, items) in options.find::<Named>(option)?.map_or_else(Vec::new, |named| named.0) {
                let what = format!("`{option}` of the curve \"{name}\"");
                let items = Array::from_script(&items).map_err(|_| {
                    Error::usage(format!("{what} are {}", kinds::a(&items)), "give one for each value")
                })?;
                let distances =
                    items.iter().map(|item| distances(&what, item)).collect::<Result<Vec<_>>>()?;
                named(&mut curves, option, &name)?.errors.push(Errors { distances, mark });
            }
        }
        plot_options(options)
    })?;
    Ok(figure::lines(&curves, &plot)?)
}

/// The curve that an option names.
fn named<'a>(curves: &'a mut [Series], option: &str, name: &str) -> Result<&'a mut Series> {
    curves.iter_mut().find(|curve| curve.name == name).ok_or_else(|| {
        let problem = format!("`{option}` names the curve \"{name}\", which is not there");
        Error::usage(problem, "name one of the curves")
    })
}

fn curve(name: &str, values: &Dynamic) -> Result<Series> {
    let what = format!("the curve `{name}`");
    let pairs: Option<Vec<Array>> = values.read_lock::<Array>().and_then(|values| {
        values.iter().map(|value| value.read_lock::<Array>().map(|pair| pair.clone())).collect()
    });
    let (x, y) = match pairs {
        Some(pairs) if !pairs.is_empty() => {
            let point = |pair: &Array| match &pair[..] {
                [x, y] => Ok((number(&what, x)?, number(&what, y)?)),
                _ => Err(Error::usage(
                    format!("{} numbers for a point of {what}", pair.len()),
                    "give [[x, y], ...]",
                )),
            };
            pairs.iter().map(point).collect::<Result<Vec<_>>>()?.into_iter().unzip()
        }
        _ => {
            let y = numbers(&what, values)?;
            ((1..=y.len()).map(|i| i as f64).collect(), y)
        }
    };
    Ok(Series { name: name.into(), x, y, mark: Mark::Line, errors: Vec::new() })
}

/// Far more than there are colours that can be distinguished.
const MAX_CLASSES: usize = 1000;

/// Draws points [N, 2] in the colours of their classes.
pub fn draw_scatter(points: &Tensor, labels: Vec<usize>, map: Option<Map>) -> Result<Figure> {
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
            values: options.find::<Dynamic>("values")?.map_or(Ok(Vec::new()), |v| numbers("`values`", &v))?,
            colormap: colormap(options)?,
            range: options.find::<Array>("range")?.map(range).transpose()?,
            alpha: options.find("alpha")?,
        };
        let square = options.get("square", false)?;
        let (width, height) = if square { (780, 640) } else { (900, 540) };
        Ok((kinds, PlotOptions { square, width, height, ..plot_options(options)? }))
    })?;
    Ok(figure::scatter(&points, &kinds, &plot)?)
}
