//! One node of a graph while it is resolved: its attributes, each read once with its type.

use std::{cell::RefCell, collections::HashSet, ops::RangeInclusive};

use ops::{DType, Result};

use crate::{
    GraphValue, broken,
    file::{
        elements,
        proto::{AttributeProto, AttributeType, DataType, NodeProto},
        stored,
    },
    network::plan::GraphPlan,
};

/// A node and the version of the operator set that it is from.
pub(crate) struct NodeReader<'a> {
    pub opset: i64,
    pub proto: &'a NodeProto,
    /// For each input: its type in the file, where tensors do not have it.
    pub types: Vec<Option<DataType>>,
    /// Graphs among the attributes by name, resolved before the node.
    pub bodies: RefCell<Vec<(String, GraphBody)>>,
    /// Whether a running variance is that of PyTorch, with the divisor N - 1.
    pub unbiased_variance: bool,
    read: RefCell<HashSet<String>>,
}

/// A graph inside a node.
pub(crate) struct GraphBody {
    pub plan: GraphPlan,
    /// Where its captured values stand among the node's inputs.
    pub captures: std::ops::Range<usize>,
}

impl<'a> NodeReader<'a> {
    pub fn new(
        opset: i64,
        proto: &'a NodeProto,
        types: Vec<Option<DataType>>,
        bodies: Vec<(String, GraphBody)>,
        unbiased_variance: bool,
    ) -> Self {
        let (bodies, read) = (RefCell::new(bodies), RefCell::default());
        Self { opset, proto, types, bodies, unbiased_variance, read }
    }

    /// Whether output `i` is asked for.
    pub fn has_output(&self, i: usize) -> bool {
        self.proto.output.get(i).is_some_and(|name| !name.is_empty())
    }

    /// Attributes that nobody asked for.
    pub fn unread(&self) -> Vec<&'a str> {
        let read = self.read.borrow();
        let names = self.proto.attribute.iter().map(|a| a.name.as_str());
        names.filter(|name| !read.contains(*name)).collect()
    }

    /// Attributes that make no difference here.
    pub fn ignore(&self, names: &[&str]) {
        self.read.borrow_mut().extend(names.iter().map(|&name| name.to_owned()));
    }

    fn find(&self, name: &str, kind: AttributeType) -> Result<Option<&'a AttributeProto>> {
        self.ignore(&[name]);
        let Some(found) = self.proto.attribute.iter().find(|a| a.name == name) else { return Ok(None) };
        // Files of the first versions say no type.
        if found.r#type == kind as i32 || found.r#type == 0 {
            return Ok(Some(found));
        }
        broken(format!("the attribute `{name}` is no {kind:?}").to_lowercase())
    }

    /// A whole number.
    pub fn int(&self, name: &str, default: i64) -> Result<i64> {
        Ok(self.find(name, AttributeType::Int)?.map_or(default, |a| a.i))
    }

    /// A whole number, where it is given.
    pub fn maybe_int(&self, name: &str) -> Result<Option<i64>> {
        Ok(self.find(name, AttributeType::Int)?.map(|a| a.i))
    }

    /// A truth value, which ONNX writes as a number.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool> {
        Ok(self.int(name, default.into())? != 0)
    }

    /// A whole number within a range; `kind` says what it is none of where it is not.
    pub fn size(&self, name: &str, default: i64, range: RangeInclusive<usize>, kind: &str) -> Result<usize> {
        let found = usize::try_from(self.int(name, default)?).ok().filter(|n| range.contains(n));
        found.map_or_else(|| broken(format!("the attribute `{name}` is {kind}")), Ok)
    }

    /// A number.
    pub fn float(&self, name: &str, default: f64) -> Result<f64> {
        Ok(self.find(name, AttributeType::Float)?.map_or(default, |a| a.f.into()))
    }

    /// A number, where it is given.
    pub fn maybe_float(&self, name: &str) -> Result<Option<f64>> {
        Ok(self.find(name, AttributeType::Float)?.map(|a| a.f.into()))
    }

    /// A word.
    pub fn text(&self, name: &str, default: &str) -> Result<String> {
        let found = self.find(name, AttributeType::String)?;
        Ok(found.map_or_else(|| default.to_owned(), |a| String::from_utf8_lossy(&a.s).into_owned()))
    }

    /// What one of several words stands for; the first one where none is given.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T> {
        let found = self.text(name, choices[0].0)?;
        match choices.iter().find(|(word, _)| *word == found) {
            Some((_, choice)) => Ok(*choice),
            None => {
                let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                broken(format!("the attribute `{name}` is `{found}`, expected one of {}", words.join(", ")))
            }
        }
    }

    /// Whole numbers, where they are given.
    pub fn ints(&self, name: &str) -> Result<Option<Vec<i64>>> {
        Ok(self.find(name, AttributeType::Ints)?.map(|a| a.ints.clone()))
    }

    /// Whole numbers that were an attribute before that opset, and are an input from it on.
    pub fn ints_before(&self, opset: i64, name: &str) -> Result<Option<Vec<i64>>> {
        if self.opset < opset { self.ints(name) } else { Ok(None) }
    }

    /// Sizes, where they are given.
    pub fn sizes(&self, name: &str) -> Result<Option<Vec<usize>>> {
        let Some(found) = self.ints(name)? else { return Ok(None) };
        match found.iter().map(|&n| usize::try_from(n)).collect() {
            Ok(sizes) => Ok(Some(sizes)),
            Err(_) => broken(format!("the attribute `{name}` is {found:?}, expected no negative numbers")),
        }
    }

    /// Numbers, where they are given.
    pub fn floats(&self, name: &str) -> Result<Option<Vec<f64>>> {
        let found = self.find(name, AttributeType::Floats)?;
        Ok(found.map(|a| a.floats.iter().map(|&x| x.into()).collect()))
    }

    /// Words, where they are given.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        let found = self.find(name, AttributeType::Strings)?;
        Ok(found.map(|a| a.strings.iter().map(|s| String::from_utf8_lossy(s).into_owned()).collect()))
    }

    /// A tensor, where it is given.
    pub fn tensor(&self, name: &str) -> Result<Option<GraphValue>> {
        self.find(name, AttributeType::Tensor)?.and_then(|a| a.t.as_ref()).map(elements::tensor).transpose()
    }

    /// The element type that stands for that of input `i` in the file, where tensors do not have it.
    pub fn narrow(&self, i: usize) -> Option<DataType> {
        self.types.get(i).copied().flatten()
    }

    /// An element type, or what stands for it, where it is given.
    pub fn dtype(&self, name: &str) -> Result<Option<DType>> {
        let Some(number) = self.maybe_int(name)? else { return Ok(None) };
        match stored::held(i32::try_from(number).unwrap_or(-1)) {
            Ok(dtype) => Ok(Some(dtype)),
            Err(found) => broken(format!("the attribute `{name}` asks for elements of type {found}")),
        }
    }

    /// A graph.
    pub fn body(&self, name: &str) -> Result<GraphBody> {
        self.ignore(&[name]);
        let mut bodies = self.bodies.borrow_mut();
        match bodies.iter().position(|(known, _)| known == name) {
            Some(index) => Ok(bodies.swap_remove(index).1),
            None => broken(format!("the attribute `{name}` is missing")),
        }
    }
}
