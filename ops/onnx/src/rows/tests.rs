use super::*;
use crate::file::proto::{
    AttributeProto, DimensionProto, ModelProto, OperatorSetIdProto, TensorShapeProto, TensorTypeProto,
    TypeProto,
};

fn value(name: &str, sizes: &[i64]) -> ValueInfoProto {
    let dim = |&n: &i64| DimensionProto { value: Some(Dimension::DimValue(n)) };
    let shape = Some(TensorShapeProto { dim: sizes.iter().map(dim).collect() });
    let tensor_type = Some(TensorTypeProto { elem_type: 1, shape });
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto { tensor_type, ..Default::default() }),
        ..Default::default()
    }
}

/// The nodes of a graph from `x` to `y`, and its constants.
struct Steps(Vec<NodeProto>, Vec<TensorProto>);

impl Steps {
    fn new() -> Self {
        Self(Vec::new(), Vec::new())
    }

    fn then(mut self, operator: &str, inputs: &[&str], output: &str, attributes: &[(&str, &[i64])]) -> Self {
        let attribute = |(name, values): &(&str, &[i64])| AttributeProto {
            name: (*name).into(),
            i: values[0],
            ints: values.to_vec(),
            ..Default::default()
        };
        self.0.push(NodeProto {
            op_type: operator.into(),
            input: inputs.iter().map(|&name| name.into()).collect(),
            output: vec![output.into()],
            attribute: attributes.iter().map(attribute).collect(),
            ..Default::default()
        });
        self
    }

    fn whole(mut self, name: &str, values: &[i64]) -> Self {
        let raw_data = values.iter().flat_map(|n| n.to_le_bytes()).collect();
        let dims = vec![values.len() as i64];
        self.1.push(TensorProto { name: name.into(), dims, data_type: 7, raw_data, ..Default::default() });
        self
    }

    fn floats(mut self, name: &str, dims: &[i64], value: impl Fn(usize) -> f32) -> Self {
        let count = dims.iter().product::<i64>() as usize;
        let raw_data = (0..count).flat_map(|i| value(i).to_le_bytes()).collect();
        let dims = dims.to_vec();
        self.1.push(TensorProto { name: name.into(), dims, data_type: 1, raw_data, ..Default::default() });
        self
    }

    /// Of four samples `x` of those further sizes.
    fn mixed(self, sizes: &[i64]) -> Option<String> {
        let graph = GraphProto {
            node: self.0,
            initializer: self.1,
            input: vec![value("x", &[&[4], sizes].concat())],
            output: vec![value("y", &[4, 3])],
            ..Default::default()
        };
        let opset_import = vec![OperatorSetIdProto { version: 13, ..Default::default() }];
        mixed_samples(&ModelProto { graph: Some(graph), opset_import, ..Default::default() }.into())
    }
}

fn fails(steps: Steps, operator: &str) {
    let reason = steps.mixed(&[3]).unwrap_or_default();
    assert!(reason.starts_with(&format!("the operator {operator} mixes samples")), "{operator}: {reason}");
}

#[test]
fn usual_classifiers_act_on_each_sample_alone() {
    let pictures = Steps::new()
        .floats("w", &[8, 1, 3, 3], |i| i as f32)
        .floats("scale", &[8], |i| i as f32)
        .whole("flat", &[4, 8])
        .floats("dense", &[8, 3], |i| i as f32)
        .floats("bias", &[3], |i| i as f32)
        .then("Conv", &["x", "w"], "a", &[])
        .then("BatchNormalization", &["a", "scale", "scale", "scale", "scale"], "b", &[])
        .then("Relu", &["b"], "c", &[])
        .then("MaxPool", &["c"], "d", &[])
        .then("Add", &["d", "b"], "e", &[])
        .then("GlobalAveragePool", &["e"], "f", &[])
        .then("Reshape", &["f", "flat"], "g", &[])
        .then("Gemm", &["g", "dense", "bias"], "h", &[])
        .then("Softmax", &["h"], "y", &[("axis", &[-1])]);
    assert_eq!(pictures.mixed(&[1, 8, 8]), None);
    let rows = Steps::new()
        .floats("w", &[3, 3], |i| i as f32)
        .floats("alike", &[4, 3], |i| (i % 3) as f32)
        .then("Flatten", &["x"], "a", &[])
        .then("MatMul", &["a", "w"], "b", &[])
        .then("Mul", &["b", "alike"], "c", &[])
        .then("ReduceMax", &["c"], "d", &[("axes", &[1])])
        .then("Sub", &["c", "d"], "e", &[])
        .then("LogSoftmax", &["e"], "y", &[]);
    assert_eq!(rows.mixed(&[3]), None);
}

