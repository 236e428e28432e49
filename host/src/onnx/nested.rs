//! Lists inside of lists, as scripts and JSON write arrays.

use crate::error::{Error, Result};

/// What lists inside of lists hold, in row-major order, and their shape: `[[1, 2, 3]]` is 1, 2, 3 of the
/// shape `[1, 3]`. `items` gives those of a list, and nothing for what is none.
///
/// # Errors
/// `Usage` for rows of different lengths.
pub fn leaves<T>(value: T, items: &impl Fn(&T) -> Option<Vec<T>>) -> Result<(Vec<usize>, Vec<T>)> {
    let Some(rows) = items(&value) else { return Ok((vec![], vec![value])) };
    let (mut shape, mut all): (Option<Vec<usize>>, Vec<T>) = (None, vec![]);
    let count = rows.len();
    for row in rows {
        let (found, leaves) = leaves(row, items)?;
        if let Some(expected) = shape.as_ref().filter(|shape| **shape != found) {
            let problem = format!("a row of the shape {found:?} is beside one of {expected:?}");
            return Err(Error::usage(problem, "give rows of the same length"));
        }
        shape = Some(found);
        all.extend(leaves);
    }
    Ok(([vec![count], shape.unwrap_or_default()].concat(), all))
}

/// Leaves in row-major order as lists inside of lists of that shape, which `list` makes.
pub fn nest<T>(
    shape: &[usize],
    leaves: &mut impl Iterator<Item = T>,
    list: &impl Fn(Vec<T>) -> T,
) -> Option<T> {
    let Some((&count, rest)) = shape.split_first() else { return leaves.next() };
    let rows = (0..count).map(|_| nest(rest, leaves, list)).collect::<Option<Vec<_>>>()?;
    Some(list(rows))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn items(value: &Value) -> Option<Vec<Value>> {
        value.as_array().cloned()
    }

    #[test]
    fn lists_have_a_shape_and_come_back() {
        for (value, shape) in
            [(json!(1), vec![]), (json!([[1, 2, 3], [4, 5, 6]]), vec![2, 3]), (json!([]), vec![0])]
        {
            let (found, all) = leaves(value.clone(), &items).unwrap();
            assert_eq!(found, shape);
            assert_eq!(nest(&shape, &mut all.into_iter(), &Value::from), Some(value));
        }
        assert!(leaves(json!([[1], [2, 3]]), &items).unwrap_err().to_string().contains("[2]"));
    }
}
