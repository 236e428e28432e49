//! What modules inside a module give while it computes: its activations.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
};

use super::{Module, Value};
use crate::{Error, Result};

/// The outputs of the modules of those numbers, while somebody records them: each one's last.
#[derive(Default)]
struct Record {
    wanted: HashSet<usize>,
    found: HashMap<usize, Value>,
}

thread_local! {
    static RECORD: RefCell<Vec<Record>> = const { RefCell::new(Vec::new()) };
}

/// Notes what a module gave, for all who want it.
pub(super) fn note(module: usize, y: &Value) {
    RECORD.with_borrow_mut(|records| {
        for record in records.iter_mut().filter(|record| record.wanted.contains(&module)) {
            record.found.insert(module, y.clone());
        }
    });
}

/// What `f` gives, and what each of these modules gave last meanwhile. Ends also when `f` panics.
///
/// # Errors
/// Those of `f`; [`Error::State`] for a module that was not used.
pub fn recorded<T>(modules: &[(String, Module)], f: impl FnOnce() -> Result<T>) -> Result<(T, Vec<Value>)> {
    struct End(usize);
    impl Drop for End {
        fn drop(&mut self) {
            RECORD.with_borrow_mut(|records| records.truncate(self.0));
        }
    }
    let end = End(RECORD.with_borrow(Vec::len));
    let wanted = modules.iter().map(|(_, module)| module.id()).collect();
    RECORD.with_borrow_mut(|records| records.push(Record { wanted, ..Record::default() }));
    let y = f()?;
    let found = RECORD.with_borrow_mut(|records| records.pop()).unwrap_or_default().found;
    drop(end);
    let given = modules.iter().map(|(name, module)| {
        found.get(&module.id()).cloned().ok_or_else(|| {
            Error::State(format!("record: the part `{name}` was not used, so it gave nothing"))
        })
    });
    Ok((y, given.collect::<Result<_>>()?))
}
