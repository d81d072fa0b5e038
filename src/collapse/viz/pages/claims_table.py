"""The table of the page Claims: verdict, claim, source, and the numbers behind it."""

from collections.abc import Mapping, Sequence
from html import escape

from IPython.display import HTML

from collapse.ledger.claims import Claim, Printed, decide
from collapse.ledger.entries import Ledger
from collapse.viz.pages.ledger_pages import folded


def claims_table(
    claims: Sequence[Claim], ledger: Ledger, bibliography: Mapping[str, tuple[str, str]]
) -> HTML:
    """Verdict and claim side by side, with source, scope and the numbers behind it.

    Args:
        claims: checked.
        ledger: decides the verdicts, whatever the file says.
        bibliography: name and address of each source.
    """
    rows = "".join(claim_row(claim, ledger, bibliography) for claim in claims)
    head = '<tr><th scope="col">Verdict</th><th scope="col">Claim</th></tr>'
    return HTML(f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>")


def claim_row(claim: Claim, ledger: Ledger, bibliography: Mapping[str, tuple[str, str]]) -> str:
    """One claim as a row that can be linked to: ``#claim-ID``."""
    found = decide(claim, ledger)
    cited, address = bibliography[claim.source.cite]
    numbers = [*map(as_printed, claim.source.rows), *found.evidence]
    scales = sorted({place.scale for rule in claim.rules for place in rule.places})
    cell = "vertical-align:top;text-align:left;padding:.6em .6em .6em 0;border-top:1px solid #888"
    return (
        f'<tr id="claim-{escape(claim.id)}">'
        f'<td style="{cell}"><strong>{found.verdict}</strong><br>{", ".join(scales)} scale</td>'
        f'<td style="{cell}"><p>{escape(claim.claim)}</p>'
        f'<p>Source: <a href="{escape(address)}">{escape(cited)}</a>, '
        f"{escape(claim.source.where)}.<br>Our verdict stands on: {escape(claim.scope)}.</p>"
        f"{folded('The numbers', numbers)}</td></tr>"
    )


def as_printed(row: Printed) -> str:
    """A number of a paper in words."""
    variant = f" ({row.variant})" if row.variant else ""
    return (
        f"printed in {row.paper}, Table {row.table}: {row.system}{variant} on "
        f"{row.dataset}, {row.metric} {row.value}"
    )
