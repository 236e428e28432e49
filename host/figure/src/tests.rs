use image::RgbImage;

use super::{axis::Axis, *};

mod charts;
mod formats;
mod reduced;

/// The first colour.
const BLUE: [u8; 3] = [0x00, 0x72, 0xb2];

fn decode(png: &[u8]) -> RgbImage {
    image::load_from_memory(png).unwrap().to_rgb8()
}

fn series(y: &[f64]) -> Series {
    Series {
        name: "loss".into(),
        x: (0..y.len()).map(|i| i as f64).collect(),
        y: y.to_vec(),
        mark: Mark::Line,
        errors: Vec::new(),
    }
}

fn problem<T>(result: files::Result<T>) -> String {
    result.err().unwrap().to_string()
}

fn shown(result: files::Result<Figure>) -> RgbImage {
    decode(&result.unwrap().png().unwrap())
}

fn labels(low: f64, high: f64, log: bool, count: usize) -> Vec<String> {
    let ticks = Axis { low, high, log }.ticks(count);
    ticks.into_iter().map(|(_, label)| label).collect()
}

/// How many pixels have this colour.
fn count(picture: &RgbImage, color: [u8; 3]) -> usize {
    picture.pixels().filter(|pixel| pixel.0 == color).count()
}

#[test]
fn a_grid_shows_its_range_as_black_to_white_and_clips() {
    let options = GridOptions { range: (-1.0, 1.0), scale: Some(2), ..GridOptions::default() };
    let sheet = decode(&grid(&[-5.0, 0.0, 1.0, 9.0], [1, 1, 2, 2], &options).unwrap());
    // 16 pixels of margin, 2 of separator, then 2 x 2 pixels for each of the picture's.
    assert_eq!(sheet.dimensions(), (40, 40));
    assert_eq!(sheet.get_pixel(19, 19).0, [0; 3]);
    assert_eq!(sheet.get_pixel(20, 18).0, [128; 3]);
    assert_eq!(sheet.get_pixel(18, 20).0, [255; 3]);
    assert_eq!(sheet.get_pixel(17, 17).0, [0xdf, 0xe2, 0xe6]);
}

#[test]
fn colour_channels_are_red_green_blue_and_pictures_go_row_by_row() {
    let pixels = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let options = GridOptions { columns: Some(2), scale: Some(1), ..GridOptions::default() };
    let sheet = decode(&grid(&pixels, [3, 3, 1, 1], &options).unwrap());
    assert_eq!(sheet.get_pixel(18, 18).0, [255, 0, 0]);
    assert_eq!(sheet.get_pixel(21, 18).0, [0, 255, 0]);
    assert_eq!(sheet.get_pixel(18, 21).0, [0, 0, 255]);
    assert_eq!(sheet.get_pixel(21, 21).0, [255; 3], "no fourth picture");
}

#[test]
fn pixels_that_are_not_finite_are_magenta() {
    let pixels = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.5];
    let options = GridOptions { scale: Some(3), ..GridOptions::default() };
    let sheet = decode(&grid(&pixels, [4, 1, 1, 1], &options).unwrap());
    assert_eq!(count(&sheet, [255, 0, 255]), 3 * 3 * 3);
}

#[test]
fn small_pictures_are_magnified_to_about_800_pixels() {
    let sheet = decode(&grid(&[0.5; 60 * 784], [60, 1, 28, 28], &GridOptions::default()).unwrap());
    assert!((700..=840).contains(&sheet.width()), "{}", sheet.width());
    let png = grid(&[0.5; 12], [1, 1, 3, 4], &GridOptions::default()).unwrap();
    assert_eq!(png_size(&png), decode(&png).dimensions());
    assert_eq!(png_size(b"no PNG"), (0, 0));
}

