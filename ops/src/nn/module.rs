//! Modules: a layer, the parameters it computes with and the modules it is made of.

mod copies;

use std::{
    any::Any,
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    Mode, Parameter, Value, record, state,
    watch::{self, WatchedLayer},
};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure, no_grad,
    tensor::{countable, supported, trace},
};

/// Inputs of a module, without their elements.
pub type Seen = Vec<Value<Spec>>;

/// What a kind of module computes. It holds the settings; the tensors are in the [`Module`]. As a `dyn Any`
/// it can be made its own type again.
pub trait Layer: Any + Send + Sync {
    /// The kind, as `Conv2d`.
    fn name(&self) -> &str;

    /// The settings, as `1 -> 128, kernel 5`; may be empty.
    fn describe(&self) -> String {
        String::new()
    }

    /// Computes what the layer makes of its inputs; most take one tensor ([`value::one`]) and give one.
    ///
    /// # Errors
    /// [`Error::Layer`] for other inputs; those of its operations.
    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value>;

    /// How deep what the layer holds is nested, besides the parameters and children of its module.
    fn depth(&self) -> usize {
        0
    }
}

/// A network or a part of one. Clones are handles of the same module.
#[derive(Clone)]
pub struct Module(Arc<ModuleInner>);

struct ModuleInner {
    layer: Arc<dyn Layer>,
    parameters: Vec<(String, Parameter)>,
    children: Vec<(String, Module)>,
    training: AtomicBool,
    depth: usize,
    count: usize,
    /// The last inputs that were computed with.
    seen: Mutex<Option<Seen>>,
}

impl Module {
    /// A module, in training mode. Names are the ones that saved states show: a parameter `weight` of
    /// a child `0` is `0.weight`.
    pub fn new(
        layer: impl Layer,
        parameters: Vec<(String, Parameter)>,
        children: Vec<(String, Module)>,
    ) -> Self {
        Self::from_parts(Arc::new(layer), parameters, children, true)
    }

    fn from_parts(
        layer: Arc<dyn Layer>,
        parameters: Vec<(String, Parameter)>,
        children: Vec<(String, Module)>,
        training: bool,
    ) -> Self {
        let modules = || children.iter().map(|(_, child)| child);
        let deepest = modules().map(Self::depth).max().unwrap_or(0).max(layer.depth());
        let count = modules().map(Self::count).fold(1_usize, usize::saturating_add);
        Self(Arc::new(ModuleInner {
            layer,
            parameters,
            children,
            training: AtomicBool::new(training),
            depth: deepest + 1,
            count,
            seen: Mutex::default(),
        }))
    }

    /// What the module makes of its inputs.
    ///
    /// # Errors
    /// [`Error::Layer`] for inputs that it does not take; those of its operations.
    pub fn call(&self, inputs: &[Value]) -> Result<Value> {
        let tensors: Vec<_> = inputs.iter().flat_map(Value::tensors).collect();
        tensors.iter().try_for_each(|x| takes(x))?;
        if !tensors.iter().any(|x| x.is_symbolic()) {
            *self.seen() = Some(inputs.iter().map(Value::specs).collect());
        }
        self.watched(|| trace::inside(self.id(), || self.0.layer.call(self, inputs)))
    }

