//! The arrangement of picture grids and their texts on one sheet.

use files::Result;

use super::{
    canvas::{Canvas, INK, RULE, SOFT_INK},
    grid::{GridBlock, GridOptions, SEPARATOR},
    text::{self, Align, Pen},
};

/// Distances and text sizes in pixels.
const MARGIN: usize = 16;
const BETWEEN_PANELS: usize = 28;
const TITLE: f32 = 20.0;
const CAPTION: f32 = 16.0;
const LABEL: f32 = 13.0;

/// Blocks with the positions that they and their texts take.
pub struct Sheet<'a> {
    blocks: Vec<GridBlock<'a>>,
    scale: usize,
    options: &'a GridOptions,
    /// Left edge of the first block: its row labels stand before it.
    left: usize,
    /// Height of the title's line, of the captions' line and of the column labels' line; 0 for none.
    lines: [usize; 3],
}

impl<'a> Sheet<'a> {
    pub fn new(blocks: Vec<GridBlock<'a>>, scale: usize, options: &'a GridOptions) -> Self {
        let label_width = options
            .row_labels
            .iter()
            .map(|label| text::width(label, LABEL).ceil() as usize + 8)
            .max()
            .unwrap_or(0);
        let captions = blocks.iter().any(|block| !block.panel.caption.is_empty());
        let lines = [
            (options.title.is_some(), TITLE),
            (captions, CAPTION),
            (!options.column_labels.is_empty(), LABEL),
        ]
        .map(|(shown, size)| if shown { (1.6 * size) as usize } else { 0 });
        Self { blocks, scale, options, left: MARGIN + label_width, lines }
    }

    /// The sheet as a PNG file.
    pub fn draw(&self) -> Result<Vec<u8>> {
        let sizes = || self.blocks.iter().map(|block| block.size(self.scale));
        let top = MARGIN + self.lines.iter().sum::<usize>();
        let content = self.left
            + sizes().map(|(width, _)| width).sum::<usize>()
            + BETWEEN_PANELS * (self.blocks.len() - 1);
        let title = self.options.title.as_deref().unwrap_or_default();
        let title_width = MARGIN + text::width(title, TITLE).ceil() as usize;
        let height = top + sizes().map(|(_, height)| height).max().unwrap_or(0) + MARGIN;
        let mut canvas = Canvas::new(content.max(title_width) + MARGIN, height)?;

        let pen = Pen { size: TITLE, color: INK, align: Align::Start, vertical: false };
        let baseline = MARGIN as f32 + TITLE;
        text::draw(&mut canvas, title, pen, (MARGIN as f32, baseline));
        self.row_labels(&mut canvas, top);
        let mut left = self.left;
        for (block, (width, _)) in self.blocks.iter().zip(sizes()) {
            self.block_texts(&mut canvas, block, (left, top));
            self.pictures(&mut canvas, block, (left, top));
            left += width + BETWEEN_PANELS;
        }
        canvas.png()
    }

    /// The caption and the column labels above a block whose top left corner is `at`.
    fn block_texts(&self, canvas: &mut Canvas, block: &GridBlock, at: (usize, usize)) {
        let middle = |width: usize, left: usize| (at.0 + left) as f32 + width as f32 / 2.0;
        let (width, _) = block.size(self.scale);
        let caption = text::fit(&block.panel.caption, CAPTION, width as f32);
        let pen = Pen { size: CAPTION, color: INK, align: Align::Center, vertical: false };
        let above = (at.1 - self.lines[2]) as f32 - 8.0;
        text::draw(canvas, &caption, pen, (middle(width, 0), above));

        let pen = Pen { size: LABEL, color: SOFT_INK, ..pen };
        let cell = block.panel.shape[3] * self.scale;
        for (column, label) in self.options.column_labels.iter().enumerate() {
            let label = text::fit(label, LABEL, cell as f32);
            let x = middle(cell, block.corner(column, self.scale).0);
            text::draw(canvas, &label, pen, (x, at.1 as f32 - 6.0));
        }
    }

    /// The texts to the left of the first block's rows.
    fn row_labels(&self, canvas: &mut Canvas, top: usize) {
        let pen = Pen { size: LABEL, color: SOFT_INK, align: Align::End, vertical: false };
        let block = &self.blocks[0];
        let cell = (block.panel.shape[2] * self.scale) as f32;
        for (row, label) in self.options.row_labels.iter().enumerate() {
            let (_, y) = block.corner(row * block.columns, self.scale);
            // A third of the size below the middle centres the lower-case letters.
            let baseline = (top + y) as f32 + cell / 2.0 + LABEL / 3.0;
            text::draw(canvas, label, pen, (self.left as f32 - 8.0, baseline));
        }
    }

    fn pictures(&self, canvas: &mut Canvas, block: &GridBlock, at: (usize, usize)) {
        let [count, _, height, width] = block.panel.shape;
        for index in 0..count {
            let corner = block.corner(index, self.scale);
            let (left, top) = (at.0 + corner.0, at.1 + corner.1);
            let frame = (width * self.scale + 2 * SEPARATOR, height * self.scale + 2 * SEPARATOR);
            canvas.fill((left - SEPARATOR, top - SEPARATOR), frame, RULE);
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let color = block.color(index, y, x, self.options.range);
                let place = (left + x * self.scale, top + y * self.scale);
                canvas.fill(place, (self.scale, self.scale), color);
            }
        }
    }
}
