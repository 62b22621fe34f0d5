"""Why something is suggested, in a sentence of every language of ``settings.LANGUAGES``."""

from __future__ import annotations

from core.outbox.letters import known_language

SENTENCES: dict[str, dict[str, str]] = {
    "en": {
        "bought_together": "Often bought with {because}.",
        "popular_here": "Many people buy this here.",
        "bought_before": "You have bought this before.",
        "greener": "{carbon} kg less CO₂ than {because}.",
        "cheaper": "{price} {currency} less than {because}.",
        "less_sugar": "{grams} g less sugar in 100 g than {because}.",
        "less_saturated_fat": "{grams} g less saturated fat in 100 g than {because}.",
        "less_salt": "{grams} g less salt in 100 g than {because}.",
    },
    "he": {
        "bought_together": "נקנה לעתים קרובות עם {because}.",
        "popular_here": "רבים קונים את זה כאן.",
        "bought_before": "קנית את זה בעבר.",
        "greener": "{carbon} ק״ג CO₂ פחות מאשר {because}.",
        "cheaper": "{price} {currency} פחות מאשר {because}.",
        "less_sugar": "{grams} גרם סוכר פחות ב־100 גרם מאשר {because}.",
        "less_saturated_fat": "{grams} גרם שומן רווי פחות ב־100 גרם מאשר {because}.",
        "less_salt": "{grams} גרם מלח פחות ב־100 גרם מאשר {because}.",
    },
}


def sentence(code: str, language: str, **facts: object) -> str:
    """Return the reason in that language, or in the first there is."""
    return SENTENCES[known_language(language)][code].format(**facts)
