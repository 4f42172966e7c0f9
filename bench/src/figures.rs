//! What was measured: printed as it comes, and kept for the report.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::target::Kind;

/// Everything of one run.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub machine: Vec<String>,
    pub rounds: usize,
    pub servers: Vec<Server>,
    /// Servers and cases that could not be measured, each with the reason.
    pub left_out: Vec<String>,
    pub figures: Vec<Figure>,
}

/// A server that was measured.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Server {
    pub target: String,
    pub version: String,
    pub promise: String,
    pub settings: String,
}

/// One figure, once for each round.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub workload: String,
    pub case: String,
    pub target: String,
    pub metric: String,
    pub unit: String,
    pub values: Vec<f64>,
}

impl Figure {
    /// The middle one of its rounds.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The least and the most of its rounds.
    pub(crate) fn spread(&self) -> (f64, f64) {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        (least, self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    }
}

/// A value of a figure and its unit.
pub(crate) type Metric = (&'static str, f64, &'static str);

impl Figures {
    pub(crate) fn new(rounds: usize) -> Self {
        Self { machine: machine(), rounds, ..Self::default() }
    }

    /// Notes what a target has done in a case, and prints it.
    pub(crate) fn note(&mut self, workload: &str, case: &str, target: &str, metrics: &[Metric]) {
        let text =
            metrics.iter().map(|(name, value, unit)| format!("{name} {} {unit}", short(*value)));
        println!("{workload:<9} {case:<44} {target:<17} {}", text.collect::<Vec<_>>().join("  "));
        for &(metric, value, unit) in metrics {
            let is = |figure: &&mut Figure| {
                (&*figure.workload, &*figure.case, &*figure.target, &*figure.metric)
                    == (workload, case, target, metric)
            };
            match self.figures.iter_mut().find(is) {
                Some(figure) => figure.values.push(value),
                None => self.figures.push(Figure {
                    workload: workload.into(),
                    case: case.into(),
                    target: target.into(),
                    metric: metric.into(),
                    unit: unit.into(),
                    values: vec![value],
                }),
            }
        }
    }

    /// Notes that there is no figure, and why.
    pub(crate) fn leave_out(&mut self, what: String, why: &str) {
        let text = format!("{what}: {why}");
        println!("LEFT OUT: {text}");
        if !self.left_out.contains(&text) {
            self.left_out.push(text);
        }
    }

    /// Notes what was measured, once.
    pub(crate) fn note_server(&mut self, kind: Kind, version: &str, settings: String) {
        if self.servers.iter().all(|server| server.target != kind.name()) {
            let (target, version) = (kind.name().to_owned(), version.to_owned());
            println!("server    {target}: {version}; {}; {settings}", kind.promise());
            self.servers.push(Server { target, version, promise: kind.promise().into(), settings });
        }
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")?;
        Ok(())
    }
}

/// A value in three digits or so; whole, if it is.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 || large.fract() == 0.0 => grouped(value),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A count, as `short` writes it.
pub(crate) fn count(value: usize) -> String {
    short(value as f64)
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && text != "-" {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn machine() -> Vec<String> {
    let first = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
        line.split(':').nth(1).unwrap_or(&line).trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let said = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output();
        output
            .map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
            .unwrap_or_default()
    };
    vec![
        format!("{cores} cores, {}", first("/proc/cpuinfo", "model name")),
        format!("{} of memory", first("/proc/meminfo", "MemTotal")),
        format!("Linux {}", said("uname", "-r")),
        said("date", "+%B %Y"),
    ]
}
