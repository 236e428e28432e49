//! The splits that the makers of a set divided it into.

use std::fmt;

use files::Error;

/// A part of a set that was set aside for a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    Train,
    Test,
    Validation,
}

impl Split {
    pub const ALL: [Self; 3] = [Self::Train, Self::Test, Self::Validation];

    /// The split that a folder of that name holds: `train`, `Testing`, `val`.
    pub fn named(name: &str) -> Option<Self> {
        match &*name.to_ascii_lowercase() {
            "train" | "training" => Some(Self::Train),
            "test" | "testing" | "t10k" => Some(Self::Test),
            "val" | "valid" | "validation" => Some(Self::Validation),
            _ => None,
        }
    }

    /// The split that a word of a file's or array's name says: `kmnist-test-imgs.npz`, `x_train`.
    pub fn of_name(name: &str) -> Option<Self> {
        name.split(|c: char| !c.is_ascii_alphanumeric()).find_map(Self::named)
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Test => "test",
            Self::Validation => "validation",
        })
    }
}

/// The error for a split that the set `name` does not have; `has` are those that it has.
pub fn missing(name: &str, split: Split, has: &[Split]) -> Error {
    let listed = has.iter().map(Split::to_string).collect::<Vec<_>>().join(" and ");
    let (problem, help) = match has {
        [] => (
            format!("{name} has no {split} split, and does not say which of its items are meant for it"),
            divide(name),
        ),
        _ if split == Split::Train || !has.contains(&Split::Train) => (
            format!("{name} has no {split} split: it has {listed}"),
            format!("read what it has, with `{}()`", has[0]),
        ),
        _ => (format!("{name} has no {split} split: it has {listed}"), divide(name)),
    };
    Error::usage(problem, help)
}

fn divide(name: &str) -> String {
    format!(
        "divide it: `let parts = data::load({name:?}).train().random_split([0.9, 0.1]);`, or put its files \
         into \
         folders `train` and `test`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_are_splits() {
        for (name, split) in [
            ("train", Split::Train),
            ("Training", Split::Train),
            ("TEST", Split::Test),
            ("testing", Split::Test),
            ("val", Split::Validation),
            ("valid", Split::Validation),
            ("validation", Split::Validation),
        ] {
            assert_eq!(Split::named(name), Some(split), "{name}");
        }
        assert_eq!(Split::named("trains"), None);
        for (name, split) in [("t10k-images-idx3-ubyte", Split::Test), ("x_train", Split::Train)] {
            assert_eq!(Split::of_name(name), Some(split), "{name}");
        }
        assert_eq!(Split::of_name("latest_strain"), None);
    }

    #[test]
    fn a_missing_split_names_the_way_out() {
        let error = missing("a.npz", Split::Test, &[]).to_string();
        assert!(
            error.contains("a.npz has no test split") && error.contains("random_split([0.9, 0.1])"),
            "{error}"
        );
        let error = missing("a", Split::Test, &[Split::Train, Split::Validation]).to_string();
        assert!(error.contains("it has train and validation") && error.contains("random_split"), "{error}");
        let error = missing("a", Split::Train, &[Split::Test]).to_string();
        assert!(error.ends_with("help: read what it has, with `test()`"), "{error}");
    }
}
