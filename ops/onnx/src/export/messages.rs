//! The parts of an ONNX file.

use ops::{
    DType, Result, Spec, Tensor,
    op::onnx::{OnnxAttribute, data_type},
    tensor::Data,
};

use super::batch::BatchSize;
use crate::file::proto::{
    AttributeProto, AttributeType, Dimension, DimensionProto, StringStringEntryProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

/// A tensor with its elements.
pub(super) fn tensor(name: &str, value: &Tensor) -> Result<TensorProto> {
    Ok(elements(name, value.spec(), &value.to_data()?))
}

pub(super) fn elements(name: &str, spec: &Spec, data: &Data) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: spec.shape.iter().map(|&n| n as i64).collect(),
        data_type: data_type(spec.dtype) as i32,
        raw_data: data.to_bytes(),
        ..Default::default()
    }
}

/// A number as a tensor of rank 0.
pub(super) fn number(value: f64, dtype: DType) -> TensorProto {
    elements("", &Spec::new([], dtype), &Data::from_numbers([value], dtype))
}

/// Whole numbers `[n]`.
pub(super) fn integers(name: &str, values: &[i64]) -> TensorProto {
    elements(name, &Spec::new([values.len()], DType::I64), &Data::I64(values.to_vec()))
}

pub(super) fn attribute(name: &str, value: &OnnxAttribute) -> AttributeProto {
    let of = |kind: AttributeType| AttributeProto {
        name: name.to_owned(),
        r#type: kind.into(),
        ..Default::default()
    };
    match value {
        OnnxAttribute::Int(i) => AttributeProto { i: *i, ..of(AttributeType::Int) },
        OnnxAttribute::Ints(ints) => AttributeProto { ints: ints.clone(), ..of(AttributeType::Ints) },
        OnnxAttribute::Float(f) => AttributeProto { f: *f as f32, ..of(AttributeType::Float) },
        OnnxAttribute::Text(text) => {
            AttributeProto { s: text.as_bytes().to_vec(), ..of(AttributeType::String) }
        }
        OnnxAttribute::Texts(texts) => {
            let strings = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
            AttributeProto { strings, ..of(AttributeType::Strings) }
        }
    }
}

/// The attribute of a Constant node.
pub(super) fn constant(value: TensorProto) -> AttributeProto {
    AttributeProto {
        name: "value".into(),
        r#type: AttributeType::Tensor.into(),
        t: Some(value),
        ..Default::default()
    }
}

/// The name and the type of an input or output.
pub(super) fn value_info(name: &str, dtype: DType, shape: &[BatchSize]) -> ValueInfoProto {
    let dimension = |size: &BatchSize| match size.fixed() {
        Some(n) => Dimension::DimValue(n),
        None => Dimension::DimParam(size.name()),
    };
    let dim = shape.iter().map(|size| DimensionProto { value: Some(dimension(size)) }).collect();
    let tensor =
        TensorTypeProto { elem_type: data_type(dtype) as i32, shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto { tensor_type: Some(tensor), ..Default::default() }),
        doc_string: String::new(),
    }
}

pub(super) fn entry((key, value): (String, String)) -> StringStringEntryProto {
    StringStringEntryProto { key, value }
}
