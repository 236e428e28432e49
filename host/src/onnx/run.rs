//! A model computes: whole, or in pieces of the rows that its file fixes.

use ort::{
    session::{OutputSelector, RunOptions, Session, SessionInputValue},
    value::DynValue,
};

use ops::{Array, ArrayView};

use super::{
    Model,
    array::{self, Joined},
    inputs::{self, Ready},
    raw,
    runtime::guarded,
    value::{self, Given, OnnxValue, Value},
    wanted::{Chosen, Wanted},
};
use crate::error::{Error, Result, locked};

impl Model {
    /// The outputs, in the model's order, for `inputs`, in any order, where all of them are arrays.
    ///
    /// # Errors
    /// Those of [`Model::run_given`]; an output that is no array.
    pub fn run(&self, inputs: Vec<(String, Array)>) -> Result<Vec<(String, Array)>> {
        let given = inputs.iter().map(|(name, array)| (&**name, Given::Array(array.view()))).collect();
        let array = |(name, value): (String, Value)| {
            let (kind, help) = (value.kind(), "ask for the other outputs by name");
            let wrong = || Error::usage(format!("the output `{name}` is {kind}, expected an array"), help);
            Ok((name.clone(), value.into_array().ok_or_else(wrong)?))
        };
        self.run_given(given, &Wanted::default())?.into_iter().map(array).collect()
    }

    /// The outputs that are `wanted`, in the model's order or that of their names, for `inputs` in any order.
    /// An optional output that is not there is left out.
    ///
    /// Where the batch size is free, all rows are computed at once, and memory grows with them. Where
    /// it is fixed (see [`Model::batch`]), other numbers of rows are computed that many at a time: the last
    /// piece is filled up with its last row, and what comes of that is cut off. An input of one row goes with
    /// each row of the others.
    ///
    /// # Errors
    /// A wrong, missing or repeated name; an array that has another type or shape than the input, or numbers
    /// that the input's type does not hold; inputs of different numbers of rows; rows that depend on each
    /// other, where they are not as many as the file fixes; what ONNX Runtime reports.
    pub fn run_given(&self, inputs: Vec<(&str, Given)>, wanted: &Wanted) -> Result<Vec<(String, Value)>> {
        let chosen = wanted.of(&self.outputs)?;
        let inputs = self.in_order(inputs)?;
        let outputs = match self.pieces(&inputs)? {
            Some((views, rows, batch)) => {
                self.verify_rows(&views, rows, batch)?;
                guarded(|| self.run_pieces(&views, rows, batch, &chosen))
            }
            None => guarded(|| self.run_once(&inputs, &chosen)),
        };
        outputs.map_err(|problem| self.refused(&problem))
    }

    /// Computes what [`Model::run`] does and drops it: the time that ONNX Runtime itself takes. The inputs
    /// are those that [`Model::in_order`] gives.
    ///
    /// # Errors
    /// What ONNX Runtime reports.
    pub fn run_bare(&self, inputs: &[Ready]) -> Result<()> {
        let pieces = self.pieces(inputs)?;
        let computed = guarded(|| {
            let mut session = locked(&self.session);
            let Some((views, rows, batch)) = pieces else {
                return self.fetch(&mut session, &self.input_values(inputs)?, None).map(drop);
            };
            for start in (0..rows).step_by(batch) {
                let piece = views.iter().map(|&array| array::input_rows(array, start, batch));
                session.run(&piece.collect::<ort::Result<Vec<_>>>()?[..])?;
            }
            Ok(())
        });
        computed.map_err(|problem| self.refused(&problem))
    }

