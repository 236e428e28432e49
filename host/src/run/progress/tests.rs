use indicatif::TermLike;

use super::*;

/// What was written, shared with whoever writes.
#[derive(Clone, Debug, Default)]
struct Screen(Arc<Mutex<String>>);

impl Screen {
    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push_str(str::from_utf8(bytes).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        100
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, line: &str) -> io::Result<()> {
        self.clone().write_all(format!("{line}\n").as_bytes())
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.clone().write_all(text.as_bytes())
    }
    fn clear_line(&self) -> io::Result<()> {
        self.write_str("<clear>")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Progress that is written to a screen, with at most one line in `every`.
fn shown(show: Show, every: Duration) -> (Progress, Screen) {
    let screen = Screen::default();
    (Progress::with(show, TextProgress::new(Box::new(screen.clone()), every)), screen)
}

/// The lines on a screen without the time at their ends.
fn timeless(screen: &Screen) -> Vec<String> {
    let text = screen.take();
    text.lines().map(|line| line.rsplit_once("  ").map_or(line, |(words, _)| words).to_string()).collect()
}

#[test]
fn a_line_tells_where_every_loop_is() {
    let (progress, screen) = shown(Show::Plain, Duration::ZERO);
    let outer = progress.start("iteration", Some(4), 1);
    let inner = progress.start("epoch", Some(5), 0);
    inner.advance();
    inner.message("loss 0.0123\n\x1b[2J");
    inner.advance();
    assert_eq!(
        timeless(&screen),
        ["iteration 2/4  epoch 1/5", "iteration 2/4  epoch 2/5  loss 0.0123 \\x1b[2J"]
    );
    drop(inner);
    outer.advance();
    let unknown = progress.start("batch", None, 6);
    unknown.advance();
    assert_eq!(timeless(&screen), ["iteration 2/4", "iteration 3/4  batch 7"]);
    drop(unknown);
    drop(outer);
    progress.start("stage", Some(1), 0).advance();
    assert_eq!(timeless(&screen), ["stage 1/1"]);
}

#[test]
fn a_line_ends_with_the_time() {
    let (progress, screen) = shown(Show::Plain, Duration::ZERO);
    progress.start("epoch", Some(2), 0).advance();
    let text = screen.take();
    assert!(text.starts_with("epoch 1/2  ") && text.ends_with(" s\n"), "{text}");
}

#[test]
fn fast_loops_are_quiet() {
    let (progress, screen) = shown(Show::Plain, Duration::from_secs(3600));
    let outer = progress.start("iteration", Some(10), 0);
    for _ in 0..10 {
        let inner = progress.start("epoch", Some(1000), 0);
        (0..1000).for_each(|_| inner.advance());
        outer.advance();
    }
    assert_eq!(timeless(&screen), ["iteration 1/10  epoch 1/1000"]);
    progress.println("what a script prints is not held back");
    assert_eq!(screen.take(), "what a script prints is not held back\n");
}

#[test]
fn quiet_shows_only_what_is_printed() {
    let (progress, screen) = shown(Show::Quiet, Duration::ZERO);
    let handle = progress.start("epoch", Some(5), 0);
    handle.message("loss 1");
    handle.advance();
    progress.println("printed");
    assert_eq!(screen.take(), "printed\n");
}

#[test]
fn loops_that_end_out_of_order_do_no_harm() {
    let (progress, screen) = shown(Show::Plain, Duration::ZERO);
    let outer = progress.start("iteration", Some(4), 0);
    let inner = progress.start("epoch", Some(5), 0);
    drop(outer);
    inner.advance();
    inner.message("lost");
    drop(inner);
    progress.start("epoch", Some(5), 0).advance();
    assert_eq!(timeless(&screen), ["epoch 1/5"]);
}

#[test]
fn bars_stand_below_each_other_and_go_when_they_end() {
    let terminal = Screen::default();
    let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
    let (progress, _) = shown(Show::Bars(MultiProgress::with_draw_target(target)), Duration::ZERO);
    let outer = progress.start("iteration", Some(4), 2);
    let inner = progress.start("epoch", None, 7);
    inner.message("loss 0.5");
    terminal.take();
    progress.println("between");
    let text = terminal.take();
    // Everything is drawn again below what was printed.
    let positions =
        ["between", "iteration ", " 2/4 ", "epoch ", " 7 ", "loss 0.5"].map(|part| text.find(part));
    assert!(positions.iter().all(Option::is_some) && positions.is_sorted(), "{text}");
    assert!(!text.contains("/s") && !text.contains("left"), "there is no rate yet: {text}");
    drop(inner);
    drop(outer);
    terminal.take();
    progress.println("after");
    let text = terminal.take();
    assert!(text.contains("after") && !text.contains("epoch") && !text.contains("iteration"), "{text}");
}

#[test]
fn metrics_are_readable() {
    let metrics = [("older", 1.0), ("loss", 0.012345), ("fid", 12.5), ("a", f64::NAN), ("b", -3.0e9)];
    let metrics = metrics.map(|(name, value)| (name.to_string(), value));
    assert_eq!(readable(&metrics), "older 1  loss 0.01235  fid 12.5  a NaN  b -3e9");
    assert_eq!(readable(&[]), "");
}

#[test]
fn rates_are_readable() {
    let shown =
        [1234.56, 12.345, 1.0, 0.1234, 1.0 / 300.0, 0.0, f64::NAN].map(|x| rate(x).unwrap_or_default());
    assert_eq!(shown, ["1235/s", "12.3/s", "1.0/s", "8.1 s each", "5 min 0 s each", "", ""]);
}

#[test]
fn names_and_prints_give_the_terminal_no_orders() {
    let (progress, screen) = shown(Show::Plain, Duration::ZERO);
    progress.println("\x1b[31mred\r\nnext");
    assert_eq!(screen.take(), "\\x1b[31mred\\r\nnext\n");
    progress.start("a\x07\nb", Some(2), 0).advance();
    progress.start(&"long ".repeat(20), Some(2), 0).advance();
    assert_eq!(timeless(&screen), ["a\\x07 b 1/2", "long long long long l... 1/2"]);
}
