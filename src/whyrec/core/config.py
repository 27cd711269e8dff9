"""Settings of a shop: one tree of frozen dataclasses, read from and written to `whyrec.toml`.

Each field carries its help text, so that the manual (docs/settings.md) is generated from here and cannot drift.
An unknown key names its nearest neighbour; a value of the wrong type says what was expected. The digest of the
tree is stored with everything that depends on it.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from whyrec.core import rules as order_rules
from whyrec.core.errors import SettingsError, ShopError, nearest
from whyrec.core.rules import RuleSettings
from whyrec.core.setting import setting
from whyrec.core.types import KINDS


def _default_weights() -> dict[str, float]:
    strong = {"purchase": 1.0}
    medium = dict.fromkeys(("cart", "favourite", "like", "share", "bookmark", "comment", "follow", "rating"), 0.7)
    weak = dict.fromkeys(("view", "click", "search", "dwell"), 0.3)
    return {**strong, **medium, **weak, "dislike": -0.7}


@dataclass(frozen=True)
class ShopSettings:
    """What the shop is."""

    name: str = setting("shop", "Name of the shop, shown in the console and the report.")
    locale: str = setting("en", "Default language of catalogue and reasons (BCP 47).")
    time_zone: str = setting("UTC", "Time zone of what people read; inside, times are UTC.")
    currency: str = setting("USD", "Currency of prices (ISO 4217).")
    demo: bool = setting(False, "Show a chip that says the data are a demonstration.")


@dataclass(frozen=True)
class EventSettings:
    """What an event means."""

    weights: dict[str, float] = setting(
        _default_weights(), "Weight of each kind of event in a history; negative = the shopper did not like it."
    )
    kinds: dict[str, str] = setting(
        {}, "Words of the log for kinds of event that whyrec does not know or takes for others: "
        '{"added" = "cart"}. They count at the next `whyrec check`; nothing is imported again.'
    )  # fmt: skip
    targets: list[str] = setting(
        [], "Kinds that a model should predict. Empty: all kinds stronger than a view, or views where there are none."
    )
    seen: str = setting(
        "target", "Where seen items are hidden, what counts as seen: target = an event of a kind that models predict "
        "(or a dislike), so that a mere view does not where the shop has stronger kinds; any = every event.",
        choices=("target", "any"),
    )  # fmt: skip
    rating_threshold: float = setting(0.0, "A rating at or below it counts as dislike and is no target. 0: none does.")
    repeats: str = setting(
        "auto", "Recommend items again that a shopper already had; auto decides by the repeat rate.",
        choices=("auto", "keep", "hide"),
    )  # fmt: skip
    request_time: bool = setting(
        False, "Models may use the moment of the request (how long ago the last event was). Tested on the past, that "
        "is the time of the wanted event; otherwise the time of the last known one.",
    )  # fmt: skip
    repeat_rate: float = setting(0.25, "With repeats = auto: keep them where at least this share of events repeats.")


@dataclass(frozen=True)
class CleanSettings:
    """What cleaning does. Rows that are set aside go to the quarantine with the reason."""

    quantity: str = setting(
        "drop", "Rows with a quantity of zero or less: drop sets them aside, repair makes it one, keep leaves it.",
        choices=("drop", "repair", "keep"),
    )  # fmt: skip
    price: str = setting(
        "repair", "Rows with a price of zero or less: repair makes it unknown, drop sets them aside, keep leaves it.",
        choices=("drop", "repair", "keep"),
    )  # fmt: skip
    duplicates: str = setting(
        "merge", "Rows equal in user, item, kind and time: merge adds their quantities, keep leaves them.",
        choices=("merge", "keep"),
    )  # fmt: skip
    unknown_items: str = setting(
        "keep", "Events on items that the item table lacks: keep adds a bare item, drop sets them aside.",
        choices=("keep", "drop"),
    )  # fmt: skip
    future: str = setting("drop", "Events later than the moment of import: drop or keep.", choices=("drop", "keep"))
    robots: str = setting("keep", "Events of robots and super-heavy users: keep or drop.", choices=("keep", "drop"))
    heavy_events: int = setting(5000, "A user with more events in one day than this is reported as a robot.")
    impute: bool = setting(True, 'Missing categories become "unknown", missing numbers the median of the category.')
    non_products: list[str] = setting(
        ["POST", "DOT", "M", "BANK CHARGES", "AMAZONFEE", "ADJUST", "D", "S", "CRUK"],
        "Item ids that are no products; their events are set aside.",
    )


@dataclass(frozen=True)
class ModelSettings:
    """Which models are fitted, and with what."""

    names: list[str] = setting(["popular", "markov", "itemknn", "ease", "glass"], "Models that `whyrec train` fits.")
    memory_mb: int = setting(1024, "Memory that fitting one model may take for its largest matrix.")
    seed: int = setting(0, "Seed of everything random.")
    folder: str = setting(
        "", "Folder with model files of your own, inside the shop folder (docs/add-a-model.md). Its code is run. "
        "Empty: none."
    )  # fmt: skip
    options: dict[str, dict[str, Any]] = setting({}, "Settings of single models, e.g. [models.options.markov].")


@dataclass(frozen=True)
class ExplainSettings:
    """How reasons are measured and shown."""

    shown: int = setting(3, "Reasons in a sentence.")
    method: str = setting(
        "auto",
        "What weights are where a model is no sum over events. auto: what the score loses without each event alone "
        "(leave-one-out). shapley: shares that add up, estimated, each with its standard error.",
        choices=("auto", "shapley"),
    )
    search: str = setting(
        "greedy",
        "How the order of reasons, and the necessary and the sufficient set, are searched. beam tries more, from "
        "Shapley orders too, and wants a budget of 10,000.",
        choices=("greedy", "beam"),
    )
    budget: int = setting(2000, "Masked histories that one explanation may score.")
    largest_set: int = setting(10, "Largest set of causes tried in a counterfactual.")
    groups: list[str] = setting(
        [], "Attributes whose events are also removed together. Empty: every category attribute with a few values."
    )
    window_days: int = setting(30, "Length of the time windows that are removed together.")
    sample: int = setting(200, "Shoppers whose lists are explained for the global view and the public page.")
    cover: float = setting(0.5, "Where the reasons of a text are less than this share of the score, it says so.")


@dataclass(frozen=True)
class AdaptSettings:
    """How lists follow what each shopper takes up, beside the model (docs/loop.md)."""

    on: bool = setting(
        False, "Mix the parts of the model for each shopper by what earlier lists earned, and let the share of "
        "[rules] explore, where it is not 0, follow how explored places are taken up. Personal lists of known shoppers "
        "only, never of minors or without personalisation; needs events that answer lists."
    )  # fmt: skip
    newest: int = setting(6, "One of the mixes looks at so many of the newest events only.")


@dataclass(frozen=True)
class ServeSettings:
    """How the service listens and stores."""

    host: str = setting(
        "127.0.0.1", "Address to listen on. Any but this machine's own needs a key first: whyrec keys add."
    )
    port: int = setting(8080, "Port to listen on.")
    store: str = setting("", "SQLAlchemy address of the store. Empty: SQLite in the shop folder.")
    commit_ms: int = setting(5, "Events are collected this long and committed together.")
    n: int = setting(10, "Items of a list where the request does not say.")
    body_kb: int = setting(1024, "Largest request body.")


@dataclass(frozen=True)
class AccessSettings:
    """Who may call the service, how often, and from which pages. Keys are made with `whyrec keys add`."""

    origins: list[str] = setting(
        [], "Pages that may call the service from a browser (CORS), e.g. https://shop.example. Empty: only its own."
    )
    token_minutes: int = setting(
        15, "How long a shopper's token holds where the shop's back end does not say; at most 60."
    )
    shopper_rate: float = setting(
        20.0, "Requests a second of one shopper's tokens, bursts of twice as many. 0: no limit."
    )
    key_rate: float = setting(0.0, "Requests a second of one API key, bursts of twice as many. 0: no limit.")
    address_rate: float = setting(
        20.0, "Requests a second of one address without a valid key, public pages included, once there are keys. "
        "0: no limit."
    )  # fmt: skip


@dataclass(frozen=True)
class PrivacySettings:
    """What is kept of people."""

    pseudonyms: bool = setting(
        False, "Keep keyed hashes in the place of shoppers' ids, from the import on; calls go on with the shop's own "
        "ids. To be chosen at whyrec init: --pseudonyms."
    )  # fmt: skip
    list_days: int = setting(
        0, "Days that lists are kept, with the history that each was made from; `whyrec compact` deletes older ones. "
        "0: for good."
    )  # fmt: skip
    min_people: int = setting(
        2, "Words leave out a reason, fact or count behind which fewer people stand (those who had both the cause and "
        "the item) but somebody. 2: nothing is said that one person alone did; 1: nothing is left out; 5 suits a log "
        "in which most items have hundreds of people."
    )  # fmt: skip


@dataclass(frozen=True)
class ScheduleSettings:
    """When the service trains by itself, and what a new model must hold before it goes live."""

    train: str = setting("", "Five cron words, e.g. 0 3 * * *, in the shop's time zone. Empty: never.")
    accuracy: float = setting(
        0.95, "Share of the live model's NDCG@10 on the newest events that the new one must reach in the same test."
    )
    faithfulness: float = setting(
        0.6, "How often taking the first reason away must lower the score more than another event does. Chance is .5."
    )
    slack: float = setting(0.05, "How much less than the live model's faithfulness the new one's may be.")


@dataclass(frozen=True)
class Settings:
    """All settings of a shop; the sections of whyrec.toml."""

    shop: ShopSettings = field(default_factory=ShopSettings)
    events: EventSettings = field(default_factory=EventSettings)
    clean: CleanSettings = field(default_factory=CleanSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    explain: ExplainSettings = field(default_factory=ExplainSettings)
    rules: RuleSettings = field(default_factory=RuleSettings)
    adapt: AdaptSettings = field(default_factory=AdaptSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)

    def digest(self) -> str:
        """Short hash of all settings, stored with what depends on them."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]


