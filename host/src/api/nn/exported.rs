//! Modules as ONNX files and as frozen models.

use onnx_net::{
    export::{Metadata, export, export_like, original, to_bytes},
    proto::ModelProto,
};
use ops::{
    DType, Spec,
    nn::{Module, Value},
};

use rhai::{Array, Dynamic, EvalAltResult, NativeCallContext};

use super::values::ModuleValue;
use crate::{
    error::{Error, Result},
    script::{Adder, Carried as _, FromScript, Refusal},
    session::Session,
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global.add(
        "save_onnx(module, name, inputs)",
        "Writes the module, as it computes in evaluation, to models/NAME.onnx in the run's folder, for any \
             batch size, parameters named as in `save`. `inputs` is the shape of one sample, of floats; or \
             an array of what `forward` takes, of some batch: `[x]`, `[x, #{ mask: m }]`. The batch is the \
             first size of the first tensor, and in each other one the first dimension of that size. \
             Without it the file is for inputs like the last ones of a module that has computed something \
             since the program was started. Inputs are called `input`, `input_2`, .., the output `output`, \
             and what stands in a map as it is called there. \
             What ONNX cannot express is an error at its line. A network from an .onnx file is written as \
             that file is, all inputs and outputs, with its values as they are now.",
        "nn::linear(4, 3).save_onnx(\"net\", [4]) => ()\n\
         { let net = nn::linear(4, 3); net.forward(zeros([2, 4])); net.save_onnx(\"net\") } => ()\n\
         nn::embedding(10, 3).save_onnx(\"net\", [zeros([2, 5]).cast(\"i32\")]) => ()",
        |context: &NativeCallContext, module: Module, name: String, inputs: Option<Example>| {
            save(&*Session::of(context)?, &module, &name, inputs).map_err(|error| called_from(context, error))
        },
    );
}

/// An error of a function that the module calls says that it came up while the module was being written.
fn called_from(context: &NativeCallContext, error: Error) -> Error {
    match error {
        Error::Script(mut error) if error.is_catchable() => {
            if error.position().is_none() {
                error.set_position(context.call_position());
            }
            let name = context.fn_name().to_owned();
            let within =
                EvalAltResult::ErrorInFunctionCall(name, String::new(), error, context.call_position());
            Error::Script(Box::new(within))
        }
        error => error,
    }
}

/// What a module is to be written for.
pub enum Example {
    /// One tensor of floats, a sample of which has that shape.
    Shape(Vec<usize>),
    /// Inputs of some batch.
    Inputs(Vec<Value>),
}

impl FromScript for Example {
    const NAME: &'static str = "shape, or array of inputs";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let inputs = value.read_lock::<Array>().ok_or(Refusal::Type)?;
        if inputs.iter().all(Dynamic::is_int) {
            return Vec::from_script(value).map(Self::Shape);
        }
        let input = |input: &Dynamic| ModuleValue::from_script(input).map(|input| input.0);
        inputs.iter().map(input).collect::<Result<_, _>>().map(Self::Inputs)
    }
}

impl Example {
    /// The module as a file for such inputs.
    ///
    /// # Errors
    /// Those of the export.
    pub fn export(&self, session: &Session, module: &Module) -> Result<ModelProto> {
        let metadata = metadata(session);
        Ok(match self {
            Self::Shape(shape) => export(module, &Spec::new(shape.clone(), DType::F32), metadata)?,
            Self::Inputs(inputs) => {
                let specs: Vec<_> = inputs.iter().map(Value::specs).collect();
                export_like(module, &specs, metadata)?
            }
        })
    }
}

fn save(session: &Session, module: &Module, name: &str, inputs: Option<Example>) -> Result<()> {
    let model = match original(module, metadata(session))? {
        Some(model) => model,
        None => traced(session, module, name, inputs)?,
    };
    session.record_in_order(|recorder| recorder.run.model(name, "onnx", &to_bytes(&model)))
}

/// The module traced for these inputs, or for inputs like its last ones.
fn traced(session: &Session, module: &Module, name: &str, inputs: Option<Example>) -> Result<ModelProto> {
    match (inputs, module.last_inputs()) {
        (Some(inputs), _) => inputs.export(session, module),
        (None, Some(seen)) => Ok(export_like(module, &seen, metadata(session))?),
        (None, None) => Err(Error::usage(
            "the module has not computed anything yet, so the shape of its input is not known",
            format!(
                "give the shape of one sample: `save_onnx(\"{name}\", [1, 28, 28])`, or what `forward` \
                 takes: `save_onnx(\"{name}\", [x, y])`"
            ),
        )),
    }
}

/// The metadata of a model: the run it comes from.
pub fn metadata(session: &Session) -> Metadata {
    let Some(recorder) = session.recorder() else { return Vec::new() };
    let record = recorder.run.record();
    let entries = [
        ("plugin", record.plugin.clone()),
        ("settings", record.settings_hash()),
        ("seed", record.seed.to_string()),
    ];
    entries.map(|(key, value)| (key.to_owned(), value)).into()
}
