//! The scopes that exporters write into nodes, and which of them are folded.
//!
//! PyTorch's first exporter names a node by the modules around it, as `/features/features.0/Conv`;
//! TensorFlow's tools do as `model/dense/MatMul`; PyTorch's second exporter lists the modules in the node's
//! metadata.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use onnx_net::proto::NodeProto;

use super::network::Network;

/// The metadata of a node in which PyTorch lists the modules around it:
/// `['', 'features', 'features.0', 'conv']`.
const SCOPES: &str = "pkg.torch.onnx.name_scopes";

/// The deepest scope that is told apart.
const DEEPEST: usize = 32;

/// Which scopes are unfolded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfold {
    All,
    /// Those of that many levels.
    Depth(usize),
    /// The largest, as long as there are no more boxes than that.
    Boxes(usize),
}

/// A scope: the nodes and scopes in it.
#[derive(Debug, Default)]
struct Scope {
    name: String,
    /// The scope around it.
    outer: usize,
    /// How many scopes are around it.
    depth: usize,
    inner: BTreeMap<String, usize>,
    own: Vec<usize>,
    /// How many nodes are in it, at any depth.
    total: usize,
    is_open: bool,
}

/// All scopes; the first is the network.
#[derive(Debug)]
pub struct Scopes {
    all: Vec<Scope>,
    /// For each node the folded scope that it is in.
    of_node: Vec<Option<usize>>,
}

impl Scopes {
    /// The scopes of a network.
    pub fn of(network: &Network, unfold: Unfold) -> Self {
        let mut scopes = Self { all: vec![Scope::default()], of_node: vec![None; network.nodes.len()] };
        for (i, node) in network.nodes.iter().enumerate() {
            scopes.add(i, &path(node));
        }
        scopes.unfold(unfold);
        for scope in 0..scopes.all.len() {
            let is_top = |inner: &usize| !scopes.all[*inner].is_open;
            if scopes.all[scope].is_open {
                let tops: Vec<_> = scopes.all[scope].inner.values().copied().filter(is_top).collect();
                tops.into_iter().for_each(|top| scopes.fold(top, top));
            }
        }
        scopes
    }

    fn add(&mut self, node: usize, path: &[String]) {
        let mut at = 0;
        self.all[0].total += 1;
        for (depth, name) in path.iter().enumerate() {
            let next = self.all.len();
            let inner = *self.all[at].inner.entry(name.clone()).or_insert(next);
            if inner == next {
                self.all.push(Scope { name: name.clone(), outer: at, depth: depth + 1, ..Scope::default() });
            }
            at = inner;
            self.all[at].total += 1;
        }
        self.all[at].own.push(node);
    }

    fn unfold(&mut self, unfold: Unfold) {
        // A scope of one node is that node.
        let single = |scope: &Scope| scope.total < 2;
        match unfold {
            Unfold::All => self.all.iter_mut().for_each(|scope| scope.is_open = true),
            Unfold::Depth(depth) => {
                self.all.iter_mut().for_each(|s| s.is_open = s.depth == 0 || s.depth <= depth || single(s));
            }
            Unfold::Boxes(most) => {
                let inside = |scope: &Scope| scope.own.len() + scope.inner.len();
                let mut boxes = 1;
                let mut largest = BinaryHeap::from([(self.all[0].total, Reverse(0))]);
                while let Some((total, Reverse(at))) = largest.pop() {
                    let more = inside(&self.all[at]) - 1;
                    if at != 0 && total > 1 && boxes + more > most {
                        continue;
                    }
                    boxes += more;
                    self.all[at].is_open = true;
                    largest.extend(
                        self.all[at].inner.values().map(|&inner| (self.all[inner].total, Reverse(inner))),
                    );
                }
            }
        }
    }

    /// Puts all nodes of a scope into a folded one.
    fn fold(&mut self, scope: usize, top: usize) {
        let mut stack = vec![scope];
        while let Some(at) = stack.pop() {
            stack.extend(self.all[at].inner.values());
            self.all[at].own.iter().for_each(|&node| self.of_node[node] = Some(top));
        }
    }

    /// The folded scope of a node.
    pub fn fold_of(&self, node: usize) -> Option<usize> {
        self.of_node[node]
    }

