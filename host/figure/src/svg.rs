//! A drawing as SVG: lines are lines, and texts are texts.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use files::Result;

use super::{
    canvas::{Canvas, Color},
    drawing::{Drawing, Picture, Point, Shape},
    text::{Align, Pen},
};

/// Fonts of about the same widths as the first, in which the texts were measured.
const FONTS: &str = "DejaVu Sans, Verdana, sans-serif";

/// The drawing as an SVG file.
///
/// # Errors
/// A picture in it that cannot be written as PNG.
pub fn svg(drawing: &Drawing) -> Result<Vec<u8>> {
    let Drawing { width, height, shapes } = drawing;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" stroke-linejoin=\"round\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for shape in shapes {
        text += &element(shape)?;
        text.push('\n');
    }
    Ok((text + "</svg>\n").into_bytes())
}

fn element(shape: &Shape) -> Result<String> {
    Ok(match shape {
        Shape::Line { points, width, color, dash } => {
            let ends = match dash {
                Some(dash) => format!("stroke-dasharray=\"{}\"", short(*dash)),
                None => "stroke-linecap=\"round\"".to_owned(),
            };
            format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" {ends}/>",
                points_of(points),
                hex(*color),
                short(*width)
            )
        }
        Shape::Circle { center, radius, color } => format!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>",
            short(center.0),
            short(center.1),
            short(*radius),
            hex(*color)
        ),
        Shape::Rect { corner, size, color } => {
            format!("<rect {} fill=\"{}\"/>", place(*corner, *size), hex(*color))
        }
        Shape::Area { points, color, opacity } => format!(
            "<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{}\"/>",
            points_of(points),
            hex(*color),
            short(*opacity)
        ),
        Shape::Image { corner, size, picture } => image(*corner, *size, picture)?,
        Shape::Text { text, pen, at } => words(text, *pen, *at),
    })
}

fn image(corner: Point, size: Point, picture: &Picture) -> Result<String> {
    let Picture { width, height, pixels } = picture.clone();
    let png = STANDARD.encode(Canvas { width, height, pixels }.png()?);
    Ok(format!(
        "<image {} preserveAspectRatio=\"none\" image-rendering=\"pixelated\" \
         href=\"data:image/png;base64,{png}\"/>",
        place(corner, size)
    ))
}

fn words(text: &str, pen: Pen, at: Point) -> String {
    let (x, y) = (short(at.0), short(at.1));
    let anchor = match pen.align {
        Align::Start => "",
        Align::Center => " text-anchor=\"middle\"",
        Align::End => " text-anchor=\"end\"",
    };
    let rotated = if pen.vertical { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
    let size = short(f64::from(pen.size));
    let (color, text) = (hex(pen.color), escaped(text));
    format!("<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{color}\"{anchor}{rotated}>{text}</text>")
}

/// `text` in XML, which has no control characters and two others less.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut done, c| {
        match c {
            '&' => done += "&amp;",
            '<' => done += "&lt;",
            '>' => done += "&gt;",
            '\u{fffe}' | '\u{ffff}' => done.push('\u{fffd}'),
            c => done.push(if c.is_control() { ' ' } else { c }),
        }
        done
    })
}

fn place(corner: Point, size: Point) -> String {
    let [x, y, width, height] = [corner.0, corner.1, size.0, size.1].map(short);
    format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}

fn points_of(points: &[Point]) -> String {
    let mut text = String::with_capacity(14 * points.len());
    for (i, (x, y)) in points.iter().enumerate() {
        let gap = if i > 0 { " " } else { "" };
        let _ = write!(text, "{gap}{},{}", short(*x), short(*y));
    }
    text
}

/// A number in hundredths, without zeros at its end.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn hex([red, green, blue]: Color) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
