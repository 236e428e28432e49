//! Modules and layers as functions: with other parameters, and with gradients of one's own.

use std::any::TypeId;

use ops::{
    Tensor,
    nn::{Layer, Module, Value, functional, value},
    op::custom,
};
use rhai::{Dynamic, FnPtr, Map, NativeCallContext};

use super::{
    layers::{conv_options, transposed_options},
    methods::called,
    scripted::invoke,
    values::ModuleValue,
};
use crate::{
    api::options::{CallOptions, named},
    error::{Error, Result},
    kinds,
    script::{Adder, Callback, FromScript, Refusal, did_you_mean},
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    add_calls(global);
    add_gradients(global);
    add_affine(global);
    add_norms(global);
}

fn add_calls(global: &mut Adder) {
    global.add(
        "call_with(module, parameters, x, y, z, u)",
        "`forward` with other tensors in the place of parameters and buffers, #{ name: tensor } with names \
         as `parameters()` gives them; the others stay (torch.func.functional_call). Gradients flow to these \
         tensors and to what they were computed from; gradients of gradients too, as MAML takes them.",
        "{ let n = nn::linear(1, 1); n.call_with(#{ weight: tensor([[2.0]]), bias: tensor([1.0]) }, \
         tensor([[3.0]])).to_array() } => [[7.0]]\n\
         { let n = nn::linear(1, 1, #{ bias: false }).init_uniform(2, 2); \
         let loss = |p| n.call_with(p, ones([1, 1])).square().sum(); let w = n.parameters().weight; \
         let g = loss.call(#{ weight: w }).gradient([w])[0]; \
         loss.call(#{ weight: w - g * 0.25 }).gradient([w])[0].item() } => 1.0",
        |module: Module,
         parameters: Map,
         x: ModuleValue,
         y: Other,
         z: Other,
         u: Other|
         -> Result<ModuleValue> {
            let inputs: Vec<_> = [Some(x), y, z, u].into_iter().flatten().map(|x| x.0).collect();
            called(&replaced(&module, parameters)?, &inputs)
        },
    );
}

type Other = Option<ModuleValue>;

/// The module with tensors in the place of its parameters and buffers.
fn replaced(module: &Module, parameters: Map) -> Result<Module> {
    let given = named::<Tensor>(parameters, "call_with: the parameter", "give a Tensor")?;
    let state = module.state();
    let find = |(name, value): (String, Tensor)| {
        let Some((_, parameter)) = state.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = state.iter().map(|(known, _)| known.as_str()).collect();
            let help = did_you_mean(&name, known.iter().copied())
                .unwrap_or_else(|| format!("it has {}", known[..known.len().min(20)].join(", ")));
            return Err(Error::usage(format!("call_with: the module has no parameter `{name}`"), help));
        };
        let (found, expected) = (value.shape().to_vec(), parameter.spec().shape);
        if found != expected {
            let problem = format!("call_with: `{name}` is {found:?}, expected {expected:?}");
            return Err(Error::usage(problem, "give a tensor of the parameter's shape"));
        }
        Ok((parameter.clone(), value))
    };
    Ok(module.with_values(&given.into_iter().map(find).collect::<Result<Vec<_>>>()?))
}

fn add_gradients(global: &mut Adder) {
    global
        .add(
            "custom_gradient(forward, backward)",
            "A function with a gradient of one's own, as torch.autograd.Function, as a module: its forward \
             is `forward(x, ..)` of tensors, and `backward(dy, x, ..)` gives the gradient by x from that \
             by the output, or an array of one for each input. What `backward` computes can be \
             differentiated again.",
            "{ let twice = custom_gradient(|x| x * 2, |dy, x| dy * 7); let x = tensor(3.0).track(); \
             let y = twice.forward(x); [y.item(), y.backward().of(x).item()] } => [6.0, 7.0]\n\
             { let f = custom_gradient(|a, b| a + b, |dy, a, b| [dy, dy * a]); let b = tensor(1.0).track(); \
             f.forward(tensor(5.0).track(), b).backward().of(b).item() } => 5.0",
            |context: &NativeCallContext, forward: FnPtr, backward: FnPtr| {
                let of = |function| Callback::new(context, function);
                Module::new(CustomGradient { forward: of(&forward), backward: of(&backward) }, vec![], vec![])
            },
        )
        .add(
            "straight_through(x, y)",
            "The value of y, with the gradient going to x as it is: for what rounds or quantises x, y = \
             f(x) (Bengio et al., 2013).",
            "{ let x = tensor([1.2, 2.7]).track(); let y = x.straight_through(x.round()); \
             [y.to_array(), (y * 3).sum().backward().of(x).to_array()] } => [[1.0, 3.0], [3.0, 3.0]]",
            |x: Tensor, y: Tensor| custom::straight_through(&x, &y),
        );
}

