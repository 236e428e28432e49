//! Networks from files are checked against the shapes that a plugin needs, before anything is trained.

use onnx_net::{Graph, Port};
use ops::{DType, Device, Spec, Tensor, nn::Module, no_grad};

use crate::{
    error::{Error, Result},
    script::Adder,
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global.add(
        "fits(module, input, output)",
        "Refuses a module that does not take tensors of the one shape or does not give the other; -1 stands \
         for any size. Gives the module.",
        "nn::linear(4, 3).fits([-1, 4], [-1, 3]).parameter_count() => 15",
        |module: Module, input: Vec<i64>, output: Vec<i64>| -> Result<Module> {
            check(&module, &input, &output)?;
            Ok(module)
        },
    );
}

/// Traces the module, which computes nothing, and checks the shape of its output.
fn check(module: &Module, input: &[i64], output: &[i64]) -> Result<()> {
    // A trace checks the rest: modules that declare nothing, and files that leave sizes open.
    let graph = Graph::of(module);
    if graph.map_or(Ok(false), |graph| declared(graph, input, output))? {
        return Ok(());
    }
    // Any size but 1, which would broadcast.
    let sizes: Vec<usize> = input.iter().map(|&n| usize::try_from(n).unwrap_or(2)).collect();
    let device = module.state().first().map_or(Device::Cpu, |(_, parameter)| parameter.get().device());
    let x = Tensor::symbolic(Spec::new(sizes, DType::F32), device);
    // Where values or sizes that are only guessed here decide what a file's network does, only a run can
    // check it.
    let guessed = input.iter().skip(1).any(|&size| size < 0);
    let y = match no_grad(|| module.forward(&x)) {
        Err(ops::Error::Symbolic { .. }) if graph.is_some() => return Ok(()),
        Err(error) if graph.is_some() && guessed && !error.is_whole() => return Ok(()),
        traced => traced.map_err(|error| {
            Error::reworded(error, |problem| {
                Error::usage(
                    format!("the module does not take an input {input:?}: {problem}"),
                    "give a network that was made for such inputs",
                )
            })
        })?,
    };
    let known = |(i, &n): (usize, &usize)| (output.get(i) != Some(&-1)).then_some(n);
    let shape = Some(y.shape().iter().enumerate().map(known).collect());
    let found = Port { name: "output".into(), dtype: Some(y.dtype()), shape, is_sequence: false };
    same(module.layer().name(), &found, output).map(drop)
}

/// Checks the shapes that a file declares, and gives whether it declares all of them.
fn declared(graph: &Graph, input: &[i64], output: &[i64]) -> Result<bool> {
    let mut all = true;
    for (what, ports, expected) in [("input", &graph.inputs, input), ("output", &graph.outputs, output)] {
        let port = only("the network", what, ports)?;
        if let Some(dtype) = port.dtype.filter(|dtype| !dtype.is_float()) {
            let problem = format!("the network: `{}` is of {}, expected floats", port.name, dtype.name());
            return Err(Error::usage(problem, "give a network of floats"));
        }
        all &= same("the network", port, expected)?;
    }
    Ok(all)
}

/// The one input or output (`what`) of a network.
///
/// # Errors
/// `Usage` for another number of them.
pub fn only<'a>(network: &str, what: &str, ports: &'a [Port]) -> Result<&'a Port> {
    let [port] = ports else {
        let names: Vec<_> = ports.iter().map(|port| port.name.as_str()).collect();
        let problem =
            format!("{network}: there are {} {what}s ({}), expected one", names.len(), names.join(", "));
        return Err(Error::usage(problem, "give a network with one"));
    };
    Ok(port)
}

/// Checks the shape of an input or output of a network; `?` and -1 stand for any size. Gives whether the
/// network declares its shape.
///
/// # Errors
/// `Usage` for another shape.
pub fn same(network: &str, port: &Port, expected: &[i64]) -> Result<bool> {
    let Some(shape) = &port.shape else { return Ok(false) };
    let fits = |(found, &expected): (&Option<usize>, &i64)| match found {
        Some(n) if expected >= 0 => *n as i64 == expected,
        _ => true,
    };
    if shape.len() == expected.len() && shape.iter().zip(expected).all(fits) {
        return Ok(true);
    }
    let found: Vec<i64> = shape.iter().map(|size| size.map_or(-1, |n| n as i64)).collect();
    Err(Error::usage(
        format!("{network}: `{}` is {found:?}, expected {expected:?} (-1 stands for any size)", port.name),
        "give a network of these shapes",
    ))
}
