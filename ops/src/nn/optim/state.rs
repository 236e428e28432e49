//! What a checkpoint or a file keeps of an optimiser.

use std::collections::HashMap;

use super::{LbfgsMemory, Optimiser, OptimiserProgress, ParameterMemory, check_learning_rate};
use crate::{
    Device, Error, Result, Spec, Tensor, ensure,
    nn::{Parameter, state},
};

/// All that changes in an optimiser, as plain data.
#[derive(Debug, Clone, Default)]
pub struct OptimiserState {
    /// How often [`Optimiser::step`] was called.
    pub steps: u64,
    /// One for each group.
    pub learning_rates: Vec<f64>,
    /// The parameters that ever had a gradient, with how many steps each made.
    pub moved: Vec<(String, u64)>,
    /// For each of them `NAME.MOMENT`, for each moment of the rule; of L-BFGS what it has of all together.
    pub tensors: Vec<(String, Tensor)>,
    /// The gradients that the next step will use, of the parameters that have one already.
    pub accumulated: Vec<(String, Tensor)>,
}

/// The names of the parts of a file, before those of parameters.
const MOVED: &str = "moved/";
const MOMENT: &str = "moment/";
const GRADIENT: &str = "gradient/";

impl OptimiserState {
    /// Whether both are of one moment: every number and every tensor is the same one.
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |own: &[(String, Tensor)], other: &[(String, Tensor)]| {
            own.len() == other.len()
                && own.iter().zip(other).all(|(a, b)| a.0 == b.0 && a.1.shares_value(&b.1))
        };
        let bits = |rates: &[f64]| rates.iter().map(|rate| rate.to_bits()).collect::<Vec<_>>();
        self.steps == other.steps
            && bits(&self.learning_rates) == bits(&other.learning_rates)
            && self.moved == other.moved
            && same(&self.tensors, &other.tensors)
            && same(&self.accumulated, &other.accumulated)
    }

    /// The state as named tensors: numbers, too.
    fn to_tensors(&self) -> Result<Vec<(String, Tensor)>> {
        let count = |n: u64| Tensor::from_data(vec![n as i64], [1], Device::Cpu);
        let groups = self.learning_rates.len();
        let rates = Tensor::from_data(self.learning_rates.clone(), [groups], Device::Cpu)?;
        let mut all = vec![("steps".to_owned(), count(self.steps)?), ("learning_rates".to_owned(), rates)];
        for (name, steps) in &self.moved {
            all.push((format!("{MOVED}{name}"), count(*steps)?));
        }
        let named = |prefix: &'static str| {
            move |(name, value): &(String, Tensor)| (format!("{prefix}{name}"), value.clone())
        };
        all.extend(self.tensors.iter().map(named(MOMENT)));
        all.extend(self.accumulated.iter().map(named(GRADIENT)));
        Ok(all)
    }

    /// What [`OptimiserState::to_tensors`] gave.
    fn from_tensors(tensors: Vec<(String, Tensor)>) -> Result<Self> {
        let mut state = Self::default();
        let whole = |value: &Tensor| value.item().map(|n| n as u64);
        for (name, value) in tensors {
            if let Some(name) = name.strip_prefix(MOVED) {
                state.moved.push((name.to_owned(), whole(&value)?));
            } else if let Some(name) = name.strip_prefix(MOMENT) {
                state.tensors.push((name.to_owned(), value));
            } else if let Some(name) = name.strip_prefix(GRADIENT) {
                state.accumulated.push((name.to_owned(), value));
            } else {
                match name.as_str() {
                    "steps" => state.steps = whole(&value)?,
                    "learning_rates" => state.learning_rates = value.to_f64()?,
                    _ => return Err(Error::State(format!("load: `{name}` is no part of an optimiser"))),
                }
            }
        }
        Ok(state)
    }
}

impl Optimiser {
    /// All that a checkpoint has to keep.
    pub fn state(&self) -> OptimiserState {
        let progress = self.progress();
        let mut state = OptimiserState {
            steps: progress.steps,
            learning_rates: progress.learning_rates.clone(),
            ..OptimiserState::default()
        };
        state.tensors.extend(progress.lbfgs.iter().flat_map(LbfgsMemory::tensors));
        for (i, ((name, _), memory)) in self.0.parameters.iter().zip(&progress.memories).enumerate() {
            if memory.steps > 0 {
                state.moved.push((name.clone(), memory.steps));
                let moments = self.moments(i).iter().zip(&memory.moments);
                let named = moments.map(|(moment, value)| (format!("{name}.{moment}"), value.clone()));
                state.tensors.extend(named);
            }
            state.accumulated.extend(memory.gradient.clone().map(|gradient| (name.clone(), gradient)));
        }
        state
    }

