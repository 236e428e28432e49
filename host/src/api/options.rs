//! Named options of script functions: `#{ stride: 2 }`. An unknown name is an error, with the nearest one.

use std::any::TypeId;

use ops::Tensor;
use rhai::{Dynamic, Map};

use crate::{
    error::{Error, Result},
    kinds,
    script::{FromScript, Pair, Refusal, did_you_mean},
};

/// The options of one call. Each is asked for once; those that nobody asked for are refused.
pub struct CallOptions {
    function: &'static str,
    map: Map,
    known: Vec<&'static str>,
}

impl CallOptions {
    /// What `read` makes of the options that a script gave to `function`, if any.
    ///
    /// # Errors
    /// `Usage` for an option that `read` does not ask for; those of `read`.
    pub fn read<T>(
        function: &'static str,
        map: impl Into<Option<Map>>,
        read: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let mut options = Self { function, map: map.into().unwrap_or_default(), known: Vec::new() };
        let value = read(&mut options)?;
        options.end()?;
        Ok(value)
    }

    /// An option, or its default.
    ///
    /// # Errors
    /// `Usage` for a value of another type.
    pub fn get<T: FromScript>(&mut self, name: &'static str, default: T) -> Result<T> {
        Ok(self.find(name)?.unwrap_or(default))
    }

    /// An option that may be left out.
    ///
    /// # Errors
    /// `Usage` for a value of another type.
    pub fn find<T: FromScript>(&mut self, name: &'static str) -> Result<Option<T>> {
        self.known.push(name);
        let Some(value) = self.map.remove(name) else { return Ok(None) };
        self.convert(name, &value).map(Some)
    }

    /// One of several values by its name; the first where none is given.
    ///
    /// # Errors
    /// `Usage` for another name.
    pub fn choice<T: Clone>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Result<T> {
        let given = self.get(name, choices[0].0.to_owned())?;
        one_of(&format!("the option `{name}` of {} is", self.function), &given, choices)
    }

    fn convert<T: FromScript>(&self, name: &str, value: &Dynamic) -> Result<T> {
        T::from_script(value).map_err(|refusal| match refusal {
            Refusal::Value(error) => error,
            Refusal::Type => Error::usage(
                format!("the option `{name}` of {} is {}", self.function, kinds::a(value)),
                format!("give {}", kinds::with_article(T::NAME)),
            ),
        })
    }

    /// One whole number for both directions, or one for each.
    ///
    /// # Errors
    /// `Usage` for a value of another type.
    pub fn pair(&mut self, name: &'static str, default: usize) -> Result<[usize; 2]> {
        Ok(self.find::<Pair>(name)?.map_or([default; 2], |pair| pair.0))
    }

    /// Refuses options that the function does not have.
    fn end(self) -> Result<()> {
        #[cfg(test)]
        tests::READ.with_borrow_mut(|read| read.extend(self.known.iter().map(|name| (self.function, *name))));
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

/// One of several values by its name. `problem` begins the error for another name: `there is no padding`.
///
/// # Errors
/// `Usage`
pub fn one_of<T: Clone>(problem: &str, name: &str, choices: &[(&str, T)]) -> Result<T> {
    let chosen = choices.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    chosen.ok_or_else(|| {
        let quoted: Vec<_> = choices.iter().map(|(known, _)| format!("\"{known}\"")).collect();
        let names = quoted.split_last().map_or_else(String::new, |(last, others)| match others {
            [] => last.clone(),
            others => format!("{} or {last}", others.join(", ")),
        });
        Error::usage(format!("{problem} \"{name}\""), format!("give {names}"))
    })
}

/// The values of a map that are all of one type, by name. `problem` begins the error for one that is not,
/// before its name: `run: the input`.
///
/// # Errors
/// `Usage`
pub fn named<T: FromScript>(map: Map, problem: &str, help: &str) -> Result<Vec<(String, T)>> {
    let one = |(name, value): (rhai::Identifier, Dynamic)| {
        let wrong = |_| Error::usage(format!("{problem} `{name}` is {}", kinds::a(&value)), help);
        Ok((name.to_string(), T::from_script(&value).map_err(wrong)?))
    };
    map.into_iter().map(one).collect()
}

/// A parameter of each sample: a tensor with one number for each, or one number for all.
#[derive(Clone)]
pub enum Amount {
    One(f64),
    Each(Tensor),
}

impl Amount {
    /// As a tensor of the element type and on the device of `x`.
    ///
    /// # Errors
    /// Those of [`Tensor::scalar`].
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

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeSet};

    use crate::{Host, Options, script::Source};

    thread_local! {
        /// The options that this thread's calls asked for, with their functions.
        pub static READ: RefCell<BTreeSet<(&'static str, &'static str)>> = RefCell::default();
    }

    /// `host check` takes the docs of a module for the list of its functions' options.
    #[test]
    fn every_option_is_named_in_the_docs_of_its_module() {
        let table = Host::new(Options::default()).table;
        let mut read = BTreeSet::new();
        for (code, _) in table.entries().iter().flat_map(|entry| entry.examples()) {
            // Scripts run on a thread of their own, whose options are counted there.
            let seen = std::thread::spawn(move || {
                let _ = crate::script::stack::as_script_thread(|| {
                    Host::new(Options::default()).run(&Source::new("example", code)).map(|_| ())
                });
                READ.take()
            });
            read.extend(seen.join().unwrap_or_default());
        }
        let mut left_out = Vec::new();
        for (function, option) in &read {
            let module = function.rsplit_once("::").map(|(module, _)| module);
            let is_near = |entry: &&crate::script::Entry| {
                entry.path() == *function || entry.name == *function || module == Some(entry.module)
            };
            let named = table.entries().iter().filter(is_near);
            let docs: Vec<&str> = named.map(|entry| entry.doc).collect();
            let words = docs.iter().flat_map(|doc| doc.split(|c: char| !c.is_alphanumeric() && c != '_'));
            if !words.into_iter().any(|word| word == *option) {
                left_out.push(format!("{function}: {option}"));
            }
        }
        assert!(left_out.is_empty(), "{left_out:#?}");
        assert!(read.len() > 40, "{read:?}");
    }
}
