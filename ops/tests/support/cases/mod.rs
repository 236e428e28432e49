//! Every public operation of `Tensor` with arguments that it accepts: one table that the tests of
//! gradients, devices, views and traces all go through.

#![allow(dead_code, reason = "each test binary uses a part")]

mod algebra;
mod elementwise;
mod images;
mod indexing;
mod large;
mod reductions;
mod running;
mod shapes;
pub mod slopes;

use std::{collections::BTreeSet, fs, io::Write as _, path::Path};

use ops::{DType, Device, Result, Tensor, op::Elementwise, random::Key};

/// One operation with one choice of arguments.
pub struct Case {
    /// The method.
    pub name: &'static str,
    /// What the tensors among the arguments look like.
    pub inputs: Vec<Input>,
    /// The call.
    pub run: Run,
}

type Run = Box<dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>>;

/// A tensor that is made for a test.
#[derive(Clone, Debug)]
pub struct Input {
    pub shape: Vec<usize>,
    pub kind: Kind,
}

/// Its elements.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Evenly spread floats in an open range, shuffled: no two in a case are equal, and none is 0 in a
    /// range around it.
    Float(f64, f64),
    /// Those floats.
    Floats(Vec<f64>),
    /// Whole numbers from a range, the end excluded.
    Int(i32, i32),
    /// Truth values.
    Bool,
}

impl Input {
    pub fn is_float(&self) -> bool {
        matches!(self.kind, Kind::Float(..) | Kind::Floats(_))
    }

    /// The tensor; `number` makes the inputs of one case different.
    pub fn tensor(&self, number: usize, float: DType, device: Device) -> Tensor {
        let n = self.shape.iter().product();
        let shuffled = Key::new(number as u64).draw(n as u64).permutation(n);
        let share = |i: u32| (f64::from(i) + 0.2617 + 0.1137 * number as f64) / n as f64;
        let spread = |low: f64, high: f64| shuffled.iter().map(|&i| low + (high - low) * share(i)).collect();
        let (values, dtype): (Vec<f64>, _) = match &self.kind {
            Kind::Float(low, high) => (spread(*low, *high), float),
            Kind::Floats(values) => (values.clone(), float),
            Kind::Int(low, high) => {
                (spread((*low).into(), (*high).into()).iter().map(|x| x.floor()).collect(), DType::I32)
            }
            Kind::Bool => (shuffled.iter().map(|&i| f64::from(i % 2)).collect(), DType::Bool),
        };
        tensor(&values, &self.shape, dtype, device)
    }
}

/// A tensor of any element type.
pub fn tensor(values: &[f64], shape: &[usize], dtype: DType, device: Device) -> Tensor {
    let made = match dtype {
        DType::F32 => Tensor::from_data(values.iter().map(|&x| x as f32).collect::<Vec<_>>(), shape, device),
        DType::F64 => Tensor::from_data(values.to_vec(), shape, device),
        DType::I32 => Tensor::from_data(values.iter().map(|&x| x as i32).collect::<Vec<_>>(), shape, device),
        DType::I64 => Tensor::from_data(values.iter().map(|&x| x as i64).collect::<Vec<_>>(), shape, device),
        DType::Bool => Tensor::from_data(values.iter().map(|&x| x != 0.0).collect::<Vec<_>>(), shape, device),
        _ => panic!("no tensor has them"),
    };
    made.expect("the tests make tensors that exist")
}

impl Case {
    /// The tensors among the arguments.
    pub fn tensors(&self, float: DType, device: Device) -> Vec<Tensor> {
        self.inputs.iter().enumerate().map(|(i, input)| input.tensor(i + 1, float, device)).collect()
    }
}

fn float(shape: impl Into<Vec<usize>>) -> Input {
    within(shape, -1.9, 1.9)
}

fn positive(shape: impl Into<Vec<usize>>) -> Input {
    within(shape, 0.3, 2.1)
}

fn within(shape: impl Into<Vec<usize>>, low: f64, high: f64) -> Input {
    Input { shape: shape.into(), kind: Kind::Float(low, high) }
}

fn exactly(shape: impl Into<Vec<usize>>, values: &[f64]) -> Input {
    Input { shape: shape.into(), kind: Kind::Floats(values.to_vec()) }
}

fn int(shape: impl Into<Vec<usize>>, low: i32, high: i32) -> Input {
    Input { shape: shape.into(), kind: Kind::Int(low, high) }
}

