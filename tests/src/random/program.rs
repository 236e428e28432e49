//! Programs of statements that call each other's results.

use std::{collections::BTreeSet, fmt::Write as _};

use host::{Host, script::Entry};

use super::{Numbers, VALUES, call};

/// Variables of a program.
const VARIABLES: usize = 8;

/// Statements of a program.
const STATEMENTS: usize = 20;

/// Operators between two values.
const OPERATORS: [&str; 18] =
    ["+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=", "&", "|", "^", "<<", "in", "??"];

/// Functions that end the program, wait, or are answered before any of it runs.
const LEFT_OUT: [&str; 5] = ["exit", "params", "sleep", "debug", "print"];

/// Functions of Rhai's own by name and number of arguments.
type Own = Vec<(String, usize)>;

/// Writes programs from numbers: the same number gives the same program.
pub struct Programs<'a> {
    entries: Vec<&'a Entry>,
    own: Own,
}

impl<'a> Programs<'a> {
    /// Programs that call the functions of that host.
    pub fn new(host: &'a Host) -> Self {
        let entries: Vec<&Entry> =
            host.table.entries().iter().filter(|entry| !LEFT_OUT.contains(&entry.name)).collect();
        let listed = host.engine.collect_fn_metadata(
            None,
            |info| {
                let (name, count) = (info.metadata.name.to_string(), info.metadata.num_params);
                (info.namespace.is_empty() && rhai::is_valid_identifier(&name)).then_some((name, count))
            },
            true,
        );
        let known: BTreeSet<&str> = entries.iter().map(|entry| entry.name).collect();
        let own: BTreeSet<(String, usize)> = listed
            .into_iter()
            .filter(|(name, count)| *count > 0 && !LEFT_OUT.contains(&&**name) && !known.contains(&**name))
            .collect();
        Self { entries, own: own.into_iter().collect() }
    }

    /// The program of that number, and how many statements it has.
    pub fn write(&self, number: u64) -> (String, usize) {
        let mut writer =
            Writer { programs: self, numbers: Numbers::new(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)) };
        let mut text = String::new();
        for i in 0..VARIABLES {
            let value = writer.constant("");
            let _ = writeln!(text, "let v{i} = (); try {{ v{i} = {value}; }} catch {{ }}");
        }
        for _ in 0..STATEMENTS {
            let statement = writer.statement(2);
            let _ = writeln!(text, "try {{ {statement} }} catch (e) {{ note(e); }}");
        }
        (text, STATEMENTS)
    }
}

struct Writer<'a> {
    programs: &'a Programs<'a>,
    numbers: Numbers,
}

impl Writer<'_> {
    fn pick<'t, T>(&mut self, list: &'t [T]) -> &'t T {
        &list[self.numbers.below(list.len())]
    }

    fn variable(&mut self) -> String {
        format!("v{}", self.numbers.below(VARIABLES))
    }

    fn statement(&mut self, depth: usize) -> String {
        let (variable, deeper) = (self.variable(), depth.saturating_sub(1));
        match self.numbers.below(if depth == 0 { 6 } else { 12 }) {
            0 | 1 => format!("{variable} = {};", self.call(deeper)),
            2 => format!("{variable} = {};", self.expression("", depth)),
            3 => format!("{variable} {}= {};", self.assigned(), self.expression("", deeper)),
            4 => format!(
                "{variable}[{}] = {};",
                self.expression("integer", deeper),
                self.expression("", deeper)
            ),
            5 => format!("{variable}.a = {};", self.expression("", deeper)),
            6 => format!(
                "let items = {}; for x in items {{ {} }}",
                self.expression("shape", deeper),
                self.statement(deeper)
            ),
            7 => format!(
                "let condition = {}; if condition {{ {} }}",
                self.expression("bool", deeper),
                self.statement(deeper)
            ),
            8 => format!("for i in 0..40 {{ {} }}", self.statement(deeper)),
            9 => format!("{variable} = [{variable}, {}];", self.expression("", deeper)),
            _ => format!("{};", self.call(depth)),
        }
    }

    fn assigned(&mut self) -> &'static str {
        self.pick::<&str>(&["+", "-", "*", "/", "%", "**", "|", "<<"])
    }

    /// A call of any function.
    fn call(&mut self, depth: usize) -> String {
        let programs = self.programs;
        if self.numbers.below(3) == 0 {
            let (name, count) = self.pick(&programs.own).clone();
            let arguments: Vec<String> = (0..count).map(|_| self.expression("", depth)).collect();
            return match self.numbers.below(2) {
                0 => format!("{name}({})", arguments.join(", ")),
                _ => format!("({}).{name}({})", arguments[0], arguments[1..].join(", ")),
            };
        }
        let entry = *self.pick(&programs.entries);
        self.call_of(entry, depth)
    }

    fn call_of(&mut self, entry: &Entry, depth: usize) -> String {
        let arities = entry.arities();
        let count = arities.start() + self.numbers.below(arities.end() - arities.start() + 1);
        let kinds = entry.type_names().take(count);
        let mut arguments: Vec<String> = kinds.map(|kind| self.expression(kind, depth)).collect();
        // What stands before an index or a dot.
        if let Some(own) = arguments.first_mut() {
            *own = format!("({own})");
        }
        call(entry, &arguments)
    }

    /// An expression, mostly of that kind; of any kind where that is empty.
    fn expression(&mut self, kind: &str, depth: usize) -> String {
        let deeper = depth.saturating_sub(1);
        match self.numbers.below(if depth == 0 { 6 } else { 12 }) {
            0..3 => self.variable(),
            3..6 => self.constant(kind),
            6 => {
                let (a, b) = (self.expression("", deeper), self.expression("", deeper));
                format!("(({a}) {} ({b}))", self.pick(&OPERATORS))
            }
            7 => format!("[{}, {}]", self.expression("", deeper), self.expression("", deeper)),
            8 => format!("#{{ a: {}, b: {} }}", self.expression("", deeper), self.expression("", deeper)),
            9 => self.closure(deeper),
            _ => self.giving(kind, deeper),
        }
    }

    /// A call of a function that gives that kind, where there is one.
    fn giving(&mut self, kind: &str, depth: usize) -> String {
        let gives = |entry: &&&Entry| !kind.is_empty() && entry.signature().ends_with(&format!("-> {kind}"));
        let fitting: Vec<&Entry> = self.programs.entries.iter().filter(gives).copied().collect();
        match fitting.is_empty() {
            true => self.call(depth),
            false => {
                let entry = *self.pick(&fitting);
                self.call_of(entry, depth)
            }
        }
    }

    fn closure(&mut self, depth: usize) -> String {
        let parameters = *self.pick::<&str>(&["", "x", "x, y", "x, y, z"]);
        format!("|{parameters}| {{ {}; {} }}", self.call(depth), self.expression("", depth))
    }

    fn constant(&mut self, kind: &str) -> String {
        let fits = |(known, _): &&(&str, &[&str])| match *known {
            "shape" => kind.contains("array") || kind == "shape",
            "integer" => kind.contains("integer") || kind == "float" || kind.contains("number"),
            known => kind.contains(known),
        };
        let fitting: Vec<&(&str, &[&str])> = VALUES.iter().filter(fits).collect();
        let (_, values) = match self.numbers.below(8) {
            1.. if !fitting.is_empty() => *self.pick(&fitting),
            _ => self.pick(VALUES),
        };
        (*self.pick(values)).to_owned()
    }
}
