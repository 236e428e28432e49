//! What is trained, and what training does otherwise than evaluation.

use ops::{
    Device,
    nn::{
        Module, Parameter,
        optim::{Adam, Optimiser, RmsProp, Sgd},
    },
    random,
};

use onnx_net::Choice;

use crate::build::*;

/// `y = x W'` with a weight that goes through nodes that only move elements.
fn detour() -> Net {
    Net::new()
        .input("x", F32, &[-1, 3])
        .floats("w", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        .floats("more", &[1, 3], &[7.0, 8.0, 9.0])
        .ints("flat", &[-1])
        .ints("matrix", &[3, 3])
        .ints("start", &[0])
        .ints("end", &[2])
        .op("Identity", "w -> same", vec![])
        .op("Concat", "same more -> three", vec![int("axis", 0)])
        .op("Reshape", "three flat -> row", vec![])
        .op("Reshape", "row matrix -> again", vec![])
        .op("Transpose", "again -> turned", vec![list("perm", &[1, 0])])
        .op("Slice", "turned start end matrix_axis -> two", vec![])
        .ints("matrix_axis", &[1])
        .op("MatMul", "x two -> y", vec![])
        .output("y")
}

fn gradient(module: &Module, name: &str) -> Option<Vec<f32>> {
    let y = module.forward(&tensor(&[1.0, 10.0, 100.0, 0.0, 0.0, 0.0], &[2, 3])).unwrap();
    let gradients = y.sum().unwrap().backward().unwrap();
    let parameter = module.parameter(name).unwrap();
    parameter.gradient(&gradients).map(|g| g.to_f32().unwrap())
}

#[test]
fn a_weight_trains_through_nodes_that_move_it() {
    let module = detour().module().unwrap();
    let y = module.forward(&tensor(&[1.0, 10.0, 100.0], &[1, 3])).unwrap();
    assert_eq!(y.to_f32().unwrap(), [321.0, 654.0]);
    assert_eq!(gradient(&module, "w").unwrap(), [1.0, 10.0, 100.0, 1.0, 10.0, 100.0]);
    // The slice leaves the third row out, so its gradient is zero.
    assert_eq!(gradient(&module, "more").unwrap(), [0.0; 3]);
}

#[test]
fn parameters_have_the_names_of_their_initialisers() {
    let names: Vec<_> = detour().module().unwrap().named_parameters().into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["w", "more"]);
}

#[test]
fn tied_weights_stay_tied() {
    // y = (x W) W', the second time by another name.
    let net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .op("Identity", "w -> alias", vec![])
        .op("MatMul", "x w -> h", vec![])
        .op("Transpose", "alias -> turned", vec![])
        .op("MatMul", "h turned -> y", vec![])
        .output("y");
    let module = net.module().unwrap();
    assert_eq!(module.named_parameters().len(), 1);
    let y = module.forward(&tensor(&[1.0, 0.0], &[1, 2])).unwrap();
    assert_eq!(y.to_f32().unwrap(), [5.0, 11.0]);
    // sum y = w0 (w0 + w2) + w1 (w1 + w3): both uses count.
    let gradients = y.sum().unwrap().backward().unwrap();
    let found = module.parameter("w").unwrap().gradient(&gradients).unwrap().to_f32().unwrap();
    assert_eq!(found, [2.0 + 3.0, 2.0 * 2.0 + 4.0, 1.0, 2.0]);
    let copy = module.deep_copy().unwrap();
    assert_eq!(copy.forward(&tensor(&[1.0, 0.0], &[1, 2])).unwrap().to_f32().unwrap(), [5.0, 11.0]);
}

#[test]
fn dropout_is_for_training_only() {
    let net = Net::new()
        .input("x", F32, &[-1, 100])
        .floats("ratio", &[], &[0.25])
        .op("Dropout", "x ratio -> y", vec![])
        .output("y");
    let module = net.module().unwrap();
    let x = tensor(&[1.0; 1000], &[10, 100]);
    let y = module.forward(&x).unwrap().to_f32().unwrap();
    let kept = y.iter().filter(|&&v| v != 0.0).count();
    assert!((650..850).contains(&kept), "{kept} of 1000 kept at a ratio of a quarter");
    assert!(y.iter().all(|&v| v == 0.0 || (v - 4.0 / 3.0).abs() < 1e-6));
    module.training(false);
    assert_eq!(module.forward(&x).unwrap().to_f32().unwrap(), [1.0; 1000]);
}

