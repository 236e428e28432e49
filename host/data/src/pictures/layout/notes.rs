//! What is said of folders that can be understood in more than one way.

use std::collections::{BTreeMap, BTreeSet};

use super::Placed;
use crate::{Split, left_out::examples};

/// The note on splits that lie inside the folders of classes, where they do: where the folder of at least one
/// class has two of them. One alone may be anything, such as pictures of trains among vehicles.
pub fn inner_splits(placed: &[Placed]) -> Option<String> {
    let mut splits: BTreeMap<&str, BTreeSet<Split>> = BTreeMap::new();
    for picture in placed {
        if let (Some(class), Some(split)) = (picture.class, picture.split) {
            splits.entry(class).or_default().insert(split);
        }
    }
    splits.values().any(|splits| splits.len() > 1).then(|| {
        format!(
            "its splits lie inside of folders ({}), which are taken for the classes; folders further in tell \
             nothing",
            examples(splits.keys(), splits.len())
        )
    })
}

/// The note on folders whose names say a split, but not as a split's folder does, so that they are classes.
pub fn classes_like_splits(placed: &[Placed]) -> Option<String> {
    let says = |class: &&str| Split::with_rest(class).is_some() || says_at_its_start(class);
    let classes: BTreeSet<&str> = placed.iter().filter_map(|picture| picture.class).filter(says).collect();
    (!classes.is_empty()).then(|| {
        format!(
            "folders whose names begin or end as those of splits do are taken for classes ({}); call them \
             `train`, `test` and `validation` if they are splits",
            examples(&classes, classes.len())
        )
    })
}

/// `trainA`, as in sets of two domains.
fn says_at_its_start(class: &str) -> bool {
    ["train", "test", "val"].iter().any(|split| {
        let rest = class.strip_prefix(split).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_uppercase())
    })
}

/// The note on a split none of whose classes is one of the training split.
pub fn unlike_training(placed: &[Placed]) -> Option<String> {
    let classes = |split: Split| -> BTreeSet<&str> {
        placed.iter().filter(|p| p.split == Some(split)).filter_map(|p| p.class).collect()
    };
    let training = classes(Split::Train);
    let others = [Split::Test, Split::Validation].map(|split| (split, classes(split)));
    let unlike = others
        .into_iter()
        .find(|(_, classes)| !training.is_empty() && !classes.is_empty() && classes.is_disjoint(&training));
    unlike.map(|(split, classes)| {
        format!(
            "no class of the {split} split ({}) is one of the train split ({})",
            examples(&classes, classes.len()),
            examples(&training, training.len())
        )
    })
}
