//! What an edge of a graph carries.

use ops::{
    DType, Device, Error, Result, Spec, Tensor,
    tensor::{Data, room},
};

/// A value of a graph. Tensors here have at least one element; a graph also passes lists of no
/// numbers (no axes, the shape of a scalar, an absent region of interest), and sequences of values.
#[derive(Clone)]
pub enum GraphValue {
    /// An input or output that the node leaves out.
    Absent,
    /// A tensor without elements.
    Empty(Spec),
    /// A tensor.
    Tensor(Tensor),
    /// A sequence, whose elements may be of different shapes.
    Sequence(Vec<GraphValue>),
}

impl GraphValue {
    /// The tensor.
    ///
    /// # Errors
    /// [`Error::Shape`] where there is none, or one without elements.
    pub fn tensor(&self, op: &'static str) -> Result<&Tensor> {
        match self {
            Self::Tensor(tensor) => Ok(tensor),
            Self::Empty(spec) => Err(Error::shape(
                op,
                format!("{:?}", spec.shape),
                "a tensor with elements (there are none of size 0 here)",
            )),
            Self::Absent => Err(Error::shape(op, "no tensor", "an input that is needed")),
            Self::Sequence(list) => Err(Error::shape(
                op,
                format!("a sequence of {}", list.len()),
                "a tensor (`SequenceAt` gives it)",
            )),
        }
    }

    /// The elements of a sequence.
    ///
    /// # Errors
    /// [`Error::Shape`] where there is none.
    pub fn sequence(&self, op: &'static str) -> Result<&[Self]> {
        let found = match self {
            Self::Sequence(list) => return Ok(list),
            Self::Absent => "nothing".to_owned(),
            Self::Empty(spec) => format!("the tensor {spec}"),
            Self::Tensor(tensor) => format!("the tensor {}", tensor.spec()),
        };
        Err(Error::shape(op, found, "a sequence"))
    }

    /// Shape and element type; `None` for an absent value and for a sequence.
    pub fn spec(&self) -> Option<&Spec> {
        match self {
            Self::Absent | Self::Sequence(_) => None,
            Self::Empty(spec) => Some(spec),
            Self::Tensor(tensor) => Some(tensor.spec()),
        }
    }

    /// How many numbers it holds.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Empty(spec) => spec.len(),
            Self::Tensor(tensor) => tensor.len(),
            // An element itself takes room, too.
            Self::Sequence(list) => {
                list.iter().map(|x| x.len().saturating_add(1)).fold(0, usize::saturating_add)
            }
        }
    }

    /// Whether it stands for numbers that are not there.
    pub(crate) fn is_symbolic(&self) -> bool {
        match self {
            Self::Absent | Self::Empty(_) => false,
            Self::Tensor(tensor) => tensor.is_symbolic(),
            Self::Sequence(list) => list.iter().any(Self::is_symbolic),
        }
    }

    /// The value with other tensors.
    pub(crate) fn map(&self, f: &impl Fn(&Tensor) -> Result<Tensor>) -> Result<Self> {
        Ok(match self {
            Self::Absent | Self::Empty(_) => self.clone(),
            Self::Tensor(tensor) => Self::Tensor(f(tensor)?),
            Self::Sequence(list) => Self::Sequence(list.iter().map(|x| x.map(f)).collect::<Result<_>>()?),
        })
    }

    /// The elements as numbers, none of an empty tensor.
    pub(crate) fn numbers(&self, op: &'static str) -> Result<Vec<f64>> {
        match self {
            Self::Empty(_) => Ok(vec![]),
            other => readable(op, other.tensor(op)?)?.to_f64(),
        }
    }

    /// Whole numbers, of which a GPU only has short ones.
    pub(crate) fn whole(numbers: &[i64], shape: &[usize]) -> Result<Self> {
        let spec = Spec::new(shape, DType::I64);
        if spec.is_empty() {
            return Ok(Self::Empty(spec));
        }
        Tensor::from_data(numbers.to_vec(), shape, Device::Cpu).map(Self::Tensor)
    }
}

impl From<Tensor> for GraphValue {
    fn from(tensor: Tensor) -> Self {
        Self::Tensor(tensor)
    }
}

/// The tensor, where memory holds its elements: a view may stand for more than that.
fn readable<'a>(op: &'static str, tensor: &'a Tensor) -> Result<&'a Tensor> {
    // As 64-bit numbers, twice while they are converted.
    if tensor.len().saturating_mul(16) <= room() || tensor.is_symbolic() {
        return Ok(tensor);
    }
    let found = format!("{:?}", tensor.shape());
    Err(Error::shape(op, found, "one whose elements can be read into memory"))
}

/// The elements as whole numbers.
pub(crate) fn whole(op: &'static str, x: &Tensor) -> Result<Vec<i64>> {
    Ok(match readable(op, x)?.to_data()? {
        Data::I64(numbers) => numbers,
        other => other.to_f64().into_iter().map(|x| x as i64).collect(),
    })
}

/// A tensor on a device. Integers of 64 bits become shorter on a GPU, which has no others.
pub(crate) fn to_device(tensor: &Tensor, device: Device) -> Result<Tensor> {
    if device == tensor.device() {
        return Ok(tensor.clone());
    }
    let narrow = device == Device::Gpu && tensor.dtype() == DType::I64;
    if narrow { tensor.cast(DType::I32)?.to_device(device) } else { tensor.to_device(device) }
}
