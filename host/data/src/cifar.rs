//! CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), 32x32 colour pictures: in their binary form, records of one or
//! two labels and then 1,024 bytes of red, of green and of blue, row by row; or in their Python form, pickles
//! of the same.

mod python;

use std::path::{Path, PathBuf};

use files::Result;

use super::{
    Images, ItemLabels, ReadOptions, Split,
    file::{self, fault},
    fit,
    known::KnownSet,
};

const SHAPE: [usize; 3] = [3, 32, 32];
const PICTURE: usize = 3 * 32 * 32;
/// The largest file that is read: that of CIFAR-100's training pictures has 154 MB.
const MAX_BYTES: u64 = 512 << 20;

/// One of the two sets.
#[derive(Debug)]
pub struct Cifar {
    name: &'static str,
    about: &'static str,
    forms: [CifarForm; 2],
    /// The labels before each picture, the finest one last; the finest one is the default.
    labels: &'static [LabelKind],
}

/// What is read of the files.
#[derive(Default)]
struct Records {
    pixels: Vec<u8>,
    labels: Vec<u32>,
}

/// How a set lies on disk.
#[derive(Debug)]
struct CifarForm {
    homes: &'static [&'static str],
    /// The files of the train and of the test split.
    files: [&'static [&'static str]; 2],
    /// A file beside them, where their own names do not identify the set.
    companion: Option<&'static str>,
    is_python: bool,
}

/// A label of every record.
#[derive(Debug)]
struct LabelKind {
    kind: &'static str,
    /// What the Python form calls it.
    key: &'static str,
    /// Names of the classes in the order of their labels, divided by commas.
    classes: &'static str,
}

pub static CIFAR_10: Cifar = Cifar {
    name: "cifar-10",
    about: "photographs of ten things, 50000 + 10000 colour 32x32",
    forms: [
        CifarForm {
            homes: &["cifar-10-batches-bin", "cifar-10", "cifar10", "cifar-10/cifar-10-batches-bin"],
            files: [
                &[
                    "data_batch_1.bin",
                    "data_batch_2.bin",
                    "data_batch_3.bin",
                    "data_batch_4.bin",
                    "data_batch_5.bin",
                ],
                &["test_batch.bin"],
            ],
            companion: None,
            is_python: false,
        },
        CifarForm {
            homes: &["cifar-10-batches-py", "cifar-10", "cifar10", "cifar-10/cifar-10-batches-py"],
            files: [
                &["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"],
                &["test_batch"],
            ],
            companion: None,
            is_python: true,
        },
    ],
    labels: &[LabelKind {
        kind: "classes",
        key: "labels",
        classes: "airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck",
    }],
};

pub static CIFAR_100: Cifar = Cifar {
    name: "cifar-100",
    about: "photographs of a hundred things in twenty groups, 50000 + 10000 colour 32x32",
    forms: [
        CifarForm {
            homes: &["cifar-100-binary", "cifar-100", "cifar100", "cifar-100/cifar-100-binary"],
            files: [&["train.bin"], &["test.bin"]],
            companion: None,
            is_python: false,
        },
        CifarForm {
            homes: &["cifar-100-python", "cifar-100", "cifar100", "cifar-100/cifar-100-python"],
            files: [&["train"], &["test"]],
            companion: Some("meta"),
            is_python: true,
        },
    ],
    labels: &[
        LabelKind {
            kind: "coarse",
            key: "coarse_labels",
            classes: "aquatic_mammals,fish,flowers,food_containers,fruit_and_vegetables,\
                      household_electrical_devices,household_furniture,insects,large_carnivores,\
                      large_man-made_outdoor_things,large_natural_outdoor_scenes,\
                      large_omnivores_and_herbivores,medium_mammals,non-insect_invertebrates,people,\
                      reptiles,small_mammals,trees,vehicles_1,vehicles_2",
        },
        LabelKind {
            kind: "fine",
            key: "fine_labels",
            classes: "apple,aquarium_fish,baby,bear,beaver,bed,bee,beetle,bicycle,bottle,bowl,boy,bridge,bus,\
                      butterfly,camel,can,castle,caterpillar,cattle,chair,chimpanzee,clock,cloud,cockroach,\
                      couch,crab,crocodile,cup,dinosaur,dolphin,elephant,flatfish,forest,fox,girl,hamster,\
                      house,kangaroo,keyboard,lamp,lawn_mower,leopard,lion,lizard,lobster,man,maple_tree,\
                      motorcycle,mountain,mouse,mushroom,oak_tree,orange,orchid,otter,palm_tree,pear,\
                      pickup_truck,pine_tree,plain,plate,poppy,porcupine,possum,rabbit,raccoon,ray,road,\
                      rocket,rose,sea,seal,shark,shrew,skunk,skyscraper,snail,snake,spider,squirrel,\
                      streetcar,sunflower,sweet_pepper,table,tank,telephone,television,tiger,tractor,train,\
                      trout,tulip,turtle,wardrobe,whale,willow_tree,wolf,woman,worm",
        },
    ],
};

