//! The public sets that can be downloaded, their addresses and checksums.

/// A set: files that are downloaded into one folder.
#[derive(Debug)]
pub struct Offer {
    pub name: &'static str,
    /// The folder inside the data folder.
    pub home: &'static str,
    /// What every file's address begins with.
    pub address: &'static str,
    pub files: &'static [RemoteFile],
    /// The terms of its makers.
    pub terms: &'static str,
}

/// A file of a set.
#[derive(Debug)]
pub struct RemoteFile {
    /// What its address ends with; its name too.
    pub name: &'static str,
    pub bytes: u64,
    pub sha256: &'static str,
    pub unpack: Unpack,
}

/// What is done with a file once it is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpack {
    /// It stays as it is.
    Keep,
    /// The files in it replace it, without their folders: a `.tar.gz`.
    TarGz,
    /// The same for a zip file.
    Zip,
}

const fn item(name: &'static str, bytes: u64, sha256: &'static str) -> RemoteFile {
    RemoteFile { name, bytes, sha256, unpack: Unpack::Keep }
}

/// The files of a set with MNIST's file names, by their sizes and checksums.
const fn mnist_like([a, b, c, d]: [(u64, &'static str); 4]) -> [RemoteFile; 4] {
    [
        item("train-images-idx3-ubyte.gz", a.0, a.1),
        item("train-labels-idx1-ubyte.gz", b.0, b.1),
        item("t10k-images-idx3-ubyte.gz", c.0, c.1),
        item("t10k-labels-idx1-ubyte.gz", d.0, d.1),
    ]
}

pub static OFFERS: [Offer; 9] = [
    Offer {
        name: "mnist",
        home: "mnist",
        address: "https://storage.googleapis.com/cvdf-datasets/mnist/",
        files: &mnist_like([
            (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ]),
        terms: "by Y. LeCun, C. Cortes and C. J. C. Burges",
    },
    Offer {
        name: "fashion-mnist",
        home: "fashion-mnist",
        address: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        files: &mnist_like([
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ]),
        terms: "by Zalando SE, MIT licence",
    },
    Offer {
        name: "kmnist",
        home: "kmnist",
        address: "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        files: &mnist_like([
            (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
            (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
            (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
            (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
        ]),
        terms: "\"KMNIST Dataset\" (created by CODH), adapted from \"Kuzushiji Dataset\" (created by NIJL \
                and others), doi:10.20676/00000341, CC BY-SA 4.0",
    },
    Offer {
        name: "emnist",
        home: "emnist",
        address: "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
        files: &[RemoteFile {
            name: "gzip.zip",
            bytes: 561_753_746,
            sha256: "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
            unpack: Unpack::Zip,
        }],
        terms: "by G. Cohen, S. Afshar, J. Tapson and A. van Schaik, 2017",
    },
    Offer {
        name: "cifar-10",
        home: "cifar-10-batches-bin",
        address: "https://www.cs.toronto.edu/~kriz/",
        files: &[RemoteFile {
            name: "cifar-10-binary.tar.gz",
            bytes: 170_052_171,
            sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            unpack: Unpack::TarGz,
        }],
        terms: "by A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    },
    Offer {
        name: "cifar-100",
        home: "cifar-100-binary",
        address: "https://www.cs.toronto.edu/~kriz/",
        files: &[RemoteFile {
            name: "cifar-100-binary.tar.gz",
            bytes: 168_513_733,
            sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
            unpack: Unpack::TarGz,
        }],
        terms: "by A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    },
    Offer {
        name: "svhn",
        home: "svhn",
        address: "http://ufldl.stanford.edu/housenumbers/",
        files: &[
            item(
                "train_32x32.mat",
                182_040_794,
                "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
            ),
            item(
                "test_32x32.mat",
                64_275_384,
                "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
            ),
        ],
        terms: "by Y. Netzer, T. Wang, A. Coates, A. Bissacco, B. Wu and A. Y. Ng, 2011, for non-commercial \
                use",
    },
    Offer {
        name: "imagenette",
        home: "imagenette",
        address: "https://s3.amazonaws.com/fast-ai-imageclas/",
        files: &[item(
            "imagenette2-160.tgz",
            99_003_388,
            "64d0c4859f35a461889e0147755a999a48b49bf38a7e0f9bd27003f10db02fe5",
        )],
        terms: "by J. Howard, 2019, Apache-2.0 licence; the pictures are ImageNet's",
    },
    Offer {
        name: "omniglot",
        home: "omniglot",
        address: "https://github.com/brendenlake/omniglot/raw/master/python/",
        files: &[
            item(
                "images_background.zip",
                9_464_212,
                "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
            ),
            item(
                "images_evaluation.zip",
                6_462_886,
                "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
            ),
        ],
        terms: "by B. Lake, R. Salakhutdinov and J. Tenenbaum, Science 350, 2015, MIT licence",
    },
];

/// The offer with a set: all parts of EMNIST are one offer.
pub fn offer(name: &str) -> Option<&'static Offer> {
    OFFERS.iter().find(|offer| offer.name == name || offer.name == "emnist" && name.starts_with("emnist-"))
}
