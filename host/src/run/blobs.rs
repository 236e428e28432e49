//! Tensors as files named by their content: what did not change between two checkpoints is there
//! already and is not written again.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use ops::{DType, Device, Tensor, tensor::Data};
use serde_json::{Value as Json, json};

use crate::{
    data::{Dataset, Items},
    error::{Error, Result},
    files::{sha256, write_whole},
};

/// The folder of tensor files of a run.
pub struct Blobs {
    folder: PathBuf,
    /// Names of the files that are known to be there.
    written: HashSet<String>,
    /// Names of those that the checkpoint in the making refers to.
    referred: HashSet<String>,
    /// Values hashed for the last checkpoint and for this one: what is still the same is not hashed again.
    hashed: HashMap<Id, Hashed>,
    hashing: HashMap<Id, Hashed>,
    /// What was read back, by its whole description, so that two names for one value stay so.
    read: HashMap<String, Tensor>,
}

/// The identity of a value; once nobody holds the value, another one may get it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Id {
    Tensor(usize),
    Bytes(usize),
}

/// A value that was written, and the JSON that names its file.
#[derive(Clone)]
struct Hashed {
    _held: Held,
    json: Json,
}

#[derive(Clone)]
enum Held {
    Tensor(Tensor),
    Bytes(Arc<[u8]>),
}

impl Held {
    fn id(&self) -> Id {
        match self {
            Self::Tensor(tensor) => Id::Tensor(tensor.value_id()),
            Self::Bytes(bytes) => Id::Bytes(Arc::as_ptr(bytes).addr()),
        }
    }
}

impl Blobs {
    /// The files of a folder that need not exist yet.
    pub fn new(folder: &Path) -> Self {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let written = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
        Self {
            folder: folder.to_owned(),
            written,
            referred: HashSet::new(),
            hashed: HashMap::new(),
            hashing: HashMap::new(),
            read: HashMap::new(),
        }
    }

    /// Begins a checkpoint: nothing is referred to yet.
    pub fn begin(&mut self) {
        self.referred.clear();
        self.read.clear();
    }

    /// Notes that a file is still needed.
    pub fn keep(&mut self, json: &Json) {
        match json {
            Json::Object(map) => {
                if let Some(name) = map.get("file").and_then(Json::as_str) {
                    self.referred.insert(name.to_owned());
                }
                map.values().for_each(|v| self.keep(v));
            }
            Json::Array(items) => items.iter().for_each(|v| self.keep(v)),
            _ => {}
        }
    }

    /// Ends a checkpoint: files that nothing refers to go.
    pub fn end(&mut self) {
        self.hashed = std::mem::take(&mut self.hashing);
        for name in self.written.difference(&self.referred) {
            // A file that cannot be removed costs space, nothing else.
            let _ = std::fs::remove_file(self.folder.join(name));
        }
        self.written.retain(|name| self.referred.contains(name));
    }

    fn put(&mut self, held: Held, describe: impl FnOnce() -> Result<(Vec<u8>, Json)>) -> Result<Json> {
        let id = held.id();
        let known = self.hashing.get(&id).or_else(|| self.hashed.get(&id));
        let json = match known {
            Some(known) => known.json.clone(),
            None => {
                let (bytes, mut json) = describe()?;
                let name = sha256(&bytes);
                if !self.written.contains(&name) {
                    std::fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder))?;
                    write_whole(&self.folder.join(&name), &bytes)?;
                    self.written.insert(name.clone());
                }
                json["file"] = name.into();
                json
            }
        };
        self.keep(&json);
        self.hashing.insert(id, Hashed { _held: held, json: json.clone() });
        Ok(json)
    }

    /// Writes a tensor unless it is there, and gives the JSON that names it.
    pub fn put_tensor(&mut self, tensor: &Tensor) -> Result<Json> {
        let describe = || {
            let json = json!({
                "shape": tensor.shape(), "dtype": tensor.dtype().name(), "device": tensor.device().name(),
            });
            Ok((tensor.to_data()?.to_bytes(), json))
        };
        self.put(Held::Tensor(tensor.clone()), describe)
    }

    /// Reads a tensor back.
    ///
    /// # Errors
    /// `Usage` when the file is missing or is not what was written.
    pub fn tensor(&mut self, json: &Json) -> Result<Tensor> {
        let name = json["file"].as_str().unwrap_or_default();
        // All of it: the bytes of one file may be those of tensors of several types.
        let description = json.to_string();
        if let Some(tensor) = self.read.get(&description) {
            return Ok(tensor.clone());
        }
        let bytes = self.bytes(json)?;
        let shape: Option<Vec<usize>> = serde_json::from_value(json["shape"].clone()).ok();
        let shape = shape.ok_or_else(|| damaged(&self.folder.join(name)))?;
        let dtype = DType::parse(json["dtype"].as_str().unwrap_or_default())?;
        let device = Device::parse(json["device"].as_str().unwrap_or_default())?;
        let tensor = Tensor::from_data(Data::from_bytes(&bytes, dtype), shape, device)?;
        self.read.insert(description, tensor.clone());
        Ok(tensor)
    }

    fn put_bytes(&mut self, bytes: &Arc<[u8]>) -> Result<Json> {
        self.put(Held::Bytes(Arc::clone(bytes)), || Ok((bytes.to_vec(), json!({}))))
    }

    /// Reads a file and checks that it is what was written.
    fn bytes(&self, json: &Json) -> Result<Vec<u8>> {
        let name = json["file"].as_str().unwrap_or_default();
        let path = self.folder.join(name);
        if name.len() != 64 || !name.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(damaged(&path));
        }
        let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
        if sha256(&bytes) == name { Ok(bytes) } else { Err(damaged(&path)) }
    }

    /// Writes the parts of a data set unless they are there.
    pub fn put_dataset(&mut self, dataset: &Dataset) -> Result<Json> {
        let mut parts = Vec::new();
        for part in dataset.parts() {
            let items = match part.items()? {
                Items::Bytes(bytes) => json!({"bytes": self.put_bytes(&bytes)?}),
                Items::Floats(tensor) => json!({"floats": self.put_tensor(&tensor)?}),
            };
            parts.push(json!({"items": items, "labels": part.labels()}));
        }
        Ok(json!({
            "name": dataset.name(), "shape": dataset.shape(), "classes": dataset.class_names(),
            "parts": parts,
        }))
    }

    /// Reads a data set back.
    pub fn dataset(&mut self, json: &Json) -> Result<Dataset> {
        let folder = self.folder.clone();
        let bad = |_| damaged(&folder);
        let shape: Vec<usize> = serde_json::from_value(json["shape"].clone()).map_err(bad)?;
        let classes: Vec<String> = serde_json::from_value(json["classes"].clone()).map_err(bad)?;
        let mut parts = Vec::new();
        for part in json["parts"].as_array().into_iter().flatten() {
            let items = match &part["items"] {
                items if items["bytes"].is_object() => Items::Bytes(self.bytes(&items["bytes"])?.into()),
                items => Items::Floats(self.tensor(&items["floats"])?),
            };
            let labels: Option<Vec<u32>> = serde_json::from_value(part["labels"].clone()).map_err(bad)?;
            parts.push((items, labels.map(Into::into)));
        }
        Ok(Dataset::from_parts(json["name"].as_str().unwrap_or_default(), &shape, &classes, parts)?)
    }
}

fn damaged(path: &Path) -> Error {
    Error::usage(
        format!("{}: the checkpoint is damaged: this is not what was written", path.display()),
        "start a new run",
    )
}