#[test]
fn texts_widen_the_sheet_and_long_captions_are_cut() {
    let options = GridOptions { scale: Some(1), ..GridOptions::default() };
    let panel = |caption: &str| Panel { caption: caption.into(), pixels: &[0.0; 100], shape: [1, 1, 10, 10] };
    let width = |panels_: &[Panel], options: &GridOptions| decode(&panels(panels_, options).unwrap()).width();
    let plain = width(&[panel(""), panel("")], &options);
    assert_eq!(plain, width(&[panel("Iteration 100"), panel("")], &options));
    let titled =
        GridOptions { title: Some("A title much wider than two pictures".into()), ..options.clone() };
    assert!(width(&[panel(""), panel("")], &titled) > plain);
    let labelled = GridOptions { row_labels: vec!["input".into()], ..options };
    assert!(width(&[panel(""), panel("")], &labelled) > plain);
}

#[test]
fn grids_that_make_no_sense_are_explained() {
    let default = GridOptions::default();
    for (shape, expected) in [
        ([2, 1, 2, 2], "product of the shape"),
        ([1, 2, 2, 1], "1 channel"),
        ([0, 1, 2, 2], "no picture"),
        ([usize::MAX, 1, usize::MAX, 2], "product of the shape"),
    ] {
        let text = problem(grid(&[0.0; 4], shape, &default));
        assert!(text.contains(expected), "{text}");
    }
    let with = |change: fn(&mut GridOptions)| {
        let mut options = GridOptions::default();
        change(&mut options);
        problem(grid(&[0.0; 4], [4, 1, 1, 1], &options))
    };
    assert!(with(|o| o.range = (1.0, 1.0)).contains("range (1, 1)"));
    assert!(with(|o| o.range = (f32::NAN, 1.0)).contains("range"));
    assert!(with(|o| o.columns = Some(0)).contains("columns is 0"));
    assert!(with(|o| o.scale = Some(0)).contains("scale 0"));
    assert!(with(|o| o.scale = Some(4096)).contains("pixels; at most"));
    assert!(with(|o| o.row_labels = vec!["a".into()]).contains("1 row labels for 2 rows"));
    assert!(problem(panels(&[], &default)).contains("no panel"));
}

#[test]
fn equal_input_gives_equal_bytes() {
    let draw = || {
        let options =
            PlotOptions { title: Some("σ² over steps".into()), log_y: true, ..PlotOptions::default() };
        let figure = lines(&[series(&[3.0, 1.0, 2.0]), series(&[1.0, 2.0])], &options).unwrap();
        [figure.png().unwrap(), figure.svg().unwrap(), figure.pdf().unwrap()]
    };
    assert_eq!(draw(), draw());
}

#[test]
fn a_line_leaves_a_gap_where_a_value_is_not_finite() {
    let blue = |y: &[f64]| count(&shown(lines(&[series(y)], &PlotOptions::default())), BLUE);
    let whole = blue(&[1.0; 9]);
    let broken = blue(&[1.0, 1.0, 1.0, f64::NAN, f64::INFINITY, 1.0, 1.0, 1.0, 1.0]);
    // Five of eight steps remain.
    assert!(whole > 500 && broken > whole / 2 && broken < whole * 3 / 4, "{broken} of {whole}");
}

#[test]
fn a_legend_stands_beside_the_marks_and_only_where_there_is_something_to_tell_apart() {
    // Right of the axes' box of a plot without a legend there is a margin of 18 pixels.
    let marked = |all: &[Series]| {
        let picture = shown(lines(all, &PlotOptions::default()));
        (883..900).any(|x| (0..540).any(|y| picture.get_pixel(x, y).0 != [255; 3]))
    };
    assert!(!marked(&[series(&[1.0, 2.0])]));
    let long =
        Series { name: "a name that takes all the room that a legend can get".into(), ..series(&[1.0, 2.0]) };
    let orange = |all: &[Series]| count(&shown(lines(all, &PlotOptions::default())), [0xd5, 0x5e, 0x00]);
    assert!(orange(&[series(&[1.0, 2.0]), long]) > 100);
}

