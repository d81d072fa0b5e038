"""The weights of the KL that several tables share, by the papers that have them."""

from collapse.objectives import Linear

HE = Linear(start=0.1, epochs=10.0)  # He et al. (2019) and Long et al. (2019)
HE_SHORT = Linear(start=0.1, epochs=2.0)  # the same for light runs on text, of four epochs
LI = Linear(start=0.0, epochs=10.0)  # Li et al. (2019), Zhu et al. (2020), Song et al. (2024)
ZHAO = Linear(start=0.0, epochs=1.5)  # about 10,000 batches of 30 replies of SwDA
BETAS = (0.8, 0.6, 0.4, 0.2)  # He et al. (2019): constant weights
