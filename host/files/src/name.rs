//! Names that every file system takes.

use crate::sha256;

/// The longest name that [`safe_name`] gives, in bytes.
const LONGEST_NAME: usize = 100;

/// `text` as a file name that is safe on every file system, at most 100 bytes long.
///
/// A text that is safe already stays as it is; any other gets a hash, so that different texts have
/// different names.
pub fn safe_name(text: &str) -> String {
    let name = cleaned(text, LONGEST_NAME);
    if name == text {
        return name;
    }
    let hash = &sha256(text.as_bytes())[..8];
    format!("{}-{hash}", cleaned(text, LONGEST_NAME - 9))
}

/// `text` without what some file system refuses, cut to `maximum` bytes. Different texts may become equal.
pub fn cleaned(text: &str, maximum: usize) -> String {
    const ENDS: [char; 2] = ['.', ' '];
    let refused = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    let text = text.replace(refused, "_");
    let text = match text.trim_matches(ENDS) {
        text if text.is_empty() || is_device(text) => format!("_{text}"),
        text => text.to_string(),
    };
    text[..text.floor_char_boundary(maximum)].trim_end_matches(ENDS).to_string()
}

/// Whether Windows takes the name for a device, whatever its extension: `nul`, `COM1.txt`.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut number = port.unwrap_or_default().chars();
    let is_port = matches!((number.next(), number.next()), (Some('0'..='9' | '¹' | '²' | '³'), None));
    is_port || ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&&*stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_names_stay_and_others_get_a_hash() {
        for name in ["iteration-3", "a b,c=[1,2]", "früh", "x.y", "console", "com", "COM10", "-"] {
            assert_eq!(safe_name(name), name);
        }
        // The hash of a text is the start of its `sha256sum`.
        assert_eq!(safe_name("a/b:c*?"), "a_b_c__-968a1deb");
        let odd =
            ["..", ".a", "a.", " a", "a ", "", "CON", "con.txt", "nul .b", "Lpt1", "COM¹", "a\0", "a\n"];
        for (i, text) in odd.iter().enumerate() {
            let name = safe_name(text);
            let stem = name.split('.').next().unwrap();
            assert!(!name.starts_with(['.', ' ']) && !name.chars().any(char::is_control), "{name:?}");
            assert!(!is_device(stem), "{name:?}");
            assert!(odd[..i].iter().all(|other| safe_name(other) != name), "{name:?} is there twice");
            assert_eq!(safe_name(&name), name, "a safe name is safe");
        }
    }

    #[test]
    fn long_names_are_cut_at_a_border_of_characters() {
        let long = "ä".repeat(150);
        let (name, other) = (safe_name(&long), safe_name(&format!("{long}b")));
        assert_eq!(name.len(), 45 * 2 + 9);
        assert!(other.starts_with(&"ä".repeat(45)) && other != name);
        assert_eq!(safe_name(&"a".repeat(100)), "a".repeat(100));
        assert_eq!(safe_name(&"a".repeat(101)).len(), 100);
    }
}
