//! Branches and loops over graphs inside nodes.

use ops::{Error, Result, Tensor, ensure, interrupt};

use super::{Operator, ResolvedNode, op, sequence::of_tensors};
use crate::{
    GraphValue,
    call::NodeCall,
    node::{GraphBody, NodeReader},
};

pub(super) const OPERATORS: &[Operator] = &[
    op("If", 1, branch).settings(&[0]).impure(),
    op("Loop", 1, repeat).settings(&[0, 1]).impure(),
    op("Scan", 9, scan).impure(),
    op("SequenceMap", 17, sequence_map).impure(),
];

impl GraphBody {
    pub(super) fn run(&self, call: &NodeCall, inputs: &[GraphValue]) -> Result<Vec<GraphValue>> {
        let captured = call.inputs.get(self.captures.clone()).unwrap_or(&[]);
        self.plan.run(inputs, captured, call.pass)
    }
}

fn branch(node: &NodeReader) -> ResolvedNode {
    let (yes, no) = (node.body("then_branch")?, node.body("else_branch")?);
    Ok(Box::new(move |call| {
        let chosen = if call.number(0)?.unwrap_or(0.0) != 0.0 { &yes } else { &no };
        chosen.run(call, &[])
    }))
}

/// The body takes the number of the round, whether to go on, and the carried values; it gives whether to
/// go on, the carried values, and what is collected along a new first dimension.
fn repeat(node: &NodeReader) -> ResolvedNode {
    let body = node.body("body")?;
    let collected = node.proto.output.len();
    Ok(Box::new(move |call| {
        let maximum = call.number(0)?.map_or(i64::MAX, |n| n as i64);
        let mut going = call.number(1)?.is_none_or(|on| on != 0.0);
        let mut carried = call.inputs.get(2..body.captures.start).unwrap_or(&[]).to_vec();
        let mut lists: Vec<Vec<GraphValue>> = vec![vec![]; collected.saturating_sub(carried.len())];
        let mut round = 0;
        while going && round < maximum {
            interrupt::check()?;
            call.pass.patience()?;
            let mut inputs = vec![GraphValue::whole(&[round], &[])?, truth(going)?];
            inputs.append(&mut carried);
            let mut outputs = body.run(call, &inputs)?.into_iter();
            going = match outputs.next() {
                Some(value) => value.numbers(call.op)?.first().is_some_and(|on| *on != 0.0),
                None => false,
            };
            carried = outputs.by_ref().take(inputs.len() - 2).collect();
            lists.iter_mut().zip(outputs).for_each(|(list, value)| list.push(value));
            round += 1;
        }
        let lists = lists.iter().map(|list| stacked(call, list, 0).map(GraphValue::from));
        carried.into_iter().map(Ok).chain(lists).collect()
    }))
}

/// The body takes states and one slice of each scanned input; it gives the next states and one slice of
/// each scanned output.
fn scan(node: &NodeReader) -> ResolvedNode {
    let body = node.body("body")?;
    let scanned = node.size("num_scan_inputs", 0, 0..=usize::MAX, "negative")?;
    let lists = ["scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions"];
    let [in_axes, in_reversed, out_axes, out_reversed] = lists.map(|name| node.ints(name));
    let (in_axes, in_reversed) = (in_axes?.unwrap_or_default(), in_reversed?.unwrap_or_default());
    let (out_axes, out_reversed) = (out_axes?.unwrap_or_default(), out_reversed?.unwrap_or_default());
    Ok(Box::new(move |call| {
        let at = |list: &[i64], i: usize| list.get(i).copied().unwrap_or(0);
        let given = call.inputs.get(..body.captures.start).unwrap_or(&[]);
        let states = given.len().checked_sub(scanned).filter(|_| scanned > 0);
        let states = states.ok_or_else(|| call.wrong("the scanned inputs", scanned, "at least one"))?;
        let inputs = (0..scanned).map(|i| {
            let x = call.tensor(states + i)?;
            if at(&in_reversed, i) != 0 { x.flip(&[at(&in_axes, i)]) } else { Ok(x) }
        });
        let inputs = inputs.collect::<Result<Vec<_>>>()?;
        let steps = inputs[0].shape()[call.axis(at(&in_axes, 0), inputs[0].rank())?];
        let mut state = given[..states].to_vec();
        let mut outputs: Vec<Vec<GraphValue>> = vec![];
        for step in 0..steps {
            interrupt::check()?;
            call.pass.patience()?;
            for (i, x) in inputs.iter().enumerate() {
                let axis = at(&in_axes, i);
                state.push(x.narrow(axis, step, 1)?.squeeze(axis)?.into());
            }
            let mut values = body.run(call, &state)?.into_iter();
            state = values.by_ref().take(states).collect();
            let slices: Vec<_> = values.collect();
            outputs.resize(slices.len(), vec![]);
            outputs.iter_mut().zip(slices).for_each(|(list, slice)| list.push(slice));
        }
        let joined = outputs.iter().enumerate().map(|(i, list)| {
            let axis = at(&out_axes, i);
            let y = stacked(call, list, axis)?;
            Ok(if at(&out_reversed, i) != 0 { y.flip(&[axis])? } else { y }.into())
        });
        state.into_iter().map(Ok).chain(joined).collect()
    }))
}

/// The body takes an element of the first sequence, and of each other one its element at the same position;
/// what are no sequences it takes as they are. Each of its outputs is an element of a sequence.
fn sequence_map(node: &NodeReader) -> ResolvedNode {
    let body = node.body("body")?;
    let sequences = node.proto.output.len();
    Ok(Box::new(move |call| {
        let given = call.inputs.get(..body.captures.start).unwrap_or(&[]);
        let mut outputs = vec![vec![]; sequences];
        for round in 0..call.value(0).sequence(call.op)?.len() {
            interrupt::check()?;
            call.pass.patience()?;
            let element = |value: &GraphValue| match value {
                GraphValue::Sequence(list) => list.get(round).cloned().ok_or_else(|| {
                    call.wrong("a sequence", format!("{} elements", list.len()), "as many as the first one")
                }),
                other => Ok(other.clone()),
            };
            let inputs = given.iter().map(element).collect::<Result<Vec<_>>>()?;
            outputs.iter_mut().zip(body.run(call, &inputs)?).for_each(|(list, value)| list.push(value));
        }
        outputs.into_iter().map(|list| of_tensors(call, list)).collect()
    }))
}

fn truth(on: bool) -> Result<GraphValue> {
    Ok(Tensor::from_data(vec![on], [], ops::Device::Cpu)?.into())
}

/// Values of all rounds along a new dimension.
fn stacked(call: &NodeCall, list: &[GraphValue], axis: i64) -> Result<Tensor> {
    let tensors = list.iter().map(|value| value.tensor(call.op)).collect::<Result<Vec<_>>>()?;
    ensure(!tensors.is_empty(), || {
        let found = "no round";
        Error::shape(call.op, found, "at least one, where values are collected (tensors here have elements)")
    })?;
    Tensor::stack(&tensors, axis)
}
