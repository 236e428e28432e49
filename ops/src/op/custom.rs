//! Values with a gradient of one's own.

use super::{OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp};
use crate::{Device, Error, Result, Spec, Tensor, ensure, no_grad, tensor::apply};

/// What a gradient is computed of: the inputs, the value, the gradient of the value, and for each input
/// whether its own is wanted.
pub struct GradientCall<'a> {
    pub x: &'a [Tensor],
    pub y: &'a Tensor,
    pub dy: &'a Tensor,
    pub wanted: &'a [bool],
}

/// A value that was computed elsewhere, as its own first input.
struct Custom<F> {
    name: &'static str,
    backward: F,
}

impl<F> Op for Custom<F>
where
    F: Fn(&GradientCall) -> Result<Vec<Option<Tensor>>> + Send + Sync + 'static,
{
    fn info(&self) -> OpInfo {
        OpInfo::new(self.name).saving(Saves::ALL)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], _: &Spec, _: Device) -> Primitive {
        x[0].primitive()
    }

    fn is_view(&self, _: &Operand) -> bool {
        true
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let x = &at.x[1..];
        let found = (self.backward)(&GradientCall { x, y: at.y, dy: at.dy, wanted: &at.wanted[1..] })?;
        ensure(found.len() == x.len(), || {
            Error::argument(self.name, "the number of gradients", found.len(), x.len().to_string())
        })?;
        for (x, gradient) in x.iter().zip(&found) {
            let fits = |g: &Tensor| (g.spec(), g.device()) == (x.spec(), x.device());
            ensure(gradient.as_ref().is_none_or(fits), || {
                let found = gradient.as_ref().map_or_else(String::new, |g| g.spec().to_string());
                Error::shape(
                    self.name,
                    format!("{found} of a gradient"),
                    format!("{}, that of its input", x.spec()),
                )
            })?;
        }
        Ok([None].into_iter().chain(found).collect())
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(w.x(0))
    }
}

/// What `forward` makes of the inputs, with the gradients that `backward` gives, one for each input; none
/// counts as zeros. What `backward` computes from tensors can be differentiated again.
///
/// # Errors
/// Those of `forward`; later those of `backward`, and [`Error::Shape`] for a gradient of another shape,
/// element type or device than its input.
pub fn custom_gradient(
    name: &'static str,
    inputs: &[&Tensor],
    forward: impl FnOnce(&[Tensor]) -> Result<Tensor>,
    backward: impl Fn(&GradientCall) -> Result<Vec<Option<Tensor>>> + Send + Sync + 'static,
) -> Result<Tensor> {
    let constants: Vec<_> = inputs.iter().map(|x| x.detach()).collect();
    let y = no_grad(|| forward(&constants))?.detach();
    let all: Vec<_> = [&y].into_iter().chain(inputs.iter().copied()).collect();
    apply(Custom { name, backward }, &all)
}

/// The value of `y` with the gradient going to `x`, unchanged: what rounds or quantises `x` is trained as if
/// it did not (Bengio, Léonard, Courville, 2013).
///
/// # Errors
/// [`Error::Shape`] for two shapes or element types.
pub fn straight_through(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    ensure(x.spec() == y.spec(), || {
        Error::shape("straight_through", y.spec(), format!("{}, that of x", x.spec()))
    })?;
    custom_gradient("straight_through", &[x], |_| Ok(y.detach()), |at| Ok(vec![Some(at.dy.clone())]))
}
