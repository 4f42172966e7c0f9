"""Names and data of every kind."""

from events import check_same, event

SIGNS = "news/AZaz09._~:@-/~private"


async def any_bytes(world):
    hub = await world.hub()
    wanted = [
        event("news/unicode", key="Schlüssel/日本語 🗝", id="Meldung-ÄÖÜ-\u00a0-🎉", data="世界".encode()),
        event("news/unicode", key="e\u0301 is not \u00e9", data="\u202eright to left".encode()),
        event("news/unicode", key='quote " backslash \\ tab \t', data=b'{"not": json'),
        event(SIGNS, key="signs", data=b"every sign that a topic may have"),
        event("news/" + "x" * 250, key="k" * 200, data=b"long names"),
        event("news/binary", data=bytes(range(256))),
        event("news/binary", data=bytes(range(256)) * 4096),
        event("news/empty"),
        event("news/json", data=b'{"a":1}', content_type="application/json"),
        event("news/unicode", key="Schlüssel/日本語 🗝", deleted=True),
    ]
    await world.publisher(hub).publish(wanted)
    await world.publisher(hub).publish([event("other/topic", data=b"not asked for")])
    everything = await world.follow(hub)
    private = await world.follow(hub, topic=SIGNS)
    visible = [one for one in wanted if one["topic"] != SIGNS]
    await everything.until_events(len(visible))
    await private.until_events(1)
    for follower in (everything, private):
        await follower.stop()
    check_same(everything.events, visible, "a follower of news/**")
    check_same(private.events, [wanted[3]], "a follower of a ~ topic")
