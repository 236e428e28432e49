//! Element types of results, held against torch 2.15: `torch.result_type` of every pair of element types, at
//! rank 1 and 0, and of every element type and Python's `True`, `2` and `0.5`.

use ops::{
    DType::{self, Bool, F32, F64, I32, I64},
    Device, Number, Tensor,
    tensor::Data,
};

const TYPES: [DType; 5] = [Bool, I32, I64, F32, F64];

/// Rows: the first operand's type, in the order of [`TYPES`]; columns: the second one's.
type Table = [[DType; 5]; 5];

const SAME_RANK: Table = [
    [Bool, I32, I64, F32, F64],
    [I32, I32, I64, F32, F64],
    [I64, I64, I64, F32, F64],
    [F32, F32, F32, F32, F64],
    [F64, F64, F64, F64, F64],
];

/// The first operand has dimensions, the second one none.
const WITH_RANK_0: Table = [
    [Bool, I32, I64, F32, F64],
    [I32, I32, I32, F32, F64],
    [I64, I64, I64, F32, F64],
    [F32, F32, F32, F32, F32],
    [F64, F64, F64, F64, F64],
];

/// With `True`, `2` and `0.5`, of any rank.
const WITH_NUMBERS: [[DType; 3]; 5] =
    [[Bool, I64, F32], [I32, I32, F32], [I64, I64, F32], [F32, F32, F32], [F64, F64, F64]];

const NUMBERS: [Number; 3] = [Number::Bool(true), Number::Whole(2), Number::Float(0.5)];

fn one(dtype: DType, rank: usize) -> Tensor {
    Tensor::full(vec![1; rank], 1.0, dtype, Device::Cpu).unwrap()
}

fn whole(values: &[i64]) -> Tensor {
    Tensor::from_data(values.to_vec(), [values.len()], Device::Cpu).unwrap()
}

fn data(y: ops::Result<Tensor>) -> Data {
    y.unwrap().to_data().unwrap()
}

#[test]
fn every_pair_of_types_promotes_as_in_pytorch() {
    for (i, a) in TYPES.into_iter().enumerate() {
        for (j, b) in TYPES.into_iter().enumerate() {
            for (ranks, expected) in [
                ([1, 1], SAME_RANK[i][j]),
                ([0, 0], SAME_RANK[i][j]),
                ([1, 0], WITH_RANK_0[i][j]),
                ([0, 1], WITH_RANK_0[j][i]),
            ] {
                let (x, y) = (one(a, ranks[0]), one(b, ranks[1]));
                for result in [x.add(&y), x.mul(&y), x.maximum(&y), y.minimum(&x)] {
                    let result = result.unwrap();
                    assert_eq!(result.dtype(), expected, "{a} {b} {ranks:?}");
                    // True and True is true, as a number 1 or 2.
                    assert!(result.to_f64().unwrap()[0] >= 1.0, "{a} {b}");
                }
                let quotient = if expected.is_float() { expected } else { F32 };
                assert_eq!(x.div(&y).unwrap().dtype(), quotient, "{a} / {b}");
                assert_eq!(data(x.ge(&y)), Data::Bool(vec![true]), "{a} >= {b}");
                assert_eq!(data(x.ne(&y)), Data::Bool(vec![false]), "{a} != {b}");
                let chosen = one(Bool, 0).where_(&x, &y).unwrap();
                assert_eq!(chosen.dtype(), expected, "where {a} {b}");
            }
            let joined = Tensor::concat(&[&one(a, 1), &one(b, 1)], 0).unwrap();
            assert_eq!(joined.dtype(), SAME_RANK[i][j], "concat {a} {b}");
        }
    }
}

#[test]
fn numbers_promote_as_in_pytorch() {
    for (row, dtype) in WITH_NUMBERS.into_iter().zip(TYPES) {
        for rank in [0, 1] {
            let x = one(dtype, rank);
            for (number, expected) in NUMBERS.into_iter().zip(row) {
                for result in [x.add_number(number), x.mul_number(number), x.clamp_min_number(number)] {
                    assert_eq!(result.unwrap().dtype(), expected, "{dtype} {number:?}");
                }
                let quotient = if expected.is_float() { expected } else { F32 };
                assert_eq!(x.div_number(number).unwrap().dtype(), quotient, "{dtype} / {number:?}");
                assert_eq!(x.div_of_number(number).unwrap().dtype(), quotient, "{number:?} / {dtype}");
                let smaller = number == Number::Float(0.5);
                assert_eq!(data(x.gt_number(number)), Data::Bool(vec![smaller]), "{dtype} > {number:?}");
            }
        }
    }
}

