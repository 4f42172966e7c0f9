//! A bar chart as SVG: a group of bars for each case, a bar for each target.

use std::fmt::Write;

use crate::figures::short;

/// One target in one case.
pub(super) struct Bar<'a> {
    pub case: &'a str,
    pub target: &'a str,
    pub median: f64,
    /// The least and the most of all rounds.
    pub spread: (f64, f64),
}

pub(super) struct Chart<'a> {
    pub title: &'a str,
    pub bars: Vec<Bar<'a>>,
}

const LEFT: f64 = 150.0;
const WIDTH: f64 = 560.0;
const RIGHT: f64 = 110.0;
const ROW: f64 = 17.0;
/// From here on, the longest bar would hide the shortest: the axis becomes logarithmic.
const FAR_APART: f64 = 30.0;

impl Chart<'_> {
    /// The chart, as the text of an SVG file.
    pub(super) fn draw(mut self) -> String {
        // Cases in the order in which they were first run, targets in that order within.
        let cases: Vec<&str> = self.bars.iter().map(|bar| bar.case).collect();
        self.bars.sort_by_key(|bar| cases.iter().position(|case| *case == bar.case));
        let scale = Scale::of(&self.bars);
        let (mut body, mut y, mut case) = (String::new(), 34.0, "");
        for bar in &self.bars {
            if bar.case != case {
                case = bar.case;
                y += 26.0;
                let _ = writeln!(body, r#"<text x="8" y="{}" class="case">{case}</text>"#, y - 6.0);
            }
            bar.draw(&scale, y, &mut body);
            y += ROW;
        }
        let (width, height) = (LEFT + WIDTH + RIGHT, y + 12.0);
        let axis = if scale.logarithmic { " (logarithmic)" } else { "" };
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">
<style>.case {{ font-weight: bold }} .title {{ font-size: 14px; font-weight: bold }} .target {{ text-anchor: end }}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="22" class="title">{}{axis}</text>
{body}</svg>
"##,
            self.title
        )
    }
}

impl Bar<'_> {
    fn draw(&self, scale: &Scale, y: f64, out: &mut String) {
        let colour = if self.target.starts_with("hint") { "#d9622b" } else { "#7a8ca3" };
        let (end, middle) = (scale.at(self.median), y + ROW / 2.0);
        let (least, most) = (scale.at(self.spread.0), scale.at(self.spread.1));
        let _ = writeln!(
            out,
            r##"<text x="{}" y="{}" class="target">{}</text>
<rect x="{LEFT}" y="{}" width="{:.1}" height="{}" fill="{colour}"/>
<path d="M{least:.1} {middle}H{most:.1}" stroke="#222"/>
<text x="{:.1}" y="{}">{}</text>"##,
            LEFT - 6.0,
            middle + 4.0,
            self.target,
            y + 2.0,
            end - LEFT,
            ROW - 4.0,
            end.max(most) + 5.0,
            middle + 4.0,
            short(self.median),
        );
    }
}

/// Where a value lies.
struct Scale {
    logarithmic: bool,
    least: f64,
    most: f64,
}

impl Scale {
    fn of(bars: &[Bar<'_>]) -> Self {
        let positive = bars.iter().map(|bar| bar.median).filter(|median| *median > 0.0);
        let least = positive.fold(f64::INFINITY, f64::min);
        let most = bars.iter().map(|bar| bar.spread.1).fold(0.0, f64::max);
        Self { logarithmic: most > FAR_APART * least, least: least / 2.0, most }
    }

    fn at(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(self.least) / self.least).ln() / (self.most / self.least).ln()
        } else {
            value / self.most
        };
        LEFT + WIDTH * share.clamp(0.0, 1.0)
    }
}
