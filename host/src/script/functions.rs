//! The functions that an engine offers to scripts.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{Engine, FnNamespace, FuncInfo};

use crate::kinds;

/// Keywords that Rhai calls like functions but does not register: name, minimum and maximum number of
/// arguments.
const KEYWORDS: [(&str, usize, usize); 8] = [
    ("Fn", 1, 1),
    ("call", 1, usize::MAX),
    ("curry", 1, usize::MAX),
    ("eval", 1, 1),
    ("is_def_fn", 2, 3),
    ("is_def_var", 1, 1),
    ("is_shared", 1, 1),
    ("type_of", 1, 1),
];

/// Versions of a function that a message lists.
const VERSIONS_LISTED: usize = 6;

/// Every registered function by its qualified name (`noise::uniform`, `len`), Rhai's own included.
/// A method's own value counts as its first argument.
pub struct Functions {
    /// The parameter types of each version, in words.
    versions: BTreeMap<String, BTreeSet<Vec<String>>>,
    /// What each version gives, by its name and the types of its parameters.
    given: BTreeMap<(String, Vec<String>), String>,
    /// Which argument is a map of options, by name and number of arguments.
    options: BTreeMap<(String, usize), usize>,
    /// What is said of all versions of those.
    docs: BTreeMap<String, String>,
}

/// What the metadata of one registered function says.
struct Described {
    names: Vec<String>,
    types: Vec<String>,
    given: String,
    options: Option<usize>,
    doc: String,
}

impl Functions {
    /// The functions of an engine.
    pub fn of(engine: &Engine) -> Self {
        let mut versions: BTreeMap<String, BTreeSet<Vec<String>>> = BTreeMap::new();
        let listed = engine.collect_fn_metadata(None, |info| Some(describe(engine, &info)), true);
        let (mut options, mut docs) = (BTreeMap::new(), BTreeMap::<String, String>::new());
        let mut given = BTreeMap::new();
        for described in listed {
            for name in described.names {
                if let Some(index) = described.options {
                    options.insert((name.clone(), described.types.len()), index);
                    *docs.entry(name.clone()).or_default() += &described.doc;
                }
                given.insert((name.clone(), described.types.clone()), described.given.clone());
                versions.entry(name).or_default().insert(described.types.clone());
            }
        }
        Self { versions, given, options, docs }
    }

    /// Which argument of a call is a map of options, and what is said of these: in the docs of its module,
    /// since one function may have the options of another.
    pub fn options(&self, name: &str, count: usize) -> Option<(usize, String)> {
        let index = self.options.get(&(name.to_string(), count))?;
        let siblings = name.rsplit_once("::").map(|(module, _)| format!("{module}::"));
        let is_near = |other: &str| {
            other == name || siblings.as_ref().is_some_and(|module| other.starts_with(module.as_str()))
        };
        let docs = self.docs.iter().filter(|(other, _)| is_near(other));
        Some((*index, docs.map(|(_, doc)| doc.as_str()).collect::<Vec<_>>().join(" ")))
    }

    /// The types that the versions of `name` with `count` arguments take for one of them.
    pub fn types(&self, name: &str, count: usize, index: usize) -> impl Iterator<Item = &str> {
        let versions = self.versions(name).filter(move |types| types.len() == count);
        versions.filter_map(move |types| types.get(index).map(String::as_str))
    }

    /// What a function gives, a Tensor or Gradients, of which all versions with `count` arguments are of a
    /// Tensor or of Gradients and do nothing but give that.
    pub fn only_gives(&self, name: &str, count: usize) -> Option<&str> {
        let is_value = |word: &str| ["Tensor", "Gradients"].contains(&word);
        let versions = self.versions(name).filter(|types| types.len() == count);
        let given = versions.map(|types| {
            let given = self.given.get(&(name.to_owned(), types.to_vec()))?;
            let first = types.first()?;
            (is_value(first) && is_value(given)).then_some(given.as_str())
        });
        let all: Option<Vec<&str>> = given.collect();
        all?.first().copied()
    }

