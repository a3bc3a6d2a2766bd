"""``cnn-lecture`` and ``python -m cnn``: the server ends with the command that started it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_the_command(tmp_path: Path, number: signal.Signals) -> None:
    server = tmp_path / "python"  # in Streamlit's place, which takes seconds to start
    server.write_text("#!/bin/sh\necho $$\nexec sleep 60\n")
    server.chmod(0o755)
    script = f"import sys; sys.executable = {str(server)!r}; from cnn.__main__ import main; sys.exit(main([]))"
    command = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, process_group=0)
    assert command.stdout
    process = int(command.stdout.readline())
    if number == signal.SIGINT:  # a terminal sends it to both
        os.killpg(command.pid, number)
    else:
        command.send_signal(number)
    command.wait(10)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