    /// The tensor that the module makes of a tensor.
    ///
    /// # Errors
    /// As [`Module::call`]; [`Error::Layer`] where it gives anything else.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.call(&[x.into()])?.tensor(self.layer().name(), "it gives")
    }

    /// As [`Module::forward`], of a module that depends on a condition: labels `[N]`, or vectors `[N, D]`.
    ///
    /// # Errors
    /// As [`Module::forward`].
    pub fn forward_with(&self, x: &Tensor, condition: &Tensor) -> Result<Tensor> {
        self.call(&[x.into(), condition.into()])?.tensor(self.layer().name(), "it gives")
    }

    fn seen(&self) -> MutexGuard<'_, Option<Seen>> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The inputs that the module computed with last, without their elements, where it has computed at all.
    pub fn last_inputs(&self) -> Option<Seen> {
        self.seen().clone()
    }

    /// Runs the layer, for who looks at the pass.
    fn watched(&self, run: impl FnOnce() -> Result<Value>) -> Result<Value> {
        let about = || WatchedLayer {
            kind: self.layer().name().to_owned(),
            module: Some(self.id()),
            parameters: self.0.parameters.iter().map(|(_, parameter)| parameter.clone()).collect(),
            ..WatchedLayer::default()
        };
        let spec = |y: &Value| y.tensors().first().map(|y| y.spec().clone());
        let y = watch::layer(about, spec, run)?;
        record::note(self.id(), &y);
        Ok(y)
    }

    /// The gradient of the sum of the outputs with respect to the input, in the input's shape: for a
    /// critic that scores each sample by itself, the gradient of each score by its sample. It can be
    /// differentiated again, by the parameters and by what a tracked `x` was computed from.
    ///
    /// # Errors
    /// Those of the layer; [`Error::Untracked`] inside [`no_grad`].
    pub fn input_gradient(&self, x: &Tensor, condition: Option<&Tensor>) -> Result<Tensor> {
        let x = if x.is_tracked() { x.clone() } else { x.track()? };
        let y = condition.map_or_else(|| self.forward(&x), |condition| self.forward_with(&x, condition))?;
        let gradients = y.gradient(&[&x]).map_err(|e| e.named("input_gradient"))?;
        gradients.into_iter().next().ok_or(Error::Untracked { op: "input_gradient" })
    }

    /// What the module computes.
    pub fn layer(&self) -> &dyn Layer {
        &*self.0.layer
    }

    /// The parameters and buffers of this module without its children's.
    pub fn own_parameters(&self) -> &[(String, Parameter)] {
        &self.0.parameters
    }

    /// The parameter or buffer of that name, where this module itself has one.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.0.parameters.iter().find(|(known, _)| known == name).map(|(_, parameter)| parameter)
    }

    /// The value of a parameter that the layer cannot do without.
    ///
    /// # Errors
    /// [`Error::State`] when the module was made without it.
    pub fn value(&self, name: &str) -> Result<Tensor> {
        self.parameter(name)
            .map(Parameter::get)
            .ok_or_else(|| Error::State(format!("{}: there is no parameter `{name}`", self.layer().name())))
    }

    /// The modules that this one is made of, in order.
    pub fn children(&self) -> &[(String, Module)] {
        &self.0.children
    }

    /// How many levels of modules there are, this one included.
    pub fn depth(&self) -> usize {
        self.0.depth
    }

    /// How many modules there are, this one included; one that is used several times counts each time.
    pub fn count(&self) -> usize {
        self.0.count
    }

    /// The child of that name.
    pub fn child(&self, name: &str) -> Option<&Module> {
        self.0.children.iter().find(|(known, _)| known == name).map(|(_, child)| child)
    }

    /// The module of that path within this one: `encoder.2`.
    pub fn submodule(&self, path: &str) -> Option<&Module> {
        let within = |(dot, _)| self.child(&path[..dot])?.submodule(&path[dot + 1..]);
        self.child(path).or_else(|| path.match_indices('.').find_map(within))
    }

    /// Everything that a saved state holds: parameters and buffers with dotted names, as
    /// `encoder.0.weight`. A tied parameter appears once, under its first name.
    pub fn state(&self) -> Vec<(String, Parameter)> {
        let mut found = Vec::new();
        self.collect("", &mut HashSet::new(), &mut found);
        found
    }

    fn collect(&self, prefix: &str, seen: &mut HashSet<usize>, found: &mut Vec<(String, Parameter)>) {
        for (name, parameter) in &self.0.parameters {
            if seen.insert(parameter.id()) {
                found.push((format!("{prefix}{name}"), parameter.clone()));
            }
        }
        for (name, child) in &self.0.children {
            child.collect(&format!("{prefix}{name}."), seen, found);
        }
    }

    /// The trainable parameters, frozen ones included, named as in [`Module::state`].
    pub fn named_parameters(&self) -> Vec<(String, Parameter)> {
        self.state().into_iter().filter(|(_, parameter)| !parameter.is_buffer()).collect()
    }

    /// The buffers, named as in [`Module::state`].
    pub fn named_buffers(&self) -> Vec<(String, Parameter)> {
        self.state().into_iter().filter(|(_, parameter)| parameter.is_buffer()).collect()
    }

    /// How many numbers are trained.
    pub fn parameter_count(&self) -> usize {
        self.named_parameters().iter().map(|(_, parameter)| parameter.spec().len()).sum()
    }

    /// Calls `f` with this module and everything in it: a module before its children, those in order.
    pub fn walk(&self, f: &mut impl FnMut(&Module)) {
        f(self);
        self.0.children.iter().for_each(|(_, child)| child.walk(f));
    }

    /// Sets the mode of this module and everything in it: training, or evaluation.
    pub fn training(&self, on: bool) {
        self.walk(&mut |module| module.0.training.store(on, Ordering::Relaxed));
    }

    /// Sets the mode of this module alone, and what it has seen.
    pub(super) fn set_mode(&self, mode: &Mode) {
        self.0.training.store(mode.training, Ordering::Relaxed);
        self.seen().clone_from(&mode.seen);
    }

    /// Whether the module is in training mode.
    pub fn is_training(&self) -> bool {
        self.0.training.load(Ordering::Relaxed)
    }

    /// Runs `f` with this module and everything in it in evaluation. Each has its own mode again after it.
    pub fn evaluating<T>(&self, f: impl FnOnce() -> T) -> T {
        let mut modes = Vec::new();
        self.walk(&mut |module| modes.push((module.clone(), module.is_training())));
        self.training(false);
        let result = f();
        modes.iter().for_each(|(module, on)| module.0.training.store(*on, Ordering::Relaxed));
        result
    }

    /// Whether the module is to behave as in training on this input. Traces are of evaluation: what
    /// they are made for, an exported model, does not train.
    pub fn is_learning(&self, x: &Tensor) -> bool {
        self.is_training() && !x.is_symbolic()
    }

    /// Makes all parameters constants.
    pub fn freeze(&self) {
        self.state().iter().for_each(|(_, parameter)| parameter.set_frozen(true));
    }

    /// Makes all parameters trainable again.
    pub fn unfreeze(&self) {
        self.state().iter().for_each(|(_, parameter)| parameter.set_frozen(false));
    }

    /// Moves all parameters and buffers to a device.
    ///
    /// # Errors
    /// [`Error::DType`] or [`Error::Memory`] when the device cannot hold them; nothing is moved then.
    pub fn to_device(&self, device: Device) -> Result<()> {
        self.replace_all(|value| value.to_device(device))
    }

    /// Converts all parameters and buffers of floats to another float type.
    ///
    /// # Errors
    /// [`Error::DType`] for a type that is no float or that the device does not compute in; nothing is
    /// converted then.
    pub fn cast(&self, dtype: DType) -> Result<()> {
        ensure(dtype.is_float(), || Error::dtype("cast", format!("{dtype} for a module"), "f32 or f64"))?;
        self.replace_all(|value| if value.dtype().is_float() { value.cast(dtype) } else { Ok(value.clone()) })
    }

    fn replace_all(&self, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<()> {
        let state = self.state();
        let values =
            no_grad(|| state.iter().map(|(_, parameter)| f(&parameter.get())).collect::<Result<Vec<_>>>())?;
        state.iter().zip(&values).for_each(|((_, parameter), value)| parameter.replace(value));
        Ok(())
    }

    /// Replaces all parameters and buffers in place: every other handle of this module sees it.
    ///
    /// # Errors
    /// [`Error::State`] naming every tensor that is missing, not known, or of another shape or element
    /// type; nothing is changed then.
    pub fn load_state(&self, tensors: &[(String, Tensor)]) -> Result<()> {
        let state = self.state();
        let found = state::matching("load", &state::specs(&state), tensors)?;
        let moved = state.iter().zip(found).map(|((_, parameter), value)| {
            let device = parameter.lock().device();
            value.to_device(device)
        });
        let values = moved.collect::<Result<Vec<_>>>()?;
        state.iter().zip(&values).for_each(|((_, parameter), value)| parameter.replace(value));
        Ok(())
    }

    /// All parameters and buffers in the safetensors format.
    ///
    /// # Errors
    /// [`Error::Backend`] when a device does not give its values.
    pub fn save(&self) -> Result<Vec<u8>> {
        let tensors: Vec<_> =
            self.state().into_iter().map(|(name, parameter)| (name, parameter.get())).collect();
        state::to_safetensors(&tensors)
    }

    /// Restores what [`Module::save`] gave, in place.
    ///
    /// # Errors
    /// [`Error::State`] for bytes of another format, and as [`Module::load_state`].
    pub fn load(&self, bytes: &[u8]) -> Result<()> {
        self.load_state(&state::from_safetensors(bytes)?)
    }

    /// A number that the handles of one module share and no other module alive has.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether two handles are of one module.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Refuses symbolic tensors of specs that no tensor can have.
fn takes(x: &Tensor) -> Result<()> {
    supported("forward", x.spec(), x.device())?;
    countable("forward", x.spec())
}
