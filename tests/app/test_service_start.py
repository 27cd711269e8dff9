"""The serving process: it starts from the command line, answers, stops when told, and never imports torch."""

import json
import select
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from small_service import make_shop

CHECK = """
import sys
from whyrec.app.cli import main
try:
    main()
finally:
    print("torch" in sys.modules, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with make_shop(tmp_path_factory.mktemp("served")) as shop:
        return shop.folder


def test_serve_answers_without_torch(folder):
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = str(trial.getsockname()[1])
    command = [sys.executable, "-c", CHECK, "serve", str(folder), "--port", port, "--no-console", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=20), base_url=f"http://127.0.0.1:{port}") as http:
            assert select.select([server.stdout], [], [], 30)[0], "it says nothing"
            made = http.post("/v1/recommendations", json={"user_id": "u/1", "explain": True})
            assert made.status_code == 200 and made.json()["items"][0]["explanation"]["text"]
            assert http.get("/readyz").status_code == 200
    finally:
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=30)
    assert json.loads(out)["api"] == f"http://127.0.0.1:{port}/v1"
    assert err.split()[-1] == "False", err
