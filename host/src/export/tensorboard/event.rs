//! An event file: records of TensorFlow's format, each an event.

use prost::Message as _;
use serde_json::Value as Json;

use super::message::{
    Dim, Event, FLOAT, Hyperparameters, Image, Metadata, PluginData, STRING, SessionEnd, SessionStart, Shape,
    Summary, SummaryValue, TENSOR, Tensor, Value,
};
use crate::{figure::png_size, run::Status};

/// A file that is being filled. Times are seconds since 1970.
pub struct EventFile {
    pub bytes: Vec<u8>,
}

impl EventFile {
    pub fn new(time: f64) -> Self {
        let mut file = Self { bytes: Vec::new() };
        let file_version = Some("brain.Event:2".into());
        file.add(&Event { wall_time: time, file_version, ..Event::default() });
        file
    }

    /// A value of a metric.
    pub fn scalar(&mut self, time: f64, step: u64, tag: &str, value: f64) {
        let simple_value = Some(value as f32);
        self.summary(time, step, SummaryValue { tag: tag.into(), simple_value, ..SummaryValue::default() });
    }

    /// A picture.
    pub fn image(&mut self, time: f64, step: u64, tag: &str, png: Vec<u8>) {
        let (width, height) = png_size(&png);
        let (width, height) = (width as i32, height as i32);
        let image = Some(Image { height, width, colorspace: 3, encoded_image_string: png });
        self.summary(time, step, SummaryValue { tag: tag.into(), image, ..SummaryValue::default() });
    }

    /// A text in Markdown.
    pub fn text(&mut self, time: f64, tag: &str, text: &str) {
        let string_val = vec![text.as_bytes().to_vec()];
        let tensor = Tensor { dtype: STRING, shape: one(), string_val, ..Tensor::default() };
        self.tensor(time, tag, "text", Vec::new(), tensor);
    }

    /// The hyperparameters, with which everything in the file was made.
    pub fn session_start(&mut self, time: f64, hyperparameters: &[(String, Json)]) {
        let hparams = hyperparameters.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
        let start = SessionStart { hparams, start_time_secs: time };
        self.session(time, "_hparams_/session_start_info", Some(start), None);
    }

    /// How it ended.
    pub fn session_end(&mut self, time: f64, status: Status) {
        let status = match status {
            Status::Completed => 1,
            Status::Failed => 2,
            _ => 0,
        };
        let end = SessionEnd { status, end_time_secs: time };
        self.session(time, "_hparams_/session_end_info", None, Some(end));
    }

    fn session(&mut self, time: f64, tag: &str, start: Option<SessionStart>, end: Option<SessionEnd>) {
        let content = Hyperparameters { session_start: start, session_end: end }.encode_to_vec();
        let tensor = Tensor { dtype: FLOAT, shape: one(), float_val: vec![0.0], ..Tensor::default() };
        self.tensor(time, tag, "hparams", content, tensor);
    }

    fn tensor(&mut self, time: f64, tag: &str, plugin: &str, content: Vec<u8>, tensor: Tensor) {
        let plugin_data = Some(PluginData { plugin_name: plugin.into(), content });
        let metadata = Some(Metadata { plugin_data, data_class: TENSOR });
        let value =
            SummaryValue { tag: tag.into(), tensor: Some(tensor), metadata, ..SummaryValue::default() };
        self.summary(time, 0, value);
    }

    fn summary(&mut self, time: f64, step: u64, value: SummaryValue) {
        let summary = Some(Summary { value: vec![value] });
        self.add(&Event { wall_time: time, step: step as i64, summary, ..Event::default() });
    }

    /// Adds a record: the length, its checksum, the message, its checksum.
    fn add(&mut self, event: &Event) {
        let message = event.encode_to_vec();
        let length = (message.len() as u64).to_le_bytes();
        for part in [&length[..], &message] {
            self.bytes.extend(part);
            self.bytes.extend(masked_checksum(part).to_le_bytes());
        }
    }
}

/// CRC-32C, changed so that a record may hold records.
fn masked_checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The shape `[1]`.
fn one() -> Option<Shape> {
    Some(Shape { dim: vec![Dim { size: 1 }] })
}

/// A setting; lists and maps are texts.
fn plain(value: &Json) -> Value {
    match value {
        Json::Number(number) => Value { number: number.as_f64(), ..Value::default() },
        Json::Bool(boolean) => Value { boolean: Some(*boolean), ..Value::default() },
        Json::String(text) => Value { string: Some(text.clone()), ..Value::default() },
        other => Value { string: Some(other.to_string()), ..Value::default() },
    }
}
