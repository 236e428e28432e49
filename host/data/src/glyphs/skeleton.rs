//! The ways to write each class: strokes as knots that a smooth curve passes through.

use std::sync::LazyLock;

/// A point of a stroke: x to the right and y down, both in units of the glyph's height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knot {
    pub x: f32,
    pub y: f32,
    /// The path has a corner here instead of passing smoothly.
    pub corner: bool,
}

/// One movement of the pen, in the order of writing.
pub type Stroke = Vec<Knot>;

/// A class and the ways in which people write it.
#[derive(Debug)]
pub struct Glyph {
    pub name: &'static str,
    pub variants: Vec<Vec<Stroke>>,
}

/// The 36 classes in the order of their labels.
pub static GLYPHS: LazyLock<Vec<Glyph>> = LazyLock::new(|| {
    parse(include_str!("skeletons.txt")).expect("skeletons.txt is part of the program and tested")
});

/// Reads the notation that the head of `skeletons.txt` explains; `Err` is the line at fault.
fn parse(text: &'static str) -> Result<Vec<Glyph>, &'static str> {
    let mut glyphs: Vec<Glyph> = Vec::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, strokes) = line.split_once(' ').ok_or(line)?;
        let variant = strokes.split(';').map(stroke).collect::<Option<_>>();
        let variant = variant.ok_or(line)?;
        match glyphs.last_mut().filter(|last| last.name == name) {
            Some(last) => last.variants.push(variant),
            None => glyphs.push(Glyph { name, variants: vec![variant] }),
        }
    }
    Ok(glyphs)
}

/// A stroke of two knots or more.
fn stroke(text: &str) -> Option<Stroke> {
    let stroke: Stroke = text.split_whitespace().map(knot).collect::<Option<_>>()?;
    (stroke.len() >= 2).then_some(stroke)
}

fn knot(text: &str) -> Option<Knot> {
    let point = text.trim_end_matches('*');
    let (x, y) = point.split_once(',')?;
    let unit = |number: &str| number.parse().ok().map(|n: u8| f32::from(n) / 100.0);
    Some(Knot { x: unit(x)?, y: unit(y)?, corner: point.len() < text.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_the_digits_and_the_letters_in_order() {
        let names: Vec<&str> = GLYPHS.iter().map(|glyph| glyph.name).collect();
        let expected: Vec<String> = ('0'..='9').chain('a'..='z').map(String::from).collect();
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(lower, expected);
    }

    #[test]
    fn notation_gives_variants_strokes_and_corners() {
        let glyphs = parse("# a remark\n\nL 28,0 26,96* 82,94\nL 0,0 100,50; 1,2 3,4\n").unwrap();
        assert_eq!(glyphs.len(), 1);
        let [first, second] = &glyphs[0].variants[..] else {
            panic!("two variants: {glyphs:?}");
        };
        let corner = Knot { x: 0.26, y: 0.96, corner: true };
        assert_eq!(first[0][1], corner);
        assert_eq!((first.len(), first[0].len(), second.len()), (1, 3, 2));
    }

    #[test]
    fn a_fault_names_its_line() {
        for line in ["L", "L 1,2", "L 1,2 3", "L 1,2 3,x", "L 1,2 300,4"] {
            assert_eq!(parse(line).unwrap_err(), line);
        }
    }
}
