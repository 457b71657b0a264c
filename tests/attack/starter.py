"""Starts farms quickly: a process that has imported everything forks for each order and runs `homeport up` there.

An order is a line of JSON, the arguments; the answer is a line too: exit code, standard output, standard error. A farm
is started with `--until-eof` and no standard input, so it ends as soon as it serves: exit code 0 means that it started.
"""

import gc
import json
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

MODULES = (
    *("homeport.cli.up", "homeport.farm.process", "homeport.farm.control", "homeport.farm.http", "homeport.farm.logs"),
    *("homeport.config.reading", "homeport.disk.mail_store", "homeport.disk.registry_store", "homeport.disk.file_tree"),
    *("homeport.io.tls.authority", "homeport.io.tls.contexts", "homeport.services.smtp", "homeport.services.ftp"),
    *("homeport.services.epp", "homeport.services.finger", "homeport.control.operations"),
)


def run_in_child(arguments: list[str], folder: str) -> None:
    """Become the command. Never returns."""
    for number, name in ((0, os.devnull), (1, f"{folder}/out"), (2, f"{folder}/err")):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), number)
    sys.argv = ["homeport", "up", "--ephemeral", "--until-eof", *arguments]
    code = 1
    try:
        from homeport.cli import main

        main()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Answer orders until the input ends."""
    for name in MODULES:
        import_module(name)
    gc.freeze()
    for line in sys.stdin:
        with tempfile.TemporaryDirectory() as folder:
            if (child := os.fork()) == 0:
                run_in_child(json.loads(line), folder)
            _pid, status = os.waitpid(child, 0)
            texts = []
            for name in ("out", "err"):
                texts.append(Path(folder, name).read_text(encoding="utf-8"))
        print(json.dumps([os.waitstatus_to_exitcode(status), *texts]), flush=True)


if __name__ == "__main__":
    serve()
