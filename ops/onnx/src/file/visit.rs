//! A walk through everything in a model that holds elements or computes, in an order that stays the same.

use ops::Result;

use crate::file::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto};

/// What the walk comes to.
pub(crate) enum Part<'a> {
    Tensor(&'a mut TensorProto),
    /// A node, before what it holds.
    Node(&'a mut NodeProto),
}

/// What is called for each of them.
type Visit<'a> = &'a mut dyn FnMut(Part) -> Result<()>;

/// Every tensor and every node of a model: of graphs inside nodes, of functions and their usual attributes,
/// and of the graphs that would train it.
pub(crate) fn visit(model: &mut ModelProto, f: Visit) -> Result<()> {
    let training =
        model.training_info.iter_mut().flat_map(|t| t.initialization.iter_mut().chain(&mut t.algorithm));
    model.graph.iter_mut().chain(training).try_for_each(|x| graph(x, f))?;
    model.functions.iter_mut().try_for_each(|function| {
        attributes(&mut function.attribute_proto, f)?;
        nodes(&mut function.node, f)
    })
}

fn graph(graph: &mut GraphProto, f: Visit) -> Result<()> {
    graph.initializer.iter_mut().try_for_each(|x| f(Part::Tensor(x)))?;
    graph.sparse_initializer.iter_mut().try_for_each(|x| sparse(x, f))?;
    nodes(&mut graph.node, f)
}

fn nodes(nodes: &mut [NodeProto], f: Visit) -> Result<()> {
    nodes.iter_mut().try_for_each(|node| {
        f(Part::Node(node))?;
        attributes(&mut node.attribute, f)
    })
}

fn attributes(attributes: &mut [AttributeProto], f: Visit) -> Result<()> {
    attributes.iter_mut().try_for_each(|attribute| {
        let AttributeProto { t, g, tensors, graphs, sparse_tensor, sparse_tensors, .. } = attribute;
        t.iter_mut().chain(tensors).try_for_each(|x| f(Part::Tensor(x)))?;
        sparse_tensor.iter_mut().chain(sparse_tensors).try_for_each(|x| sparse(x, f))?;
        g.iter_mut().chain(graphs).try_for_each(|x| graph(x, f))
    })
}

fn sparse(tensor: &mut SparseTensorProto, f: Visit) -> Result<()> {
    tensor.values.iter_mut().chain(&mut tensor.indices).try_for_each(|x| f(Part::Tensor(x)))
}
