"""The migrations every tool is given: typical DDL, the same text for all of them."""

from __future__ import annotations

from typing import NamedTuple


class Migration(NamedTuple):
    """One migration: its number from 1, its name, its statements without semicolons."""

    number: int
    name: str
    statements: tuple[str, ...]

    @property
    def stem(self) -> str:
        """As in 0007_create_bench_0007."""
        return f"{self.number:04}_{self.name}"

    @property
    def sql(self) -> str:
        """The text of the file."""
        return ";\n\n".join(self.statements) + ";\n"


def migrations(size: int) -> list[Migration]:
    """That many migrations of three to six statements, one table each."""
    return [_migration(number) for number in range(1, size + 1)]


# How many tables of the workload a database has; every migration makes one.
COUNT_TABLES = (
    "select count(*) from pg_tables where schemaname = 'public' and tablename ~ '^bench_'"
)


def _migration(number: int) -> Migration:
    table = f"bench_{number:04}"
    create = f"""\
create table public.{table} (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null,
    title text not null,
    status text not null default 'open',
    amount numeric(12, 2) not null default 0,
    details jsonb not null default '{{}}',
    created_at timestamptz not null default now()
)"""
    always = (
        create,
        f"create index idx_{table}_owner on public.{table} (owner_id, created_at desc)",
        f"comment on table public.{table} is 'What one owner has open, newest first.'",
    )
    some = (
        f"alter table public.{table} add column archived_at timestamptz",
        f"alter table public.{table} add constraint chk_{table}_amount check (amount >= 0)",
        f"alter table public.{table} alter column title set default 'untitled'",
    )
    return Migration(number, f"create_{table}", always + some[: number % 4])
