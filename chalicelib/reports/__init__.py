"""Reports: rows in, bytes out.

`REPORTS` is the table of what can be rendered: name -> (content type, renderer). A report is one file and one line
here; a renderer is pure, so the same rows always give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.reports import close_certificate, payout_register

REPORTS: dict[str, tuple[str, Callable[..., bytes | str]]] = {
    "payout_register.csv": ("text/csv; charset=utf-8", payout_register.as_csv),
    "payout_register.json": ("application/json", payout_register.as_json),
    "payouts_to_pay.csv": ("text/csv; charset=utf-8", payout_register.as_pay_list),
    "close_certificate.json": ("application/json", close_certificate.as_json),
    "close_certificate.txt": ("text/plain; charset=utf-8", close_certificate.as_text),
}
