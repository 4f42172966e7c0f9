"""Who is let in, and by what: TLS, certificates, tokens."""

from credentials import Authority, Tokens, replace, served_by
from events import check_same, event, numbered
from lines import check
from program import AWAY


async def authorities(world):
    return [await Authority(world.folder, name).make() for name in ("ours", "other")]


async def plays(world, hub, *flags):
    """A publisher and a follower with these flags do what they do."""
    events = numbered(20)
    publisher = world.publisher(hub, *flags)
    await publisher.publish(events[:10])
    follower = await world.follow(hub, *flags)
    await follower.until_notice("hinted")
    await publisher.publish(events[10:])
    await follower.until_events(len(events))
    await follower.stop()
    check_same(follower.events, events)


async def turned_away(world, hub, *flags):
    """A publisher with these flags does not get as far as to ask."""
    reason = await world.publisher(hub, *flags).refused(event())
    check(reason in AWAY, f"the connection is refused: that is no {reason}")


async def tls(world):
    """An authority of one's own is trusted, and no other in its place."""
    ours, other = await authorities(world)
    hub = await world.hub(*await served_by(ours))
    await plays(world, hub, "--tls-ca", ours.file)
    await turned_away(world, hub, "--tls-ca", other.file)
    await turned_away(world, hub)


async def mtls(world):
    """Who has a certificate of the authority is let in; who has none, or another's, is not."""
    ours, other = await authorities(world)
    policy = Tokens(world.folder).settings[2:]
    hub = await world.hub(*await served_by(ours), "--tls-client-ca", ours.file, *policy)

    async def showing(authority):
        certificate, key = await authority.issue("client", "DNS:client.example")
        return "--tls-ca", ours.file, "--tls-cert", certificate, "--tls-key", key

    await plays(world, hub, *await showing(ours))
    await turned_away(world, hub, *await showing(other))
    await turned_away(world, hub, "--tls-ca", ours.file)


async def token(world):
    """A token that is listed is taken; another, or none, is refused, by the hub's own word."""
    tokens = Tokens(world.folder)
    good = world.token_file(tokens.add("good"))
    hub = await world.hub(*tokens.settings)
    await plays(world, hub, "--token-file", good)
    for flags in (("--token-file", world.token_file("hintwire_unknown")), ()):
        reason = await world.publisher(hub, *flags).refused(event())
        check(reason == "UNAUTHENTICATED", f"UNAUTHENTICATED, not {reason}")
        follower = await world.follow(hub, *flags)
        reason = await follower.until_failed()
        check(reason == "UNAUTHENTICATED", f"a follower ends with UNAUTHENTICATED, not {reason}")


async def token_renewal(world):
    """A token ends under a follower, which asks for another until there is one: the place is kept."""
    tokens = Tokens(world.folder)
    publishes, file = world.token_file(tokens.add("publisher")), world.token_file(tokens.add("first"))
    hub = await world.hub(*tokens.settings)
    publisher = world.publisher(hub, "--token-file", publishes)
    follower = await world.follow(hub, "--token-file", file)
    await follower.until_notice("hinted")
    events = numbered(30)
    await publisher.publish(events[:10])
    await follower.until_events(10)
    second = tokens.add("second")
    tokens.remove("first")
    await hub.stop()
    await hub.start()
    # The stream that was open has ended, another with the old token is refused, and so are fetches.
    await follower.until_notice("polling", 2)
    await follower.until_notice("fetch_failed", 2)
    await publisher.publish(events[10:20])
    file.unlink()
    await follower.until_notice("fetch_failed", follower.notices.count("fetch_failed") + 1)
    replace(file, second)
    await follower.until_notice("hinted", 2)
    await publisher.publish(events[20:])
    await follower.until_events(len(events))
    await follower.stop()
    check_same(follower.events, events)