    /// Inputs by name in the order of the model's inputs, checked.
    ///
    /// # Errors
    /// A wrong, missing or repeated name; an array that has another type or shape.
    pub fn in_order<'a>(&self, inputs: Vec<(&str, Given<'a>)>) -> Result<Vec<Ready<'a>>> {
        inputs::ordered(&self.inputs, inputs)
    }

    fn input_values<'a>(&self, inputs: &'a [Ready]) -> ort::Result<Vec<SessionInputValue<'a>>> {
        inputs.iter().zip(&self.inputs).map(|(ready, port)| ready.input(&port.kind)).collect()
    }

    /// What ONNX Runtime computes: all outputs, or those of these names in that order; none for one that is
    /// not there.
    fn fetch(
        &self,
        session: &mut Session,
        inputs: &[SessionInputValue],
        names: Option<&[&str]>,
    ) -> ort::Result<Vec<Option<DynValue>>> {
        if self.is_optional {
            let all: Vec<&str> = self.outputs.iter().map(|port| port.name.as_str()).collect();
            return raw::run(session, inputs, names.unwrap_or(&all));
        }
        let Some(names) = names else {
            let mut found = session.run(inputs)?;
            return Ok(self.outputs.iter().map(|port| found.remove(&port.name)).collect());
        };
        let selector = names.iter().fold(OutputSelector::no_default(), |all, name| all.with(*name));
        let options = RunOptions::new()?.with_outputs(selector);
        let mut found = session.run_with_options(inputs, &options)?;
        Ok(names.iter().map(|name| found.remove(name)).collect())
    }

    fn run_once(&self, inputs: &[Ready], chosen: &[Chosen]) -> ort::Result<Vec<(String, Value)>> {
        let values = self.input_values(inputs)?;
        let names: Vec<&str> = chosen.iter().map(|choice| choice.name).collect();
        let is_all = names.iter().copied().eq(self.outputs.iter().map(|port| port.name.as_str()));
        let found =
            self.fetch(&mut locked(&self.session), &values, if is_all { None } else { Some(&names) })?;
        let present = chosen.iter().zip(found).filter_map(|(choice, value)| Some((choice, value?)));
        present.map(|(choice, value)| Ok((choice.name.to_owned(), self.output(choice, value)?))).collect()
    }

    /// An output as it is wanted.
    fn output(&self, choice: &Chosen, found: DynValue) -> ort::Result<Value> {
        if let Some(shape) = found.dtype().tensor_shape() {
            let shape: Vec<usize> = shape.iter().map(|&size| size as usize).collect();
            self.declared.compare(choice.name, &shape, false);
        }
        if !choice.is_kept {
            return value::read(&found);
        }
        // An output that is an input is that very memory, which belongs to whoever gave it.
        match self.inputs.iter().any(|port| port.name == choice.name) {
            true => Ok(Value::Held(OnnxValue::new(value::copied(&found)?))),
            false => Ok(Value::Held(OnnxValue::new(found))),
        }
    }

    /// The arrays of all outputs for inputs in order.
    pub(super) fn run_whole<'a>(
        &self,
        inputs: impl Iterator<Item = ort::Result<SessionInputValue<'a>>>,
    ) -> ort::Result<Vec<Array>> {
        let inputs = inputs.collect::<ort::Result<Vec<_>>>()?;
        let mut session = locked(&self.session);
        let found = session.run(&inputs[..])?;
        (0..self.outputs.len()).map(|index| array::copied(&found[index])).collect()
    }

    fn run_pieces(
        &self,
        inputs: &[ArrayView],
        rows: usize,
        batch: usize,
        chosen: &[Chosen],
    ) -> ort::Result<Vec<(String, Value)>> {
        let mut session = locked(&self.session);
        let mut joined: Vec<Joined> = Vec::with_capacity(self.outputs.len());
        for start in (0..rows).step_by(batch) {
            let piece = inputs.iter().map(|&array| array::input_rows(array, start, batch));
            let piece = piece.collect::<ort::Result<Vec<SessionInputValue<'_>>>>()?;
            let found = session.run(&piece[..])?;
            for index in 0..self.outputs.len() {
                if start == 0 {
                    joined.push(Joined::like(&found[index], Some(rows))?);
                }
                joined[index].add(&found[index], Some([batch.min(rows - start), batch]))?;
            }
        }
        let arrays = joined.into_iter().map(Joined::finish).collect::<ort::Result<Vec<_>>>()?;
        let one = |choice: &Chosen| {
            let array = arrays[choice.index].clone();
            self.declared.compare(choice.name, array.shape(), true);
            let value = match choice.is_kept {
                true => Value::Held(OnnxValue::new(array::owned(array.view())?)),
                false => Value::Array(array),
            };
            Ok((choice.name.to_owned(), value))
        };
        chosen.iter().map(one).collect()
    }

    /// The arrays, their number of rows, and how many the file fixes, where these are others.
    fn pieces<'a>(&self, inputs: &'a [Ready]) -> Result<Option<(Vec<ArrayView<'a>>, usize, usize)>> {
        let views: Option<Vec<ArrayView>> = inputs.iter().map(Ready::array).collect();
        let Some((batch, views)) = self.batch.zip(views) else { return Ok(None) };
        let rows = self.rows(&views, batch)?;
        Ok((rows != batch).then_some((views, rows, batch)))
    }

    /// The number of rows that all inputs share, but those of the one row that the file fixes; one batch
    /// where there are no inputs.
    fn rows(&self, inputs: &[ArrayView], batch: usize) -> Result<usize> {
        let all = || self.inputs.iter().zip(inputs).map(|(port, array)| (&port.name, array.shape()[0]));
        if let Some((name, _)) = all().find(|(_, rows)| *rows == 0) {
            let problem = format!("input `{name}` has no row, and the model takes {batch} at once");
            return Err(Error::usage(problem, "give at least one row"));
        }
        let mut named = all().filter(|(_, rows)| batch > 1 || *rows > 1);
        let Some((first, rows)) = named.next() else {
            return Ok(batch);
        };
        match named.find(|(_, other)| *other != rows) {
            None => Ok(rows),
            Some((name, other)) => Err(Error::usage(
                format!("input `{first}` has {rows} rows, but input `{name}` has {other}"),
                "give every input the same number of rows",
            )),
        }
    }
}