struct CustomGradient {
    forward: Callback,
    backward: Callback,
}

impl Layer for CustomGradient {
    fn name(&self) -> &str {
        "CustomGradient"
    }

    fn call(&self, _: &Module, inputs: &[Value]) -> ops::Result<Value> {
        let tensors: Vec<&Tensor> = inputs.iter().flat_map(Value::tensors).collect();
        if tensors.is_empty() || inputs.iter().any(|input| !matches!(input, Value::Tensor(_))) {
            return failed(format!("it takes tensors, and got {}", value::kinds(inputs)));
        }
        let backward = self.backward.clone();
        let forward = |x: &[Tensor]| {
            let given = invoke(&self.forward, x.iter().cloned().map(Dynamic::from).collect())?;
            given.try_cast::<Tensor>().map_or_else(|| failed("its function gave no tensor"), Ok)
        };
        let y = custom::custom_gradient("custom_gradient", &tensors, forward, move |at| {
            let arguments = [at.dy].into_iter().chain(at.x).cloned().map(Dynamic::from).collect();
            let given = invoke(&backward, arguments)?;
            match Vec::<Tensor>::from_script(&given) {
                Ok(list) => Ok(list.into_iter().map(Some).collect()),
                Err(_) => match given.try_cast::<Tensor>() {
                    Some(one) => Ok(vec![Some(one)]),
                    None => failed("its backward function gave no tensor, and no array of tensors"),
                },
            }
        });
        y.map(Value::Tensor)
    }

    fn depth(&self) -> usize {
        self.forward.depth().max(self.backward.depth())
    }
}

fn failed<T>(reason: impl Into<String>) -> ops::Result<T> {
    Err(ops::Error::Layer { layer: "custom_gradient".into(), reason: reason.into() })
}

/// A bias, or nothing, or the options.
enum Given {
    Nothing,
    Bias(Tensor),
    Options(Map),
}

impl FromScript for Given {
    const NAME: &'static str = "Tensor, (), or map";

    fn types() -> Vec<TypeId> {
        vec![TypeId::of::<Tensor>(), TypeId::of::<()>(), TypeId::of::<Map>()]
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if value.is_unit() {
            return Ok(Self::Nothing);
        }
        Tensor::from_script(value).map(Self::Bias).or_else(|_| Map::from_script(value).map(Self::Options))
    }
}

/// The bias and the options, of which `bias` may be one.
fn sorted(given: Option<Given>, options: Option<Map>) -> Result<(Option<Tensor>, Map)> {
    let mut options = options.unwrap_or_default();
    let bias = match given {
        Some(Given::Bias(bias)) => Some(bias),
        Some(Given::Options(map)) => {
            options.extend(map);
            let bias = options.remove("bias").map(|bias| {
                let wrong =
                    || Error::usage(format!("the option `bias` is {}", kinds::a(&bias)), "give a Tensor");
                bias.clone().try_cast::<Tensor>().ok_or_else(wrong)
            });
            bias.transpose()?
        }
        _ => None,
    };
    Ok((bias, options))
}

/// The last two sizes of a weight of images; of signals the column half.
fn kernel(weight: &Tensor) -> [usize; 2] {
    match weight.shape() {
        [_, _, k] => [1, *k],
        [.., h, w] => [*h, *w],
        _ => [1; 2],
    }
}

