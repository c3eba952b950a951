"""A CTE that several read is written first; everything else stays as it is."""

from __future__ import annotations

from dbt.adapters.pointwisespark.shared_ctes import shared

BEGIN = "create table main.days using parquet as "


def test_what_is_read_twice_is_a_table() -> None:
    sql = BEGIN + (
        "with a as (select * from internal.a), -- once (\n"
        "b as (select ')' as x, `a(` from a where y in (1, 2)),"
        " c as (select * from b)"
        " select * from b inner join c on true"
    )
    statements, rest = shared(sql)
    assert list(statements) == ["internal.days__b"]
    assert statements["internal.days__b"] == (
        "create table internal.days__b using parquet as"
        " with a as (select * from internal.a)"
        " select ')' as x, `a(` from a where y in (1, 2)"
    )
    assert rest == BEGIN + (
        "with a as (select * from internal.a), b as (select * from internal.days__b),"
        " c as (select * from b)"
        " select * from b inner join c on true"
    )


def test_inputs_and_what_is_not_to_be_stored_are_not() -> None:
    for query in ("(select * from internal.a)", "/* not stored */ (select x from y)"):
        sql = f"{BEGIN}with a as {query} select * from a union all select * from a"
        assert shared(sql) == ({}, sql)


def test_only_what_writes_is_looked_at() -> None:
    query = "with a as (select 1) select * from a union all select * from a"
    assert shared(query) == ({}, query)
    recursive = f"{BEGIN}{query.replace('with', 'with recursive')}"
    assert shared(recursive) == ({}, recursive)
    view = f"create or replace temporary view days__dbt_tmp as {query}"
    assert list(shared(view)[0]) == ["internal.days__dbt_tmp__a"]
