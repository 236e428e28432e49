//! Bars, boxes and heat maps.

use ops::Tensor;
use rhai::{Array, Dynamic, Map};

use super::{
    super::options::CallOptions,
    named::{Named, distances, number, numbers, texts},
    plot_options, texts_at,
};
use crate::{
    error::{Error, Result},
    figure::{self, BarGroup, Colormap, ErrorMark, Errors, Figure, HeatmapOptions, PlotOptions},
    script::{FromScript, Refusal},
};

/// Draws bars: `#{ name: height }`, or `#{ name: [height, ...] }` for several side by side.
pub fn draw_bars(bars: &Named, map: Option<Map>) -> Result<Figure> {
    let heights = heights(bars)?;
    let count = heights.first().map_or(1, Vec::len);
    let (groups, plot) = CallOptions::read("figure::bars", map, |options| {
        let titles = group_names(options, count)?;
        let errors = options.find::<Named>("errors")?;
        let errors = errors.map(|given| bar_errors(&given, bars, count)).transpose()?;
        let group = |(g, name): (usize, String)| BarGroup {
            name,
            values: heights.iter().map(|row| row[g]).collect(),
            errors: errors.as_ref().map(|rows| Errors {
                distances: rows.iter().map(|row| row[g]).collect(),
                mark: ErrorMark::Bars,
            }),
        };
        Ok((titles.into_iter().enumerate().map(group).collect::<Vec<_>>(), plot_options(options)?))
    })?;
    let names: Vec<String> = bars.0.iter().map(|(name, _)| name.clone()).collect();
    Ok(figure::bars(&names, &groups, &plot)?)
}

/// One height or several for each name, equally many.
fn heights(bars: &Named) -> Result<Vec<Vec<f64>>> {
    let row = |(name, value): &(String, Dynamic)| {
        let what = format!("the bar `{name}`");
        match value.is_array() || value.read_lock::<Tensor>().is_some() {
            true => numbers(&what, value),
            false => Ok(vec![number(&what, value)?]),
        }
    };
    let rows = bars.0.iter().map(row).collect::<Result<Vec<_>>>()?;
    match rows.iter().position(|row| row.len() != rows[0].len()) {
        None => Ok(rows),
        Some(uneven) => {
            let row = |i: usize| (rows[i].len(), &bars.0[i].0);
            let ((count, name), (expected, first)) = (row(uneven), row(0));
            let problem = format!("{count} bars for \"{name}\", and {expected} for \"{first}\"");
            Err(Error::usage(problem, "give equally many for each name"))
        }
    }
}

/// What bars side by side are called: by default their numbers, and one alone nothing.
fn group_names(options: &mut CallOptions, count: usize) -> Result<Vec<String>> {
    match options.find::<Array>("names")?.map(texts) {
        Some(names) if names.len() == count => Ok(names),
        Some(names) => {
            let problem = format!("{} names for {count} bars side by side", names.len());
            Err(Error::usage(problem, "give a name for each of them, or none"))
        }
        None if count == 1 => Ok(vec![String::new()]),
        None => Ok((1..=count).map(|number| number.to_string()).collect()),
    }
}

/// For each bar of each name the distances to both ends of its error bar; NaN for one that has none.
fn bar_errors(given: &Named, bars: &Named, count: usize) -> Result<Vec<Vec<[f64; 2]>>> {
    for (name, _) in &given.0 {
        if !bars.0.iter().any(|(known, _)| known == name) {
            let problem = format!("`errors` names the bar \"{name}\", which is not there");
            return Err(Error::usage(problem, "name one of the bars"));
        }
    }
    let of_name = |(name, heights): &(String, Dynamic)| {
        let Some((_, errors)) = given.0.iter().find(|(known, _)| known == name) else {
            return Ok(vec![[f64::NAN; 2]; count]);
        };
        let what = format!("`errors` of the bar \"{name}\"");
        // Of one bar an array is [below, above]; of several it has an item for each.
        if !heights.is_array() {
            return Ok(vec![distances(&what, errors)?; count]);
        }
        match Array::from_script(errors) {
            Ok(items) if items.len() == count => items.iter().map(|item| distances(&what, item)).collect(),
            _ => Err(Error::usage(
                format!("{what} are not {count}"),
                "give an array with one for each: a number, or [below, above]",
            )),
        }
    };
    bars.0.iter().map(of_name).collect()
}

