"""One list of processes behind rex up, the Procfile and docker compose."""

import shlex
from pathlib import Path

import yaml

from rex_celery import crews
from rex_celery.config import CHECKOUT
from rex_celery.embedded.processes import PROCESSES, Process, Turn

COMPOSE = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text("utf-8"))
SERVERS = {"postgres", "redis", "migrate"}


def _environment_and_command(line: str) -> tuple[dict[str, str], tuple[str, ...]]:
    words = shlex.split(line)
    settings = [word for word in words if word.partition("=")[0].isupper() and "=" in word]
    return dict(word.split("=", 1) for word in settings), tuple(words[len(settings) :])


def test_the_procfile_runs_the_same_commands() -> None:
    lines = Path(CHECKOUT / "Procfile").read_text("utf-8").splitlines()
    assert lines == [f"{process.name}: {process.line}" for process in PROCESSES]


def test_docker_compose_runs_the_same_commands() -> None:
    services = COMPOSE["services"]
    assert set(services) - SERVERS == {process.name for process in PROCESSES}
    for process in PROCESSES:
        service = services[process.name]
        assert tuple(service["command"]) == process.command
        assert process.environment.items() <= service["environment"].items()


def test_a_line_of_the_procfile_says_environment_and_command() -> None:
    process = Process("x", ("run", "--now"), environment={"HOW": "well"})
    assert _environment_and_command(process.line) == ({"HOW": "well"}, ("run", "--now"))


def test_every_queue_has_one_worker_and_that_reads_no_other() -> None:
    queues = [process.command[process.command.index("-Q") + 1] for process in PROCESSES if "-Q" in process.command]
    assert sorted(queues) == sorted(crews.QUEUES)


def test_workers_are_stopped_after_all_that_lets_work_in() -> None:
    assert {process.name for process in PROCESSES if process.turn == Turn.WORKERS} == {"control", *crews.Crew}


def test_compose_waits_for_a_worker_s_tasks_when_it_stops() -> None:
    for name in ("control", *crews.Crew):
        assert COMPOSE["services"][name]["stop_grace_period"] == "120s"


def test_compose_keeps_data_in_volumes_and_never_throws_messages_away() -> None:
    services = COMPOSE["services"]
    assert services["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    assert services["redis"]["volumes"] == ["redis:/data"]
    assert "noeviction" in services["redis"]["command"]
    assert services["redis"]["command"][services["redis"]["command"].index("--appendonly") + 1] == "yes"


def test_compose_lets_nobody_beyond_this_machine_reach_flower_or_the_servers() -> None:
    services = COMPOSE["services"]
    assert services["flower"]["ports"] == ["127.0.0.1:5555:5555"]
    assert "ports" not in services["postgres"]
    assert "ports" not in services["redis"]


def test_compose_starts_nothing_on_tables_that_are_not_there_yet() -> None:
    for process in PROCESSES:
        needs = COMPOSE["services"][process.name]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}
