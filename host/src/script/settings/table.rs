//! The settings as a table for people.

use unicode_width::UnicodeWidthStr;

use super::declare::{Declaration, Setting};
use super::value::Value;

/// One line a setting, columns aligned: setting, type, default, the paper's value (where `paper`, the
/// preset of the paper's sizes, is given) and meaning. Every line ends in a newline.
pub fn table(declaration: &Declaration, paper: Option<&toml::Table>) -> String {
    let mut rows = vec![row("setting", "type", "default", paper.map(|_| "paper"), "meaning")];
    rows.extend(declaration.settings.iter().map(|setting| {
        let value = paper.map(|paper| paper_value(setting, paper));
        let default = setting.default.to_string();
        let kind = setting.kind();
        row(&setting.name, &kind, &default, value.as_deref(), &setting.meaning)
    }));
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn row(name: &str, kind: &str, default: &str, paper: Option<&str>, meaning: &str) -> Vec<String> {
    let cells = [name, kind, default].into_iter().chain(paper).chain([meaning]);
    cells.map(String::from).collect()
}

/// What the paper's preset gives, or nothing where it leaves the default.
fn paper_value(setting: &Setting, paper: &toml::Table) -> String {
    let Some(value) = paper.get(&setting.name) else {
        return String::new();
    };
    let typed = Value::try_from(value.clone()).ok().and_then(|v| v.coerce(&setting.like()));
    typed.map_or_else(|| value.to_string(), |typed| typed.to_string())
}

fn line(row: &[String], widths: &[usize]) -> String {
    let pad = |(cell, width): (&String, &usize)| format!("{cell}{}  ", " ".repeat(width - cell.width()));
    let cells: String = row.iter().zip(widths).map(pad).collect();
    format!("{}\n", cells.trim_end())
}
