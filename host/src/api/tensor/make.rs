//! Creating tensors, and their properties.

use ops::{DType, Device, Number, Tensor};
use rhai::Dynamic;

use super::nested::{from_nested, to_item, to_nested};
use crate::{api::options::one_of, error::Result, script::Adder, session::Session};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    add_makers(global);
    add_properties(global);
}

fn add_makers(global: &mut Adder) {
    let full = |session: &Session, shape: Vec<usize>, value: f64| {
        Tensor::full(shape, value, DType::F32, session.device())
    };
    global
        .add(
            "tensor(values)",
            "A tensor of a nested array or one value, as PyTorch makes it: of whole numbers i64 (on a GPU, \
             which has no others, i32), of floats or both f32, of truth values bool.",
            "tensor([[1, 2], [3, 4]]).shape => [2, 2]\n\
             [tensor([1, 2]).dtype, tensor([1, 2.5]).dtype, tensor(true).dtype] \
             => [\"i64\", \"f32\", \"bool\"]",
            |session: &Session, values: Dynamic| from_nested(&values, session.device()),
        )
        .add(
            "zeros(shape)",
            "Zeros, f32.",
            "zeros([2]).to_array() => [0.0, 0.0]",
            move |session: &Session, shape: Vec<usize>| full(session, shape, 0.0),
        )
        .add(
            "ones(shape)",
            "Ones, f32.",
            "ones([2]).to_array() => [1.0, 1.0]",
            move |session: &Session, shape: Vec<usize>| full(session, shape, 1.0),
        )
        .add(
            "full(shape, value)",
            "One number everywhere: i64 of a whole number, f32 of a float, bool.",
            "full([2], 7).to_array() => [7, 7]\n\
             full([2], 0.5).to_array() => [0.5, 0.5]",
            |session: &Session, shape: Vec<usize>, value: Number| {
                value.full(&shape, value.dtype(session.device()), session.device())
            },
        )
        .add(
            "arange(start, end, step)",
            "start, start + step (1), ... up to but without end; of one number from 0 to it. i64 where all \
             are whole, else f32.",
            "arange(3).to_array() => [0, 1, 2]\n\
             arange(2, 6, 2).to_array() => [2, 4]\n\
             arange(0, 1, 0.25).to_array() => [0.0, 0.25, 0.5, 0.75]",
            |session: &Session, start: Number, end: Option<Number>, step: Option<Number>| {
                let (start, end) = end.map_or((Number::Whole(0), start), |end| (start, end));
                let all = [start, end, step.unwrap_or(Number::Whole(1))];
                let whole = all.iter().all(|number| matches!(number, Number::Whole(_)));
                let dtype = if whole { session.device().whole() } else { DType::F32 };
                let [start, end, step] = all.map(Number::value);
                Tensor::arange(start, end, step, dtype, session.device())
            },
        )
        .add(
            "linspace(start, end, steps)",
            "So many numbers at equal distances from start to end, both included, f32.",
            "linspace(0, 1, 5).to_array() => [0.0, 0.25, 0.5, 0.75, 1.0]",
            |session: &Session, start: f64, end: f64, steps: usize| {
                Tensor::linspace(start, end, steps, DType::F32, session.device())
            },
        )
        .add(
            "meshgrid(tensors, indexing)",
            "Tensors of one dimension as grids over all of them: the i-th grid runs along dimension i \
             (\"ij\"); with \"xy\" the first two dimensions are exchanged.",
            "meshgrid([tensor([1.0, 2.0]), tensor([3.0, 4.0])])[1].to_array() => [[3.0, 4.0], [3.0, 4.0]]\n\
             meshgrid([zeros([2]), zeros([3])], \"xy\")[0].shape => [3, 2]",
            |tensors: Vec<Tensor>, indexing: Option<String>| -> Result<Vec<Tensor>> {
                let indexing = indexing.unwrap_or_else(|| "ij".into());
                let by_columns = one_of("there is no indexing", &indexing, &[("ij", false), ("xy", true)])?;
                Ok(Tensor::meshgrid(&tensors.iter().collect::<Vec<_>>(), by_columns)?)
            },
        )
        .add(
            "eye(n)",
            "The unit matrix [n, n].",
            "eye(2).to_array() => [[1.0, 0.0], [0.0, 1.0]]",
            |session: &Session, n: usize| Tensor::eye(n, DType::F32, session.device()),
        )
        .add(
            "zeros_like(x)",
            "Zeros of the same kind.",
            "ones([2]).zeros_like().to_array() => [0.0, 0.0]",
            |x: Tensor| x.zeros_like(),
        )
        .add(
            "ones_like(x)",
            "Ones of the same kind.",
            "zeros([2]).ones_like().to_array() => [1.0, 1.0]",
            |x: Tensor| x.ones_like(),
        );
}