#[test]
fn plots_that_make_no_sense_are_explained() {
    let default = PlotOptions::default();
    let huge = PlotOptions { width: 100_000, ..PlotOptions::default() };
    let uneven = Series { x: vec![1.0], ..series(&[1.0, 2.0]) };
    let points = [(1.0, 2.0), (f64::NAN, 1.0)];
    let error = |distances| {
        let errors = vec![Errors { distances, mark: ErrorMark::Bars }];
        lines(&[Series { errors, ..series(&[1.0, 2.0]) }], &default)
    };
    for (result, expected) in [
        (lines(&[uneven], &default), "\"loss\" has 1 x and 2 y"),
        (lines(&[series(&[1.0])], &huge), "100000 x 540"),
        (error(vec![[0.1; 2]]), "1 errors for the 2 values of the curve \"loss\""),
        (error(vec![[0.1; 2], [0.1, -0.5]]), "at value 2 of the curve \"loss\" is negative: -0.5"),
        (scatter(&points, &Kinds { labels: vec![1], ..Kinds::default() }, &default), "1 labels for 2 points"),
        (histogram(&[1.0], Some(0), &default), "0 bins"),
    ] {
        let text = problem(result);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn what_cannot_be_shown_is_a_warning() {
    let default = PlotOptions::default();
    let log = PlotOptions { log_y: true, ..PlotOptions::default() };
    let named = |name: &str, y: &[f64]| Series { name: name.into(), ..series(y) };
    for (result, expected) in [
        (lines(&[], &default), "there is no curve"),
        (lines(&[named("a", &[f64::NAN])], &default), "the curve \"a\" has no value that can be shown"),
        (lines(&[named("a", &[0.0, -1.0])], &log), "on a logarithmic axis, positive"),
        (scatter(&[(f64::NAN, 1.0)], &Kinds::default(), &default), "no value that can be shown"),
        (histogram(&[], None, &default), "no value that can be shown"),
    ] {
        let figure = result.unwrap();
        assert!(matches!(&figure.warnings[..], [one] if one.contains(expected)), "{:?}", figure.warnings);
        let picture = decode(&figure.png().unwrap());
        assert!(count(&picture, [0x5c, 0x63, 0x6b]) > 1000, "an empty plot has axes");
    }
    // The other curves stay as they are, each in its own colour.
    let one_empty =
        lines(&[series(&[1.0, 2.0]), named("empty", &[]), named("last", &[2.0, 1.0])], &default).unwrap();
    assert_eq!(one_empty.warnings.len(), 1);
    let picture = decode(&one_empty.png().unwrap());
    let colors = [BLUE, [0xd5, 0x5e, 0x00], [0x00, 0x9e, 0x73]].map(|color| count(&picture, color) > 300);
    assert_eq!(colors, [true, false, true]);
    assert!(lines(&[series(&[1.0, f64::NAN])], &default).unwrap().warnings.is_empty(), "a gap is none");
}

#[test]
fn extreme_values_are_drawn() {
    let default = PlotOptions::default();
    let log = PlotOptions { log_x: true, log_y: true, ..PlotOptions::default() };
    let small = PlotOptions {
        width: 200,
        height: 200,
        title: Some("a long title ".repeat(20)),
        x_label: Some("a long label ".repeat(20)),
        y_label: Some("a long label ".repeat(20)),
        ..PlotOptions::default()
    };
    for y in [
        &[f64::MAX, f64::MIN][..],
        &[5e-324, 1e-320],
        &[1e16, 1e16 + 2.0],
        &[0.0],
        &[-1e-300, 1e-300],
        &[1e300, 1e300],
        &[1e-9, 1e9],
        &[1.0, 1.0 + 1e-9],
    ] {
        for options in [&default, &log, &small] {
            let many = [series(y), series(y), series(y)];
            let errors = vec![Errors { distances: vec![[1.0, 1e300]; y.len()], mark: ErrorMark::Band }];
            let group = BarGroup { name: String::new(), values: y.to_vec(), errors: Some(errors[0].clone()) };
            let names: Vec<_> = (0..y.len()).map(|i| i.to_string()).collect();
            let heatmap_options = HeatmapOptions { plot: options.clone(), ..HeatmapOptions::default() };
            for figure in [
                lines(&many, options),
                lines(&[Series { errors, ..series(y) }], options),
                histogram(y, None, options),
                bars(&names, &[group], options),
                boxes(&[("a".into(), y.to_vec())], options),
                heatmap(y, [1, y.len()], &heatmap_options),
            ] {
                let figure = figure.unwrap();
                assert!(figure.pdf().is_ok(), "{y:?}");
                assert!(options.width > 200 || figure.png().is_ok(), "{y:?}");
                let svg = String::from_utf8(figure.svg().unwrap()).unwrap();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{y:?}: {svg}");
            }
        }
    }
    let points: Vec<_> = (0..200).map(|i| (f64::from(i), 1.0)).collect();
    let classes: Vec<_> = (0..200).map(|i| i * 1_000_000_007).collect();
    assert!(scatter(&points, &Kinds { labels: classes, ..Kinds::default() }, &small).is_ok());
}

#[test]
fn histogram_bars_have_the_heights_of_the_counts() {
    let values = [0.0, 0.1, 0.2, 0.3, 0.9, 1.0];
    let picture = shown(histogram(&values, Some(2), &PlotOptions::default()));
    let height = |x: u32| (0..540).filter(|&y| picture.get_pixel(x, y).0 == BLUE).count() as f64;
    // Four values against two.
    let ratio = height(300) / height(700);
    assert!((ratio - 2.0).abs() < 0.03, "{ratio}");
}

#[test]
fn ticks_stand_at_round_values() {
    assert_eq!(labels(0.0, 1.0, false, 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    assert_eq!(labels(-3.0, 3.0, false, 3), ["−2", "0", "2"]);
    assert_eq!(labels(0.0, 2.5e6, false, 3), ["0", "1e6", "2e6"]);
    assert_eq!(labels(0.0, 3e-6, false, 3), ["0", "1e−6", "2e−6", "3e−6"]);
    assert_eq!(labels(-1.0, 2.0, true, 9), ["0.1", "1", "10", "100"]);
    assert_eq!(labels(-8.0, 0.0, true, 5), ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"]);
    assert_eq!(labels(-0.1, 1.1, true, 9), ["1", "2", "5", "10"]);
    assert_eq!(labels(2.0, 2.1, true, 4), ["100", "110", "120"]);
}

#[test]
fn thinning_keeps_spikes_gaps_and_the_last_point() {
    let mut points: Vec<_> = (0..100_000).map(|i| (f64::from(i), 0.0)).collect();
    points[54_321].1 = 7.0;
    points[54_322].1 = -7.0;
    for point in &mut points[1_000..2_000] {
        point.1 = f64::NAN;
    }
    points[99_999].1 = 0.5;
    let thinned = thin(&points, 500);
    assert!(thinned.len() <= 1001, "{}", thinned.len());
    for kept in [54_321, 54_322, 99_999] {
        assert!(thinned.contains(&points[kept]));
    }
    assert!(thinned.iter().any(|point| point.1.is_nan()));
    assert!(thinned.is_sorted_by(|a, b| a.0 <= b.0));
    assert_eq!(thin(&points[..10], 5).len(), 10);
}

#[test]
fn a_character_that_the_font_does_not_have_is_a_box_with_its_code_point() {
    let drawn = |title: &str| {
        let options = GridOptions { title: Some(title.into()), ..GridOptions::default() };
        decode(&grid(&[0.5; 10_000], [1, 1, 100, 100], &options).unwrap())
    };
    let (one, other) = (drawn("数"), drawn("字"));
    assert_eq!(one.dimensions(), other.dimensions());
    assert_ne!(one, other, "boxes tell characters apart");
    assert_ne!(one, drawn(" "));
    // A joiner stands for nothing, and a letter of the font stays one.
    assert_eq!(drawn("a\u{2060}b\u{fe0f}"), drawn("ab"));
    // Boxes of five digits are wider than those of four, and a text that does not fit is cut.
    assert!(text::width("🫠", 20.0) > text::width("数", 20.0));
    assert!(text::width(&text::fit(&"数".repeat(99), 20.0, 100.0), 20.0) <= 100.0);
}
