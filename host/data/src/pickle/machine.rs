//! The machine that a pickle is a program for.

use std::{collections::HashMap, ops::Range};

use files::{Error, Result};

use super::{Bytes, Pickle, ValueId, input::unescape, opcode::*, value::PickledValue};
use crate::file::FileOrigin;

/// What a pickle may hold, for errors.
const HELD: &str = "a pickle of numbers, texts, lists, maps and NumPy's arrays: nothing else is made";

/// Runs a pickle to its end.
///
/// # Errors
/// `Format` for a damaged one, and for functions that are not known.
pub fn run(bytes: Vec<u8>, origin: FileOrigin) -> Result<Pickle> {
    let mut pickle = Pickle { bytes, made: Vec::new(), values: Vec::new(), root: 0, origin };
    let (stack, marks, memo) = (Vec::new(), Vec::new(), HashMap::new());
    let mut machine = Machine { pickle: &mut pickle, at: 0, start: 0, stack, marks, memo };
    let root = loop {
        machine.start = machine.at;
        let opcode = machine.byte()?;
        if opcode == STOP {
            break machine.pop()?;
        }
        machine.step(opcode)?;
    };
    pickle.root = root;
    Ok(pickle)
}

pub struct Machine<'a> {
    pub pickle: &'a mut Pickle,
    /// Where the next instruction or argument begins.
    pub at: usize,
    /// Where the instruction begins.
    start: usize,
    stack: Vec<ValueId>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<usize, ValueId>,
}

