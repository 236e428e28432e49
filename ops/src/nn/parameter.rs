//! The tensors of a module.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::{Error, Gradients, Result, Spec, Tensor, ensure, tensor::trace};

/// What initialisers scale by, counted by the weight's shape as PyTorch counts it: of `[a, b, kernel ..]`,
/// `b` times the kernel's positions (`input`) and `a` times them (`output`). Of a weight `[out, in, kernel
/// ..]` the first is how many numbers are summed into one output; of a transposed convolution's,
/// `[in, out, kernel ..]`, it is how many outputs one input reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fans {
    pub input: usize,
    pub output: usize,
}

impl Fans {
    /// Those of a weight of that shape; `None` below two dimensions.
    pub fn of_weight(shape: &[usize]) -> Option<Self> {
        let [first, second, kernel @ ..] = shape else { return None };
        let positions: usize = kernel.iter().product();
        Some(Self { input: second * positions, output: first * positions })
    }
}

/// A tensor that a module owns: trained, or only kept (a buffer, such as a running mean). Clones are
/// handles of the same tensor.
#[derive(Clone)]
pub struct Parameter(Arc<ParameterInner>);

struct ParameterInner {
    value: Mutex<Tensor>,
    fans: Option<Fans>,
    role: TensorRole,
    frozen: AtomicBool,
}

/// What a tensor is to its module.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TensorRole {
    Trained,
    Buffer,
    Direction,
}

impl Parameter {
    /// A trainable parameter. Two or more dimensions are taken for a weight.
    ///
    /// # Errors
    /// [`Error::DType`] for anything but floats.
    pub fn new(value: &Tensor) -> Result<Self> {
        Self::with_fans(value, Fans::of_weight(value.shape()))
    }

    /// A trainable parameter with the fans of the map it belongs to; `None` for one that
    /// [`Module::init`](super::Module::init) leaves alone, such as the gain of a normalisation.
    ///
    /// # Errors
    /// [`Error::DType`] for anything but floats.
    pub fn with_fans(value: &Tensor, fans: Option<Fans>) -> Result<Self> {
        Ok(Self::from_parts(value.track()?, fans, TensorRole::Trained))
    }

    /// A tensor that is saved with the module but not trained.
    pub fn buffer(value: &Tensor) -> Self {
        Self::from_parts(value.detach(), None, TensorRole::Buffer)
    }

    /// A buffer that is a vector of length 1, such as a singular vector: the mean of several is shorter.
    pub fn direction(value: &Tensor) -> Self {
        Self::from_parts(value.detach(), None, TensorRole::Direction)
    }

    /// A stand-in for a trainable parameter that was computed: gradients pass through it.
    pub(super) fn computed(value: &Tensor) -> Self {
        Self::from_parts(value.clone(), None, TensorRole::Trained)
    }

    fn from_parts(value: Tensor, fans: Option<Fans>, role: TensorRole) -> Self {
        Self(Arc::new(ParameterInner {
            value: Mutex::new(value),
            fans,
            role,
            frozen: AtomicBool::new(false),
        }))
    }

    /// The value: a leaf that gradients are taken of, or a constant for a buffer and while frozen.
    /// In a trace, its symbolic tensor.
    pub fn get(&self) -> Tensor {
        if let Some(symbol) = trace::stand_in(self.id()) {
            return symbol;
        }
        let value = self.lock().clone();
        if self.is_frozen() { value.detach() } else { value }
    }

    /// The value as a constant, also in a trace.
    pub fn value(&self) -> Tensor {
        self.lock().detach()
    }

    /// Replaces the value. The leaf stays the same one, so gradients that were taken before are still
    /// found.
    ///
    /// # Errors
    /// [`Error::Shape`] for another shape or element type, [`Error::Device`] for another device.
    pub fn set(&self, value: &Tensor) -> Result<()> {
        let mut current = self.lock();
        ensure(value.device() == current.device(), || {
            Error::device("set", value.device(), format!("{}, that of the parameter", current.device()))
        })?;
        ensure(value.spec() == current.spec(), || {
            Error::shape("set", value.spec(), format!("{}, that of the parameter", current.spec()))
        })?;
        *current = value.track_as(&current);
        Ok(())
    }

    /// Replaces the value by one of any spec and device: what moving and converting a module does.
    pub(super) fn replace(&self, value: &Tensor) {
        let mut current = self.lock();
        *current = value.track_as(&current);
    }

    /// The value for the time of one step of an optimiser.
    pub(super) fn lock(&self) -> MutexGuard<'_, Tensor> {
        self.0.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shape and element type.
    pub fn spec(&self) -> Spec {
        self.lock().spec().clone()
    }

    /// The fans of the affine map that the parameter belongs to.
    pub fn fans(&self) -> Option<Fans> {
        self.0.fans
    }

    /// The gradient with respect to this parameter; `None` without one, for a buffer, while frozen.
    pub fn gradient<'a>(&self, gradients: &'a Gradients) -> Option<&'a Tensor> {
        gradients.of(&self.get())
    }

    /// Whether this is a buffer: saved, but not trained.
    pub fn is_buffer(&self) -> bool {
        self.0.role != TensorRole::Trained
    }

    /// Whether this is a buffer of length 1.
    pub fn is_direction(&self) -> bool {
        self.0.role == TensorRole::Direction
    }

    /// Whether training leaves the parameter alone for now.
    pub fn is_frozen(&self) -> bool {
        self.0.frozen.load(Ordering::Relaxed)
    }

    /// Makes the parameter a constant, or trainable again.
    pub fn set_frozen(&self, frozen: bool) {
        self.0.frozen.store(frozen, Ordering::Relaxed);
    }

    /// Whether two handles are of one parameter.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A number that the handles of one parameter share and no other parameter alive has.
    pub(super) fn id(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// A parameter of its own with the same value.
    pub(super) fn copy(&self) -> Result<Self> {
        let value = self.lock().detach();
        let copy = match self.0.role {
            TensorRole::Trained => Self::with_fans(&value, self.fans())?,
            TensorRole::Buffer => Self::buffer(&value),
            TensorRole::Direction => Self::direction(&value),
        };
        copy.set_frozen(self.is_frozen());
        Ok(copy)
    }
}
