//! The rules of differentiation that are no property of one operation.

use ops::{DType, Device, Error, Result, Tensor, no_grad};

fn floats(values: &[f64]) -> Tensor {
    Tensor::from_data(values.to_vec(), [values.len()], Device::Cpu).unwrap()
}

fn leaf(values: &[f64]) -> Tensor {
    floats(values).track().unwrap()
}

/// The gradient of the sum of `f` at a point.
fn slope(f: impl Fn(&Tensor) -> Result<Tensor>, at: &[f64]) -> Vec<f64> {
    let x = leaf(at);
    f(&x).unwrap().sum().unwrap().gradient(&[&x]).unwrap()[0].to_f64().unwrap()
}

#[test]
fn a_graph_is_differentiated_backwards_once() {
    let x = leaf(&[1.0, 2.0]);
    let y = x.exp().unwrap().sum().unwrap();
    let first = y.backward().unwrap();
    assert_eq!(first.of(&x).unwrap().to_f64().unwrap(), [1f64.exp(), 2f64.exp()]);
    assert_eq!(y.backward().err(), Some(Error::Spent));
    assert_eq!(y.gradient(&[&x]).err(), Some(Error::Spent));
    // What was built on a spent graph is spent too.
    assert_eq!(y.square().unwrap().backward().err(), Some(Error::Spent));
}

#[test]
fn gradient_keeps_the_graph() {
    let x = leaf(&[3.0]);
    let y = x.square().unwrap().sum().unwrap();
    for _ in 0..3 {
        assert_eq!(y.gradient(&[&x]).unwrap()[0].to_f64().unwrap(), [6.0]);
    }
    // x^3, three times.
    let cube = |x: &Tensor| x.square()?.mul(x);
    let first = &cube(&x).unwrap().gradient(&[&x]).unwrap()[0];
    let second = &first.gradient(&[&x]).unwrap()[0];
    let third = &second.gradient(&[&x]).unwrap()[0];
    assert_eq!([first, second, third].map(|g| g.sum().unwrap().item().unwrap()), [27.0, 18.0, 6.0]);
}

#[test]
fn losses_that_share_a_graph_are_each_differentiated_by_their_own_leaves() {
    let (a, b) = (leaf(&[2.0]), leaf(&[3.0]));
    let product = a.mul(&b).unwrap().sum().unwrap();
    let doubled = product.mul_scalar(2.0).unwrap();
    let by_a = product.backward_for(std::slice::from_ref(&a)).unwrap();
    let by_b = doubled.backward_for(std::slice::from_ref(&b)).unwrap();
    assert_eq!(by_a.of(&a).unwrap().to_f64().unwrap(), [3.0]);
    assert_eq!(by_b.of(&b).unwrap().to_f64().unwrap(), [4.0]);
    assert!(by_a.of(&b).is_none() && by_b.of(&a).is_none());
    assert!(!by_a.of(&a).unwrap().is_tracked());
    let many = a.mul(&leaf(&[1.0, 2.0])).unwrap();
    assert!(matches!(many.backward_for(&[a]).err(), Some(Error::Shape { op: "backward_for", .. })));
}

#[test]
fn a_leaf_used_twice_gets_the_sum() {
    let x = leaf(&[2.0]);
    let y = x.mul(&x).unwrap().add(&x).unwrap();
    assert_eq!(y.backward().unwrap().of(&x).unwrap().to_f64().unwrap(), [5.0]);
}

#[test]
fn only_what_is_tracked_has_a_gradient() {
    let (x, constant) = (leaf(&[1.0]), floats(&[1.0]));
    let y = x.mul(&constant).unwrap();
    let gradients = y.gradient(&[&x]).unwrap();
    assert!(!gradients[0].is_tracked() || gradients[0].to_f64().unwrap() == [1.0]);
    assert_eq!(y.gradient(&[&constant]).err(), Some(Error::Untracked { op: "gradient" }));
    assert_eq!(constant.backward().err(), Some(Error::Untracked { op: "backward" }));
    assert_eq!(y.detach().backward().err(), Some(Error::Untracked { op: "backward" }));
    let found = y.backward().unwrap();
    assert_eq!((found.len(), found.of(&constant).is_none()), (1, true));
    assert!(Tensor::full([2], 1.0, DType::I32, Device::Cpu).unwrap().track().is_err());
}

