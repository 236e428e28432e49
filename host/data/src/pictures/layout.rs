//! How the pictures of a folder or archive are divided: into splits, and by folder into classes.

mod notes;

use std::collections::BTreeSet;

use super::{ATTRIBUTES, ends_with, is_picture};
use crate::{ItemLabels, ReadOptions, Split, left_out::LeftOut, store::Member};

/// Pictures in formats that are not read.
const OTHERS: [&str; 20] = [
    ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif", ".svg", ".ico", ".jp2", ".jxl", ".tga",
    ".exr", ".hdr", ".psd", ".dds", ".cr2", ".nef", ".dng", ".dcm",
];

/// Every picture with its split and class.
pub struct Layout<'a> {
    pictures: Vec<Placed<'a>>,
    /// Empty where there are no folders of that kind.
    splits: Vec<Split>,
    /// The classes of all splits, sorted.
    classes: Vec<&'a str>,
    /// How folders were understood, where that is not plain.
    notes: Vec<String>,
    left_out: LeftOut,
}

/// A picture of a split, or of all of them where there are none, and the folder in it.
#[derive(Clone, Copy)]
struct Placed<'a> {
    file: &'a Member,
    split: Option<Split>,
    class: Option<&'a str>,
}

/// The pictures of a split.
pub struct Chosen<'a> {
    pub files: Vec<&'a Member>,
    pub labels: ItemLabels,
}

impl<'a> Layout<'a> {
    /// Places the pictures among `files`. Where every picture has an attribute, it needs no folder to be of a
    /// class. What has neither is added to what was `left_out` before.
    pub fn of(files: &'a [Member], options: &ReadOptions, mut left_out: LeftOut) -> Self {
        let pictures: Vec<&Member> = files.iter().filter(|file| is_picture(&file.name)).collect();
        let named = options.attributes.as_ref().and_then(|path| path.file_name()?.to_str());
        let is_table = |name: &str| {
            named.is_some_and(|named| name.ends_with(named))
                || ATTRIBUTES.iter().any(|table| name.ends_with(table))
        };
        let others = files.iter().filter(|file| !is_picture(&file.name) && !is_table(&file.name));
        others.for_each(|file| leave_out(file, &mut left_out));
        let (mut placed, mut notes) = placed(&pictures);
        let splits: BTreeSet<Split> = placed.iter().filter_map(|picture| picture.split).collect();
        placed.retain(|picture| {
            let stays = splits.is_empty() || picture.split.is_some();
            if !stays {
                let what = ["picture outside of the splits", "pictures outside of the splits"];
                left_out.add(what, &picture.file.name);
            }
            stays
        });
        if options.labels.is_none() {
            leave_out_strays(&mut placed, &mut left_out);
            notes.extend(notes::unlike_training(&placed));
        }
        let classes: BTreeSet<&str> = placed.iter().filter_map(|picture| picture.class).collect();
        Self {
            pictures: placed,
            splits: splits.into_iter().collect(),
            classes: classes.into_iter().collect(),
            notes,
            left_out,
        }
    }

    /// Whether there is no picture.
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// What was left out.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// Warnings about the whole set.
    pub fn notes(&self) -> Vec<String> {
        let left_out = (!self.left_out.is_empty()).then(|| format!("left out: {}", self.left_out));
        self.notes.iter().cloned().chain(left_out).collect()
    }

    /// The pictures of a split. Without splits, all are for training, or for what the set's `own` name says.
    pub fn of_split(&self, split: Split, own: Option<Split>) -> Option<Chosen<'a>> {
        let all = self.splits.is_empty() && (split == Split::Train || own == Some(split));
        if !all && !self.splits.contains(&split) {
            return None;
        }
        let pictures = self.pictures.iter().filter(|picture| all || picture.split == Some(split));
        let (files, classes): (Vec<_>, Vec<_>) =
            pictures.map(|picture| (picture.file, picture.class)).unzip();
        let number = |class: Option<&str>| {
            class.map(|class| self.classes.partition_point(|known| *known < class) as u32)
        };
        let labels: Option<Vec<u32>> = classes.into_iter().map(number).collect();
        let why = "its pictures do not lie in folders that could be their classes, and the option `labels` \
                   names no attribute of a table";
        let classes = labels.iter().flat_map(|_| &self.classes).map(|&class| class.to_owned());
        let class_names = classes.collect();
        Some(Chosen {
            files,
            labels: ItemLabels { labels: labels.ok_or_else(|| why.to_owned()), class_names },
        })
    }
}

/// Every picture with its split and class, and how folders were understood, where that is not plain.
fn placed<'a>(pictures: &[&'a Member]) -> (Vec<Placed<'a>>, Vec<String>) {
    let top = common_folder(pictures);
    let names = || pictures.iter().map(|file| (*file, &file.name[top..]));
    let split = splits_by_name(names().map(|(_, name)| name));
    let outer: Vec<Placed> = names().map(|(file, name)| Placed::within(file, name, &split)).collect();
    let lone = lone_split(&outer);
    if lone.is_none() && outer.iter().any(|picture| picture.split.is_some()) {
        return (outer, Vec::new());
    }
    if lone.is_none() {
        let inner: Vec<Placed> = names().map(|(file, name)| Placed::inside(file, name)).collect();
        if let Some(note) = notes::inner_splits(&inner) {
            return (inner, vec![note]);
        }
    }
    let plain: Vec<Placed> = names().map(|(file, name)| Placed::of(file, None, name)).collect();
    let lone = lone.map(|folder| {
        format!("the folder `{folder}` lies beside others and is taken for a class, not for a split")
    });
    let notes = lone.or_else(|| notes::classes_like_splits(&plain)).into_iter().collect();
    (plain, notes)
}

