//! Modules from ONNX files.

use std::path::Path;

use onnx_net::{Choice, OnnxFile, Untie};
use ops::nn::Module;
use rhai::{Dynamic, Map};

use crate::{
    api::{onnx::placed, options::CallOptions},
    error::{Error, Result},
    files::reading,
    script::{Adder, FromScript, Refusal},
    session::Session,
};

/// Adds `nn::from_onnx`.
pub fn add(module: &mut Adder) {
    module.add(
        "from_onnx(path, options)",
        "A network from an .onnx file that a setting names (or that lies in a folder that may be read), to \
         be trained further: the weights and biases of its layers are its parameters, whether initialisers \
         or Constant nodes (`host onnx check FILE` lists them). Options, with patterns in which `*` stands \
         for any text: train: [\"fc.*\"] and keep: [\"blur\"] choose otherwise (where both fit, the longer \
         pattern counts); untie: true gives each layer a parameter of its own where an exporter wrote equal \
         fresh ones once, untie: [\"w\"] does so for these; unbiased_variance: whether running variances \
         are taken with the divisor N - 1 (default: where PyTorch wrote the file). Refuses a file with the \
         list of all that is not supported.",
        "",
        |session: &Session, path: String, options: Option<Map>| open(session, &path, options),
    );
}

fn choice(options: Option<Map>) -> Result<Choice> {
    CallOptions::read("nn::from_onnx", options, |options| {
        Ok(Choice {
            train: options.get("train", vec![])?,
            keep: options.get("keep", vec![])?,
            untie: options.get("untie", Untied(Untie::None))?.0,
            unbiased_variance: options.find("unbiased_variance")?,
        })
    })
}

/// `true`, or patterns.
struct Untied(Untie);

impl FromScript for Untied {
    const NAME: &'static str = "bool, or array of string";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        Ok(Self(match value.as_bool() {
            Ok(true) => Untie::Equal,
            Ok(false) => Untie::None,
            Err(_) => Untie::Named(Vec::from_script(value)?),
        }))
    }
}

fn open(session: &Session, path: &str, options: Option<Map>) -> Result<Module> {
    let choice = choice(options)?;
    let unusable = |what: String| {
        move |e: ops::Error| match e {
            ops::Error::Graph(text) => {
                Error::usage(format!("{what}{text}"), "`host onnx check FILE` shows what it can do")
            }
            other => other.into(),
        }
    };
    let asked = Path::new(path);
    let model = session.read(asked, "", |real| -> Result<_> {
        let read = placed::read(session, asked, real, OnnxFile::open_where);
        let (place, model) = read.map_err(unusable("nn::from_onnx: ".into()))?;
        reading::model(asked, &place, model.elements())?;
        Ok(model)
    })?;
    let module =
        onnx_net::module_with(&model, &choice).map_err(unusable(format!("nn::from_onnx: {path}: ")))?;
    module.to_device(session.options.device)?;
    Ok(module)
}
