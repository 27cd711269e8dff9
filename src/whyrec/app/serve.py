"""Run the service on one port: the JSON API under /v1, its documentation, and the console where it is installed."""

from __future__ import annotations

import gc
import importlib.util
import ipaddress
import socket
import sys
from typing import TYPE_CHECKING

from whyrec.app import jobs, terminal
from whyrec.core.errors import UsageError
from whyrec.store import keys

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

HAND_OVER_S = 0.001
"""A thread that computes lets others in after so long, not after Python's 5 ms: requests are read, events committed."""


def serve(shop: Shop, host: str, port: int, console: bool = True, as_json: bool = False) -> None:
    """Serve a shop until the process is told to stop; prints the addresses once it is ready to listen.

    Raises UsageError where the port is taken or another machine could call without a key, TrainingError where the shop
    has no live snapshot.
    """
    import uvicorn

    from whyrec.app.service import create_app

    model = shop.live.meta.id  # before the port is opened: a shop without a model cannot serve
    keyed = bool(keys.read(shop.store))
    if not keyed and not _is_loopback(host):
        raise UsageError(
            f"Expected a key before {host} opens the shop to the network, found none. "
            f"Make one with: whyrec keys add {shop.folder} --role backend"
        )
    _probe(host, port)
    api = create_app(shop)
    shown = console and importlib.util.find_spec("nicegui") is not None
    if shown:
        from whyrec.app.console import mount

        mount(api, shop)
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    found = {
        "api": f"{address}/v1",
        "docs": f"{address}/docs",
        "console": f"{address}/console" if shown else None,
        "shop": f"{address}/shop" if shop.settings.shop.demo else None,
        "widget": f"{address}/widget",
        "snapshot": model,
        "keys": keyed,
    }
    if as_json:
        terminal.print_json(found)
    else:
        terminal.print_addresses(found)
    sys.setswitchinterval(HAND_OVER_S)
    gc.freeze()  # what is loaded stays: no search for garbage looks at it again
    clock = jobs.Clock(shop) if shop.settings.schedule.train else None
    if clock:
        clock.start()
    try:
        uvicorn.run(api, host=host, port=port, log_level="warning", server_header=False)
    finally:
        gc.unfreeze()  # so that leaving finds it
        if clock:
            clock.stop()


def _probe(host: str, port: int) -> None:
    """Find out before anything is loaded whether the address can be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"Expected to listen on {host}:{port}, but: {error}. Choose another with --port or --host."
            ) from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
