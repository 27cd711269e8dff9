"""Serve the console over the simulated shop: python tests/app/serve_fake.py PORT FOLDER [untrained]."""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parent))
from fake_shop import FakeShop

from whyrec.app.console import mount

app = FastAPI()
mount(app, FakeShop(Path(sys.argv[2]), trained="untrained" not in sys.argv))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
