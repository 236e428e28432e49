//! Ink on the picture: anti-aliased strokes of a changing width.

/// The side of a picture, in pixels.
pub const SIDE: usize = 28;

/// Over how many pixels ink fades out across a stroke's edge.
const FADE: f32 = 1.1;

/// A point of a pen's path: position and radius in pixels, pixel (0, 0) reaching from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub struct Dab {
    pub x: f32,
    pub y: f32,
    pub radius: f32,
}

/// Adds the stroke through `path` to `picture` (`[SIDE, SIDE]`, 255 is full ink): each pixel keeps the
/// strongest ink that any piece of any stroke gives it.
pub fn ink(path: &[Dab], picture: &mut [u8]) {
    for piece in path.windows(2) {
        ink_piece(piece[0], piece[1], picture);
    }
}

fn ink_piece(from: Dab, to: Dab, picture: &mut [u8]) {
    let reach = from.radius.max(to.radius) + 0.5 * FADE;
    let (rows, columns) = (span(from.y, to.y, reach), span(from.x, to.x, reach));
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length_squared = (dx * dx + dy * dy).max(1e-12);
    for row in rows {
        let py = row as f32 + 0.5 - from.y;
        for column in columns.clone() {
            let px = column as f32 + 0.5 - from.x;
            // The nearest point of the piece, as the share of the way from one end to the other.
            let along = ((px * dx + py * dy) / length_squared).clamp(0.0, 1.0);
            let (ex, ey) = (px - along * dx, py - along * dy);
            let radius = from.radius + along * (to.radius - from.radius);
            let inside = radius - (ex * ex + ey * ey).sqrt();
            let cover = (inside / FADE + 0.5).clamp(0.0, 1.0);
            let pixel = &mut picture[row * SIDE + column];
            *pixel = (*pixel).max((cover * 255.0 + 0.5) as u8);
        }
    }
}

/// The pixels that lie within `reach` of the way from `a` to `b` along one axis.
fn span(a: f32, b: f32, reach: f32) -> std::ops::Range<usize> {
    // A cast of a float saturates, so what lies outside of the picture is cut off at its edge.
    let first = (a.min(b) - reach) as usize;
    let end = (a.max(b) + reach) as usize + 1;
    first..end.min(SIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(radius: f32) -> Vec<u8> {
        let dab = |y| Dab { x: 14.0, y, radius };
        let mut picture = vec![0; SIDE * SIDE];
        ink(&[dab(8.0), dab(20.0)], &mut picture);
        picture
    }

    #[test]
    fn a_line_has_its_width_and_mirrors_itself() {
        let picture = line(2.0);
        let row = &picture[14 * SIDE..15 * SIDE];
        assert_eq!(row.iter().map(|&p| u32::from(p)).sum::<u32>() / 255, 4);
        assert_eq!(row[13], 255);
        assert!((0..SIDE).all(|i| row[i] == row[SIDE - 1 - i]), "{row:?}");
        assert_eq!(picture[4 * SIDE + 14], 0, "above the end");
    }

    #[test]
    fn ink_outside_of_the_picture_is_cut_off() {
        let mut picture = vec![0; SIDE * SIDE];
        let dab = |x, y| Dab { x, y, radius: 1.5 };
        ink(&[dab(-30.0, -30.0), dab(60.0, 60.0)], &mut picture);
        assert_eq!((picture[0], picture[SIDE * SIDE - 1]), (255, 255));
        assert_eq!(picture[SIDE - 1], 0);
    }

    #[test]
    fn a_dot_of_no_length_is_a_disc() {
        let mut picture = vec![0; SIDE * SIDE];
        let dab = Dab { x: 10.0, y: 10.0, radius: 2.0 };
        ink(&[dab, dab], &mut picture);
        let area = picture.iter().map(|&p| f32::from(p) / 255.0).sum::<f32>();
        assert!((area - 12.57).abs() < 1.0, "{area}");
    }
}
