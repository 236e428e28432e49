//! Named options of script functions: `#{ stride: 2 }`. An unknown name is an error, with the nearest one.

use std::any::TypeId;

use ops::Tensor;
use rhai::{Dynamic, Map};

use crate::{
    error::{Error, Result},
    script::{FromScript, Pair, Refusal, did_you_mean},
};

/// The options of one call. Each is asked for once; [`Options::end`] refuses those that nobody asked for.
pub struct Options {
    function: &'static str,
    map: Map,
    known: Vec<&'static str>,
}

impl Options {
    /// The options that a script gave to `function`.
    pub fn new(function: &'static str, map: Map) -> Self {
        Self { function, map, known: Vec::new() }
    }

    /// An option, or its default.
    pub fn get<T: FromScript>(&mut self, name: &'static str, default: T) -> Result<T> {
        Ok(self.find(name)?.unwrap_or(default))
    }

    /// An option that may be left out.
    pub fn find<T: FromScript>(&mut self, name: &'static str) -> Result<Option<T>> {
        self.known.push(name);
        let Some(value) = self.map.remove(name) else { return Ok(None) };
        self.convert(name, &value).map(Some)
    }

    fn convert<T: FromScript>(&self, name: &str, value: &Dynamic) -> Result<T> {
        T::from_script(value).map_err(|refusal| match refusal {
            Refusal::Value(error) => error,
            Refusal::Type => Error::usage(
                format!("the option `{name}` of {} is a {}", self.function, value.type_name()),
                format!("give a {}", T::NAME),
            ),
        })
    }

    /// One whole number for both directions, or one for each.
    pub fn pair(&mut self, name: &'static str, default: usize) -> Result<[usize; 2]> {
        Ok(self.find::<Pair>(name)?.map_or([default; 2], |pair| pair.0))
    }

    /// Refuses options that the function does not have.
    pub fn end(self) -> Result<()> {
        let Some(unknown) = self.map.keys().next() else { return Ok(()) };
        let known = self.known.join(", ");
        let near = did_you_mean(unknown, self.known.iter().copied())
            .map_or_else(String::new, |near| format!("{near}; "));
        Err(Error::usage(
            format!("{} has no option `{unknown}`", self.function),
            format!("{near}it has {known}"),
        ))
    }
}

/// A parameter of each sample: a tensor with one number for each, or one number for all.
#[derive(Clone)]
pub enum Amount {
    One(f64),
    Each(Tensor),
}

impl Amount {
    /// As a tensor of the element type of `x`, where that is.
    pub fn on(&self, x: &Tensor) -> ops::Result<Tensor> {
        match self {
            Self::One(number) => Tensor::scalar(*number, x.dtype(), x.device()),
            Self::Each(tensor) => Ok(tensor.clone()),
        }
    }
}

impl FromScript for Amount {
    const NAME: &'static str = "float or Tensor";

    fn types() -> Vec<TypeId> {
        [f64::types(), Tensor::types()].concat()
    }

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        f64::from_script(value).map(Self::One).or_else(|_| Tensor::from_script(value).map(Self::Each))
    }
}
