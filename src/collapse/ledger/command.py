"""The commands ``python -m collapse ledger add``, ``check``, ``claims`` and ``same-code``."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from collapse.base.errors import CollapseError
from collapse.base.tables import read_rows
from collapse.ledger.claims.asked import claims_not_there, load_asked
from collapse.ledger.claims.claims import decide
from collapse.ledger.claims.claims_file import load_claims
from collapse.ledger.claims.findings import load_findings, unknown_claims
from collapse.ledger.ended import ENDED_TABLE, enter, why_ended
from collapse.ledger.entries import add, read_ledger
from collapse.ledger.papers import load_papers
from collapse.ledger.same_code import SAME_CODE_TABLE, prove

RESULTS = Path("book/results")

LEDGER_EXPLAINED = """\
The ledger holds what the book shows as its own: one entry for each recipe, corpus, scale and seed,
written from the folder of a finished run and by nothing else. Call it in a checkout's main folder.

  python -m collapse ledger add runs/vae-yelp-sentiment-full-seed0-*    enter finished runs
  python -m collapse ledger check                             entries, claims, findings, papers
  python -m collapse ledger claims                            what the entries say to each claim
  python -m collapse ledger same-code OLD_RUNS NEW_RUNS                 a change changed no number

An entry that is there and differs is overwritten with --replace only. A run at full scale needs a
clean commit: commit the code, then add the run.
"""


def add_commands(commands) -> None:  # type: ignore[no-untyped-def]
    """The command ``ledger`` with its actions."""
    ledger = commands.add_parser(
        "ledger",
        help="enter finished runs into the results of the book, or check these",
        description="Enter finished runs into the results of the book, or check these.",
        epilog=LEDGER_EXPLAINED,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = ledger.add_subparsers(required=True, metavar="ACTION")
    enter = actions.add_parser("add", help="enter finished runs")
    enter.add_argument("folders", nargs="+", type=Path, metavar="RUN_FOLDER")
    enter.add_argument("--replace", action="store_true", help="overwrite entries that differ")
    enter.set_defaults(command=add_command)
    check = actions.add_parser("check", help="schema, checksums, plausibility")
    check.set_defaults(command=check_command)
    verdicts = actions.add_parser("claims", help="what the entries say to each claim")
    verdicts.set_defaults(command=claims_command)
    same = actions.add_parser("same-code", help="prove that two codes compute the same")
    same.add_argument("earlier", type=Path, metavar="EARLIER_RUNS")
    same.add_argument("later", type=Path, metavar="LATER_RUNS")
    same.set_defaults(command=same_code_command)
    for action in (enter, check, verdicts, same):
        action.add_argument("--results", type=Path, default=RESULTS, help=f"default: {RESULTS}")


def add_command(chosen: argparse.Namespace) -> None:
    """Enter runs one by one; those before a refused one stay."""
    for folder in chosen.folders:
        if why_ended(folder):
            table = chosen.results / ENDED_TABLE
            print(f"entered {enter(folder, table)} into {table}: it ended without a result")
        else:
            print(f"entered {add(folder, chosen.results / 'runs', chosen.replace)}")


def same_code_command(chosen: argparse.Namespace) -> None:
    """Add the pairs of codes whose runs agree to the bit.

    Raises:
        CollapseError: with a line for each pair of runs that does not agree.
    """
    table = chosen.results / SAME_CODE_TABLE
    wrong = prove(chosen.earlier, chosen.later, table, datetime.now(UTC).date().isoformat())
    print(f"{table}: {len(read_rows(table))} pairs of codes")
    if wrong:
        raise CollapseError("\n".join([f"{len(wrong)} runs differ.", *wrong]))


def check_command(chosen: argparse.Namespace) -> None:
    """Print a line when all is well.

    Raises:
        CollapseError: with a line for everything that is not.
    """
    ledger = read_ledger(chosen.results / "runs")
    papers = load_papers(chosen.results / "papers.csv")
    claims = load_claims(chosen.results / "claims.yml", papers)
    findings = load_findings(chosen.results / "findings")
    lost = unknown_claims(findings, [claim.id for claim in claims])
    lost += claims_not_there(load_asked(chosen.results / "asked.yml"), [c.id for c in claims])
    if wrong := [*ledger.problems, *lost]:
        raise CollapseError("\n".join([f"The ledger has {len(wrong)} problems.", *wrong]))
    print(f"ledger: {len(ledger.entries)} entries and {len(claims)} claims, all in order")
    table = chosen.results / SAME_CODE_TABLE
    today = sum(entry.of_this_code(table) for entry in ledger.entries)
    print(f"ledger: {today} of {len(ledger.entries)} entries count as made by this code")


def claims_command(chosen: argparse.Namespace) -> None:
    """Print each claim with its verdict at each scale, and the numbers behind it."""
    ledger = read_ledger(chosen.results / "runs")
    papers = load_papers(chosen.results / "papers.csv")
    for claim in load_claims(chosen.results / "claims.yml", papers):
        print(f"{claim.id}: {claim.claim}")
        for decision in decide(claim, ledger):
            print(f"  {decision.level}: {decision.verdict}")
            for outcome in decision.outcomes:
                print(f"    {outcome}")
