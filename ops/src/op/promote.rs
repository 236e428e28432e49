//! The element type of a result, by PyTorch's promotion: the one place that decides it.
//!
//! Truth values are below whole numbers, and these below floats. Of one kind the wider type wins, but a
//! tensor of rank 0 only decides the kind beside one with dimensions, and a plain number beside any tensor.
//! Operands become of the result's type by casts, which are recorded: gradients flow to those that are
//! floats.

use crate::{DType, Device, Result, Spec, Tensor};

/// A number beside a tensor, as scripts write it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Whole(i64),
    /// A float.
    Float(f64),
}

impl Number {
    /// Whole numbers up to this one are floats of 64 bits, too.
    const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

    /// The element type of a tensor that is made of it: f32, i64 (on a GPU i32), bool.
    pub fn dtype(self, device: Device) -> DType {
        match self {
            Self::Bool(_) => DType::Bool,
            Self::Whole(_) => device.whole(),
            Self::Float(_) => DType::F32,
        }
    }

    /// The nearest float.
    pub fn value(self) -> f64 {
        match self {
            Self::Bool(truth) => f64::from(u8::from(truth)),
            Self::Whole(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// Whether [`Number::value`] is the number itself.
    fn is_exact(self) -> bool {
        !matches!(self, Self::Whole(number) if number.unsigned_abs() > Self::EXACT)
    }

    /// A tensor of that shape whose elements all are this number.
    ///
    /// # Errors
    /// Those of [`Tensor::full`].
    pub fn full(self, shape: &[usize], dtype: DType, device: Device) -> Result<Tensor> {
        match self {
            Self::Whole(number) if !self.is_exact() && dtype == DType::I64 => {
                let one = Tensor::from_data(vec![number], vec![1; shape.len()], device)?;
                one.expand(shape)
            }
            _ => Tensor::full(shape, self.value(), dtype, device),
        }
    }
}

/// How much an operand counts.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Weight {
    Number,
    RankZero,
    Dimensions,
}

fn weight(x: &Spec) -> Weight {
    if x.rank() == 0 { Weight::RankZero } else { Weight::Dimensions }
}

/// The wider of two element types.
pub(super) fn wider(a: DType, b: DType) -> DType {
    const ORDER: [DType; 5] = [DType::Bool, DType::I32, DType::I64, DType::F32, DType::F64];
    let place = |dtype| ORDER.iter().position(|&other| other == dtype);
    if place(a) >= place(b) { a } else { b }
}

fn result_type((a, of_a): (DType, Weight), (b, of_b): (DType, Weight)) -> DType {
    let kind = |dtype: DType| if dtype.is_float() { 2 } else { u8::from(dtype.is_int()) };
    let (high, low) = if of_a >= of_b { (a, b) } else { (b, a) };
    if of_a == of_b || kind(low) > kind(high) { wider(high, low) } else { high }
}

/// Two tensors in the element type of what they make.
pub(super) fn alike(a: &Tensor, b: &Tensor) -> Result<[Tensor; 2]> {
    let of = |x: &Tensor| (x.dtype(), weight(x.spec()));
    let dtype = result_type(of(a), of(b));
    Ok([a.cast(dtype)?, b.cast(dtype)?])
}

impl Tensor {
    /// Floats as they are, anything else as f32: what functions that give floats compute of.
    pub(crate) fn floating(&self) -> Result<Tensor> {
        if self.dtype().is_float() { Ok(self.clone()) } else { self.cast(DType::F32) }
    }

    /// Floats as they are, whole numbers and truth values in the widest integers of the device: what sums are
    /// taken of.
    pub(super) fn countable(&self) -> Result<Tensor> {
        if self.dtype().is_float() { Ok(self.clone()) } else { self.cast(self.device().whole()) }
    }

    /// The tensor in the element type of what it makes with a number.
    ///
    /// # Errors
    /// Those of new tensors.
    pub fn beside(&self, s: Number) -> Result<Tensor> {
        let number = (s.dtype(self.device()), Weight::Number);
        self.cast(result_type((self.dtype(), weight(self.spec())), number))
    }

    /// A number as a tensor of rank 0 that this one can be computed with.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for a number that the element type does not hold.
    pub fn scalar_beside(&self, s: Number) -> Result<Tensor> {
        s.full(&[], self.beside(s)?.dtype(), self.device())
    }

    /// `y = s / x`
    ///
    /// # Errors
    /// As [`Tensor::add_number`].
    pub fn div_of_number(&self, s: Number) -> Result<Tensor> {
        self.beside(s)?.recip()?.mul_number(s).map_err(|e| e.named("div"))
    }

    /// `y = s - x`
    ///
    /// # Errors
    /// As [`Tensor::add_number`].
    pub fn sub_of_number(&self, s: Number) -> Result<Tensor> {
        self.beside(s)?.neg()?.add_number(s).map_err(|e| e.named("sub"))
    }
}

/// Makes of each row the function of a tensor and a number of a script.
macro_rules! with_numbers {
    ($($name:ident: $of_tensors:ident, $of_scalar:ident, $doc:literal;)*) => {
        /// Functions of a tensor and a number, by PyTorch's promotion: a float makes floats of whole numbers.
        impl Tensor {$(
            #[doc = $doc]
            ///
            /// # Errors
            /// [`crate::Error::DType`] for a number that the element type does not hold, and for truth values
            /// where the function has none.
            pub fn $name(&self, s: Number) -> Result<Tensor> {
                let x = self.beside(s)?;
                // Truth values have no scalars, and scalars are floats of 64 bits.
                if x.dtype() == DType::Bool || (x.dtype().is_int() && !s.is_exact()) {
                    return x.$of_tensors(&s.full(&[], x.dtype(), x.device())?);
                }
                x.$of_scalar(s.value())
            }
        )*}
    };
}

with_numbers! {
    add_number: add, add_scalar, "`y = x + s`";
    sub_number: sub, sub_scalar, "`y = x - s`";
    mul_number: mul, mul_scalar, "`y = s x`";
    div_number: div, div_scalar, "`y = x / s`, of floats and as floats";
    pow_number: pow, pow_scalar, "`y = x^s`";
    remainder_number: remainder, remainder_scalar, "`y = x - s floor(x / s)`";
    floor_divide_number: floor_divide, floor_divide_scalar, "`y = floor(x / s)`";
    eq_number: eq, eq_scalar, "Whether x = s.";
    ne_number: ne, ne_scalar, "Whether x and s differ.";
    gt_number: gt, gt_scalar, "Whether x > s.";
    ge_number: ge, ge_scalar, "Whether x >= s.";
    lt_number: lt, lt_scalar, "Whether x < s.";
    le_number: le, le_scalar, "Whether x <= s.";
    clamp_min_number: maximum, clamp_min, "`y = max(x, s)`";
    clamp_max_number: minimum, clamp_max, "`y = min(x, s)`";
}