fn add_affine(global: &mut Adder) {
    global
        .add(
            "linear(x, weight, bias)",
            "x W^T + b: [.., inputs] -> [.., outputs], weight [outputs, inputs].",
            "tensor([[1.0, 2.0]]).linear(tensor([[3.0, 4.0]]), tensor([1.0])).to_array() => [[12.0]]\n\
             tensor([[1.0, 2.0]]).linear(tensor([[3.0, 4.0]])).to_array() => [[11.0]]",
            |x: Tensor, weight: Tensor, bias: Option<Tensor>| functional::linear(&x, &weight, bias.as_ref()),
        )
        .add(
            "conv1d(x, weight, bias, options)",
            "Convolution of [N, C, L] with a weight [outputs, C / groups, kernel] and perhaps a bias, with \
             options stride, padding, dilation, groups and bias.",
            "tensor([[[1.0, 2.0, 3.0]]]).conv1d(tensor([[[1.0, 1.0]]])).to_array() => [[[3.0, 5.0]]]\n\
             tensor([[[1.0, 2.0, 3.0]]]).conv1d(tensor([[[1.0, 1.0]]]), tensor([1.0]), #{ padding: 1 \
             }).to_array() => [[[2.0, 4.0, 6.0, 4.0]]]",
            |x: Tensor, weight: Tensor, bias: Option<Given>, options: Option<Map>| -> Result<Tensor> {
                let (bias, options) = sorted(bias, options)?;
                let window =
                    CallOptions::read("conv1d", options, |o| conv_options(o, Some(kernel(&weight))))?.window;
                Ok(x.conv1d(&weight, bias.as_ref(), window)?)
            },
        )
        .add(
            "conv2d(x, weight, bias, options)",
            "Convolution of [N, C, H, W] with a weight [outputs, C / groups, height, width] and perhaps a \
             bias, with options stride, padding, dilation, groups and bias.",
            "tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).conv2d(ones([1, 1, 2, 2])).to_array() => [[[[10.0]]]]\n\
             tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).conv2d(ones([1, 1, 1, 1]), #{ stride: 2, bias: \
             tensor([5.0]) })\
             .to_array() => [[[[6.0]]]]",
            |x: Tensor, weight: Tensor, bias: Option<Given>, options: Option<Map>| -> Result<Tensor> {
                let (bias, options) = sorted(bias, options)?;
                let window =
                    CallOptions::read("conv2d", options, |o| conv_options(o, Some(kernel(&weight))))?.window;
                Ok(x.conv2d(&weight, bias.as_ref(), window)?)
            },
        )
        .add(
            "conv_transpose1d(x, weight, bias, options)",
            "Transposed convolution of [N, C, L] with a weight [C, outputs / groups, kernel] and perhaps a \
             bias, with options stride, padding, output_padding, dilation, groups and bias.",
            "tensor([[[1.0, 2.0]]]).conv_transpose1d(tensor([[[1.0, 1.0]]]), #{ stride: 2 }).to_array() \
             => [[[1.0, 1.0, 2.0, 2.0]]]",
            |x: Tensor, weight: Tensor, bias: Option<Given>, options: Option<Map>| -> Result<Tensor> {
                let (bias, options) = sorted(bias, options)?;
                let options = CallOptions::read("conv_transpose1d", options, transposed_options)?;
                Ok(x.conv_transpose1d(&weight, bias.as_ref(), options.window, options.output_padding[1])?)
            },
        )
        .add(
            "conv_transpose2d(x, weight, bias, options)",
            "Transposed convolution of [N, C, H, W] with a weight [C, outputs / groups, height, width] and \
             perhaps a bias, with options stride, padding, output_padding, dilation, groups and bias.",
            "tensor([[[[1.0, 2.0]]]]).conv_transpose2d(ones([1, 1, 1, 2]), tensor([1.0])).to_array() \
             => [[[[2.0, 4.0, 3.0]]]]",
            |x: Tensor, weight: Tensor, bias: Option<Given>, options: Option<Map>| -> Result<Tensor> {
                let (bias, options) = sorted(bias, options)?;
                let options = CallOptions::read("conv_transpose2d", options, transposed_options)?;
                Ok(x.conv_transpose2d(&weight, bias.as_ref(), options.window, options.output_padding)?)
            },
        )
        .add(
            "embedding(labels, weight)",
            "The rows of a weight [count, size] for labels [..]: [.., size].",
            "tensor([1, 0]).cast(\"i32\").embedding(tensor([[5.0], [6.0]])).to_array() => [[6.0], [5.0]]",
            |labels: Tensor, weight: Tensor| functional::embedding(&labels, &weight),
        )
        .add(
            "dropout(x, p, training)",
            "Silences each number with probability p and enlarges the others by 1 / (1 - p), unless \
             training is false.",
            "ones([2]).dropout(0).to_array() => [1.0, 1.0]\n\
             ones([2]).dropout(0.5, false).to_array() => [1.0, 1.0]",
            |x: Tensor, p: f64, training: Option<bool>| match training {
                Some(false) => Ok(x),
                _ => functional::dropout(&x, p),
            },
        )
        .add(
            "prelu(x, weight)",
            "x where x > 0, weight x elsewhere, with a weight [1], or one for each channel of [N, C, ..].",
            "tensor([[-2.0, -2.0]]).prelu(tensor([0.5, 0.25])).to_array() => [[-1.0, -0.5]]",
            |x: Tensor, weight: Tensor| x.prelu(&weight),
        );
}

