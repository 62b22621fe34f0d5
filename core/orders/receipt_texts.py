"""The words of the receipt's mail, in every language of ``settings.LANGUAGES``."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "subject": "Your receipt from {shop}, order {number}",
        "hello": "Thank you for shopping at {shop}.",
        "order": "Order",
        "date": "j F Y, H:i (\\G\\M\\TO)",
        "each": "each",
        "total": "Total",
        "deposit": "Deposit",
        "rounding": "Rounding",
        "within": "of which {name} {rate} %",
        "on_top": "{name} {rate} %",
        "saved": "You saved",
        "refunded": "Refunded",
        "leave": "Show this at the exit",
        "until": "Good once, until {time}.",
        "link": "The whole receipt",
        "qr": "Exit pass",
    },
    "he": {
        "subject": "הקבלה שלך: {shop}, הזמנה {number}",
        "hello": "תודה שקנית אצל {shop}.",
        "order": "הזמנה",
        "date": "j בF Y, H:i (\\G\\M\\TO)",
        "each": "ליחידה",
        "total": "סך הכול",
        "deposit": "פיקדון",
        "rounding": "עיגול",
        "within": "מתוכם {name} {rate}%",
        "on_top": "{name} {rate}%",
        "saved": "חסכת",
        "refunded": "זוכה",
        "leave": "להציג ביציאה",
        "until": "לשימוש חד־פעמי, עד {time}.",
        "link": "הקבלה המלאה",
        "qr": "אישור יציאה",
    },
}
