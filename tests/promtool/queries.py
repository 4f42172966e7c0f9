"""Asks Prometheus each query of the dashboard and of the alerts: all are valid, and name metrics that a hub exports."""

import json
import re
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

DEADLINE = 20
DASHBOARD = Path("deploy/grafana/hintwire.json")
ALERTS = Path("deploy/prometheus/alerts.yml")
NAME = re.compile(r"\b(?:hintwire|process)_\w+")


def ask(prometheus, query):
    """The samples of a query; raises if Prometheus does not take it."""
    url = f"{prometheus}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    try:
        with urllib.request.urlopen(url) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        raise SystemExit(f"refused: {query}\n{error.read().decode()}") from error


def scraped(prometheus):
    """Whether rates can be told: there are two scrapes."""
    try:
        return any(float(s["value"][1]) >= 2 for s in ask(prometheus, 'count_over_time(up{job="hintwire"}[1m])'))
    except urllib.error.URLError:
        return False


def wait(holds):
    """Asks again and again, until the deadline."""
    pause = threading.Event()
    for _ in range(DEADLINE * 5):
        if holds():
            return
        pause.wait(0.2)
    raise SystemExit("Prometheus has not scraped the hub")


def expressions(of):
    """All PromQL of a dashboard."""
    if isinstance(of, dict):
        own = [of["expr"]] if "expr" in of else []
        return own + [found for value in of.values() for found in expressions(value)]
    if isinstance(of, list):
        return [found for value in of for found in expressions(value)]
    return []


def main(prometheus, metrics):
    exported = set(re.findall(r"^([a-z_]+)[{ ]", Path(metrics).read_text(), re.M))
    wait(lambda: scraped(prometheus))
    queries = expressions(json.loads(DASHBOARD.read_text()))
    silent = []
    for query in queries:
        typed = query.replace("$instance", ".*").replace("$__rate_interval", "1m")
        if not ask(prometheus, typed) and "> 0" not in typed:
            silent.append(query)
    with urllib.request.urlopen(f"{prometheus}/api/v1/rules") as answer:
        rules = [rule for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]
    broken = [rule["name"] for rule in rules if rule["health"] == "err"]
    named = set(NAME.findall(" ".join(queries) + ALERTS.read_text()))
    unknown = sorted(name for name in named if name not in exported)
    if silent or broken or unknown:
        raise SystemExit(f"say nothing: {silent}\nrules that fail: {broken}\nnot exported: {unknown}")
    shown = {re.sub("_(bucket|sum|count)$", "", name) for name in named}
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in exported}
    print(f"{len(queries)} queries and {len(rules)} alerts, over {len(shown)} of {len(families)} metrics")


main(*sys.argv[1:])
