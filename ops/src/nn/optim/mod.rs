//! Optimisers. A [`Rule`] says how one parameter moves; the [`Optimiser`] keeps, for each parameter,
//! how many steps it made and the tensors (moments) that the rule remembers.

mod adam;
mod fused;
mod rms_prop;
mod rule;
mod sgd;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use adam::Adam;
pub use rms_prop::RmsProp;
pub use rule::{OptimiserStep, Rule};
pub use sgd::Sgd;

use super::{Parameter, state};
use crate::{Error, Gradients, Result, Tensor, no_grad};

/// A rule at work on named parameters. Clones are handles of the same optimiser.
#[derive(Clone)]
pub struct Optimiser(Arc<OptimiserInner>);

struct OptimiserInner {
    rule: Box<dyn Rule>,
    parameters: Vec<(String, Parameter)>,
    /// The learning rate that it was made with.
    initial_learning_rate: f64,
    progress: Mutex<OptimiserProgress>,
}

struct OptimiserProgress {
    steps: u64,
    learning_rate: f64,
    /// One for each parameter.
    memories: Vec<ParameterMemory>,
}

/// What an optimiser remembers of one parameter.
#[derive(Clone, Default)]
struct ParameterMemory {
    steps: u64,
    /// As the rule names them; none before the first step.
    moments: Vec<Tensor>,
}

/// All that changes in an optimiser, as plain data.
#[derive(Debug, Clone, Default)]
pub struct OptimiserState {
    /// How often [`Optimiser::step`] was called.
    pub steps: u64,
    pub learning_rate: f64,
    /// The parameters that ever had a gradient, with how many steps each made.
    pub moved: Vec<(String, u64)>,
    /// For each of them `NAME.MOMENT`, for each moment of the rule.
    pub tensors: Vec<(String, Tensor)>,
}

impl OptimiserState {
    /// Whether both are of one moment: every number and every tensor is the same one.
    pub fn is_same(&self, other: &Self) -> bool {
        self.steps == other.steps
            && self.learning_rate.to_bits() == other.learning_rate.to_bits()
            && self.moved == other.moved
            && self.tensors.len() == other.tensors.len()
            && self.tensors.iter().zip(&other.tensors).all(|(a, b)| a.1.shares_value(&b.1))
    }
}

impl Optimiser {
    /// An optimiser of these parameters. Buffers are left out, tied parameters count once.
    ///
    /// # Errors
    /// [`Error::Argument`] for a setting of the rule or a learning rate outside its range, for no
    /// parameters, and for two different ones of one name.
    pub fn new(rule: impl Rule, learning_rate: f64, parameters: Vec<(String, Parameter)>) -> Result<Self> {
        rule.check()?;
        check_learning_rate(learning_rate)?;
        let mut kept: Vec<(String, Parameter)> = Vec::new();
        for (name, parameter) in parameters {
            if parameter.is_buffer() || kept.iter().any(|(_, known)| known.is_same(&parameter)) {
                continue;
            }
            if kept.iter().any(|(known, _)| *known == name) {
                return Err(wrong_list(format!("two different `{name}`"), "a name for each"));
            }
            kept.push((name, parameter));
        }
        if kept.is_empty() {
            return Err(wrong_list("empty".into(), "at least one that is trained"));
        }
        let memories = vec![ParameterMemory::default(); kept.len()];
        let progress = Mutex::new(OptimiserProgress { steps: 0, learning_rate, memories });
        let (rule, initial_learning_rate) = (Box::new(rule), learning_rate);
        Ok(Self(Arc::new(OptimiserInner { rule, parameters: kept, initial_learning_rate, progress })))
    }

