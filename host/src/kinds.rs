//! The words for the types of script values, in messages and signatures: those of Rhai's book where it has
//! one.

use rhai::Dynamic;

/// The word for a type that Rhai or Rust calls `raw`: `integer` for `i64`, `Tensor` for
/// `ops::tensor::Tensor`.
pub fn word(raw: &str) -> String {
    let raw = raw.trim().trim_start_matches("&mut ");
    let inner = raw.strip_prefix("alloc::sync::Arc<").and_then(|rest| rest.strip_suffix('>'));
    match inner.unwrap_or(raw).trim_start_matches("rhai::") {
        "i64" | "INT" => "integer".into(),
        "f64" | "FLOAT" => "float".into(),
        "char" => "character".into(),
        "array" | "Array" => "array".into(),
        "map" | "Map" => "map".into(),
        "blob" | "Blob" => "blob".into(),
        "Fn" | "FnPtr" => "function".into(),
        "" | "?" | "_" | "Dynamic" => "any".into(),
        raw if raw.contains("ImmutableString") || matches!(raw, "string" | "String" | "&str") => {
            "string".into()
        }
        raw if raw.to_lowercase().contains("range") => "range".into(),
        raw if raw.contains('<') => raw.into(),
        raw => raw.rsplit("::").next().unwrap_or(raw).into(),
    }
}

/// The word for a value's type.
pub fn of(value: &Dynamic) -> String {
    word(value.type_name())
}

/// That word with its article: `an integer`, `a Tensor`.
pub fn a(value: &Dynamic) -> String {
    with_article(&of(value))
}

/// A word with its article.
pub fn with_article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
    format!("{article} {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_words_that_scripts_use() {
        let words = [
            "i64",
            "&str | ImmutableString | String",
            "ops::tensor::Tensor",
            "range=",
            "alloc::vec::Vec<u8>",
        ];
        let expected = ["integer", "string", "Tensor", "range", "alloc::vec::Vec<u8>"];
        assert_eq!(words.map(word), expected);
    }

    #[test]
    fn one_type_has_one_word() {
        for same in [
            &["array", "rhai::Array", "Array"][..],
            &["map", "Map"],
            &["Fn", "rhai::FnPtr"],
            &["&mut i64", "INT"],
        ] {
            assert!(same.iter().all(|raw| word(raw) == word(same[0])), "{same:?}");
        }
        assert_eq!(a(&Dynamic::from(1_i64)), "an integer");
        assert_eq!(a(&rhai::Array::new().into()), "an array");
        assert_eq!(a(&Dynamic::from(std::sync::Arc::new(3_u8))), "a u8");
    }
}
