//! What the metrics stand at, at one moment.

use super::histogram::{Buckets, Histogram};
use super::table::Metric;

/// One metric, with its value or with one for each value of its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Which.
    pub metric: &'static Metric,
    /// Value of the label, empty without one, and the number.
    pub samples: Vec<(String, Value)>,
}

/// The value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a counter or gauge.
    Number(f64),
    /// Of a histogram.
    Buckets(Buckets),
}

impl Reading {
    /// A number.
    pub fn number(metric: &'static Metric, value: impl Number) -> Self {
        Self { metric, samples: vec![(String::new(), Value::Number(value.number()))] }
    }

    /// A number for each value of the label.
    pub fn labelled<L: Into<String>, N: Number>(
        metric: &'static Metric,
        samples: impl IntoIterator<Item = (L, N)>,
    ) -> Self {
        let sample = |(label, value): (L, N)| (label.into(), Value::Number(value.number()));
        Self { metric, samples: samples.into_iter().map(sample).collect() }
    }

    /// A histogram.
    pub fn buckets(metric: &'static Metric, histogram: &Histogram) -> Self {
        let buckets = Value::Buckets(histogram.buckets());
        Self { metric, samples: vec![(String::new(), buckets)] }
    }

    /// A number, unless it is not known here.
    pub fn known(metric: &'static Metric, value: Option<impl Number>) -> Self {
        let samples = value.map(|value| (String::new(), Value::Number(value.number())));
        Self { metric, samples: samples.into_iter().collect() }
    }
}

/// What can be told as a number; beyond 2^53 it is rounded.
pub trait Number {
    /// As Prometheus and OTLP have it.
    fn number(self) -> f64;
}

impl Number for u64 {
    fn number(self) -> f64 {
        self as f64
    }
}

impl Number for usize {
    fn number(self) -> f64 {
        self as f64
    }
}

impl Number for f64 {
    fn number(self) -> f64 {
        self
    }
}

impl Number for bool {
    fn number(self) -> f64 {
        f64::from(u8::from(self))
    }
}
