//! `host onnx graph`: a network as a picture.

mod boxes;
mod labels;
mod network;
mod scopes;
mod shapes;

use std::path::{Path, PathBuf};

use onnx_net::OnnxFile;

use super::words::printable;
use crate::{
    cli::{OnnxGraph, outcome::Outcome},
    error::{Error, Result},
    figure::{Figure, diagram},
    files::write_whole,
};
use network::Network;
use scopes::{Scopes, Unfold};

/// How many boxes a network has at most where nothing else is asked for and its scopes allow it.
const READABLE: usize = 120;

/// Draws the file and says how much is in the picture.
pub fn run(args: &OnnxGraph) -> Result<Outcome> {
    let file = OnnxFile::confined(&args.file)?;
    let mut network = Network::of(file.proto());
    shapes::add(&mut network, &args.file);
    let unfold = match (args.all, args.depth) {
        (true, _) => Unfold::All,
        (_, Some(depth)) => Unfold::Depth(depth),
        _ => Unfold::Boxes(READABLE),
    };
    let scopes = Scopes::of(&network, unfold);
    let (boxes, arrows) = boxes::drawn(&network, &scopes);
    let figure = diagram(&boxes, &arrows);
    let out = args.out.clone().unwrap_or_else(|| named_after(&args.file));
    let bytes = picture(&figure, &out)?;
    if out.as_os_str() == "-" {
        out!("{}", String::from_utf8_lossy(&bytes).trim_end());
        return Ok(Outcome::Done);
    }
    write_whole(&out, &bytes)?;
    let nodes = network.nodes.len();
    out!("{}: {nodes} nodes in {} boxes, {} arrows", out.display(), boxes.len(), arrows.len());
    if scopes.folded() > 0 {
        out!("  {} scopes are folded (--depth N and --all unfold them)", scopes.folded());
    }
    figure.warnings.iter().for_each(|warning| out!("  {}", printable(warning)));
    Ok(Outcome::Done)
}

/// The file's name with the ending of SVG, in the current folder.
fn named_after(file: &Path) -> PathBuf {
    let stem = file.file_stem().map_or_else(|| "network".into(), |stem| stem.to_owned());
    let mut name = stem;
    name.push(".svg");
    name.into()
}

/// The figure in the format of the name's ending.
fn picture(figure: &Figure, out: &Path) -> Result<Vec<u8>> {
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    Ok(match ending.as_deref() {
        Some("svg") => figure.svg()?,
        Some("png") => figure.png()?,
        Some("pdf") => figure.pdf()?,
        None if out.as_os_str() == "-" => figure.svg()?,
        _ => {
            let problem = format!("{} is no picture that can be written", out.display());
            return Err(Error::usage(problem, "give a name that ends in .svg, .png or .pdf"));
        }
    })
}
