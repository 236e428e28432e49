//! "Did you mean": the known name that is nearest to a misspelt one.

use std::collections::BTreeSet;

use strsim::damerau_levenshtein;

/// The known name with the fewest typing errors (left out, added, changed or swapped letters) from
/// `name`, unless it takes more than one error in three letters.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = name.to_lowercase();
    let length = typed.chars().count();
    known
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| {
            let errors = damerau_levenshtein(&typed, &candidate.to_lowercase());
            (errors, candidate)
        })
        .filter(|(errors, _)| *errors < length && *errors <= (length / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or nothing when no known name is near.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|found| format!("did you mean `{found}`?"))
}

/// What to write for a variable that there is not: names that other languages have, and modules.
pub fn advice(name: &str, modules: &BTreeSet<&str>) -> Option<String> {
    let word = |ours: &str| Some(format!("write `{ours}`"));
    match name {
        "True" => word("true"),
        "False" => word("false"),
        "None" | "null" | "nil" | "undefined" => word("()"),
        "self" => word("this"),
        "torch" | "np" | "numpy" | "F" => {
            Some(format!("functions need no `{name}`: `host help NAME` finds ours by PyTorch's names"))
        }
        _ if modules.contains(name) => Some(format!("`{name}` is a module: write `{name}::` for `{name}.`")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn swapped_letters_are_one_error() {
        assert_eq!(nearest("nmae", ["mae", "name", "nine"]), Some("mae"));
        assert_eq!(nearest("epohcs", ["images", "epochs"]), Some("epochs"));
        assert_eq!(nearest("Epochs", ["epochs"]), Some("epochs"));
    }

    #[test]
    fn far_names_and_the_name_itself_are_not_offered() {
        assert_eq!(nearest("channels", ["epochs", "channels"]), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
