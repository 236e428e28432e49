//! CIFAR-10 and CIFAR-100 in their binary form (Krizhevsky, 2009): records of one or two labels, then
//! 1,024 bytes of red, of green and of blue, row by row.

use super::known::Known;
use super::{Images, Options, Split, fault, fit};
use crate::error::{Error, Result};
use crate::reading;
use std::path::{Path, PathBuf};

const SHAPE: [usize; 3] = [3, 32, 32];
const PICTURE: usize = 3 * 32 * 32;

/// One of the two sets.
#[derive(Debug)]
pub struct Cifar {
    name: &'static str,
    about: &'static str,
    homes: &'static [&'static str],
    /// The files of the train and of the test split; the first one of each has to be there.
    files: [&'static [&'static str]; 2],
    /// The labels before each picture, the finest one last; the finest one is the default.
    labels: &'static [Labels],
}

/// A label of every record.
#[derive(Debug)]
struct Labels {
    kind: &'static str,
    /// Names of the classes in the order of their labels, divided by commas.
    classes: &'static str,
}

pub static CIFAR_10: Cifar = Cifar {
    name: "cifar-10",
    about: "photographs of ten things, 50000 + 10000 colour 32x32",
    homes: &["cifar-10-batches-bin", "cifar-10", "cifar10", "cifar-10/cifar-10-batches-bin"],
    files: [
        &["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"],
        &["test_batch.bin"],
    ],
    labels: &[Labels {
        kind: "classes",
        classes: "airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck",
    }],
};

