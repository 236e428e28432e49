//! What the name of a single number says: exporters name parameters by their modules (`logit_scale`,
//! `layers.3.gamma`), and the numbers of formulas by counting (`val_12`), by paths (`Mul/y:0`,
//! `/Constant_output_0`), or by the operation that gave them (`scalar_tensor_default`, `mul`).

use crate::{is_in, operators};

/// What PyTorch calls an operation on a certain kind of argument, after the operation's name.
const OVERLOADS: &[&str] = &["_default", "_tensor", "_scalar"];

/// Operations of PyTorch that give constants and have no operator of their name here.
const OF_PYTORCH: &str = "\
    alias arange clamp clone detach empty full fulllike item liftfresh liftfreshcopy ones oneslike permute \
    rsqrt rsub scalartensor select tensor to tocopy view zeros zeroslike";

/// What numbers of formulas are called by those who write them out.
const NUMBERS: &str = "\
    const constant eps epsilon half literal one pi two zero";

/// Whether the name is that of a parameter.
pub(super) fn is_worded(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let last = name.rsplit('.').next().unwrap_or(name);
    let counted = last.ends_with(|c: char| c.is_ascii_digit());
    // A list of parameters counts them, and has a name itself.
    let listed = name.len() > last.len() && last.chars().all(|c| c.is_ascii_digit());
    let word =
        if listed { name[..name.len() - last.len() - 1].rsplit('.').next().unwrap_or("") } else { last };
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(plain)
        && (!counted || listed)
        && !is_number(word)
}

/// Whether the name is that of a Constant node, by its path (`/model/Constant_3_output_0`): tools make
/// initialisers of such nodes.
pub(super) fn is_lifted(name: &str) -> bool {
    name.starts_with('/') && name.rsplit('/').next().is_some_and(|last| last.starts_with("Constant"))
}

/// Whether a word is an operation's or a number's, such as `scalar_tensor_default`.
fn is_number(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let stripped = OVERLOADS.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(&word);
    [&word, stripped].iter().any(|word| {
        let bare = word.replace('_', "");
        [OF_PYTORCH, NUMBERS].iter().any(|list| is_in(list, &bare)) || operators::is_any(&bare)
    })
}

#[cfg(test)]
mod tests {
    use super::is_worded;

    #[test]
    fn parameters_are_named_by_their_modules() {
        let names = "w alpha logit_scale layers.3.gamma scales.0 head.temperature _tau a.bias.1";
        for name in names.split_whitespace() {
            assert!(is_worded(name), "{name}");
        }
    }

    #[test]
    fn numbers_are_named_by_counts_paths_and_operations() {
        let names = "\
            val_12 463 Mul/y:0 /Constant_output_0 onnx::Add_5 scalar_tensor_default scalar_tensor \
            full_default _to_copy lift_fresh_copy mul exp add_tensor mul_scalar sqrt_default \
            p2o.helper.constant.3 p2o.Add.1 one norm.eps _tensor_constant0";
        for name in names.split_whitespace() {
            assert!(!is_worded(name), "{name}");
        }
    }
}
