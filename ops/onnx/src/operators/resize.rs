//! Tensors in another size. Each dimension is resized alone. Scales, sizes and positions are computed in f32,
//! as ONNX Runtime does: in f64, 0.7 of 10 elements would be 6.

use ops::{DType, Result, Tensor};

use super::{
    Operator, ResolvedNode, gives, op,
    taps::{Coordinates, Nearest, ResizeMode, ResizeStyle, ResizedAxis},
};
use crate::{call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] =
    &[op("Resize", 10, resize).settings(&[1, 2, 3]), op("Upsample", 7, upsample).settings(&[1]).until(9)];

/// The maximum size of a dimension that is resized: each has its own list of taps.
const LONGEST: f64 = 1_048_576.0;

/// The scale that keeps an aspect ratio, from those of all dimensions: where it begins, and how they join it.
type Common = (f32, fn(f32, f32) -> f32);

fn resize(node: &NodeReader) -> ResolvedNode {
    let old = node.opset < 11;
    let style = if old { asymmetric(node)? } else { style(node)? };
    let axes = node.ints("axes")?;
    let aspects: [(_, Option<Common>); 3] = [
        ("stretch", None),
        ("not_larger", Some((f32::INFINITY, f32::min))),
        ("not_smaller", Some((0.0, f32::max))),
    ];
    let aspect = node.choice("keep_aspect_ratio_policy", &aspects)?;
    let scales_at = if old { 1 } else { 2 };
    gives(move |call| {
        let x = call.tensor(0)?;
        let all: Vec<i64> = (0..x.rank() as i64).collect();
        let dims = call.axes(axes.as_ref().unwrap_or(&all), x.rank())?;
        let scales = call.numbers_or_none(scales_at)?;
        let sizes = if old { vec![] } else { call.maybe_ints(3)?.unwrap_or_default() };
        let region = if old { vec![] } else { call.numbers_or_none(1)? };
        let lengths = [scales.len(), sizes.len()];
        if lengths.iter().filter(|&&n| n == dims.len()).count() != 1
            || lengths.iter().sum::<usize>() != dims.len()
        {
            return Err(call.wrong(
                "the scales or sizes",
                format!("{lengths:?} numbers"),
                "one for each axis",
            ));
        }
        let numbers =
            if sizes.is_empty() { by_scale(&x, &dims, &scales) } else { by_size(&x, &dims, &sizes, aspect) };
        resized(call, &x, &dims, &numbers, &region, style)
    })
}

/// Scales and the sizes that they give, `floor(scale n)`.
fn by_scale(x: &Tensor, dims: &[usize], scales: &[f64]) -> Vec<(f32, f64)> {
    let size = |(&d, &scale): (&usize, &f64)| {
        let (scale, n) = (scale as f32, x.shape()[d] as f32);
        (scale, f64::from((scale * n).floor()))
    };
    dims.iter().zip(scales).map(size).collect()
}

fn by_size(x: &Tensor, dims: &[usize], sizes: &[i64], aspect: Option<Common>) -> Vec<(f32, f64)> {
    let scale = |(&d, &size): (&usize, &i64)| size as f32 / x.shape()[d] as f32;
    let own = dims.iter().zip(sizes).map(scale);
    let Some((start, join)) = aspect else {
        return own.zip(sizes).map(|(scale, &size)| (scale, size as f64)).collect();
    };
    let common = own.fold(start, join);
    // The nearest whole number, halves up.
    dims.iter().map(|&d| (common, f64::from((common * x.shape()[d] as f32).round()))).collect()
}

fn upsample(node: &NodeReader) -> ResolvedNode {
    let fixed = if node.opset < 9 { node.floats("scales")? } else { None };
    let style = asymmetric(node)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let scales = fixed.clone().map_or_else(|| call.numbers(1), Ok)?;
        if scales.len() != x.rank() {
            return Err(call.wrong("the scales", format!("{scales:?}"), "one for each dimension"));
        }
        let dims: Vec<usize> = (0..x.rank()).collect();
        resized(call, &x, &dims, &by_scale(&x, &dims, &scales), &[], style)
    })
}