fn bools(shape: impl Into<Vec<usize>>) -> Input {
    Input { shape: shape.into(), kind: Kind::Bool }
}

fn case<const N: usize>(
    name: &'static str,
    inputs: [Input; N],
    run: impl Fn(&[Tensor]) -> Result<Tensor> + 'static,
) -> Case {
    Case { name, inputs: inputs.into(), run: Box::new(move |x| Ok(vec![run(x)?])) }
}

fn case_of_many<const N: usize>(
    name: &'static str,
    inputs: [Input; N],
    run: impl Fn(&[Tensor]) -> Result<Vec<Tensor>> + 'static,
) -> Case {
    Case { name, inputs: inputs.into(), run: Box::new(run) }
}

/// All cases.
pub fn all() -> Vec<Case> {
    let families = [
        elementwise::cases(),
        images::cases(),
        indexing::cases(),
        reductions::cases(),
        shapes::cases(),
        algebra::cases(),
        running::cases(),
    ];
    families.into_iter().flatten().collect()
}

/// Cases for whole answers only: ties, for operations that choose one element, and tensors so large that
/// backends take other ways.
pub fn of_values_only() -> Vec<Case> {
    reductions::ties().into_iter().chain([images::tied_pool()]).chain(large::cases()).collect()
}

/// The processor, and the graphics card or its stand-in where there is one.
pub fn devices() -> Vec<Device> {
    match Device::gpu_name() {
        Some(name) => {
            println!("{name}");
            vec![Device::Cpu, Device::Gpu]
        }
        None => {
            // Past the capture of the test harness.
            let _ = writeln!(std::io::stderr(), "skipped: no GPU");
            vec![Device::Cpu]
        }
    }
}

/// The operations whose output does not depend smoothly on an input.
pub const NOT_DIFFERENTIABLE: [&str; 40] = [
    "sign",
    "floor",
    "ceil",
    "round",
    "floor_divide",
    "floor_divide_scalar",
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "eq_scalar",
    "ne_scalar",
    "gt_scalar",
    "ge_scalar",
    "lt_scalar",
    "le_scalar",
    "logical_and",
    "logical_or",
    "logical_not",
    "argmax",
    "argmin",
    "argsort",
    "one_hot",
    "any_dims",
    "all_dims",
    "arange",
    "linspace",
    "eye",
    "trunc",
    "heaviside",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_not",
    "isnan",
    "isinf",
    "isfinite",
    // A conversion to f32 is too coarse for differences; `autodiff.rs` has a test of its own.
    "cast",
];

/// The public methods of `Tensor` in the families of operations, and the rows of element-wise functions.
pub fn public_operations() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/op");
    let entries = fs::read_dir(folder).expect("the source is there");
    let files = entries.map(|entry| entry.expect("readable").path()).filter(|path| path.is_file());
    // Of gradients and promotion there are tests of their own.
    let own = ["mod.rs", "backward.rs", "promote.rs"];
    let sources = files.filter(|path| !own.iter().any(|name| path.ends_with(name)));
    let methods = sources.flat_map(|path| methods(&fs::read_to_string(path).expect("readable")));
    methods.chain(Elementwise::ALL.iter().map(|row| row.name.to_owned())).collect()
}

/// `pub fn name(` in an `impl Tensor`, and `name, name: ..` in the table of comparisons.
fn methods(source: &str) -> Vec<String> {
    let after = |start: &str| source.split_once(start).map_or("", |(_, rest)| rest);
    let written = after("\nimpl Tensor {").lines().filter_map(|line| line.strip_prefix("    pub fn "));
    let written = written.filter_map(|line| line.split(['(', '<']).next());
    let table = after("\ncomparisons! {").lines().take_while(|line| *line != "}");
    let rows = table.filter_map(|line| line.split_once(':')).flat_map(|(names, _)| names.split(','));
    written.chain(rows.map(str::trim)).map(str::to_owned).collect()
}

/// Fails where `covered` lacks a public operation or names something else.
pub fn assert_complete<'a>(covered: impl IntoIterator<Item = &'a str>) {
    let (public, covered) =
        (public_operations(), covered.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
    assert!(public.len() > 100, "the source was not understood: {public:?}");
    assert_eq!(public.difference(&covered).collect::<Vec<_>>(), Vec::<&String>::new(), "without a case");
    assert_eq!(covered.difference(&public).collect::<Vec<_>>(), Vec::<&String>::new(), "not an operation");
}
