"""Rewards as learners write them: what is read, what is refused and how, what they are worth."""

import operator
import time

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.reward_expression import RewardExpression, RewardSyntaxError, RewardValueError, parse
from engine.reward_tree import (
    Binary,
    Call,
    Negate,
    Node,
    Number,
    Power,
    Term,
    TextCall,
    canonical_text,
)

TERMS = ("correct", "length", "polite")
FUNCTIONS = ("count",)


def value(source: str, **terms: float) -> float:
    return float(parse(source, TERMS).evaluate(terms))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("2*correct + 0.5*min(1, polite) - 0.02*length", 2 * 1 + 0.5 * 1 - 0.02 * 10),
        ("-polite**2", -9.0),
        ("(-polite)**2", 9.0),
        ("polite**-2", 1 / 9),
        ("2*polite**(-1)", 2 / 3),
        ("10 - 4 - 3", 3.0),
        ("12 / 2 / 3", 2.0),
        ("1 + 2*3", 7.0),
        ("polite - -1", 4.0),
        ("polite > 2", 1.0),
        ("polite <= 2", 0.0),
        ("2*(polite == 3) + 1", 3.0),
        ("polite >= 3 - 1", 1.0),
        ("polite < 3", 0.0),
        ("clip(length, 0, 8)", 8.0),
        ("max(1, polite, 2)", 3.0),
        ("abs(polite - length)", 7.0),
        ("sqrt(polite + 1)", 2.0),
        ("log(exp(2))", 2.0),
        ("if(polite > 2, 5, 7)", 5.0),
        (".5 + 1e-1", 0.6),
        ("0", 0.0),
    ],
)
def test_a_reward_is_worth_what_arithmetic_says(source: str, expected: float) -> None:
    assert value(source, correct=1, polite=3, length=10) == pytest.approx(expected, abs=1e-15)


def test_a_reward_is_evaluated_on_arrays_and_keeps_their_shape() -> None:
    polite = np.array([[0.0, 1.0], [2.0, 3.0]])
    result = parse("min(1, polite) - 0.5*correct", TERMS).evaluate({"polite": polite, "correct": 1})
    assert result.tolist() == [[-0.5, 0.5], [0.5, 0.5]]
    assert parse("3", TERMS).evaluate({"polite": polite}).tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_the_reward_of_a_bare_term_is_an_array_of_its_own() -> None:
    polite = np.array([1.0, 2.0])
    result = parse("polite", TERMS).evaluate({"polite": polite})
    result[0] = 9.0
    assert polite.tolist() == [1.0, 2.0]


def test_if_leaves_the_branch_it_does_not_take_alone() -> None:
    reward = parse("if(length > 0, 1/length, -1)", TERMS)
    assert reward.evaluate({"length": np.array([0.0, 4.0])}).tolist() == [-1.0, 0.25]


def test_a_text_function_is_looked_up_under_its_canonical_call() -> None:
    reward = parse("2*count( 'Please' )", TERMS, FUNCTIONS)
    assert reward.source == '2*count("please")'
    assert reward.calls == {("count", "please")}
    assert reward.evaluate({'count("please")': np.array([0.0, 3.0])}).tolist() == [0.0, 6.0]


