//! The one error type of the crate.

use std::{any::Any, fmt, sync::Arc};

/// A position in a script: what an error or a traced operation comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptPosition {
    pub script: Arc<str>,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

impl fmt::Display for ScriptPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.script, self.line, self.column)
    }
}

/// What can go wrong: the operation, what it got and what it expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// Shapes that do not fit the operation or each other.
    #[error("{op}: the shape is {found}, expected {expected}")]
    Shape { op: &'static str, found: String, expected: String },
    /// An element type that the operation does not take.
    #[error("{op}: the element type is {found}, expected {expected}")]
    DType { op: &'static str, found: String, expected: String },
    /// Tensors on different devices, or a device that cannot do what is asked.
    #[error("{op}: the device is {found}, expected {expected}")]
    Device { op: &'static str, found: String, expected: String },
    /// An argument outside its range.
    #[error("{op}: {name} is {found}, expected {expected}")]
    Argument { op: &'static str, name: &'static str, found: String, expected: String },
    /// A gradient asked for twice.
    #[error(
        "backward: this graph was differentiated before and its intermediate values are gone; \
         compute the loss again, or take several gradients at once with `gradient`"
    )]
    Spent,
    /// A gradient asked of a tensor that depends on no parameter.
    #[error(
        "{op}: the tensor depends on nothing that is differentiated (no parameter, no `track()`, \
         or it was computed inside `no_grad`)"
    )]
    Untracked { op: &'static str },
    /// An operation without a gradient in the middle of a differentiated graph.
    #[error("backward: `{op}` has no gradient; cut the graph before it with `detach()`")]
    NotDifferentiable { op: &'static str },
    /// The value of a tensor that has none, because it only stands for one in a trace.
    #[error("{op}: the tensor is symbolic (the script is being traced), so it has no value yet")]
    Symbolic { op: &'static str },
    /// More memory than the budget of tensor bytes allows.
    #[error(
        "{op}: needs {needed} for a tensor of shape {shape}, and only {left} of the budget of {budget} \
         are left"
    )]
    Memory { op: &'static str, shape: String, needed: String, left: String, budget: String },
    /// A module that cannot be written as an ONNX file, and the position in the script that is the cause.
    #[error("save_onnx: {reason}")]
    NotExportable { reason: String, position: Option<ScriptPosition> },
    /// A tensor of that name is missing, superfluous or of another shape.
    #[error("{0}")]
    State(String),
    /// A module inside of another one failed.
    #[error("{error}; in module `{module}`")]
    Within { module: String, error: Box<Error> },
    /// A layer that was written outside of this crate failed.
    #[error("{layer}: {reason}")]
    Layer { layer: String, reason: String },
    /// A model's file that is damaged, not allowed or not supported, in words.
    #[error("{0}")]
    Graph(String),
    /// The run was asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A function of the caller's, which a module called, failed.
    #[error("{0}")]
    Caller(CallerError),
    /// A backend failed in a way that no check foresaw.
    #[error("{op}: the backend failed: {reason}")]
    Backend { op: &'static str, reason: String },
}

/// An error of the caller's own type, on its way back to the caller.
#[derive(Debug, Clone)]
pub struct CallerError(Arc<dyn std::error::Error + Send + Sync>);

impl CallerError {
    /// Wraps an error.
    pub fn new(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }

    /// The error, where it is of that type.
    pub fn get<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl PartialEq for CallerError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Display for CallerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error {
    /// [`Error::Shape`].
    pub fn shape(op: &'static str, found: impl ToString, expected: impl Into<String>) -> Self {
        Self::Shape { op, found: found.to_string(), expected: expected.into() }
    }

    /// [`Error::DType`].
    pub fn dtype(op: &'static str, found: impl ToString, expected: impl Into<String>) -> Self {
        Self::DType { op, found: found.to_string(), expected: expected.into() }
    }

    /// [`Error::Device`].
    pub fn device(op: &'static str, found: impl ToString, expected: impl Into<String>) -> Self {
        Self::Device { op, found: found.to_string(), expected: expected.into() }
    }

    /// [`Error::Argument`].
    pub fn argument(
        op: &'static str,
        name: &'static str,
        found: impl ToString,
        expected: impl Into<String>,
    ) -> Self {
        Self::Argument { op, name, found: found.to_string(), expected: expected.into() }
    }

    /// The same error with the name of the operation that was called instead of that of one of its parts.
    pub(crate) fn named(mut self, name: &'static str) -> Self {
        if let Some(op) = self.op_mut() {
            *op = name;
        }
        self
    }

    /// The name of the operation that the text begins with, if it does.
    pub fn op(&self) -> Option<&'static str> {
        match self {
            Self::Spent | Self::NotDifferentiable { .. } => Some("backward"),
            Self::NotExportable { .. } => Some("save_onnx"),
            other => other.clone().op_mut().copied(),
        }
    }

    fn op_mut(&mut self) -> Option<&mut &'static str> {
        match self {
            Self::Shape { op, .. }
            | Self::DType { op, .. }
            | Self::Device { op, .. }
            | Self::Argument { op, .. }
            | Self::Untracked { op }
            | Self::Symbolic { op }
            | Self::Memory { op, .. }
            | Self::Backend { op, .. } => Some(op),
            _ => None,
        }
    }

    /// Whether the error has to arrive as it is, with nothing said in its place: a stop, or an error of the
    /// caller's own.
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Interrupted | Self::Caller(_))
    }

    /// The same error with the name of the child that it happened in: `1.0` for child `0` of child `1`.
    pub(crate) fn within(self, child: &str) -> Self {
        match self {
            error if error.is_whole() => error,
            Self::Within { module, error } => Self::Within { module: format!("{child}.{module}"), error },
            error => Self::Within { module: child.to_owned(), error: Box::new(error) },
        }
    }
}

/// The result of everything in `ops` that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Refuses what does not hold.
///
/// # Errors
/// What `error` gives.
pub fn ensure(holds: bool, error: impl FnOnce() -> Error) -> Result<()> {
    if holds { Ok(()) } else { Err(error()) }
}

/// The message of a panic that was caught.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given")
}