    /// Whether some version of `name` takes `count` arguments.
    pub fn accepts(&self, name: &str, count: usize) -> bool {
        let keyword = KEYWORDS.iter().find(|(keyword, ..)| *keyword == name);
        keyword.is_some_and(|(_, minimum, maximum)| (*minimum..=*maximum).contains(&count))
            || self.counts(name).contains(&count)
    }

    /// The numbers of arguments that the versions of `name` take.
    pub fn counts(&self, name: &str) -> BTreeSet<usize> {
        self.versions(name).map(<[String]>::len).collect()
    }

    /// The versions of `name` with their parameter types: "`lr(float)`, `lr(float, integer)`".
    pub fn listed(&self, name: &str) -> String {
        let versions = self.versions(name).take(VERSIONS_LISTED);
        let written = versions.map(|types| format!("`{name}({})`", types.join(", ")));
        let more = (self.versions(name).count() > VERSIONS_LISTED).then(|| "more".to_string());
        written.chain(more).collect::<Vec<_>>().join(", ")
    }

    fn versions(&self, name: &str) -> impl Iterator<Item = &[String]> {
        self.versions.get(name).into_iter().flatten().map(Vec::as_slice)
    }

    /// All names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let keywords = KEYWORDS.iter().map(|(keyword, ..)| *keyword);
        self.versions.keys().map(String::as_str).chain(keywords)
    }

    /// The modules of the functions: `noise` of `noise::uniform`.
    pub fn modules(&self) -> BTreeSet<&str> {
        let qualified = self.versions.keys();
        qualified.filter_map(|name| Some(name.rsplit_once("::")?.0)).collect()
    }
}

fn describe(engine: &Engine, info: &FuncInfo) -> Described {
    let function = info.metadata;
    let name = function.name.to_string();
    let mut names = Vec::new();
    // Operators, getters, setters and indexers are not called by name.
    if rhai::is_valid_identifier(&name) {
        if info.namespace.is_empty() || function.namespace == FnNamespace::Global {
            names.push(name.clone());
        }
        if !info.namespace.is_empty() {
            names.push(format!("{}::{name}", info.namespace));
        }
    }
    let parameter = |index: usize| {
        let parameter = function.params_info.get(index).map_or("", |info| info.as_str());
        parameter.rsplit_once(": ").unwrap_or((parameter, ""))
    };
    let typed =
        |index: usize| kinds::word(engine.map_type_name(parameter(index).1.trim_start_matches("&mut ")));
    Described {
        names,
        types: (0..function.num_params).map(typed).collect(),
        given: kinds::word(engine.map_type_name(&function.return_type)),
        options: (0..function.num_params).find(|index| parameter(*index).0 == "options"),
        doc: function.comments.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rhai::{Array, FuncRegistration, Module};

    #[derive(Clone)]
    struct Tensor;

    #[test]
    fn functions_are_known_by_qualified_name_and_number_of_arguments() {
        let mut engine = Engine::new();
        let mut noise = Module::new();
        FuncRegistration::new("uniform")
            .with_params_info(["shape: Array", "scale: f64", "Tensor"])
            .set_into_module(&mut noise, |_: Array, _: f64| Tensor);
        FuncRegistration::new("relu")
            .in_global_namespace()
            .set_into_module(&mut noise, |_x: &mut Tensor| 1_i64);
        engine.register_static_module("noise", noise.into());
        let known = Functions::of(&engine);
        assert!(known.accepts("noise::uniform", 2) && !known.accepts("noise::uniform", 1));
        assert!(!known.accepts("uniform", 2));
        assert!(known.accepts("relu", 1) && known.accepts("noise::relu", 1));
        assert!(known.accepts("len", 1) && known.accepts("call", 9) && known.accepts("print", 1));
        assert!(known.modules().contains("noise"));
        let versions: Vec<_> = known.versions("noise::uniform").collect();
        assert_eq!(versions, [["array", "float"]]);
        assert_eq!(known.listed("uniform"), "");
        assert_eq!(known.listed("noise::uniform"), "`noise::uniform(array, float)`");
    }
}
