//! Bools of any origin go into every operation that takes bools.

use ops::{DType, Device, Result, Tensor, tensor::Data};

fn bools(values: &[bool], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap()
}

/// Bools as each operation gives them, with what they have to be.
fn origins() -> Result<Vec<(&'static str, Tensor, [bool; 4])>> {
    let x = bools(&[true, false, false, true], &[4]);
    let n = Tensor::from_data(vec![1.0, -1.0, 0.0, 2.0], [4], Device::Cpu)?;
    let at = Tensor::from_data(vec![3i32, 2, 1, 0], [4], Device::Cpu)?;
    Ok(vec![
        ("index_select", x.index_select(0, &at)?, [true, false, false, true]),
        ("flip", n.gt(&n.mul_scalar(0.0)?)?.flip(&[0])?, [true, false, false, true]),
        ("gather", x.gather(0, &at)?, [true, false, false, true]),
        ("where", x.where_(&x, &x.logical_not()?)?, [true, true, true, true]),
        ("narrow", Tensor::concat(&[&x, &x], 0)?.narrow(0, 2, 4)?, [false, true, true, false]),
        ("expand", bools(&[true], &[1]).expand(&[4])?, [true; 4]),
        ("repeat", bools(&[true, false], &[2]).repeat(&[2])?, [true, false, true, false]),
        (
            "transpose",
            bools(&[true, false, true, true], &[2, 2]).transpose(0, 1)?.reshape(&[4])?,
            [true, true, false, true],
        ),
        (
            "any_dims",
            bools(&[true, false, false, true], &[4, 1]).any_dims(&[1], false)?,
            [true, false, false, true],
        ),
        (
            "all_dims",
            bools(&[true, false, false, true], &[4, 1]).all_dims(&[1], false)?,
            [true, false, false, true],
        ),
        ("eq_scalar", n.eq_scalar(2.0)?, [false, false, false, true]),
        ("cast", n.cast(DType::Bool)?, [true, true, false, true]),
        ("logical_not", x.logical_not()?, [false, true, true, false]),
    ])
}

#[test]
fn bools_of_every_origin_join_and_combine() {
    for (name, x, expected) in origins().unwrap() {
        let fresh = bools(&[true, true, false, false], &[4]);
        let joined = Tensor::concat(&[&fresh, &x], 0).unwrap().narrow(0, 4, 4).unwrap();
        assert_eq!(joined.to_data().unwrap(), Data::Bool(expected.to_vec()), "{name}");
        let both = x.logical_and(&fresh).unwrap().to_data().unwrap();
        let values = expected.iter().zip([true, true, false, false]).map(|(a, b)| *a && b);
        assert_eq!(both, Data::Bool(values.collect()), "{name}");
        let same = x.eq(&joined).unwrap().to_data().unwrap();
        assert_eq!(same, Data::Bool(vec![true; 4]), "{name}");
    }
}
