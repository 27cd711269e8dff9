"""The OpenAPI document: it holds for whatever schemathesis thinks of, and its examples work."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from small_service import small_service

from whyrec.app.rule_requests import FORMAT
from whyrec.core.expression import AllOf, Compare, Not, one_of, written

load_all_checks()
# A schema can name the form of an expression, but not say what brackets inside each other are.
_tests = st.one_of(
    st.builds(
        one_of, st.sampled_from(["brand", "item", "kind", "language"]), st.lists(st.text(max_size=5), min_size=1)
    ),
    st.builds(
        Compare, st.sampled_from(["price", "stock", "nowhere"]), st.just("<"), st.tuples(st.integers(0, 99).map(float))
    ),
)
_wheres = st.one_of(_tests, st.builds(Not, _tests), st.builds(AllOf, st.tuples(_tests, _tests))).map(written)
schemathesis.openapi.format(FORMAT, _wheres.filter(lambda text: "\0" not in text and text.isprintable()))


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with small_service(tmp_path_factory.mktemp("service")) as client:
        yield client


@pytest.fixture(scope="module")
def api(client):
    # A batch of too many items may be too large before it is counted.
    refused = {"expected-statuses": "400 401 403 404 405 406 409 413 415 422 428 429 5xx".split()}  # noqa: SIM905
    config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": refused}})
    return schemathesis.openapi.from_url(f"{client.http.base_url}/openapi.json", config=config)


def test_every_call_is_described(client):
    document = client.http.get("/openapi.json").json()
    calls = [(path, call) for path, methods in document["paths"].items() for call in methods.values()]
    assert len(calls) >= 28
    for path, call in calls:
        assert call["description"], path
        ours = {status for status in call["responses"] if status != "200"}
        assert {f"{path} {s}" for s in ours if "FaultAnswer" not in str(call["responses"][s])} == set()


def test_the_examples_of_the_document_work(client):
    schemas = client.http.get("/openapi.json").json()["components"]["schemas"]
    calls = {
        "ListRequest": "/v1/recommendations",
        "EventsIn": "/v1/events",
        "ItemsIn": "/v1/items",
        "TokenRequest": "/v1/tokens",
    }
    for name, path in calls.items():
        assert schemas[name]["examples"]
        for example in schemas[name]["examples"]:
            client.ok("POST", path, json=example)
    for example in schemas["PreferencesIn"]["examples"]:
        client.ok("PUT", "/v1/preferences", json=example)
    for example in schemas["FeedbackIn"]["examples"]:
        answer = client.http.post("/v1/feedback", json=example)
        assert answer.status_code == (404 if example["kind"] == "undo" else 200), answer.text


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_schemathesis_finds_nothing(api, mode):
    n_calls = 0
    for found in api.get_all_operations():
        operation = found.ok()

        @given(operation.as_strategy(generation_mode=mode))
        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def check(case):
            case.call_and_validate()

        raw = operation.definition.raw
        if mode is GenerationMode.POSITIVE or "parameters" in raw or "requestBody" in raw:  # else nothing can be wrong
            check()
            n_calls += 1
    assert n_calls >= (28 if mode is GenerationMode.POSITIVE else 26), "the walk over the document found too few calls"
