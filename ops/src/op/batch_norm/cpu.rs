use crate::{
    cpu::channels::Channels,
    tensor::{Operand, Primitive, Spec, on_cpu},
};

fn channels(x: &Operand) -> Channels {
    Channels::of(&x.spec.shape)
}

pub(super) fn moments(x: &Operand, y: &Spec) -> Primitive {
    on_cpu(channels(x).moments(&x.known_floats()), y)
}

pub(super) fn normalise(x: &[Operand], eps: f64, y: &Spec) -> Primitive {
    let [values, moments, weight, bias] = [0, 1, 2, 3].map(|i| x[i].known_floats());
    on_cpu(channels(&x[0]).normalise(&values, &moments, &weight, &bias, eps), y)
}

pub(super) fn gradient_sums(x: &[Operand], eps: f64, y: &Spec) -> Primitive {
    let [values, moments, dy] = [0, 1, 2].map(|i| x[i].known_floats());
    on_cpu(channels(&x[0]).gradient_sums(&values, &moments, &dy, eps), y)
}

pub(super) fn input_gradient(x: &[Operand], eps: f64, y: &Spec) -> Primitive {
    let operands = [0, 1, 2, 3, 4].map(|i| x[i].known_floats());
    let slices = operands.each_ref().map(|x| &**x);
    on_cpu(channels(&x[0]).input_gradient(slices, eps), y)
}
