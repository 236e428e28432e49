//! Element types that files have and tensors here do not: 16-bit floats are computed as f32, whole numbers of
//! 8 and 16 bits as i32, those without a sign of 32 and 64 bits as i64.

use half::{bf16, f16};

use ops::{DType, Result, Tensor, tensor::Data};

use crate::{
    broken,
    file::{
        elements::dtype,
        proto::{DataType, TensorProto},
    },
};

/// The element type that stands for the one of that number, or the name of one that nothing stands for.
pub(crate) fn held(number: i32) -> Result<DType, String> {
    narrow(number).map_or_else(|| dtype(number), |narrow| Ok(held_as(narrow)))
}

/// The type of that number, where tensors do not have it but another one stands for it.
pub(crate) fn narrow(number: i32) -> Option<DataType> {
    use DataType::{Bfloat16, Float16, Int8, Int16, Uint8, Uint16, Uint32, Uint64};
    let known = [Float16, Bfloat16, Int8, Uint8, Int16, Uint16, Uint32, Uint64];
    known.into_iter().find(|&narrow| narrow as i32 == number)
}

fn held_as(narrow: DataType) -> DType {
    match narrow {
        DataType::Float16 | DataType::Bfloat16 => DType::F32,
        DataType::Uint32 | DataType::Uint64 => DType::I64,
        _ => DType::I32,
    }
}

/// The smallest and the largest whole number of a type that tensors do not have, as far as they are held
/// here.
pub(crate) fn limits(narrow: DataType) -> Option<[i64; 2]> {
    Some(match narrow {
        DataType::Int8 => [i8::MIN.into(), i8::MAX.into()],
        DataType::Uint8 => [0, u8::MAX.into()],
        DataType::Int16 => [i16::MIN.into(), i16::MAX.into()],
        DataType::Uint16 => [0, u16::MAX.into()],
        DataType::Uint32 => [0, u32::MAX.into()],
        DataType::Uint64 => [0, i64::MAX],
        _ => return None,
    })
}

/// Bytes of an element in a file, of the type of that number.
pub(crate) fn bytes_each(number: i32, held: DType) -> usize {
    match narrow(number) {
        Some(DataType::Int8 | DataType::Uint8) => 1,
        Some(DataType::Uint32) => 4,
        Some(DataType::Uint64) => 8,
        Some(_) => 2,
        None => held.size(),
    }
}

/// The elements of a tensor of such a type: little-endian bytes, or the list of the type.
///
/// # Errors
/// [`ops::Error::Graph`] for a whole number beyond 63 bits.
pub(crate) fn read(proto: &TensorProto, narrow: DataType) -> Result<Data> {
    let raw = &proto.raw_data;
    let pairs = || raw.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let halves = |f: fn(u16) -> f32| match raw.is_empty() {
        true => Data::F32(proto.int32_data.iter().map(|&x| f(x as u16)).collect()),
        false => Data::F32(pairs().map(f).collect()),
    };
    let data = match narrow {
        DataType::Float16 => halves(|bits| f16::from_bits(bits).to_f32()),
        DataType::Bfloat16 => halves(|bits| bf16::from_bits(bits).to_f32()),
        DataType::Uint32 | DataType::Uint64 => return unsigned(proto, narrow),
        _ if raw.is_empty() => return listed(proto, narrow),
        DataType::Int8 => Data::I32(raw.iter().map(|&x| i32::from(x as i8)).collect()),
        DataType::Uint8 => Data::I32(raw.iter().map(|&x| i32::from(x)).collect()),
        DataType::Int16 => Data::I32(pairs().map(|x| i32::from(x as i16)).collect()),
        _ => Data::I32(pairs().map(i32::from).collect()),
    };
    Ok(data)
}

/// Whole numbers of a list, all of them of the type.
fn listed(proto: &TensorProto, narrow: DataType) -> Result<Data> {
    let [low, high] = limits(narrow).unwrap_or_default();
    match proto.int32_data.iter().find(|&&x| !(low..=high).contains(&i64::from(x))) {
        None => Ok(Data::I32(proto.int32_data.clone())),
        Some(x) => {
            broken(format!("the tensor `{}` has the element {x}, expected {low} to {high}", proto.name))
        }
    }
}

