//! More samples than the fixed batch of a file: constant shapes are taken for those of one batch, and that
//! this is what they are is seen from the shapes, then from the values that come out.

use ops::{
    DType, Device, Result, Spec, Tensor,
    nn::{Parameter, watch},
    no_grad,
    random::{self, Key},
};

use crate::{
    GraphMode, GraphValue, broken,
    network::{
        graph::{Graph, Purpose},
        port::list,
        trial::{SAMPLES, Trial, trial},
    },
};

/// How far samples may be from what they give alone, relative to the largest entry: sums are rounded
/// differently in other batches.
const ALLOWED: f64 = 1e-3;

/// Whether the shapes allow more samples than the graph's own fixed batch: with twice as many in, twice as
/// many come out, and nothing else changes.
pub(crate) fn shapes_follow(graph: &Graph, parameters: &[(String, Parameter)], own: &[Option<Spec>]) -> bool {
    if graph.inputs.iter().all(|port| port.samples().is_none()) {
        return false;
    }
    let Trial::Shapes(twice) = trial(graph, parameters, 2, SAMPLES) else { return false };
    let doubled = |(one, two): (&Option<Spec>, &Option<Spec>)| match (one, two) {
        (Some(one), Some(two)) => match (one.shape.split_first(), two.shape.split_first()) {
            (Some((n, rest)), Some((m, others))) => *m == 2 * n && rest == others,
            _ => false,
        },
        _ => false,
    };
    own.iter().zip(&twice).all(doubled)
}

impl Graph {
    /// The first time that several of the file's own batches come in: refuses them where the first or the
    /// last gives something else than alone, in evaluation. For a trace, numbers stand in.
    pub(crate) fn verify(&self, cells: &[(String, Parameter)], inputs: &[GraphValue]) -> Result<()> {
        if !self.rebatch || self.verified.get().is_some() || self.batches(inputs)? == 1 {
            return Ok(());
        }
        let symbolic = inputs.iter().any(GraphValue::is_symbolic);
        // A trace has stand-ins for parameters too.
        let values: Vec<_> = cells.iter().map(|(_, parameter)| parameter.value()).collect();
        // Random numbers of a run are none of this one's.
        let same = random::with_stream(Key::new(0), || {
            watch::unwatched(|| {
                no_grad(|| match symbolic {
                    false => self.alone_as_together(cells, &values, inputs),
                    true => self.alone_as_together(cells, &values, &self.numbers(&values)?).or(Ok(true)),
                })
            })
        })?;
        if !same {
            return broken(format!(
                "{}: the file fixes the number of samples, and more of them at once do not give \
                 what each gives alone (a constant shape inside mixes them, or numbers are random): \
                 give as many, or export the network with a free batch size",
                list(&self.inputs)
            ));
        }
        if !symbolic {
            let _ = self.verified.set(());
        }
        Ok(())
    }

    /// Numbers for two batches.
    fn numbers(&self, values: &[Tensor]) -> Result<Vec<GraphValue>> {
        let device = values.first().map_or(Device::Cpu, Tensor::device);
        let numbers = self.inputs.iter().map(|port| {
            let mut shape: Vec<_> = port.shape.iter().flatten().map(|size| size.unwrap_or(1)).collect();
            shape.iter_mut().take(1).for_each(|samples| *samples *= 2);
            let x = random::uniform(&shape, device)?;
            x.cast(port.dtype.unwrap_or(DType::F32)).map(GraphValue::from)
        });
        numbers.collect()
    }

    fn alone_as_together(
        &self,
        cells: &[(String, Parameter)],
        values: &[Tensor],
        inputs: &[GraphValue],
    ) -> Result<bool> {
        let compute =
            |inputs: &[GraphValue]| self.pass(cells, values, inputs, Purpose::Compute(GraphMode::Evaluation));
        let (batches, together) = (self.batches(inputs)?, compute(inputs)?);
        for batch in [0, batches - 1] {
            let own = self.inputs.iter().zip(inputs).map(|(port, value)| match (value, port.samples()) {
                (GraphValue::Tensor(x), Some(n)) if x.shape()[0] != n => {
                    Ok(x.narrow(0, batch * n, n)?.into())
                }
                _ => Ok(value.clone()),
            });
            let alone = compute(&own.collect::<Result<Vec<_>>>()?)?;
            for (alone, together) in alone.iter().zip(&together) {
                if !near(alone, together, batch, batches)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// Whether a batch gives the same alone as together with others.
fn near(alone: &GraphValue, together: &GraphValue, batch: usize, batches: usize) -> Result<bool> {
    let (GraphValue::Tensor(alone), GraphValue::Tensor(together)) = (alone, together) else {
        return Ok(alone.spec() == together.spec());
    };
    let n = alone.shape().first().copied().unwrap_or(0);
    if n == 0 || together.shape().first() != Some(&(n * batches)) {
        return Ok(false);
    }
    let part = together.narrow(0, batch * n, n)?;
    if part.shape() != alone.shape() {
        return Ok(false);
    }
    Ok(alike(&alone.to_f64()?, &part.to_f64()?))
}

/// Whether numbers are the expected ones up to the rounding of sums: each is within a thousandth of the
/// largest.
pub fn alike(expected: &[f64], found: &[f64]) -> bool {
    let largest = expected.iter().filter(|x| x.is_finite()).fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let near =
        |(x, y): (&f64, &f64)| x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= ALLOWED * largest;
    expected.len() == found.len() && expected.iter().zip(found).all(near)
}
