//! Creating tensors, and their properties.

use ops::{DType, Device, Tensor};
use rhai::Dynamic;

use super::nested::{from_nested, to_nested};
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
            "A tensor of numbers (f32) or truth values: a nested array or one value.",
            "tensor([[1, 2], [3, 4]]).shape => [2, 2]",
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
            "One number everywhere, f32.",
            "full([2], 7).to_array() => [7.0, 7.0]",
            full,
        )
        .add(
            "arange(start, end, step)",
            "start, start + step, ... up to but without end, f32.",
            "arange(0, 1, 0.25).to_array() => [0.0, 0.25, 0.5, 0.75]",
            |session: &Session, start: f64, end: f64, step: f64| {
                Tensor::arange(start, end, step, DType::F32, session.device())
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
        .add("item(x)", "The only element as a number.", "tensor(2.5).item() => 2.5", |x: Tensor| x.item())
        .add(
            "to_array(x)",
            "The elements as a nested array.",
            "tensor([[1, 2]]).to_array() => [[1.0, 2.0]]",
            |x: Tensor| to_nested(&x),
        )
        .add(
            "cast(x, dtype)",
            "Another element type: f32, f64, i32, i64 or bool. Floats become integers towards 0.",
            r#"tensor([1.7, -1.7]).cast("i32").to_array() => [1, -1]"#,
            |x: Tensor, dtype: String| x.cast(DType::parse(&dtype)?),
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
