//! What an ONNX file says about itself.

use onnx_net::proto::ModelProto;

/// The facts at the top of an ONNX file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Version of the file format.
    pub ir_version: u64,
    /// Name and version of the program that wrote the file; empty where it does not say.
    pub producer: String,
    /// Each operator set that the graph uses: domain (empty: ONNX's own) and version.
    pub opsets: Vec<(String, u64)>,
    /// The author's own keys and values.
    pub metadata: Vec<(String, String)>,
}

impl Header {
    /// The header of a model.
    pub fn of(model: &ModelProto) -> Self {
        let opsets = model.opset_import.iter().map(|set| (set.domain.clone(), set.version.unsigned_abs()));
        let entries = model.metadata_props.iter().map(|entry| (entry.key.clone(), entry.value.clone()));
        Self {
            ir_version: model.ir_version.unsigned_abs(),
            producer: format!("{} {}", model.producer_name, model.producer_version).trim().to_owned(),
            opsets: opsets.collect(),
            metadata: entries.collect(),
        }
    }

    /// Version of ONNX's own operator set; none where the graph uses only others.
    pub fn opset(&self) -> Option<u64> {
        let own = self.opsets.iter().find(|(domain, _)| domain.is_empty() || domain == "ai.onnx");
        own.map(|(_, version)| *version)
    }
}
