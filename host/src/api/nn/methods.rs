//! The methods of modules.

use ops::{
    Tensor,
    nn::{
        self, Module, Parameter, Value,
        init::{self, Initialiser, Nonlinearity},
    },
};
use rhai::{Dynamic, Map};

use super::{values::ModuleValue, weights};
use crate::{
    api::options::one_of,
    error::{Error, Result},
    script::{Adder, did_you_mean},
    session::Session,
};

/// An input that may be left out.
type Other = Option<ModuleValue>;

/// How many names of parts a message shows.
const SHOWN_PARTS: usize = 20;

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    add_use(global);
    add_initialisers(global);
    add_files(global);
    add_parts(global);
}

fn add_use(global: &mut Adder) {
    global
        .add(
            "forward(module, x, y, z, u, v)",
            "What the module makes of its inputs: a tensor, or several, numbers, and arrays and maps of \
             these. Of a network from an .onnx file, #{ name: tensor } gives a map of its outputs. \
             `net(x)` is the same.",
            "nn::relu().forward(tensor([-1.0])).to_array() => [0.0]\n\
             nn::network(#{}, |m, x, y| x * y).forward(tensor([2.0]), tensor([3.0])).to_array() => [6.0]\n\
             nn::conditional_batch_norm(3, 10).forward(ones([2, 3, 4, 4]), tensor([7, 1])\
             .cast(\"i32\")).shape => [2, 3, 4, 4]",
            |module: Module, x: ModuleValue, y: Other, z: Other, u: Other, v: Other| {
                let inputs = [Some(x), y, z, u, v];
                called(&module, &inputs.into_iter().flatten().map(|x| x.0).collect::<Vec<_>>())
            },
        )
        .add(
            "input_gradient(module, x, condition)",
            "The gradient of the sum of the outputs, perhaps given a condition, by the input: for a critic, \
             of each score by its sample. It can be differentiated again, so a gradient penalty is made of \
             it.",
            "nn::tanh().input_gradient(zeros([2, 1])).to_array() => [[1.0], [1.0]]\n\
             nn::network(#{ f: nn::tanh() }, |m, x, y| m.f.forward(x) * y)\
             .input_gradient(zeros([1]), tensor([3.0])).to_array() => [3.0]",
            |module: Module, x: Tensor, condition: Option<Tensor>| {
                module.input_gradient(&x, condition.as_ref())
            },
        )
        .add(
            "training(module, on)",
            "Whether the module behaves as in training (dropout, batch statistics); true at first. Gives the \
             module.",
            "nn::dropout(0.9).training(false).forward(ones([2])).to_array() => [1.0, 1.0]",
            |module: Module, on: bool| {
                module.training(on);
                module
            },
        )
        .add(
            "freeze(module)",
            "Takes the parameters out of training. Gives the module.",
            "{ let a = nn::linear(1, 1).freeze(); let b = nn::linear(1, 1); \
             b.forward(a.forward(ones([1, 1]))).sum().backward().len() } => 2",
            |module: Module| {
                module.freeze();
                module
            },
        )
        .add(
            "unfreeze(module)",
            "Takes the parameters back into training. Gives the module.",
            "nn::linear(1, 1).freeze().unfreeze().forward(ones([1, 1])).sum().backward().len() => 2",
            |module: Module| {
                module.unfreeze();
                module
            },
        )
        .add(
            "deep_copy(module)",
            "A module of the same structure with parameters of its own.",
            "{ let a = nn::linear(1, 1).init_uniform(2, 2); let b = a.deep_copy(); a.init_uniform(0, 0); \
             b.forward(tensor([[3.0]])).to_array() } => [[8.0]]",
            |module: Module| module.deep_copy(),
        )
        .add(
            "load_from(module, other)",
            "Copies the values of a module of the same structure into this one.",
            "{ let a = nn::linear(1, 1); a.load_from(nn::linear(1, 1).init_uniform(2, 2)); \
             a.forward(tensor([[3.0]])).to_array() } => [[8.0]]",
            |module: Module, other: Module| -> Result<(), Error> {
                let values: Vec<_> =
                    other.state().into_iter().map(|(name, p)| (name, p.get().detach())).collect();
                Ok(module.load_state(&values)?)
            },
        )
        .add(
            "average(module, source, decay)",
            "Moves the parameters and running statistics towards those of a module of the same structure: \
             value = decay value + (1 - decay) source. A deep copy that does so after each step is the \
             exponential moving average.",
            "{ let a = nn::linear(1, 1).init_uniform(0, 0); \
             a.average(nn::linear(1, 1).init_uniform(4, 4), 0.75); \
             a.forward(tensor([[1.0]])).to_array() } => [[2.0]]",
            |module: Module, source: Module, decay: f64| module.average(&source, decay),
        );
}

