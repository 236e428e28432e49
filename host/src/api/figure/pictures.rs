//! Sheets of pictures.

use rhai::{Array, Dynamic, Map};

use super::{
    super::{metrics::Points, options::CallOptions},
    named::texts,
};
use crate::{
    error::{Error, Result},
    figure::{self, GridOptions, Panel},
    script::{FromScript, Refusal},
};

/// Pictures `[N, C, H, W]`: a tensor, or a data set.
pub struct ShownPictures {
    pub pixels: Vec<f32>,
    pub shape: [usize; 4],
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

pub fn grid_options(function: &'static str, map: Option<Map>) -> Result<GridOptions> {
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

/// Grids side by side: `[[caption, pictures], ...]`.
pub fn draw_panels(panels: &Array, options: &GridOptions) -> Result<Vec<u8>> {
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
