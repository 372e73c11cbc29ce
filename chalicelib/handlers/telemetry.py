"""One structured log for all handlers: JSON lines that CloudWatch can query.

    log.info("outbound message", extra={"notifications": 3})

`log` is the stdlib logger "kicker" with a JSON formatter, so `logging.getLogger("kicker.anything")` writes there too.
Ids and counts only: no names, no addresses, no tokens, no bodies. Figures with an alarm are `adapters.metrics`.
"""

from __future__ import annotations

from aws_lambda_powertools.logging import Logger  # 8 ms beside boto3, which every function loads

log = Logger(service="kicker")
