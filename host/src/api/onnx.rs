//! `onnx::...`: frozen models in ONNX Runtime, for inference only.

use std::{path::Path, sync::Arc};

use onnx_net::{
    Port,
    export::{export, to_bytes},
};
use ops::{
    Array, ArrayView, DType, Device, Spec, Tensor,
    nn::Module,
    tensor::{DataView, Floats},
};
use rhai::{Array as ScriptArray, Dynamic, Map};

use crate::{
    api::{
        nn::{
            exported::metadata,
            fits::{only, same},
        },
        options::named,
    },
    error::{Error, Result},
    files::reading,
    kinds,
    onnx::{Model, Runtime},
    script::{Comparable, Identity, Table, script_type},
    session::Session,
};

script_type!(Arc<Model> => "Model");

impl Comparable for Arc<Model> {
    type Content = Identity<Model>;

    fn content(&self) -> Self::Content {
        Identity::of(self)
    }
}

/// The one output of a model of one input.
pub(super) fn features(model: &Model, x: &Tensor) -> Result<Tensor> {
    run_one(model, x)?.try_cast::<Tensor>().ok_or_else(|| {
        let names: Vec<_> = model.outputs().iter().map(|v| v.name.as_str()).collect();
        Error::usage(
            format!("the model has {} outputs ({})", names.len(), names.join(", ")),
            "give a function that chooses one: `|x| model.run(x).name`",
        )
    })
}

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .module("onnx", "Frozen models, run by ONNX Runtime.")
        .add(
            "model(path)",
            "A model from an .onnx file that a setting names (or that lies in a folder that may be read).",
            "",
            |session: &Session, path: String| open(session, &path),
        )
        .add(
            "frozen(module, shape)",
            "A module as it is now, for samples of that shape: the same function, run by ONNX Runtime.",
            "",
            |session: &Session, module: Module, shape: Vec<usize>| freeze(session, &module, &shape),
        );
    table
        .global()
        .add("run(model, x)", "Runs a model of one input; gives its output, or a map of several.", "", {
            |model: Arc<Model>, x: Tensor| run_one(&model, &x)
        })
        .add(
            "forward(model, x)",
            "What the model makes of a tensor, as a module: one tensor in, one out.",
            "",
            |model: Arc<Model>, x: Tensor| forward(&model, &x),
        )
        .add("run(model, inputs)", "Runs a model on #{ name: tensor }; gives a map of its outputs.", "", {
            |model: Arc<Model>, inputs: Map| run_named(&model, inputs)
        })
        .add(
            "fits(model, input, output)",
            "Refuses a model that does not take one tensor of the one shape or does not give one of the \
             other; -1 stands for any size. Gives the model.",
            "",
            |model: Arc<Model>, input: Vec<i64>, output: Vec<i64>| -> Result<Arc<Model>> {
                fit(&model, "input", model.inputs(), &input)?;
                fit(&model, "output", model.outputs(), &output)?;
                Ok(model)
            },
        )
        .add("get inputs(model)", "The inputs: [#{ name, dtype, shape }]; -1 stands for any size.", "", {
            |model: Arc<Model>| describe(model.inputs())
        })
        .add("get outputs(model)", "The outputs: [#{ name, dtype, shape }]; -1 stands for any size.", "", {
            |model: Arc<Model>| describe(model.outputs())
        })
        .add("get opset(model)", "The version of the standard operator set.", "", |model: Arc<Model>| {
            model.header().opset().map_or(-1, |v| v as i64)
        })
        .add("get metadata(model)", "What the file says about itself.", "", |model: Arc<Model>| -> Dynamic {
            let metadata = &model.header().metadata;
            metadata.iter().map(|(k, v)| (k.as_str().into(), v.clone().into())).collect::<Map>().into()
        })
        .add("to_string(model)", "The model with its inputs and outputs.", "", |model: Arc<Model>| {
            model.to_string()
        });
}

fn open(session: &Session, path: &str) -> Result<Arc<Model>> {
    let library = session.options.onnxruntime.as_deref();
    let model = session.read(Path::new(path), "", |file| -> Result<_> {
        let model = Model::open(file, session.options.device, library)?;
        reading::model(Path::new(path), file, model.elements())?;
        Ok(model)
    })?;
    if let Some(recorder) = session.recorder() {
        recorder.note_library(Runtime::get(library)?.path())?;
    }
    Ok(Arc::new(model))
}

