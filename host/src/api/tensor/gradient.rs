//! Differentiation.

use ops::{Gradients, Tensor, nn::Module, no_grad};
use rhai::{FnPtr, NativeCallContext};

use crate::{
    api::optim::Modules,
    error::{Error, Result},
    script::Adder,
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global
        .add(
            "backward(x, gradient)",
            "The gradients of this scalar, or of sum(x * gradient), by every parameter. Frees the graph.",
            "{ let a = tensor(3.0).track(); (a * a).backward().of(a).item() } => 6.0\n\
             { let a = tensor([3.0]).track(); (a * 2).backward(tensor([5.0])).of(a).to_array() } => [10.0]",
            |x: Tensor, gradient: Option<Tensor>| match gradient {
                Some(gradient) => x.backward_with(&gradient),
                None => x.backward(),
            },
        )
        .add(
            "backward_for(x, modules)",
            "The gradients of this scalar by the parameters of a module, or of several in an array or map, \
             and of no others. The graph stays: another loss can be differentiated at the same point.",
            "{ let a = nn::linear(1, 1); let b = nn::linear(1, 1); \
             let y = b.forward(a.forward(ones([1, 1]))).sum(); \
             [y.backward_for(a).len(), y.backward_for([a, b]).len()] } => [2, 4]",
            |x: Tensor, modules: Modules| x.backward_for(&modules.values()),
        )
        .add(
            "len(gradients)",
            "How many tensors have a gradient.",
            "nn::linear(1, 1).forward(ones([1, 1])).sum().backward().len() => 2",
            |gradients: Gradients| gradients.len(),
        )
        .add(
            "of(gradients, leaf)",
            "The gradient by a tracked tensor.",
            "{ let a = tensor(3.0).track(); (a * 2).backward().of(a).item() } => 2.0",
            |gradients: Gradients, leaf: Tensor| -> Result<Tensor> {
                let untracked = || {
                    Error::usage("of: nothing depends on this tensor", "make it with `track()` before use")
                };
                gradients.of(&leaf).cloned().ok_or_else(untracked)
            },
        )
        .add(
            "of(gradients, parameter)",
            "The gradient by a single parameter of a module.",
            "{ let n = nn::linear(1, 1); \
             n.forward(tensor([[2.0]])).sum().backward().of(n[\"weight\"]).to_array() } => [[2.0]]",
            |gradients: Gradients, parameter: Module| -> Result<Tensor> {
                let problem = || {
                    Error::usage(
                        "of: this is a module of several parameters",
                        "name one: `g.of(net[\"0.weight\"])`",
                    )
                };
                let none =
                    || Error::usage("of: nothing depends on this parameter", "is it frozen, or not used?");
                let own = parameter.as_parameter().ok_or_else(problem)?;
                gradients.of(&own.get()).cloned().ok_or_else(none)
            },
        )
        .add(
            "detach(x)",
            "The same value as a constant.",
            "tensor(1.0).track().detach().item() => 1.0",
            |x: Tensor| x.detach(),
        )
        .add(
            "track(x)",
            "The same value as a leaf whose gradient `of` gives.",
            "tensor(1.0).track().item() => 1.0",
            |x: Tensor| x.track(),
        )
        .add(
            "no_grad(body)",
            "Runs `body()` without recording anything for gradients.",
            "no_grad(|| 1 + 1) => 2",
            |context: &NativeCallContext, body: FnPtr| {
                no_grad(|| body.call_raw(context, None, []).map_err(Error::from))
            },
        )
        .add(
            "gradient(x, of)",
            "The gradients of sum(x) by tensors that it was computed from, as an array. The graph stays, and \
             they can be differentiated again.",
            "{ let a = tensor(3.0).track(); let g = (a * a * a).gradient([a])[0]; \
             g.gradient([a])[0].item() } => 18.0",
            |x: Tensor, of: Vec<Tensor>| x.gradient(&of.iter().collect::<Vec<_>>()),
        );
}
