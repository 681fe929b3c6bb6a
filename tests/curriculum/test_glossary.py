from pathlib import Path

import pytest

from curriculum.catalogue import Catalogue
from curriculum.errors import ChapterError
from curriculum.glossary import concepts_of, load_glossary, missing_terms


def test_every_concept_of_every_chapter_is_explained(catalogue: Catalogue) -> None:
    assert missing_terms() == ()
    glossary = load_glossary()
    for chapter in catalogue.chapters:
        assert [term.id for term in concepts_of(chapter, glossary)] == list(chapter.concepts)


def test_each_term_is_one_sentence() -> None:
    for term in load_glossary().values():
        assert term.sentence.endswith(".")
        assert ". " not in term.sentence


def test_mistakes_are_reported_together(tmp_path: Path) -> None:
    path = tmp_path / "glossary.toml"
    entry = '[[terms]]\nid = "a"\nname = "A"\nsentence = "S."\n'
    path.write_text(f'{entry}{entry}[[terms]]\nid = "b"\nnmae = "B"\n', encoding="utf-8")
    with pytest.raises(ChapterError) as caught:
        load_glossary(path)
    text = str(caught.value)
    assert f"{path}:6: terms.1.id: The id `a` is used twice." in text
    assert f"{path}:11: terms.2.nmae" in text
