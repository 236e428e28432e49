//! The few functions that pickles may call: those that make bytes, and NumPy's arrays.

use files::Result;

use super::{
    Bytes, ValueId,
    machine::Machine,
    opcode::GLOBAL,
    value::{PickledArray, PickledFunction, PickledValue},
};
use crate::numpy::NumpyKind;

/// The maximum number of arguments that are read, and of dimensions of an array.
const MOST: usize = 8;
/// The longest name of an element type.
const LONGEST: usize = 16;

impl Machine<'_> {
    pub fn function(&mut self, opcode: u8) -> Result<()> {
        let [module, name] = if opcode == GLOBAL {
            [self.line_text()?.to_owned(), self.line_text()?.to_owned()]
        } else {
            let items = self.pop_last(2)?;
            [items[0], items[1]].map(|id| String::from_utf8_lossy(self.pickle.bytes_of(id)).into_owned())
        };
        match PickledFunction::named(&module, &name) {
            Some(function) => self.push(PickledValue::PickledFunction(function)),
            None => Err(self.refused(&format!("a call of `{module}.{name}`"))),
        }
    }

    pub fn call(&mut self) -> Result<()> {
        let items = self.pop_last(2)?;
        let (&PickledValue::PickledFunction(function), PickledValue::Tuple(arguments)) =
            (self.pickle.value(items[0]), self.pickle.value(items[1]))
        else {
            return Err(self.refused("a call of what is no function"));
        };
        let arguments: Vec<ValueId> = arguments.iter().take(MOST).copied().collect();
        let value = match (function, &arguments[..]) {
            (PickledFunction::Reconstruct, [..]) => PickledValue::PickledArray(None),
            (PickledFunction::Dtype, [name, ..]) => self.dtype(*name)?,
            (PickledFunction::Encode, [text, ..]) => self.encoded(*text)?,
            (PickledFunction::NoBytes, []) => PickledValue::Bytes(Bytes::InFile(0..0)),
            (PickledFunction::FromBuffer, [content, dtype, shape, order]) => {
                let fortran = self.pickle.bytes_of(*order) == b"F";
                PickledValue::PickledArray(Some(self.array(*content, *dtype, *shape, fortran)?))
            }
            (PickledFunction::Scalar, [dtype, content]) => self.scalar(*dtype, *content)?,
            _ => return Err(self.fault(format!("a call of {function:?}"), "one with its arguments")),
        };
        self.push(value)
    }

    /// `u1`; the order of its bytes is said by a state.
    fn dtype(&self, name: ValueId) -> Result<PickledValue> {
        let name = self.pickle.bytes_of(name);
        let name = String::from_utf8_lossy(&name[..name.len().min(LONGEST)]);
        match NumpyKind::parse(&name) {
            Ok((kind, big_endian)) => Ok(PickledValue::Dtype(kind, big_endian)),
            Err(what) => Err(self.fault(format!("{what} ({name})"), "numbers")),
        }
    }

    /// Every character as the byte of its number.
    fn encoded(&mut self, text: ValueId) -> Result<PickledValue> {
        let found = std::str::from_utf8(self.pickle.bytes_of(text)).ok();
        let bytes: Option<Vec<u8>> =
            found.and_then(|text| text.chars().map(|c| u8::try_from(c).ok()).collect());
        let Some(bytes) = bytes else { return Err(self.fault("a text that is no bytes", "one in Latin-1")) };
        // One text may be named many times, and would be copied each time.
        let start = self.pickle.made.len();
        if start + bytes.len() > self.pickle.bytes.len() {
            return Err(self.fault("more bytes than there are in the file", "each of them once"));
        }
        self.pickle.made.extend(bytes);
        Ok(PickledValue::Bytes(Bytes::Made(start..self.pickle.made.len())))
    }

    fn scalar(&self, dtype: ValueId, content: ValueId) -> Result<PickledValue> {
        let &PickledValue::Dtype(kind, big_endian) = self.pickle.value(dtype) else {
            return Err(self.fault("a number without a type", "a type"));
        };
        let bytes = self.pickle.bytes_of(content);
        if bytes.len() != kind.size() {
            return Err(self.fault(format!("a number of {} bytes", bytes.len()), kind.size().to_string()));
        }
        let mut bytes = bytes.to_vec();
        if big_endian {
            bytes.reverse();
        }
        if let NumpyKind::Float(_) = kind {
            return Ok(PickledValue::Float);
        }
        let number = kind.to_i128(&bytes).first().and_then(|&number| i64::try_from(number).ok());
        number.map(PickledValue::Int).ok_or_else(|| self.fault("a number beyond 64 bits", "a smaller one"))
    }

    /// Gives an element type or an array its state.
    pub fn build(&mut self) -> Result<()> {
        let (state, top) = (self.pop()?, self.top()?);
        let PickledValue::Tuple(state) = self.pickle.value(state) else {
            return Err(self.refused("a state that is no tuple"));
        };
        let state: Vec<ValueId> = state.iter().take(MOST).copied().collect();
        let value = match (self.pickle.value(top), &state[..]) {
            (PickledValue::Dtype(kind, _), [_, order, ..]) => {
                PickledValue::Dtype(*kind, self.pickle.bytes_of(*order) == b">")
            }
            (PickledValue::PickledArray(None), [_, shape, dtype, fortran, content]) => {
                let fortran =
                    matches!(self.pickle.value(*fortran), PickledValue::Int(1) | PickledValue::Bool(true));
                PickledValue::PickledArray(Some(self.array(*content, *dtype, *shape, fortran)?))
            }
            (other, _) => return Err(self.refused(&format!("{} with a state", other.kind()))),
        };
        self.pickle.values[top as usize] = value;
        Ok(())
    }

    fn array(&self, content: ValueId, dtype: ValueId, shape: ValueId, fortran: bool) -> Result<PickledArray> {
        let (&PickledValue::Dtype(kind, big_endian), PickledValue::Tuple(sizes)) =
            (self.pickle.value(dtype), self.pickle.value(shape))
        else {
            return Err(self.fault("an array without a type or a shape", "both"));
        };
        let size = |id: &ValueId| match self.pickle.value(*id) {
            PickledValue::Int(size) => usize::try_from(*size).ok(),
            _ => None,
        };
        let shape: Option<Vec<usize>> = sizes.iter().take(MOST + 1).map(size).collect();
        let Some(shape) = shape.filter(|shape| shape.len() <= MOST) else {
            return Err(self.fault("a shape that is none", format!("up to {MOST} sizes")));
        };
        if big_endian && kind.size() > 1 {
            return Err(self.fault("an array with the highest byte first", "the lowest byte first"));
        }
        let promised = shape.iter().try_fold(kind.size(), |product, &n| product.checked_mul(n));
        let length = self.pickle.bytes_of(content).len();
        if promised != Some(length) {
            let found = format!("an array {shape:?} of {kind} in {length} bytes");
            return Err(self.fault(found, "as many as the shape says"));
        }
        Ok(PickledArray { kind, fortran: fortran && shape.len() > 1, shape, content })
    }
}