/// The split that a folder at the top says: by its name alone, or by the names of several of them that differ
/// in the split alone (`seg_train`, `seg_test`).
fn splits_by_name<'a>(names: impl Iterator<Item = &'a str>) -> impl Fn(&str) -> Option<Split> {
    let folders: BTreeSet<&str> = names.filter_map(|name| Some(name.split_once('/')?.0)).collect();
    let worded: Vec<(Split, String)> = folders.iter().filter_map(|name| Split::with_rest(name)).collect();
    let rests: BTreeSet<String> = worded.iter().map(|(_, rest)| rest.clone()).collect();
    let is_one_kind = rests.len() == 1 && worded.iter().any(|(split, _)| *split != worded[0].0);
    move |folder| {
        let worded = || Split::with_rest(folder).map(|(split, _)| split);
        Split::of_folder(folder).or_else(|| is_one_kind.then(worded).flatten())
    }
}

impl<'a> Placed<'a> {
    /// A picture of that name, in the folder of a split that the name begins with, if any. Archives are often
    /// unpacked into a folder of their own name: `training_set/training_set/cat`.
    fn within(file: &'a Member, name: &'a str, split: &impl Fn(&str) -> Option<Split>) -> Self {
        let inside = name.split_once('/').and_then(|(folder, rest)| Some((folder, split(folder)?, rest)));
        inside.map_or(Self { file, split: None, class: None }, |(folder, split, rest)| {
            let again = rest.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            Self::of(file, Some(split), again.unwrap_or(rest))
        })
    }

    /// A picture of that name, whose class is the folder around that of the split: `bottle/train/good`.
    fn inside(file: &'a Member, name: &'a str) -> Self {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut start = 0;
        for part in folder.split('/') {
            if let Some(split) = Split::of_folder(part).filter(|_| start > 0) {
                return Self { file, split: Some(split), class: Some(&name[..start - 1]) };
            }
            start += part.len() + 1;
        }
        Self { file, split: None, class: None }
    }

    fn of(file: &'a Member, split: Option<Split>, name: &'a str) -> Self {
        Self { file, split, class: name.split_once('/').map(|(folder, _)| folder) }
    }
}

/// The folder with the name of a split, where it is a class: a single one that lies beside others and holds
/// its pictures as they do: pictures of trains.
fn lone_split<'a>(placed: &[Placed<'a>]) -> Option<&'a str> {
    let splits: BTreeSet<Split> = placed.iter().filter_map(|picture| picture.split).collect();
    let others = placed.iter().any(|picture| picture.split.is_none() && picture.file.name.contains('/'));
    let flat = placed.iter().all(|picture| picture.split.is_none() || picture.class.is_none());
    let lone = placed.iter().find(|picture| picture.split.is_some())?;
    let folder = lone.file.name.rsplit_once('/').map(|(folder, _)| folder)?;
    (splits.len() == 1 && others && flat).then_some(folder)
}

/// Leaves out what lies beside the folders of the classes, split by split.
fn leave_out_strays(placed: &mut Vec<Placed>, left_out: &mut LeftOut) {
    let with_classes: BTreeSet<Option<Split>> =
        placed.iter().filter(|picture| picture.class.is_some()).map(|picture| picture.split).collect();
    placed.retain(|picture| {
        let stays = picture.class.is_some() || !with_classes.contains(&picture.split);
        if !stays {
            left_out.add(
                ["picture beside the folders of the classes", "pictures beside the folders of the classes"],
                &picture.file.name,
            );
        }
        stays
    });
}

/// Whether a name is that of a picture of a format that is not read.
pub fn is_other_picture(name: &str) -> bool {
    ends_with(name, &OTHERS)
}

/// Notes a file that is not read.
fn leave_out(file: &Member, left_out: &mut LeftOut) {
    let what = match is_other_picture(&file.name) {
        true => ["picture of a format that is not read", "pictures of formats that are not read"],
        false => ["file that is no picture", "files that are no pictures"],
    };
    left_out.add(what, &file.name);
}

/// The length of the folder, with its `/`, that all names begin with, unless it is that of a split.
fn common_folder(files: &[&Member]) -> usize {
    let Some(first) = files.first() else { return 0 };
    let mut length = 0;
    while let Some(next) = first.name[length..].find('/').map(|at| length + at + 1) {
        let shared = files.iter().all(|file| file.name.starts_with(&first.name[..next]));
        if !shared || Split::of_folder(&first.name[length..next - 1]).is_some() {
            break;
        }
        length = next;
    }
    length
}