    fn progress(&self) -> MutexGuard<'_, OptimiserProgress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves every parameter that has a gradient; the others are left alone.
    ///
    /// # Errors
    /// Those of the operations; parameters before the one that failed have moved.
    pub fn step(&self, gradients: &Gradients) -> Result<()> {
        let mut progress = self.progress();
        let learning_rate = progress.learning_rate;
        for ((name, parameter), memory) in self.0.parameters.iter().zip(&mut progress.memories) {
            let Some(gradient) = parameter.gradient(gradients) else { continue };
            let mut value = parameter.lock();
            same_spec(name, &value, gradient)?;
            memory.prepare(&*self.0.rule, &value)?;
            let step = OptimiserStep { learning_rate, number: memory.steps + 1 };
            if fused::applies(&value) {
                fused::step(&*self.0.rule, step, &mut value, gradient, &mut memory.moments)?;
            } else {
                let moved = no_grad(|| self.0.rule.plain(step, &value, gradient, &mut memory.moments))?;
                *value = moved.track_as(&value);
            }
            memory.steps += 1;
        }
        progress.steps += 1;
        Ok(())
    }

    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.progress().learning_rate
    }

    /// The learning rate that the optimiser was made with.
    pub fn initial_learning_rate(&self) -> f64 {
        self.0.initial_learning_rate
    }

    /// Sets the learning rate of the steps to come.
    ///
    /// # Errors
    /// [`Error::Argument`] for one below 0 or not finite.
    pub fn set_learning_rate(&self, learning_rate: f64) -> Result<()> {
        check_learning_rate(learning_rate)?;
        self.progress().learning_rate = learning_rate;
        Ok(())
    }

    /// How often [`Optimiser::step`] was called.
    pub fn steps(&self) -> u64 {
        self.progress().steps
    }

    /// The parameters that are moved.
    pub fn parameters(&self) -> &[(String, Parameter)] {
        &self.0.parameters
    }

    /// The rule: how a parameter moves.
    pub fn rule(&self) -> &dyn Rule {
        &*self.0.rule
    }

    /// All that a checkpoint has to keep.
    pub fn state(&self) -> OptimiserState {
        let progress = self.progress();
        let (mut moved, mut tensors) = (Vec::new(), Vec::new());
        for ((name, _), memory) in self.0.parameters.iter().zip(&progress.memories) {
            if memory.steps > 0 {
                moved.push((name.clone(), memory.steps));
                let moments = self.0.rule.moments().iter().zip(&memory.moments);
                tensors.extend(moments.map(|(moment, value)| (format!("{name}.{moment}"), value.clone())));
            }
        }
        OptimiserState { steps: progress.steps, learning_rate: progress.learning_rate, moved, tensors }
    }

    /// Restores a state in place: every other handle of this optimiser sees it. Parameters that the
    /// state says nothing of are as before their first step.
    ///
    /// # Errors
    /// [`Error::State`] naming every tensor that is missing, not known, or of another shape; nothing is
    /// changed then.
    pub fn load_state(&self, state: &OptimiserState) -> Result<()> {
        check_learning_rate(state.learning_rate)?;
        let mut steps: HashMap<&str, u64> = state.moved.iter().map(|(name, n)| (name.as_str(), *n)).collect();
        let steps: Vec<_> =
            self.0.parameters.iter().map(|(name, _)| steps.remove(name.as_str()).unwrap_or(0)).collect();
        let moved = self.0.parameters.iter().zip(&steps).filter(|(_, steps)| **steps > 0);
        let expected = moved.flat_map(|((name, parameter), _)| {
            let moments = self.0.rule.moments().iter();
            moments.map(move |moment| (format!("{name}.{moment}"), parameter.spec()))
        });
        let mut found = state::matching_shapes("load", expected.collect(), &state.tensors)?.into_iter();
        let mut memories = Vec::new();
        for ((_, parameter), &steps) in self.0.parameters.iter().zip(&steps) {
            let count = if steps > 0 { self.0.rule.moments().len() } else { 0 };
            let device = parameter.lock().device();
            let moments = found.by_ref().take(count).map(|moment| moment.to_device(device));
            memories.push(ParameterMemory { steps, moments: moments.collect::<Result<_>>()? });
        }
        *self.progress() =
            OptimiserProgress { steps: state.steps, learning_rate: state.learning_rate, memories };
        Ok(())
    }

    /// A number that the handles of one optimiser share and no other optimiser alive has.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether two handles are of one optimiser.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl ParameterMemory {
    /// Zeros before the first step; on the device and in the element type of the parameter after its module
    /// was moved or converted.
    fn prepare(&mut self, rule: &dyn Rule, value: &Tensor) -> Result<()> {
        if self.moments.is_empty() {
            let zeros = rule.moments().iter().map(|_| value.zeros_like());
            self.moments = zeros.collect::<Result<_>>()?;
        }
        for moment in &mut self.moments {
            *moment = moment.to_device(value.device())?.cast(value.dtype())?;
        }
        Ok(())
    }
}

/// Refuses a gradient that was taken before the parameter was moved or converted.
fn same_spec(name: &str, value: &Tensor, gradient: &Tensor) -> Result<()> {
    if value.spec() == gradient.spec() && value.device() == gradient.device() {
        return Ok(());
    }
    Err(Error::State(format!(
        "step: the gradient of `{name}` is {} on {}, expected {} on {}",
        gradient.spec(),
        gradient.device(),
        value.spec(),
        value.device()
    )))
}

fn wrong_list(found: String, expected: &str) -> Error {
    Error::argument("optimiser", "the list of parameters", found, expected)
}

fn check_learning_rate(learning_rate: f64) -> Result<()> {
    rule::within("the learning rate", learning_rate, 0.0..f64::INFINITY)
}

impl fmt::Display for Optimiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = self.progress();
        write!(
            f,
            "{}, learning rate {}, {} steps on {} tensors",
            self.0.rule.describe(),
            progress.learning_rate,
            progress.steps,
            self.0.parameters.len()
        )
    }
}