impl CifarForm {
    fn names(&self, split: Split) -> &'static [&'static str] {
        self.files.get(split as usize).copied().unwrap_or_default()
    }

    /// The first file of a split that lies in `folder`.
    fn inside(&self, folder: &Path, split: Split) -> Option<PathBuf> {
        self.names(split).iter().map(|name| folder.join(name)).find(|file| file.is_file())
    }
}

impl KnownSet for Cifar {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn wanted(&self, split: Split) -> String {
        let first =
            |form: &CifarForm| format!("{}/{}", form.homes[0], form.names(split).first().unwrap_or(&""));
        self.forms.iter().map(first).collect::<Vec<_>>().join(" or ")
    }

    fn inside(&self, folder: &Path, split: Split) -> Option<PathBuf> {
        self.forms
            .iter()
            .find_map(|form| form.homes.iter().find_map(|home| form.inside(&folder.join(home), split)))
    }

    /// Reads the split that begins with the file `path`; of the train split as many files as are there.
    fn read(&self, path: &Path, split: Split, options: &ReadOptions) -> Result<Images> {
        options.require_only(self.name, &["labels"])?;
        let kinds: Vec<&str> = self.labels.iter().rev().map(|labels| labels.kind).collect();
        let index = self.labels.len() - 1 - options.kind_of_labels(self.name, &kinds)?;
        let is_of = |form: &&CifarForm| form.names(split).iter().any(|name| path.ends_with(name));
        let form = self.forms.iter().find(is_of).unwrap_or(&self.forms[0]);
        let files = form.names(split).iter().map(|name| path.with_file_name(name));
        let (files, missing): (Vec<PathBuf>, Vec<PathBuf>) = files.partition(|file| file.is_file());
        files.iter().try_for_each(|file| options.check(file))?;
        if !missing.is_empty() {
            let names: Vec<_> = missing.iter().filter_map(|file| file.file_name()?.to_str()).collect();
            let (there, folder) = (files.len(), path.parent().unwrap_or(path).display());
            let names = names.join(", ");
            options.warn(&format!(
                "{}: the {split} split is not whole: {folder} has {there} of {} files; missing are {names}",
                self.name,
                there + missing.len()
            ));
        }
        self.read_files(&files, index, form.is_python)?.fitted(&options.fit)
    }
}

impl Cifar {
    /// The set that the folder holds, if it is one of the two.
    pub fn in_folder(folder: &Path, split: Split) -> Option<(&'static Self, PathBuf)> {
        let forms =
            [&CIFAR_10, &CIFAR_100].into_iter().flat_map(|set| set.forms.iter().map(move |form| (set, form)));
        let there = |form: &CifarForm| form.companion.is_none_or(|name| folder.join(name).is_file());
        forms.filter(|(_, form)| there(form)).find_map(|(set, form)| Some((set, form.inside(folder, split)?)))
    }

    /// The bytes of a record.
    fn record(&self) -> usize {
        self.labels.len() + PICTURE
    }

    /// The records of all files, with the label at `index`.
    fn read_files(&self, files: &[PathBuf], index: usize, is_python: bool) -> Result<Images> {
        let mut read = Records::default();
        for file in files {
            ops::interrupt::check()?;
            let bytes = file::read(file, MAX_BYTES)?;
            fit::require_room(read.labels.len() + bytes.len() / PICTURE, SHAPE)?;
            if is_python {
                self.read_python(file, bytes, index, &mut read)?;
            } else {
                self.read_binary(file, &bytes, index, &mut read)?;
            }
        }
        let class_names = self.labels[index].classes.split(',').map(str::to_owned).collect();
        Ok(Images::new(self.name, SHAPE, read.pixels, ItemLabels { labels: Ok(read.labels), class_names }))
    }

    fn read_binary(&self, file: &Path, bytes: &[u8], index: usize, read: &mut Records) -> Result<()> {
        let (records, rest) = (bytes.len() / self.record(), bytes.len() % self.record());
        if records == 0 || rest > 0 {
            let found = format!("the end of the file after {rest} bytes of record {records}");
            let expected = format!("records of {} bytes", self.record());
            return Err(fault(file, (records * self.record()) as u64, found, expected));
        }
        for (i, record) in bytes.chunks_exact(self.record()).enumerate() {
            self.check(file, i, record)?;
            read.labels.push(u32::from(record[index]));
            read.pixels.extend_from_slice(&record[self.labels.len()..]);
        }
        Ok(())
    }

    /// Refuses a record with a label that has no class.
    fn check(&self, file: &Path, i: usize, record: &[u8]) -> Result<()> {
        for (index, (labels, &label)) in self.labels.iter().zip(record).enumerate() {
            let classes = labels.classes.split(',').count();
            if usize::from(label) >= classes {
                let offset = (i * self.record() + index) as u64;
                return Err(fault(file, offset, format!("label {label}"), format!("0 to {}", classes - 1)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
