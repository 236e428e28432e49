//! Bands, bars, boxes, heat maps.

use super::*;
use crate::drawing::Shape;

/// How many pixels in column `x` have this colour.
fn high(picture: &RgbImage, x: u32, color: [u8; 3]) -> usize {
    (0..picture.height()).filter(|&y| picture.get_pixel(x, y).0 == color).count()
}

#[test]
fn a_band_lies_between_its_ends() {
    let errors = vec![Errors { distances: vec![[1.0, 3.0]; 2], mark: ErrorMark::Band }];
    let figure = lines(&[Series { errors, ..series(&[2.0, 2.0]) }], &PlotOptions::default()).unwrap();
    let picture = decode(&figure.png().unwrap());
    // Blue at 22 % over white; from 1 to 5, with the line of two pixels at 2.
    let pale = [0xc7, 0xe0, 0xee];
    let is_pale = |y: u32| picture.get_pixel(500, y).0.iter().zip(pale).all(|(a, b)| a.abs_diff(b) <= 2);
    let is_line = |y: u32| picture.get_pixel(500, y).0 == BLUE;
    let column = |test: &dyn Fn(u32) -> bool| (0..540).filter(|&y| test(y)).collect::<Vec<_>>();
    let (pale, line) = (column(&is_pale), column(&is_line));
    let above = pale.iter().filter(|y| **y < line[0]).count() as f64;
    let below = pale.len() as f64 - above;
    assert!((above / below - 3.0).abs() < 0.1, "{above} above, {below} below");
}

#[test]
fn error_bars_have_the_lengths_of_the_errors() {
    let errors = |mark| vec![Errors { distances: vec![[1.0, 1.0], [2.0, 1.0], [1.0, f64::NAN]], mark }];
    let curve = Series { errors: errors(ErrorMark::Bars), mark: Mark::Dot, ..series(&[3.0, 3.0, 3.0]) };
    let figure = lines(&[curve], &PlotOptions::default()).unwrap();
    let length = |shape: &Shape| match shape {
        Shape::Line { points, color: BLUE, .. } if points[0].0 == points[1].0 => {
            Some((points[0].1 - points[1].1).abs())
        }
        _ => None,
    };
    let lengths: Vec<f64> = figure.drawing.shapes.iter().filter_map(length).collect();
    assert_eq!(lengths.len(), 2, "an error that is NaN has no bar");
    assert!((lengths[1] / lengths[0] - 1.5).abs() < 1e-9, "{lengths:?}");
}

#[test]
fn errors_down_to_nothing_end_at_a_logarithmic_axis() {
    let log = PlotOptions { log_y: true, ..PlotOptions::default() };
    for mark in [ErrorMark::Bars, ErrorMark::Band] {
        let errors = vec![Errors { distances: vec![[5.0, 5.0]; 2], mark }];
        let figure = lines(&[Series { errors, ..series(&[3.0, 30.0]) }], &log).unwrap();
        let points = figure.drawing.shapes.iter().filter_map(|shape| match shape {
            Shape::Line { points, .. } | Shape::Area { points, .. } => Some(points),
            _ => None,
        });
        let lowest = points.flatten().map(|point| point.1).fold(0.0, f64::max);
        assert!(lowest < 540.0 - 30.0, "within the axes: {lowest}");
        assert!(figure.warnings.is_empty());
    }
}

fn group(values: &[f64]) -> BarGroup {
    BarGroup { name: "g".into(), values: values.to_vec(), errors: None }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("name {i}")).collect()
}

#[test]
fn bars_go_from_zero_to_their_values() {
    let picture = shown(bars(&names(2), &[group(&[1.0, -3.0])], &PlotOptions::default()));
    let (left, right) = (high(&picture, 250, BLUE) as f64, high(&picture, 650, BLUE) as f64);
    assert!((right / left - 3.0).abs() < 0.05, "{left} and {right}");
}

