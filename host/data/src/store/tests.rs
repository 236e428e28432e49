use std::fs;

use super::*;
use crate::zip::tests as zips;

fn names(store: &Store) -> Vec<&str> {
    store.files().iter().map(|file| &*file.name).collect()
}

fn opened(path: &Path) -> (Store, String) {
    let mut store = Store::open(path, &ReadOptions::default()).unwrap();
    let left_out = store.take_left_out().to_string();
    (store, left_out)
}

#[test]
fn what_is_hidden_is_left_out_of_all_kinds() {
    let temporary = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 9] = [
        ("a/1.png", b"1"),
        ("a/._1.png", b"x"),
        ("a/.git/2.png", b"x"),
        (".cache/3.png", b"x"),
        ("__MACOSX/a/1.png", b"x"),
        ("a/Thumbs.db", b"x"),
        ("a/desktop.ini", b"x"),
        (".DS_Store", b"x"),
        ("b/c/4.png", b"4"),
    ];
    for (name, content) in files {
        let path = temporary.path().join("set").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    // As `tar -C set .` names them.
    let dotted: Vec<(String, &[u8])> =
        files.iter().map(|(name, content)| (format!("./{name}"), *content)).collect();
    let dotted: Vec<(&str, &[u8])> = dotted.iter().map(|(name, content)| (&**name, *content)).collect();
    fs::write(temporary.path().join("set.zip"), zips::archive(&files, true)).unwrap();
    fs::write(temporary.path().join("set.tar"), tar::tests::archive(&dotted, false)).unwrap();
    fs::write(temporary.path().join("set.tar.gz"), tar::tests::archive(&files, true)).unwrap();
    for kind in ["set", "set.zip", "set.tar", "set.tar.gz"] {
        let (store, left_out) = opened(&temporary.path().join(kind));
        assert_eq!((names(&store), &*left_out), (vec!["a/1.png", "b/c/4.png"], ""), "{kind}");
        assert_eq!(store.read(&store.files()[1]).unwrap(), b"4", "{kind}");
    }
}

#[test]
fn a_file_that_comes_again_counts_once() {
    let temporary = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 2] = [("a.png", b"old"), ("a.png", b"new")];
    let tar = temporary.path().join("a.tar");
    fs::write(&tar, tar::tests::archive(&files, false)).unwrap();
    let zip = temporary.path().join("a.zip");
    fs::write(&zip, zips::archive(&files, false)).unwrap();
    for path in [tar, zip] {
        let (store, left_out) = opened(&path);
        assert_eq!(left_out, "1 earlier file of the same name (a.png)");
        assert_eq!(store.files().len(), 1);
        assert_eq!(store.read(&store.files()[0]).unwrap(), b"new");
    }
}

#[test]
fn hard_links_in_a_tar_file_have_the_content_of_the_first() {
    let temporary = tempfile::tempdir().unwrap();
    for packed in [false, true] {
        let mut bytes = tar::tests::archive(&[("a.png", b"hello")], false);
        bytes.truncate(1024);
        bytes.extend(tar::tests::header(b"b.png", 5, b'1', b"a.png"));
        bytes.extend(tar::tests::header(b"c.png", 0, b'2', b"/etc/passwd"));
        bytes.extend([0; 1024]);
        let path = temporary.path().join("a.tar.gz");
        fs::write(&path, if packed { tar::tests::gzip(&bytes) } else { bytes }).unwrap();
        let (store, left_out) = opened(&path);
        assert_eq!((names(&store), &*left_out), (vec!["a.png", "b.png"], "1 link (c.png)"));
        assert_eq!(store.read(&store.files()[1]).unwrap(), b"hello");
    }
}

#[cfg(unix)]
mod links {
    use super::*;
    use std::os::unix::fs::symlink;

    fn set(temporary: &Path) -> PathBuf {
        let set = temporary.join("set");
        for name in ["a/1.png", "b/2.png"] {
            let path = set.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        set
    }

    #[test]
    fn a_loop_of_links_gives_no_file_twice() {
        let temporary = tempfile::tempdir().unwrap();
        let set = set(temporary.path());
        symlink("..", set.join("a/up")).unwrap();
        symlink("../b", set.join("a/across")).unwrap();
        symlink("../a", set.join("b/across")).unwrap();
        symlink("a/1.png", set.join("0.png")).unwrap();
        symlink("nowhere", set.join("broken.png")).unwrap();
        // The parent holds the set again.
        symlink("../..", set.join("b/out")).unwrap();
        let (store, left_out) = opened(&set);
        assert_eq!(names(&store), ["a/1.png", "b/2.png"]);
        assert!(
            left_out.contains("links to what is in the set already") && left_out.contains("1 broken link")
        );
    }

    #[test]
    fn links_to_other_places_are_followed_where_they_may_be() {
        let temporary = tempfile::tempdir().unwrap();
        let set = set(temporary.path());
        let other = temporary.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("3.png"), "3").unwrap();
        symlink(&other, set.join("c")).unwrap();
        symlink(other.join("3.png"), set.join("a/3.png")).unwrap();
        let (store, _) = opened(&set);
        assert_eq!(names(&store), ["a/1.png", "a/3.png", "b/2.png", "c/3.png"]);

        /// Allows a folder alone.
        struct Only(PathBuf);
        impl crate::Caller for Only {
            fn check(&self, path: &Path) -> Result<()> {
                let real = path.canonicalize().map_err(Error::io(path))?;
                let refused = || Error::usage("it may not be read", "allow it");
                real.starts_with(&self.0).then_some(()).ok_or_else(refused)
            }
            fn warn(&self, _: &str) {}
        }
        let only = Only(set.canonicalize().unwrap());
        let options = ReadOptions { caller: Some(&only), ..ReadOptions::default() };
        let error = Store::open(&set, &options).err().unwrap().to_string();
        assert!(error.contains("a/3.png leads to ") && error.contains("--allow-read DIR"), "{error}");
    }

    #[test]
    fn pipes_are_not_opened() {
        let temporary = tempfile::tempdir().unwrap();
        let set = set(temporary.path());
        let name = std::ffi::CString::new(set.join("c.png").to_str().unwrap()).unwrap();
        // SAFETY: the name is a text that ends with a zero byte.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        let (store, left_out) = opened(&set);
        assert_eq!((names(&store).len(), &*left_out), (2, "1 pipe or device (c.png)"));
    }
}
