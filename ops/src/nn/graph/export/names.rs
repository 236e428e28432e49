//! Names that are given once each.

use std::collections::HashSet;

#[derive(Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The name itself the first time, then `name_2`, `name_3` and so on.
    pub fn unique(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut count = 1;
        while !self.0.insert(candidate.clone()) {
            count += 1;
            candidate = format!("{name}_{count}");
        }
        candidate
    }
}
