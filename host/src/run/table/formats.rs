//! Tables for papers: the first row has the heads, the first column the names, all others stand to the right.

use super::TableCell;

/// The table in Markdown, with the extension for tables.
pub fn to_markdown(rows: &[Vec<TableCell>]) -> String {
    let escaped = |text: &str| {
        let special = |c: char| "\\`*_{}[]<>#|~".contains(c);
        text.chars().fold(String::new(), |done, c| match c {
            '\n' | '\r' => done + " ",
            c if special(c) => pushed(done + "\\", c),
            c => pushed(done, c),
        })
    };
    let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
    let rows = filled(rows, escaped);
    let rule = |column: usize| if column == 0 { ":--".to_owned() } else { "--:".to_owned() };
    let columns = rows.first().map_or(0, Vec::len);
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(lines.len().min(1), line(&(0..columns).map(rule).collect()));
    lines.concat()
}

/// The table as a `tabular` of LaTeX with the rules of the package booktabs.
pub fn to_tex(rows: &[Vec<TableCell>]) -> String {
    let escaped = |word: &str| {
        word.chars().fold(String::new(), |done, c| match c {
            '\\' => done + "\\textbackslash{}",
            '~' => done + "\\textasciitilde{}",
            '^' => done + "\\textasciicircum{}",
            '<' => done + "\\textless{}",
            '>' => done + "\\textgreater{}",
            '±' => done + "$\\pm$",
            '–' => done + "--",
            // After the end of a row they would be its options.
            '[' | '*' => pushed(done + "{", c) + "}",
            '\n' | '\r' => done + " ",
            c if "&%$#_{}".contains(c) => pushed(done + "\\", c),
            c => pushed(done, c),
        })
    };
    let words = |text: &str| {
        let words = text.split(' ').map(|word| tex_number(word).unwrap_or_else(|| escaped(word)));
        words.collect::<Vec<_>>().join(" ")
    };
    let rows = filled(rows, words);
    let columns = rows.first().map_or(0, Vec::len);
    let mut text = format!("\\begin{{tabular}}{{l{}}}\n  \\toprule\n", "r".repeat(columns.saturating_sub(1)));
    for (i, row) in rows.iter().enumerate() {
        text += &format!("  {} \\\\\n", row.join(" & "));
        text += if i == 0 { "  \\midrule\n" } else { "" };
    }
    text + "  \\bottomrule\n\\end{tabular}\n"
}

/// A number with a sign or an exponent as a formula of LaTeX; others are text.
fn tex_number(word: &str) -> Option<String> {
    word.parse().ok().filter(|number: &f64| number.is_finite())?;
    match word.split_once('e') {
        Some((mantissa, power)) => Some(format!("${mantissa} \\times 10^{{{power}}}$")),
        None => word.starts_with(['-', '+']).then(|| format!("${word}$")),
    }
}

/// The table as a `table` of Typst.
pub fn to_typst(rows: &[Vec<TableCell>]) -> String {
    let escaped = |text: &str| {
        let text = text.replace(['\n', '\r'], " ");
        text.chars().fold(String::new(), |done, c| match c {
            c if "\\#*_`$[]<>@=-+/~\"'".contains(c) => pushed(done + "\\", c),
            c => pushed(done, c),
        })
    };
    let rows = filled(rows, escaped);
    let columns = rows.first().map_or(0, Vec::len);
    let aligned = vec!["right"; columns.saturating_sub(1)];
    let mut text = format!(
        "#table(\n  columns: {columns},\n  align: ({}),\n  stroke: none,\n  table.hline(),\n",
        [&["left"][..], &aligned]
            .concat()
            .iter()
            .map(|word| format!("{word}, "))
            .collect::<String>()
            .trim_end()
    );
    for (i, row) in rows.iter().enumerate() {
        let cells: String = row.iter().map(|cell| format!("[{cell}], ")).collect();
        text += &match i {
            0 => format!("  table.header({}),\n  table.hline(),\n", cells.trim_end_matches(", ")),
            _ => format!("  {}\n", cells.trim_end()),
        };
    }
    text + "  table.hline(),\n)\n"
}

fn pushed(mut text: String, c: char) -> String {
    text.push(c);
    text
}

/// The cells as they are shown, escaped, each row as long as the longest.
fn filled(rows: &[Vec<TableCell>], escaped: impl Fn(&str) -> String) -> Vec<Vec<String>> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &Vec<TableCell>, column: usize| row.get(column).map_or(String::new(), TableCell::shown);
    rows.iter().map(|row| (0..columns).map(|column| escaped(&cell(row, column))).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<TableCell>> {
        let text = |text: &str| TableCell::Text(text.into());
        vec![
            vec![text("a_b"), text("50 % | <x>")],
            vec![text("[m]"), TableCell::Number(0.25)],
            vec![text("short ± -1 1.5e-7")],
        ]
    }

    #[test]
    fn marks_of_a_format_are_plain_text_in_it() {
        assert_eq!(
            to_markdown(&rows()),
            "| a\\_b | 50 % \\| \\<x\\> |\n| :-- | --: |\n| \\[m\\] | 0.25 |\n| short ± -1 1.5e-7 |  |\n"
        );
        assert_eq!(
            to_tex(&rows()),
            "\\begin{tabular}{lr}\n  \\toprule\n  a\\_b & 50 \\% | \\textless{}x\\textgreater{} \\\\\n  \
             \\midrule\n  {[}m] & 0.25 \\\\\n  short $\\pm$ $-1$ $1.5 \\times 10^{-7}$ &  \\\\\n  \
             \\bottomrule\n\\end{tabular}\n"
        );
        assert_eq!(
            to_typst(&rows()),
            "#table(\n  columns: 2,\n  align: (left, right,),\n  stroke: none,\n  table.hline(),\n  \
             table.header([a\\_b], [50 % | \\<x\\>]),\n  table.hline(),\n  [\\[m\\]], [0.25],\n  \
             [short ± \\-1 1.5e\\-7], [],\n  table.hline(),\n)\n"
        );
    }

    #[test]
    fn no_rows_are_an_empty_table() {
        assert_eq!(to_markdown(&[]), "|  |\n");
        assert!(to_tex(&[]).starts_with("\\begin{tabular}{l}"));
    }
}
