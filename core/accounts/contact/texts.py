"""The words of mail and text messages about accounts, in every language of ``settings.LANGUAGES``."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "code.subject": "{code} is your Smart Trolley code",
        "code.text": "{code} is your Smart Trolley code, good for {minutes} minutes. Tell it to nobody.",
        "confirm.subject": "Please confirm your address",
        "confirm.text": "Hello {name},\n\nplease confirm that this address is yours:\n\n{link}\n\n"
        "The link is good for {days} days. If you have not given this address to us, do nothing.",
        "known.subject": "You have an account already",
        "known.text": "Hello {name},\n\nsomebody gave this address for an account, but it is yours already. "
        "If it was you, sign in as {name}. If you do not know your password any more:\n\n{link}\n\n"
        "If it was not you, do nothing: nobody has got anything.",
        "reset.subject": "A new password",
        "reset.text": "Hello {name},\n\nchoose a new password here:\n\n{link}\n\n"
        "The link is good once, for an hour. If you have not asked for it, do nothing: your password stays.",
    },
    "he": {
        "code.subject": "{code} הוא הקוד שלך ל־Smart Trolley",
        "code.text": "{code} הוא הקוד שלך ל־Smart Trolley. הוא תקף ל־{minutes} דקות; אין למסור אותו לאיש.",
        "confirm.subject": "נא לאשר את הכתובת שלך",
        "confirm.text": "שלום {name},\n\nנא לאשר שהכתובת הזאת שלך:\n\n{link}\n\n"
        "הקישור תקף ל־{days} ימים. אם לא מסרת לנו את הכתובת, אין צורך לעשות דבר.",
        "known.subject": "כבר יש לך חשבון",
        "known.text": "שלום {name},\n\nמישהו מסר את הכתובת הזאת לחשבון, אבל היא כבר שלך. "
        "אם זה היה את או אתה, אפשר להיכנס בשם {name}. אם הסיסמה נשכחה:\n\n{link}\n\n"
        "אם לא, אין צורך לעשות דבר: איש לא קיבל דבר.",
        "reset.subject": "סיסמה חדשה",
        "reset.text": "שלום {name},\n\nכאן בוחרים סיסמה חדשה:\n\n{link}\n\nהקישור תקף לפעם אחת, למשך שעה. "
        "אם לא ביקשת אותו, אין צורך לעשות דבר: הסיסמה לא תשתנה.",
    },
}
