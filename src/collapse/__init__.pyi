# The rooms of the house, and the library's names; see __init__.py for how they are imported.

from . import chapters as chapters
from . import data as data
from . import decoders as decoders
from . import distributions as distributions
from . import encoders as encoders
from . import exact as exact
from . import homework as homework
from . import images as images
from . import ledger as ledger
from . import metrics as metrics
from . import minimal as minimal
from . import objectives as objectives
from . import pooling as pooling
from . import posteriors as posteriors
from . import recipes as recipes
from . import runs as runs
from . import sweeps as sweeps
from . import theory as theory
from . import training as training
from . import viz as viz
from .base.errors import CollapseError as CollapseError
from .clinic import Diagnosis as Diagnosis
from .clinic import diagnose as diagnose
from .cvae import CVAE as CVAE
from .data import CORPORA as CORPORA
from .data import Corpus as Corpus
from .data import load as load
from .metrics import LatentVariableModel as LatentVariableModel
from .parts import Part as Part
from .parts import Sizes as Sizes
from .recipe import ConditionalRecipe as ConditionalRecipe
from .recipe import Recipe as Recipe
from .recipe import changes as changes
from .recipes import RECIPES as RECIPES
from .runs.many import run as run
from .runs.many import run_all as run_all
from .runs.run import Run as Run
from .runs.settings import SCALES as SCALES
from .runs.settings import Settings as Settings
from .runs.settings import settings_for as settings_for
from .system import System as System
from .vae import VAE as VAE

__version__: str