/// Draws a box for each list of numbers: `#{ name: [value, ...] }`.
pub fn draw_boxes(groups: &Named, map: Option<Map>) -> Result<Figure> {
    let group = |(name, values): &(String, Dynamic)| {
        Ok((name.clone(), numbers(&format!("the values of `{name}`"), values)?))
    };
    let groups = groups.0.iter().map(group).collect::<Result<Vec<_>>>()?;
    let plot = CallOptions::read("figure::box", map, plot_options)?;
    Ok(figure::boxes(&groups, &plot)?)
}

/// Numbers in rows: a tensor [H, W], or an array of arrays.
pub struct Cells {
    values: Vec<f64>,
    shape: [usize; 2],
}

impl FromScript for Cells {
    const NAME: &'static str = "Tensor or array of rows";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if let Some(tensor) = value.read_lock::<Tensor>() {
            let wrong = |_| {
                let problem = format!("cells of shape {:?}", tensor.shape());
                Error::usage(problem, "give a tensor [H, W], such as one that `reshape` gives")
            };
            let shape = <[usize; 2]>::try_from(tensor.shape()).map_err(wrong).map_err(Refusal::Value)?;
            let values = tensor.to_f64().map_err(|e| Refusal::Value(e.into()))?;
            return Ok(Self { values, shape });
        }
        let rows = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        let rows = rows.iter().enumerate().map(|(i, row)| numbers(&format!("row {i}"), row));
        let rows = rows.collect::<Result<Vec<_>>>().map_err(Refusal::Value)?;
        let columns = rows.first().map_or(0, Vec::len);
        if let Some(uneven) = rows.iter().position(|row| row.len() != columns) {
            let problem = format!("row {uneven} has {} numbers, and row 0 has {columns}", rows[uneven].len());
            return Err(Refusal::Value(Error::usage(problem, "give rows of equal lengths")));
        }
        Ok(Self { shape: [rows.len(), columns], values: rows.concat() })
    }
}

/// Draws cells in colours.
pub fn draw_heatmap(cells: &Cells, map: Option<Map>) -> Result<Figure> {
    let options = CallOptions::read("figure::heatmap", map, |options| {
        let default = HeatmapOptions::default();
        let PlotOptions { width, height, .. } = default.plot;
        Ok(HeatmapOptions {
            plot: PlotOptions {
                title: options.find("title")?,
                x_label: options.find("x_label")?,
                y_label: options.find("y_label")?,
                texts: texts_at(options)?,
                width,
                height,
                ..PlotOptions::default()
            },
            range: options.find::<Array>("range")?.map(range).transpose()?,
            colormap: colormap(options)?,
            row_labels: texts(options.get("row_labels", Array::new())?),
            column_labels: texts(options.get("column_labels", Array::new())?),
            numbers: options.find("numbers")?,
            annotations: annotations(options.get("annotations", Array::new())?),
        })
    })?;
    Ok(figure::heatmap(&cells.values, cells.shape, &options)?)
}

/// Rows of texts, or texts, one after the other.
fn annotations(rows: Array) -> Vec<String> {
    let row = |row: Dynamic| match Array::from_script(&row) {
        Ok(row) => texts(row),
        Err(_) => vec![row.to_string()],
    };
    rows.into_iter().flat_map(row).collect()
}

/// The option that says which colours values have.
pub fn colormap(options: &mut CallOptions) -> Result<Colormap> {
    let known = [("viridis", Colormap::Viridis), ("gray", Colormap::Gray), ("RdBu", Colormap::RdBu)];
    options.choice("colormap", &known)
}

/// `[low, high]`
pub fn range(ends: Array) -> Result<(f64, f64)> {
    match &ends[..] {
        [low, high] => Ok((number("`range`", low)?, number("`range`", high)?)),
        _ => Err(Error::usage(
            format!("`range` has {} items", ends.len()),
            "give the values of the first and of the last colour, as in [0, 1]",
        )),
    }
}
