"""What students may call themselves and their runs, where others read it."""

import unicodedata

# letters that show nothing, though Unicode counts them among those that print
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def tidied(text: str) -> str:
    """`text` with single blanks, composed letters, and nothing that does not print."""
    letters = unicodedata.normalize("NFC", " ".join(text.split()))
    return " ".join("".join(x for x in letters if x.isprintable() and x not in BLANK).split())


def alike(nickname: str) -> str:
    """The same for nicknames that look the same: in other case, or in letters of another width."""
    return unicodedata.normalize("NFKC", nickname).casefold()


def is_rude(text: str) -> bool:
    """Whether it contains a word that may hurt somebody."""
    from better_profanity import profanity  # which reads its list of words when it is first asked

    return bool(profanity.contains_profanity(text))
