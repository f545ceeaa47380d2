"""Tables of all countries are decoded, or it is said that their encoding cannot be told."""

import pytest

from core.errors import BadInput
from core.uploads.text_tables import read_text_table

CLASSES = ("crude oil", "grain", "money-fx")
WORDS = {
    "French": ("cp1252", "L'été fut très chaud à Paris, où le marché a chuté."),
    "Spanish": ("cp1252", "¿Qué pasó con el maíz? España exportó más."),
    "Swedish": ("cp1252", "Priset på råolja föll på måndagen."),
    "a currency": ("cp1252", "Es kostet 5 € mehr, das sind 25 °C und 3 ½ %."),
    "curly quotes": ("cp1252", "He said \u201chello\u201d \u2013 it\u2019s fine\u2026"),
    "Russian": ("cp1251", "Цены на нефть растут, рынок зерна упал вчера вечером."),
    "Greek": ("cp1253", "Οι τιμές του πετρελαίου αυξάνονται σήμερα."),  # noqa: RUF001
    "Czech": ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy."),
    "Chinese": ("gb18030", "油价上涨了很多,股市下跌,粮食出口减少。"),
}


@pytest.mark.parametrize("language", WORDS)
def test_what_spreadsheets_of_other_countries_write_is_read(language):
    encoding, text = WORDS[language]
    content = f"text;label\n{text};grain\n".encode(encoding)
    assert list(read_text_table(content, CLASSES).items) == [text]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1254", "Petrol fiyatları yükseliyor, şirket kâr etti ağır"),  # noqa: RUF001
        ("cp1255", "מחירי הנפט עולים"),
        ("latin-1", "\x81\x8d\x90 \xa4\xb6"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_a_sentence(encoding, text):
    with pytest.raises(BadInput, match="cannot be told in which encoding") as told:
        read_text_table(f"text;label\n{text};grain\n".encode(encoding), CLASSES)
    assert "UTF-8" in told.value.advice
