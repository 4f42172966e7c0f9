//! Figures as tables: one for each workload, a row for each target in each case.

use std::fmt::Write;

use crate::figures::{Figure, Figures, short};

/// Everything there is, as Markdown.
pub(super) fn draw(figures: &Figures) -> String {
    let mut page = String::new();
    for workload in distinct(figures.figures.iter().map(|figure| &*figure.workload)) {
        let of = figures.figures.iter().filter(|figure| figure.workload == workload);
        table(workload, &of.collect::<Vec<_>>(), &mut page);
    }
    left_out(figures, &mut page);
    page
}

/// The machine, and what ran on it.
pub(super) fn servers(figures: &Figures) -> String {
    let mut page = format!("{}; {} rounds.\n\n", figures.machine.join("; "), figures.rounds);
    page.push_str("| target | version | an answer means | settings |\n| --- | --- | --- | --- |\n");
    for server in &figures.servers {
        let settings = if server.settings.is_empty() {
            "defaults".into()
        } else {
            format!("`{}`", server.settings)
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {settings} |",
            server.target, server.version, server.promise
        );
    }
    page
}

fn table(workload: &str, figures: &[&Figure], page: &mut String) {
    let metrics = distinct(figures.iter().map(|figure| &*figure.metric));
    let _ = write!(page, "\n### {workload}\n\n| case | target |");
    for metric in &metrics {
        let unit = figures
            .iter()
            .find(|figure| figure.metric == *metric)
            .map_or("", |figure| &figure.unit);
        let _ = write!(page, " {metric}{}{unit} |", if unit.is_empty() { "" } else { ", " });
    }
    let _ = writeln!(page, "\n| --- | --- |{}", " ---: |".repeat(metrics.len()));
    for case in distinct(figures.iter().map(|figure| &*figure.case)) {
        let of_case: Vec<_> = figures.iter().filter(|figure| figure.case == case).collect();
        for target in distinct(of_case.iter().map(|figure| &*figure.target)) {
            let cells = metrics.iter().map(|metric| {
                let is = |figure: &&&&Figure| figure.target == target && figure.metric == *metric;
                of_case.iter().find(is).map_or(String::new(), |figure| cell(figure))
            });
            let _ =
                writeln!(page, "| {case} | {target} | {} |", cells.collect::<Vec<_>>().join(" | "));
        }
    }
}

/// The median, and between which values all rounds lie.
fn cell(figure: &Figure) -> String {
    let (least, most) = figure.spread();
    if figure.values.len() == 1 || least == most {
        return short(figure.median());
    }
    format!("{} ({} to {})", short(figure.median()), short(least), short(most))
}

fn left_out(figures: &Figures, page: &mut String) {
    if figures.left_out.is_empty() {
        return;
    }
    page.push_str("\nNot measured in this run, and why:\n\n");
    for what in &figures.left_out {
        let _ = writeln!(page, "- {what}");
    }
}

/// In the order of their first appearance.
fn distinct<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for word in words {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    distinct
}
