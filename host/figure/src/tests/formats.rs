//! SVG and PDF: what is in the files.

use std::{collections::HashMap, io::Read as _};

use flate2::read::ZlibDecoder;

use super::*;

fn plot() -> Figure {
    let options = PlotOptions {
        title: Some("σ² & <b>".into()),
        x_label: Some("epoch".into()),
        y_label: Some("loss".into()),
        ..PlotOptions::default()
    };
    let errors = vec![Errors { distances: vec![[0.5; 2]; 3], mark: ErrorMark::Band }];
    let second = Series { name: "test (1\\2)".into(), mark: Mark::Dashed, ..series(&[2.0, 3.0, 1.0]) };
    lines(&[Series { errors, ..series(&[3.0, 1.0, 2.0]) }, second], &options).unwrap()
}

#[test]
fn an_svg_has_texts_and_lines() {
    let svg = String::from_utf8(plot().svg().unwrap()).unwrap();
    for word in ["σ² &amp; &lt;b&gt;", "epoch", "loss", "test (1\\2)", "0.5"] {
        assert!(svg.contains(&format!(">{word}</text>")), "{word} is not in {svg}");
    }
    let of_curve = |line: &&str| line.contains("#0072b2") && line.starts_with("<polyline");
    let curve = svg.lines().find(of_curve).unwrap();
    let points = curve.split('"').nth(1).unwrap();
    let points: Vec<f64> = points.split([' ', ',']).map(|number| number.parse().unwrap()).collect();
    // The second value is the lowest, which is the largest y; and the third stands between.
    assert!(points.len() == 6 && points[0] < points[2] && points[2] < points[4], "{points:?}");
    assert!((points[3] - points[1] - 2.0 * (points[3] - points[5])).abs() < 0.02, "{points:?}");
    assert!(svg.contains("stroke-dasharray=\"8\""), "{svg}");
    assert!(svg.contains("fill-opacity"), "the band");
    assert_eq!(svg.matches("<svg").count(), 1);
}

#[test]
fn control_characters_are_no_part_of_an_svg() {
    let options = PlotOptions { title: Some("a\u{1}b\u{ffff}\n".into()), ..PlotOptions::default() };
    let svg = String::from_utf8(lines(&[series(&[1.0])], &options).unwrap().svg().unwrap()).unwrap();
    assert!(svg.contains(">a b\u{fffd} </text>"), "{svg}");
}

#[test]
fn a_pdf_has_texts_that_are_found() {
    let pdf = plot().pdf().unwrap();
    assert!(pdf.starts_with(b"%PDF-1."));
    let texts = texts(&pdf);
    for word in ["σ² & <b>", "epoch", "loss", "test (1\\2)", "0.5"] {
        assert!(texts.iter().any(|text| text == word), "{word} is not in {texts:?}");
    }
    assert!(pdf.len() < 20_000, "{} bytes: only the glyphs that are needed", pdf.len());
    let file = String::from_utf8_lossy(&pdf);
    for absent in ["CreationDate", "ModDate", "/ID"] {
        assert!(!file.contains(absent), "{absent}");
    }
    // 900 x 540 pixels, 96 an inch, in points.
    assert!(file.contains("/MediaBox [0 0 675 405]"), "{file}");
}

#[test]
fn characters_that_the_font_does_not_have_are_found_in_a_pdf() {
    let options = PlotOptions { title: Some("数".into()), ..PlotOptions::default() };
    let content = content(&lines(&[series(&[1.0])], &options).unwrap().pdf().unwrap());
    // UTF-16 with its mark, as PDF has texts.
    assert!(String::from_utf8_lossy(&content).contains("/ActualText <FEFF6570>"), "{content:?}");
}

/// The texts of a file that `pdf` writes, one for each line of text.
fn texts(pdf: &[u8]) -> Vec<String> {
    let file = String::from_utf8_lossy(pdf);
    let pairs = file.lines().filter_map(|line| line.strip_prefix('<')?.strip_suffix('>')?.split_once("> <"));
    let characters: HashMap<u16, char> = pairs
        .filter_map(|(glyph, c)| {
            let c = u32::from_str_radix(c, 16).ok()?;
            Some((u16::from_str_radix(glyph, 16).ok()?, char::from_u32(c)?))
        })
        .collect();
    let content = content(pdf);
    let of_glyph = |pair: &[u8; 2]| characters.get(&u16::from_be_bytes(*pair)).copied().unwrap_or('?');
    shown_strings(&content)
        .iter()
        .map(|text| text.as_chunks::<2>().0.iter().map(of_glyph).collect())
        .collect()
}

/// What is drawn on the page.
fn content(pdf: &[u8]) -> Vec<u8> {
    let find = |from: usize, words: &[u8]| {
        from + pdf[from..].windows(words.len()).position(|bytes| bytes == words).unwrap() + words.len()
    };
    let stream = find(find(0, b"\n4 0 obj"), b"stream\n");
    let mut content = Vec::new();
    ZlibDecoder::new(&pdf[stream..]).read_to_end(&mut content).unwrap();
    content
}

/// The strings of each array that is shown, joined.
fn shown_strings(content: &[u8]) -> Vec<Vec<u8>> {
    let (mut texts, mut text, mut bytes) = (Vec::new(), Vec::new(), content.iter().copied().peekable());
    while let Some(byte) = bytes.next() {
        match byte {
            b']' => texts.push(std::mem::take(&mut text)),
            b'(' => loop {
                match bytes.next().unwrap() {
                    b')' => break,
                    b'\\' => text.push(match bytes.next().unwrap() {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'b' => 8,
                        b'f' => 12,
                        first @ b'0'..=b'7' => {
                            let rest = [bytes.next().unwrap(), bytes.next().unwrap()];
                            rest.iter().fold(first - b'0', |value, digit| 8 * value + digit - b'0')
                        }
                        other => other,
                    }),
                    other => text.push(other),
                }
            },
            b'<' => {
                let digits: Vec<u8> = bytes.by_ref().take_while(|byte| *byte != b'>').collect();
                let pair =
                    |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
                text.extend(digits.as_chunks::<2>().0.iter().map(pair));
            }
            _ => {}
        }
    }
    texts
}

#[test]
fn pictures_are_in_both_formats() {
    let figure = heatmap(&[1.0, 2.0, 3.0, f64::NAN], [2, 2], &HeatmapOptions::default()).unwrap();
    let svg = String::from_utf8(figure.svg().unwrap()).unwrap();
    assert_eq!(svg.matches("<image ").count(), 2, "the cells and the bar");
    assert!(svg.contains("href=\"data:image/png;base64,iVBOR"), "{svg}");
    let pdf = figure.pdf().unwrap();
    assert_eq!(String::from_utf8_lossy(&pdf).matches("/Subtype /Image").count(), 2);
    assert!(texts(&pdf).iter().any(|text| text == "3"));
}
