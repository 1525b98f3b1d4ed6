"""The script behind `make demo`: it stops what it started and nothing else."""

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "sandbox" / "scripts" / "demo.py"


@pytest.fixture
def demo(tmp_path, monkeypatch):
    monkeypatch.setenv("SANDBOX_VAR", str(tmp_path))
    spec = importlib.util.spec_from_file_location("demo_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.RUN.mkdir(parents=True)
    return module


@pytest.fixture
def sleeper():
    """A process; `named` as an argument makes it look like one of the demo's."""
    running = []

    def start(*named):
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", "import time; time.sleep(60)", *named], start_new_session=True
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_process_of_the_demo_is_stopped_and_its_pid_file_gone(demo, sleeper, capsys):
    process = sleeper(str(demo.MANAGE))
    (demo.RUN / "web.pid").write_text(str(process.pid))
    assert demo.pid_of("web") == process.pid
    demo.stop()
    assert capsys.readouterr().out == "Stopped: web.\n"
    assert not demo.running(process.pid)
    assert not (demo.RUN / "web.pid").exists()


def test_another_program_with_the_same_pid_is_left_alone(demo, sleeper, capsys):
    process = sleeper()
    (demo.RUN / "web.pid").write_text(str(process.pid))
    demo.stop()
    assert capsys.readouterr().out == "The demo is not running.\n"
    assert process.poll() is None


def test_a_port_that_is_taken_is_told_with_its_remedy(demo, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(demo, "WEB_PORT", taken.getsockname()[1])
        with pytest.raises(demo.Failed, match="make demo DEMO_PORT="):
            demo.start()


@pytest.mark.parametrize("content", ["", "no number", "999999999"])
def test_a_pid_file_of_nothing_stops_nothing(demo, content, capsys):
    (demo.RUN / "worker.pid").write_text(content)
    demo.stop()
    assert capsys.readouterr().out == "The demo is not running.\n"
