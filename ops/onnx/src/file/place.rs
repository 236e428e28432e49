//! Elements that are left in a file until they are asked for.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
};

use ops::{DType, Error, Result, tensor::Data};

use crate::broken;

/// A part of a file.
#[derive(Clone)]
pub(crate) struct Place {
    pub file: PathBuf,
    pub offset: u64,
    pub bytes: usize,
}

impl Place {
    /// The place, if the file is so long.
    ///
    /// # Errors
    /// [`Error::Graph`], as all here.
    pub fn checked(self) -> Result<Self> {
        self.opened().map(|_| self)
    }

    /// The bytes, which are taken off what is `left` of the memory for all of them.
    pub fn bytes(&self, left: &mut usize) -> Result<Vec<u8>> {
        let mut file = self.opened()?;
        let Some(rest) = left.checked_sub(self.bytes) else {
            let text = format!("{} bytes more, which memory does not hold", self.bytes);
            return broken(format!("{}: {text}", self.file.display()));
        };
        *left = rest;
        let mut content = vec![0; self.bytes];
        file.read_exact(&mut content).map_err(|e| self.failed(&e))?;
        Ok(content)
    }

    /// The bytes as `len` numbers of that type, without a second copy of them.
    pub fn numbers(&self, len: usize, dtype: DType) -> Result<Data> {
        Data::read(&mut self.opened()?, len, dtype).map_err(|e| self.failed(&e))
    }

    /// The file, at the place.
    fn opened(&self) -> Result<File> {
        let failed = |e: std::io::Error| self.failed(&e);
        let mut file = File::open(&self.file).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if self.offset.checked_add(self.bytes as u64).is_none_or(|end| end > size) {
            let Self { file, offset, bytes } = self;
            return broken(format!("{}: {bytes} bytes at {offset}, but it has {size}", file.display()));
        }
        file.seek(SeekFrom::Start(self.offset)).map_err(failed)?;
        Ok(file)
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        Error::Graph(format!("{}: {error}", self.file.display()))
    }
}
