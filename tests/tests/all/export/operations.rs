//! Every operation of tensors.

use ops::{
    DType, Device, Result, Tensor,
    nn::{Layer, Module, Value, value},
};

use super::{
    cases::{self, Case, Kind},
    support::agree_on,
};

/// A case as a module: its inputs are cut out of the first sample of a batch `[N, numbers]`, and its
/// outputs joined to one row.
/// Cases hold functions that stay on their thread, modules do not: the number of one is known.
struct Operation(usize);

impl Operation {
    fn case(&self) -> Case {
        cases::all().swap_remove(self.0)
    }

    fn numbers(&self) -> usize {
        self.case().inputs.iter().map(|input| input.shape.iter().product::<usize>()).sum()
    }

    fn inputs(&self, x: &Tensor) -> Result<Vec<Tensor>> {
        let (sample, mut start) = (x.narrow(0, 0, 1)?, 0);
        let cut = |input: &cases::Input| {
            let n = input.shape.iter().product();
            let part = sample.narrow(1, start, n)?.reshape(&input.shape)?;
            start += n;
            match input.kind {
                Kind::Float(..) | Kind::Floats(_) => Ok(part),
                Kind::Int(..) => part.cast(DType::I32),
                Kind::Bool => part.ne_scalar(0.0),
            }
        };
        self.case().inputs.iter().map(cut).collect()
    }

    /// The case's own inputs, as a batch of one sample.
    fn sample(&self) -> Tensor {
        let parts = self.case().tensors(DType::F32, Device::Cpu);
        let numbers = parts.iter().flat_map(|part| part.to_f32().unwrap()).collect::<Vec<_>>();
        Tensor::from_data(numbers, [1, self.numbers()], Device::Cpu).unwrap()
    }
}

impl Layer for Operation {
    fn name(&self) -> &str {
        "Operation"
    }

    fn describe(&self) -> String {
        self.case().name.to_owned()
    }

    fn call(&self, _: &Module, inputs: &[Value]) -> Result<Value> {
        let outputs = (self.case().run)(&self.inputs(value::one("Operation", inputs)?)?)?;
        let rows =
            outputs.iter().map(|y| y.cast(DType::F32)?.reshape(&[1, y.len()])).collect::<Result<Vec<_>>>()?;
        Tensor::concat(&rows.iter().collect::<Vec<_>>(), 1).map(Value::Tensor)
    }
}

#[test]
fn every_operation_is_exported() {
    let mut wrong = vec![];
    for (i, case) in cases::all().into_iter().enumerate() {
        // The cases of no numbers at all make tensors of nothing: constants.
        if case.inputs.is_empty() {
            continue;
        }
        let name = format!("{} of {:?}", case.name, case.inputs);
        let operation = Operation(i);
        let x = operation.sample();
        let module = Module::new(operation, vec![], vec![]);
        if let Err(problem) = agree_on(&name, &module, &x) {
            wrong.push(problem);
        }
    }
    assert!(wrong.is_empty(), "{} operations:\n{}", wrong.len(), wrong.join("\n"));
}