/// What the module gives.
pub fn called(module: &Module, inputs: &[Value]) -> Result<ModuleValue> {
    // The text begins with the layer, which is more than which operation of it failed.
    let reworded = |error| Error::reworded(error, |error| Error::Failed(error.to_string()));
    module.call(inputs).map(ModuleValue).map_err(reworded)
}

fn add_initialisers(global: &mut Adder) {
    fn init(module: Module, law: Initialiser, biases: bool) -> Result<Module> {
        module.init(law, biases)?;
        Ok(module)
    }
    let nonlinearity = |name: &str| {
        let known =
            [("linear", Nonlinearity::Linear), ("relu", Nonlinearity::Relu), ("tanh", Nonlinearity::Tanh)];
        one_of("there is no nonlinearity", name, &known)
    };
    global
        .add(
            "init_normal(module, mean, std)",
            "Draws all weights and biases from a normal distribution. Gives the module.",
            "nn::linear(4, 3).init_normal(0.0, 0.02).parameter_count() => 15",
            |module: Module, mean: f64, std: f64| init(module, init::normal(mean, std), true),
        )
        .add(
            "init_uniform(module, low, high)",
            "Draws all weights and biases from a uniform distribution. Gives the module.",
            "nn::linear(1, 1).init_uniform(2, 2).forward(tensor([[3.0]])).to_array() => [[8.0]]",
            |module: Module, low: f64, high: f64| init(module, init::uniform(low, high), true),
        )
        .add(
            "init_xavier(module)",
            "Weights uniform in +-sqrt(6 / (fan in + fan out)) (Glorot and Bengio, 2010), fans as in \
             PyTorch: of a weight [a, b, kernel ..], b and a times the kernel's positions. Gives the module.",
            "nn::linear(3, 3).init_xavier().parameters().weight.abs().max().item() <= 1 => true",
            |module: Module| init(module, init::xavier_uniform(1.0), false),
        )
        .add(
            "init_kaiming(module, nonlinearity)",
            "Weights normal with variance gain^2 / fan in for what follows: \"relu\", \"linear\" or \"tanh\" \
             (He et al., 2015). Gives the module.",
            "(nn::linear(1000, 100).init_kaiming(\"relu\").parameters().weight.square().mean()\
             .item() * 1000 - 2).abs() < 0.1 => true",
            move |module: Module, after: String| {
                init(module, init::kaiming_normal(nonlinearity(&after)?), false)
            },
        )
        .add(
            "init_dcgan(module, std)",
            "Weights normal with mean 0, gains of normalisations normal with mean 1, both with standard \
             deviation std, biases 0 (Radford et al., 2016). Gives the module.",
            "nn::linear(4, 3).init_dcgan(0.02).parameters().bias.to_array() => [0.0, 0.0, 0.0]",
            |module: Module, std: f64| -> Result<Module> {
                module.init_dcgan(std)?;
                Ok(module)
            },
        )
        .add(
            "init_orthogonal(module, gain)",
            "Weights with orthogonal rows (or columns, where they are fewer) of length gain (Saxe et al., \
             2014). Gives the module.",
            "{ let w = nn::linear(4, 3).init_orthogonal(1).parameters().weight; \
             (w.matmul(w.transpose(0, 1)) - eye(3)).abs().max().item() < 0.00001 } => true",
            |module: Module, gain: f64| init(module, init::orthogonal(gain), false),
        );
}

