//! `figure::...`: figures in the run's folder.

mod charts;
mod named;
mod pictures;
mod plots;

use ops::Tensor;
use rhai::{Array, Dynamic, Map};

use self::{
    charts::{Cells, draw_bars, draw_boxes, draw_heatmap},
    named::{Named, number},
    pictures::{ShownPictures, draw_panels, grid_options},
    plots::{draw_lines, draw_scatter},
};
use super::options::CallOptions;
use crate::{
    error::{Error, Result},
    figure::{self, Figure, PlotOptions},
    kinds,
    script::{Adder, Table},
    session::Session,
};

/// The options that all plots have.
fn plot_options(options: &mut CallOptions) -> Result<PlotOptions> {
    Ok(PlotOptions {
        title: options.find("title")?,
        x_label: options.find("x_label")?,
        y_label: options.find("y_label")?,
        log_x: options.get("log_x", false)?,
        log_y: options.get("log_y", false)?,
        texts: texts_at(options)?,
        ..PlotOptions::default()
    })
}

/// The option of texts at places of a plot.
fn texts_at(options: &mut CallOptions) -> Result<Vec<(f64, f64, String)>> {
    let place = |item: &Dynamic| match item.read_lock::<Array>().as_deref().map(Vec::as_slice) {
        Some([x, y, text]) => Ok((number("`texts`", x)?, number("`texts`", y)?, text.to_string())),
        _ => Err(Error::usage(
            format!("{} among `texts`", kinds::a(item)),
            "give [[x, y, \"text\"], ...], in the units of the axes",
        )),
    };
    options.get("texts", Array::new())?.iter().map(place).collect()
}

/// Writes a sheet of pictures into the run's folder, where there is one.
fn save_sheet(session: &Session, name: &str, png: &[u8]) -> Result<()> {
    session.record_in_order(|recorder| recorder.run.figure(name, &[("png", png)]))
}

/// Writes a plot into the run's folder, where there is one, and says what it does not show.
fn save(session: &Session, name: &str, figure: &Figure) -> Result<()> {
    session.record_in_order(|recorder| {
        let (svg, pdf, png) = (figure.svg()?, figure.pdf()?, figure.png()?);
        // Last the one that pages show: where it is, the others are.
        recorder.run.figure(name, &[("svg", &svg), ("pdf", &pdf), ("png", &png)])
    })?;
    for warning in &figure.warnings {
        session.warn(&format!("figure \"{name}\": {warning}"));
    }
    Ok(())
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    let module = &mut table.module(
        "figure",
        "Figures in the run's folder, figures/NAME: sheets of pictures as PNG, plots as PNG, SVG and PDF. \
         What a plot cannot show is left out with a warning. All plots have the option texts: [[x, y, \
         \"text\"], ...], texts at places in the units of the axes.",
    );
    add_pictures(module);
    add_plots(module);
    add_charts(module);
}

fn add_pictures(module: &mut Adder) {
    module
        .add(
            "grid(name, pictures, options)",
            "Pictures [N, C, H, W] in rows and columns, with options range ([0, 1]: what is black and \
             white), columns, title, row_labels and column_labels.",
            "figure::grid(\"noise\", noise::uniform([4, 1, 8, 8])) => ()\n\
             figure::grid(\"noise\", noise::normal([4, 1, 8, 8]), #{ range: [-3, 3], columns: 4 }) => ()",
            |session: &Session, name: String, p: ShownPictures, options: Option<Map>| {
                let options = grid_options("figure::grid", options)?;
                save_sheet(session, &name, &figure::grid(&p.pixels, p.shape, &options)?)
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
                save_sheet(session, &name, &draw_panels(&panels, &options)?)
            },
        );
}

