"""The scenarios of ../CONFORMANCE.md, in its order. Each takes a World, and ends or fails."""

from . import bytes_, cursors, fetches, pace, publish, restarts, silence, starts, trust

SCENARIOS = {
    "publish": publish.publish,
    "bytes": bytes_.any_bytes,
    "starts": starts.starts,
    "fetches": fetches.one_a_hint,
    "pages": fetches.pages_of_a_backlog,
    "safety": fetches.one_a_safety_interval,
    "polling": fetches.polls_alone,
    "restarts": restarts.killed_and_restarted,
    "wiped": restarts.another_backlog,
    "trimmed": cursors.trimmed,
    "foreign": cursors.foreign,
    "ahead": cursors.ahead,
    "malformed": cursors.malformed,
    "paused": silence.paused,
    "stalled": silence.stalled,
    "quiet": silence.quiet_topic,
    "reconnect": pace.asked_to_reconnect,
    "slow": pace.slow_handler,
    "tls": trust.tls,
    "mtls": trust.mtls,
    "token": trust.token,
    "renewal": trust.token_renewal,
}
