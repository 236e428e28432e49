//! The methods of optimisers and gradients.

use ops::{Gradients, Tensor, nn::Optimiser};
use rhai::{FnPtr, NativeCallContext};

use super::Modules;
use crate::{
    api::nn::weights,
    error::{Error, Result},
    kinds,
    script::Adder,
    session::Session,
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    add_steps(global);
    add_files(global);
    add_gradients(global);
}

fn add_steps(global: &mut Adder) {
    global
        .add(
            "step(optimiser, gradients)",
            "Moves every parameter that has a gradient, by the sum of these gradients and of what was \
             accumulated.",
            "{ let n = nn::linear(1, 1); let o = optim::sgd(n, #{}); \
             o.step(n.forward(tensor([[1.0]])).sum().backward()); o.steps } => 1\n\
             { let o = optim::sgd(nn::linear(1, 1), #{}); o.step(); o.steps } => 1",
            |optimiser: Optimiser, gradients: Option<Gradients>| -> Result<(), Error> {
                Ok(optimiser.step(&gradients.unwrap_or_default())?)
            },
        )
        .add(
            "step(optimiser, loss)",
            "A step by the gradients of the loss that `loss()` gives, which is the result: what torch calls \
             a closure. L-BFGS calls it several times; without `backward`, which the step does.",
            "{ let w = nn::parameter(tensor([4.0])); let o = optim::sgd(w, #{ lr: 0.25 }); \
             let loss = o.step(|| (w.value - 3).square().sum()); [loss.item(), w.value.item()] } \
             => [1.0, 3.5]",
            |context: &NativeCallContext, optimiser: Optimiser, loss: FnPtr| {
                optimiser.step_with(|| {
                    let given = loss.call_raw(context, None, [])?;
                    let no_loss = || {
                        let problem = format!("step: the function gave {}", kinds::a(&given));
                        Error::usage(problem, "let it end with the loss, a Tensor of one number")
                    };
                    given.clone().try_cast::<Tensor>().ok_or_else(no_loss)
                })
            },
        )
        .add(
            "accumulate(optimiser, gradients)",
            "Keeps gradients for the next step, which moves by the sum of all: of batches that are too large \
             for memory. Part of the optimiser's state.",
            "{ let n = nn::linear(1, 1).init_uniform(1, 1); let o = optim::sgd(n, #{ lr: 0.25 }); \
             for i in 0..2 { o.accumulate(n.forward(tensor([[1.0]])).sum().backward()); } \
             o.step(); n[\"weight\"].value.item() } => 0.5",
            |optimiser: Optimiser, gradients: Gradients| optimiser.accumulate(&gradients),
        )
        .add(
            "get steps(optimiser)",
            "How many steps were made.",
            "optim::adam(nn::linear(1, 1), #{}).steps => 0",
            |optimiser: Optimiser| optimiser.steps() as i64,
        )
        .add(
            "get learning_rate(optimiser)",
            "The learning rate of the next step; of several groups that of the first.",
            "optim::adam(nn::linear(1, 1), #{ lr: 0.5 }).learning_rate => 0.5",
            |optimiser: Optimiser| optimiser.learning_rate(),
        )
        .add(
            "get learning_rates(optimiser)",
            "The learning rates of the next step, one for each group.",
            "optim::adam(nn::linear(1, 1), #{ lr: 0.5 }).learning_rates => [0.5]",
            |optimiser: Optimiser| optimiser.learning_rates(),
        )
        .add(
            "set_learning_rate(optimiser, lr)",
            "Sets the learning rate of the steps to come; of several groups that of the first, and the \
             others in the ratio that they were made with.",
            "{ let o = optim::adam(nn::linear(1, 1), #{}); o.set_learning_rate(0.1); \
             o.learning_rate } => 0.1",
            |optimiser: Optimiser, lr: f64| optimiser.set_learning_rate(lr),
        )
        .add(
            "to_string(optimiser)",
            "The rule, its settings, and how far it is.",
            "type_of(optim::sgd(nn::linear(1, 1), #{}).to_string()) => string",
            |optimiser: Optimiser| optimiser.to_string(),
        );
}