fn unsigned(proto: &TensorProto, narrow: DataType) -> Result<Data> {
    let raw = &proto.raw_data;
    let word = |b: &[u8]| b.iter().rev().fold(0u64, |x, &byte| x << 8 | u64::from(byte));
    let size = bytes_each(narrow as i32, DType::I64);
    let numbers: Vec<u64> = match raw.is_empty() {
        true => proto.uint64_data.clone(),
        false => raw.chunks_exact(size).map(word).collect(),
    };
    let high = limits(narrow).map_or(0, |[_, high]| high);
    let number = |&x: &u64| i64::try_from(x).ok().filter(|&x| x <= high).ok_or(x);
    match numbers.iter().map(number).collect::<Result<_, _>>() {
        Ok(numbers) => Ok(Data::I64(numbers)),
        Err(x) => broken(format!("the tensor `{}` has the element {x}, expected at most {high}", proto.name)),
    }
}

/// The bytes of numbers in a file: floats rounded to the nearest, whole numbers cut to the type's limits.
pub(crate) fn write(numbers: &[f64], narrow: DataType) -> Vec<u8> {
    let [low, high] = limits(narrow).unwrap_or_default();
    let whole = |x: f64| (x as i64).clamp(low, high).to_le_bytes();
    let bytes = |&x: &f64| -> Vec<u8> {
        match narrow {
            DataType::Float16 => f16::from_f64(x).to_le_bytes().into(),
            DataType::Bfloat16 => bf16::from_f64(x).to_le_bytes().into(),
            _ => whole(x)[..bytes_each(narrow as i32, DType::I64)].into(),
        }
    };
    numbers.iter().flat_map(bytes).collect()
}

/// Whole numbers as a type holds them: what it cannot hold starts again at its other end. Floats stay.
pub(crate) fn wrap(x: &Tensor, narrow: DataType) -> Result<Tensor> {
    let Some([low, high]) = limits(narrow) else { return Ok(x.clone()) };
    // All numbers that are held of 64 bits are of the type.
    if !x.dtype().is_int() || high == i64::MAX {
        return Ok(x.clone());
    }
    let count = (high - low + 1) as f64;
    // Within the limits first, so that nothing overflows on the way.
    let positive = x.remainder_scalar(count)?;
    if low == 0 {
        Ok(positive)
    } else {
        positive.add_scalar(-low as f64)?.remainder_scalar(count)?.add_scalar(low as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        for (narrow, numbers) in [
            (DataType::Int8, [-128.0, -1.0, 127.0]),
            (DataType::Uint8, [0.0, 128.0, 255.0]),
            (DataType::Int16, [-32768.0, -2.0, 32767.0]),
            (DataType::Uint16, [0.0, 32768.0, 65535.0]),
            (DataType::Uint32, [0.0, 2147483648.0, 4294967295.0]),
            (DataType::Uint64, [0.0, 1.0, 4294967296.0]),
            (DataType::Float16, [0.5, -65504.0, 6.103515625e-5]),
            (DataType::Bfloat16, [0.5, -3.0, 1e30f32 as f64]),
        ] {
            let raw_data = write(&numbers, narrow);
            let data_type = narrow as i32;
            let read = read(&TensorProto { raw_data, data_type, ..Default::default() }, narrow).unwrap();
            let near = |(a, b): (&f64, f64)| (a - b).abs() <= b.abs() / 256.0;
            assert!(numbers.iter().zip(read.to_f64()).all(near), "{narrow:?}: {:?}", read.to_f64());
        }
    }

    #[test]
    fn lists_hold_numbers_of_their_type() {
        let proto = TensorProto { int32_data: vec![-128, 127], ..Default::default() };
        assert_eq!(read(&proto, DataType::Int8).unwrap().to_f64(), [-128.0, 127.0]);
        assert!(read(&proto, DataType::Uint8).is_err());
        let halves = TensorProto { int32_data: vec![0x3c00, 0xc000], ..Default::default() };
        assert_eq!(read(&halves, DataType::Float16).unwrap().to_f64(), [1.0, -2.0]);
        let longs = TensorProto { uint64_data: vec![7, 1 << 63], name: "n".into(), ..Default::default() };
        let error = read(&longs, DataType::Uint64).unwrap_err().to_string();
        assert!(error.contains("`n` has the element 9223372036854775808"), "{error}");
    }

    #[test]
    fn numbers_out_of_range_start_again() {
        let x = Tensor::from_data(vec![-129, 128, 300, -1], [4], ops::Device::Cpu).unwrap();
        let wrapped = |narrow| wrap(&x, narrow).unwrap().to_f64().unwrap();
        assert_eq!(wrapped(DataType::Int8), [127.0, -128.0, 44.0, -1.0]);
        assert_eq!(wrapped(DataType::Uint8), [127.0, 128.0, 44.0, 255.0]);
    }
}
