"""Who may call the service: API keys with roles, short-lived tokens of shoppers, rate limits.

    wk_<id>_<secret>       a key, shown once when it is made; the store keeps SHA-256 of its secret part
    wt_<payload>.<hmac>    a shopper's token, which the shop's back end asks for at POST /v1/tokens: who, until when,
                           and by which key it was asked for, so that revoking the key ends its tokens

Both travel as `Authorization: Bearer ...`. Without any key the service answers this machine only, and everything is
open to it. The table `RULES` says which role may call what; a call that it does not name is for operators. A shopper
may only ask for what is theirs: routes say so with `own` and `may_read`, and find the caller in `CALLER`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from whyrec.app.faults import CODES, fault
from whyrec.core.errors import StoreError, UsageError, nearest
from whyrec.data.privacy import keyed
from whyrec.store import keys
from whyrec.store.keys import Key

if TYPE_CHECKING:
    from whyrec.core.config import AccessSettings
    from whyrec.core.types import Recommendation
    from whyrec.store.store import Store

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Any, Receive, Send], Awaitable[None]]

ROLES = ("backend", "operator", "auditor")
"""Roles of keys; `shopper` is the role of a token."""
LONGEST_TOKEN_MINUTES = 60
FRESH_S = 1.0
"""A key that was made or revoked in another process counts after this long."""
GRACE_S = 86_400.0
"""A rotated key goes on for a day where nothing else is said."""
MOST_CALLERS = 50_000
"""Callers whose rate is remembered; the one unheard longest is forgotten first."""

SHOP = frozenset({"shopper", "backend", "operator"})
RULES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("POST", r"/v1/tokens", frozenset({"backend", "operator"})),
    ("POST", r"/v1/recommendations|/v1/events|/v1/feedback|/v1/erase", SHOP),
    ("POST", r"/v1/recommendations/[^/]+/replay", SHOP | {"auditor"}),
    ("GET", r"/v1/recommendations/.*", SHOP | {"auditor"}),
    ("GET", r"/v1/related|/v1/items", SHOP | {"auditor"}),
    ("GET", r"/v1/profile|/v1/export", SHOP),
    ("PUT", r"/v1/preferences", SHOP),
    ("DELETE", r"/v1/profile/tags", SHOP),
    ("POST|PUT|PATCH|DELETE", r"/v1/items", frozenset({"backend", "operator"})),
    ("GET", r"/v1/.*", frozenset({"operator", "auditor"})),
)
"""(methods, paths, roles); the first that fits decides, and what none fits is for operators."""
_RULES = tuple((re.compile(methods), re.compile(paths), roles) for methods, paths, roles in RULES)
_PUBLIC = re.compile(r"/v1/transparency|/v1/words|/v1/items/picture|(?!/v1/|/console).*")


@dataclass(frozen=True)
class Caller:
    """Who calls. `role` is one of ROLES, shopper, or open where there are no keys; `user` is the shopper of a token."""

    role: str = "open"
    user: str | None = None
    key: str = ""


OPEN = Caller()
CALLER: ContextVar[Caller] = ContextVar("caller", default=OPEN)
"""The caller of the request at hand; threads that run routes inherit it."""


def own(user: str | None) -> None:
    """Refuse a shopper who speaks for another one, or for nobody."""
    caller = CALLER.get()
    if caller.role == "shopper" and user != caller.user:
        raise HTTPException(403, "Expected the user_id that the token was made for, got another one.")


def not_a_shopper(field: str) -> None:
    """Refuse a field that is the shop's to say."""
    if CALLER.get().role == "shopper":
        raise HTTPException(403, f"Expected a request of a shopper without {field}: they are the shop's to say.")


def may_read(made: Recommendation, owner: str | None, known_as: Callable[[str | None], str | None]) -> bool:
    """Whether the caller may read a stored list: a shopper only their own, and lists that hold nobody's history."""
    caller = CALLER.get()
    nobodys = owner is None and len(made.query.history) == 0
    return caller.role != "shopper" or nobodys or owner == known_as(caller.user)


# -- keys --------------------------------------------------------------------------------------------------------


def add_key(store: Store, role: str, name: str, now: float) -> tuple[str, Key]:
    """Make a key; returns the text to hand out, which is nowhere kept, and what is kept. Raises UsageError."""
    if role not in ROLES:
        raise UsageError(f"Expected a role of {', '.join(ROLES)}, got {role!r}{nearest(role, ROLES)}.")
    secret = secrets.token_urlsafe(32)
    key = Key(secrets.token_hex(4), role, name, _hash(secret), now)
    keys.add(store, key)
    return f"wk_{key.id}_{secret}", key


def rotate_key(store: Store, name: str, now: float, grace_s: float = GRACE_S) -> tuple[str, Key]:
    """Make a key in the place of another, which still holds for `grace_s`; raises UsageError for an unknown one."""
    old = known_key(store, name)
    text, key = add_key(store, old.role, old.name, now)
    keys.end(store, name, now + grace_s)
    return text, key


def revoke_key(store: Store, name: str, now: float) -> Key:
    """End a key, and the tokens that it asked for, now; raises UsageError for an unknown one."""
    old = known_key(store, name)
    keys.end(store, name, now)
    return replace(old, ends_at=now)


def known_key(store: Store, name: str) -> Key:
    """Return a key by its id; raises UsageError for an unknown one."""
    known = keys.read(store)
    if name not in known:
        raise UsageError(f"Expected the id of a key, got {name!r}{nearest(name, known)}. See: whyrec keys list")
    return known[name]