pub static CIFAR_100: Cifar = Cifar {
    name: "cifar-100",
    about: "photographs of a hundred things in twenty groups, 50000 + 10000 colour 32x32",
    homes: &["cifar-100-binary", "cifar-100", "cifar100", "cifar-100/cifar-100-binary"],
    files: [&["train.bin"], &["test.bin"]],
    labels: &[
        Labels {
            kind: "coarse",
            classes: "aquatic_mammals,fish,flowers,food_containers,fruit_and_vegetables,\
                      household_electrical_devices,household_furniture,insects,large_carnivores,\
                      large_man-made_outdoor_things,large_natural_outdoor_scenes,\
                      large_omnivores_and_herbivores,medium_mammals,non-insect_invertebrates,people,\
                      reptiles,small_mammals,trees,vehicles_1,vehicles_2",
        },
        Labels {
            kind: "fine",
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

impl Known for Cifar {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn wanted(&self, split: Split) -> String {
        format!("{}/{}", self.homes[0], self.files[split as usize][0])
    }

    fn inside(&self, folder: &Path, split: Split) -> Option<PathBuf> {
        let first = self.files[split as usize][0];
        self.homes.iter().map(|home| folder.join(home).join(first)).find(|file| file.is_file())
    }

    /// Reads the split that begins with the file `path`; of the train split as many files as are there.
    fn read(&self, path: &Path, split: Split, options: &Options) -> Result<Images> {
        options.require_only(self.name, &["labels"])?;
        let kinds: Vec<&str> = self.labels.iter().rev().map(|labels| labels.kind).collect();
        let place = self.labels.len() - 1 - options.kind_of_labels(self.name, &kinds)?;
        let files = self.files[split as usize].iter().map(|name| path.with_file_name(name));
        let files: Vec<PathBuf> = files.filter(|file| file.is_file()).collect();
        self.read_files(&files, place)?.fitted(&options.fit)
    }
}

impl Cifar {
    /// The set that the folder holds, if it is one of the two.
    pub fn in_folder(folder: &Path, split: Split) -> Option<(&'static Self, PathBuf)> {
        [&CIFAR_10, &CIFAR_100].into_iter().find_map(|set| {
            let file = folder.join(set.files[split as usize][0]);
            file.is_file().then_some((set, file))
        })
    }

    /// The bytes of a record.
    fn record(&self) -> usize {
        self.labels.len() + PICTURE
    }

    /// The records of all files, with the label at `place`.
    fn read_files(&self, files: &[PathBuf], place: usize) -> Result<Images> {
        let counts = files.iter().map(|file| self.count(file)).collect::<Result<Vec<_>>>()?;
        let count: usize = counts.iter().sum();
        fit::require_room(count, SHAPE)?;
        let (mut pixels, mut labels) = (Vec::with_capacity(count * PICTURE), Vec::with_capacity(count));
        for file in files {
            let bytes = reading::read(file, u64::MAX)?;
            for (i, record) in bytes.chunks_exact(self.record()).enumerate() {
                self.check(file, i, record)?;
                labels.push(u32::from(record[place]));
                pixels.extend_from_slice(&record[self.labels.len()..]);
            }
        }
        Ok(Images {
            name: self.name.into(),
            shape: SHAPE,
            pixels: pixels.into(),
            labels: Some(labels.into()),
            class_names: self.labels[place].classes.split(',').map(str::to_owned).collect(),
        })
    }

    /// The number of records in a file.
    fn count(&self, file: &Path) -> Result<usize> {
        let length = file.metadata().map_err(Error::io(file))?.len();
        let record = self.record() as u64;
        if length == 0 || length % record != 0 {
            let whole = length / record;
            let found = format!("the end of the file after {} bytes of record {whole}", length % record);
            return Err(fault(file, whole * record, found, format!("records of {record} bytes")));
        }
        Ok((length / record) as usize)
    }

    /// Refuses a record with a label that has no class.
    fn check(&self, file: &Path, i: usize, record: &[u8]) -> Result<()> {
        for (place, (labels, &label)) in self.labels.iter().zip(record).enumerate() {
            let classes = labels.classes.split(',').count();
            if usize::from(label) >= classes {
                let offset = (i * self.record() + place) as u64;
                return Err(fault(file, offset, format!("label {label}"), format!("0 to {}", classes - 1)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Fit, load};
    use std::fs;

    /// A record whose planes are `colour`, `colour + 1` and `colour + 2`.
    fn record(labels: &[u8], colour: u8) -> Vec<u8> {
        let planes = (0..3).flat_map(|plane| vec![colour + plane; 1024]);
        labels.iter().copied().chain(planes).collect()
    }

    fn write(data: &Path, name: &str, bytes: &[u8]) {
        let path = data.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(name: &str, data: &Path, split: Split, options: &Options) -> Result<Images> {
        load(name, split, options, &[data.to_path_buf()])
    }

    #[test]
    fn batches_are_read_in_order_and_missing_ones_left_out() {
        let data = tempfile::tempdir().unwrap();
        let batch = [record(&[9], 10), record(&[0], 20)].concat();
        write(data.path(), "cifar-10-batches-bin/data_batch_1.bin", &batch);
        write(data.path(), "cifar-10-batches-bin/data_batch_3.bin", &record(&[5], 30));
        let images = read("cifar-10", data.path(), Split::Train, &Options::default()).unwrap();
        assert_eq!(images.to_string(), "cifar-10: 3 pictures [3, 32, 32], 10 classes");
        assert_eq!(images.labels.as_deref(), Some(&[9, 0, 5][..]));
        assert_eq!(images.class_names[9], "truck");
        let firsts: Vec<u8> = images.pixels.chunks(1024).map(|plane| plane[0]).collect();
        assert_eq!(firsts, [10, 11, 12, 20, 21, 22, 30, 31, 32]);

        let folder = data.path().join("cifar-10-batches-bin");
        let by_path = load(folder.to_str().unwrap(), Split::Train, &Options::default(), &[]).unwrap();
        assert_eq!(by_path.pixels, images.pixels);
        let error = read("cifar-10", data.path(), Split::Test, &Options::default()).unwrap_err().to_string();
        assert!(error.contains("test_batch.bin"), "{error}");
    }

    #[test]
    fn the_hundred_have_two_kinds_of_labels() {
        let data = tempfile::tempdir().unwrap();
        write(data.path(), "cifar-100-binary/test.bin", &record(&[19, 99], 1));
        let of = |labels: Option<&str>| {
            let options = Options { labels: labels.map(str::to_owned), ..Options::default() };
            read("cifar-100", data.path(), Split::Test, &options)
        };
        let fine = of(None).unwrap();
        assert_eq!((fine.labels.as_deref(), fine.class_names.len()), (Some(&[99][..]), 100));
        assert_eq!(fine.class_names[99], "worm");
        let coarse = of(Some("coarse")).unwrap();
        assert_eq!((coarse.labels.as_deref(), coarse.class_names.len()), (Some(&[19][..]), 20));
        assert!(of(Some("finest")).unwrap_err().to_string().contains("it has fine and coarse"));
    }

    #[test]
    fn faults_name_file_offset_and_expectation() {
        let data = tempfile::tempdir().unwrap();
        let fails = |bytes: &[u8], expected: &str| {
            write(data.path(), "cifar-10/test_batch.bin", bytes);
            let error =
                read("cifar-10", data.path(), Split::Test, &Options::default()).unwrap_err().to_string();
            assert!(error.contains("test_batch.bin: ") && error.contains(expected), "{error}");
        };
        let two = [record(&[1], 0), record(&[2], 0)].concat();
        fails(
            &two[..5000],
            "at byte 3073: found the end of the file after 1927 bytes of record 1, expected records of 3073 bytes",
        );
        fails(&[], "at byte 0: found the end of the file after 0 bytes");
        fails(&[record(&[1], 0), record(&[10], 0)].concat(), "at byte 3073: found label 10, expected 0 to 9");
    }

    #[test]
    fn pictures_are_brought_to_another_size() {
        let data = tempfile::tempdir().unwrap();
        write(data.path(), "cifar10/test_batch.bin", &record(&[1], 100));
        let fit = Fit { size: Some(28), channels: Some(1), ..Fit::default() };
        let images =
            read("cifar-10", data.path(), Split::Test, &Options { fit, ..Options::default() }).unwrap();
        assert_eq!((images.shape, images.pixels[0]), ([1, 28, 28], 101));
        let options = Options { seed: Some(1), ..Options::default() };
        let error = read("cifar-10", data.path(), Split::Test, &options).unwrap_err().to_string();
        assert!(error.contains("`seed` means nothing for `cifar-10`"), "{error}");
    }
}
