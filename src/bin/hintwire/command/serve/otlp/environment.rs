//! The `OTEL_*` variables, as far as the SDK does not read them itself.

use std::time::Duration;

use crate::failure::{Exit, Failure};

/// What to export, and where to.
#[derive(Debug, PartialEq, Eq)]
pub struct Environment {
    /// Spans; the SDK knows where to.
    pub traces: bool,
    /// Metrics.
    pub metrics: Option<To>,
}

/// Where metrics go.
#[derive(Debug, PartialEq, Eq)]
pub struct To {
    /// The collector.
    pub endpoint: String,
    /// `OTEL_METRIC_EXPORT_INTERVAL`.
    pub every: Duration,
    /// `OTEL_EXPORTER_OTLP_TIMEOUT`.
    pub timeout: Duration,
    /// `OTEL_EXPORTER_OTLP_HEADERS`.
    pub headers: Vec<(String, String)>,
}

impl Environment {
    /// Reads the variables.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let of = |name: &str| variable(name).filter(|value| !value.is_empty());
        let disabled = of("OTEL_SDK_DISABLED").is_some_and(|value| value == "true");
        let traces = !disabled && is_on("TRACES", &of)?;
        let metrics = !disabled && is_on("METRICS", &of)?;
        Ok(Self { traces, metrics: metrics.then(|| to(&of)).transpose()? })
    }
}

/// `otlp`, `none`, or, if it is not said, whether there is somewhere to export to.
fn is_on(signal: &str, of: &impl Fn(&str) -> Option<String>) -> Result<bool, Failure> {
    let named = of(&format!("OTEL_{signal}_EXPORTER"));
    let on = match named.as_deref() {
        Some("otlp") => true,
        Some("none") => false,
        Some(_) => return Err(wrong(&format!("OTEL_{signal}_EXPORTER"), "write otlp or none")),
        None => of_signal(signal, "ENDPOINT", of).is_some(),
    };
    let protocol = of_signal(signal, "PROTOCOL", of);
    if on && protocol.is_some_and(|protocol| protocol != "grpc") {
        return Err(wrong("OTEL_EXPORTER_OTLP_PROTOCOL", "the hub speaks OTLP over grpc alone"));
    }
    let endpoint = of_signal(signal, "ENDPOINT", of);
    if on && endpoint.is_some_and(|endpoint| !endpoint.starts_with("http://")) {
        let advice = "write http://HOST:PORT; a collector close by can go on over TLS";
        return Err(wrong("OTEL_EXPORTER_OTLP_ENDPOINT", advice));
    }
    Ok(on)
}

/// The variable of the signal goes before that of all.
fn of_signal(signal: &str, name: &str, of: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let own = of(&format!("OTEL_EXPORTER_OTLP_{signal}_{name}"));
    own.or_else(|| of(&format!("OTEL_EXPORTER_OTLP_{name}")))
}

fn to(of: &impl Fn(&str) -> Option<String>) -> Result<To, Failure> {
    let metrics = |name| of_signal("METRICS", name, of);
    let pair = |text: &str| match text.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_lowercase(), value.trim().to_owned())),
        None => Err(wrong("OTEL_EXPORTER_OTLP_HEADERS", "write name=value,name=value")),
    };
    let headers = metrics("HEADERS").unwrap_or_default();
    let headers = headers.split(',').filter(|text| !text.trim().is_empty()).map(pair);
    Ok(To {
        endpoint: metrics("ENDPOINT").unwrap_or_else(|| "http://localhost:4317".to_owned()),
        every: millis("OTEL_METRIC_EXPORT_INTERVAL", 60_000, of("OTEL_METRIC_EXPORT_INTERVAL"))?,
        timeout: millis("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000, metrics("TIMEOUT"))?,
        headers: headers.collect::<Result<_, _>>()?,
    })
}

fn millis(name: &str, otherwise: u64, value: Option<String>) -> Result<Duration, Failure> {
    let value = value.map_or(Ok(otherwise), |text| text.parse().map_err(|_| ()));
    let value = value.ok().filter(|value| *value > 0);
    value.map(Duration::from_millis).ok_or_else(|| wrong(name, "write milliseconds"))
}

fn wrong(name: &str, advice: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{name}: {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Environment, Failure> {
        let value = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Environment::of(|name| value(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_is_exported_unless_a_variable_says_so() {
        let on = |variables: &[_]| of(variables).map(|on| (on.traces, on.metrics.is_some())).ok();
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");
        assert_eq!(on(&[]), Some((false, false)));
        assert_eq!(on(&[endpoint]), Some((true, true)));
        assert_eq!(on(&[endpoint, ("OTEL_SDK_DISABLED", "true")]), Some((false, false)));
        assert_eq!(on(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]), Some((false, true)));
        assert_eq!(on(&[("OTEL_METRICS_EXPORTER", "otlp")]), Some((false, true)));
        assert_eq!(on(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c")]), Some((true, false)));
        assert_eq!(on(&[("OTEL_METRICS_EXPORTER", "console")]), None);
        assert_eq!(on(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]), None);
        assert_eq!(on(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c:4317")]), None);
    }

    #[test]
    fn the_variable_of_metrics_goes_before_that_of_all() {
        let found = of(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4317"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics:4317"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "X-Key=1, b = 2"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
        ]);
        let to = found.ok().and_then(|found| found.metrics).unwrap();
        assert_eq!(to.endpoint, "http://metrics:4317");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(to.headers, [pair("x-key", "1"), pair("b", "2")]);
        assert_eq!((to.every, to.timeout), (Duration::from_millis(500), Duration::from_secs(10)));
    }
}
