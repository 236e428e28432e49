//! ONNX graphs in a few words.

use onnx_net::{
    Choice, FileTensor, OnnxFile,
    proto::{
        AttributeProto, AttributeType, Dimension, DimensionProto, FunctionProto, GraphProto, ModelProto,
        NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto,
        ValueInfoProto,
    },
};
use ops::{Result, Tensor, nn::Module};
use prost::Message as _;

pub const F32: i32 = 1;
pub const I64: i32 = 7;
pub const F64: i32 = 11;

/// A graph under construction, of opset 18.
#[derive(Clone)]
pub struct Net(pub ModelProto);

impl Net {
    pub fn new() -> Self {
        let opset = OperatorSetIdProto { domain: String::new(), version: 18 };
        Self(ModelProto {
            ir_version: 8,
            opset_import: vec![opset],
            graph: Some(GraphProto::default()),
            ..Default::default()
        })
    }

    pub fn graph(&mut self) -> &mut GraphProto {
        self.0.graph.as_mut().unwrap()
    }

    pub fn opset(mut self, version: i64) -> Self {
        self.0.opset_import[0].version = version;
        self
    }

    /// A free size is -1.
    pub fn input(mut self, name: &str, dtype: i32, shape: &[i64]) -> Self {
        self.graph().input.push(port(name, dtype, shape));
        self
    }

    pub fn output(mut self, name: &str) -> Self {
        self.graph().output.push(ValueInfoProto { name: name.into(), ..Default::default() });
        self
    }

    pub fn floats(mut self, name: &str, shape: &[i64], values: &[f32]) -> Self {
        self.graph().initializer.push(TensorProto {
            name: name.into(),
            data_type: F32,
            dims: shape.to_vec(),
            float_data: values.to_vec(),
            ..Default::default()
        });
        self
    }

    pub fn doubles(mut self, name: &str, shape: &[i64], values: &[f64]) -> Self {
        self.graph().initializer.push(TensorProto {
            name: name.into(),
            data_type: F64,
            dims: shape.to_vec(),
            double_data: values.to_vec(),
            ..Default::default()
        });
        self
    }

    pub fn ints(mut self, name: &str, values: &[i64]) -> Self {
        self.graph().initializer.push(TensorProto {
            name: name.into(),
            data_type: I64,
            dims: vec![values.len() as i64],
            int64_data: values.to_vec(),
            ..Default::default()
        });
        self
    }

    /// `op("Add", "a b -> c", vec![])`; a missing input or output is `_`.
    pub fn op(mut self, kind: &str, edges: &str, attributes: Vec<AttributeProto>) -> Self {
        self.graph().node.push(node(kind, edges, attributes));
        self
    }

    /// An output of a declared type.
    pub fn gives(mut self, name: &str, dtype: i32, shape: &[i64]) -> Self {
        self.graph().output.push(port(name, dtype, shape));
        self
    }

    pub fn report(&self) -> onnx_net::Report {
        onnx_net::check(&OnnxFile::from_bytes(&self.bytes()).unwrap())
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.encode_to_vec()
    }

    pub fn module(&self) -> Result<Module> {
        self.chosen(&Choice::default())
    }

    /// The module where a choice of what is trained is made.
    pub fn chosen(&self, choice: &Choice) -> Result<Module> {
        onnx_net::module_with(&OnnxFile::from_bytes(&self.bytes())?, choice)
    }

    /// The names of the tensors that are trained, and of those that are not.
    pub fn trained_and_kept(&self) -> [Vec<String>; 2] {
        let report = self.report();
        let name = |tensor: &FileTensor| tensor.name.clone();
        [report.trained().map(name).collect(), report.kept().map(name).collect()]
    }
}

pub fn node(kind: &str, edges: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    let (inputs, outputs) = edges.split_once("->").unwrap();
    let names = |text: &str| {
        text.split_whitespace().map(|n| if n == "_" { String::new() } else { n.to_owned() }).collect()
    };
    NodeProto {
        op_type: kind.into(),
        name: format!("{kind}_{}", outputs.trim()),
        input: names(inputs),
        output: names(outputs),
        attribute,
        ..Default::default()
    }
}

pub fn port(name: &str, elem_type: i32, shape: &[i64]) -> ValueInfoProto {
    let size = |&n: &i64| DimensionProto {
        value: Some(if n < 0 { Dimension::DimParam("N".into()) } else { Dimension::DimValue(n) }),
    };
    let shape = TensorShapeProto { dim: shape.iter().map(size).collect() };
    let tensor_type = Some(TensorTypeProto { elem_type, shape: Some(shape) });
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto { tensor_type, ..Default::default() }),
        ..Default::default()
    }
}

/// A node whose output is a constant.
pub fn constant(name: &str, shape: &[i64], values: &[f32]) -> NodeProto {
    let t = TensorProto {
        data_type: F32,
        dims: shape.to_vec(),
        float_data: values.to_vec(),
        ..Default::default()
    };
    let r#type = AttributeType::Tensor as i32;
    let value = AttributeProto { name: "value".into(), r#type, t: Some(t), ..Default::default() };
    node("Constant", &format!("-> {name}"), vec![value])
}

/// A function of the domain `own`, which gives `y`.
pub fn function(name: &str, overload: &str, inputs: &str, nodes: Vec<NodeProto>) -> FunctionProto {
    FunctionProto {
        name: name.into(),
        domain: "own".into(),
        overload: overload.into(),
        input: inputs.split_whitespace().map(Into::into).collect(),
        output: vec!["y".into()],
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 18 }],
        node: nodes,
        ..Default::default()
    }
}

/// A node that calls a function.
pub fn call(name: &str, overload: &str, edges: &str) -> NodeProto {
    NodeProto { domain: "own".into(), overload: overload.into(), ..node(name, edges, vec![]) }
}

pub fn importing(mut net: Net, functions: Vec<FunctionProto>) -> Net {
    net.0.opset_import.push(OperatorSetIdProto { domain: "own".into(), version: 1 });
    net.0.functions = functions;
    net
}

pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i, ..Default::default() }
}

pub fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Float as i32, f, ..Default::default() }
}

pub fn text(name: &str, s: &str) -> AttributeProto {
    let s = s.as_bytes().to_vec();
    AttributeProto { name: name.into(), r#type: AttributeType::String as i32, s, ..Default::default() }
}

pub fn list(name: &str, ints: &[i64]) -> AttributeProto {
    let ints = ints.to_vec();
    AttributeProto { name: name.into(), r#type: AttributeType::Ints as i32, ints, ..Default::default() }
}

pub fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, ops::Device::Cpu).unwrap()
}
