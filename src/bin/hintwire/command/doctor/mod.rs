//! `hintwire doctor`: looks over an installation, one check a file. Nothing is changed, but for a file that measures the
//! disk and is gone when that is done.

mod certificates;
mod clock;
mod data;
mod files;
mod finding;
mod may;
mod settings;
mod space;
mod sync;
mod trust;

use hintwire::config::Config;

use self::clock::Clocks;
use self::finding::{Finding, Verdict};
use super::configuration;
use crate::failure::Failure;
use crate::print::Output;
use crate::typed::{Doctor, Question};

pub fn run(typed: &Doctor) -> Result<(), Failure> {
    match &typed.question {
        Some(Question::May(question)) => may::run(question, &typed.configured, typed.json),
        None => report(typed),
    }
}

fn report(typed: &Doctor) -> Result<(), Failure> {
    let findings = examine(typed);
    let mut output = Output::new(typed.json);
    for finding in &findings {
        output.line(finding, || finding.to_string())?;
    }
    output.flush()?;
    match findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count() {
        0 => Ok(()),
        1 => Err(Failure::error("1 check failed")),
        failed => Err(Failure::error(format!("{failed} checks failed"))),
    }
}

fn examine(typed: &Doctor) -> Vec<Finding> {
    let clocks = Clocks::now();
    match configuration::read(&typed.configured) {
        Ok(config) => look_over(&config, clocks),
        Err(failure) => vec![settings::unusable(&failure)],
    }
}

fn look_over(config: &Config, clocks: Clocks) -> Vec<Finding> {
    let mut findings = vec![settings::in_force(config)];
    let mut newest = None;
    if config.ephemeral {
        findings.push(Finding::ok("data", "in memory only: events end with the process"));
    } else {
        let data = data::look(&config.data);
        newest = data.newest;
        findings.extend(data.findings);
        findings.extend(space::look(config, &data.home));
        findings.extend(sync::look(&data.home));
    }
    findings.push(files::look(config));
    findings.push(trust::look(config));
    findings.extend(certificates::look(&config.tls));
    findings.push(clocks.look(newest));
    findings
}
