use std::collections::HashSet;

use super::{DiagramArrow, DiagramBox, diagram, layers::Layers, place};
use crate::drawing::Shape;

fn arrows(pairs: &[(usize, usize)]) -> Vec<DiagramArrow> {
    pairs.iter().map(|&(from, to)| DiagramArrow { from, to, label: String::new() }).collect()
}

fn boxes(n: usize) -> Vec<DiagramBox> {
    let one = |i| DiagramBox { title: format!("b{i}"), ..DiagramBox::default() };
    (0..n).map(one).collect()
}

#[test]
fn every_box_is_below_what_leads_to_it() {
    let layers = Layers::of(5, &arrows(&[(3, 1), (1, 0), (3, 0), (0, 2), (4, 2)]));
    // 4 has time until 2, which 0 leads to as well, from below 1.
    assert_eq!(layers.layer[..5], [2, 1, 3, 0, 2]);
    assert_eq!(layers.anchors, [(1, 4)]);
    // 3 to 0 passes one layer.
    assert_eq!(layers.layer[5..], [1]);
    assert!(layers.far.is_empty());
}

#[test]
fn arrows_of_one_text_share_their_way() {
    let mut list = arrows(&[(0, 1), (1, 2), (2, 3), (0, 2), (0, 3)]);
    assert_eq!(Layers::of(4, &list).layer.len(), 4 + 2);
    list[3].label = "another value".into();
    assert_eq!(Layers::of(4, &list).layer.len(), 4 + 3);
}

#[test]
fn a_circle_is_cut_and_said() {
    let list = arrows(&[(0, 1), (1, 2), (2, 0), (2, 2)]);
    let layers = Layers::of(3, &list);
    assert_eq!(layers.layer, [0, 1, 2]);
    assert_eq!(layers.far, [(2, 0), (2, 2)]);
    let figure = diagram(&boxes(3), &list);
    assert_eq!(figure.warnings.len(), 1, "{:?}", figure.warnings);
    let texts = figure.drawing.shapes.iter().filter_map(|shape| match shape {
        Shape::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(texts.filter(|text| *text == "from b2").count(), 2);
}

/// Whether no two places of a layer overlap.
fn stand_apart(layers: &Layers, places: &[f64], size: f64) -> bool {
    let mut sorted: Vec<_> = layers.layer.iter().zip(places).collect();
    sorted.sort_by(|a, b| a.0.cmp(b.0).then(a.1.total_cmp(b.1)));
    sorted.windows(2).all(|pair| pair[0].0 != pair[1].0 || pair[1].1 - pair[0].1 >= size - 1e-6)
}

#[test]
fn boxes_stand_apart_in_graphs_of_all_shapes() {
    let chain: Vec<_> = (1..2000).map(|i| (i - 1, i)).collect();
    let fan: Vec<_> = (1..1999).flat_map(|i| [(0, i), (i, 1999)]).collect();
    let dense: Vec<_> = (1..200).flat_map(|i| (0..i).map(move |j| (j, i))).collect();
    let skips: Vec<_> = (1..2000).flat_map(|i| [(i - 1, i), (i / 2, i)]).collect();
    let apart: Vec<_> = (0..50).map(|i| (2 * i, 2 * i + 1)).collect();
    for (n, pairs) in [(2000, chain), (2000, fan), (200, dense), (2000, skips), (100, apart), (1, vec![])] {
        let layers = Layers::of(n, &arrows(&pairs));
        let sizes = vec![(50.0, 20.0); layers.layer.len()];
        let places = place::place(&layers, &sizes);
        assert!(stand_apart(&layers, &places, 50.0), "{n} boxes, {} arrows", pairs.len());
        assert!(places.iter().all(|x| *x >= 25.0 - 1e-6));
        assert_eq!(places, place::place(&layers, &sizes), "the same each time");
    }
}

#[test]
fn more_boxes_than_are_ordered_stand_in_rows() {
    let pairs: Vec<_> = (1..30_000).map(|i| (i / 3, i)).collect();
    let layers = Layers::of(30_000, &arrows(&pairs));
    let places = place::place(&layers, &vec![(10.0, 5.0); layers.layer.len()]);
    assert!(stand_apart(&layers, &places, 10.0));
    let distinct: HashSet<_> = places.iter().map(|x| x.to_bits()).collect();
    assert!(distinct.len() > 10_000);
}

#[test]
fn nothing_is_a_page_without_boxes() {
    let figure = diagram(&[], &arrows(&[(0, 1)]));
    assert!(figure.drawing.shapes.is_empty() && figure.drawing.width > 0);
}

#[test]
fn long_and_strange_names_are_cut_and_escaped() {
    let strange = format!("<b a=\"1\">&\u{0}\u{202e}{}", "x".repeat(100_000));
    let one = DiagramBox { title: strange.clone(), lines: vec![strange], color: [0; 3] };
    let svg = diagram(&[one], &[]).svg().unwrap();
    let text = String::from_utf8(svg).unwrap();
    assert!(text.len() < 3000 && text.contains("&lt;b a=") && !text.contains("<b") && !text.contains('\0'));
}
