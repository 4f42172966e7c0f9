//! docs/metrics.md says what is told, and nothing else.

use std::collections::BTreeSet;

use hintwire::metrics::table::{Metric, TABLE};

use super::scrape::{Hub, Scrape};

/// The row of a metric in docs/metrics.md.
fn row(metric: &Metric) -> String {
    let Metric { name, kind, unit, label, help, tells } = metric;
    let label = if label.is_empty() { String::new() } else { format!("`{label}`") };
    format!("| `{name}` | {} | {unit} | {label} | {help} | {tells} |", kind.word())
}

#[test]
fn the_docs_have_each_metric_as_the_table_has_it_and_no_other() {
    let docs = include_str!("../../../docs/metrics.md");
    let is_row = |line: &&str| line.starts_with("| `hintwire_") || line.starts_with("| `process_");
    let written: BTreeSet<String> = docs.lines().filter(is_row).map(str::to_owned).collect();
    let rows: BTreeSet<String> = TABLE.iter().map(|metric| row(metric)).collect();
    let missing: Vec<&String> = rows.difference(&written).collect();
    let foreign: Vec<&String> = written.difference(&rows).collect();
    assert!(missing.is_empty() && foreign.is_empty(), "missing {missing:#?}\nforeign {foreign:#?}");
}

#[tokio::test]
async fn a_hub_tells_each_metric_of_the_table_and_no_other() {
    let hub = Hub::start().await;
    // A label whose values come by and by needs one.
    hub.get("/nothing").await;
    let scrape = hub.scrape().await;
    let told: Vec<(&str, &str)> =
        scrape.families.iter().map(|(name, kind)| (&**name, &**kind)).collect();
    let mut table: Vec<(&str, &str)> =
        TABLE.iter().map(|metric| (metric.name, metric.kind.word())).collect();
    table.sort_unstable();
    assert_eq!(told, table);
    for metric in TABLE {
        let samples = scrape.of_family(metric.name);
        assert!(!samples.is_empty(), "{} has no value", metric.name);
        let label = if metric.label.is_empty() { "le" } else { metric.label };
        for sample in samples {
            let labelled = sample.split_once('{').map_or(label, |(_, label)| label);
            assert!(labelled.starts_with(label), "{sample}");
        }
    }
}

#[tokio::test]
async fn who_accepts_open_metrics_gets_it() {
    let hub = Hub::start().await;
    let url = format!("http://{}/metrics", hub.server.address);
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    let answer = hub.http.get(url).header("accept", accept).send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"));
    assert!(Scrape::of(&text).families.contains_key("hintwire_fetches"));
    let plain = hub.get("/metrics").await;
    assert_eq!(plain.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(hub.get("/metrics?x=1").await.status(), 400);
}
