//! Modules as ONNX files and as frozen models.

use onnx_net::{
    export::{Metadata, export, original, to_bytes},
    proto::ModelProto,
};
use ops::{DType, Spec, nn::Module};

use rhai::{EvalAltResult, NativeCallContext};

use crate::{
    error::{Error, Result},
    script::{Adder, Carried as _},
    session::Session,
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global.add(
        "save_onnx(module, name, shape)",
        "Writes the module, as it computes in evaluation, to models/NAME.onnx in the run's folder: input \
             [batch, shape] of any batch size, parameters named as in `save`. Without a shape it is for \
             inputs like the last one of a module that has computed something since the program was started. \
             What ONNX cannot express is an error at its line. A network from an .onnx file is written as \
             that file is, all inputs and outputs, with its values as they are now.",
        "nn::linear(4, 3).save_onnx(\"net\", [4]) => ()\n\
         { let net = nn::linear(4, 3); net.forward(zeros([2, 4])); net.save_onnx(\"net\") } => ()",
        |context: &NativeCallContext, module: Module, name: String, shape: Option<Vec<usize>>| {
            save(&*Session::of(context)?, &module, &name, shape.as_deref())
                .map_err(|error| called_from(context, error))
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

fn save(session: &Session, module: &Module, name: &str, shape: Option<&[usize]>) -> Result<()> {
    let model = match original(module, metadata(session))? {
        Some(model) => model,
        None => traced(session, module, name, shape)?,
    };
    session.record_in_order(|recorder| recorder.run.model(name, "onnx", &to_bytes(&model)))
}

/// The module traced for samples of that shape, or of the shape of its last input.
fn traced(session: &Session, module: &Module, name: &str, shape: Option<&[usize]>) -> Result<ModelProto> {
    let seen = module.last_input();
    let seen = seen.as_ref().map(|spec| spec.shape.get(1..).unwrap_or_default());
    let shape = shape.or(seen).ok_or_else(|| {
        Error::usage(
            "the module has not computed anything yet, so the shape of its input is not known",
            format!("give the shape of one sample: `save_onnx(\"{name}\", [1, 28, 28])`"),
        )
    })?;
    Ok(export(module, &Spec::new(shape, DType::F32), metadata(session))?)
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
