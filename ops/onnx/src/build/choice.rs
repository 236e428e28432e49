//! Which tensors of a file are trained: by how nodes use them, unless a pattern says otherwise.

use std::collections::BTreeSet;

use ops::Tensor;

use super::{
    fixed,
    uses::{Role, Use, Uses},
};

/// Which tensors of a file are trained, where it is not their uses that say so. `*` in a pattern stands for
/// any text.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Patterns of tensors that are trained, whatever they are used for.
    pub train: Vec<String>,
    /// Patterns of tensors that are not. Where one of each fits, the one of more letters counts, and this one
    /// where they are as long.
    pub keep: Vec<String>,
    pub untie: Untie,
    /// Whether the running variance takes the batch's with the divisor N - 1, as PyTorch does, or N, as ONNX
    /// says. Default: N - 1 where PyTorch wrote the file.
    pub unbiased_variance: Option<bool>,
}

/// Which tensors that several nodes use become a parameter of each node's own.
#[derive(Debug, Clone, Default)]
pub enum Untie {
    #[default]
    None,
    /// Those of one number throughout, which exporters share because they are equal: gains of 1, biases of 0.
    Equal,
    /// Those that fit a pattern.
    Named(Vec<String>),
}

/// Where a tensor stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Initialiser,
    /// An initialiser of a single number that is named as a parameter is.
    NamedNumber,
    /// An initialiser of a single number that may be part of any formula.
    Number,
    /// A Constant node, or an initialiser that a tool made of one.
    Constant,
    /// Whole numbers that stand for floats by a scale.
    Quantised,
    /// The scale of such numbers.
    Scale,
}

/// Whether a tensor is trained, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decision {
    pub is_trained: bool,
    pub reason: &'static str,
}

const fn trained(reason: &'static str) -> Decision {
    Decision { is_trained: true, reason }
}

const fn kept(reason: &'static str) -> Decision {
    Decision { is_trained: false, reason }
}

impl Choice {
    /// What patterns say of a tensor of that name, or else its uses.
    pub(super) fn decide(
        &self,
        (name, value): (&str, &Tensor),
        origin: Origin,
        uses: &Uses,
        found: &[Use],
    ) -> Decision {
        // The pattern that says more of the name counts.
        let letters = |pattern: &String| pattern.bytes().filter(|&byte| byte != b'*').count();
        let named = |patterns: &[String]| patterns.iter().filter(|p| matches(p, name)).map(letters).max();
        match (named(&self.train), named(&self.keep)) {
            (None, None) => by_use(value, origin, uses, found),
            (train, keep) if train > keep => trained("`train` names it"),
            _ => kept("`keep` names it"),
        }
    }

    /// Whether each use of a tensor of that name gets a parameter of its own.
    pub(super) fn unties(&self, name: &str, value: &Tensor) -> bool {
        match &self.untie {
            Untie::None => false,
            Untie::Equal => fixed::values(value).is_some_and(|values| fixed::is_uniform(&values)),
            Untie::Named(patterns) => patterns.iter().any(|pattern| matches(pattern, name)),
        }
    }

    /// Whether a pattern of `train` or `keep` fits a name.
    pub(super) fn names(&self, name: &str) -> bool {
        self.train.iter().chain(&self.keep).any(|pattern| matches(pattern, name))
    }

    /// A pattern that names none of these tensors.
    pub(crate) fn unmatched<'a>(&'a self, names: &BTreeSet<&str>) -> Option<&'a str> {
        let untie: &[String] = if let Untie::Named(patterns) = &self.untie { patterns } else { &[] };
        let all = self.train.iter().chain(&self.keep).chain(untie);
        all.map(String::as_str).find(|pattern| !names.iter().any(|name| matches(pattern, name)))
    }
}

/// Whether a name fits a pattern, in which `*` stands for any text.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        // The first place that fits leaves the most for what follows.
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
    }
    name.ends_with(end)
}

fn by_use(value: &Tensor, origin: Origin, uses: &Uses, found: &[Use]) -> Decision {
    let any = |role: Role| found.iter().any(|one| one.role == role);
    let all = |role: Role| !found.is_empty() && found.iter().all(|one| one.role == role);
    match origin {
        Origin::Quantised => return trained("a quantised weight, put on its grid in every pass"),
        Origin::Scale => return kept("the scale of quantised numbers"),
        _ if all(Role::Setting) || !value.dtype().is_float() => return kept("read as plain numbers"),
        _ => {}
    }
    if any(Role::Weight) {
        return match found.iter().find_map(|one| fixed_weight(value, uses, one)) {
            Some(reason) => kept(reason),
            None => trained("a weight"),
        };
    }
    let is_bias = value.rank() > 0 && any(Role::Bias) && is_vector(value);
    if origin == Origin::Number && !is_bias {
        return kept("a single number, part of a formula");
    }
    if let Some(reason) = fixed_operand(value, uses, found) {
        return kept(reason);
    }
    match origin {
        _ if is_bias => trained("a bias"),
        Origin::Constant => kept("a Constant node that is no weight of a layer"),
        Origin::NamedNumber if !found.iter().all(is_arithmetic) => kept("a single number, part of a formula"),
        _ if found.iter().any(is_arithmetic) => trained("computed with"),
        _ => trained("part of what is computed with"),
    }
}

fn is_arithmetic(found: &Use) -> bool {
    matches!(found.role, Role::Operand | Role::Bias)
}

/// Why the weight of a layer is not trained.
fn fixed_weight(value: &Tensor, uses: &Uses, found: &Use) -> Option<&'static str> {
    match (&*found.node.op_type, found.input) {
        ("Conv" | "ConvTranspose", 1) => fixed::filter(value),
        ("MatMul" | "Gemm", 0) if uses.is_position(found) => Some("a grid of sampling positions"),
        ("MatMul", _) => fixed::transform(value),
        ("Gather", 0) => fixed::operand(value),
        _ => None,
    }
}

/// Why a number that is added, multiplied, joined or chosen from is not trained.
fn fixed_operand(value: &Tensor, uses: &Uses, found: &[Use]) -> Option<&'static str> {
    let computed = |one: &&Use| matches!(one.role, Role::Operand | Role::Bias | Role::Other);
    if let Some(reason) = fixed::operand(value) {
        return Some(reason);
    }
    if value.len() > 1 && found.iter().filter(computed).any(|one| !is_vector(value) && uses.is_position(one))
    {
        return Some("sampling positions");
    }
    let normalises = |one: &Use| matches!(&*one.node.op_type, "Sub" | "Div") && uses.meets_input(one);
    (is_vector(value) && found.iter().any(normalises)).then_some("normalises an input of the network")
}

/// Whether at most one size is above 1, as of a bias.
fn is_vector(value: &Tensor) -> bool {
    value.shape().iter().filter(|&&size| size > 1).count() <= 1
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name) in
            [("*", ""), ("fc.*", "fc.weight"), ("*.weight", "a.b.weight"), ("a*b*c", "axbbc"), ("é*", "éa")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("fc.*", "fc"), ("fc", "fc.weight"), ("a*b*c", "axb"), ("*b", "ba"), ("", "a")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
