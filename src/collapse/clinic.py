"""What the numbers of a finished run say about its latent variable, in sentences."""

from dataclasses import dataclass

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

        Collapsed: no dimension is active. Silent: some are, or the KL is paid, but the information
        cannot be told from none (two standard errors). In part: some dimensions are not active.
        """
        if self.latent == 0:
            return "no latent variable"
        if self.active == 0:
            return "collapsed" if self.kl < 0.1 else "silent"
        if self.mutual_information < 2 * self.standard_error:
            return "silent"
        return "in part" if self.active < self.latent else "in use"

    def __str__(self) -> str:
        if self.latent == 0:
            return f"{self.system}: a model without a latent variable."
        return (
            f"{self.system}: {SAID[self.verdict]}. KL {self.kl:.2f} nats; information "
            f"{self.mutual_information:.2f} ± {self.standard_error:.2f} nats of at most "
            f"{self.cap:.2f} that could be seen; {self.active} of {self.latent} dimensions active."
        )


SAID = {
    "collapsed": "collapsed, the decoder has nothing to read in z",
    "silent": "the KL is paid, but z says nothing about the document",
    "in part": "z is used in some of its dimensions",
    "in use": "z is used in all of its dimensions",
}


def diagnose(run: Run) -> Diagnosis:
    """Read a finished run for posterior collapse.

    >>> import collapse
    >>> run = collapse.run("lm", scale="smoke")
    1 run: ...
    >>> print(collapse.diagnose(run))
    lm: a model without a latent variable.
    """
    found, latent = run.summary, run.model().latent
    return Diagnosis(
        system=run.request.name,
        kl=found["kl"],
        mutual_information=found.get("mi", 0.0),
        standard_error=found.get("mi_se", 0.0),
        cap=found.get("mi_cap", 0.0),
        active=found.get("au", 0),
        latent=latent,
    )