#[test]
fn batch_normalisation_learns_its_averages_in_training() {
    let net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("scale", &[2], &[1.0, 2.0])
        .floats("bias", &[2], &[0.0, 1.0])
        .floats("mean", &[2], &[0.0, 0.0])
        .floats("var", &[2], &[1.0, 1.0])
        .op(
            "BatchNormalization",
            "x scale bias mean var -> y",
            vec![float("epsilon", 0.0), float("momentum", 0.75)],
        )
        .output("y");
    let module = net.module().unwrap();
    let names =
        |list: Vec<(String, ops::nn::Parameter)>| list.into_iter().map(|(n, _)| n).collect::<Vec<_>>();
    assert_eq!(names(module.named_parameters()), ["scale", "bias"]);
    assert_eq!(names(module.named_buffers()), ["mean", "var"]);
    let x = tensor(&[1.0, 10.0, 3.0, 30.0], &[2, 2]);
    let y = module.forward(&x).unwrap().to_f32().unwrap();
    assert_eq!(y, [-1.0, -1.0, 1.0, 3.0]);
    // 3/4 of the old averages, 1/4 of the batch's: mean 2 and 20, variance 1 and 100.
    let buffer = |name: &str| module.parameter(name).unwrap().get().to_f32().unwrap();
    assert_eq!((buffer("mean"), buffer("var")), (vec![0.5, 5.0], vec![1.0, 25.75]));
    module.training(false);
    let y = module.forward(&tensor(&[1.5, 5.0], &[1, 2])).unwrap().to_f32().unwrap();
    assert_eq!(y, [1.0, 1.0]);
    assert_eq!(buffer("mean"), [0.5, 5.0], "evaluation leaves the averages alone");
}

#[test]
fn a_fixed_batch_of_one_takes_more() {
    let net = Net::new()
        .input("x", F32, &[1, 2, 3])
        .floats("w", &[6, 2], &[1.0; 12])
        .ints("flat", &[1, 6])
        .op("Reshape", "x flat -> rows", vec![])
        .op("MatMul", "rows w -> y", vec![])
        .output("y");
    let module = net.module().unwrap();
    let x = random::uniform(&[5, 2, 3], Device::Cpu).unwrap();
    assert_eq!(module.forward(&x).unwrap().shape(), [5, 2]);
    let error = module.forward(&random::uniform(&[5, 2, 4], Device::Cpu).unwrap()).unwrap_err().to_string();
    assert!(error.contains("`x`: f32 [1, 2, 3]") && error.contains("f32 [5, 2, 4]"), "{error}");
}

#[test]
fn a_shape_that_the_graph_computes_follows_the_input() {
    let net = Net::new()
        .input("x", F32, &[-1, 2, 3])
        .ints("first", &[0])
        .ints("rest", &[-1])
        .op("Shape", "x -> shape", vec![])
        .op("Gather", "shape first -> n", vec![])
        .op("Concat", "n rest -> flat", vec![int("axis", 0)])
        .op("Reshape", "x flat -> y", vec![])
        .output("y");
    let module = net.module().unwrap();
    for n in [1, 4] {
        let x = random::uniform(&[n, 2, 3], Device::Cpu).unwrap();
        assert_eq!(module.forward(&x).unwrap().shape(), [n, 6]);
    }
}

#[test]
fn a_network_runs_where_its_parameters_are() {
    if Device::gpu_name().is_none() {
        return println!("skipped: no GPU");
    }
    let module = detour().module().unwrap();
    module.to_device(Device::Gpu).unwrap();
    let x = tensor(&[1.0, 10.0, 100.0], &[1, 3]).to_device(Device::Gpu).unwrap();
    let y = module.forward(&x).unwrap();
    assert_eq!(y.to_f32().unwrap(), [321.0, 654.0]);
    let gradients = y.sum().unwrap().backward().unwrap();
    let found = module.parameter("w").unwrap().gradient(&gradients).unwrap().to_f32().unwrap();
    assert_eq!(found, [1.0, 10.0, 100.0, 1.0, 10.0, 100.0]);
}