#[test]
fn what_has_no_influence_has_gradient_zero() {
    let (x, other) = (leaf(&[1.0]), leaf(&[1.0, 2.0]));
    let gradients = x.square().unwrap().gradient(&[&other, &x]).unwrap();
    assert_eq!(gradients[0].to_f64().unwrap(), [0.0, 0.0]);
    assert_eq!(gradients[1].to_f64().unwrap(), [2.0]);
}

#[test]
fn a_gradient_can_be_taken_by_a_tensor_in_the_middle() {
    let x = leaf(&[1.0, 2.0]);
    let middle = x.square().unwrap();
    let y = middle.exp().unwrap().sum().unwrap();
    let by_middle = &y.gradient(&[&middle]).unwrap()[0];
    assert_eq!(by_middle.to_f64().unwrap(), [1f64.exp(), 4f64.exp()]);
    let both = y.gradient(&[&middle, &x]).unwrap();
    assert_eq!(both[0].to_f64().unwrap(), by_middle.to_f64().unwrap());
    assert_eq!(both[1].to_f64().unwrap(), [2.0 * 1f64.exp(), 4.0 * 4f64.exp()]);
}

#[test]
fn the_seed_must_be_of_the_output() {
    let y = leaf(&[1.0, 2.0]).exp().unwrap();
    let is_shape_error = |e: Option<Error>| matches!(e, Some(Error::Shape { op: "backward", .. }));
    assert!(is_shape_error(y.backward().err()));
    assert!(is_shape_error(y.backward_with(&floats(&[1.0])).err()));
    assert!(is_shape_error(y.backward_with(&floats(&[1.0, 1.0]).cast(DType::F32).unwrap()).err()));
    if Device::gpu_name().is_some() {
        let y = floats(&[1.0, 2.0]).cast(DType::F32).unwrap().track().unwrap().exp().unwrap();
        assert!(is_shape_error(y.backward_with(&y.detach().to_device(Device::Gpu).unwrap()).err()));
    }
}

#[test]
fn no_grad_records_nothing() {
    let x = leaf(&[1.0]);
    let y = no_grad(|| {
        let y = no_grad(|| x.exp()).unwrap();
        assert!(!y.is_tracked());
        x.exp().unwrap()
    });
    assert!(!y.is_tracked());
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| no_grad(|| panic!("inside"))));
    assert!(caught.is_err());
    assert!(x.exp().unwrap().is_tracked());
}

#[test]
fn two_losses_share_one_forward_pass() {
    let (weight, x) = (leaf(&[0.5, -1.0, 2.0]), floats(&[1.0, 2.0, 3.0]));
    let shared = |weight: &Tensor| weight.mul(&x)?.tanh();
    let [first, second] = [|y: &Tensor| y.square()?.sum(), |y: &Tensor| y.exp()?.sum()];
    // Both at once.
    let y = shared(&weight).unwrap();
    let total = first(&y).unwrap().add(&second(&y).unwrap()).unwrap();
    let expected = total.backward().unwrap().of(&weight).unwrap().to_f64().unwrap();
    // Cut, each on its own, and joined.
    let y = shared(&weight).unwrap();
    let cut = y.detach().track().unwrap();
    let gradients = [first(&cut), second(&cut)].map(|loss| loss.unwrap().backward().unwrap());
    let joined = gradients[0].add(&gradients[1]).unwrap();
    let found = y.backward_with(joined.of(&cut).unwrap()).unwrap();
    assert_eq!(found.of(&weight).unwrap().to_f64().unwrap(), expected);
}

