-- What the corpus's migrations find: tables of some kinds, and what stands on them.
create domain public.score as integer;
create domain public.grade as integer check (value >= 0);
create type public.mood as enum ('good', 'bad');

create table public.users (
    id bigint generated always as identity primary key,
    email text not null unique,
    name text,
    age integer check (age > 0),
    plan text not null default 'free',
    seen timestamp,
    code varchar(20),
    points public.score,
    mood public.mood,
    note text
);
create index users_name on public.users (name);
create index users_code on public.users (code);

create table public.orders (
    id bigint generated always as identity primary key,
    user_id bigint not null constraint orders_user references public.users,
    buyer_id bigint,
    total numeric(10, 2),
    placed_at timestamptz not null default now()
);
create index orders_user_id on public.orders (user_id);
create unique index orders_total on public.orders (total, id);

create table public.scores (
    id bigint generated always as identity primary key,
    first public.score,
    second public.grade
);

create table public.events (
    id bigint not null,
    day date not null,
    kind text
) partition by range (day);
create table public.events_2020 partition of public.events
for values from ('2020-01-01') to ('2021-01-01');
create table public.events_rest partition of public.events default;
create table public.moments (id bigint not null, day date not null) partition by range (day);
create table public.moments_2020 partition of public.moments
for values from ('2020-01-01') to ('2021-01-01');
create table public.events_2022 (id bigint not null, day date not null, kind text);

create view public.names as select id, name, email from public.users;
create view public.greetings as select 'hello ' || n.name as greeting from public.names as n;
create materialized view public.totals as
select user_id, sum(total) as total from public.orders group by user_id;
create unique index totals_user on public.totals (user_id);

create function public.slow_now() returns timestamptz language plpgsql volatile as $$
begin
    return clock_timestamp();
end
$$;
create function public.inlined_now() returns timestamptz language sql volatile as
$$ select now() $$;
create function public.greet(a text) returns text language sql immutable as
$$ select 'hello ' || a $$;
create function public.notes() returns bigint language plpgsql as $$
begin
    return (select count(note) from public.users);
end
$$;
create sequence public.numbers;
create table public.log (id bigint primary key, what text);
create table public.moments_old (id bigint not null, day date not null);
create table public.lines (order_id bigint, line integer, what text, primary key (order_id, line));
create table public.kept (id bigint primary key);
create rule keeps as on delete to public.kept do instead nothing;
create table public."Odd Names" ("User Id" bigint primary key, "a b" integer);
create table public.alike (id bigint primary key, a text not null check (a = 'x'));
create table public.prices (id bigint primary key, price numeric(10, 2));