/// What resizing was before opset 11.
fn asymmetric(node: &NodeReader) -> Result<ResizeStyle> {
    let modes = [
        ("nearest", ResizeMode::Nearest(Nearest::ByScale)),
        ("linear", ResizeMode::Linear),
        ("bilinear", ResizeMode::Linear),
    ];
    Ok(ResizeStyle {
        coordinates: Coordinates::Asymmetric,
        mode: node.choice("mode", &modes)?,
        exclude_outside: false,
        antialias: false,
        beyond: 0.0,
    })
}

fn style(node: &NodeReader) -> Result<ResizeStyle> {
    const COORDINATES: [(&str, Coordinates); 7] = [
        ("half_pixel", Coordinates::HalfPixel),
        ("half_pixel_symmetric", Coordinates::HalfPixelSymmetric),
        ("pytorch_half_pixel", Coordinates::PytorchHalfPixel),
        ("align_corners", Coordinates::AlignCorners),
        ("asymmetric", Coordinates::Asymmetric),
        ("tf_crop_and_resize", Coordinates::CropAndResize),
        ("tf_half_pixel_for_nn", Coordinates::HalfPixelForNearest),
    ];
    const NEAREST: [(&str, Nearest); 4] = [
        ("round_prefer_floor", Nearest::PreferFloor),
        ("round_prefer_ceil", Nearest::PreferCeil),
        ("floor", Nearest::Floor),
        ("ceil", Nearest::Ceil),
    ];
    let nearest = ResizeMode::Nearest(node.choice("nearest_mode", &NEAREST)?);
    let cubic = ResizeMode::Cubic(node.float("cubic_coeff_a", -0.75)?);
    let modes = [("nearest", nearest), ("linear", ResizeMode::Linear), ("cubic", cubic)];
    Ok(ResizeStyle {
        coordinates: node.choice("coordinate_transformation_mode", &COORDINATES)?,
        mode: node.choice("mode", &modes)?,
        exclude_outside: node.flag("exclude_outside", false)?,
        antialias: node.flag("antialias", false)?,
        beyond: node.float("extrapolation_value", 0.0)?,
    })
}

fn resized(
    call: &NodeCall,
    x: &Tensor,
    dims: &[usize],
    numbers: &[(f32, f64)],
    region: &[f64],
    style: ResizeStyle,
) -> Result<Tensor> {
    let mut axes = vec![];
    for (i, (&d, &(scale, size))) in dims.iter().zip(numbers).enumerate() {
        let n = x.shape()[d];
        if !(scale > 0.0 && (1.0..=LONGEST).contains(&size) && n as f64 <= LONGEST) {
            return Err(call.wrong(
                "a scale or size",
                format!("{scale}, {n} to {size}"),
                format!("positive, 1 to {LONGEST} elements"),
            ));
        }
        let region = match (region.get(i), region.get(i + dims.len())) {
            (Some(&from), Some(&to)) => [from as f32, to as f32],
            _ => [0.0, 1.0],
        };
        axes.push((d, ResizedAxis { n, size: size as usize, scale, region }));
    }
    // ONNX Runtime gives a tensor that keeps its size as it is, wherever its elements would be looked for.
    if axes.iter().all(|(_, axis)| axis.size == axis.n) {
        return Ok(x.clone());
    }
    // Weights are fractions, which whole numbers do not hold.
    let rounds = !x.dtype().is_float() && !matches!(style.mode, ResizeMode::Nearest(_));
    let mut y = if rounds { x.cast(DType::F32)? } else { x.clone() };
    for (d, axis) in axes.iter().filter(|(_, axis)| axis.moves(style)) {
        y = axis.apply(&y, *d, style)?;
    }
    if rounds { y.cast(x.dtype()) } else { Ok(y) }
}