    /// The names of a scope and of those around it, without the names that those inside repeat.
    pub fn path(&self, mut scope: usize) -> String {
        let mut names: Vec<&str> = vec![];
        while scope != 0 {
            let Scope { name, outer, .. } = &self.all[scope];
            if !names
                .last()
                .is_some_and(|inner| inner.strip_prefix(&**name).is_some_and(|x| x.starts_with('.')))
            {
                names.push(name);
            }
            scope = *outer;
        }
        names.reverse();
        names.join("/")
    }

    /// How many scopes are folded.
    pub fn folded(&self) -> usize {
        let mut folded: Vec<_> = self.of_node.iter().flatten().collect();
        folded.sort_unstable();
        folded.dedup();
        folded.len()
    }
}

/// The scopes around a node, the outermost first.
fn path(node: &NodeProto) -> Vec<String> {
    let listed = node.metadata_props.iter().find(|entry| entry.key == SCOPES);
    let mut path: Vec<String> = match listed {
        // As Python writes a list of words.
        Some(entry) => entry.value.split('\'').skip(1).step_by(2).map(str::to_owned).collect(),
        None => node.name.split('/').map(str::to_owned).collect(),
    };
    // The last part is the node itself.
    path.pop();
    path.retain(|name| !name.is_empty());
    path.truncate(DEEPEST);
    path
}

#[cfg(test)]
mod tests {
    use onnx_net::proto::{GraphProto, ModelProto, StringStringEntryProto};

    use super::*;

    fn named(name: &str) -> NodeProto {
        NodeProto { name: name.into(), op_type: "Relu".into(), ..NodeProto::default() }
    }

    #[test]
    fn scopes_are_read_as_exporters_write_them() {
        assert_eq!(path(&named("/features/features.0/Conv")), ["features", "features.0"]);
        assert_eq!(path(&named("model/dense/MatMul")), ["model", "dense"]);
        assert_eq!(path(&named("Conv_12")), [""; 0]);
        let value = "['', 'layers', 'layers.0', 'linear_1']".into();
        let metadata_props = vec![StringStringEntryProto { key: SCOPES.into(), value }];
        assert_eq!(path(&NodeProto { metadata_props, ..named("node_linear_1") }), ["layers", "layers.0"]);
    }

    fn model(names: &[&str]) -> ModelProto {
        let node = names.iter().map(|name| named(name)).collect();
        ModelProto { graph: Some(GraphProto { node, ..Default::default() }), ..Default::default() }
    }

    /// The names of the folded scopes of 2 x 3 nodes in a scope, and one outside.
    fn folded(unfold: Unfold) -> (usize, Vec<Option<String>>) {
        let names = ["/a/x/1", "/a/x/2", "/a/x/3", "/a/y/1", "/a/y/2", "/a/y/3", "/out"];
        let model = model(&names);
        let network = Network::of(&model);
        let scopes = Scopes::of(&network, unfold);
        let of = |i| scopes.fold_of(i).map(|scope| scopes.path(scope));
        (scopes.folded(), (0..names.len()).map(of).collect())
    }

    #[test]
    fn a_path_does_not_repeat_itself() {
        let names = ["/net/net.1/net.1.0/act/a", "/net/net.1/net.1.0/act/b", "/c"];
        let model = model(&names);
        let scopes = Scopes::of(&Network::of(&model), Unfold::Depth(3));
        assert_eq!(scopes.fold_of(0).map(|scope| scopes.path(scope)).as_deref(), Some("net.1.0/act"));
    }

    #[test]
    fn scopes_are_folded_down_to_a_depth_or_a_number_of_boxes() {
        assert_eq!(folded(Unfold::All), (0, vec![None; 7]));
        let all = |name: &str| [vec![Some(name.to_owned()); 6], vec![None]].concat();
        assert_eq!(folded(Unfold::Depth(0)), (1, all("a")));
        let (count, names) = folded(Unfold::Depth(1));
        assert_eq!((count, names[0].as_deref(), names[5].as_deref()), (2, Some("a/x"), Some("a/y")));
        assert_eq!(folded(Unfold::Depth(2)), (0, vec![None; 7]));
        assert_eq!(folded(Unfold::Boxes(2)), (1, all("a")));
        // One of the two fits.
        assert_eq!(folded(Unfold::Boxes(5)).0, 1);
        assert_eq!(folded(Unfold::Boxes(7)).0, 0);
    }
}
