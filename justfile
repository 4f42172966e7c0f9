# The front door: `just` lists what there is. `.ci/run` walks through the same recipes.

buf := ".cache/node_modules/.bin/buf"
feed := env("HINTWIRE_FEED", "../shared/data/release-changes.jsonl.gz")
figures := "bench/figures.json"
sim_short := "HINTWIRE_SIM_SEEDS=2000 HINTWIRE_SIM_EVERY_CALL=100 HINTWIRE_SIM_TWO_DEEP=10"

# Lists the recipes
default:
    @just --list

# README's test command
test:
    cargo test

# Everything that the other recipes run, built once with one set of features
build:
    cargo build --workspace --all-targets

# Formatting, lints and docs; every warning is an error
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
    taplo fmt --check
    typos

# Models of the places where threads meet: every way in which they come between each other
loom:
    cargo test --features loom --lib loom

# Ten wrong hubs: the ordinary campaigns must catch each within 100 seeds; `just planted LostWakeUp` for one
planted *bug:
    tests/planted.sh {{ bug }}

# The library as a user without the command line takes it
lean:
    cargo check --no-default-features

# The proto: lint, format, and no break with those that clients were generated from
proto:
    {{ buf }} lint
    {{ buf }} format --diff --exit-code
    BUF={{ buf }} .ci/breaking

# The Go client: its committed stubs are what proto/ generates, and its own tests
client-go:
    clients/go/generate.sh --check
    cd clients/go && test -z "$(gofmt -l .)" && go vet ./... && go test ./...

# The clients' own tests, against the debug build: Python and TypeScript
client-tests: build
    clients/python/install.sh
    .cache/clients/python/bin/python -m unittest discover clients/python/tests
    npm install --silent --no-audit --no-fund --prefix clients/typescript
    npm test --silent --prefix clients/typescript

# The hub against its own OpenAPI description, which must be valid: so many cases for each route and form of request
openapi examples="20": build
    .cache/venv/bin/python tests/openapi/run.py target/debug/hintwire --examples {{ examples }}

# The real feed through a hub, at full size: 100 followers, kill -9, resume
feed:
    HINTWIRE_FEED={{ feed }} cargo test --test feed -- --nocapture

# One reader through every way of reading, one cursor, over the real feed; the hub is killed half-way
chain:
    HINTWIRE_FEED={{ feed }} cargo test --test chain -- --nocapture

# The network campaign: server, client loop and disk in virtual time; `just net 17` repeats one seed
net from="0" seeds="1":
    HINTWIRE_NET_FROM={{ from }} HINTWIRE_NET_SEEDS={{ seeds }} cargo test --test sim net::campaign -- --nocapture

# The same, 100 seeds, as `.ci/run` does: each rare state must be reached
net-short: (net "0" "100")

# The same, 2,000 seeds
net-long: (net "0" "2000")

# A client of HTTP that is not ours: the CloudEvents SDK for Python publishes, and reads the feed
http-clients: build
    test -x .cache/cloudevents/bin/python || python3 -m venv .cache/cloudevents
    .cache/cloudevents/bin/pip install --quiet cloudevents==2.2.0
    .cache/cloudevents/bin/python tests/feed_client.py target/debug/hintwire

# Alerts, dashboard and what a hub exports, held to each other by Prometheus itself (Debian's package, in .cache)
promtool: build
    tests/promtool/run.sh target/debug/hintwire

# The crate, as it would be published
package:
    cargo package --package hintwire --allow-dirty --no-verify

# The example page, and what foreign pages may not do, in a real headless Chromium; a screenshot goes to .cache/browser.png
browser: build
    examples/web/test.sh

# The clients of all languages whose toolchain is here, against the real binary; `just conformance go` for one
conformance *words:
    cargo build --workspace --bins --examples
    clients/conformance/run.py {{ words }}

# grpcurl, grpc-health-probe and ghz: every line of docs/tools.md against the debug build
tools:
    clients/conformance/tools.sh

# Licences, bans and sources of the dependencies; builds cargo-deny into .cache once
deny: cargo-deny
    .cache/deny/bin/cargo-deny --log-level error check --hide-inclusion-graph --allow duplicate bans licenses sources

# Known vulnerabilities of the dependencies; fetches their database from GitHub
advisories: cargo-deny
    .cache/deny/bin/cargo-deny check advisories

[private]
cargo-deny:
    test -x .cache/deny/bin/cargo-deny || cargo install --quiet --locked --debug --root .cache/deny cargo-deny@0.20.2

# What the binary is built from, as CycloneDX
sbom target="x86_64-unknown-linux-musl":
    deploy/sbom.py {{ target }} > target/sbom.json

# A binary that needs nothing of the system, for any Linux: target/x86_64-unknown-linux-musl/release/hintwire (needs musl-tools)
musl profile="release":
    rustup target add x86_64-unknown-linux-musl
    cargo build --profile {{ profile }} --locked --target x86_64-unknown-linux-musl --bin hintwire
    file target/x86_64-unknown-linux-musl/{{ if profile == "dev" { "debug" } else { profile } }}/hintwire | grep -E "static(-pie|ally) linked"

# How much of the system the systemd unit leaves to the hub: 1.5 of 10 at most, where systemd is
unit:
    if command -v systemd-analyze > /dev/null; then systemd-analyze security --no-pager --offline=yes --threshold=15 deploy/systemd/hintwire.service; else echo "SKIPPED: systemd is not there"; fi

