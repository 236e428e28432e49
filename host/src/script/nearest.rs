//! "Did you mean": the known name that is nearest to a misspelt one.

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
