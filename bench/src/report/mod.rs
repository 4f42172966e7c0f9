//! The report: aims, tables and plots drawn from the figures of one run, put into a page between two marks.

mod aims;
mod bars;
mod plots;
mod tables;

use std::path::Path;

use crate::Result;
use crate::figures::Figures;

const BEGIN: &str = "<!-- figures: drawn by `just bench-report` -->";
const END: &str = "<!-- end of figures -->";

/// Draws the figures of a file into a page; what stands outside of its marks is written by hand, and stays.
pub(crate) fn run(figures: &Path, page: &Path) -> Result<()> {
    let figures = Figures::read(figures)?;
    let text = std::fs::read_to_string(page)?;
    let (before, rest) =
        text.split_once(BEGIN).ok_or("the page has no mark where figures begin")?;
    let (_, after) = rest.split_once(END).ok_or("the page has no mark where figures end")?;
    let drawn = [
        tables::servers(&figures),
        aims::draw(&figures),
        plots::draw(&figures, &page.with_file_name("plots"))?,
        tables::draw(&figures),
    ];
    let drawn = drawn.join("\n");
    std::fs::write(page, format!("{before}{BEGIN}\n\n{drawn}\n{END}{after}"))?;
    Ok(())
}