#[test]
fn a_single_number_is_trained_where_its_name_tells() {
    // The temperature of a contrastive network, an epsilon, a number that a tool counted.
    let net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("logit_scale", &[], &[0.5])
        .floats("val_12", &[], &[2.0])
        .floats("/Constant_output_0", &[], &[1.0])
        .floats("bound", &[], &[9.0])
        .floats("scalar_tensor_default", &[], &[1.0])
        .op("Exp", "logit_scale -> scale", vec![])
        .op("Mul", "x scale -> a", vec![])
        .op("Mul", "a val_12 -> b", vec![])
        .op("Add", "b /Constant_output_0 -> c", vec![])
        .op("Max", "c bound -> d", vec![])
        .op("Add", "d scalar_tensor_default -> y", vec![])
        .output("y");
    let numbers = ["val_12", "/Constant_output_0", "bound", "scalar_tensor_default"];
    assert_eq!(net.trained_and_kept(), [vec!["logit_scale"], numbers.to_vec()]);
    let mut own = net.clone();
    own.0.producer_name = "host".into();
    let trained = ["logit_scale", "val_12", "/Constant_output_0", "scalar_tensor_default"];
    assert_eq!(own.trained_and_kept()[0], trained);
}

/// A mask is trained where somebody asks for it, and keeps its infinite entries, as in PyTorch: their
/// gradient is 0, and no rule makes anything else of it.
#[test]
fn a_mask_of_an_initialiser_stays_infinite() {
    let mask = [0.0, f32::NEG_INFINITY, 0.0, 0.0, 0.0, f32::NEG_INFINITY];
    let net = Net::new()
        .input("x", F32, &[2, 3])
        .floats("w", &[3, 3], &[0.1, -0.2, 0.3, 0.4, 0.5, -0.6, 0.7, 0.8, -0.9])
        .floats("mask", &[2, 3], &mask)
        .op("MatMul", "x w -> a", vec![])
        .op("Add", "a mask -> b", vec![])
        .op("Softmax", "b -> y", vec![])
        .output("y");
    assert_eq!(net.trained_and_kept(), [["w"], ["mask"]]);
    let chosen = Choice { train: vec!["mask".into()], ..Choice::default() };
    let x = tensor(&[1.0, 2.0, 3.0, 0.5, -1.0, 2.0], &[2, 3]);
    let check = |rule: &dyn Fn(Vec<(String, Parameter)>) -> Optimiser| {
        let module = net.chosen(&chosen).unwrap();
        let (average, optimiser) = (module.deep_copy().unwrap(), rule(module.named_parameters()));
        for decay in [0.0, 0.9, 1.0] {
            let loss = module.forward(&x).unwrap().square().unwrap().sum().unwrap();
            optimiser.step(&loss.backward().unwrap().clip_norm(0.1).unwrap()).unwrap();
            average.average(&module, decay).unwrap();
        }
        for module in [&module, &average] {
            let found = module.parameter("mask").unwrap().get().to_f32().unwrap();
            let kept = found.iter().zip(mask).all(|(a, b)| a.is_finite() == b.is_finite() && !a.is_nan());
            assert!(kept, "{optimiser}: {found:?}");
            assert!(module.parameter("w").unwrap().get().to_f32().unwrap().iter().all(|w| w.is_finite()));
        }
        assert_ne!(module.parameter("mask").unwrap().get().to_f32().unwrap(), mask, "{optimiser}");
    };
    check(&|list| Optimiser::new(Adam::default(), 0.01, list).unwrap());
    check(&|list| Optimiser::new(Adam::decoupled(), 0.01, list).unwrap());
    check(&|list| Optimiser::new(Sgd::default(), 0.01, list).unwrap());
    check(&|list| {
        Optimiser::new(Sgd { momentum: 0.9, nesterov: true, ..Sgd::default() }, 0.01, list).unwrap()
    });
    check(&|list| Optimiser::new(RmsProp::default(), 0.01, list).unwrap());
    check(&|list| Optimiser::new(RmsProp { momentum: 0.5, ..RmsProp::default() }, 0.01, list).unwrap());
}
