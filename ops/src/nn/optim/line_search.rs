//! How long a move is, so that the strong Wolfe conditions hold (Nocedal, Wright, 2006, section 3.5), as
//! PyTorch searches for it.

use crate::{Error, Result, Tensor};

/// The loss falls by at least this share of what the slope promises.
const SUFFICIENT: f64 = 1e-4;
/// The slope becomes flatter by at least this factor.
const CURVATURE: f64 = 0.9;

/// What was found `length` along the direction; `slope` is the loss's by the length.
#[derive(Clone)]
pub(super) struct Trial {
    pub length: f64,
    pub loss: f64,
    pub gradient: Tensor,
    pub slope: f64,
}

/// A search from a point along a direction.
pub(super) struct LineSearch {
    pub start: Trial,
    /// The largest element of the direction.
    pub longest: f64,
    /// The search ends where no parameter changes by more.
    pub tolerance: f64,
    /// After so many moves it ends with the best length so far.
    pub most: usize,
}

/// An interval that holds a length as wanted, which `is_found` says is its lower end.
struct Bracket {
    ends: [Trial; 2],
    low: usize,
    is_found: bool,
}

impl Bracket {
    fn new(ends: [Trial; 2]) -> Self {
        let low = usize::from(ends[0].loss > ends[1].loss);
        Self { ends, low, is_found: false }
    }
}

impl LineSearch {
    /// The length, from `first` on, with what was found there, and how often the loss was evaluated.
    pub(super) fn strong_wolfe<E: From<Error>>(
        &self,
        first: f64,
        evaluate: &mut impl FnMut(f64) -> Result<Trial, E>,
    ) -> Result<(Trial, usize), E> {
        let (mut bracket, mut moves) = self.bracket(first, evaluate)?;
        let mut is_stuck = false;
        while !bracket.is_found && moves < self.most {
            let [a, b] = [bracket.ends[0].length, bracket.ends[1].length];
            if (b - a).abs() * self.longest < self.tolerance {
                break;
            }
            let length = within_bracket(&bracket.ends, &mut is_stuck);
            let trial = evaluate(length)?;
            moves += 1;
            self.narrow(&mut bracket, trial);
        }
        let Bracket { ends: [a, b], low, .. } = bracket;
        Ok((if low == 0 { a } else { b }, moves + 1))
    }

    fn falls_short(&self, trial: &Trial) -> bool {
        trial.loss > self.start.loss + SUFFICIENT * trial.length * self.start.slope
    }

    fn is_flat(&self, trial: &Trial) -> bool {
        trial.slope.abs() <= -CURVATURE * self.start.slope
    }

    /// Goes on until such a length lies between two.
    fn bracket<E: From<Error>>(
        &self,
        first: f64,
        evaluate: &mut impl FnMut(f64) -> Result<Trial, E>,
    ) -> Result<(Bracket, usize), E> {
        let mut previous = self.start.clone();
        let mut trial = evaluate(first)?;
        for moves in 0..self.most {
            if self.falls_short(&trial) || (moves > 1 && trial.loss >= previous.loss) {
                return Ok((Bracket::new([previous, trial]), moves));
            }
            if self.is_flat(&trial) {
                let found = Bracket { ends: [trial.clone(), trial], low: 0, is_found: true };
                return Ok((found, moves));
            }
            if trial.slope >= 0.0 {
                return Ok((Bracket::new([previous, trial]), moves));
            }
            let nearest = trial.length + 0.01 * (trial.length - previous.length);
            let length = cubic(&previous, &trial, [nearest, trial.length * 10.0]);
            previous = std::mem::replace(&mut trial, evaluate(length)?);
        }
        Ok((Bracket::new([self.start.clone(), trial]), self.most))
    }

    /// The interval with the trial as one of its ends.
    fn narrow(&self, bracket: &mut Bracket, trial: Trial) {
        let (low, high) = (bracket.low, 1 - bracket.low);
        let ends = &mut bracket.ends;
        if self.falls_short(&trial) || trial.loss >= ends[low].loss {
            ends[high] = trial;
            bracket.low = usize::from(ends[0].loss > ends[1].loss);
            return;
        }
        if self.is_flat(&trial) {
            bracket.is_found = true;
        } else if trial.slope * (ends[high].length - ends[low].length) >= 0.0 {
            ends[high] = ends[low].clone();
        }
        ends[low] = trial;
    }
}

/// The minimum of the cubic through both ends, away from them where the last trial was close to one, too.
fn within_bracket(ends: &[Trial; 2], is_stuck: &mut bool) -> f64 {
    let [a, b] = [ends[0].length, ends[1].length];
    let (low, high) = (a.min(b), a.max(b));
    let length = cubic(&ends[0], &ends[1], [low, high]);
    let margin = 0.1 * (high - low);
    let is_close = (high - length).min(length - low) < margin;
    let moves_away = is_close && (*is_stuck || length >= high || length <= low);
    *is_stuck = is_close && !moves_away;
    match moves_away {
        true if (length - high).abs() < (length - low).abs() => high - margin,
        true => low + margin,
        false => length,
    }
}

/// The minimum of the cubic with the losses and slopes of both, within bounds.
fn cubic(a: &Trial, b: &Trial, [low, high]: [f64; 2]) -> f64 {
    let (a, b) = if a.length <= b.length { (a, b) } else { (b, a) };
    let first = a.slope + b.slope - 3.0 * (a.loss - b.loss) / (a.length - b.length);
    let square = first * first - a.slope * b.slope;
    if square >= 0.0 {
        let root = square.sqrt();
        let share = (b.slope + root - first) / (b.slope - a.slope + 2.0 * root);
        (b.length - (b.length - a.length) * share).max(low).min(high)
    } else {
        (low + high) / 2.0
    }
}