@pytest.mark.parametrize(
    ("source", "canonical"),
    [
        ("  10*delivered+.5 * on_pad-0.10", "10*delivered + 0.5*on_pad - 0.1"),
        ("((on_pad))", "on_pad"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("(1-2)-3", "1 - 2 - 3"),
        ("(1+2)*3", "(1 + 2)*3"),
        ("2/(3*4)", "2/(3*4)"),
        ("-(on_pad*2)", "-(on_pad*2)"),
        ("-on_pad**2.0", "-on_pad**2"),
        ("(-on_pad)**(-2)", "(-on_pad)**-2"),
        ("2*(on_pad>1)", "2*(on_pad > 1)"),
        ("+on_pad", "on_pad"),
    ],
)
def test_canonical_text(source: str, canonical: str) -> None:
    assert parse(source, ["delivered", "on_pad"]).source == canonical


def test_the_terms_of_a_reward() -> None:
    assert parse("polite + if(length > 2, polite, 1)", TERMS).terms == {"polite", "length"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "Column 1: the reward is empty; write a term such as `correct`, or 0 to pay nothing."),
        (
            "   ",
            "Column 3: the reward is empty; write a term such as `correct`, or 0 to pay nothing.",
        ),
        ("2*politness", "Column 3: `politness` is not a reward term. Did you mean `polite`?"),
        (
            "wages",
            "Column 1: `wages` is not a reward term. The reward terms are: correct, "
            "length, polite.",
        ),
        ("mim(1, polite)", "Column 1: `mim` is not a function. Did you mean `min`?"),
        (
            "polite(2)",
            "Column 1: `polite` is a reward term, not a function; write polite*( to multiply.",
        ),
        ("min + 1", "Column 1: `min` is a function; call it, as in min(1, correct)."),
        (
            "polite.real",
            "Column 7: `.` is not allowed; a reward is built from terms, numbers and + - * /.",
        ),
        ("polite^2", "Column 7: `^` is not allowed; for a power write **, as in a**2."),
        ("polite = 1", "Column 8: `=` is not allowed; to compare write ==, <= or >=."),
        ("polite − 1", "Column 8: `−` is not allowed; use the plain minus sign -."),
        ("polite[0]", "Column 7: `[` is not allowed; use round brackets ( )."),
        (
            "polite\x00",
            "Column 7: `\\x00` is not allowed; a reward is built from terms, numbers and + - * /.",
        ),
        ("(polite + 1", "Column 1: this bracket is never closed; add a `)`."),
        ("min(1, polite", "Column 4: this bracket is never closed; add a `)`."),
        ("polite)", "Column 7: this bracket closes nothing; take it away, or open one before it."),
        ("()", "Column 1: a term or a number is missing after `(`."),
        ("polite +", "Column 8: a term or a number is missing after `+`."),
        ("* polite", "Column 1: a reward cannot begin with `*`; put a term or a number first."),
        ("2 polite", "Column 3: an operator such as * or + is missing before `polite`."),
        (
            "0,5*polite",
            "Column 2: a comma only parts the values of a function; write one half as 0.5.",
        ),
        (
            "min(polite)",
            "Column 1: `min` takes 2 to 8 values and was given 1; write for example min(1, "
            "correct).",
        ),
        (
            "abs(1, 2)",
            "Column 1: `abs` takes 1 value and was given 2; write for example abs(correct - 5).",
        ),
        (
            "1 < polite < 3",
            "Column 12: comparisons do not chain; write (1 < correct)*(correct < 9).",
        ),
        ("polite**9", "Column 9: this exponent is too large; use one between -8 and 8."),
        ("2**polite", "Column 4: an exponent must be a number between -8 and 8."),
        (
            "polite**2**2",
            "Column 10: powers do not chain; put the first one in brackets, as in (a**2)**2.",
        ),
        ("9e99*polite", "Column 1: 9e99 is too large; numbers in a reward go up to 1,000,000."),
        (
            "count(please)",
            'Column 1: `count` needs one word in quotation marks, as in count("please").',
        ),
        ('count("a b")', 'Column 7: `count` takes exactly one word, as in count("please").'),
        (
            '"please"',
            'Column 1: a quoted word only stands in a text function, as in count("please").',
        ),
        (
            'count("please',
            'Column 7: this quotation mark is never closed; write one word, as in "please".',
        ),
        (
            "__import__('os').system('ls')",
            "Column 17: `.` is not allowed; a reward is built from terms, numbers and + - * /.",
        ),
        (
            "(" * 41 + "1",
            "Column 41: more than 40 brackets or signs are nested here; take some away.",
        ),
        (
            "-" * 300 + "1",
            "Column 41: more than 40 brackets or signs are nested here; take some away.",
        ),
        (
            "+".join("1" * 60),
            "Column 102: a reward has at most 100 parts; keep the terms that matter.",
        ),
    ],
)
def test_what_is_refused_names_its_column_and_a_remedy(source: str, message: str) -> None:
    with pytest.raises(RewardSyntaxError) as refusal:
        parse(source, TERMS, FUNCTIONS)
    assert str(refusal.value) == message


def test_ten_thousand_characters_are_refused_at_once() -> None:
    with pytest.raises(RewardSyntaxError, match=r"at most 400 characters and this one has 10,000"):
        parse("polite+polite " * 714 + "1234", TERMS)


def test_a_reward_whose_canonical_text_is_too_long_is_refused() -> None:
    long = "-".join(["0.123456"] * 44)
    assert len(long) <= 400
    with pytest.raises(RewardSyntaxError, match=r"with its spaces this reward has 481 characters"):
        parse(long, TERMS)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("2 + 1/length", "`1/length` divided by zero where `length` was 0."),
        ("length**-1", "`length**-1` divided by zero where `length` was 0."),
        ("log(length)", "`log(length)` took the logarithm of zero or less where `length` was 0."),
        (
            "sqrt(length - polite)",
            "`sqrt(length - polite)` took the root of a negative number where "
            "`length` was 2 and `polite` was 500.",
        ),
        (
            "(-polite)**0.5",
            "`(-polite)**0.5` took a root of a negative number where `polite` was 500.",
        ),
        (
            "exp(polite + 300)",
            "`exp(polite + 300)` became too large to count with where `polite` was 500.",
        ),
        ("1/(2 - 2)", "`1/(2 - 2)` divided by zero."),
    ],
)
def test_a_reward_without_a_value_names_the_part_and_the_term(source: str, message: str) -> None:
    with pytest.raises(RewardValueError) as refusal:
        parse(source, TERMS).evaluate({"length": np.array([2.0, 0.0]), "polite": 500.0})
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("1/length", "1/(1 + length)"),
        ("log(length)", "log(1 + length)"),
        ("sqrt(length - polite)", "sqrt(max(0, length - polite))"),
        ("(-polite)**0.5", "max(0, -polite)**0.5"),
        ("exp(polite + 300)", "exp(min(polite + 300, 9))"),
    ],
)
def test_a_reward_without_a_value_is_helped_by_its_own_hint(source: str, hint: str) -> None:
    """What the hint says of a term, done to the one at fault, has a value."""
    values = {"length": np.array([2.0, 0.0]), "polite": 500.0}
    with pytest.raises(RewardValueError) as refusal:
        parse(source, TERMS).evaluate(values)
    said = refusal.value.remedy.partition("as in ")[2]
    at = said.index("term")
    assert hint.startswith(said[:at]) and hint.endswith(said[at + len("term") :])
    assert np.isfinite(parse(hint, TERMS).evaluate(values)).all()


