"""``cnn-lecture`` and ``python -m cnn``: the server ends with the command that started it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(os.name != "posix", reason="no signals")
def test_the_server_ends_with_the_command(tmp_path: Path) -> None:
    server = tmp_path / "python"  # in Streamlit's place, which takes seconds to start
    server.write_text("#!/bin/sh\necho $$\nexec sleep 60\n")
    server.chmod(0o755)
    script = f"import sys; sys.executable = {str(server)!r}; from cnn.__main__ import main; sys.exit(main([]))"
    command = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert command.stdout
    process = int(command.stdout.readline())
    command.terminate()
    command.wait(10)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
