//! Names that are given once each.

use std::collections::HashMap;

/// Each name, with how often it was asked for.
#[derive(Default)]
pub(super) struct Names(HashMap<String, u32>);

impl Names {
    /// The name itself the first time, then `name_2`, `name_3` and so on.
    pub fn unique(&mut self, name: &str) -> String {
        let Some(mut count) = self.0.get(name).copied() else {
            self.0.insert(name.to_owned(), 1);
            return name.to_owned();
        };
        loop {
            count += 1;
            let candidate = format!("{name}_{count}");
            if !self.0.contains_key(&candidate) {
                self.0.insert(candidate.clone(), 1);
                self.0.insert(name.to_owned(), count);
                return candidate;
            }
        }
    }
}
