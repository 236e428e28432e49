//! Recurrent layers of f32 on the CPU, which one operation computes, against the plain operations of f64.

use crate::support::kernels::{assert_close, spread};
use ops::{
    DType, Result, Tensor,
    nn::{Module, RecurrentOptions, Value, gru, lstm, rnn},
};

fn get(value: &Value, name: &str) -> Tensor {
    value.named("").into_iter().find(|(known, _)| *known == name).unwrap().1.clone()
}

/// The outputs with their weighed sum's gradients, by the inputs and by all parameters.
fn everything(module: &Module, inputs: &[Tensor], outputs: &[&str]) -> Vec<Tensor> {
    let inputs: Vec<Tensor> = inputs.iter().map(|x| x.track().unwrap()).collect();
    let y = module.call(&inputs.iter().map(Value::from).collect::<Vec<_>>()).unwrap();
    let mut found: Vec<Tensor> = outputs.iter().map(|name| get(&y, name)).collect();
    let weighed = |y: &Tensor| y.mul(&spread(5, y.shape()).cast(y.dtype()).unwrap()).unwrap().sum().unwrap();
    let sum = found.iter().map(weighed).reduce(|a, b| a.add(&b).unwrap()).unwrap();
    let gradients = sum.backward().unwrap();
    found.extend(inputs.iter().map(|x| gradients.of(x).unwrap().clone()));
    found.extend(module.named_parameters().iter().map(|(_, p)| p.gradient(&gradients).unwrap().clone()));
    found
}

#[test]
fn the_kernel_gives_what_plain_operations_give() {
    for round in 0..60 {
        let number = |n: usize, k: usize| 1 + (round * 31 + k * 17) * 13 % n;
        let [steps, n, inputs, hidden] = [number(6, 0), number(40, 1), number(5, 2), number(20, 3)];
        let options = RecurrentOptions {
            bias: round % 3 > 0,
            bidirectional: round % 4 == 1,
            layers: 1 + round % 2,
            ..RecurrentOptions::default()
        };
        let (name, module): (_, Result<Module>) = match round % 5 {
            0 | 1 => ("lstm", lstm(inputs, hidden, options)),
            2 | 3 => ("gru", gru(inputs, hidden, options)),
            _ => ("rnn", rnn(inputs, hidden, round % 2 == 1, options)),
        };
        let module = module.unwrap();
        let states = options.layers * (1 + usize::from(options.bidirectional));
        let mut shapes = vec![vec![steps, n, inputs]];
        if round % 2 == 0 {
            shapes.extend(vec![vec![states, n, hidden]; if name == "lstm" { 2 } else { 1 }]);
        }
        let wide: Vec<Tensor> = (0..).zip(&shapes).map(|(k, shape)| spread(k, shape)).collect();
        let inputs: Vec<Tensor> = wide.iter().map(|x| x.cast(DType::F32).unwrap()).collect();
        let outputs: &[&str] = if name == "lstm" { &["output", "h", "c"] } else { &["output", "h"] };
        let found = everything(&module, &inputs, outputs);
        module.cast(DType::F64).unwrap();
        let expected = everything(&module, &wide, outputs);
        assert_eq!(found.len(), expected.len());
        for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_close(found, expected, 3e-6, &format!("{name} {shapes:?}, number {k}"));
        }
    }
}
