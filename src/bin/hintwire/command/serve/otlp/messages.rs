//! The hub's readings in the words of OTLP.

use std::time::SystemTime;

use hintwire::metrics::Reading;
use hintwire::metrics::histogram::Buckets;
use hintwire::metrics::reading::Value;
use hintwire::metrics::table::Kind;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Text;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum,
};

/// Since when counters count, and when they were read.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The start of the hub.
    pub from: SystemTime,
    /// Now.
    pub to: SystemTime,
}

/// A word with its value.
pub fn text(key: impl ToString, value: impl ToString) -> KeyValue {
    let value = Some(Text::StringValue(value.to_string()));
    KeyValue { key: key.to_string(), value: Some(AnyValue { value }), ..KeyValue::default() }
}

/// One metric.
pub fn metric(reading: &Reading, span: Span) -> Metric {
    let metric = reading.metric;
    Metric {
        name: metric.name.to_owned(),
        description: metric.help.to_owned(),
        unit: unit(metric.unit),
        data: Some(data(reading, span)),
        ..Metric::default()
    }
}

/// As UCUM writes it, which OTLP asks for.
fn unit(unit: &str) -> String {
    match unit {
        "seconds" => "s".to_owned(),
        "bytes" => "By".to_owned(),
        "1" => "1".to_owned(),
        things => format!("{{{things}}}"),
    }
}

fn data(reading: &Reading, span: Span) -> Data {
    let temporality = AggregationTemporality::Cumulative.into();
    match reading.metric.kind {
        Kind::Gauge => Data::Gauge(Gauge { data_points: numbers(reading, span) }),
        Kind::Counter => Data::Sum(Sum {
            data_points: numbers(reading, span),
            aggregation_temporality: temporality,
            is_monotonic: true,
        }),
        Kind::Histogram => Data::Histogram(Histogram {
            data_points: buckets(reading, span),
            aggregation_temporality: temporality,
        }),
    }
}

fn numbers(reading: &Reading, span: Span) -> Vec<NumberDataPoint> {
    let number = |(label, value): &(String, Value)| match value {
        Value::Number(number) => Some(NumberDataPoint {
            attributes: attributes(reading, label),
            start_time_unix_nano: nanos(span.from),
            time_unix_nano: nanos(span.to),
            value: Some(Number::AsDouble(*number)),
            ..NumberDataPoint::default()
        }),
        Value::Buckets(_) => None,
    };
    reading.samples.iter().filter_map(number).collect()
}

fn buckets(reading: &Reading, span: Span) -> Vec<HistogramDataPoint> {
    let histogram = |(label, value): &(String, Value)| match value {
        Value::Buckets(buckets) => Some(HistogramDataPoint {
            attributes: attributes(reading, label),
            start_time_unix_nano: nanos(span.from),
            time_unix_nano: nanos(span.to),
            count: buckets.count,
            sum: Some(buckets.sum),
            bucket_counts: each(buckets),
            explicit_bounds: buckets.bounds.iter().map(|(bound, _)| *bound).collect(),
            ..HistogramDataPoint::default()
        }),
        Value::Number(_) => None,
    };
    reading.samples.iter().filter_map(histogram).collect()
}

/// OTLP counts each value in one bucket alone.
fn each(buckets: &Buckets) -> Vec<u64> {
    let upto = buckets.bounds.iter().map(|(_, count)| *count).chain([buckets.count]);
    let apart = upto.scan(0, |below, count| {
        let own = count.saturating_sub(*below);
        *below = count;
        Some(own)
    });
    apart.collect()
}

fn attributes(reading: &Reading, label: &str) -> Vec<KeyValue> {
    let name = reading.metric.label;
    if name.is_empty() { Vec::new() } else { vec![text(name, label)] }
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
