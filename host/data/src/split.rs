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

    /// Those that most sets have.
    pub const COMMON: [Self; 2] = [Self::Train, Self::Test];

    /// What folders, files and arrays of it are called.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Train => &["train", "training"],
            Self::Test => &["test", "testing", "t10k"],
            Self::Validation => &["val", "valid", "validation"],
        }
    }

    /// The split that a folder of that name holds: `train`, `Testing`, `val`.
    pub fn named(name: &str) -> Option<Self> {
        let is_word = |split: &Self| split.words().iter().any(|word| name.eq_ignore_ascii_case(word));
        Self::ALL.into_iter().find(is_word)
    }

    /// The split that a folder of that name holds, if its name says nothing else: `train`, `test_set`,
    /// `Training Images`, `trainset`, `val2017`.
    pub fn of_folder(name: &str) -> Option<Self> {
        let mut split = None;
        for word in words(name) {
            match Self::named(&word) {
                Some(named) if split.is_none_or(|split| split == named) => split = Some(named),
                None if NEUTRAL.contains(&&*word) || word.bytes().all(|c| c.is_ascii_digit()) => {}
                _ => return None,
            }
        }
        split
    }

    /// The split that one word of a folder's name says, and the others: `seg_test` is that of `seg`.
    pub fn with_rest(name: &str) -> Option<(Self, String)> {
        let words: Vec<String> = words(name).collect();
        let mut splits = words.iter().filter_map(|word| Self::named(word));
        let (split, None) = (splits.next()?, splits.next()) else { return None };
        let rest: Vec<&str> =
            words.iter().map(String::as_str).filter(|word| Self::named(word).is_none()).collect();
        Some((split, rest.join(" ")))
    }

    /// The split that a word of a file's or array's name says: `kmnist-test-imgs.npz`, `x_train`.
    pub fn of_name(name: &str) -> Option<Self> {
        name.split(|c: char| !c.is_ascii_alphanumeric()).find_map(Self::named)
    }
}

/// Words of a folder's name that do not say what is in it.
const NEUTRAL: [&str; 14] = [
    "set", "sets", "data", "dataset", "image", "images", "img", "imgs", "pic", "pics", "picture", "pictures",
    "photos", "split",
];

/// The words of a folder's name in lower case: between other characters, where digits begin, and before
/// `set`, `data` and `images` behind the name of a split.
fn words(name: &str) -> impl Iterator<Item = String> {
    let name = name.to_ascii_lowercase();
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let digits = |part: &str| part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
    let divided = |part: &str| {
        let (letters, rest) = part.split_at(digits(part));
        let tail = NEUTRAL.iter().find_map(|tail| {
            let first = letters.strip_suffix(tail)?;
            Split::named(first).map(|_| [first.to_owned(), (*tail).to_owned()])
        });
        let letters = tail.map_or_else(|| vec![letters.to_owned()], Vec::from);
        letters.into_iter().chain([rest.to_owned()]).filter(|word| !word.is_empty()).collect::<Vec<_>>()
    };
    parts.flat_map(divided).collect::<Vec<_>>().into_iter()
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
    missing_of(name, name, split, has)
}

/// [`missing`], of a part of that set that is called `subject` in the sentence.
pub fn missing_of(subject: &str, name: &str, split: Split, has: &[Split]) -> Error {
    let listed = has.iter().map(Split::to_string).collect::<Vec<_>>().join(" and ");
    let (problem, help) = match has {
        [] => (
            format!("{subject} has no {split} split, and does not say which of its items are meant for it"),
            divide(name),
        ),
        _ if split == Split::Train || !has.contains(&Split::Train) => (
            format!("{subject} has no {split} split: it has {listed}"),
            format!("read what it has, with `{}()`", has[0]),
        ),
        _ => (format!("{subject} has no {split} split: it has {listed}"), divide(name)),
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
    fn names_of_folders_that_say_a_split_and_nothing_else() {
        for name in
            ["train", "training_set", "Train Images", "trainset", "train-data", "imgs_train", "train2017"]
        {
            assert_eq!(Split::of_folder(name), Some(Split::Train), "{name}");
        }
        assert_eq!(Split::of_folder("test1"), Some(Split::Test));
        assert_eq!(Split::of_folder("validation_set"), Some(Split::Validation));
        for name in ["seg_train", "trainA", "test tubes", "images", "train_test", "", "2017", "steam train"] {
            assert_eq!(Split::of_folder(name), None, "{name}");
        }
        assert_eq!(Split::with_rest("seg_test"), Some((Split::Test, "seg".into())));
        assert_eq!(Split::with_rest("train_test_split"), None);
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
        let error =
            missing_of("`mnist`", "mnist", Split::Validation, &[Split::Train, Split::Test]).to_string();
        assert!(error.contains(r#"`let parts = data::load("mnist").train()"#), "{error}");
        let error = missing("a", Split::Train, &[Split::Test]).to_string();
        assert!(error.ends_with("help: read what it has, with `test()`"), "{error}");
    }
}
