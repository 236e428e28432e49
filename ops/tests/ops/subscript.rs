//! Indexing: random indices against a plain reference, and numbers of torch 2.15.

use ops::{
    DType, Device, Error, Number, Result, Tensor,
    op::Index::{self, At, Chosen, New, Rest, Span},
    tensor::Data,
};

/// A source of numbers for what is drawn here.
struct Draws(u64);

impl Draws {
    /// A number in `0..n`.
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) % n as u64) as usize
    }

    /// A number in `low..=high`.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as usize) as i64
    }
}

fn whole(values: &[i64], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap()
}

fn bools(values: &[bool], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap()
}

fn counted(shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    whole(&(0..n as i64).collect::<Vec<_>>(), shape)
}

fn span(start: Option<i64>, end: Option<i64>, step: i64) -> Index {
    Span { start, end, step }
}

/// Positions that an index takes of one dimension or more, each as an offset in them, and their shape in the
/// result.
type Taken = (Vec<usize>, Vec<usize>);

/// An index of a dimension of n elements, and what it takes.
fn drawn(draws: &mut Draws, n: usize, may_choose: bool) -> (Index, Taken) {
    let len = n as i64;
    let turned = |i: i64| if i < 0 { (i + len) as usize } else { i as usize };
    match draws.below(if may_choose { 5 } else { 3 }) {
        0 => {
            let i = draws.between(-len, len - 1);
            (At(i), (vec![turned(i)], vec![]))
        }
        1 | 2 => {
            let bounds = [(); 2].map(|()| (draws.below(4) != 0).then(|| draws.between(-len - 2, len + 2)));
            let step = draws.between(1, 3);
            let cut = |i: i64| (if i < 0 { i + len } else { i }).clamp(0, len);
            let (a, b) = (bounds[0].map_or(0, cut), bounds[1].map_or(len, cut));
            let found: Vec<usize> = (a..b).step_by(step as usize).map(|i| i as usize).collect();
            let shape = vec![found.len()];
            (span(bounds[0], bounds[1], step), (found, shape))
        }
        3 => {
            let shape = [vec![], vec![3], vec![2, 2]][draws.below(3)].clone();
            let k: usize = shape.iter().product();
            let list: Vec<i64> = (0..k).map(|_| draws.between(-len, len - 1)).collect();
            (Chosen(whole(&list, &shape)), (list.into_iter().map(turned).collect(), shape))
        }
        _ => {
            let mask: Vec<bool> = (0..n).map(|_| draws.below(2) == 0).collect();
            let found: Vec<usize> = (0..n).filter(|&i| mask[i]).collect();
            let shape = vec![found.len()];
            (Chosen(bools(&mask, &[n])), (found, shape))
        }
    }
}

/// An index of a shape, the offsets of the elements that it takes, in their order, and the shape of the
/// result.
fn expression(draws: &mut Draws, shape: &[usize]) -> (Vec<Index>, Vec<usize>, Vec<usize>) {
    let (mut index, mut offsets, mut result) = (vec![], vec![0], vec![]);
    let first = draws.below(shape.len() + 1);
    let rest = draws.below(shape.len() - first + 1);
    let (mut chooses, mut d) = (false, 0);
    while d < shape.len() {
        let within: usize = shape[d + 1..].iter().product();
        // Inside of what `...` stands for there is no place for another.
        if draws.below(5) == 0 && !(d > first && d < first + rest) {
            index.push(New);
            result.push(1);
        }
        let (positions, kept) = if d >= first && d < first + rest {
            if d == first {
                index.push(Rest);
            }
            ((0..shape[d]).collect(), vec![shape[d]])
        } else {
            let (one, taken) = drawn(draws, shape[d], !chooses);
            chooses |= matches!(one, Chosen(_));
            index.push(one);
            taken
        };
        offsets = offsets.iter().flat_map(|o| positions.iter().map(move |p| o + p * within)).collect();
        result.extend(kept);
        d += 1;
    }
    (index, offsets, result)
}

