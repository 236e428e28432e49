//! Reverse-mode differentiation over the tape.
//!
//! The vector-Jacobian products of operations are themselves operations on tensors; [`Tensor::gradient`]
//! records them, so that the gradient of a gradient is a gradient like any other.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use crate::{
    Error, Result, Tensor, ensure,
    tensor::{Node, is_grad_enabled, no_grad, recording, show},
};

/// Gradients by leaf, as [`Tensor::backward`] gives them.
#[derive(Clone, Default)]
pub struct Gradients(HashMap<u64, Tensor>);

/// The same gradients, bit for bit, of the same leaves.
impl PartialEq for Gradients {
    fn eq(&self, other: &Self) -> bool {
        let is_in = |(id, own): (&u64, &Tensor)| other.0.get(id).is_some_and(|g| own.has_same_bits(g));
        self.0.len() == other.0.len() && self.0.iter().all(is_in)
    }
}

impl Gradients {
    /// The gradient with respect to a leaf: a parameter's tensor, or one that [`Tensor::track`] made.
    /// `None` where the differentiated tensor does not depend on it.
    pub fn of(&self, leaf: &Tensor) -> Option<&Tensor> {
        self.0.get(&leaf.node()?.id)
    }

    /// Number of leaves that have a gradient.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no leaf has a gradient.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The gradients in the order in which their leaves were made.
    pub fn values(&self) -> Vec<&Tensor> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_unstable_by_key(|(id, _)| **id);
        sorted.into_iter().map(|(_, gradient)| gradient).collect()
    }

    /// Each gradient replaced by what `f` makes of it.
    pub fn map(&self, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Self> {
        self.0.iter().map(|(id, g)| Ok((*id, f(g)?))).collect::<Result<_>>().map(Self)
    }

    /// The gradients of those leaves alone.
    pub fn only(&self, leaves: &[Tensor]) -> Self {
        let ids: HashSet<u64> = leaves.iter().filter_map(|x| x.node().map(|node| node.id)).collect();
        Self(self.0.iter().filter(|(id, _)| ids.contains(id)).map(|(id, g)| (*id, g.clone())).collect())
    }

    /// These gradients, of the leaves of another set those of that.
    pub fn replaced(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(&other.0).map(|(id, g)| (*id, g.clone())).collect())
    }

    /// The sum with another set of gradients; a leaf that only one of them has keeps its own.
    pub fn add(&self, other: &Self) -> Result<Self> {
        let mut sum = self.0.clone();
        for (&id, gradient) in &other.0 {
            let total = match sum.get(&id) {
                Some(first) => first.add(gradient)?,
                None => gradient.clone(),
            };
            sum.insert(id, total);
        }
        Ok(Self(sum))
    }
}

impl Tensor {
    /// The gradients of this scalar with respect to every leaf that it depends on. Frees the graph.
    ///
    /// # Errors
    /// [`Error::Shape`] unless the tensor has one element, [`Error::Untracked`] when it depends on no
    /// leaf, [`Error::Spent`] on a second call.
    pub fn backward(&self) -> Result<Gradients> {
        self.backward_with(&self.seed("backward")?)
    }

    /// The gradients of `sum(self * gradient)` with respect to every leaf. Frees the graph.
    ///
    /// # Errors
    /// As [`Tensor::backward`], and when `gradient` has another shape, element type or device.
    pub fn backward_with(&self, gradient: &Tensor) -> Result<Gradients> {
        no_grad(|| self.differentiate("backward", gradient, None)).map(Gradients)
    }

    /// The gradients of `sum(self)` with respect to any tensors that it was computed from. The graph
    /// stays, and the gradients can be differentiated again (a gradient penalty is an example).
    ///
    /// # Errors
    /// [`Error::Untracked`] when this tensor or one of `of` is not tracked, [`Error::Spent`] after
    /// [`Tensor::backward`]. A tensor in `of` that has no influence gets zeros.
    pub fn gradient(&self, of: &[&Tensor]) -> Result<Vec<Tensor>> {
        let ids = of
            .iter()
            .map(|x| x.node().map(|node| node.id).ok_or(Error::Untracked { op: "gradient" }))
            .collect::<Result<Vec<_>>>()?;
        let targets = ids.iter().copied().collect();
        // Recorded inside `no_grad` too: what is not recorded may leave out what no leaf's gradient needs.
        let found = recording(true, || self.differentiate("gradient", &self.ones_like()?, Some(&targets)))?;
        let as_around = |g: &Tensor| if is_grad_enabled() { g.clone() } else { g.detach() };
        ids.iter()
            .zip(of)
            .map(|(id, x)| found.get(id).map_or_else(|| x.zeros_like(), |g| Ok(as_around(g))))
            .collect()
    }

