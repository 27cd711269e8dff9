"""The console: shopper, models and data in the browser, built with NiceGUI inside the service's own FastAPI app.

Pages are made on the server from the same views and templates as the report. Selection, language and theme stand
in the address, so that a view can be sent to a colleague.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from whyrec.app.console.place import BASE
from whyrec.core.errors import MissingExtraError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from whyrec.app.shop import Shop


def mount(app: FastAPI, shop: Shop) -> None:
    """Add the console of a shop to a service, under /console; one console a process.

    Raises MissingExtraError where NiceGUI is not installed.
    """
    if importlib.util.find_spec("nicegui") is None:
        raise MissingExtraError("nicegui", "console", "The console")
    from nicegui import ui

    from whyrec.app.console import pages

    pages.add(shop)
    ui.run_with(app, mount_path=BASE, title="whyrec", favicon=pages.FAVICON, tailwind=False, show_welcome_message=False)
