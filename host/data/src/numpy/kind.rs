//! NumPy's element types that are numbers.

use std::fmt;

use half::f16;
use ops::DType;

/// What an element is, and how many bytes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumpyKind {
    Bool,
    Signed(usize),
    Unsigned(usize),
    Float(usize),
}

impl NumpyKind {
    /// The type that a header calls `descr`, such as `<f4`, and whether the highest byte comes first;
    /// otherwise what the elements are.
    pub fn parse(descr: &str) -> Result<(Self, bool), String> {
        let (order, rest) = match descr.as_bytes().first() {
            Some(b'<' | b'>' | b'|' | b'=') => descr.split_at(1),
            _ => ("<", descr),
        };
        let letter = rest.chars().next().unwrap_or(' ');
        let size: Option<usize> = rest.get(letter.len_utf8()..).and_then(|size| size.parse().ok());
        let kind = match (letter, size) {
            ('b' | '?', Some(1)) => Self::Bool,
            ('i', Some(size @ (1 | 2 | 4 | 8))) => Self::Signed(size),
            ('u', Some(size @ (1 | 2 | 4 | 8))) => Self::Unsigned(size),
            ('f', Some(size @ (2 | 4 | 8))) => Self::Float(size),
            _ => return Err(what(letter).to_owned()),
        };
        Ok((kind, order == ">"))
    }

    /// The element type of arrays that is the same.
    pub fn dtype(self) -> DType {
        match (self, self.size()) {
            (Self::Float(_), 2) => DType::F16,
            (Self::Float(_), 4) => DType::F32,
            (Self::Float(_), _) => DType::F64,
            (Self::Signed(_), 1) => DType::I8,
            (Self::Signed(_), 2) => DType::I16,
            (Self::Signed(_), 4) => DType::I32,
            (Self::Signed(_), _) => DType::I64,
            (Self::Unsigned(_), 1) => DType::U8,
            (Self::Unsigned(_), 2) => DType::U16,
            (Self::Unsigned(_), 4) => DType::U32,
            (Self::Unsigned(_), _) => DType::U64,
            (Self::Bool, _) => DType::Bool,
        }
    }

    /// The type of an array's elements; that of f32 for bf16, which NumPy does not have.
    pub fn of(dtype: DType) -> Self {
        match dtype {
            DType::Bf16 => Self::Float(4),
            DType::F16 | DType::F32 | DType::F64 => Self::Float(dtype.size()),
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => Self::Signed(dtype.size()),
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => Self::Unsigned(dtype.size()),
            DType::Bool => Self::Bool,
        }
    }

    /// What a header calls the type, the lowest byte first: `<f4`.
    pub fn descr(self) -> String {
        let (letter, size) = match self {
            Self::Bool => ('b', 1),
            Self::Signed(size) => ('i', size),
            Self::Unsigned(size) => ('u', size),
            Self::Float(size) => ('f', size),
        };
        let order = if size == 1 { '|' } else { '<' };
        format!("{order}{letter}{size}")
    }

    /// Bytes of an element.
    pub fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Signed(size) | Self::Unsigned(size) | Self::Float(size) => size,
        }
    }

    /// The elements as f64: 64-bit whole numbers beyond 2^53 are rounded.
    pub fn to_f64(self, elements: &[u8]) -> Vec<f64> {
        match self {
            Self::Float(2) => words(elements, |bytes| f16::from_le_bytes(bytes).to_f64()),
            Self::Float(4) => words(elements, |bytes| f32::from_le_bytes(bytes).into()),
            Self::Float(_) => words(elements, f64::from_le_bytes),
            _ => self.to_i128(elements).into_iter().map(|x| x as f64).collect(),
        }
    }

    /// Floats as f32: f64 are rounded. None for other elements.
    pub fn to_f32(self, elements: &[u8]) -> Option<Vec<f32>> {
        match self {
            Self::Float(2) => Some(words(elements, |bytes| f16::from_le_bytes(bytes).to_f32())),
            Self::Float(4) => Some(words(elements, f32::from_le_bytes)),
            Self::Float(_) => Some(words(elements, |bytes| f64::from_le_bytes(bytes) as f32)),
            _ => None,
        }
    }

    /// Whole numbers; true is 1, and a float is cut off.
    pub fn to_i128(self, elements: &[u8]) -> Vec<i128> {
        match self {
            Self::Bool => words(elements, |[byte]| i128::from(byte != 0)),
            Self::Signed(1) => words(elements, |bytes| i8::from_le_bytes(bytes).into()),
            Self::Signed(2) => words(elements, |bytes| i16::from_le_bytes(bytes).into()),
            Self::Signed(4) => words(elements, |bytes| i32::from_le_bytes(bytes).into()),
            Self::Signed(_) => words(elements, |bytes| i64::from_le_bytes(bytes).into()),
            Self::Unsigned(1) => words(elements, |[byte]| byte.into()),
            Self::Unsigned(2) => words(elements, |bytes| u16::from_le_bytes(bytes).into()),
            Self::Unsigned(4) => words(elements, |bytes| u32::from_le_bytes(bytes).into()),
            Self::Unsigned(_) => words(elements, |bytes| u64::from_le_bytes(bytes).into()),
            Self::Float(_) => self.to_f64(elements).into_iter().map(|x| x as i128).collect(),
        }
    }
}

/// What elements of other types are.
fn what(letter: char) -> &'static str {
    match letter {
        'U' | 'S' | 'a' | 'T' => {
            "texts, not numbers: no labels before numpy.unique(y, return_inverse=True)[1] has numbered them"
        }
        'O' => "Python objects, not numbers",
        'c' => "complex numbers",
        'M' | 'm' => "dates or times, not numbers",
        'V' => "bytes without a meaning",
        'f' => "floats of a size that is not read (convert with astype)",
        _ => "no numbers",
    }
}

/// The words that bytes consist of, the lowest byte of each first.
pub fn words<T, const N: usize>(bytes: &[u8], word: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|&bytes| word(bytes)).collect()
}

/// `f32`, as scripts say it.
impl fmt::Display for NumpyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self {
            Self::Bool => return f.write_str("bool"),
            Self::Signed(_) => 'i',
            Self::Unsigned(_) => 'u',
            Self::Float(_) => 'f',
        };
        write!(f, "{letter}{}", 8 * self.size())
    }
}