def read_settings(path: Path) -> Settings:
    """Read whyrec.toml.

    Raises ShopError where there is no file, SettingsError for anything in it that is not known or of the wrong type.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ShopError(
            f"Expected a shop folder with whyrec.toml, found none at {path}. Make one with: "
            "whyrec init DIR --events FILE"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"Expected TOML in {path}, but: {error}. Correct that line and try again.") from None
    settings: Settings = from_table(Settings, table, path.name)
    check_kinds(settings.events, path.name)
    check_rules(settings.rules, path.name)
    return settings


def check_rules(rules: RuleSettings, where: str) -> None:
    """Raise SettingsError for a rule that cannot be followed, of any scenario."""
    order_rules.check(rules, f"{where}: rules")
    for scenario in rules.scenario:
        order_rules.check(scenario_rules(rules, scenario), f"{where}: rules.scenario.{scenario}")


def scenario_rules(rules: RuleSettings, scenario: str) -> RuleSettings:
    """Return the rules for lists of one scenario."""
    here = f"whyrec.toml: rules.scenario.{scenario}"
    return order_rules.for_scenario(rules, scenario, lambda table: from_table(RuleSettings, table, here))


def check_kinds(events: EventSettings, where: str) -> None:
    """Raise SettingsError where the settings name a kind of event that does not exist."""
    named = (*events.weights, *events.targets, *events.kinds.values())
    unknown = [kind for kind in named if kind not in KINDS]
    if unknown:
        raise SettingsError(
            f"{where}: [events] names the kind {unknown[0]!r}, which whyrec does not know"
            f"{nearest(unknown[0], KINDS)}. Known kinds: {', '.join(KINDS)}."
        )


def from_table(cls: type[Any], table: Mapping[str, Any], where: str) -> Any:
    """Build a dataclass from a TOML table; `where` is the place named in messages."""
    known = {f.name: f for f in fields(cls)}
    hints = typing.get_type_hints(cls)
    values = {}
    for key, value in table.items():
        if key not in known:
            raise SettingsError(
                f"{where}: unknown key {key!r}{nearest(key, known)}. Known keys here: {', '.join(known)}."
            )
        values[key] = _checked(hints[key], value, f"{where}: {key}", known[key].metadata.get("choices", ()))
    for f in fields(cls):
        if f.name not in values and f.default is MISSING and f.default_factory is MISSING:
            raise SettingsError(f"{where}: expected the key {f.name!r}, got {', '.join(table) or 'nothing'}.")
    return cls(**values)


def _checked(kind: Any, value: Any, where: str, choices: tuple[str, ...]) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise SettingsError(f"{where}: expected a section with keys, got {value!r}.")
        return from_table(kind, value, where)
    plain = typing.get_origin(kind) or kind
    if isinstance(kind, types.UnionType):
        plain = next(a for a in typing.get_args(kind) if a is not type(None))
    if plain is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, plain) or (plain is int and isinstance(value, bool)):
        raise SettingsError(f"{where}: expected {plain.__name__}, got {value!r}.")
    if choices and value not in choices:
        raise SettingsError(f"{where}: expected one of {', '.join(choices)}, got {value!r}{nearest(value, choices)}.")
    if typing.get_origin(kind) is list:
        return _entries(typing.get_args(kind)[0], value, where)
    if typing.get_origin(kind) is dict and typing.get_args(kind)[1] is str:
        wrong = [entry for entry in value.values() if not isinstance(entry, str)]
        if wrong:
            raise SettingsError(f"{where}: expected words for words, got {wrong[0]!r} in it.")
    if typing.get_origin(kind) is dict and typing.get_args(kind)[1] is float:
        for key, entry in value.items():
            if isinstance(entry, bool) or not isinstance(entry, (int, float)):
                raise SettingsError(f"{where}.{key}: expected a number, got {entry!r}.")
        # A table given by the shop adds to the defaults, it does not empty them.
        return {**_default_weights(), **{key: float(entry) for key, entry in value.items()}}
    return value


def _entries(kind: Any, value: list[Any], where: str) -> list[Any]:
    if is_dataclass(kind):
        return [_checked(kind, entry, f"{where}[{place}]", ()) for place, entry in enumerate(value)]
    wrong = [entry for entry in value if not isinstance(entry, kind) or isinstance(entry, bool)]
    if wrong:
        words = "words" if kind is str else "whole numbers"
        raise SettingsError(f"{where}: expected a list of {words}, got {wrong[0]!r} in it.")
    return value


def write_settings(settings: Settings, path: Path) -> None:
    """Write whyrec.toml with every setting that differs from its default, and a line that says where the rest is."""
    default = asdict(Settings())
    lines = ["# Settings of this whyrec shop. What is not here has its default; all settings: docs/settings.md."]
    for section, table in asdict(settings).items():
        # Compared as the digest compares them: -0.0 equals 0.0, yet it is written differently.
        changed = {key: value for key, value in table.items() if json.dumps(value) != json.dumps(default[section][key])}
        plain = {key: value for key, value in changed.items() if not isinstance(value, dict)}
        if plain:
            lines += ["", f"[{section}]", *(f"{key} = {_toml(value)}" for key, value in plain.items())]
        for key, value in changed.items():
            if isinstance(value, dict):
                lines += _toml_table(f"{section}.{key}", value)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def section(name: str, table: Mapping[str, Any]) -> str:
    """Return one section of whyrec.toml with these keys, as `write_settings` writes it."""
    return "\n".join(_toml_table(name, table)).strip()


def _toml_table(name: str, table: Mapping[str, Any]) -> list[str]:
    plain = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = ["", f"[{name}]", *(f"{_key(key)} = {_toml(value)}" for key, value in plain.items())] if plain else []
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _toml_table(f"{name}.{_key(key)}", value)
    return lines


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_toml(entry)}" for key, entry in value.items()) + "}"
    return repr(value)


def manual() -> str:
    """Return the manual of whyrec.toml in Markdown, made from the dataclasses."""
    lines = [
        "# Settings",
        "",
        "Generated from `src/whyrec/core/config.py` by `make docs`; a test keeps it equal to the code.",
        "`whyrec.toml` holds what differs from these defaults. An unknown key is refused and names its nearest",
        "neighbour.",
    ]
    for section in fields(Settings):
        cls = typing.get_type_hints(Settings)[section.name]
        lines += _manual_of(cls, f"[{section.name}]", cls())
        for name, kind in typing.get_type_hints(cls).items():
            if typing.get_origin(kind) is list and is_dataclass(typing.get_args(kind)[0]):
                lines += _manual_of(typing.get_args(kind)[0], f"[[{section.name}.{name}]]", None)
    return "\n".join(lines) + "\n"


def _manual_of(cls: Any, head: str, made: Any) -> list[str]:
    """One section; without `made` the defaults are those of the fields, and a key may have none."""
    lines = ["", f"## {head}", "", str(cls.__doc__), "", "| key | default | meaning |", "|---|---|---|"]
    for f in fields(cls):
        default = getattr(made, f.name) if made else f.default_factory() if callable(f.default_factory) else f.default
        shown = json.dumps(default) if isinstance(default, dict) else _toml(default)
        shown = "needed" if default is MISSING else f"`{shown}`"
        choices = f" One of: {', '.join(f.metadata['choices'])}." if f.metadata["choices"] else ""
        lines.append(f"| `{f.name}` | {shown} | {f.metadata['help']}{choices} |")
    return lines