impl Machine<'_> {
    fn step(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            PROTO => {
                let version = self.byte()?;
                if version > LAST_PROTOCOL {
                    return Err(self.fault(format!("protocol {version}"), "a pickle of protocol 0 to 5"));
                }
            }
            // Its length is not needed: the whole file is there.
            FRAME => self.skip(8)?,
            MARK => self.marks.push(self.stack.len()),
            POP if self.marks.last() == Some(&self.stack.len()) => drop(self.marks.pop()),
            POP => drop(self.pop()?),
            POP_MARK => drop(self.since_mark()?),
            DUP => {
                let top = self.top()?;
                self.stack.push(top);
            }
            READONLY_BUFFER => {}
            NONE | NEWTRUE | NEWFALSE | INT | BININT | BININT1 | BININT2 | LONG | LONG1 | LONG4 | FLOAT
            | BINFLOAT => self.number(opcode)?,
            STRING | BINSTRING | SHORT_BINSTRING | BINBYTES | SHORT_BINBYTES | BINBYTES8 | BYTEARRAY8
            | UNICODE | BINUNICODE | SHORT_BINUNICODE | BINUNICODE8 => self.bytes(opcode)?,
            EMPTY_LIST | EMPTY_TUPLE | EMPTY_DICT | LIST | TUPLE | TUPLE1 | TUPLE2 | TUPLE3 | DICT => {
                self.collection(opcode)?
            }
            APPEND | APPENDS | SETITEM | SETITEMS => self.fill(opcode)?,
            GET | BINGET | LONG_BINGET | PUT | BINPUT | LONG_BINPUT | MEMOIZE => self.remember(opcode)?,
            GLOBAL | STACK_GLOBAL => self.function(opcode)?,
            REDUCE => self.call()?,
            BUILD => self.build()?,
            other => {
                let found = format!("the instruction {other:02x} ({:?})", char::from(other));
                return Err(self.fault(found, HELD));
            }
        }
        Ok(())
    }

    fn number(&mut self, opcode: u8) -> Result<()> {
        let value = match opcode {
            NONE => PickledValue::None,
            NEWTRUE | NEWFALSE => PickledValue::Bool(opcode == NEWTRUE),
            BININT1 => PickledValue::Int(self.byte()?.into()),
            BININT2 => PickledValue::Int(self.little(2)? as i64),
            BININT => PickledValue::Int((self.little(4)? as u32 as i32).into()),
            LONG1 | LONG4 => {
                let size = if opcode == LONG1 { self.byte()?.into() } else { self.little(4)? };
                let bytes = self.take(size)?;
                PickledValue::Int(self.long(bytes)?)
            }
            BINFLOAT => {
                self.skip(8)?;
                PickledValue::Float
            }
            FLOAT => {
                self.line()?;
                PickledValue::Float
            }
            _ => match self.line_text()? {
                "00" if opcode == INT => PickledValue::Bool(false),
                "01" if opcode == INT => PickledValue::Bool(true),
                text => match text.trim_end_matches('L').parse() {
                    Ok(number) => PickledValue::Int(number),
                    Err(_) => return Err(self.fault("a number that is none", "a whole number of 64 bits")),
                },
            },
        };
        self.push(value)
    }

    /// A number in two's complement, the lowest byte first.
    fn long(&self, range: Range<usize>) -> Result<i64> {
        let bytes = &self.pickle.bytes[range];
        if bytes.len() > 8 {
            return Err(self.fault(format!("a number of {} bytes", bytes.len()), "at most 8"));
        }
        let fill = if bytes.last().is_some_and(|&byte| byte >= 0x80) { 0xff } else { 0 };
        let mut all = [fill; 8];
        all[..bytes.len()].copy_from_slice(bytes);
        Ok(i64::from_le_bytes(all))
    }

    fn bytes(&mut self, opcode: u8) -> Result<()> {
        let size = match opcode {
            SHORT_BINSTRING | SHORT_BINBYTES | SHORT_BINUNICODE => self.byte()?.into(),
            BINSTRING | BINBYTES | BINUNICODE => self.little(4)?,
            BINBYTES8 | BYTEARRAY8 | BINUNICODE8 => self.little(8)?,
            _ => {
                let line = self.line()?;
                let value = if opcode == UNICODE { self.escaped(line, true)? } else { self.quoted(line)? };
                return self.push(value);
            }
        };
        let bytes = Bytes::InFile(self.take(size)?);
        let is_text = matches!(opcode, BINUNICODE | SHORT_BINUNICODE | BINUNICODE8);
        self.push(if is_text { PickledValue::Text(bytes) } else { PickledValue::Bytes(bytes) })
    }

    /// A text of Python 2, as it prints it.
    fn quoted(&mut self, line: Range<usize>) -> Result<PickledValue> {
        match &self.pickle.bytes[line.clone()] {
            [quote @ (b'\'' | b'"'), .., last] if quote == last => {
                self.escaped(line.start + 1..line.end - 1, false)
            }
            _ => Err(self.fault("a text without quotes", "a text in quotes")),
        }
    }

    /// A text with escapes, which is longer in the file.
    fn escaped(&mut self, line: Range<usize>, is_text: bool) -> Result<PickledValue> {
        let start = self.pickle.made.len();
        let Some(made) = unescape(&self.pickle.bytes[line], is_text) else {
            return Err(self.fault("a damaged escape", "a text"));
        };
        self.pickle.made.extend(made);
        let bytes = Bytes::Made(start..self.pickle.made.len());
        Ok(if is_text { PickledValue::Text(bytes) } else { PickledValue::Bytes(bytes) })
    }

    fn collection(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            EMPTY_LIST | EMPTY_TUPLE | EMPTY_DICT => Vec::new(),
            TUPLE1 => self.pop_last(1)?,
            TUPLE2 => self.pop_last(2)?,
            TUPLE3 => self.pop_last(3)?,
            _ => self.since_mark()?,
        };
        let value = match opcode {
            EMPTY_LIST | LIST => PickledValue::List(items),
            EMPTY_DICT | DICT => PickledValue::Map(self.pairs(&items)?),
            _ => PickledValue::Tuple(items),
        };
        self.push(value)
    }

    fn fill(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            APPEND => self.pop_last(1)?,
            SETITEM => self.pop_last(2)?,
            _ => self.since_mark()?,
        };
        let is_map = matches!(opcode, SETITEM | SETITEMS);
        let pairs = if is_map { self.pairs(&items)? } else { Vec::new() };
        let top = self.top()?;
        match &mut self.pickle.values[top as usize] {
            PickledValue::List(list) if !is_map => list.extend(items),
            PickledValue::Map(map) if is_map => map.extend(pairs),
            other => {
                let found = format!("{} that something is put into", other.kind());
                return Err(self.fault(found, if is_map { "a map" } else { "a list" }));
            }
        }
        Ok(())
    }

    fn pairs(&self, items: &[ValueId]) -> Result<Vec<(ValueId, ValueId)>> {
        if items.len() % 2 == 1 {
            return Err(self.fault("a key without a value", "a value for each key"));
        }
        Ok(items.as_chunks().0.iter().map(|&[key, value]| (key, value)).collect())
    }

    fn remember(&mut self, opcode: u8) -> Result<()> {
        let index = match opcode {
            MEMOIZE => self.memo.len(),
            BINGET | BINPUT => self.byte()?.into(),
            LONG_BINGET | LONG_BINPUT => self.little(4)?,
            _ => match self.line_text()?.parse() {
                Ok(index) => index,
                Err(_) => return Err(self.fault("an index that is no number", "a whole number")),
            },
        };
        if matches!(opcode, MEMOIZE | PUT | BINPUT | LONG_BINPUT) {
            let top = self.top()?;
            self.memo.insert(index, top);
            return Ok(());
        }
        match self.memo.get(&index) {
            Some(&known) => {
                self.stack.push(known);
                Ok(())
            }
            None => Err(self.fault(format!("a reference to value {index}"), "one that came before")),
        }
    }

    pub fn push(&mut self, value: PickledValue) -> Result<()> {
        // There are fewer values than bytes, except in a file beyond 4 GiB.
        let Ok(id) = ValueId::try_from(self.pickle.values.len()) else {
            return Err(self.fault("too many values", "fewer than 2^32"));
        };
        self.pickle.values.push(value);
        self.stack.push(id);
        Ok(())
    }

    /// The values that may be taken: those since the last mark.
    fn above(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub fn top(&self) -> Result<ValueId> {
        let above = self.stack.get(self.above()..).unwrap_or_default();
        above.last().copied().ok_or_else(|| self.empty())
    }

    pub fn pop(&mut self) -> Result<ValueId> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// The last `count` values, in order.
    pub fn pop_last(&mut self, count: usize) -> Result<Vec<ValueId>> {
        match self.stack.len().checked_sub(count).filter(|&rest| rest >= self.above()) {
            Some(rest) => Ok(self.stack.split_off(rest)),
            None => Err(self.empty()),
        }
    }

    /// All values since the last mark.
    fn since_mark(&mut self) -> Result<Vec<ValueId>> {
        let Some(mark) = self.marks.pop() else { return Err(self.empty()) };
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn empty(&self) -> Error {
        self.fault("an instruction without the values that it needs", "a whole pickle")
    }

    /// The error about the instruction.
    pub fn fault(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        self.pickle.origin.fault(self.start, found, expected)
    }

    /// The error for what cannot be made.
    pub fn refused(&self, what: &str) -> Error {
        self.fault(what, HELD)
    }
}