#[test]
fn gradients_are_a_set_that_can_be_mapped_and_added() {
    let (x, y) = (leaf(&[1.0]), leaf(&[2.0]));
    let of_both = x.mul(&y).unwrap().backward().unwrap();
    let of_one = x.square().unwrap().backward().unwrap();
    let sum = of_both.add(&of_one).unwrap().map(|g| g.mul_scalar(10.0)).unwrap();
    assert_eq!(sum.of(&x).unwrap().to_f64().unwrap(), [40.0]);
    assert_eq!(sum.of(&y).unwrap().to_f64().unwrap(), [10.0]);
    assert_eq!((sum.len(), sum.is_empty(), sum.values().len()), (2, false, 2));
}

#[test]
fn gradients_where_a_function_has_none() {
    assert_eq!(slope(|x| x.norm_dims(&[], false), &[0.0, 0.0]), [0.0, 0.0]);
    assert_eq!(slope(|x| x.std_dims(&[], false, 0), &[3.0, 3.0]), [0.0, 0.0]);
    assert_eq!(slope(Tensor::relu, &[0.0, -1.0, 1.0]), [0.0, 0.0, 1.0]);
    assert_eq!(slope(Tensor::abs, &[0.0]), [0.0]);
    assert_eq!(slope(|x| x.clamp(0.0, 1.0), &[0.0, 0.5, 1.0, 2.0]), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(slope(|x| x.max_dims(&[], false), &[1.0, 3.0, 3.0]), [0.0, 0.5, 0.5]);
    assert_eq!(slope(|x| x.maximum(&floats(&[1.0])), &[1.0]), [0.5]);
    assert_eq!(slope(|x| floats(&[1.0]).maximum(x), &[1.0]), [0.5]);
    assert_eq!(slope(|x| x.pow_scalar(0.0), &[0.0]), [0.0]);
    assert_eq!(slope(|x| x.pow_scalar(1.0), &[0.0]), [1.0]);
    assert_eq!(slope(|x| x.pow_scalar(2.0), &[0.0]), [0.0]);
    assert_eq!(slope(|x| x.pow(&floats(&[0.0, 1.0, 2.0])), &[0.0, 0.0, 0.0]), [0.0, 1.0, 0.0]);
    assert_eq!(slope(|x| floats(&[0.0]).pow(x), &[2.0]), [0.0]);
}

#[test]
fn smooth_functions_are_smooth_at_0_and_finite_far_out() {
    assert_eq!(slope(Tensor::softplus, &[0.0, 1e3, -1e3]), [0.5, 1.0, 0.0]);
    assert_eq!(slope(Tensor::log_sigmoid, &[0.0, 1e3, -1e3]), [0.5, 0.0, 1.0]);
    assert_eq!(slope(|x| x.elu(2.0), &[0.0]), [2.0]);
    assert_eq!(slope(Tensor::silu, &[0.0]), [0.5]);
    assert_eq!(slope(Tensor::gelu, &[0.0]), [0.5]);
    assert_eq!(slope(|x| x.logsumexp(&[], false), &[1e3, 1e3]), [0.5, 0.5]);
    let far = floats(&[f64::NEG_INFINITY, f64::NEG_INFINITY]).logsumexp(&[], false).unwrap();
    assert_eq!(far.item().unwrap(), f64::NEG_INFINITY);
}

#[test]
fn a_conversion_passes_the_gradient_on_in_the_type_of_its_input() {
    let x = leaf(&[1.0, 2.0]);
    let y = x.cast(DType::F32).unwrap().square().unwrap().sum().unwrap();
    let gradient = &y.gradient(&[&x]).unwrap()[0];
    assert_eq!((gradient.dtype(), gradient.to_f64().unwrap()), (DType::F64, vec![2.0, 4.0]));
    assert!(!x.cast(DType::I32).unwrap().is_tracked());
    assert!(!x.floor().unwrap().is_tracked());
}

#[test]
fn a_symbolic_tensor_has_no_value_but_stays_in_its_trace() {
    let x = Tensor::symbolic(floats(&[1.0, 2.0]).spec().clone(), Device::Cpu);
    let y = x.exp().unwrap().detach();
    assert!(y.is_symbolic() && y.is_tracked());
    assert_eq!(y.to_data().err(), Some(Error::Symbolic { op: "to_data" }));
    assert!(no_grad(|| x.exp()).unwrap().is_symbolic());
}
