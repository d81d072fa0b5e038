"""What the numbers of a finished run say about its latent variable, in sentences."""

from dataclasses import dataclass

from collapse.base.errors import RunError
from collapse.runs.run import Run


@dataclass(frozen=True)
class Diagnosis:
    """The four numbers by which a collapse is told, and what they say.

    Attributes:
        system: the name of the recipe.
        kl: mean KL(q(z|x) ‖ p(z)) of a test document, in nats.
        mutual_information: of document and z, estimated over the test split, in nats.
        standard_error: of that estimate.
        cap: the largest information that an estimate over so many documents can show, in nats.
        active: dimensions whose posterior mean moves with the document (variance 0.01 or more).
        latent: dimensions of z.
    """

    system: str
    kl: float
    mutual_information: float
    standard_error: float
    cap: float
    active: int
    latent: int

    @property
    def verdict(self) -> str:
        """One word or a few: "no latent variable", "collapsed", "silent", "in part", "in use".

        Collapsed: no dimension is active, and the KL, which the information cannot exceed, is below
        0.1 nat. Silent: more is paid, but the information cannot be told from none (two standard
        errors). In part: it can, and some dimensions are not active.
        """
        if self.latent == 0:
            return "no latent variable"
        if self.active == 0 and self.kl < 0.1:
            return "collapsed"
        if self.mutual_information < 2 * self.standard_error:
            return "silent"
        return "in part" if self.active < self.latent else "in use"

    def __str__(self) -> str:
        if self.latent == 0:
            return f"{self.system}: a model without a latent variable."
        return (
            f"{self.system}: {MEANING[self.verdict]}. KL {self.kl:.2f} nats; information "
            f"{self.mutual_information:.2f} ± {self.standard_error:.2f} nats of at most "
            f"{self.cap:.2f} that could be seen; {self.active} of {self.latent} dimensions active."
        )


MEANING = {
    "collapsed": "collapsed, next to nothing is paid for z and none of it moves with the document",
    "silent": "a KL is paid, but no information about the document can be told from none",
    "in part": "z holds information, but some of its dimensions are not active",
    "in use": "z holds information, and all of its dimensions are active",
}


def diagnose(run: Run) -> Diagnosis:
    """Read a finished run for posterior collapse.

    Raises:
        RunError: for what is no run.

    >>> import collapse
    >>> run = collapse.run("lm", scale="smoke")
    1 run: ...
    >>> print(collapse.diagnose(run))
    lm: a model without a latent variable.
    """
    if not isinstance(run, Run):
        raise RunError(
            "diagnose reads a finished run: diagnose(collapse.run('vae')); got a "
            f"{type(run).__name__}. For a model of your own there is collapse.metrics."
        )
    summary = run.summary
    return Diagnosis(
        system=run.request.name,
        kl=summary["kl"],
        mutual_information=summary.get("mi", 0.0),
        standard_error=summary.get("mi_se", 0.0),
        cap=summary.get("mi_cap", 0.0),
        active=summary.get("au", 0),
        latent=run.model().latent,
    )