fn freeze(session: &Session, module: &Module, shape: &[usize]) -> Result<Arc<Model>> {
    let file = export(module, &Spec::new(shape, DType::F32), metadata(session))?;
    let library = session.options.onnxruntime.as_deref();
    let bytes = to_bytes(&file);
    let model = Model::from_bytes(module.layer().name(), &file, &bytes, session.options.device, library)?;
    Ok(Arc::new(model))
}

/// Refuses other tensors than a single one of that shape.
fn fit(model: &Model, what: &str, ports: &[Port], expected: &[i64]) -> Result<()> {
    let path = model.path().display().to_string();
    same(&path, only(&path, what, ports)?, expected).map(drop)
}

fn run_one(model: &Model, x: &Tensor) -> Result<Dynamic> {
    let [input] = model.inputs() else {
        let names: Vec<_> = model.inputs().iter().map(|v| v.name.as_str()).collect();
        return Err(Error::usage(
            format!("run: the model has {} inputs ({})", names.len(), names.join(", ")),
            "give them by name: `model.run(#{ name: tensor })`",
        ));
    };
    let mut outputs = run_tensors(model, &[(input.name.clone(), x.clone())])?;
    if outputs.len() == 1 {
        return Ok(Dynamic::from(outputs.remove(0).1));
    }
    Ok(map_of(outputs))
}

/// What scripts have of a model: tensors in, tensors out, on the device of the last one in.
pub(crate) fn run_tensors(model: &Model, inputs: &[(String, Tensor)]) -> Result<Vec<(String, Tensor)>> {
    let device = inputs.last().map_or(Device::Cpu, |(_, tensor)| tensor.device());
    let held = inputs.iter().map(|(_, tensor)| ModelInput::of(tensor)).collect::<Result<Vec<_>>>()?;
    let views = inputs.iter().zip(&held).map(|((name, tensor), held)| Ok((&**name, held.view(tensor)?)));
    let outputs = model.run_views(views.collect::<Result<_>>()?)?;
    outputs.into_iter().map(|(name, array)| Ok((name, Tensor::from_array(array, device)?))).collect()
}

fn forward(model: &Model, x: &Tensor) -> Result<Tensor> {
    let output = run_one(model, x)?;
    let found = kinds::a(&output);
    output.try_cast().ok_or_else(|| {
        Error::usage(
            format!("forward: the model gives {found}, expected one tensor"),
            "use `run` and take one by name",
        )
    })
}

fn run_named(model: &Model, inputs: Map) -> Result<Dynamic> {
    let tensors = named(inputs, "run: the input", "give a Tensor")?;
    Ok(map_of(run_tensors(model, &tensors)?))
}

fn map_of(outputs: Vec<(String, Tensor)>) -> Dynamic {
    outputs.into_iter().map(|(name, tensor)| (name.into(), Dynamic::from(tensor))).collect::<Map>().into()
}

fn describe(ports: &[Port]) -> Dynamic {
    let one = |port: &Port| -> Dynamic {
        let size = |d: &Option<usize>| Dynamic::from(d.map_or(-1, |d| d as i64));
        let shape: ScriptArray = port.shape.iter().flatten().map(size).collect();
        let fields: [(&str, Dynamic); 3] = [
            ("name", port.name.clone().into()),
            ("dtype", port.dtype.map_or("", DType::name).into()),
            ("shape", shape.into()),
        ];
        fields.into_iter().map(|(k, v)| (k.into(), v)).collect::<Map>().into()
    };
    ports.iter().map(one).collect::<ScriptArray>().into()
}

/// The elements of a tensor as a model takes them.
enum ModelInput {
    InPlace(Floats),
    Copied(Array),
}

impl ModelInput {
    fn of(x: &Tensor) -> Result<Self> {
        Ok(match x.floats()? {
            Some(floats) => Self::InPlace(floats),
            None => Self::Copied(x.to_array()?),
        })
    }

    fn view<'a>(&'a self, x: &'a Tensor) -> Result<ArrayView<'a>> {
        match self {
            Self::InPlace(floats) => Ok(ArrayView::new(x.shape(), DataView::F32(floats))?),
            Self::Copied(array) => Ok(array.view()),
        }
    }
}
