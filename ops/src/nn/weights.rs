//! Weights of a file that another program wrote: renamed, converted and fitted to a module.

use std::collections::{HashMap, HashSet};

use super::{Module, state};
use crate::{DType, Error, Result, Tensor};

/// A counter of every batch normalisation of PyTorch, for averages that nobody weighs so here.
const COUNTER: &str = "num_batches_tracked";

/// Named tensors of a file, and the types that they had there.
pub struct Weights(Vec<Weight>);

struct Weight {
    name: String,
    tensor: Tensor,
    /// The element type in the file, such as `bf16`.
    written: String,
}

/// Tensors of a file that were converted to a module's element type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    pub from: String,
    pub to: DType,
    pub names: Vec<String>,
}

impl Weights {
    /// Reads the safetensors format; f16 and bf16 become f32.
    ///
    /// # Errors
    /// Those of [`state::from_safetensors`].
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let tensors = state::read(bytes)?;
        Ok(Self(
            tensors.into_iter().map(|(name, tensor, written)| Weight { name, tensor, written }).collect(),
        ))
    }

    /// Gives other names: `old` to `new` for a tensor of the whole name `old`, and `old.rest` to `new.rest`.
    /// An empty `old` precedes every name, an empty `new` takes a prefix away. The longest fitting rule
    /// counts.
    ///
    /// # Errors
    /// [`Error::State`] for a rule that fits no tensor, and for two tensors of one name afterwards.
    pub fn rename(&mut self, rules: &[(String, String)]) -> Result<()> {
        let fits = |rule: &str, name: &str| rest(name, rule).is_some();
        if let Some((old, _)) = rules.iter().find(|(old, _)| !self.0.iter().any(|w| fits(old, &w.name))) {
            let names: Vec<_> = self.0.iter().take(3).map(|weight| format!("`{}`", weight.name)).collect();
            return Err(Error::State(format!(
                "rename: the file has no tensor `{old}` and none that begins with `{old}.`; it has {}, ..",
                names.join(", ")
            )));
        }
        let mut taken: HashMap<String, String> = HashMap::new();
        for weight in &mut self.0 {
            let rule =
                rules.iter().filter(|(old, _)| fits(old, &weight.name)).max_by_key(|(old, _)| old.len());
            let renamed = match rule {
                Some((old, new)) => joined(new, rest(&weight.name, old).unwrap_or("")),
                None => weight.name.clone(),
            };
            if let Some(other) = taken.insert(renamed.clone(), weight.name.clone()) {
                let text = format!("rename: `{other}` and `{}` would both be `{renamed}`", weight.name);
                return Err(Error::State(text));
            }
            weight.name = renamed;
        }
        Ok(())
    }

    /// Puts the values into a module, floats converted to its element types, and gives what was converted.
    /// The counters of PyTorch's batch normalisation are left out.
    ///
    /// # Errors
    /// As [`Module::load_state`]; [`Error::State`] for numbers that the module's element type does not hold.
    pub fn load_into(&self, module: &Module) -> Result<Vec<Converted>> {
        let expected: HashMap<_, _> = state::specs(&module.state()).into_iter().collect();
        let mut converted: Vec<Converted> = vec![];
        let mut tensors = vec![];
        for Weight { name, tensor, written } in &self.0 {
            let spec = expected.get(name);
            if spec.is_none() && name.rsplit('.').next() == Some(COUNTER) {
                continue;
            }
            let to = spec.map_or(tensor.dtype(), |spec| spec.dtype);
            let tensor = fitted(name, tensor, to)?;
            if tensor.dtype() == to && written != to.name() && to.is_float() {
                match converted.iter_mut().find(|group| group.from == *written && group.to == to) {
                    Some(group) => group.names.push(name.clone()),
                    None => {
                        converted.push(Converted { from: written.clone(), to, names: vec![name.clone()] })
                    }
                }
            }
            tensors.push((name.clone(), tensor));
        }
        module.load_state(&tensors)?;
        Ok(converted)
    }

    /// Whether the names are those that a module's tensors have.
    pub fn has_names_of(&self, module: &Module) -> bool {
        let mut missing: HashSet<String> = module.state().into_iter().map(|(name, _)| name).collect();
        let is_known =
            |weight: &Weight| missing.remove(&weight.name) || weight.name.rsplit('.').next() == Some(COUNTER);
        self.0.iter().all(is_known) && missing.is_empty()
    }

    /// The rule of [`Weights::rename`] that gives a module's names to most of the tensors that it does not
    /// know.
    pub fn suggested(&self, module: &Module) -> Option<(String, String)> {
        let expected: HashMap<_, _> = state::specs(&module.state()).into_iter().collect();
        let mut votes: HashMap<(&str, &str), usize> = HashMap::new();
        for weight in self.0.iter().filter(|weight| !expected.contains_key(&weight.name)) {
            let like = expected.iter().filter(|(_, spec)| spec.shape == weight.tensor.shape());
            for rule in like.filter_map(|(name, _)| apart(&weight.name, name)) {
                *votes.entry(rule).or_default() += 1;
            }
        }
        let best = votes.into_iter().max_by_key(|&((old, new), n)| (n, std::cmp::Reverse((old, new))))?;
        Some((best.0.0.to_owned(), best.0.1.to_owned()))
    }
}

/// What follows `old` and a dot; nothing for `old` itself.
fn rest<'a>(name: &'a str, old: &str) -> Option<&'a str> {
    match name.strip_prefix(old)? {
        _ if old.is_empty() => Some(name),
        "" => Some(""),
        rest => rest.strip_prefix('.'),
    }
}

fn joined(new: &str, rest: &str) -> String {
    match (new, rest) {
        ("", rest) => rest.to_owned(),
        (new, "") => new.to_owned(),
        (new, rest) => format!("{new}.{rest}"),
    }
}

/// What two names with the same last parts begin with.
fn apart<'a>(old: &'a str, new: &'a str) -> Option<(&'a str, &'a str)> {
    let parts = old.rsplit('.').zip(new.rsplit('.')).take_while(|(a, b)| a == b);
    let common: usize = parts.map(|(part, _)| part.len() + 1).sum();
    let before = |name: &'a str| &name[..name.len().saturating_sub(common)];
    (common > 0).then(|| (before(old), before(new)))
}

/// Floats as another type of floats; everything else as it is.
fn fitted(name: &str, tensor: &Tensor, to: DType) -> Result<Tensor> {
    if tensor.dtype() == to || !tensor.dtype().is_float() || !to.is_float() {
        return Ok(tensor.clone());
    }
    let cast = tensor.cast(to)?;
    let lost = |(x, y): (f64, f64)| x.is_finite() && !y.is_finite();
    if tensor.to_f64()?.into_iter().zip(cast.to_f64()?).any(lost) {
        return Err(Error::State(format!(
            "load: `{name}` has numbers beyond what {to} holds, nothing was changed"
        )));
    }
    Ok(cast)
}