    /// The names of what is remembered of parameter `i`.
    fn moments(&self, i: usize) -> &'static [&'static str] {
        self.0.groups[self.0.group_of[i]].0.moments()
    }

    /// Restores a state in place: every other handle of this optimiser sees it. Parameters that the
    /// state says nothing of are as before their first step.
    ///
    /// # Errors
    /// [`Error::State`] naming every tensor that is missing, not known, or of another shape; nothing is
    /// changed then.
    pub fn load_state(&self, state: &OptimiserState) -> Result<()> {
        state.learning_rates.iter().try_for_each(|&rate| check_learning_rate(rate))?;
        let (found, groups) = (state.learning_rates.len(), self.0.groups.len());
        ensure(found == groups, || {
            Error::State(format!("load: the state has {found} groups of parameters, expected {groups}"))
        })?;
        let steps: HashMap<&str, u64> = state.moved.iter().map(|(name, n)| (name.as_str(), *n)).collect();
        let has_gradient = |name: &str| state.accumulated.iter().any(|(own, _)| own == name);
        let (mut moments, mut gradients) = (self.lbfgs_specs(state), Vec::new());
        let shared = moments.len();
        for (i, (name, parameter)) in self.0.parameters.iter().enumerate() {
            if steps.get(name.as_str()).is_some_and(|&steps| steps > 0) {
                let named = |moment: &&str| (format!("{name}.{moment}"), parameter.spec());
                moments.extend(self.moments(i).iter().map(named));
            }
            gradients.extend(has_gradient(name).then(|| (name.clone(), parameter.spec())));
        }
        let moments = matching(moments, &state.tensors)?;
        let gradients = matching(gradients, &state.accumulated)?;
        let (mut moments, mut gradients) = (moments.into_iter(), gradients.into_iter());
        let device = self.0.parameters[0].1.lock().device();
        let lbfgs = LbfgsMemory::from_tensors(moments.by_ref().take(shared).collect(), device)?;
        let mut memories = Vec::new();
        for (i, (name, parameter)) in self.0.parameters.iter().enumerate() {
            let steps = steps.get(name.as_str()).copied().unwrap_or(0);
            let count = if steps > 0 { self.moments(i).len() } else { 0 };
            let moved = |value: Tensor| to_parameter(&value, parameter);
            let moments = moments.by_ref().take(count).map(moved).collect::<Result<_>>()?;
            let gradient = if has_gradient(name) { gradients.next().map(moved).transpose()? } else { None };
            memories.push(ParameterMemory { steps, moments, gradient });
        }
        let learning_rates = state.learning_rates.clone();
        *self.progress() = OptimiserProgress { steps: state.steps, learning_rates, memories, lbfgs };
        Ok(())
    }

    /// The tensors of L-BFGS that a state must have; none of another rule.
    fn lbfgs_specs(&self, state: &OptimiserState) -> Vec<(String, Spec)> {
        let parameters = self.0.parameters.iter().map(|(_, parameter)| parameter.spec());
        let specs: Vec<Spec> = parameters.filter(|_| self.lbfgs().is_some()).collect();
        let Some(first) = specs.first() else { return vec![] };
        LbfgsMemory::expected(state.tensors.len(), specs.iter().map(Spec::len).sum(), first.dtype)
    }

    /// The state in the safetensors format.
    ///
    /// # Errors
    /// [`Error::Backend`] when a device does not give its values.
    pub fn save(&self) -> Result<Vec<u8>> {
        state::to_safetensors(&self.state().to_tensors()?)
    }

    /// Restores what [`Optimiser::save`] gave.
    ///
    /// # Errors
    /// [`Error::State`] for other bytes, and as [`Optimiser::load_state`].
    pub fn load(&self, bytes: &[u8]) -> Result<()> {
        self.load_state(&OptimiserState::from_tensors(state::from_safetensors(bytes)?)?)
    }
}

/// The tensors in the order in which they are expected.
fn matching(expected: Vec<(String, Spec)>, found: &[(String, Tensor)]) -> Result<Vec<Tensor>> {
    Ok(state::matching_shapes("load", expected, found)?.into_iter().cloned().collect())
}

/// A tensor on the device of a parameter.
fn to_parameter(value: &Tensor, parameter: &Parameter) -> Result<Tensor> {
    let device = parameter.lock().device();
    value.to_device(device)
}
