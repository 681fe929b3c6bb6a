"""What can be found, in what order, with which slips, and that nothing leads nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from curriculum import library
from curriculum.catalogue import Catalogue
from curriculum.glossary import load_glossary
from curriculum.library import Entry, Library, in_words, is_one_slip
from curriculum.methods import load_methods
from engine.algorithms import ALGORITHMS
from engine.metrics import METRICS
from engine.worlds import WORLDS


@pytest.fixture(scope="module")
def shelf(catalogue: Catalogue) -> Library:
    return library.build(catalogue.chapters, load_glossary(), load_methods())


def entry(title: str, text: str = "", *names: str) -> Entry:
    return Entry("term", title.lower(), title, names, text)


def found(shelf: Library, search: str) -> list[tuple[str, str]]:
    return [(one.kind, one.id) for one in shelf.find(search)]


def test_everything_there_is_can_be_found_by_its_title(
    shelf: Library, catalogue: Catalogue
) -> None:
    kinds = {kind: {one.id for one in shelf.entries if one.kind == kind} for kind in KINDS}
    assert kinds["term"] == set(load_glossary())
    assert kinds["method"] == set(ALGORITHMS)
    assert kinds["metric"] == set(METRICS)
    assert kinds["chapter"] == set(catalogue.order)
    assert kinds["equation"] == {
        f"{name}/{one.number}"
        for name, method in load_methods().items()
        for one in method.equations
    }
    assert kinds["reward"] == {
        f"{world.name}/{one.name}"
        for world in WORLDS.values()
        for one in (*world.terms, *world.text_functions)
    }
    for one in shelf.entries:
        assert one in shelf.find(one.title), one.title
        assert one.text.endswith((".", "?")), one.title


KINDS = ("term", "method", "equation", "metric", "reward", "chapter")


def test_no_entry_leads_nowhere(shelf: Library, catalogue: Catalogue) -> None:
    for one in shelf.entries:
        assert set(one.chapters) <= set(catalogue.order)
        assert one.method in ("", *ALGORITHMS)
    assert {one.method for one in shelf.entries if one.kind == "equation"} == set(ALGORITHMS)


def test_every_concept_is_reached_from_a_chapter_or_method_and_leads_back(
    shelf: Library, catalogue: Catalogue
) -> None:
    told = " ".join(method.model_dump_json().lower() for method in load_methods().values())
    for one in shelf.entries:
        if one.kind == "term":
            assert one.chapters or one.title.lower() in told, f"nothing tells of {one.id}"
            for name in one.chapters:
                assert one.id in catalogue.chapter(name).concepts
    for chapter in catalogue.chapters:
        for algorithm in chapter.algorithms:
            assert chapter.id in library.with_algorithm(catalogue.chapters, algorithm)


@pytest.mark.parametrize(
    ("search", "first"),
    [
        ("Group size", ("term", "group_size")),
        ("KL penalty", ("term", "kl_penalty")),
        ("q-learning", ("term", "q_learning")),
        ("gopd", ("method", "gopd")),
        ("on_pad", ("reward", "corridor/on_pad")),
        ("arXiv:2402.03300", ("method", "grpo")),
        ("sarsa (1)", ("equation", "sarsa/1")),
        ("advantge", ("term", "advantage")),
    ],
)
def test_the_best_comes_first(shelf: Library, search: str, first: tuple[str, str]) -> None:
    assert found(shelf, search)[0] == first


def test_a_whole_title_comes_before_more_words_in_other_places() -> None:
    other, whole = entry("Reward model", "reward", "reward"), entry("Reward")
    assert Library([other, whole]).find("reward") == (whole, other)


def test_a_title_counts_more_than_a_name_and_a_name_more_than_a_sentence() -> None:
    three = entry("Dust", "a pump"), entry("Oil", "", "pump"), entry("Pump seal")
    assert Library(three).find("pump") == three[::-1]


def test_every_word_of_a_search_is_asked_for() -> None:
    two = entry("Policy gradient"), entry("Gradient noise")
    assert Library(two).find("gradient policy") == two[:1]
    assert Library(two).find("grad") == two
    assert Library(two).find("gradient nothing") == ()


@pytest.mark.parametrize("search", ["levy", "LÉVY", "Le\u0301vy", "lévi", "  lévy!  "])
def test_case_accents_and_one_slip_do_not_matter(search: str) -> None:
    flight = entry("Lévy flight")
    assert Library([flight, entry("Walk")]).find(search) == (flight,)


def test_slips_are_forgiven_only_where_nothing_is_met_as_it_is_written() -> None:
    right, near = entry("Reward"), entry("Rewarm")
    assert Library([right, near]).find("reward") == (right,)
    assert Library([right, near]).find("rewarp") == (right, near)
    assert Library([entry("Arm")]).find("arn") == ()  # three letters are too few


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("Kullback", ("term", "kl_penalty")),
        ("Kullback-Leibler", ("term", "forward_reverse_kl")),
        ("π_θ", ("term", "policy")),
        ("pi_theta", ("term", "policy")),
        ("π_θ", ("equation", "sdpo/2")),
        ("π_ref", ("equation", "dpo/1")),
        ("log sigma", ("equation", "dpo/3")),
        ("γ V(s')", ("equation", "ppo/1")),
        ("argmax Q", ("equation", "q_learning/1")),
        ("importance sampling", ("term", "importance_ratio")),
        ("beta", ("equation", "grpo/4")),
    ],
)
def test_formulas_and_other_names_are_found(
    shelf: Library, search: str, expected: tuple[str, str]
) -> None:
    assert expected in found(shelf, search)


def test_a_formula_is_read_by_its_letters_and_words() -> None:
    assert in_words(r"\pi_\theta(\cdot \mid x) = \text{token}") == "π θ x token"
    assert in_words(r"\frac{1}{n} \textstyle\sum \log \sigma(\beta)") == "1 n sum log σ β"
    equation = entry("Leash", "A price.")._replace(latex=r"\ell + \beta\,\mathrm{KL}")
    for search in ("β", "beta", "KL", "β KL"):
        assert Library([equation]).find(search) == (equation,)
    assert Library([equation]).find("mathrm") == Library([equation]).find("ell") == ()


def test_a_name_that_is_not_listed_counts_less_than_one_that_is() -> None:
    hidden = entry("Oil")._replace(also=("pump",))
    assert Library([hidden, entry("Dust", "", "pump")]).find("pump")[1] == hidden


def test_a_word_is_listed_once() -> None:
    for term in load_glossary().values():
        assert not {*term.also} & {term.name, *term.other_names, term.symbol}, term.id


@pytest.mark.parametrize("search", ["", "   ", "?!", "_", "x" * 10_000, "\0", "😀"])
def test_a_search_without_a_known_word_finds_nothing(shelf: Library, search: str) -> None:
    assert shelf.find(search) == ()


def test_ten_thousand_characters_are_read_only_to_their_bound(shelf: Library) -> None:
    assert shelf.find("reward " * 1500) == shelf.find("reward")
    assert found(shelf, "advantage " + "x" * 10_000) == []


LETTERS = some.text("abc", min_size=4, max_size=7)


@given(word=LETTERS, other=LETTERS)
def test_one_slip_is_a_distance_of_one(word: str, other: str) -> None:
    """Against every word that one slip makes."""
    made = set()
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        made |= {before + letter + after for letter in "abc"}
        made |= {before + letter + after[1:] for letter in "abc" if after}
        made |= {before + after[1:], before + after[1:2] + after[:1] + after[2:]}
    assert is_one_slip(word, other) == (other in made - {word})
    assert is_one_slip(word, other) == is_one_slip(other, word)