def test_a_term_that_is_not_finite_is_named() -> None:
    with pytest.raises(RewardValueError, match="`polite` was nan"):
        parse("polite", TERMS).evaluate({"polite": np.array([1.0, np.nan])})


PIECES = st.sampled_from(
    [
        "polite",
        "length",
        "politness",
        "min",
        "if",
        "count",
        "1",
        "0.5",
        "1e9",
        ".",
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "**",
        "/",
        "<",
        "==",
        "=",
        "^",
        '"please"',
        "'",
        '"',
        " ",
        "\n",
        "é",
        "٣",
        "²",
        "\x00",
    ]
)


@given(st.one_of(st.text(max_size=450), st.lists(PIECES, max_size=120).map("".join)))
@example("polite'\n'")
def test_any_text_is_read_or_refused_with_a_column_inside_it(source: str) -> None:
    began = time.process_time()
    try:
        reward = parse(source, TERMS, FUNCTIONS)
    except RewardSyntaxError as refusal:
        assert 1 <= refusal.column <= max(1, len(source))
        assert str(refusal).startswith(f"Column {refusal.column}: ")
        assert "\n" not in str(refusal)
    else:
        assert parse(reward.source, TERMS, FUNCTIONS) == reward
    assert time.process_time() - began < 1


numbers = st.one_of(
    st.integers(0, 1000).map(float), st.floats(0, 1000, allow_nan=False, allow_infinity=False)
)
leaves = st.one_of(
    numbers.map(lambda number: Number(number + 0.0)),
    st.sampled_from(TERMS).map(Term),
    st.sampled_from(["please", "?"]).map(lambda word: TextCall("count", word)),
)


def _grown(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    signs = st.sampled_from(["+", "-", "*", "<", "<=", ">", ">=", "=="])
    return st.one_of(
        nodes.map(Negate),
        st.builds(Binary, signs, nodes, nodes),
        st.builds(Power, nodes, st.integers(0, 3).map(float)),
        st.builds(Call, st.sampled_from(["min", "max"]), st.tuples(nodes, nodes)),
        st.builds(Call, st.just("abs"), st.tuples(nodes)),
        st.builds(Call, st.just("if"), st.tuples(nodes, nodes, nodes)),
    )


trees = st.recursive(leaves, _grown, max_leaves=8)


def _python(node: Node, terms: dict[str, float]) -> float:
    match node:
        case Number(number):
            return number
        case Term(name):
            return terms[name]
        case TextCall():
            return terms[node.key]
        case Power(base, exponent):
            return _python(base, terms) ** exponent
        case Binary(sign, left, right):
            namespace = {"left": _python(left, terms), "right": _python(right, terms)}
            return float(eval(f"left {sign} right", {}, namespace))
        case Negate(operand):
            node = Call("neg", (operand,))
    return _python_call(node, terms)


def _python_call(node: Node, terms: dict[str, float]) -> float:
    match node:
        case Call("if", (condition, yes, no)):
            return _python(yes if _python(condition, terms) else no, terms)
        case Call(function, arguments):
            functions = {"min": min, "max": max, "abs": abs, "neg": operator.neg}
            return functions[function](*(_python(argument, terms) for argument in arguments))
    raise AssertionError(node)


@given(trees)
def test_the_canonical_text_reads_back_as_the_same_tree(tree: Node) -> None:
    text = canonical_text(tree)
    if len(text) <= 400:
        assert parse(text, TERMS, FUNCTIONS).tree == tree


@given(trees, st.tuples(*[st.floats(-4, 4, allow_subnormal=False)] * 5))
def test_the_value_is_python_s_own(tree: Node, drawn: tuple[float, ...]) -> None:
    keys = (*TERMS, 'count("please")', 'count("?")')
    terms: dict[str, float] = dict(zip(keys, drawn, strict=True))
    with np.errstate(all="ignore"):
        try:
            expected = _python(tree, terms)
        except OverflowError:
            expected = float("inf")
    reward = RewardExpression(tree)
    if not np.isfinite(expected):
        with pytest.raises(RewardValueError):
            reward.evaluate(terms)
        return
    try:
        assert float(reward.evaluate(terms)) == pytest.approx(expected, rel=1e-9, abs=1e-300)
    except RewardValueError as error:
        assert "too large" in str(
            error
        )  # an overflow inside, which Python let pass by a comparison