fn add_properties(global: &mut Adder) {
    global
        .add("get shape(x)", "The sizes of the dimensions.", "zeros([2, 3]).shape => [2, 3]", |x: Tensor| {
            x.shape().to_vec()
        })
        .add("get rank(x)", "Number of dimensions.", "zeros([2, 3]).rank => 2", |x: Tensor| x.rank())
        .add("get dtype(x)", "The element type.", "zeros([2]).dtype => f32", |x: Tensor| {
            x.dtype().name().to_owned()
        })
        .add("get device(x)", "Where the tensor lives.", "zeros([2]).device => cpu", |x: Tensor| {
            x.device().name().to_owned()
        })
        .add(
            "len(x)",
            "Size of the first dimension; 1 at rank 0.",
            "zeros([5, 3]).len() => 5",
            |x: Tensor| x.shape().first().copied().unwrap_or(1),
        )
        .add("numel(x)", "How many elements there are.", "zeros([5, 3]).numel() => 15", |x: Tensor| x.len())
        .add(
            "item(x)",
            "The only element: a float, a whole number or a truth value. Mind that `/` of two whole numbers \
             of scripts cuts off: `x.float().item() / n`.",
            "tensor(2.5).item() => 2.5\n\
             tensor([1, 2]).sum().item() => 3",
            |x: Tensor| to_item(&x),
        )
        .add(
            "to_array(x)",
            "The elements as a nested array.",
            "tensor([[1, 2]]).to_array() => [[1, 2]]\n\
             tensor([0.5]).to_array() => [0.5]",
            |x: Tensor| to_nested(&x),
        )
        .add(
            "cast(x, dtype)",
            "Another element type: f32, f64, i32, i64 or bool. Floats become integers towards 0.",
            r#"tensor([1.7, -1.7]).cast("i32").to_array() => [1, -1]"#,
            |x: Tensor, dtype: String| x.cast(DType::parse(&dtype)?),
        )
        .add("float(x)", "As f32, floats of training.", "tensor([1]).float().to_array() => [1.0]", {
            |x: Tensor| x.cast(DType::F32)
        })
        .add(
            "long(x)",
            "As whole numbers of 64 bits, i64 (on a GPU, which has no others, i32), cut off towards 0.",
            "tensor([1.7, -1.7]).long().to_array() => [1, -1]",
            |x: Tensor| x.cast(x.device().whole()),
        )
        .add(
            "int(x)",
            "As whole numbers of 32 bits, i32, cut off towards 0.",
            "tensor([1.7, -1.7]).int().to_array() => [1, -1]",
            |x: Tensor| x.cast(DType::I32),
        )
        .add(
            "bool(x)",
            "As truth values: whether an element is not 0.",
            "tensor([0.5, 0.0]).bool().to_array() => [true, false]",
            |x: Tensor| x.cast(DType::Bool),
        )
        .add(
            "to(x, device)",
            "A copy on another device: \"cpu\" or \"gpu\".",
            r#"zeros([2]).to("cpu").device => cpu"#,
            |x: Tensor, device: String| x.to_device(Device::parse(&device)?),
        )
        .add(
            "to_string(x)",
            "What the tensor is, and its values where there are few.",
            "tensor([1.0, 2.0]).to_string() => Tensor [2] f32 on cpu: [1.0, 2.0]",
            |x: Tensor| x.to_string(),
        );
}