#[test]
fn random_indices_take_and_replace_what_a_plain_reference_does() {
    let mut draws = Draws(7);
    let mut taken = 0;
    for _ in 0..3000 {
        let rank = draws.below(4) + 1;
        let shape: Vec<usize> = (0..rank).map(|_| draws.below(4) + 1).collect();
        let (index, offsets, result) = expression(&mut draws, &shape);
        if result.len() > 6 {
            continue;
        }
        let x = counted(&shape);
        let described = format!("{shape:?} by {index:?}");
        if offsets.is_empty() {
            assert!(matches!(x.at(&index), Err(Error::Argument { op: "index", .. })), "{described}");
            continue;
        }
        let y = x.at(&index).unwrap_or_else(|e| panic!("{described}: {e}"));
        let expected: Vec<i64> = offsets.iter().map(|&i| i as i64).collect();
        assert_eq!(y.shape(), result, "{described}");
        assert_eq!(y.to_data().unwrap(), Data::I64(expected), "{described}");
        let values: Vec<i64> = (0..offsets.len()).map(|i| -1 - i as i64).collect();
        for (value, of) in
            [(whole(&values, &result), values.clone()), (whole(&[-9], &[]), vec![-9; values.len()])]
        {
            let changed = x.with_at(&index, &value).unwrap_or_else(|e| panic!("{described}: {e}"));
            let mut plain: Vec<i64> = (0..x.len() as i64).collect();
            offsets.iter().zip(of).for_each(|(&i, value)| plain[i] = value);
            assert_eq!(changed.shape(), shape, "{described}");
            assert_eq!(changed.to_data().unwrap(), Data::I64(plain), "{described}");
        }
        taken += 1;
    }
    assert!(taken > 1500, "{taken}");
}

fn data(y: Result<Tensor>) -> Data {
    y.unwrap().to_data().unwrap()
}

#[test]
fn parts_are_those_of_pytorch() {
    // torch 2.15: x = arange(12).reshape(3, 4)
    let x = counted(&[3, 4]);
    // x[x > 9], x[..., 1::2], x[:, -1], x[1:100, None], x[tensor([[0, -1]]), ...].shape
    assert_eq!(data(x.at(&[Chosen(x.gt_scalar(9.0).unwrap())])), Data::I64(vec![10, 11]));
    assert_eq!(data(x.at(&[Rest, span(Some(1), None, 2)])), Data::I64(vec![1, 3, 5, 7, 9, 11]));
    assert_eq!(data(x.at(&[span(None, None, 1), At(-1)])), Data::I64(vec![3, 7, 11]));
    let y = x.at(&[span(Some(1), Some(100), 1), New]).unwrap();
    assert_eq!((y.shape(), y.to_f64().unwrap()[0]), (&[2, 1, 4][..], 4.0));
    assert_eq!(x.at(&[Chosen(whole(&[0, -1], &[1, 2])), Rest]).unwrap().shape(), [1, 2, 4]);
    // x[1:, 2] = tensor([-1, -2]); x[0] = 7; x[x > 9] = 0; x[[0, 0]] = tensor([[1], [2]])
    let y = x.with_at(&[span(Some(1), None, 1), At(2)], &whole(&[-1, -2], &[2])).unwrap();
    assert_eq!(data(Ok(y.clone())), Data::I64(vec![0, 1, 2, 3, 4, 5, -1, 7, 8, 9, -2, 11]));
    let y = y.with_number_at(&[At(0)], Number::Whole(7)).unwrap();
    let y = y.with_number_at(&[Chosen(y.gt_scalar(9.0).unwrap())], Number::Whole(0)).unwrap();
    assert_eq!(data(Ok(y.clone())), Data::I64(vec![7, 7, 7, 7, 4, 5, -1, 7, 8, 9, -2, 0]));
    let y = y.with_at(&[Chosen(whole(&[0, 0], &[2]))], &whole(&[1, 2], &[2, 1])).unwrap();
    assert_eq!(data(y.at(&[At(0)])), Data::I64(vec![2; 4]));
    // A mask that is true nowhere assigns nothing.
    let none = x.lt_scalar(0.0).unwrap();
    assert_eq!(data(x.with_at(&[Chosen(none)], &whole(&[5], &[1]))), data(Ok(x)));
}

