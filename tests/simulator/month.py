"""When it all happens, and the program that is paid by hand."""

from __future__ import annotations

from datetime import date

from local.story_world import Month

MONTH = Month(date(2026, 10, 1))
HAND = "paid-by-hand"
