//! Loading weights from a file, also one of another program, into a module.

use std::path::Path;

use ops::{
    nn::{Converted, Module, Weights},
    tensor::room,
};
use rhai::Map;

use crate::{
    api::options::{CallOptions, named},
    error::{Error, Result},
    files::reading,
    session::Session,
};

/// How many names the line about what was converted shows.
const SHOWN_NAMES: usize = 3;

/// Reads a safetensors file into a module, with the option `rename`, and says what was converted.
///
/// # Errors
/// `Usage` for a file that may not be read or does not fit, with what to do about it.
pub fn load(session: &Session, module: &Module, path: &str, options: Option<Map>) -> Result<()> {
    let rules = CallOptions::read("load", options, |options| options.get("rename", Map::new()))?;
    let help = r#"give names as strings: #{ rename: #{ "old": "new" } }"#;
    let rules = named(rules, "load: the new name of", help)?;
    let refused = |help: &str| {
        let help = help.to_owned();
        move |error| {
            Error::reworded(error, |error| {
                // The function is named before the path already.
                let problem = error.to_string();
                Error::usage(format!("{path}: {}", problem.strip_prefix("load: ").unwrap_or(&problem)), help)
            })
        }
    };
    let content = content(session, path)?;
    require_no_pickle(path, &content)?;
    let mut weights = Weights::read(&content).map_err(refused("give a file of the safetensors format"))?;
    weights.rename(&rules).map_err(refused("give names as the file has them"))?;
    let converted = weights.load_into(module).map_err(|error| refused(&way_out(&weights, module))(error))?;
    for group in converted {
        session.print(&format!("{path}: converted {}", shown(&group)));
    }
    Ok(())
}

/// The bytes of a file of weights, or of those that the run saved under a name.
///
/// # Errors
/// `Usage` for a file that may not be read.
pub fn content(session: &Session, path: &str) -> Result<Vec<u8>> {
    // What `save` wrote under that name, which is no path.
    let saved = session.recorder().map(|recorder| recorder.run.model_path(path, "safetensors"));
    if let Some(saved) = saved.filter(|saved| saved.is_file() && !Path::new(path).exists()) {
        return Ok(reading::read(&saved, room() as u64)?);
    }
    session.read(Path::new(path), "", |file| reading::read(file, room() as u64))
}

/// Refuses what `torch.save` writes, an archive or a pickle, which is not read here.
fn require_no_pickle(path: &str, content: &[u8]) -> Result<()> {
    // A safetensors file begins with the length of its header, which is far below 2^16 times these bytes.
    let is_pickle = content.starts_with(b"PK\x03\x04")
        || content.starts_with(&[0x80])
            && content[1..].first().is_some_and(|version| (2..=5).contains(version))
            && content.get(8) != Some(&b'{');
    if !is_pickle {
        return Ok(());
    }
    Err(Error::usage(
        format!("{path}: a file that torch.save wrote (.pt, .pth), not of the safetensors format"),
        "convert it in Python: safetensors.torch.save_file(torch.load(\"w.pth\", weights_only=True), \
         \"w.safetensors\"), of a whole model its state_dict()",
    ))
}

/// What to do about tensors that do not fit.
fn way_out(weights: &Weights, module: &Module) -> String {
    if weights.has_names_of(module) {
        return "its names are those of the network: give one of these shapes, or convert the elements before \
                they are saved (`tensor.float()` in PyTorch)"
            .into();
    }
    let rename = |old: &str, new: &str| format!("load(path, #{{ rename: #{{ \"{old}\": \"{new}\" }} }})");
    match weights.suggested(module) {
        Some((old, new)) => {
            format!("where the file only has other names, map them: {}", rename(&old, &new))
        }
        None => format!("give a file of the same network, or map its names: {}", rename("old", "new")),
    }
}

/// `3 tensors from f16 to f32 (0.weight, 0.bias, ..)`.
fn shown(Converted { from, to, names }: &Converted) -> String {
    let some = names[..names.len().min(SHOWN_NAMES)].join(", ");
    let more = if names.len() > SHOWN_NAMES { ", .." } else { "" };
    let tensors = if names.len() == 1 { "tensor" } else { "tensors" };
    format!("{} {tensors} from {from} to {to} ({some}{more})", names.len())
}
