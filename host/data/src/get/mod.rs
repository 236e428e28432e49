//! Downloads public data sets from their well-known addresses into a data folder: whole or not at all.

mod catalogue;
mod download;

pub use catalogue::{OFFERS, Offer, RemoteFile, Unpack, offer};
pub use download::Watch;

use std::{
    fs,
    path::{Path, PathBuf},
};

use files::{Error, Result, sha256_of_file, write_whole};

use super::{
    fault,
    tar::{Tar, TarKind},
    zip::Zip,
};

/// The largest file that is unpacked.
const MAX_BYTES: u64 = 1 << 30;

/// Whether a set can be downloaded.
pub fn offers(name: &str) -> bool {
    offer(name).is_some()
}

/// Downloads the set into the folder [`Offer::home`] of `data`, from `address` where that is given (a mirror:
/// the files and their checksums are the same). Gives that folder.
///
/// Files are gathered in a hidden folder beside it and checked, and are installed once all have arrived.
/// Complete files stay there when a later one fails, and are not fetched again.
///
/// # Errors
/// `Failed` where an address does not answer, answers something else, or keeps breaking off; `Format` for a
/// file with another checksum, which is thrown away; `Io`.
pub fn get(offer: &Offer, data: &Path, address: Option<&str>, watch: &dyn Watch) -> Result<PathBuf> {
    let home = data.join(offer.home);
    let gathering = data.join(format!(".{}.part", offer.home));
    let unpacked = gathering.join("unpacked");
    fs::create_dir_all(&gathering).map_err(Error::io(&gathering))?;
    let address = address.unwrap_or(offer.address);
    for item in offer.files {
        reuse(item, &home, &gathering)?;
        download::fetch(&format!("{address}{}", item.name), item, &gathering, watch)?;
    }
    // What an interrupted unpacking left may not be complete.
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked).map_err(Error::io(&unpacked))?;
    }
    fs::create_dir(&unpacked).map_err(Error::io(&unpacked))?;
    for item in offer.files {
        unpack(item, &gathering.join(item.name), &unpacked)?;
    }
    install(&unpacked, &home)?;
    fs::remove_dir_all(&gathering).map_err(Error::io(&gathering))?;
    Ok(home)
}

/// Takes a file that is installed already, if its content is the expected one.
fn reuse(item: &RemoteFile, home: &Path, gathering: &Path) -> Result<()> {
    let (there, here) = (home.join(item.name), gathering.join(item.name));
    if here.exists() || !there.is_file() || sha256_of_file(&there)? != item.sha256 {
        return Ok(());
    }
    link(&there, &here)
}

/// Gives a file a second name, or copies it where the file system cannot.
fn link(from: &Path, to: &Path) -> Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop)).map_err(Error::io(to))
}

/// Puts what a file holds into `folder`: of an archive the plain files, without their folders.
fn unpack(item: &RemoteFile, file: &Path, folder: &Path) -> Result<()> {
    match item.unpack {
        Unpack::Keep => link(file, &folder.join(item.name))?,
        Unpack::TarGz => {
            let mut tar = Tar::open(file)?;
            while let Some(entry) = tar.next_entry()? {
                let Some(path) = placed(&entry.name, folder).filter(|_| entry.kind == TarKind::File) else {
                    continue;
                };
                if entry.size > MAX_BYTES {
                    let found = format!("`{}` of {} bytes", entry.name, entry.size);
                    return Err(fault(file, entry.offset, found, format!("at most {MAX_BYTES}")));
                }
                write_whole(&path, &tar.read(&entry)?)?;
            }
        }
        Unpack::Zip => {
            let zip = Zip::open(file)?;
            for entry in zip.entries() {
                ops::interrupt::check()?;
                let Some(path) = placed(&entry.name, folder) else { continue };
                write_whole(&path, &zip.read(entry, MAX_BYTES)?)?;
            }
        }
    }
    Ok(())
}

/// Where an entry of an archive is put in `folder`; none for a hidden one.
fn placed(entry: &str, folder: &Path) -> Option<PathBuf> {
    let name = entry.rsplit(['/', '\\']).next().unwrap_or_default();
    (!name.is_empty() && !name.starts_with('.')).then(|| folder.join(name))
}

/// Gives the folder of files its name; where that is taken, moves each file into it.
fn install(unpacked: &Path, home: &Path) -> Result<()> {
    if !home.exists() && fs::rename(unpacked, home).is_ok() {
        return Ok(());
    }
    fs::create_dir_all(home).map_err(Error::io(home))?;
    for entry in fs::read_dir(unpacked).map_err(Error::io(unpacked))? {
        let from = entry.map_err(Error::io(unpacked))?;
        let to = home.join(from.file_name());
        fs::rename(from.path(), &to).map_err(Error::io(&to))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
