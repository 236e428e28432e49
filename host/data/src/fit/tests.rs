use super::*;

fn fit(crop: Option<usize>, size: Option<usize>, channels: Option<usize>) -> Fit {
    Fit { crop, size, channels }
}

#[test]
fn the_middle_is_cut_out() {
    // 3 rows of 4: the middle two columns of the middle two rows, rounded to the top and the left.
    let picture: Vec<u8> = (0..12).collect();
    let cut = fit(Some(2), None, None).apply(picture.clone(), [1, 3, 4]).unwrap();
    assert_eq!(cut, [1, 2, 5, 6]);
    let both = [picture.clone(), picture.iter().map(|p| p + 100).collect()].concat();
    let cut = fit(Some(2), None, None).apply(both, [2, 3, 4]).unwrap();
    assert_eq!(cut, [1, 2, 5, 6, 101, 102, 105, 106]);
}

/// By hand: halving covers pixels with the weights 1 3 3 1 (cut and normalised at the edges).
#[test]
fn shrinking_weighs_all_pixels_and_growing_interpolates() {
    let row = [0, 0, 80, 240];
    let plane: Vec<u8> = row.repeat(4);
    let halved = fit(None, Some(2), None).apply(plane, [1, 4, 4]).unwrap();
    // (3 0 + 3 0 + 1 80) / 7 and (1 0 + 3 80 + 3 240) / 7
    assert_eq!(halved, [11, 137, 11, 137]);
    let grown = fit(None, Some(4), None).apply(vec![0, 100, 0, 100], [1, 2, 2]).unwrap();
    assert_eq!(grown[..4], [0, 25, 75, 100]);
    assert_eq!(grown[12..], [0, 25, 75, 100]);
}

#[test]
fn an_even_plane_stays_even_at_any_size() {
    for size in [1, 3, 28, 64, 105, 200] {
        let out = fit(None, Some(size), None).apply(vec![201; 105 * 105], [1, 105, 105]).unwrap();
        assert_eq!(out, vec![201; size * size]);
    }
}

#[test]
fn colours_become_grey_and_grey_becomes_colours() {
    let grey = fit(None, None, Some(1)).apply(vec![255, 0, 0, 10, 255, 10, 0, 0, 10], [3, 1, 3]).unwrap();
    assert_eq!(grey, [82, 150, 7]);
    let colour = fit(None, None, Some(3)).apply(vec![1, 2], [1, 1, 2]).unwrap();
    assert_eq!(colour, [1, 2, 1, 2, 1, 2]);
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |fit: Fit, shape: [usize; 3]| fit.shape(shape).unwrap_err().to_string();
    assert!(
        refused(fit(Some(4), None, None), [1, 3, 5])
            .contains("a square of 4 pixels cannot be cut out of 5x3")
    );
    assert!(refused(fit(Some(0), None, None), [1, 3, 5]).contains("from 1 to 3"));
    assert!(refused(fit(None, Some(0), None), [1, 3, 5]).contains("size 0"));
    assert!(refused(fit(None, Some(1 << 40), None), [1, 3, 5]).contains("from 1 to 4096"));
    assert!(refused(fit(None, None, Some(2)), [1, 3, 5]).contains("1 channels cannot get 2"));
}

#[test]
fn a_set_is_fitted_picture_by_picture() {
    let images = Images {
        name: "test".into(),
        shape: [1, 2, 4],
        pixels: (0..16).collect(),
        labels: None,
        class_names: vec![],
        unlabelled: String::new(),
    };
    let square = images.clone().fitted(&fit(None, Some(2), Some(3))).unwrap();
    assert_eq!((square.shape, square.len()), ([3, 2, 2], 2));
    assert_eq!(
        square.pixels[..],
        [1, 2, 5, 6].repeat(3).into_iter().chain([9, 10, 13, 14].repeat(3)).collect::<Vec<u8>>()
    );
    assert_eq!(images.clone().fitted(&Fit::default()).unwrap().pixels, images.pixels);
}
