"""Each measurement once, tiny: the work is done right and the result file has its shape. Never a time."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import intake, load, machine, pipeline, report, scaling, simulation, web
from bench import stage as stages
from rex_celery import config, db, redis

NAMES = ("REX_HOME", "DATABASE_URL", "REX_APP_DATABASE_URL", "REDIS_URL", "REX_SECRET_KEY")
PEER = ("BENCH_PEER_REDIS", "BENCH_PEER_DATABASE")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stages.Stage]:
    """Servers of its own: the measurements empty every table. The run's own addresses come back afterwards."""
    before = {name: os.environ.get(name) for name in (*NAMES, *PEER)}  # noqa: TID251
    _forget()
    with stages.ready(None) as made:
        os.environ["BENCH_PEER_REDIS"] = made.peer_redis_url  # noqa: TID251
        os.environ["BENCH_PEER_DATABASE"] = made.peer_database  # noqa: TID251
        yield made
    for name, value in before.items():
        os.environ.pop(name, None)  # noqa: TID251
        if value is not None:
            os.environ[name] = value  # noqa: TID251
    _forget()


def test_the_pipeline_of_both_sides_is_measured(stage: stages.Stage, tmp_path: Path) -> None:
    found = pipeline.measure(stage, pipeline.Sizes(rex=(40,), bare=10, rounds=1))

    kept = _kept(tmp_path, stage, "pipeline", found)
    assert set(kept["medians"]) == {"bare", "bare_4_children", "rex_40"}
    assert kept["times_bare"]["rex_40"].keys() == {"leads_per_second", "cpu_ms_per_lead"}
    assert all(row["cpu_ms_per_lead"] > 0 and row["seconds"] > 0 for row in kept["medians"].values())


def test_the_api_is_measured_beside_a_bare_app(stage: stages.Stage, tmp_path: Path) -> None:
    found = web.measure(stage, web.Sizes(leads=20, clients=4, single=5, many=12, rounds=1))

    kept = _kept(tmp_path, stage, "web", found)
    names = {"submit_20_leads_1_client", "submit_empty", "bare_submit", "status", "mission_detail"}
    assert set(kept["medians"]) == names
    assert all(row["errors"] == 0 for row in kept["medians"].values())
    assert kept["p95_times_bare"] > 0


def test_a_slow_channel_is_measured_with_one_worker_and_with_two(stage: stages.Stage, tmp_path: Path) -> None:
    found = scaling.measure(stage, scaling.Sizes(leads=6, delay=0.01, rounds=1))

    assert set(_kept(tmp_path, stage, "scaling", found)["medians"]) == {"1_workers", "2_workers"}


def test_a_simulation_is_measured(stage: stages.Stage, tmp_path: Path) -> None:
    found = simulation.measure(stage, simulation.Sizes(leads=8, rounds=1))

    row = _kept(tmp_path, stage, "simulation", found)["medians"]["8_people"]
    assert row["messages"] >= row["sent"] > 0


def test_webhooks_are_measured_while_they_are_applied(stage: stages.Stage, tmp_path: Path) -> None:
    found = intake.measure(stage, intake.Sizes(messages=60, events=20, clients=2, rounds=1, rate=2_000))

    kept = _kept(tmp_path, stage, "intake", found)
    assert set(kept["medians"]) == {"sustained", "saturated"}
    assert all(row["events"] == 240 and row["p95_ms"] > 0 for row in kept["medians"].values())


def test_an_answer_counts_once_it_is_whole() -> None:
    ours, theirs = load.socket.socketpair()
    with ours, theirs:
        client = load.Client(ours)
        theirs.sendall(b"HTTP/1.1 201 CREATED\r\nContent-Length: 4\r\n\r\n12")
        assert load._read(client) is None
        theirs.sendall(b"34")
        assert load._read(client) == 201


def _kept(folder: Path, stage: stages.Stage, name: str, found: dict[str, object]) -> dict[str, dict[str, dict[str, float]]]:  # fmt: skip  # noqa: E501
    report.keep(folder, name, {"machine": machine.describe(stage), **found})
    report.show(name, found)
    kept = json.loads((folder / f"{name}.json").read_text("utf-8"))
    assert {"compared", "medians", "rounds", "machine"} <= kept.keys()
    assert {"cpu", "cores", "memory_gb", "python", "postgres", "valkey", "load_before"} <= kept["machine"].keys()
    assert kept["machine"]["postgres"]["fsync"] == "on"
    return dict(kept)


def _forget() -> None:
    for made in (db.engine, redis.client, config.settings):
        made.cache_clear()
