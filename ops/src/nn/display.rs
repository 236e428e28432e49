//! Modules print themselves as a tree: layers with their settings, shapes and numbers of parameters.

use std::fmt;

use super::Module;

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parameter) = self.as_parameter() {
            return write!(f, "Parameter: {}", parameter.get());
        }
        write_tree(f, self, "", 0)?;
        write!(f, "{} parameters", thousands(self.parameter_count()))
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.layer().name(), self.layer().describe())
    }
}

fn write_tree(f: &mut fmt::Formatter<'_>, module: &Module, name: &str, depth: usize) -> fmt::Result {
    write!(f, "{:indent$}", "", indent = 2 * depth)?;
    if depth > 0 {
        write!(f, "{name}: ")?;
    }
    f.write_str(module.layer().name())?;
    match module.layer().describe() {
        settings if settings.is_empty() => {}
        settings => write!(f, "({settings})")?,
    }
    let shapes = module.own_parameters().iter().map(|(name, p)| format!("{name} {:?}", p.spec().shape));
    for (i, shape) in shapes.enumerate() {
        write!(f, "{} {shape}", if i == 0 { ":" } else { "," })?;
    }
    writeln!(f)?;
    module.children().iter().try_for_each(|(name, child)| write_tree(f, child, name, depth + 1))
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let lead = digits.len() % 3;
    let groups = digits.as_bytes()[lead..].chunks(3).map(|group| String::from_utf8_lossy(group));
    let first = (lead > 0).then(|| digits[..lead].into());
    first.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}