fn add_files(global: &mut Adder) {
    global
        .add(
            "save(module, name)",
            "Writes all parameters and buffers to models/NAME.safetensors in the run's folder.",
            r#"nn::linear(1, 1).save("net") => ()"#,
            |session: &Session, module: Module, name: String| -> Result<()> {
                let bytes = module.save()?;
                session.record_in_order(|recorder| recorder.run.model(&name, "safetensors", &bytes))
            },
        )
        .add(
            "load(module, path, options)",
            "Reads all parameters and buffers from a safetensors file, also one of PyTorch, or what `save` \
             wrote \
             under that name in this run; refuses a \
             missing, extra or wrongly shaped one by name. f16, bf16 and f64 are converted, and a line says \
             which were; `num_batches_tracked` is left out. The option rename: #{ \"old\": \"new\" } maps \
             names of the file: old becomes new, and old.rest becomes new.rest (the longest fitting name \
             counts). `\"module\": \"\"` takes a prefix away, `\"\": \"encoder\"` puts one before every \
             name.",
            "",
            |session: &Session, module: Module, path: String, options: Option<Map>| {
                weights::load(session, &module, &path, options)
            },
        );
}

fn add_parts(global: &mut Adder) {
    global
        .add(
            "index get(module, name)",
            "A part by name: `net.encoder`, `net[\"0\"]`, `net[\"encoder.2\"]`; or one of its parameters \
             and buffers, by its full name: `net[\"encoder.0.weight\"]`.",
            r#"nn::sequential([nn::linear(1, 1)])["0"].parameter_count() => 2
nn::sequential([nn::linear(3, 2)])["0.weight"].shape => [2, 3]"#,
            |module: Module, name: String| part(&module, &name),
        )
        .add(
            "index get(module, i)",
            "The part of that number, from 0; negative ones count from the end.",
            "nn::sequential([nn::linear(1, 1), nn::linear(2, 3)])[-1].parameter_count() => 9",
            |module: Module, i: i64| numbered(&module, i),
        )
        .add(
            "len(module)",
            "How many parts there are.",
            "nn::sequential([nn::linear(1, 1), nn::relu()]).len() => 2",
            |module: Module| module.children().len(),
        )
        .add(
            "record(module, names)",
            "The same module, of the same parameters, which gives a map: its own `output`, and by their \
             names what these parts gave (of one that is used several times, the last).",
            "nn::sequential([nn::linear(1, 2).init_uniform(1, 1), nn::sequential([nn::flatten(), \
             nn::linear(2, 3)])])\
             .record([\"0\", \"1.0\"]).forward(tensor([[2.0]]))[\"1.0\"].to_array() => [[3.0, 3.0]]\n\
             nn::sequential([nn::linear(1, 2)]).record([\"0\"]).forward(ones([3, 1])).output.shape => [3, 2]",
            |module: Module, names: Vec<String>| -> Result<Module> {
                names.iter().try_for_each(|name| part(&module, name).map(drop))?;
                Ok(nn::record(&module, names)?)
            },
        )
        .add(
            "contains(module, name)",
            "Whether the module has a part of that name: `\"encoder\" in net`.",
            r#""0" in nn::sequential([nn::relu()]) => true"#,
            |module: Module, name: String| module.child(&name).is_some(),
        )
        .add(
            "parameters(module, pattern)",
            "The parameters by name, as tensors whose gradients `of` gives. With a pattern, in which `*` \
             stands for any text, those whose names fit it, each as a module of one tensor that can be \
             frozen, or trained by an optimiser of its own.",
            "nn::linear(2, 1).parameters().keys() => [\"bias\", \"weight\"]\n\
             nn::sequential([nn::linear(1, 2), nn::linear(2, 1)]).parameters(\"1.*\").keys() => \
             [\"1.bias\", \"1.weight\"]\n\
             { let n = nn::linear(1, 1).init_uniform(1, 1); \
             optim::sgd(n.parameters(\"weight\"), #{ lr: 0.25 })\
             .step(n.forward(tensor([[2.0]])).sum().backward()); \
             [n[\"weight\"].value.item(), n[\"bias\"].value.item()] } => [0.5, 1.0]",
            |module: Module, pattern: Option<String>| -> Result<Dynamic> {
                if let Some(pattern) = pattern {
                    return fitting(&module, &pattern);
                }
                let named =
                    module.named_parameters().into_iter().map(|(n, p)| (n.into(), Dynamic::from(p.get())));
                Ok(named.collect::<Map>().into())
            },
        )
        .add(
            "get shape(parameter)",
            "The shape of a single parameter.",
            "nn::parameter(zeros([2, 3])).shape => [2, 3]",
            |module: Module| Ok::<_, Error>(single(&module, "shape")?.spec().shape),
        )
        .add(
            "get dtype(parameter)",
            "The element type of a single parameter.",
            "nn::parameter(zeros([2])).dtype => f32",
            |module: Module| Ok::<_, Error>(single(&module, "dtype")?.spec().dtype.name().to_owned()),
        )
        .add(
            "get value(parameter)",
            "The tensor of a single parameter.",
            "nn::linear(1, 1).init_uniform(2, 2)[\"weight\"].value.to_array() => [[2.0]]",
            |module: Module| Ok::<_, Error>(single(&module, "value")?.get()),
        )
        .add(
            "set(parameter, x)",
            "Gives a single parameter other numbers, of the same shape and type. Gives the parameter.",
            "nn::linear(1, 1)[\"weight\"].set(ones([1, 1])).value.to_array() => [[1.0]]",
            |module: Module, x: Tensor| -> Result<Module> {
                single(&module, "value")?.set(&x)?;
                Ok(module)
            },
        )
        .add(
            "parameter_count(module)",
            "Number of trainable numbers.",
            "nn::linear(4, 3).parameter_count() => 15",
            |module: Module| module.parameter_count(),
        )
        .add(
            "to_string(module)",
            "The module as a tree, with shapes and counts.",
            "type_of(nn::relu().to_string()) => string",
            |module: Module| module.to_string(),
        );
}

