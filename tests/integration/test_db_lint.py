"""The database by the rules of Supabase's linter (splinter), as far as they can find anything here, and of
`supabase db lint`. Every finding is an error, unless the comment on the object gives the reason.

The linter itself runs on a real project: `make test-supabase`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pglast
import psycopg
import pytest
from pglast.visitors import Visitor

from local.migrate import run_cli

Row = dict[str, Any]
Database = psycopg.Connection[Row]

# What a comment must contain to accept a finding.
REASON_OF_A_DEFINER = "Runs as its owner"
REASON_OF_NO_POLICY = "Without a policy: for services only."

RULES = {
    "0001 unindexed_foreign_keys": """
      select conrelid::regclass || ' ' || conname as name from pg_constraint c
      where contype = 'f' and connamespace in (select ours.oid from ours) and not exists (
        select from pg_index i where i.indrelid = c.conrelid and i.indisvalid
          and (string_to_array(i.indkey::text, ' ')::smallint[])[:cardinality(c.conkey)] = c.conkey
      )
    """,
    "0002 auth_users_exposed": """
      select v.oid::regclass::text as name from pg_class v join pg_rewrite r on r.ev_class = v.oid
      join pg_depend d on d.objid = r.oid and d.refobjid = 'auth.users'::regclass
      where v.relnamespace = 'public'::regnamespace and v.relkind in ('v', 'm')
        and (has_table_privilege('anon', v.oid, 'select') or has_table_privilege('authenticated', v.oid, 'select'))
    """,
    "0003 auth_rls_initplan": r"""
      select tablename || ' ' || policyname as name from pg_policies,
        unnest(array[qual, with_check]) as expression
      where expression ~ '(auth\.\w+|current_setting)\(' and (
        select count(*) from regexp_matches(expression, '(auth\.\w+|current_setting)\(', 'g')
      ) > (select count(*) from regexp_matches(expression, 'SELECT (auth\.\w+|current_setting)\(', 'g'))
    """,
    "0004 no_primary_key": """
      select oid::regclass::text as name from pg_class c
      where relkind in ('r', 'p') and relnamespace in (select ours.oid from ours)
        and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)
    """,
    "0006 multiple_permissive_policies": """
      select schemaname || '.' || tablename || ' ' || command as name from pg_policies,
        unnest(case cmd when 'ALL' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE'] else array[cmd] end) as command,
        unnest(roles) as role
      where permissive = 'PERMISSIVE'
      group by schemaname, tablename, command, role having count(*) > 1
    """,
    "0007 policy_exists_rls_disabled, 0013 rls_disabled_in_public": """
      select oid::regclass::text as name from pg_class
      where relkind in ('r', 'p') and not relrowsecurity and relnamespace in (select ours.oid from ours)
    """,
    "0008 rls_enabled_no_policy": """
      select oid::regclass::text as name from pg_class c
      where relkind in ('r', 'p') and relnamespace in (select ours.oid from ours)
        and not exists (select from pg_policy p where p.polrelid = c.oid)
        and coalesce(obj_description(oid) not like '%' || %(no_policy)s, true)
    """,
    "0009 duplicate_index": """
      select schemaname || '.' || tablename as name from pg_indexes where schemaname in ('public', 'private')
      group by schemaname, tablename, replace(indexdef, indexname, '') having count(*) > 1
    """,
    "0010 security_definer_view": """
      select oid::regclass::text as name from pg_class
      where relkind = 'v' and relnamespace = 'public'::regnamespace
        and not coalesce(reloptions && array['security_invoker=true', 'security_invoker=on'], false)
        and (has_table_privilege('anon', oid, 'select') or has_table_privilege('authenticated', oid, 'select'))
    """,
    "0011 function_search_path_mutable": """
      select oid::regprocedure::text as name from pg_proc
      where pronamespace in (select ours.oid from ours)
        and not coalesce(array_to_string(proconfig, ',') ~ 'search_path=', false)
    """,
    "0014 extension_in_public": """
      select extname::text as name from pg_extension where extnamespace = 'public'::regnamespace
    """,
    "0015 rls_references_user_metadata": """
      select policyname::text as name from pg_policies where concat(qual, with_check) ~ 'user_metadata'
    """,
    "0016 materialized_view_in_api, 0017 foreign_table_in_api": """
      select oid::regclass::text as name from pg_class
      where relkind in ('m', 'f') and relnamespace = 'public'::regnamespace
    """,
    "0018 unsupported_reg_types": """
      select attrelid::regclass || '.' || attname as name from pg_attribute join pg_class c on c.oid = attrelid
      where relnamespace in (select ours.oid from ours) and atttypid::regtype::text like 'reg%%' and relkind = 'r'
    """,
    "0024 rls_policy_always_true": """
      select tablename || ' ' || policyname as name from pg_policies
      where permissive = 'PERMISSIVE' and cmd <> 'SELECT' and (qual = 'true' or with_check = 'true')
        and roles && array['public', 'anon', 'authenticated']::name[]
    """,
    "0025 public_bucket_allows_listing": """
      select id as name from storage.buckets where public
    """,
    "0028 anon_security_definer_function_executable": """
      select oid::regprocedure::text as name from pg_proc
      where pronamespace = 'public'::regnamespace and prosecdef and has_function_privilege('anon', oid, 'execute')
    """,
    "0029 authenticated_security_definer_function_executable": """
      select oid::regprocedure::text as name from pg_proc
      where pronamespace = 'public'::regnamespace and prosecdef
        and has_function_privilege('authenticated', oid, 'execute')
        and coalesce(obj_description(oid) not like '%' || %(definer)s || '%', true)
    """,
    # `supabase db lint`: plpgsql_check evaluates functions that are not volatile, and reports what they raise.
    "functions that raise are volatile": r"""
      select oid::regprocedure::text as name from pg_proc
      where pronamespace in (select ours.oid from ours) and provolatile <> 'v' and prosrc ~* '\mraise exception\M'
    """,
}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_linter_finds_nothing_without_a_reason(database: Database, rule: str) -> None:
    schemas = "with ours as (select oid from pg_namespace where nspname in ('public', 'private')) "
    reasons = {"definer": REASON_OF_A_DEFINER, "no_policy": REASON_OF_NO_POLICY}
    query = schemas + RULES[rule].replace("'%' ||", "'%%' ||").replace("|| '%'", "|| '%%'")
    assert [row["name"] for row in database.execute(query.encode(), reasons)] == []


def test_the_clis_advisors_find_no_warning(database_url: str, tmp_path: Any) -> None:
    """The rules of the pinned CLI, which may be older than those above."""
    result = run_cli(["db", "advisors", "--output", "json", "--level", "warn"], database_url, tmp_path)
    assert result.returncode == 0, result.stderr
    findings = json.loads(result.stdout or "[]")
    assert [finding for finding in findings if "authenticated_security_definer" not in str(finding)] == []


def statements_of(tree: Any) -> Iterator[Any]:
    """The SQL texts in a parsed PL/pgSQL function."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == "PLpgSQL_expr" and "query" in value:
                yield value
            else:
                yield from statements_of(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from statements_of(value)


class Unrestricted(Visitor):
    """Collects UPDATE and DELETE without WHERE, which the extension safeupdate refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def visit_UpdateStmt(self, _: Any, node: Any) -> None:  # noqa: N802
        self.count += node.whereClause is None

    def visit_DeleteStmt(self, _: Any, node: Any) -> None:  # noqa: N802
        self.count += node.whereClause is None


def parsed_plpgsql(definition: str) -> dict[str, Any]:
    head, begin, rest = definition.partition("\nbegin\n")
    # The parser knows no types of other schemas.
    (tree,) = pglast.parse_plpgsql(re.sub(r"\bprivate\.\w+\b(?!\()", "record", head) + begin + rest)
    return dict(tree["PLpgSQL_function"])


def unrestricted(definition: str, language: str, body: str) -> int:
    if language == "sql":
        queries = [body]
    else:
        # 0: a statement; other modes are expressions and assignments.
        expressions = statements_of(parsed_plpgsql(definition))
        queries = [expr["query"] for expr in expressions if expr.get("parseMode", 0) == 0]
    found = Unrestricted()
    for query in queries:
        found(pglast.parse_sql(query))
    return found.count


def check_warnings(definition: str, returns: str) -> list[str]:
    """What plpgsql_check, which `supabase db lint` runs on a real project, warns of and is easily written."""
    function = parsed_plpgsql(definition)
    variables = [datum["PLpgSQL_var"] for datum in function["datums"] if "PLpgSQL_var" in datum]
    warnings = [
        f"{variable['refname']} is initialised with a text"
        for variable in variables
        if variable["datatype"]["PLpgSQL_type"]["typname"] not in ("text", "varchar")
        and re.fullmatch(r"'[^']*'", variable.get("default_val", {}).get("PLpgSQL_expr", {}).get("query", ""))
    ]
    block = function["action"]["PLpgSQL_stmt_block"]
    handlers = block.get("exceptions", {}).get("PLpgSQL_exception_block", {}).get("exc_list", [])
    ends = [block["body"], *(handler["PLpgSQL_exception"]["action"] for handler in handlers)]
    if returns not in ("void", "trigger", "record") and any("PLpgSQL_stmt_perform" in end[-1] for end in ends if end):
        warnings.append("ends without return")
    return warnings


def test_functions_change_no_table_without_a_condition(database: Database) -> None:
    """The Data API's connections load safeupdate, which applies within functions too."""
    rows = database.execute("""
      select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition, l.lanname, p.prosrc
      from pg_proc p join pg_language l on l.oid = p.prolang
      where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    """).fetchall()
    assert len(rows) > 80
    assert [row["name"] for row in rows if unrestricted(row["definition"], row["lanname"], row["prosrc"])] == []
    example = "create function f() returns void language plpgsql as $$ begin {}; end $$"
    for statement, count in (("delete from a", 1), ("update a set b = 1", 1), ("delete from a where b", 0)):
        assert unrestricted(example.format(statement), "plpgsql", "") == count


def test_functions_give_no_warning_of_plpgsql_check(database: Database) -> None:
    rows = database.execute("""
      select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition,
        case when p.proretset then 'record' else p.prorettype::regtype::text end as returns
      from pg_proc p join pg_language l on l.oid = p.prolang
      where pronamespace in ('public'::regnamespace, 'private'::regnamespace) and l.lanname = 'plpgsql'
    """).fetchall()
    assert len(rows) > 50
    found = {row["name"]: check_warnings(row["definition"], row["returns"]) for row in rows}
    assert {name: warnings for name, warnings in found.items() if warnings} == {}
    example = (
        "create function f() returns integer language plpgsql as $$ declare day interval := '1 day'; begin {} "
        "exception when others then {} end $$"
    )
    assert check_warnings(example.format("return 1;", "return 2;"), "integer") == ["day is initialised with a text"]
    for body in (("perform g();", "return 2;"), ("return 1;", "perform g();")):
        assert "ends without return" in check_warnings(example.format(*body), "integer")