#[test]
fn whole_numbers_give_what_pytorch_gives() {
    // torch 2.15: a = tensor([7, -7, 7, -7]), b = tensor([2, 2, -2, -2])
    let (a, b) = (whole(&[7, -7, 7, -7]), whole(&[2, 2, -2, -2]));
    assert_eq!(data(a.div(&b)), Data::F32(vec![3.5, -3.5, -3.5, 3.5]));
    assert_eq!(data(a.floor_divide(&b)), Data::I64(vec![3, -4, -4, 3]));
    assert_eq!(data(a.remainder(&b)), Data::I64(vec![1, 1, -1, -1]));
    assert_eq!(data(a.cast(F32).unwrap().floor_divide(&b)), Data::F32(vec![3.0, -4.0, -4.0, 3.0]));
    assert_eq!(data(whole(&[2, -3, 0]).pow(&whole(&[5, 3, 0]))), Data::I64(vec![32, -27, 1]));
    assert_eq!(
        data(whole(&[3, -2]).pow_number(Number::Whole(39))),
        Data::I64(vec![3i64.pow(39), -(1 << 39)])
    );
    assert_eq!(
        data(whole(&[3]).scalar_beside(Number::Float(2.0)).unwrap().pow(&whole(&[3]))),
        Data::F32(vec![8.0])
    );
    assert_eq!(data(whole(&[1, 2]).eq_number(Number::Float(1.5))), Data::Bool(vec![false, false]));
    assert_eq!(data(whole(&[1, 4]).sqrt()), Data::F32(vec![1.0, 2.0]));
    assert_eq!(data(whole(&[-1, 4]).square()), Data::I64(vec![1, 16]));
    assert_eq!(data(whole(&[4]).sub_of_number(Number::Whole(1))), Data::I64(vec![-3]));
    for (f, of) in [(Tensor::add as fn(&_, &_) -> _, [true, true]), (Tensor::mul, [true, false])] {
        let x = Tensor::from_data(vec![true, false], [2], Device::Cpu).unwrap();
        assert_eq!(data(f(&x, &x.ones_like().unwrap())), Data::Bool(of.to_vec()));
    }
}

#[test]
fn whole_numbers_stay_exact() {
    // torch 2.15: tensor([2**53]) + (2**53 + 1) = 2**54 + 1
    let odd = (1i64 << 53) + 1;
    assert_eq!(data(whole(&[1 << 53]).add_number(Number::Whole(odd))), Data::I64(vec![(1 << 54) + 1]));
    assert_eq!(data(whole(&[odd]).eq_number(Number::Whole(odd - 1))), Data::Bool(vec![false]));
    assert_eq!(data(Number::Whole(odd).full(&[2], I64, Device::Cpu)), Data::I64(vec![odd; 2]));
    let beyond = one(I32, 1).add_number(Number::Whole(1 << 40)).unwrap_err().to_string();
    assert!(beyond.contains("i32 and the number 1099511627776"), "{beyond}");
}

#[test]
fn gradients_flow_to_the_float_operand() {
    // torch 2.15: x = tensor([2.]); (x * tensor([3]) + tensor([True])).sum() gives x the gradient 3
    let x = Tensor::from_data(vec![2.0f32], [1], Device::Cpu).unwrap().track().unwrap();
    let y = x.mul(&whole(&[3])).unwrap().add(&one(Bool, 1)).unwrap().sum().unwrap();
    assert_eq!(y.item(), Ok(7.0));
    assert_eq!(y.backward().unwrap().of(&x).unwrap().to_f64().unwrap(), [3.0]);
    // Of f32 with f64 through the cast, which is a step of the graph.
    let wide = one(F64, 1).mul(&x).unwrap();
    let gradients = wide.sum().unwrap().backward().unwrap();
    assert_eq!(gradients.of(&x).unwrap().to_data().unwrap(), Data::F32(vec![1.0]));
    // Whole numbers have no slope.
    assert!(!x.cast(I64).unwrap().is_tracked());
}
