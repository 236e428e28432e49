//! What a module costs, layer by layer.

use onnx_net::Graph;
use ops::{
    DType, Device, Spec, Tensor,
    nn::{Module, Value},
};
use rhai::Map;

use super::exported::Example;
use crate::{
    api::options::named,
    error::{Error, Result},
    script::Adder,
};

/// Adds `summary`, for a tensor, a shape and inputs by name.
pub fn add(global: &mut Adder) {
    global
        .add(
            "summary(module, x)",
            "The module as a table, for an input: layers in the order in which the pass comes to them, \
             output shapes, numbers of parameters, multiply-adds (as torchinfo counts them: each parameter \
             once a sample, those of convolutions once a position of the output), and the sums of these and \
             of the memory. Of a network from an .onnx file each node is a layer. Nothing is computed as \
             long as shapes tell all.",
            "nn::linear(4, 3).summary(ones([2, 4])).contains(\"Total params: 15\") => true",
            |module: Module, x: Tensor| table(&module, &[x.into()]),
        )
        .add(
            "summary(module, inputs)",
            "As for a tensor of that shape, with the samples: `net.summary([64, 3, 32, 32])`; or for an \
             array of what `forward` takes: `net.summary([x, y])`.",
            "nn::linear(4, 3).summary([2, 4]).contains(\"Total mult-adds: 30\") => true\n\
             nn::network(#{ f: nn::linear(4, 3) }, |m, x, y| m.f.forward(x) + y)\
             .summary([ones([2, 4]), ones([2, 3])]).contains(\"Total params: 15\") => true",
            |module: Module, example: Example| match example {
                Example::Inputs(inputs) => table(&module, &inputs),
                Example::Shape(shape) => {
                    let port = Graph::of(&module).and_then(|network| network.inputs.first()?.dtype);
                    let spec = Spec::new(shape, port.unwrap_or(DType::F32));
                    table(&module, &[Tensor::symbolic(spec, Device::Cpu).into()])
                }
            },
        )
        .add(
            "summary(module, inputs)",
            "Of a network from an .onnx file with several inputs: for #{ name: tensor }.",
            "",
            |module: Module, inputs: Map| by_name(&module, inputs),
        );
}

fn table(module: &Module, inputs: &[Value]) -> Result<String> {
    let summary = module.summary_with(inputs);
    // The text begins with the layer, which is more than which operation of it failed.
    let summary =
        summary.map_err(|error| Error::reworded(error, |error| Error::Failed(error.to_string())))?;
    Ok(summary.to_string())
}

fn by_name(module: &Module, inputs: Map) -> Result<String> {
    let Some(network) = Graph::of(module) else {
        return Err(Error::usage(
            format!("summary: this {} takes no inputs by name", module.layer().name()),
            "give a tensor or a shape: `module.summary([64, 3, 32, 32])`",
        ));
    };
    let tensors = named::<Tensor>(inputs, "summary: the input", "give a Tensor")?;
    let given: Vec<_> = tensors.iter().map(|(_, tensor)| tensor).collect();
    let summary = module.summary_of(&given, |values| {
        let names = tensors.iter().map(|(name, _)| name.as_str());
        network.run(module, &names.zip(values).collect::<Vec<_>>())
    })?;
    Ok(summary.to_string())
}