#[test]
fn bars_stand_side_by_side_and_what_is_missing_is_said() {
    let options = PlotOptions::default();
    let groups = [group(&[1.0, 2.0]), group(&[2.0, f64::NAN])];
    let figure = bars(&names(2), &groups, &options).unwrap();
    assert_eq!(figure.warnings, ["1 of 4 bars not finite, left out: \"name 1\""]);
    let bars_of = |color: [u8; 3]| {
        let of_color = |shape: &&Shape| match shape {
            Shape::Rect { color: its, size, .. } => *its == color && size.1 > 20.0,
            _ => false,
        };
        figure.drawing.shapes.iter().filter(of_color).count()
    };
    assert_eq!((bars_of(BLUE), bars_of([0xd5, 0x5e, 0x00])), (2, 1));
    assert!(problem(bars(&names(3), &groups, &options)).contains("2 bars \"g\" for 3 names"));
    assert_eq!(bars(&[], &[], &options).unwrap().warnings, ["there is no bar to show"]);
    let log = PlotOptions { log_y: true, ..options };
    let figure = bars(&names(2), &[group(&[0.0, 5.0])], &log).unwrap();
    assert_eq!(figure.warnings, ["1 of 2 bars not finite and positive, left out: \"name 0\""]);
}

#[test]
fn names_that_have_no_room_are_read_from_below_or_left_out() {
    let texts = |count: usize| {
        let figure = bars(&names(count), &[group(&vec![1.0; count])], &PlotOptions::default()).unwrap();
        let names = figure.drawing.shapes.into_iter().filter_map(|shape| match shape {
            Shape::Text { text, pen, .. } if text.starts_with("name") => Some(pen.vertical),
            _ => None,
        });
        names.collect::<Vec<_>>()
    };
    assert_eq!(texts(5), [false; 5]);
    assert_eq!(texts(30), [true; 30]);
    assert_eq!(texts(200).len(), 40, "every fifth");
}

#[test]
fn boxes_have_the_statistics_of_matplotlib() {
    // matplotlib.cbook.boxplot_stats of Matplotlib 3.11.2 with NumPy 2.4.6.
    let cases: [(&[f64], [f64; 5], &[f64]); 5] = [
        (&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 30.0, -20.0], [1.0, 2.0, 4.0, 6.0, 7.0], &[-20.0, 30.0]),
        (&[0.3, 1.7, 2.2, 9.1], [0.3, 1.35, 1.9500000000000002, 3.925, 3.925], &[9.1]),
        (&[5.0], [5.0; 5], &[]),
        (&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 9.0], [1.0; 5], &[9.0]),
        (&[0.0, 0.0, 10.0, 10.5, 11.0, 40.0, 41.0, 60.25], [0.0, 7.5, 10.75, 40.25, 60.25], &[]),
    ];
    for (values, [low, q1, median, q3, high], outliers) in cases {
        let expected = BoxStatistics { q1, median, q3, low, high, outliers: outliers.to_vec() };
        assert_eq!(BoxStatistics::of(values), Some(expected), "{values:?}");
    }
    assert_eq!(BoxStatistics::of(&[]), None);
}

#[test]
fn boxes_say_what_they_leave_out() {
    let group = |name: &str, values: &[f64]| (name.to_owned(), values.to_vec());
    let groups = [group("a", &[1.0, f64::NAN, 2.0]), group("b", &[f64::INFINITY]), group("c", &[3.0])];
    let figure = boxes(&groups, &PlotOptions::default()).unwrap();
    assert_eq!(figure.warnings[0], "1 of 3 values of \"a\" are not finite, left out");
    assert!(figure.warnings[1].starts_with("\"b\" has no value that can be shown"), "{:?}", figure.warnings);
    assert_eq!(figure.warnings.len(), 2);
}

fn cells(values: &[f64], shape: [usize; 2], options: &HeatmapOptions) -> Figure {
    heatmap(values, shape, options).unwrap()
}

