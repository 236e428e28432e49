//! The messages of an ONNX file, as far as a network needs them: field numbers of `onnx.proto3`
//! (ONNX 1.19, <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3>).

use prost::{Enumeration, Message, Oneof};

/// Makes a message of each block, and a field of each line: its type, how it is encoded, and its number.
macro_rules! messages {
    ($($(#[$about:meta])* $message:ident {
        $($(#[$what:meta])* $field:ident: $type:ty as ($($encoding:tt)*) = $number:tt,)*
    })*) => {$(
        $(#[$about])*
        #[derive(Clone, PartialEq, Message)]
        pub struct $message {$(
            $(#[$what])*
            #[prost($($encoding)*, tag = $number)]
            pub $field: $type,
        )*}
    )*};
}

messages! {
    /// A file: a graph and the versions of the operator sets that its nodes are from.
    ModelProto {
        ir_version: i64 as (int64) = 1,
        opset_import: Vec<OperatorSetIdProto> as (message, repeated) = 8,
        producer_name: String as (string) = 2,
        producer_version: String as (string) = 3,
        domain: String as (string) = 4,
        model_version: i64 as (int64) = 5,
        doc_string: String as (string) = 6,
        graph: Option<GraphProto> as (message, optional) = 7,
        metadata_props: Vec<StringStringEntryProto> as (message, repeated) = 14,
        training_info: Vec<TrainingInfoProto> as (message, repeated) = 20,
        functions: Vec<FunctionProto> as (message, repeated) = 25,
    }

    /// How a file of its own accord would be trained.
    TrainingInfoProto {
        initialization: Option<GraphProto> as (message, optional) = 1,
        algorithm: Option<GraphProto> as (message, optional) = 2,
    }

    /// An operator set; the empty domain is ONNX's own.
    OperatorSetIdProto {
        domain: String as (string) = 1,
        version: i64 as (int64) = 2,
    }

    StringStringEntryProto {
        key: String as (string) = 1,
        value: String as (string) = 2,
    }

    /// Nodes in an order in which each only uses what those before it gave.
    GraphProto {
        node: Vec<NodeProto> as (message, repeated) = 1,
        name: String as (string) = 2,
        initializer: Vec<TensorProto> as (message, repeated) = 5,
        sparse_initializer: Vec<SparseTensorProto> as (message, repeated) = 15,
        doc_string: String as (string) = 10,
        input: Vec<ValueInfoProto> as (message, repeated) = 11,
        output: Vec<ValueInfoProto> as (message, repeated) = 12,
        value_info: Vec<ValueInfoProto> as (message, repeated) = 13,
    }

    /// One operator; an empty name among the inputs or outputs stands for one that is left out.
    NodeProto {
        input: Vec<String> as (string, repeated) = 1,
        output: Vec<String> as (string, repeated) = 2,
        name: String as (string) = 3,
        op_type: String as (string) = 4,
        domain: String as (string) = 7,
        overload: String as (string) = 8,
        attribute: Vec<AttributeProto> as (message, repeated) = 5,
        doc_string: String as (string) = 6,
        metadata_props: Vec<StringStringEntryProto> as (message, repeated) = 9,
    }
}

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)]
#[repr(i32)]
pub enum AttributeType {
    Undefined = 0,
    Float = 1,
    Int = 2,
    String = 3,
    Tensor = 4,
    Graph = 5,
    Floats = 6,
    Ints = 7,
    Strings = 8,
    Tensors = 9,
    Graphs = 10,
    SparseTensor = 11,
    SparseTensors = 12,
    TypeProto = 13,
    TypeProtos = 14,
}

messages! {
    AttributeProto {
        name: String as (string) = 1,
        /// In a function: the name of the function's attribute whose value this one has.
        ref_attr_name: String as (string) = 21,
        r#type: i32 as (enumeration = "AttributeType") = 20,
        f: f32 as (float) = 2,
        i: i64 as (int64) = 3,
        s: Vec<u8> as (bytes = "vec") = 4,
        t: Option<TensorProto> as (message, optional) = 5,
        g: Option<GraphProto> as (message, optional) = 6,
        sparse_tensor: Option<SparseTensorProto> as (message, optional) = 22,
        floats: Vec<f32> as (float, repeated) = 7,
        ints: Vec<i64> as (int64, repeated) = 8,
        strings: Vec<Vec<u8>> as (bytes = "vec", repeated) = 9,
        tensors: Vec<TensorProto> as (message, repeated) = 10,
        graphs: Vec<GraphProto> as (message, repeated) = 11,
        sparse_tensors: Vec<SparseTensorProto> as (message, repeated) = 23,
    }
}

/// Element types, by the numbers that `TensorProto::data_type` and `TensorTypeProto::elem_type` hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)]
#[repr(i32)]
pub enum DataType {
    Undefined = 0,
    Float = 1,
    Uint8 = 2,
    Int8 = 3,
    Uint16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    Uint32 = 12,
    Uint64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    Bfloat16 = 16,
}

messages! {
    /// A tensor with its elements, in `raw_data` (little endian) or in the field of their type.
    TensorProto {
        dims: Vec<i64> as (int64, repeated) = 1,
        /// A [`DataType`], or a number that a newer version of ONNX knows.
        data_type: i32 as (int32) = 2,
        float_data: Vec<f32> as (float, repeated) = 4,
        int32_data: Vec<i32> as (int32, repeated) = 5,
        string_data: Vec<Vec<u8>> as (bytes = "vec", repeated) = 6,
        int64_data: Vec<i64> as (int64, repeated) = 7,
        name: String as (string) = 8,
        doc_string: String as (string) = 12,
        raw_data: Vec<u8> as (bytes = "vec") = 9,
        external_data: Vec<StringStringEntryProto> as (message, repeated) = 13,
        /// 1: the elements are in another file, which `external_data` names.
        data_location: i32 as (int32) = 14,
        double_data: Vec<f64> as (double, repeated) = 10,
        uint64_data: Vec<u64> as (uint64, repeated) = 11,
    }

    SparseTensorProto {
        values: Option<TensorProto> as (message, optional) = 1,
        indices: Option<TensorProto> as (message, optional) = 2,
        dims: Vec<i64> as (int64, repeated) = 3,
    }

    /// The name and the type of a value.
    ValueInfoProto {
        name: String as (string) = 1,
        r#type: Option<TypeProto> as (message, optional) = 2,
        doc_string: String as (string) = 3,
    }

    /// One of these; none for maps and sparse tensors.
    TypeProto {
        tensor_type: Option<TensorTypeProto> as (message, optional) = 1,
        sequence_type: Option<ElementTypeProto> as (message, optional) = 4,
        optional_type: Option<ElementTypeProto> as (message, optional) = 9,
        denotation: String as (string) = 6,
    }

    /// What a sequence holds, or an optional value.
    ElementTypeProto {
        elem_type: Option<Box<TypeProto>> as (message, optional, boxed) = 1,
    }

    TensorTypeProto {
        elem_type: i32 as (int32) = 1,
        /// Missing where even the number of dimensions is open.
        shape: Option<TensorShapeProto> as (message, optional) = 2,
    }

    TensorShapeProto {
        dim: Vec<DimensionProto> as (message, repeated) = 1,
    }
}

#[derive(Clone, PartialEq, Message)]
pub struct DimensionProto {
    #[prost(oneof = "Dimension", tags = "1, 2")]
    pub value: Option<Dimension>,
}

/// A size, or a name that stands for one.
#[derive(Clone, PartialEq, Oneof)]
pub enum Dimension {
    #[prost(int64, tag = "1")]
    DimValue(i64),
    #[prost(string, tag = "2")]
    DimParam(String),
}

messages! {
    /// A function of the model's own that nodes call by its name.
    FunctionProto {
        name: String as (string) = 1,
        input: Vec<String> as (string, repeated) = 4,
        output: Vec<String> as (string, repeated) = 5,
        /// Names of attributes without a default value.
        attribute: Vec<String> as (string, repeated) = 6,
        /// Attributes with their default values.
        attribute_proto: Vec<AttributeProto> as (message, repeated) = 11,
        node: Vec<NodeProto> as (message, repeated) = 7,
        doc_string: String as (string) = 8,
        opset_import: Vec<OperatorSetIdProto> as (message, repeated) = 9,
        domain: String as (string) = 10,
        overload: String as (string) = 13,
    }
}
