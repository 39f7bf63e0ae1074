"""Runs the fraud rules as a job of Apache Flink.

The rules are SQL: tables.sql says what is read and written, fraud.sql what is fraud. This file puts the application's properties into them and
gives each payment its own time, which SQL alone cannot: a record of the stream holds several payments.

Managed Service for Apache Flink leaves the properties in a file. APPLICATION_PROPERTIES_FILE names another one, for a run on this machine; such
a run reads bounded tables and waits for their end.
"""

import json
import os
import re
from pathlib import Path

from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import Schema, StreamTableEnvironment

HERE = Path(__file__).resolve().parent
MANAGED_PROPERTIES = "/etc/flink/application_properties.json"

EVENTS = "fraud.events"
DECISIONS = "fraud.decisions"
RULES = "fraud.rules"
LIMITS = "fraud.amount.limits"
JOB = "fraud.job"

# What may stand in the SQL in the place of a property. Nothing else gets in, whoever wrote the properties.
WHOLE_NUMBER = re.compile(r"[0-9]{1,16}")
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
CATEGORIES = re.compile(r"([A-Za-z0-9_.-]+(,[A-Za-z0-9_.-]+)*)?")
CURRENCY = re.compile(r"[A-Z]{3}")

PLACEHOLDER = re.compile(r"\$\{([a-z.]+)\}")

RULE_FORMS = {
    "lateness.seconds": WHOLE_NUMBER,
    "velocity.payments": WHOLE_NUMBER,
    "velocity.seconds": WHOLE_NUMBER,
    "amount.history": WHOLE_NUMBER,
    "amount.deviations": NUMBER,
    "amount.least.spread": NUMBER,
    "geo.seconds": WHOLE_NUMBER,
    "geo.remote.categories": CATEGORIES,
}


def read_properties(file):
    """The property groups, by their id. Values are text."""
    with open(file, encoding="utf-8") as source:
        return {group["PropertyGroupId"]: group["PropertyMap"] for group in json.load(source)}


def checked(name, value, form):
    """The value of a property that has the form that is expected of it."""
    if not form.fullmatch(value):
        raise ValueError(f"property {name} is not of the form {form.pattern}: {value}")
    return value


def quoted(text):
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def table_options(group):
    """The options of a table, as they stand between the brackets of WITH."""
    return ", ".join(f"{quoted(name)} = {quoted(value)}" for name, value in sorted(group.items()))


def interval(seconds):
    """A number of seconds as SQL writes an interval from days to seconds."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours // 24} {hours % 24:02d}:{minute:02d}:{second:02d}"


def amount_limit(limits):
    """The limit of a payment in its currency, as an expression of SQL; NULL where there is none, and NULL is never passed."""
    cases = " ".join(
        f"WHEN {quoted(checked(LIMITS, currency, CURRENCY))} THEN {checked(LIMITS, limit, WHOLE_NUMBER)}" for currency, limit in sorted(limits.items())
    )
    return f"(CASE currency {cases} ELSE CAST(NULL AS BIGINT) END)" if cases else "CAST(NULL AS BIGINT)"


def neighbours():
    """For each region in turn itself and those that touch it, 27 characters: seven of three digits. Where five touch it, it stands there twice."""
    lines = [line.split() for line in (HERE / "regions.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for region, names in enumerate(lines):
        if names[0] != f"{region:03d}" or len(names) not in (6, 7):
            raise ValueError(f"regions.txt has no line for region {region:03d} in its place")
    return "".join("|".join((names + names[:1])[:7]) for names in lines)


def substitutions(properties):
    """What stands in the SQL in the place of each name."""
    rules = {name: checked(name, properties[RULES][name], form) for name, form in RULE_FORMS.items()}
    return {
        **rules,
        **{f"{name}.interval": interval(rules[f"{name}.seconds"]) for name in ("lateness", "velocity", "geo")},
        "events.options": table_options(properties[EVENTS]),
        "decisions.options": table_options(properties[DECISIONS]),
        "amount.limit": amount_limit(properties.get(LIMITS, {})),
        "geo.neighbours": neighbours(),
    }


def statements(file, values):
    """The statements of a file, without comments."""
    text = "\n".join(line for line in (HERE / file).read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("--"))
    # Cut first: a value may hold a semicolon.
    return [PLACEHOLDER.sub(lambda found: values[found[1]], statement).strip() for statement in text.split(";") if statement.strip()]


def declare_payments(table_environment):
    """`payments`: the unpacked payments at their own time. The watermark stays that of the records they came in."""
    unpacked = table_environment.to_data_stream(table_environment.from_path("unpacked_payments"))
    schema = Schema.new_builder().watermark("accepted_time", "SOURCE_WATERMARK()").build()
    table_environment.create_temporary_view("payments", table_environment.from_data_stream(unpacked, schema))


def main():
    own_file = os.environ.get("APPLICATION_PROPERTIES_FILE")
    properties = read_properties(own_file or MANAGED_PROPERTIES)
    table_environment = StreamTableEnvironment.create(StreamExecutionEnvironment.get_execution_environment())
    configuration = table_environment.get_config()
    for name, value in sorted(properties.get(JOB, {}).items()):
        configuration.set(name, value)
    values = substitutions(properties)

    for statement in statements("tables.sql", values):
        table_environment.execute_sql(statement)
    declare_payments(table_environment)
    inserts = table_environment.create_statement_set()
    for statement in statements("fraud.sql", values):
        if statement.startswith("INSERT"):
            inserts.add_insert_sql(statement)
        else:
            table_environment.execute_sql(statement)

    if os.environ.get("FRAUD_EXPLAIN"):
        print(inserts.explain())
        return
    job = inserts.execute()
    if own_file:
        job.wait()


if __name__ == "__main__":
    main()