    /// The gradients of this scalar with respect to some leaves only, such as one module's parameters;
    /// constants among them are passed over. The graph stays, so that several losses can be
    /// differentiated at the same point, each for its own parameters.
    ///
    /// # Errors
    /// As [`Tensor::backward`].
    pub fn backward_for(&self, leaves: &[Tensor]) -> Result<Gradients> {
        let targets = leaves.iter().filter_map(|x| x.node().map(|node| node.id)).collect();
        let seed = self.seed("backward_for")?;
        no_grad(|| self.differentiate("backward_for", &seed, Some(&targets))).map(Gradients)
    }

    /// The gradient of a scalar by itself.
    fn seed(&self, op: &'static str) -> Result<Tensor> {
        if self.len() == 1 {
            return self.ones_like();
        }
        Err(Error::shape(
            op,
            show(self.shape()),
            "a single element (take `sum()` or `mean()`, or give `backward(gradient)` its gradient)",
        ))
    }

    /// With targets: their gradients, keeping the graph. Without: those of all leaves, freeing it.
    fn differentiate(
        &self,
        op: &'static str,
        seed: &Tensor,
        targets: Option<&HashSet<u64>>,
    ) -> Result<HashMap<u64, Tensor>> {
        let root = self.node().ok_or(Error::Untracked { op })?;
        same_as_output(op, self, seed)?;
        let useful = targets.map(|targets| leads_to(root, targets));
        let is_useful = |node: &Arc<Node>| useful.as_ref().is_none_or(|set| set.contains(&node.id));
        let mut found = HashMap::new();
        let mut pending = BTreeMap::from([(root.id, (Arc::clone(root), seed.clone()))]);
        while let Some((id, (node, dy))) = pending.pop_last() {
            if targets.map_or(node.op().is_none(), |targets| targets.contains(&id)) {
                found.insert(id, dy.clone());
            }
            let Some(op) = node.op() else { continue };
            let parents: Vec<_> = node.inputs().iter().map(|x| x.node().cloned()).collect();
            let wanted: Vec<_> = parents.iter().map(|p| p.as_ref().is_some_and(&is_useful)).collect();
            let gradients = node.pull_back(op, &dy, &wanted)?;
            if targets.is_none() {
                node.release();
            }
            for (parent, gradient) in parents.into_iter().zip(gradients) {
                let (Some(parent), Some(gradient)) = (parent.filter(&is_useful), gradient) else { continue };
                let total = match pending.remove(&parent.id) {
                    Some((_, first)) => first.add(&gradient)?,
                    None => gradient,
                };
                pending.insert(parent.id, (parent, total));
            }
        }
        Ok(found)
    }
}

fn same_as_output(op: &'static str, output: &Tensor, seed: &Tensor) -> Result<()> {
    ensure((output.spec(), output.device()) == (seed.spec(), seed.device()), || {
        let found = format!("{} on {} for the gradient", seed.spec(), seed.device());
        Error::shape(op, found, format!("{} on {}, that of the tensor", output.spec(), output.device()))
    })
}

/// The nodes on a path from `root` to a target: where gradients are worth computing.
fn leads_to(root: &Arc<Node>, targets: &HashSet<u64>) -> HashSet<u64> {
    let mut nodes = BTreeMap::new();
    let mut stack = vec![Arc::clone(root)];
    while let Some(node) = stack.pop() {
        if nodes.contains_key(&node.id) {
            continue;
        }
        let parents: Vec<_> = node.inputs().iter().filter_map(|x| x.node().cloned()).collect();
        nodes.insert(node.id, parents.iter().map(|p| p.id).collect::<Vec<_>>());
        stack.extend(parents);
    }
    let mut useful = HashSet::new();
    for (id, parents) in nodes {
        if targets.contains(&id) || parents.iter().any(|p| useful.contains(p)) {
            useful.insert(id);
        }
    }
    useful
}
