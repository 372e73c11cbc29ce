"""Secrets Manager, remembered for a while in this process: a secret is fetched once, not once a request."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from chalicelib.domain.errors import KickerError


class Secrets:
    """Secrets under one prefix; each is a JSON object (of texts, or lists of texts).

    A rotated secret is seen after `keep_s` seconds at the latest, or at once by `fresh=True`, which asks at most
    once in `least_s` seconds: wrong tokens cannot be turned into a bill.
    """

    def __init__(
        self,
        client: Any,
        prefix: str,
        *,
        keep_s: float = 300,
        least_s: float = 30,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._prefix = prefix.rstrip("/")
        self._keep_s = keep_s
        self._least_s = least_s
        self._clock = clock
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def get(self, name: str, *, fresh: bool = False) -> dict[str, Any]:
        """The secret `<prefix>/<name>`.

        Raises: KickerError naming the secret when it is no JSON object; what Secrets Manager raises when
        it does not exist or we may not read it.
        """
        at, value = self._known.get(name, (float("-inf"), {}))
        if self._clock() - at < (self._least_s if fresh else self._keep_s):
            return value
        text = self._client.get_secret_value(SecretId=f"{self._prefix}/{name}")["SecretString"]
        try:
            value = msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError:
            # `from None`: the decoder's message may quote the secret.
            raise KickerError(f'Secret "{self._prefix}/{name}" is no JSON object: store it again.') from None
        self._known[name] = (self._clock(), value)
        return value