def make_token(secret: bytes, user: str, until: float, key: str = "") -> str:
    """Return a token for a shopper that holds until this moment (UTC seconds)."""
    payload = base64.urlsafe_b64encode(json.dumps([user, until, key]).encode()).decode().rstrip("=")
    return f"wt_{payload}.{keyed(secret, 'token', payload)}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def caller_of(said: str, known: dict[str, Key], secret: bytes, now: float) -> Caller | None:
    """Return who presents this key or token, None where it opens nothing."""
    kind, _, rest = said.partition("_")
    if kind == "wk":
        name, _, own_secret = rest.partition("_")
        key = known.get(name)
        # An unknown id costs the same comparison as a known one.
        right = hmac.compare_digest(_hash(own_secret), key.hash if key else _hash(""))
        return Caller(key.role, key=key.id) if key and right and key.holds(now) else None
    payload, _, signature = rest.partition(".")
    if kind != "wt" or not hmac.compare_digest(keyed(secret, "token", payload).encode(), signature.encode()):
        return None
    user, until, asked_by = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    issuer = known.get(asked_by)
    stands = issuer.holds(now) if issuer else not known and asked_by == ""
    return Caller("shopper", user, asked_by) if stands and now < until else None


# -- rates -------------------------------------------------------------------------------------------------------


class Rates:
    """A token bucket for each caller: `rate` a second, and twice as many at once."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller -> (left, at)

    def wait(self, caller: str, rate: float, now: float) -> float:
        """Take one request from the caller's bucket; returns 0, or the seconds until there is one to take."""
        if rate <= 0:
            return 0.0
        burst = max(1.0, 2 * rate)
        left, at = self._buckets.pop(caller, (burst, now))
        left = min(burst, left + rate * max(0.0, now - at))
        lacks = max(0.0, 1.0 - left) / rate
        self._buckets[caller] = (left if lacks else left - 1.0, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return lacks


# -- the gate ----------------------------------------------------------------------------------------------------


class Gate:
    """Lets a request through to the application where its caller may make it; the others are told why not."""

    def __init__(self, app: Application, store: Store, secret: bytes, settings: AccessSettings) -> None:
        self.app = app
        self.store = store
        self.secret = secret
        self.settings = settings
        self._rates = Rates()
        self._known: dict[str, Key] = {}
        self._read_at = -FRESH_S

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        try:
            await self._refresh()
            caller = self._admit(scope)
        except (HTTPException, StoreError) as error:
            await _refuse(error, scope, receive, send)
            return
        before = CALLER.set(caller)
        try:
            await self.app(scope, receive, send)
        finally:
            CALLER.reset(before)

    async def _refresh(self) -> None:
        if time.monotonic() - self._read_at >= FRESH_S:
            self._known = await run_in_threadpool(keys.read, self.store)
            self._read_at = time.monotonic()

    def _admit(self, scope: Any) -> Caller:
        """Return the caller; raises HTTPException 401, 403 or 429."""
        path, said = scope["path"], _presented(scope)
        method = "GET" if scope["type"] == "websocket" or scope["method"] == "HEAD" else scope["method"]
        address = scope["client"][0] if scope.get("client") else "127.0.0.1"
        caller = caller_of(said, self._known, self.secret, time.time()) if said else None
        self._slow_down(caller, address)
        if caller is None and said:
            raise _unauthorised("Expected a key or token that holds, got one that is unknown, ended or damaged.", path)
        if caller is None and not self._known:
            if not _is_loopback(address):
                raise _unauthorised("Without keys the service answers its own machine only. Make one: whyrec keys add.")
            return OPEN
        if _PUBLIC.fullmatch(path):
            return caller or Caller("public")
        if caller is None:
            raise _unauthorised("Expected a key or a token in the header Authorization: Bearer ..., got none.", path)
        if caller.role not in _allowed(method, path):
            raise HTTPException(403, f"Expected a key that may do this, got one of the role {caller.role}.")
        return caller

    def _slow_down(self, caller: Caller | None, address: str) -> None:
        """Raise HTTPException 429 for who asks too often."""
        if not self._known and caller is None:
            return  # this machine only
        if caller is None:
            who, rate = f"address {address}", self.settings.address_rate
        elif caller.role == "shopper":
            who, rate = f"shopper {caller.user}", self.settings.shopper_rate
        else:
            who, rate = f"key {caller.key}", self.settings.key_rate
        wait = self._rates.wait(who, rate, time.monotonic())
        if wait:
            again = str(int(wait) + 1)
            told = f"Expected at most {rate:g} requests a second. Try again in {again} s."
            raise HTTPException(429, told, {"Retry-After": again})


def _allowed(method: str, path: str) -> frozenset[str]:
    for methods, paths, roles in _RULES:
        if methods.fullmatch(method) and paths.fullmatch(path):
            return roles
    return frozenset({"operator"})


def _presented(scope: Any) -> str:
    """Return the key or token of a request; of Basic, which browsers ask for at the console, the password is it."""
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    kind, _, said = header.partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(said, validate=True).decode("utf-8").partition(":")[2] or "none"
        except ValueError:
            return "none"
    return said.strip() if kind.lower() == "bearer" else ("none" if header else "")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _unauthorised(said: str, path: str = "") -> HTTPException:
    scheme = 'Basic realm="whyrec console: any name, an operator key"' if path.startswith("/console") else "Bearer"
    return HTTPException(401, said, {"WWW-Authenticate": scheme})


async def _refuse(error: HTTPException | StoreError, scope: Any, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    if isinstance(error, StoreError):
        answer = fault(Request(scope), 503, "store_unavailable", str(error))
    else:
        answer = fault(Request(scope), error.status_code, CODES[error.status_code], str(error.detail), error.headers)
    await answer(scope, receive, send)
