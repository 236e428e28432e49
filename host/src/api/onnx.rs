//! `onnx::...`: frozen models in ONNX Runtime, for inference only.

pub(super) mod placed;
mod values;

use std::{path::Path, sync::Arc};

use onnx_net::{OnnxFile, export::to_bytes};
use ops::{Device, Tensor, nn::Module};
use rhai::{Array as ScriptArray, Dynamic, Map};

use crate::{
    api::{
        nn::{
            exported::Example,
            fits::{only, same},
        },
        options::CallOptions,
    },
    error::{Error, Result},
    files::reading,
    kinds,
    onnx::{Model, ModelPort, OnnxValue, Runtime, Value, Wanted},
    script::{Comparable, Identity, Table, script_type},
    session::Session,
};
pub(crate) use values::ModelInput;
use values::{from_script, to_script};

script_type!(Arc<Model> => "Model", Arc<OnnxValue> => "OnnxValue");

impl Comparable for Arc<OnnxValue> {
    type Content = Identity<OnnxValue>;

    fn content(&self) -> Self::Content {
        Identity::of(self)
    }
}

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
            "frozen(module, inputs)",
            "A module as it is now: the same function, run by ONNX Runtime. `inputs` is the shape of one \
             sample, or what `forward` takes, as for `save_onnx`.",
            "",
            |session: &Session, module: Module, inputs: Example| freeze(session, &module, &inputs),
        );
    table
        .global()
        .add("run(model, x)", "Runs a model of one input; gives its output, or a map of several.", "", {
            |session: &Session, model: Arc<Model>, x: Tensor| warned(session, &model, run_one(&model, &x))
        })
        .add(
            "forward(model, x)",
            "What the model makes of a tensor, as a module: one tensor in, one out.",
            "",
            |session: &Session, model: Arc<Model>, x: Tensor| warned(session, &model, forward(&model, &x)),
        )
        .add(
            "run(model, inputs, options)",
            "Runs a model on #{ name: value }; gives a map of its outputs. A value is a Tensor (of a type \
             that no tensor has, the model gets its numbers, and those that it does not hold are refused), \
             texts (\"a\", [\"a\", \"b\"]), an array for a sequence, a map for a map, or an OnnxValue. \
             Outputs of f16 and bf16 come as f32, of i8, i16, u8 and u16 as i32, of u32 and u64 as i64; an \
             optional output that is not there is left out. Options: `outputs`, the names of those to \
             compute; `keep`, the names of those to leave in ONNX Runtime, where `*` stands for any letters. \
             A decoder with its cache: `let cache = model.zeros(\"past\", [1, 0, 3]); for x in tokens { let \
             out = model.run(#{ x: x, past: cache }, #{ keep: [\"present*\"] }); cache = out.present; }`.",
            "",
            |session: &Session, model: Arc<Model>, inputs: Map, options: Option<Map>| {
                warned(session, &model, run_named(&model, inputs, options))
            },
        )
        .add(
            "zeros(model, input, shape)",
            "Zeros (or empty texts) for an input of a model, in its own element type, as a value that stays \
             in ONNX Runtime. An axis may have the length 0, as that of the key-value cache of a decoder \
             that starts.",
            "",
            |model: Arc<Model>, input: String, shape: Vec<usize>| zeros(&model, &input, &shape),
        )
        .add("get shape(value)", "The length of each axis of a value in ONNX Runtime.", "", {
            |value: Arc<OnnxValue>| value.shape().unwrap_or_default()
        })
        .add("read(value)", "A copy of a value in ONNX Runtime: a Tensor, texts, an array or a map.", "", {
            |session: &Session, value: Arc<OnnxValue>| to_script(value.read()?, session.options.device)
        })
        .add("to_string(value)", "What a value in ONNX Runtime is.", "", |value: Arc<OnnxValue>| {
            format!("OnnxValue {} {:?}", value.kind(), value.shape().unwrap_or_default())
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
    let asked = Path::new(path);
    let model = session.read(asked, "", |real| -> Result<_> {
        let (place, file) = placed::read(session, asked, real, OnnxFile::confined_where)?;
        let model = Model::open_confined(&place, file, session.options.device, library)?;
        reading::model(asked, &place, model.elements())?;
        Ok(model)
    })?;
    if let Some(recorder) = session.recorder() {
        recorder.note_library(Runtime::get(library)?.path())?;
    }
    Ok(Arc::new(model))
}

fn freeze(session: &Session, module: &Module, inputs: &Example) -> Result<Arc<Model>> {
    let file = inputs.export(session, module)?;
    let library = session.options.onnxruntime.as_deref();
    let bytes = to_bytes(&file);
    let model = Model::from_bytes(module.layer().name(), file, &bytes, session.options.device, library)?;
    Ok(Arc::new(model))
}

/// Refuses other tensors than a single one of that shape.
fn fit(model: &Model, what: &str, ports: &[ModelPort], expected: &[i64]) -> Result<()> {
    let path = model.path().display().to_string();
    let plain: Vec<_> = ports.iter().map(|port| (**port).clone()).collect();
    same(&path, only(&path, what, &plain)?, expected).map(drop)
}

/// What a call gave, once what is wrong in the model's file is said.
fn warned<T>(session: &Session, model: &Model, result: Result<T>) -> Result<T> {
    model.warnings().iter().for_each(|warning| session.warn(warning));
    result
}

fn run_one(model: &Model, x: &Tensor) -> Result<Dynamic> {
    let [input] = model.inputs() else {
        let names: Vec<_> = model.inputs().iter().map(|v| v.name.as_str()).collect();
        return Err(Error::usage(
            format!("run: the model has {} inputs ({})", names.len(), names.join(", ")),
            "give them by name: `model.run(#{ name: tensor })`",
        ));
    };
    let inputs = [(input.name.clone(), ModelInput::of(x)?)];
    let mut outputs = run_values(model, &inputs, &Wanted::default())?;
    if outputs.len() == 1 {
        return to_script(outputs.remove(0).1, x.device());
    }
    map_of(outputs, x.device())
}

/// The outputs of a model as scripts have them, dropped: what a call costs.
pub(crate) fn run_dropped(model: &Model, inputs: &[(String, ModelInput)]) -> Result<()> {
    let outputs = run_values(model, inputs, &Wanted::default())?;
    map_of(outputs, device_of(inputs)).map(drop)
}

fn run_values(
    model: &Model,
    inputs: &[(String, ModelInput)],
    wanted: &Wanted,
) -> Result<Vec<(String, Value)>> {
    let given = inputs.iter().map(|(name, input)| Ok((&**name, input.given()?)));
    model.run_given(given.collect::<Result<_>>()?, wanted)
}

/// Outputs come to the device of the last tensor.
fn device_of(inputs: &[(String, ModelInput)]) -> Device {
    inputs.iter().rev().find_map(|(_, input)| input.device()).unwrap_or(Device::Cpu)
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

fn run_named(model: &Model, inputs: Map, options: Option<Map>) -> Result<Dynamic> {
    let wanted = CallOptions::read("run", options, |options| {
        Ok(Wanted { outputs: options.find("outputs")?, keep: options.get("keep", vec![])? })
    })?;
    let input = |(name, value): (rhai::Identifier, Dynamic)| {
        let port = model.inputs().iter().find(|port| port.name == name.as_str());
        Ok((name.to_string(), from_script(&name, &value, port)?))
    };
    let inputs = inputs.into_iter().map(input).collect::<Result<Vec<_>>>()?;
    map_of(run_values(model, &inputs, &wanted)?, device_of(&inputs))
}

fn zeros(model: &Model, input: &str, shape: &[usize]) -> Result<Arc<OnnxValue>> {
    let port = model.input(input)?;
    let value = match port.dtype {
        None if !port.is_text() => {
            let problem = format!("zeros: the input {port} is no tensor of numbers or texts");
            return Err(Error::usage(problem, "give it as it is"));
        }
        dtype => Value::zeros(shape, dtype)?,
    };
    OnnxValue::of(&value).map(Arc::new)
}

fn map_of(outputs: Vec<(String, Value)>, device: Device) -> Result<Dynamic> {
    let one = |(name, value): (String, Value)| Ok((name.into(), to_script(value, device)?));
    outputs.into_iter().map(one).collect::<Result<Map>>().map(Dynamic::from)
}

fn describe(ports: &[ModelPort]) -> Dynamic {
    let one = |port: &ModelPort| -> Dynamic {
        let size = |d: &Option<usize>| Dynamic::from(d.map_or(-1, |d| d as i64));
        let shape: ScriptArray = port.shape.iter().flatten().map(size).collect();
        let fields: [(&str, Dynamic); 3] =
            [("name", port.name.clone().into()), ("dtype", port.kind().into()), ("shape", shape.into())];
        fields.into_iter().map(|(k, v)| (k.into(), v)).collect::<Map>().into()
    };
    ports.iter().map(one).collect::<ScriptArray>().into()
}