fn add_plots(module: &mut Adder) {
    module
        .add(
            "lines(name, curves, options)",
            "Curves #{ name: [y, ...] } or #{ name: [[x, y], ...] }, or [[name, ...], ...] in an order of \
             their own; with options title, x_label, y_label, log_x, log_y; dashed and points: names of \
             curves drawn so; errors and bands: #{ name: [...] } with an item for each point, its distance \
             to both ends of an error bar or band, or [below, above].",
            "figure::lines(\"loss\", #{ train: [3.0, 2.0, 1.5] }, #{ y_label: \"loss\" }) => ()\n\
             figure::lines(\"loss\", #{ mean: [3.0, 2.0] }, #{ bands: #{ mean: [0.5, [0.2, 0.3]] } }) => ()",
            |session: &Session, name: String, curves: Named, options: Option<Map>| {
                save(session, &name, &draw_lines(curves, options)?)
            },
        )
        .add(
            "scatter(name, points, labels, options)",
            "Points [N, 2], coloured by whole numbers ([] for one colour), with options title, x_label, \
             y_label, log_x, log_y; square (one unit is equally long on both axes), names of the numbers, \
             rings (for each point whether it is a ring) and ring_names (what dots and what rings are), \
             alpha (how much of what lies below it a dot hides); and for colours by numbers, in place of \
             labels, values (an array or a tensor [N]), colormap and range as of a heat map.",
            "figure::scatter(\"points\", tensor([[0.0, 1.0], [1.0, 0.0]]), [0, 1], \
             #{ names: [\"a\", \"b\"] }) => ()\n\
             figure::scatter(\"cloud\", noise::normal([500, 2]), [], #{ alpha: 0.4, \
             values: noise::uniform([500]) }) => ()",
            |session: &Session, name: String, points: Tensor, labels: Vec<usize>, options: Option<Map>| {
                save(session, &name, &draw_scatter(&points, labels, options)?)
            },
        )
        .add(
            "histogram(name, values, options)",
            "How often which values occur in a tensor, with options title, x_label, y_label, log_x, log_y \
             and bins (their number; by default by the rule of Freedman and Diaconis).",
            "figure::histogram(\"values\", noise::normal([1000]), #{ bins: 20 }) => ()",
            |session: &Session, name: String, values: Tensor, options: Option<Map>| {
                let (bins, plot) = CallOptions::read("figure::histogram", options, |options| {
                    Ok((options.find("bins")?, plot_options(options)?))
                })?;
                save(session, &name, &figure::histogram(&values.to_f64()?, bins, &plot)?)
            },
        );
}

fn add_charts(module: &mut Adder) {
    module
        .add(
            "bars(name, bars, options)",
            "Bars #{ name: height } or [[name, height], ...], or with [height, ...] for each name several \
             side by side, which the option names names; with options title, x_label, y_label, log_y, and \
             errors: #{ name: distance } to both ends of its error bar, or [below, above]; of bars side by \
             side an array of these.",
            "figure::bars(\"fid\", [[\"gan\", 21.3], [\"ours\", 14.8]], #{ errors: #{ ours: 0.5 } }) => ()\n\
             figure::bars(\"accuracy\", #{ a: [0.9, 0.8], b: [0.7, 0.6] }, #{ names: [\"train\", \"test\"] \
             }) => ()",
            |session: &Session, name: String, bars: Named, options: Option<Map>| {
                save(session, &name, &draw_bars(&bars, options)?)
            },
        )
        .add(
            "box(name, values, options)",
            "A box plot of #{ name: [value, ...] } or [[name, values], ...]: the median and the quartiles, \
             whiskers to the last values within 1.5 times the box, and each value beyond; with options \
             title, x_label, y_label, log_y.",
            r#"figure::box("accuracy", #{ a: [0.7, 0.8, 0.75], b: noise::uniform([100]) }) => ()"#,
            |session: &Session, name: String, values: Named, options: Option<Map>| {
                save(session, &name, &draw_boxes(&values, options)?)
            },
        )
        .add(
            "heatmap(name, cells, options)",
            "Numbers [H, W] or [[...], ...] as colours with a bar that says which is which, the first row \
             at the top: a confusion matrix, or an image with axes; a cell that is not finite is hatched. \
             With options title, x_label, y_label, row_labels, column_labels, range ([low, high]), colormap \
             (\"viridis\", \"gray\", \"RdBu\"), numbers (whether each cell shows its own; by default where \
             there is room) and annotations (rows of texts that cells show instead).",
            "figure::heatmap(\"confusion\", [[50, 2], [4, 44]], #{ x_label: \"predicted\" }) => ()\n\
             figure::heatmap(\"image\", noise::uniform([28, 28]), #{ colormap: \"gray\" }) => ()",
            |session: &Session, name: String, cells: Cells, options: Option<Map>| {
                save(session, &name, &draw_heatmap(&cells, options)?)
            },
        );
}
