"""A Postgres of our own for tests: in a temporary folder, on a free port of this machine, gone at the end."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.ports import free_port

_WAIT_S = 60
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # nobody keeps what it holds


def programs() -> Path | None:
    """The folder of initdb and postgres: on PATH, else the newest of Debian's; None where there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


class Postgres:
    """A server that this process starts and stops. Its only user, `tercet`, needs no password."""

    def __init__(self, folder: Path) -> None:
        found = programs()
        if found is None:
            raise RuntimeError("These tests need Postgres: apt-get install postgresql; or leave out: -m 'not postgres'")
        self._programs, self._folder, self._port, self._made = found, folder, free_port(), 0
        self._process: subprocess.Popen[bytes] | None = None
        # Postgres refuses to run as root; Debian's package makes this user.
        root = os.geteuid() == 0
        self._identity: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
        if root:
            shutil.chown(folder, "postgres", "postgres")

    def initialise(self) -> None:
        """Make the files of an empty server."""
        options = ("--auth=trust", "--username=tercet", "--encoding=UTF8", "--locale=C", "--no-sync")
        command = [str(self._programs / "initdb"), *options, f"--pgdata={self._folder / 'data'}"]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False, **self._identity)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start the server, and return when it answers."""
        settings = (f"port={self._port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *_FAST)
        options = [word for setting in settings for word in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is pytest's, which then stops it
                **self._identity,
            )
        deadline = time.monotonic() + _WAIT_S
        while not self._answers():
            alive = self._process.poll() is None and time.monotonic() < deadline
            assert alive, (self._folder / "log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server now; whoever is connected loses the connection."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast shutdown"
            try:
                self._process.wait(_WAIT_S)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait()
            self._process = None

    def create(self) -> str:
        """The URL of a new, empty database."""
        self._made += 1
        name = f"test{self._made}"
        self._execute("CREATE DATABASE {}", name)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, and end its connections."""
        self._execute("DROP DATABASE {} WITH (FORCE)", url.rpartition("/")[2])

    def url(self, name: str) -> str:
        """The URL of a database, whether it is there or not."""
        return f"postgresql://tercet@127.0.0.1:{self._port}/{name}"

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url("postgres"), connect_timeout=2):
            return True
        return False

    def _execute(self, statement: str, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """A server for the length of the block."""
    # Not pytest's folder, which is root's alone.
    with tempfile.TemporaryDirectory(prefix="tercet-postgres-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        server.initialise()
        try:
            server.start()
            yield server
        finally:
            server.stop()
