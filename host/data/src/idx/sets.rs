//! The sets of IDX files that are known by name.

use std::path::{Path, PathBuf};

use files::Result;

use super::pair;
use crate::{Images, ReadOptions, Split, known::KnownSet};

/// What the names of files with pictures end with.
pub const IMAGES: &str = "images-idx3-ubyte";

/// A set of IDX files that people have on disk.
#[derive(Debug)]
pub struct Set {
    pub name: &'static str,
    pub about: &'static str,
    /// Folders inside a data folder that may hold the files: our own name first, then torchvision's.
    pub homes: &'static [&'static str],
    /// What the file names of the train and the test split begin with.
    prefixes: [&'static str; 2],
    /// Names of the classes in the order of their labels, divided by commas.
    classes: &'static str,
    /// The label of the first class.
    pub first_label: u32,
    /// Pictures lie in the file with rows and columns exchanged.
    pub transposed: bool,
}

const DIGITS: &str = "0,1,2,3,4,5,6,7,8,9";
/// Digits, upper case, and the lower-case letters that do not look like their upper case.
const MERGED: &str = "0,1,2,3,4,5,6,7,8,9,A,B,C,D,E,F,G,H,I,J,K,L,M,N,O,P,Q,R,S,T,U,V,W,X,Y,Z,\
                      a,b,d,e,f,g,h,n,q,r,t";

pub static SETS: [Set; 9] = [
    mnist_like("mnist", "handwritten digits, 60000 + 10000 grey 28x28", &["mnist", "MNIST/raw"], DIGITS),
    mnist_like(
        "fashion-mnist",
        "articles of clothing, 60000 + 10000 grey 28x28",
        &["fashion-mnist", "FashionMNIST/raw"],
        "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot",
    ),
    mnist_like(
        "kmnist",
        "cursive Japanese characters, 60000 + 10000 grey 28x28",
        &["kmnist", "KMNIST/raw"],
        "o,ki,su,tsu,na,ha,ma,ya,re,wo",
    ),
    emnist(
        "emnist-digits",
        "handwritten digits, 240000 + 40000 grey 28x28",
        ["emnist-digits-train", "emnist-digits-test"],
        DIGITS,
    ),
    // The only set whose labels start at 1.
    Set {
        first_label: 1,
        ..emnist(
            "emnist-letters",
            "handwritten letters of either case, 124800 + 20800 grey 28x28",
            ["emnist-letters-train", "emnist-letters-test"],
            "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z",
        )
    },
    emnist(
        "emnist-balanced",
        "handwritten digits and letters, 112800 + 18800 grey 28x28",
        ["emnist-balanced-train", "emnist-balanced-test"],
        MERGED,
    ),
    emnist(
        "emnist-bymerge",
        "handwritten digits and letters, 697932 + 116323 grey 28x28",
        ["emnist-bymerge-train", "emnist-bymerge-test"],
        MERGED,
    ),
    emnist(
        "emnist-byclass",
        "handwritten digits and letters by case, 697932 + 116323 grey 28x28",
        ["emnist-byclass-train", "emnist-byclass-test"],
        "0,1,2,3,4,5,6,7,8,9,A,B,C,D,E,F,G,H,I,J,K,L,M,N,O,P,Q,R,S,T,U,V,W,X,Y,Z,\
         a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z",
    ),
    emnist(
        "emnist-mnist",
        "handwritten digits, 60000 + 10000 grey 28x28",
        ["emnist-mnist-train", "emnist-mnist-test"],
        DIGITS,
    ),
];

/// A set whose files have MNIST's names.
const fn mnist_like(
    name: &'static str,
    about: &'static str,
    homes: &'static [&'static str],
    classes: &'static str,
) -> Set {
    Set { name, about, homes, prefixes: ["train", "t10k"], classes, first_label: 0, transposed: false }
}

/// A part of EMNIST (Cohen, Afshar, Tapson, van Schaik, 2017).
const fn emnist(
    name: &'static str,
    about: &'static str,
    prefixes: [&'static str; 2],
    classes: &'static str,
) -> Set {
    Set {
        name,
        about,
        // `gzip` is what the official archive unpacks to.
        homes: &["emnist", "emnist/gzip", "gzip", "EMNIST/raw"],
        prefixes,
        classes,
        first_label: 0,
        transposed: true,
    }
}

impl Set {
    pub fn classes(&self) -> impl Iterator<Item = &'static str> {
        self.classes.split(',')
    }

    /// The name of the file with a split's pictures, without `.gz`.
    pub fn file_name(&self, split: Split) -> String {
        // There is no such file: these sets have two splits.
        let prefix = self.prefixes.get(split as usize).unwrap_or(&"validation");
        format!("{prefix}-{IMAGES}")
    }
}

impl KnownSet for Set {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn wanted(&self, split: Split) -> String {
        format!("{}/{}[.gz]", self.homes[0], self.file_name(split))
    }

    fn inside(&self, folder: &Path, split: Split) -> Option<PathBuf> {
        pair::inside(folder, self, split)
    }

    fn read(&self, path: &Path, _: Split, options: &ReadOptions) -> Result<Images> {
        pair::read(path, Some(self), options)
    }
}