#[test]
fn cells_have_the_colours_of_their_values() {
    let gray = HeatmapOptions { colormap: Colormap::Gray, numbers: Some(false), ..HeatmapOptions::default() };
    let figure = cells(&[0.0, 1.0, 0.5, f64::NAN], [2, 2], &gray);
    let Some(Shape::Image { picture, .. }) = figure.drawing.shapes.first() else {
        panic!("no picture first")
    };
    let at = |x: usize, y: usize| {
        let (x, y) = (picture.width * (2 * x + 1) / 4, picture.height * (2 * y + 1) / 4);
        picture.pixels[3 * (y * picture.width + x)]
    };
    assert_eq!([at(0, 0), at(1, 0), at(0, 1)], [0, 255, 128]);
    let rows = picture.pixels.chunks(3 * picture.width).skip(picture.height / 2);
    let hatched: std::collections::BTreeSet<u8> =
        rows.flat_map(|row| row[3 * picture.width / 2..].iter().copied()).collect();
    assert_eq!(hatched.into_iter().collect::<Vec<_>>(), [0xdf, 0xe2, 0xe6, 0xff], "the one that is NaN");
}

#[test]
fn the_bar_has_all_colours_with_their_values() {
    let options = HeatmapOptions { range: Some((-2.0, 2.0)), ..HeatmapOptions::default() };
    let figure = cells(&[0.0; 4], [2, 2], &options);
    let bar = figure.drawing.shapes.iter().filter_map(|shape| match shape {
        Shape::Image { picture, corner, size } if picture.width == 1 => Some((picture, corner.1, size.1)),
        _ => None,
    });
    let [(picture, top, high)] = bar.collect::<Vec<_>>()[..] else { panic!("one bar") };
    let near = |at: usize, color: [u8; 3]| {
        picture.pixels[at..at + 3].iter().zip(color).all(|(a, b)| a.abs_diff(b) <= 2)
    };
    // Both ends of Matplotlib's viridis.
    assert!(near(0, [253, 231, 37]) && near(3 * 255, [68, 1, 84]));
    let place = |label: &str| {
        let text = |shape: &Shape| match shape {
            Shape::Text { text, at, .. } if text == label => Some(at.1),
            _ => None,
        };
        figure.drawing.shapes.iter().find_map(text).unwrap()
    };
    // A quarter and three quarters of the way down, both texts equally far below their places.
    assert!((place("−1.0") - place("1.0") - high / 2.0).abs() < 0.5);
    assert!((place("1.0") - (top + high / 4.0)).abs() < 8.0);
}

#[test]
fn colours_are_those_of_matplotlib() {
    // matplotlib.colormaps[NAME](share) of Matplotlib 3.11.2, of 256 colours each.
    let near = |map: Colormap, share: f64, color: [u8; 3], within: u8| {
        let ours = map.color(share);
        assert!(ours.iter().zip(color).all(|(a, b)| a.abs_diff(b) <= within), "{map:?} {share}: {ours:?}");
    };
    for (share, color) in
        [(0.1, [72, 36, 117]), (0.25, [59, 82, 139]), (0.5, [33, 145, 140]), (0.8, [122, 209, 81])]
    {
        near(Colormap::Viridis, share, color, 6);
    }
    for (share, color) in
        [(0.0, [103, 0, 31]), (0.25, [229, 131, 104]), (0.8, [67, 147, 195]), (1.0, [5, 48, 97])]
    {
        near(Colormap::RdBu, share, color, 2);
    }
}

#[test]
fn numbers_stand_in_cells_that_have_room() {
    let numbers = |values: &[f64], shape, options: &HeatmapOptions| {
        let texts =
            cells(values, shape, options).drawing.shapes.into_iter().filter_map(|shape| match shape {
                Shape::Text { text, pen, .. } if pen.size != 13.0 => Some(text),
                _ => None,
            });
        texts.collect::<Vec<_>>()
    };
    let default = HeatmapOptions::default();
    let never = HeatmapOptions { numbers: Some(false), ..default.clone() };
    let always = HeatmapOptions { numbers: Some(true), ..default.clone() };
    assert_eq!(numbers(&[950.0, -3.0, f64::NAN, 0.0], [2, 2], &default), ["950", "−3", "0"]);
    assert_eq!(numbers(&[0.25, 12.5], [1, 2], &default), ["0.2", "12.5"]);
    assert_eq!(numbers(&[0.254, 0.5], [1, 2], &default), ["0.25", "0.50"]);
    assert_eq!(numbers(&[1e9, 0.5], [1, 2], &default), ["1.0e9", "5.0e−1"]);
    assert!(numbers(&[1.0; 2], [1, 2], &never).is_empty());
    assert!(numbers(&[100.0; 10_000], [100, 100], &default).is_empty());
    assert_eq!(numbers(&[100.0; 10_000], [100, 100], &always).len(), 10_000);
}