# Figures of the hub on this machine: publish, syncs, news, burst, idle, catch-up, poll, feed, growth, restart; or those you name
bench *workloads:
    cargo build --release --workspace
    ulimit -n $(ulimit -Hn); HINTWIRE_FEED={{ feed }} target/release/hintwire-bench target/release/hintwire {{ workloads }}

# The same beside etcd, NATS, Redis and Mercure, of which it installs what it can; name workloads or targets for less
bench-peers *words:
    bench/peers.sh
    cargo build --release --workspace
    ulimit -n $(ulimit -Hn); HINTWIRE_FEED={{ feed }} target/release/hintwire-bench target/release/hintwire --peers .cache/peers/bin --out {{ figures }} {{ words }}

# Conditional polls over HTTP beside nginx's 304 for a static file; installs wrk and nginx into .cache
bench-http rounds="5" seconds="5":
    cargo build --release --bin hintwire
    bench/http.sh target/release/hintwire {{ rounds }} {{ seconds }}

# docs/benchmarks.md, from the figures of `just bench-peers`
bench-report:
    cargo run --release --package hintwire-bench -- report {{ figures }} docs/benchmarks.md

# The parts of a hub without a network: log append and read, pattern match, hint fan-out, cursors; `just microbench cursor`
microbench *filter:
    cargo bench --package hintwire-bench --bench parts -- {{ filter }}

# Where the hub's CPU time goes in a workload, by part and by function (needs perf): `just profile poll`
profile *words:
    cargo build --release --workspace
    bench/profile.sh target/release/hintwire target/release/hintwire-bench {{ words }}

# The bench, small: does it run?
bench-smoke: build
    HINTWIRE_FEED={{ feed }} target/debug/hintwire-bench target/debug/hintwire --smoke

# Hostile and crowded wires, full form, in figures; `just hostile silent` for one row
hostile *rows:
    cargo build --release --workspace
    ulimit -n $(ulimit -Hn); target/release/hintwire-bench target/release/hintwire hostile {{ rows }}

# The same, short: facts alone are judged
hostile-smoke *rows: build
    ulimit -n $(ulimit -Hn); target/debug/hintwire-bench target/debug/hintwire hostile --smoke {{ rows }}

# A backlog of the present format, to be kept: written once for each format that is released
fixture:
    cargo test --test damage write_the_fixture -- --ignored

# An hour of ordinary load: memory, descriptors and p99 must be flat; fewer seconds for a shorter run
soak seconds="3600":
    cargo build --release --workspace
    ulimit -n $(ulimit -Hn); target/release/hintwire-bench target/release/hintwire soak {{ seconds }}

# The same for a minute, with the debug build: nothing is missed, and nothing grows much
soak-smoke: build
    ulimit -n $(ulimit -Hn); target/debug/hintwire-bench target/debug/hintwire soak 60

# Damage to the files of a backlog: every so many bytes spoiled, each file missing or exchanged
damage stride="61":
    HINTWIRE_DAMAGE_STRIDE={{ stride }} cargo test --test damage -- --nocapture

# The same for every single byte
damage-long: (damage "1")

# SIGKILL, again and again, under publishers and followers: nothing lost, nothing twice, no gap
crash kills="50" acks="0" apart="1000":
    HINTWIRE_CRASH_KILLS={{ kills }} HINTWIRE_CRASH_ACKS={{ acks }} HINTWIRE_CRASH_APART={{ apart }} cargo test --test binary kill_after_kill -- --nocapture

# The same at full size: 1,000 kills and a million acknowledged events, about half an hour
crash-long: (crash "1000" "1000000" "2000")

# etcd's watch traffic on the real binary, through a chaos proxy: 15 s of it
traffic:
    HINTWIRE_TRAFFIC_SECONDS=15 cargo test --test traffic -- --nocapture

# The same for as long as you say, e.g. `just traffic-long 600`
traffic-long seconds="300":
    HINTWIRE_TRAFFIC_SECONDS={{ seconds }} cargo test --test traffic -- --nocapture

# The real binary with failing system calls (strace), and on a small file system that gets full (tmpfs)
faults:
    cargo test --test binary -- --nocapture --skip kill_after_kill

# The hub against its model, its history held to every guarantee; so many random plays on each engine
model plays="2000":
    PROPTEST_CASES={{ plays }} cargo test --test guarantees model -- --nocapture

# The corpus of all fuzz targets, and so many mutants of each
mutants count="20000":
    HINTWIRE_MUTANTS={{ count }} cargo test --test corpus -- --nocapture

# One fuzz target, for a minute (needs a nightly compiler, and `cargo install cargo-fuzz`): config, cursor, http_event, index, jsonl,
# recovery, requests, segment, topic
fuzz name seconds="60":
    cargo +nightly fuzz run {{ name }} -- -max_total_time={{ seconds }}

# Power loss under the log, 2,000 seeds; `just sim SEED` repeats one of them, with its trace
sim seed="":
    {{ if seed == "" { sim_short } else { "HINTWIRE_SIM_TRACE=" + seed } }} cargo test --test sim power:: -- --nocapture

# The same with 200,000 seeds, a few hours
sim-long:
    HINTWIRE_SIM_SEEDS=200000 HINTWIRE_SIM_EVERY_CALL=5000 HINTWIRE_SIM_TWO_DEEP=200 cargo test --test sim power:: -- --nocapture
