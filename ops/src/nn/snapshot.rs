//! All that changes in a module, as plain data.

use super::{Module, Seen, state};
use crate::{Error, Result, Tensor};

/// What a module is at one moment: the values of its tensors, which of them are frozen, and the mode of
/// every module in it. Tensors are immutable, so keeping one costs no copy.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Parameters and buffers, named as in [`Module::state`].
    pub tensors: Vec<(String, Tensor)>,
    /// Which of them are buffers, and which are frozen.
    pub roles: Vec<Role>,
    /// For the module itself and everything in it, in the order of [`Module::walk`].
    pub modules: Vec<Mode>,
}

/// What training does to a tensor of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    pub buffer: bool,
    pub frozen: bool,
}

/// How a module behaves, and its last inputs, which an export without sizes takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Mode {
    pub training: bool,
    pub seen: Option<Seen>,
}

impl Snapshot {
    /// Whether `other` differs in nothing that changes a result: what modules have seen does not count,
    /// and buffers do not where `buffers` is false.
    pub fn is_same(&self, other: &Self, buffers: bool) -> bool {
        let mut values = self.tensors.iter().zip(&other.tensors).zip(&self.roles);
        self.roles == other.roles
            && self.tensors.len() == other.tensors.len()
            && values.all(|((a, b), role)| (role.buffer && !buffers) || a.1.shares_value(&b.1))
            && self.modules.len() == other.modules.len()
            && self.modules.iter().zip(&other.modules).all(|(a, b)| a.training == b.training)
    }

    /// The buffers alone.
    pub fn buffers(&self) -> Vec<(String, Tensor)> {
        let all = self.tensors.iter().zip(&self.roles);
        all.filter(|(_, role)| role.buffer).map(|(named, _)| named.clone()).collect()
    }

    /// Whether no value is NaN.
    ///
    /// # Errors
    /// [`Error::Backend`] when a device does not give its values.
    pub fn is_sound(&self) -> Result<bool> {
        for (_, tensor) in self.tensors.iter().filter(|(_, tensor)| tensor.dtype().is_float()) {
            if tensor.to_f32()?.iter().any(|x| x.is_nan()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Module {
    /// What the module is now.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (name, parameter) in self.state() {
            snapshot.tensors.push((name, parameter.get().detach()));
            snapshot.roles.push(Role { buffer: parameter.is_buffer(), frozen: parameter.is_frozen() });
        }
        self.walk(&mut |module| {
            snapshot.modules.push(Mode { training: module.is_training(), seen: module.last_inputs() });
        });
        snapshot
    }

    /// Restores a snapshot in place: every other handle of this module, and of what it is made of, sees
    /// it. Element types and devices become those of the snapshot.
    ///
    /// # Errors
    /// [`Error::State`] naming every tensor that is missing, not known, or of another shape, and for a
    /// module of other parts; nothing is changed then.
    pub fn load_snapshot(&self, snapshot: &Snapshot) -> Result<()> {
        let parameters = self.state();
        let values = state::matching_shapes("load", state::specs(&parameters), &snapshot.tensors)?;
        let mut modules = Vec::new();
        self.walk(&mut |module| modules.push(module.clone()));
        if modules.len() != snapshot.modules.len() || parameters.len() != snapshot.roles.len() {
            return Err(Error::State("load: the module is made of other parts, nothing was changed".into()));
        }
        for (((_, parameter), value), role) in parameters.iter().zip(values).zip(&snapshot.roles) {
            parameter.replace(value);
            parameter.set_frozen(role.frozen);
        }
        modules.iter().zip(&snapshot.modules).for_each(|(module, mode)| module.set_mode(mode));
        Ok(())
    }

    /// Restores the buffers alone, in place.
    ///
    /// # Errors
    /// [`Error::State`] as [`Module::load_snapshot`]; nothing is changed then.
    pub fn load_buffers(&self, buffers: &[(String, Tensor)]) -> Result<()> {
        let own = self.named_buffers();
        let values = state::matching_shapes("load", state::specs(&own), buffers)?;
        own.iter().zip(values).for_each(|((_, buffer), value)| buffer.replace(value));
        Ok(())
    }
}