#[test]
fn heat_maps_that_make_no_sense_are_explained() {
    let default = HeatmapOptions::default();
    for (options, shape, expected) in [
        (default.clone(), [2, 3], "2 x 3 cells with 4 values"),
        (HeatmapOptions { range: Some((1.0, 1.0)), ..default.clone() }, [2, 2], "range (1, 1)"),
        (HeatmapOptions { row_labels: names(3), ..default.clone() }, [2, 2], "3 row labels for 2 rows"),
        (HeatmapOptions { column_labels: names(1), ..default.clone() }, [2, 2], "1 column labels"),
    ] {
        let text = problem(heatmap(&[1.0; 4], shape, &options));
        assert!(text.contains(expected), "{text}");
    }
    for (values, shape) in [(&[][..], [0, 0]), (&[f64::NAN; 2], [1, 2])] {
        let warnings = cells(values, shape, &default).warnings;
        assert!(warnings[0].contains("no value that can be shown"), "{warnings:?}");
    }
}

#[test]
fn points_have_the_colours_of_their_values_and_a_bar() {
    let points = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)];
    let kinds = Kinds { values: vec![0.0, f64::NAN, 10.0], ..Kinds::default() };
    let figure = scatter(&points, &kinds, &PlotOptions::default()).unwrap();
    let colors = figure.drawing.shapes.iter().filter_map(|shape| match shape {
        Shape::Circle { color, .. } if *color != [255; 3] => Some(*color),
        _ => None,
    });
    let colors: Vec<_> = colors.collect();
    assert_eq!((colors[0], colors[2]), (Colormap::Viridis.color(0.0), Colormap::Viridis.color(1.0)));
    assert!(figure.drawing.shapes.iter().any(|shape| matches!(shape, Shape::Image { .. })), "a bar");
    let both = Kinds { labels: vec![0, 1, 2], ..kinds.clone() };
    assert!(scatter(&points, &both, &PlotOptions::default()).is_err());
    assert!(scatter(&points[..2], &kinds, &PlotOptions::default()).is_err());
}

#[test]
fn one_can_see_through_dots() {
    let points = [(0.0, 0.0), (0.0, 0.0), (1.0, 1.0)];
    let kinds = |alpha| Kinds { alpha: Some(alpha), ..Kinds::default() };
    let figure = scatter(&points, &kinds(0.25), &PlotOptions::default()).unwrap();
    let veils = figure
        .drawing
        .shapes
        .iter()
        .filter(|shape| matches!(shape, Shape::Area { opacity, .. } if *opacity == 0.25));
    assert_eq!(veils.count(), 3);
    assert!(scatter(&points, &kinds(1.5), &PlotOptions::default()).is_err());
}

#[test]
fn texts_stand_at_their_places() {
    let texts = vec![(2.0, 1.0, "here".to_owned()), (9.0, 1.0, "beyond the axes".to_owned())];
    let figure =
        lines(&[series(&[1.0, 1.0, 2.0])], &PlotOptions { texts, ..PlotOptions::default() }).unwrap();
    let written = |wanted: &str| {
        figure.drawing.shapes.iter().any(|shape| matches!(shape, Shape::Text { text, .. } if text == wanted))
    };
    assert!(written("here") && !written("beyond the axes"));
}

#[test]
fn cells_have_annotations_in_place_of_numbers() {
    let options = HeatmapOptions {
        annotations: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
        ..HeatmapOptions::default()
    };
    let figure = heatmap(&[1.0, 2.0, 3.0, 4.0], [2, 2], &options).unwrap();
    for wanted in ["a", "b", "c", "d"] {
        let is_it = |shape: &Shape| matches!(shape, Shape::Text { text, .. } if text == wanted);
        assert!(figure.drawing.shapes.iter().any(is_it), "{wanted}");
    }
    assert!(heatmap(&[1.0, 2.0], [1, 2], &options).is_err());
}
