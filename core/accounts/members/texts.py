"""The words of invitations, in every language of ``settings.LANGUAGES``."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "staff": "staff",
        "manager": "manager",
        "chain_admin": "chain administrator",
        "subject": "You are invited to {chain}",
        "text": "Hello,\n\n{by} invites you to {place} as {role}:\n\n{link}\n\n"
        "The link is good once, for {days} days. If you do not know {by}, do nothing.",
        "sms": "{by} invites you to {place} as {role}: {link}",
    },
    "he": {
        "staff": "צוות",
        "manager": "ניהול סניף",
        "chain_admin": "ניהול הרשת",
        "subject": "הוזמנת אל {chain}",
        "text": "שלום,\n\nקיבלת הזמנה מאת {by} אל {place}, בתפקיד {role}:\n\n{link}\n\n"
        "הקישור תקף לפעם אחת, למשך {days} ימים. אם {by} לא מוכר לך, אין צורך לעשות דבר.",
        "sms": "הזמנה מאת {by} אל {place}, בתפקיד {role}: {link}",
    },
}
