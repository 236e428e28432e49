//! A walk through everything in a model that holds elements or computes, in an order that stays the same: a
//! part of a model is found again by its index in this order.

use ops::Result;

use crate::file::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto};

/// What the walk comes to.
pub(crate) enum ModelPart<'a> {
    Tensor(&'a mut TensorProto),
    /// A node, before what it holds.
    Node(&'a mut NodeProto),
}

/// Calls `f` with every tensor and every node of a model, and its index: of the model's graph, of graphs
/// inside nodes, of functions and their default attributes, and of the graphs that would train it.
pub(crate) fn visit(model: &mut ModelProto, f: impl FnMut(usize, ModelPart) -> Result<()>) -> Result<()> {
    let mut walk = ModelWalk { next: 0, f };
    let training =
        model.training_info.iter_mut().flat_map(|t| t.initialization.iter_mut().chain(&mut t.algorithm));
    model.graph.iter_mut().chain(training).try_for_each(|graph| walk.graph(graph))?;
    model.functions.iter_mut().try_for_each(|function| {
        walk.attributes(&mut function.attribute_proto)?;
        walk.nodes(&mut function.node)
    })
}

struct ModelWalk<F> {
    /// The index of the next part.
    next: usize,
    f: F,
}

impl<F: FnMut(usize, ModelPart) -> Result<()>> ModelWalk<F> {
    fn part(&mut self, part: ModelPart) -> Result<()> {
        let index = self.next;
        self.next += 1;
        (self.f)(index, part)
    }

    fn graph(&mut self, graph: &mut GraphProto) -> Result<()> {
        self.tensors(&mut graph.initializer)?;
        graph.sparse_initializer.iter_mut().try_for_each(|x| self.sparse(x))?;
        self.nodes(&mut graph.node)
    }

    fn nodes(&mut self, nodes: &mut [NodeProto]) -> Result<()> {
        nodes.iter_mut().try_for_each(|node| {
            self.part(ModelPart::Node(node))?;
            self.attributes(&mut node.attribute)
        })
    }

    fn attributes(&mut self, attributes: &mut [AttributeProto]) -> Result<()> {
        attributes.iter_mut().try_for_each(|attribute| {
            let AttributeProto { t, g, tensors, graphs, sparse_tensor, sparse_tensors, .. } = attribute;
            self.tensors(t.iter_mut().chain(tensors))?;
            sparse_tensor.iter_mut().chain(sparse_tensors).try_for_each(|x| self.sparse(x))?;
            g.iter_mut().chain(graphs).try_for_each(|graph| self.graph(graph))
        })
    }

    fn tensors<'a>(&mut self, tensors: impl IntoIterator<Item = &'a mut TensorProto>) -> Result<()> {
        tensors.into_iter().try_for_each(|tensor| self.part(ModelPart::Tensor(tensor)))
    }

    fn sparse(&mut self, tensor: &mut SparseTensorProto) -> Result<()> {
        self.tensors(tensor.values.iter_mut().chain(&mut tensor.indices))
    }
}

/// The index of each node of a graph whose first part has the index `start`.
pub(crate) fn node_indices(graph: &GraphProto, start: usize) -> impl Iterator<Item = usize> {
    let mut next = start + graph.initializer.len() + sparse_parts(&graph.sparse_initializer);
    graph.node.iter().map(move |node| {
        let index = next;
        next += parts_of_node(node);
        index
    })
}

/// The graph of each attribute of the node of that index, and the index of the graph's first part.
pub(crate) fn bodies(node: &NodeProto, index: usize) -> impl Iterator<Item = (&AttributeProto, usize)> {
    let mut next = index + 1;
    node.attribute.iter().map(move |attribute| {
        let start = next + tensors_of_attribute(attribute);
        next += parts_of_attribute(attribute);
        (attribute, start)
    })
}

/// The index of the tensor that is an attribute of the node of that index.
pub(crate) fn tensor_of(node: &NodeProto, index: usize, attribute: &str) -> usize {
    let before = node.attribute.iter().take_while(|other| other.name != attribute);
    index + 1 + before.map(parts_of_attribute).sum::<usize>()
}

fn parts_of_node(node: &NodeProto) -> usize {
    1 + node.attribute.iter().map(parts_of_attribute).sum::<usize>()
}

fn parts_of_attribute(attribute: &AttributeProto) -> usize {
    let graphs = attribute.g.iter().chain(&attribute.graphs);
    tensors_of_attribute(attribute) + graphs.map(parts_of_graph).sum::<usize>()
}

fn tensors_of_attribute(attribute: &AttributeProto) -> usize {
    let sparse = attribute.sparse_tensor.iter().chain(&attribute.sparse_tensors);
    attribute.t.iter().len() + attribute.tensors.len() + sparse_parts(sparse)
}

fn parts_of_graph(graph: &GraphProto) -> usize {
    let nodes = graph.node.iter().map(parts_of_node).sum::<usize>();
    graph.initializer.len() + sparse_parts(&graph.sparse_initializer) + nodes
}

fn sparse_parts<'a>(tensors: impl IntoIterator<Item = &'a SparseTensorProto>) -> usize {
    tensors.into_iter().map(|x| x.values.iter().len() + x.indices.iter().len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str) -> TensorProto {
        TensorProto { name: name.into(), ..Default::default() }
    }

    fn sparse(name: &str) -> SparseTensorProto {
        SparseTensorProto { values: Some(tensor(name)), indices: Some(tensor(name)), ..Default::default() }
    }

    /// A node with tensors of every kind and a graph of such nodes inside.
    fn node(name: &str, depth: usize) -> NodeProto {
        let plain = AttributeProto {
            t: Some(tensor("t")),
            tensors: vec![tensor("a"), tensor("b")],
            sparse_tensor: Some(sparse("s")),
            ..Default::default()
        };
        let body = |i| AttributeProto {
            name: format!("body{i}"),
            t: Some(tensor("beside")),
            g: (depth > 0).then(|| graph(&format!("{name}/{i}"), depth - 1)),
            ..Default::default()
        };
        NodeProto { name: name.into(), attribute: vec![plain, body(0), body(1)], ..Default::default() }
    }

    fn graph(name: &str, depth: usize) -> GraphProto {
        GraphProto {
            initializer: vec![tensor(&format!("{name}/first")), tensor("w")],
            sparse_initializer: vec![sparse("z")],
            node: (0..3).map(|i| node(&format!("{name}.{i}"), depth)).collect(),
            ..Default::default()
        }
    }

    /// The index of every node and of the first initialiser of every graph, by name, as they are counted.
    fn counted(graph: &GraphProto, start: usize, found: &mut Vec<(String, usize)>) {
        found.push((graph.initializer[0].name.clone(), start));
        for (node, index) in graph.node.iter().zip(node_indices(graph, start)) {
            found.push((node.name.clone(), index));
            for (attribute, start) in bodies(node, index) {
                attribute.g.iter().for_each(|graph| counted(graph, start, found));
            }
        }
    }

    #[test]
    fn indices_are_those_of_the_walk() {
        let mut model = ModelProto { graph: Some(graph("g", 2)), ..Default::default() };
        let mut expected = vec![];
        counted(model.graph.as_ref().unwrap(), 0, &mut expected);
        let mut found = vec![];
        visit(&mut model, |index, part| {
            match part {
                ModelPart::Node(node) => found.push((node.name.clone(), index)),
                ModelPart::Tensor(tensor) if tensor.name.ends_with("first") => {
                    found.push((tensor.name.clone(), index));
                }
                ModelPart::Tensor(_) => {}
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(found, expected);
        assert_eq!(found.len(), 172);
    }
}
