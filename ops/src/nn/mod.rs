//! Networks: parameters, modules made of layers, losses, optimisers.
//!
//! Reading order: [`Parameter`] (a tensor that is trained), [`Module`] (a layer with its parameters and
//! children), the layers, [`init`], [`loss`], [`optim`], [`schedule`]. All handles are cheap clones
//! of one thing, so what one of them changes every other one sees.

mod average;
mod bce;
mod clip;
mod display;
mod draft;
pub mod init;
mod layer;
pub mod loss;
mod module;
pub mod optim;
mod parameter;
mod record;
pub mod schedule;
mod snapshot;
pub mod state;
mod summary;
pub mod value;
pub mod watch;
mod weights;

pub use draft::{Draft, DraftOutput};
pub use layer::*;
pub use module::{Layer, Module, Seen};
pub use optim::{
    Adadelta, Adagrad, Adam, AdamForm, Adamax, Lion, Optimiser, OptimiserState, RmsProp, Schedule, Scheduler,
    SchedulerState, Sgd,
};
pub use parameter::{Fans, Parameter};
pub use record::recorded;
pub use snapshot::{Mode, Role, Snapshot};
pub use summary::Summary;
pub use value::Value;
pub use weights::{Converted, Weights};
