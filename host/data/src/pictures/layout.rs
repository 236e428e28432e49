//! How the pictures of a folder or archive are divided: into splits, and by folder into classes.

use std::collections::BTreeSet;

use super::{ATTRIBUTES, PictureLabels, is_picture};
use crate::{ReadOptions, Split, left_out::LeftOut, store::Member};

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
    /// A folder with the name of a split that is a class.
    class_of_split: Option<&'a str>,
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
    pub labels: PictureLabels,
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
        let top = common_folder(&pictures);
        let mut placed: Vec<Placed> =
            pictures.iter().map(|file| Placed::within(file, &file.name[top..])).collect();
        let class_of_split = lone_split(&placed);
        let has_splits = class_of_split.is_none() && placed.iter().any(|picture| picture.split.is_some());
        if !has_splits {
            placed = pictures.iter().map(|file| Placed::of(file, None, &file.name[top..])).collect();
        }
        let splits: BTreeSet<Split> = placed.iter().filter_map(|picture| picture.split).collect();
        placed.retain(|picture| {
            let stays = splits.is_empty() || picture.split.is_some();
            if !stays {
                left_out.add(
                    ["picture outside of the splits", "pictures outside of the splits"],
                    &picture.file.name,
                );
            }
            stays
        });
        if options.labels.is_none() {
            leave_out_strays(&mut placed, &mut left_out);
        }
        let classes: BTreeSet<&str> = placed.iter().filter_map(|picture| picture.class).collect();
        Self {
            pictures: placed,
            splits: splits.into_iter().collect(),
            classes: classes.into_iter().collect(),
            class_of_split,
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

    /// Warnings about the whole set.
    pub fn notes(&self) -> Vec<String> {
        let class = self.class_of_split.map(|folder| {
            format!("the folder `{folder}` lies beside others and is taken for a class, not for a split")
        });
        let left_out = (!self.left_out.is_empty()).then(|| format!("left out: {}", self.left_out));
        class.into_iter().chain(left_out).collect()
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
            names no \
                   attribute of a table";
        let class_names = if labels.is_some() {
            self.classes.iter().map(|&class| class.to_owned()).collect()
        } else {
            Vec::new()
        };
        Some(Chosen {
            files,
            labels: PictureLabels { labels: labels.ok_or_else(|| why.to_owned()), class_names },
        })
    }
}

impl<'a> Placed<'a> {
    /// A picture of that name, in the folder of a split that the name begins with, if any.
    fn within(file: &'a Member, name: &'a str) -> Self {
        let inside = name.split_once('/').and_then(|(folder, rest)| Some((Split::named(folder)?, rest)));
        inside.map_or(Self { file, split: None, class: None }, |(split, rest)| {
            Self::of(file, Some(split), rest)
        })
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

/// Notes a file that is not read.
fn leave_out(file: &Member, left_out: &mut LeftOut) {
    let name = file.name.to_ascii_lowercase();
    if OTHERS.iter().any(|end| name.ends_with(end)) {
        left_out.add(
            ["picture of a format that is not read", "pictures of formats that are not read"],
            &file.name,
        );
    } else {
        left_out.add(["file that is no picture", "files that are no pictures"], &file.name);
    }
}

/// The length of the folder, with its `/`, that all names begin with, unless it is that of a split.
fn common_folder(files: &[&Member]) -> usize {
    let Some(first) = files.first() else { return 0 };
    let mut length = 0;
    while let Some(next) = first.name[length..].find('/').map(|at| length + at + 1) {
        let shared = files.iter().all(|file| file.name.starts_with(&first.name[..next]));
        if !shared || Split::named(&first.name[length..next - 1]).is_some() {
            break;
        }
        length = next;
    }
    length
}