fn add_files(global: &mut Adder) {
    global
        .add(
            "save(optimiser, name)",
            "Writes the state, moments and learning rates to models/NAME.safetensors in the run's folder.",
            r#"optim::adam(nn::linear(1, 1), #{}).save("adam") => ()"#,
            |session: &Session, optimiser: Optimiser, name: String| -> Result<()> {
                let bytes = optimiser.save()?;
                session.record_in_order(|recorder| recorder.run.model(&name, "safetensors", &bytes))
            },
        )
        .add(
            "load(optimiser, path)",
            "Reads what `save` wrote of an optimiser of the same rule and parameters.",
            "",
            |session: &Session, optimiser: Optimiser, path: String| -> Result<()> {
                let problem = |error: ops::Error| {
                    let problem = error.to_string();
                    let problem = problem.strip_prefix("load: ").unwrap_or(&problem).to_owned();
                    Error::usage(format!("{path}: {problem}"), "give a file that `optimiser.save` wrote")
                };
                optimiser.load(&weights::content(session, &path)?).map_err(problem)
            },
        );
}

fn add_gradients(global: &mut Adder) {
    global
        .add(
            "clip_norm(gradients, maximum, modules)",
            "Gradients scaled down together so that their L2 norm is at most `maximum`: all of them, or \
             those of a module, or of several in an array or map.",
            "{ let a = tensor([3.0]).track(); (a * 4).backward().clip_norm(1).of(a).to_array() } => [1.0]\n\
             { let n = nn::linear(1, 1); let g = n.forward(tensor([[4.0]])).sum().backward(); \
             let p = n.parameters(); g = g.clip_norm(0.5, n[\"weight\"]); \
             [g.of(p.weight).item(), g.of(p.bias).item()] } => [0.5, 1.0]",
            |gradients: Gradients, maximum: f64, modules: Option<Modules>| {
                of_part(&gradients, modules, |part| part.clip_norm(maximum))
            },
        )
        .add(
            "clip_value(gradients, maximum, modules)",
            "Gradients with every element cut to -maximum..maximum: all of them, or those of a module, or of \
             several in an array or map.",
            "{ let a = tensor([3.0]).track(); (a * 4).backward().clip_value(2).of(a).to_array() } => [2.0]\n\
             { let n = nn::linear(1, 1); let g = n.forward(tensor([[4.0]])).sum().backward(); \
             let p = n.parameters(); g.clip_value(0.5, n[\"bias\"]).of(p.weight).item() } => 4.0",
            |gradients: Gradients, maximum: f64, modules: Option<Modules>| {
                of_part(&gradients, modules, |part| part.clip_value(maximum))
            },
        )
        .add(
            "norm(gradients, modules)",
            "The L2 norm of all gradients together, or of those of a module, or of several in an array or \
             map.",
            "{ let a = tensor([3.0]).track(); (a * 4).backward().norm() } => 4.0\n\
             { let n = nn::linear(1, 1); \
             n.forward(tensor([[4.0]])).sum().backward().norm(n[\"weight\"]) } => 4.0",
            |gradients: Gradients, modules: Option<Modules>| match modules {
                Some(modules) => gradients.only(&modules.values()).norm(),
                None => gradients.norm(),
            },
        )
        .add(
            "mul(gradients, factor)",
            "All gradients times a number.",
            "{ let a = tensor([3.0]).track(); (a * 4).backward().mul(0.5).of(a).to_array() } => [2.0]",
            |gradients: Gradients, factor: f64| gradients.map(|gradient| gradient.mul_scalar(factor)),
        )
        .add(
            "add(gradients, other)",
            "The sum of two sets of gradients, of two losses for example.",
            "{ let a = tensor([3.0]).track(); (a * 4).backward().add((a * 1).backward()).of(a).to_array() } \
             => [5.0]",
            |gradients: Gradients, other: Gradients| gradients.add(&other),
        );
}

/// What `change` makes of the gradients of some modules, or of all; the others stay.
fn of_part(
    gradients: &Gradients,
    modules: Option<Modules>,
    change: impl FnOnce(&Gradients) -> ops::Result<Gradients>,
) -> ops::Result<Gradients> {
    match modules {
        Some(modules) => Ok(gradients.replaced(&change(&gradients.only(&modules.values()))?)),
        None => change(gradients),
    }
}