#[test]
fn gradients_go_to_the_value_in_the_part_and_to_the_tensor_elsewhere() {
    // torch 2.15: x = ones(3, 2), v = tensor([5., 6.]); y = x.clone(); y[1] = v;
    // (y * arange(6).reshape(3, 2)).sum()
    let x = Tensor::full([3, 2], 1.0, DType::F64, Device::Cpu).unwrap().track().unwrap();
    let v = Tensor::from_data(vec![5.0, 6.0], [2], Device::Cpu).unwrap().track().unwrap();
    let slope = counted(&[3, 2]);
    for index in [
        At(1),
        span(Some(1), Some(2), 1),
        Chosen(whole(&[1], &[1])),
        Chosen(bools(&[false, true, false], &[3])),
    ] {
        let y = x.with_at(std::slice::from_ref(&index), &v).unwrap().mul(&slope).unwrap().sum().unwrap();
        assert_eq!(y.item(), Ok(38.0), "{index:?}");
        let gradients = y.backward().unwrap();
        assert_eq!(gradients.of(&x).unwrap().to_f64().unwrap(), [0.0, 1.0, 0.0, 0.0, 4.0, 5.0], "{index:?}");
        assert_eq!(gradients.of(&v).unwrap().to_f64().unwrap(), [2.0, 3.0], "{index:?}");
    }
    // x[[0, 0, 2]].sum(): a row that is taken twice has twice the slope.
    let y = x.at(&[Chosen(whole(&[0, 0, 2], &[3]))]).unwrap().sum().unwrap();
    let expected = [2.0, 2.0, 0.0, 0.0, 1.0, 1.0];
    assert_eq!(y.backward().unwrap().of(&x).unwrap().to_f64().unwrap(), expected);
}

#[test]
fn errors_say_the_shape_and_what_is_allowed() {
    let x = counted(&[3, 4]);
    let message = |index: &[Index]| x.at(index).unwrap_err().to_string();
    assert_eq!(message(&[At(3)]), "index: an index is 3, expected -3 to 2 in dimension 0 of [3, 4]");
    assert_eq!(
        message(&[Rest, Chosen(whole(&[0, -5], &[2]))]),
        "index: an index is -5, expected -4 to 3 in dimension 1 of [3, 4]"
    );
    assert_eq!(
        message(&[span(Some(3), Some(9), 1)]),
        "index: a range is 3:9, expected one with elements, within 0:3 in dimension 0 of [3, 4]"
    );
    assert!(message(&[span(None, None, -1)]).contains("`flip`"));
    assert!(message(&[At(0), At(0), At(0)]).contains("one of [3, 4] at most"));
    assert!(message(&[Chosen(bools(&[true], &[1]))]).contains("a mask of [1] for [3, 4]"));
    assert!(message(&[Chosen(x.cast(DType::F32).unwrap())]).contains("`.long()`"));
    assert!(message(&[Chosen(bools(&[false; 3], &[3]))]).contains("true nowhere"));
    let half = x.with_number_at(&[At(0)], Number::Float(0.5)).unwrap_err().to_string();
    assert!(half.starts_with("index: ") && half.contains("0.5"), "{half}");
    let long = x.with_at(&[At(0)], &whole(&[1, 2], &[2])).unwrap_err().to_string();
    assert_eq!(
        long,
        "index: the shape is [2] for a part of [4], expected a value that broadcasts to the part"
    );
    // Beyond any dimension, at once.
    assert_eq!(data(x.at(&[span(Some(0), Some(i64::MAX), i64::MAX)])), Data::I64(vec![0, 1, 2, 3]));
}