/// The parameters and buffers of a module whose names fit, each as a module.
fn fitting(module: &Module, pattern: &str) -> Result<Dynamic> {
    let all = module.named_parameters();
    let found = all.iter().filter(|(name, _)| onnx_net::matches(pattern, name));
    let found: Map = found.map(|(name, p)| (name.as_str().into(), Dynamic::from(nn::parameter(p)))).collect();
    if found.is_empty() {
        let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
        let help =
            did_you_mean(pattern, names.iter().copied()).unwrap_or_else(|| "`*` stands for any text".into());
        return Err(Error::usage(format!("parameters: none fits `{pattern}`"), help));
    }
    Ok(found.into())
}

/// The tensor of a module that is a single parameter.
fn single<'a>(module: &'a Module, what: &str) -> Result<&'a Parameter> {
    module.as_parameter().ok_or_else(|| {
        let problem = format!("this {} has no {what}; a single parameter has", module.layer().name());
        Error::usage(problem, "take one by its name: `net[\"0.weight\"]`")
    })
}

fn numbered(module: &Module, i: i64) -> Result<Module> {
    let parts = module.children();
    let at = if i < 0 { i.checked_add(parts.len() as i64) } else { Some(i) };
    let child = at.and_then(|at| parts.get(usize::try_from(at).ok()?));
    child.map(|(_, child)| child.clone()).ok_or_else(|| {
        let names: Vec<_> = parts.iter().map(|(name, _)| name.as_str()).take(SHOWN_PARTS).collect();
        let help =
            if names.is_empty() { "it has none".into() } else { format!("it has {}", names.join(", ")) };
        Error::usage(format!("the module has no part of number {i}, but {} parts", parts.len()), help)
    })
}

fn part(module: &Module, name: &str) -> Result<Module> {
    let own = || module.state().into_iter().find(|(own, _)| own == name);
    if let Some(child) = module.submodule(name) {
        return Ok(child.clone());
    }
    own().map(|(_, parameter)| nn::parameter(&parameter)).ok_or_else(|| {
        let state = module.state();
        let parts = module.children().iter().map(|(name, _)| name.as_str());
        let names: Vec<_> =
            parts.chain(state.iter().map(|(name, _)| name.as_str())).take(SHOWN_PARTS).collect();
        let all = || format!("it has {}", if names.is_empty() { "none".into() } else { names.join(", ") });
        let help = did_you_mean(name, names.iter().copied()).unwrap_or_else(all);
        Error::usage(format!("the module has no part `{name}`"), help)
    })
}