/// The size of a fully connected layer's input, however many samples there are.
#[test]
fn a_reshape_by_the_size_of_a_sample_is_taken_for_one_if_it_reaches_an_output() {
    let flat = || Steps::new().whole("flat", &[-1, 3]).then("Reshape", &["x", "flat"], "a", &[]);
    let dense = flat()
        .floats("w", &[3, 3], |i| i as f32)
        .floats("bias", &[3], |i| i as f32)
        .then("Gemm", &["a", "w", "bias"], "b", &[])
        .then("Relu", &["b"], "y", &[]);
    assert_eq!(dense.mixed(&[3, 1]), None);
    // All samples in one row, which each gets back.
    fails(flat().then("Add", &["x", "a"], "y", &[]), "Add");
    fails(flat().whole("four", &[4, 3]).then("Expand", &["a", "four"], "y", &[]), "Expand");
    fails(flat().whole("four", &[4, 3]).then("Reshape", &["a", "four"], "y", &[]), "Reshape");
    fails(flat().floats("ones", &[4, 3], |_| 1.0).then("Mul", &["a", "ones"], "y", &[]), "Mul");
}

/// That none of the samples is large does not show that a large one would change nothing.
#[test]
fn what_mixes_samples_is_named() {
    let switched = Steps::new()
        .floats("bound", &[], |_| 100.0)
        .floats("zero", &[], |_| 0.0)
        .then("ReduceMax", &["x"], "m", &[])
        .then("Greater", &["m", "bound"], "big", &[])
        .then("Where", &["big", "zero", "x"], "y", &[]);
    fails(switched, "ReduceMax");
    fails(Steps::new().then("ReduceSum", &["x"], "s", &[("axes", &[-2])]), "ReduceSum");
    fails(Steps::new().whole("axis", &[0]).then("CumSum", &["x", "axis"], "y", &[]), "CumSum");
    fails(Steps::new().then("Softmax", &["x"], "y", &[("axis", &[0])]), "Softmax");
    fails(Steps::new().then("Transpose", &["x"], "t", &[("perm", &[1, 0])]), "Transpose");
    fails(Steps::new().whole("sizes", &[2, 6]).then("Reshape", &["x", "sizes"], "r", &[]), "Reshape");
    fails(Steps::new().then("Concat", &["x", "x"], "c", &[("axis", &[0])]), "Concat");
    fails(Steps::new().then("MatMul", &["x", "x"], "c", &[]), "MatMul");
    // Another number for each position.
    let positions = Steps::new().floats("each", &[4, 1], |i| i as f32).then("Add", &["x", "each"], "y", &[]);
    fails(positions, "Add");
    fails(Steps::new().whole("rows", &[3, 2, 1, 0]).then("Gather", &["x", "rows"], "y", &[]), "Gather");
    fails(Steps::new().then("Novel", &["x"], "y", &[]), "Novel");
    let random = Steps::new().then("RandomNormalLike", &["x"], "y", &[]).mixed(&[3]).unwrap();
    assert_eq!(random, "the operator RandomNormalLike is random");
    let constant = Steps::new().floats("c", &[4, 3], |_| 1.0).then("Identity", &["c"], "y", &[]);
    assert!(constant.mixed(&[3]).unwrap().contains("`y` does not depend"));
}