/// The options weight, bias and eps.
fn affine(options: &mut CallOptions) -> Result<(functional::Affine, f64)> {
    let affine = functional::Affine { weight: options.find("weight")?, bias: options.find("bias")? };
    Ok((affine, options.get("eps", 1e-5)?))
}

fn add_norms(global: &mut Adder) {
    global
        .add(
            "batch_norm(x, options)",
            "Each channel of [N, C, ..] normalised over the batch, or by the options running_mean and \
             running_var; then times the option weight plus the option bias, [C] each. With option eps \
             (1e-5).",
            "tensor([[1.0], [3.0]]).batch_norm(#{ eps: 3 }).to_array() => [[-0.5], [0.5]]\n\
             tensor([[5.0]]).batch_norm(#{ running_mean: tensor([1.0]), running_var: tensor([4.0]), eps: 0 })\
             .to_array() => [[2.0]]",
            |x: Tensor, options: Option<Map>| -> Result<Tensor> {
                let (known, (affine, eps)) = CallOptions::read("batch_norm", options, |options| {
                    let mean = options.find::<Tensor>("running_mean")?;
                    let known = (mean, options.find::<Tensor>("running_var")?);
                    Ok((known, affine(options)?))
                })?;
                let known = match &known {
                    (Some(mean), Some(variance)) => Some([mean, variance]),
                    (None, None) => None,
                    _ => {
                        let problem = "batch_norm: there is only one of running_mean and running_var";
                        return Err(Error::usage(problem, "give both, or none"));
                    }
                };
                Ok(functional::batch_norm(&x, known, &affine, eps)?)
            },
        )
        .add(
            "layer_norm(x, shape, options)",
            "The last dimensions, which have that shape, normalised; then times the option weight plus the \
             option bias, of that shape. With option eps (1e-5).",
            "tensor([[1.0, 3.0]]).layer_norm([2], #{ eps: 3, bias: tensor([1.0, 1.0]) }).to_array() => \
             [[0.5, 1.5]]",
            |x: Tensor, shape: Vec<usize>, options: Option<Map>| -> Result<Tensor> {
                let (affine, eps) = CallOptions::read("layer_norm", options, affine)?;
                Ok(functional::layer_norm(&x, &shape, &affine, eps)?)
            },
        )
        .add(
            "group_norm(x, groups, options)",
            "Groups of channels of each sample of [N, C, ..] normalised; then times the option weight plus \
             the option bias, [C] each. With option eps (1e-5).",
            "tensor([[[1.0], [3.0]]]).group_norm(1, #{ eps: 3 }).to_array() => [[[-0.5], [0.5]]]",
            |x: Tensor, groups: usize, options: Option<Map>| -> Result<Tensor> {
                let (affine, eps) = CallOptions::read("group_norm", options, affine)?;
                Ok(functional::group_norm(&x, groups, &affine, eps)?)
            },
        );
}
