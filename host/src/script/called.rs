//! `f(x)` calls the closure in a variable `f`, and the module: Rhai wants `f.call(x)`.
//!
//! Nothing tells Rhai's parser that a name that is called is a variable, so that a closure captures it. So
//! a method is written behind the name before the script is compiled, and the positions that Rhai reports are
//! those of another text: [`CalledVariables::original`] gives them as the author wrote it.

use std::{any::TypeId, sync::Arc};

use rhai::{Dynamic, Engine, FnPtr, FuncRegistration, Module, NativeCallContext, Position, RhaiFunc};

/// The method that stands for a call. Rhai's own `call` takes nothing but functions.
pub const METHOD: &str = "__call";

/// What is written behind the name.
const CALL: &str = ".__call";

/// Arguments of a call.
const MOST: usize = 12;

/// Lets a function be called by that method; the table adds it for modules.
pub fn register(engine: &mut Engine) {
    let mut module = Module::new();
    let call = |context: Option<NativeCallContext>, args: &mut [&mut Dynamic]| {
        let context = context.ok_or("a function needs its context")?;
        let (function, args) = args.split_first_mut().ok_or("there is no function to call")?;
        let function = function.read_lock::<FnPtr>().map(|function| function.clone());
        let mut args: Vec<Dynamic> = args.iter_mut().map(|value| std::mem::take(*value)).collect();
        function.ok_or("there is no function to call")?.call_raw(&context, None, &mut args)
    };
    for count in 0..=MOST {
        let types = [vec![TypeId::of::<FnPtr>()], vec![TypeId::of::<Dynamic>(); count]].concat();
        let func =
            RhaiFunc::Pure { func: Arc::new(call), has_context: true, is_pure: true, is_volatile: true };
        FuncRegistration::new(METHOD).in_global_namespace().set_into_module_raw(&mut module, types, func);
    }
    engine.register_global_module(module.into());
}

/// The functions of an engine for editors (.d.rhai), but for those that scripts do not write.
pub fn definitions(engine: &Engine) -> String {
    let all = engine.definitions().include_standard_packages(false).single_file();
    let hidden = format!("fn {METHOD}(");
    let is_written = |entry: &&str| !entry.lines().any(|line| line.starts_with(&hidden));
    all.trim_end().split("\n\n").filter(is_written).collect::<Vec<_>>().join("\n\n")
}

/// Where a script calls variables: the line, and the column behind the name, in the order of the text.
#[derive(Clone, Debug, Default)]
pub struct CalledVariables(Vec<(usize, usize)>);

impl CalledVariables {
    /// The text that Rhai understands. `calls` are the positions of the names.
    pub fn write(text: &str, mut calls: Vec<Position>) -> (Self, String) {
        calls.sort();
        calls.dedup();
        let mut calls = calls.into_iter().peekable();
        let (mut places, mut written) = (Vec::new(), String::with_capacity(text.len() + 64));
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let mut ends = Vec::new();
            while let Some(at) = calls.next_if(|at| at.line() == Some(index + 1)) {
                ends.push(end_of_name(line, at.position().unwrap_or(1)));
            }
            let mut characters = line.chars();
            let mut column = 1;
            for end in ends {
                written.extend(characters.by_ref().take(end - column));
                written += CALL;
                places.push((index + 1, end));
                column = end;
            }
            written.extend(characters);
        }
        (Self(places), written)
    }

    /// The position in the author's text; that of what was written is the beginning of the call.
    pub fn original(&self, position: Position) -> Position {
        let (Some(line), Some(column)) = (position.line(), position.position()) else { return position };
        let mut moved = column;
        for (_, end) in self.0.iter().filter(|(place, _)| *place == line) {
            if moved >= end + CALL.len() {
                moved -= CALL.len();
            } else if moved >= *end {
                moved = end - 1;
            }
        }
        let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Position::new(small(line), small(moved))
    }
}

/// The column behind the name that begins at a column.
fn end_of_name(line: &str, start: usize) -> usize {
    let name = line.chars().skip(start - 1).take_while(|c| c.is_alphanumeric() || *c == '_');
    start + name.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_text_that_was_read() {
        let text = "let é = f(g(1), 2);\nnone;\n";
        let calls = vec![Position::new(1, 11), Position::new(1, 9)];
        let (called, written) = CalledVariables::write(text, calls);
        assert_eq!(written, "let é = f.__call(g.__call(1), 2);\nnone;\n");
        let line: Vec<char> = written.chars().collect();
        for (index, c) in text.chars().enumerate().filter(|(_, c)| "é(12;".contains(*c)).take(9) {
            // The first of its kind behind those before it.
            let nth = text.chars().take(index).filter(|other| *other == c).count();
            let moved = line.iter().enumerate().filter(|(_, other)| **other == c).nth(nth).unwrap().0;
            let original = called.original(Position::new(1, moved as u16 + 1));
            assert_eq!(original, Position::new(1, index as u16 + 1), "{c}");
        }
        assert_eq!(called.original(Position::new(1, 11)), Position::new(1, 9));
        assert_eq!(called.original(Position::new(2, 3)), Position::new(2, 3));
    }
}
