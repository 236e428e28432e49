//! The paths that stand in Rust source.

/// A path as it is written, from its first name to its last: `["crate", "run", "Saved"]`.
pub type Names = Vec<String>;

/// All paths of at least two names outside of comments, texts and code for tests. Braces are spread:
/// `a::{b, c::d}` gives `a::b` and `a::c::d`.
pub fn paths(source: &str) -> Vec<Names> {
    let tokens = without_tests(tokens(source));
    let (mut found, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        let begins = is_name(&tokens[i]) && (i == 0 || !matches!(&*tokens[i - 1], "::" | "."));
        if begins && tokens.get(i + 1).is_some_and(|next| next == "::") {
            i = path(&tokens, i, &[], &mut found);
        } else {
            i += 1;
        }
    }
    found
}

/// Modules that are declared for tests alone: `#[cfg(test)] mod damage;`.
pub fn test_modules(source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let items = (0..tokens.len()).filter(|&i| is_test(&tokens[i..])).map(|i| &tokens[i + TEST.len()..]);
    let module = |item: &[String]| {
        let is_public = item.first().is_some_and(|token| token == "pub");
        match &item[usize::from(is_public)..] {
            [word, name, end, ..] if word == "mod" && end == ";" => Some(name.clone()),
            _ => None,
        }
    };
    items.filter_map(module).collect()
}

/// Reads a path whose first name is at `i`, after `before`, and gives where it ends.
fn path(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<Names>) -> usize {
    let mut names = before.to_vec();
    loop {
        match tokens.get(i).map(String::as_str) {
            Some("{") => return group(tokens, i + 1, &names, found),
            Some(name) if is_name(name) || name == "*" => names.push(name.to_owned()),
            // `Vec::<T>`
            _ => break,
        }
        i += 1;
        if tokens.get(i).is_none_or(|next| next != "::") {
            break;
        }
        i += 1;
    }
    found.push(names);
    i
}

/// Reads the paths in braces.
fn group(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<Names>) -> usize {
    while let Some(token) = tokens.get(i) {
        i = match &**token {
            "}" => return i + 1,
            name if is_name(name) || matches!(name, "{" | "*") => path(tokens, i, before, found),
            // And the name that follows.
            "as" => i + 2,
            // A comma.
            _ => i + 1,
        };
    }
    i
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_') && token != "as"
}

const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];

/// Whether `#[cfg(test)]` stands here.
fn is_test(tokens: &[String]) -> bool {
    tokens.iter().take(TEST.len()).map(String::as_str).eq(TEST)
}

/// What stands outside of items for tests, each of which ends with its braces or a semicolon.
fn without_tests(tokens: Vec<String>) -> Vec<String> {
    let (mut kept, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        if is_test(&tokens[i..]) {
            let mut depth = 0;
            while i < tokens.len() {
                depth += usize::from(tokens[i] == "{");
                let ends = depth == 0 && tokens[i] == ";" || depth == 1 && tokens[i] == "}";
                depth -= usize::from(tokens[i] == "}" && depth > 0);
                i += 1;
                if ends {
                    break;
                }
            }
        } else {
            kept.push(tokens[i].clone());
            i += 1;
        }
    }
    kept
}

/// Names, `::`, and other characters one by one; without comments and texts.
fn tokens(source: &str) -> Vec<String> {
    let (mut tokens, mut rest) = (Vec::new(), source);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if first.is_whitespace() => first.len_utf8(),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '"' => text(rest),
            'r' if rest.starts_with("r\"") || rest.starts_with("r#\"") => raw_text(rest),
            '\'' => character(rest),
            _ => {
                let name = |c: char| c.is_alphanumeric() || c == '_';
                let length = match first {
                    ':' if rest.starts_with("::") => 2,
                    _ if name(first) => rest.find(|c| !name(c)).unwrap_or(rest.len()),
                    _ => first.len_utf8(),
                };
                tokens.push(rest[..length].to_owned());
                length
            }
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the text that begins here.
fn text(rest: &str) -> usize {
    let mut is_escaped = false;
    let end = rest.char_indices().skip(1).find(|&(_, c)| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    });
    end.map_or(rest.len(), |(i, _)| i + 1)
}

fn raw_text(rest: &str) -> usize {
    let hashes = rest[1..].chars().take_while(|&c| c == '#').count();
    let end = format!("\"{}", "#".repeat(hashes));
    let start = 2 + hashes;
    rest[start..].find(&end).map_or(rest.len(), |i| start + i + end.len())
}

/// The length of a character, or of the quote of a lifetime.
fn character(rest: &str) -> usize {
    if rest.starts_with("'\\") {
        return rest[3..].find('\'').map_or(rest.len(), |i| i + 4);
    }
    let mut after = rest.char_indices().skip(2);
    after.next().filter(|&(_, c)| c == '\'').map_or(1, |(i, _)| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_outside_of_comments_texts_and_tests() {
        let source = r##"
            //! crate::comment::none
            use crate::{error::{Error, Result}, run::*, self};
            #[cfg(test)]
            pub mod damage;
            fn f<'a>(x: &'a str) -> std::fmt::Result {
                let q = ('"', '\'', "\" crate::text::none", r#"crate::raw "none"#);
                super::super::a::b::<u8>(x.y::<u8>()); }
            #[cfg(test)]
            mod tests { use crate::hidden::none; fn g() {} }
            use files::reading::{self, Sum as Other};
        "##;
        let found: Vec<String> = paths(source).iter().map(|names| names.join("::")).collect();
        let expected = [
            "crate::error::Error",
            "crate::error::Result",
            "crate::run::*",
            "crate::self",
            "std::fmt::Result",
            "super::super::a::b",
            "files::reading::self",
            "files::reading::Sum",
        ];
        assert_eq!(found, expected);
        assert_eq!(test_modules(source), ["damage"]);
    }
}
