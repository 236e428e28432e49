//! Modules from ONNX files.

use std::path::Path;

use onnx_net::{Graph, OnnxFile};
use ops::{Tensor, nn::Module};
use rhai::{Dynamic, Map};

use crate::{
    api::{onnx::placed, options::named},
    error::{Error, Result},
    files::reading,
    script::Adder,
    session::Session,
};

/// Adds `nn::from_onnx`.
pub fn add(module: &mut Adder) {
    module.add(
        "from_onnx(path)",
        "A network from an .onnx file that a setting names (or that lies in a folder that may be read), to \
         be trained further: its float initialisers are its parameters. Refuses a file with the list of all \
         that is not supported.",
        "",
        |session: &Session, path: String| open(session, &path),
    );
}

/// Adds the methods that only such modules have.
pub fn add_methods(global: &mut Adder) {
    global.add(
        "forward(module, inputs)",
        "What a network from an .onnx file makes of #{ name: tensor }: a map of its outputs.",
        "",
        |module: Module, inputs: Map| forward(&module, inputs),
    );
}

fn open(session: &Session, path: &str) -> Result<Module> {
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
        let read = placed::read(session, asked, real, OnnxFile::read_where);
        let (place, model) = read.map_err(unusable("nn::from_onnx: ".into()))?;
        reading::model(asked, &place, model.elements())?;
        Ok(model)
    })?;
    let module = onnx_net::module(&model).map_err(unusable(format!("nn::from_onnx: {path}: ")))?;
    module.to_device(session.options.device)?;
    Ok(module)
}

fn forward(module: &Module, inputs: Map) -> Result<Dynamic> {
    let Some(network) = Graph::of(module) else {
        return Err(Error::usage(
            format!("forward: this {} takes no inputs by name", module.layer().name()),
            "give a tensor: `module.forward(x)`",
        ));
    };
    let tensors = named::<Tensor>(inputs, "forward: the input", "give a Tensor")?;
    let named: Vec<_> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let output = |(name, value): (String, onnx_net::GraphValue)| {
        Ok((name.into(), Dynamic::from(value.tensor("forward")?.clone())))
    };
    let outputs = network.run(module, &named)?.into_iter().map(output).collect::<Result<Map>>()?;
    Ok(outputs.into())
}
