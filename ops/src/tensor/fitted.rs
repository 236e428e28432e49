//! Elements in another type, none of them changed in silence.

use half::{bf16, f16};

use super::{Array, DType, Data};
use crate::{Error, Result};

/// Whole numbers as elements of a type that holds each; else the index of the first that does not fit.
fn narrowed<T: TryFrom<i128>>(numbers: &[i128]) -> std::result::Result<Vec<T>, usize> {
    let one = |(i, &number): (usize, &i128)| T::try_from(number).map_err(|_| i);
    numbers.iter().enumerate().map(one).collect()
}

/// Floats rounded by `round`; else the index of the first that becomes infinite.
fn rounded<T: Copy + Into<f64>>(
    numbers: &[f64],
    round: impl Fn(f64) -> T,
) -> std::result::Result<Vec<T>, usize> {
    let one = |(i, &number): (usize, &f64)| {
        let near = round(number);
        if number.is_finite() && !near.into().is_finite() { Err(i) } else { Ok(near) }
    };
    numbers.iter().enumerate().map(one).collect()
}

impl Data {
    /// The same numbers as elements of `dtype`: whole numbers as whole numbers, floats as floats, which are
    /// rounded to the nearest one where they become shorter.
    ///
    /// # Errors
    /// [`Error::Argument`] for a number that `dtype` does not hold; [`Error::DType`] for whole numbers as
    /// floats, floats as whole numbers, and truth values as numbers.
    pub fn fitted(self, dtype: DType) -> Result<Self> {
        let own = self.dtype();
        if own == dtype {
            return Ok(self);
        }
        let found = match dtype {
            DType::Bool => return Err(unlike(own, dtype)),
            DType::F16 | DType::Bf16 | DType::F32 | DType::F64 => self.as_floats(dtype),
            _ => self.as_whole(dtype),
        };
        let found = found.ok_or_else(|| unlike(own, dtype))?;
        found.map_err(|i| {
            let number = match self.whole() {
                Some(numbers) => numbers[i].to_string(),
                None => self.to_f64()[i].to_string(),
            };
            let found = format!("{number} (element {i})");
            Error::argument("cast", "a number", found, format!("one that {dtype} holds"))
        })
    }

    fn as_floats(&self, dtype: DType) -> Option<std::result::Result<Self, usize>> {
        let (Self::F16(_) | Self::Bf16(_) | Self::F32(_) | Self::F64(_)) = self else { return None };
        let numbers = self.to_f64();
        Some(match dtype {
            DType::F16 => rounded(&numbers, f16::from_f64).map(Self::F16),
            DType::Bf16 => rounded(&numbers, bf16::from_f64).map(Self::Bf16),
            DType::F32 => rounded(&numbers, |x| x as f32).map(Self::F32),
            _ => Ok(Self::F64(numbers)),
        })
    }

    fn as_whole(&self, dtype: DType) -> Option<std::result::Result<Self, usize>> {
        let numbers = self.whole()?;
        Some(match dtype {
            DType::I8 => narrowed(&numbers).map(Self::I8),
            DType::I16 => narrowed(&numbers).map(Self::I16),
            DType::I32 => narrowed(&numbers).map(Self::I32),
            DType::U8 => narrowed(&numbers).map(Self::U8),
            DType::U16 => narrowed(&numbers).map(Self::U16),
            DType::U32 => narrowed(&numbers).map(Self::U32),
            DType::U64 => narrowed(&numbers).map(Self::U64),
            _ => narrowed(&numbers).map(Self::I64),
        })
    }

    /// Whole numbers of any type; none for floats and truth values.
    fn whole(&self) -> Option<Vec<i128>> {
        fn wide<T: Copy + Into<i128>>(numbers: &[T]) -> Option<Vec<i128>> {
            Some(numbers.iter().map(|&x| x.into()).collect())
        }
        match self {
            Self::I8(v) => wide(v),
            Self::I16(v) => wide(v),
            Self::I32(v) => wide(v),
            Self::I64(v) => wide(v),
            Self::U8(v) => wide(v),
            Self::U16(v) => wide(v),
            Self::U32(v) => wide(v),
            Self::U64(v) => wide(v),
            Self::F16(_) | Self::Bf16(_) | Self::F32(_) | Self::F64(_) | Self::Bool(_) => None,
        }
    }
}

impl Array {
    /// The same numbers as elements of another type (see [`Data::fitted`]).
    ///
    /// # Errors
    /// Those of [`Data::fitted`].
    pub fn fitted(self, dtype: DType) -> Result<Self> {
        let shape = self.shape().to_vec();
        Self::new(shape, self.into_data().fitted(dtype)?)
    }
}

fn unlike(own: DType, dtype: DType) -> Error {
    Error::dtype("cast", own, format!("elements that {dtype} holds each of"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(data: impl Into<Data>, dtype: DType) -> Result<Data> {
        data.into().fitted(dtype)
    }

    #[test]
    fn numbers_that_fit_stay_what_they_are() {
        assert_eq!(fitted(vec![0i32, 255], DType::U8).unwrap(), Data::U8(vec![0, 255]));
        assert_eq!(fitted(vec![-128i64, 127], DType::I8).unwrap(), Data::I8(vec![-128, 127]));
        assert_eq!(fitted(vec![u64::MAX >> 1], DType::I64).unwrap(), Data::I64(vec![i64::MAX]));
        assert_eq!(fitted(vec![bf16::MAX], DType::F32).unwrap(), Data::F32(vec![bf16::MAX.to_f32()]));
        let infinite = fitted(vec![f32::INFINITY, f32::NAN], DType::F16).unwrap();
        assert!(matches!(infinite, Data::F16(v) if v[0] == f16::INFINITY && v[1].is_nan()));
    }

    #[test]
    fn numbers_that_do_not_fit_are_named() {
        for (data, dtype, text) in [
            (Data::I32(vec![0, 256]), DType::U8, "256 (element 1)"),
            (Data::I64(vec![-1]), DType::U32, "-1 (element 0)"),
            (Data::U64(vec![1 << 63]), DType::I64, "9223372036854775808 (element 0)"),
            (Data::F32(vec![1.0, 1e6]), DType::F16, "1000000 (element 1)"),
        ] {
            let error = data.fitted(dtype).unwrap_err().to_string();
            assert!(error.contains(text) && error.contains(dtype.name()), "{error}");
        }
        for (data, dtype) in [(Data::F32(vec![1.0]), DType::I32), (Data::Bool(vec![true]), DType::U8)] {
            assert!(matches!(data.fitted(dtype), Err(Error::DType { .. })));
        }
    }
}
