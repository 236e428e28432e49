//! Branches and loops over graphs inside nodes.

use super::{Operator, Resolved, op};
use crate::{
    Error, Result, Tensor, interrupt,
    nn::graph::{
        Value,
        call::Call,
        node::{Body, Node},
    },
};

pub(super) const OPERATORS: &[Operator] =
    &[op("If", 1, branch).settings(&[0]).impure(), op("Loop", 1, repeat).settings(&[0, 1]).impure()];

impl Body {
    fn run(&self, call: &Call, inputs: &[Value]) -> Result<Vec<Value>> {
        let captured = call.inputs.get(self.captures.clone()).unwrap_or(&[]);
        self.plan.run(inputs, captured, call.pass)
    }
}

fn branch(node: &Node) -> Resolved {
    let (yes, no) = (node.body("then_branch")?, node.body("else_branch")?);
    Ok(Box::new(move |call| {
        let chosen = if call.number(0)?.unwrap_or(0.0) != 0.0 { &yes } else { &no };
        chosen.run(call, &[])
    }))
}

/// The body takes the number of the round, whether to go on, and the carried values; it gives whether to
/// go on, the carried values, and what is collected along a new first dimension.
fn repeat(node: &Node) -> Resolved {
    let body = node.body("body")?;
    let collected = node.proto.output.len();
    Ok(Box::new(move |call| {
        let most = call.number(0)?.map_or(i64::MAX, |n| n as i64);
        let mut going = call.number(1)?.is_none_or(|on| on != 0.0);
        let mut carried = call.inputs.get(2..body.captures.start).unwrap_or(&[]).to_vec();
        let mut lists: Vec<Vec<Value>> = vec![vec![]; collected.saturating_sub(carried.len())];
        let mut round = 0;
        while going && round < most {
            interrupt::check()?;
            call.pass.patience()?;
            let mut inputs = vec![Value::whole(&[round], &[])?, truth(going)?];
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
        carried.into_iter().map(Ok).chain(lists.into_iter().map(|list| stacked(call, &list))).collect()
    }))
}

fn truth(on: bool) -> Result<Value> {
    Ok(Tensor::from_data(vec![on], [], crate::Device::Cpu)?.into())
}

/// Values of all rounds along a new first dimension.
fn stacked(call: &Call, list: &[Value]) -> Result<Value> {
    let tensors = list.iter().map(|value| value.tensor(call.op)).collect::<Result<Vec<_>>>()?;
    if tensors.is_empty() {
        return Err(Error::Shape {
            op: call.op,
            found: "no round".into(),
            expected: "at least one, where values are collected (tensors here have elements)".into(),
        });
    }
    Ok(Tensor::stack(&tensors, 0)?.into())
}
