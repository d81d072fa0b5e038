"""Numbers of the papers that stand in a chapter's code are those of the table of papers."""

import ast

import nbformat

from collapse.homework.chapters import chapter3, chapter5, chapter6
from collapse.ledger.papers import load_papers
from notebooks import ROOT, code_cells, plain_python


def constant(chapter: str, name: str) -> object:
    """The literal that a chapter assigns to a name."""
    notebook = nbformat.read(ROOT / "book" / f"{chapter}.ipynb", as_version=4)
    for cell in code_cells(notebook):
        for node in ast.parse(plain_python(cell.source)).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
                return ast.literal_eval(node.value)
    raise AssertionError(f"{chapter} assigns nothing to {name}")


def test_the_kl_of_bn_vae_as_zhu_et_al_print_it() -> None:
    papers = load_papers(ROOT / "book" / "results" / "papers.csv")
    rows = papers[(papers.paper == "zhu2020") & (papers.table == "8") & (papers.metric == "kl")]
    rows = rows[(rows.system == "BN-VAE") & ~rows.variant.str.contains("pretrained")]
    printed = {(float(r.variant), r.dataset): r.value for r in rows.itertuples()}
    for gamma, (yahoo, yelp) in constant("05_bn_vae", "PRINTED").items():
        assert printed.pop((gamma, "yahoo")) == yahoo
        assert printed.pop((gamma, "yelp")) == yelp
    assert not printed


def test_the_rows_of_zhu_et_al_that_chapter_5_lays_beside_its_own() -> None:
    papers = load_papers(ROOT / "book" / "results" / "papers.csv")
    zhu = papers[papers.paper == "zhu2020"]
    rows = zhu[(zhu.table == "1") & zhu.system.isin(["VAE", "BN-VAE"])]
    printed = {(r.variant or r.system, r.dataset, r.metric): r.value for r in rows.itertuples()}
    shown = constant("05_bn_vae", "PRINTED_NLL")
    assert set(shown) == {"VAE", "0.6", "0.7"}
    for variant, (nll, mi) in shown.items():
        for place, dataset in enumerate(("yahoo", "yelp")):
            assert nll[place] == printed[variant, dataset, "nll-iw"]
            assert mi[place] == printed[variant, dataset, "mi"]


def test_the_rows_of_the_audited_column() -> None:
    papers = load_papers(ROOT / "book" / "results" / "papers.csv")
    rows = papers[(papers.paper == "zhu2020") & (papers.table == "8") & (papers.dataset == "yahoo")]
    printed = {(r.system, r.variant, r.metric): r.value for r in rows.itertuples()}
    names = (("BN-VAE", "0.3"), ("FB", "4"), ("δ-VAE", "0.1"), ("vMF-VAE", "13"))
    names += (("Agg-VAE", ""), ("β-VAE", "0.2"))
    for name, values in zip(names, chapter5.TABLE_8.values(), strict=True):
        for metric, value in zip(("kl", "mi", "au"), values, strict=True):
            found = printed.get((*name, metric))
            assert value == (None if found != found else found), (name, metric)


def test_the_dialogue_systems_as_zhu_et_al_print_them() -> None:
    papers = load_papers(ROOT / "book" / "results" / "papers.csv")
    rows = papers[(papers.paper == "zhu2020") & (papers.table == "4")]
    printed = {(r.system, r.metric): r.value for r in rows.itertuples()}
    shown = constant("06_bn_cvae", "PRINTED")
    assert len(shown) == 3
    for system, values in shown.items():
        assert values == tuple(printed[system, m] for m in ("ppl", "kl", "a-bow-recall"))
        assert chapter6.PRINTED[system] == values[:2]


def test_the_rows_of_scale_vae_as_song_et_al_print_them() -> None:
    papers = load_papers(ROOT / "book" / "results" / "papers.csv")
    song = papers[(papers.paper == "song2024") & papers.table.isin(["1", "3"])]
    printed: dict[tuple[str, str], dict[str, float]] = {}
    for row in song[song.system == "Scale-VAE"].itertuples():
        printed.setdefault((row.dataset, row.variant), {})[row.metric] = row.value
    told = {key: tuple(found[m] for m in ("nll-iw", "kl", "mi")) for key, found in printed.items()}
    assert constant("07_scale_vae", "PRINTED") == told
    bn = song[(song.system == "BN-VAE") & (song.dataset == "yahoo") & (song.metric == "nll-iw")]
    assert constant("07_scale_vae", "PRINTED_BN") == bn[bn.variant == "0.6"].value.item()


def test_aggressive_training_as_he_et_al_print_it() -> None:
    papers = load_papers(ROOT / "book" / "results" / "papers.csv")
    he = papers[(papers.paper == "he2019") & (papers.table == "5") & (papers.variant == "")]
    printed = {(r.dataset, r.system, r.metric): r.value for r in he.itertuples()}
    for corpus, pairs in constant("03_lagging", "PRINTED").items():
        for metric, pair in zip(("nll-iw", "nll-bound", "mi"), pairs, strict=True):
            assert pair == tuple(printed[corpus, system, metric] for system in ("VAE", "Ours"))


def test_slow_annealing_as_he_et_al_print_it() -> None:
    papers = load_papers(ROOT / "book" / "results" / "papers.csv")
    he = papers[(papers.paper == "he2019") & (papers.table == "9") & (papers.metric == "nll-iw")]
    printed = {(r.system, r.variant, r.dataset): r.value for r in he.itertuples()}
    names = {"annealing over 100k steps": ("VAE + anneal", "100k"), "aggressive": ("Ours", "")}
    names["aggressive, annealed"] = ("Ours + anneal", "original schedule")
    for name, values in chapter3.TABLE_9.items():
        assert values == tuple(printed[*names[name], corpus] for corpus in ("yahoo", "yelp"))


def test_the_poolings_as_long_et_al_print_them() -> None:
    papers = load_papers(ROOT / "book" / "results" / "papers.csv")
    long = papers[(papers.paper == "long2019") & (papers.table == "1")]
    printed = {(r.system, r.dataset, r.metric): r.value for r in long.itertuples()}
    names = {"vae": "SeqVAE", "pool-avg": "SeqVAE + AvgPool"}
    names |= {"pool-max": "SeqVAE + MaxPool", "pool-abs": "SeqVAE + AbsPool"}
    shown = constant("04_pooling", "PRINTED")
    assert shown.keys() == names.keys()
    for name, both in shown.items():
        for corpus, values in zip(("yahoo", "yelp"), both, strict=True):
            wanted = [printed[names[name], corpus, metric] for metric in ("nll-iw", "kl", "mi")]
            assert list(values) == wanted
