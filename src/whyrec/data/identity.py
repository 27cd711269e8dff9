"""Accounts of one person on several platforms, as a table links them (data/links), and who allowed their use together.

    user_id        person_id   platform   sharing
    web-17         anna        web        yes
    app-a93        anna        app        yes

An account without `person_id` is a person of its own. Accounts are used together only where each of them says yes in
`sharing`: one that does not is neither read for the others nor told of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from whyrec.core.types import UNKNOWN, Events, Objects, Users, objects

PERSON, SHARING, PLATFORM = "person_id", "sharing", "platform"
YES = frozenset({"yes", "y", "true", "t", "on", "1", "1.0", "是"})
NO = frozenset({"no", "n", "false", "f", "off", "0", "0.0", "否", UNKNOWN})
"""Words for no; whatever is no word for yes counts as no."""


def allows(users: Users | None, user: str | None) -> bool:
    """Whether the table says that an account may be used together with the others of its person."""
    return users is not None and user is not None and users.profile(user).get(SHARING, "").casefold() in YES


def linked(users: Users | None, user: str | None) -> tuple[str, ...]:
    """Return the other accounts of the person; whether they may be used is another question."""
    if users is None or user is None:
        return ()
    person = users.profile(user).get(PERSON)
    return tuple(one for one in _accounts(users).get(person or "", ()) if one != user)


def platform_of(users: Users | None, user: str) -> str | None:
    """Return the platform that an account is on; None where that is not said."""
    return None if users is None else users.profile(user).get(PLATFORM)


def joined(events: Events, users: Users | None, said: Mapping[str, bool]) -> Events:
    """Return the log, as a model learns it: accounts that are linked and allowed are one shopper.

    `said` is what shoppers said of sharing themselves; it counts more than the table.
    """
    if users is None or PERSON not in users.attributes:
        return events
    first: dict[str, int] = {}
    owner = np.arange(len(events.users), dtype=np.int32)
    for code, user in enumerate(events.users.ids):
        person = users.profile(str(user)).get(PERSON)
        if person is not None and said.get(str(user), allows(users, str(user))):
            owner[code] = first.setdefault(person, code)
    return replace(events, user=owner[events.user], platform=_platforms(events, users))


def _platforms(events: Events, users: Users) -> Objects | None:
    """Platform of each event, that of its account where the event says none."""
    theirs = objects([platform_of(users, str(user)) for user in events.users.ids])[events.user]
    if events.platform is None:
        return theirs if any(one is not None for one in theirs) else None
    known = np.array([one is not None for one in events.platform], bool)
    return np.where(known, events.platform, theirs)


@lru_cache(maxsize=4)
def _accounts(users: Users) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for user, person in zip(users.users.ids, users.attributes.get(PERSON, ()), strict=False):
        if person is not None and person != UNKNOWN:
            found[str(person)].append(str(user))
    return found
