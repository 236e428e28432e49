//! JSON with its own checksum, by which a file that somebody changed is noticed.

use serde_json::Value as Json;

use crate::files::sha256;

/// The key of the checksum, which is that of the text without it.
const KEY: &str = "sha256";

/// An object as text with its checksum.
pub fn sealed(mut json: Json) -> String {
    json[KEY] = sha256(json.to_string().as_bytes()).into();
    json.to_string()
}

/// The object in a text; nothing where it is not what was written. Older versions wrote no checksum.
pub fn opened(text: &str) -> Option<Json> {
    let mut json: Json = serde_json::from_str(text).ok()?;
    let checksum = json.as_object_mut()?.shift_remove(KEY);
    let is_right = |sum: &Json| sum.as_str() == Some(&sha256(json.to_string().as_bytes()));
    checksum.as_ref().is_none_or(is_right).then_some(json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_changed_text_is_noticed() {
        let json = json!({"b": [1, u64::MAX, -3, null], "a": {"text": "\u{7f}ä\n\"", "on": true}});
        let text = sealed(json.clone());
        assert_eq!(opened(&text), Some(json.clone()));
        assert_eq!(opened(&json.to_string()), Some(json), "the form without a checksum");
        for (old, new) in [("-3", "-4"), ("true", "false"), ("[1,", "[2,"), ("\"on\"", "\"no\"")] {
            assert!(text.contains(old));
            assert_eq!(opened(&text.replacen(old, new, 1)), None);
        }
        assert_eq!(opened(&text[..text.len() / 2]), None);
        assert_eq!(opened("[]"), None);
    }
}
