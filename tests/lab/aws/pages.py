"""Answers that never change in the lab, made once: instance types, their offerings, Spot prices.

Karpenter asks for them every few minutes; serializing 1,395 instance types costs moto seconds of CPU each time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from .credentials import SCOPE, App

CONSTANT = ("DescribeInstanceTypes", "DescribeInstanceTypeOfferings", "DescribeSpotPriceHistory")
#: Parameters that say nothing about the answer: the moment of asking.
PASSING = ("StartTime", "EndTime")

Page = tuple[str, list[tuple[str, str]], bytes]


def remembering(app: App) -> App:
    """``app`` with its constant answers kept in memory, by region and parameters."""
    pages: dict[tuple[str, str], Page] = {}

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        key = _key(environ)
        if key is None:
            return app(environ, start_response)
        page = pages.get(key) or _ask(app, environ)
        if page[0].startswith("200"):
            pages[key] = page
        start_response(page[0], page[1])
        return [page[2]]

    return answer


def _key(environ: dict[str, Any]) -> tuple[str, str] | None:
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None or scope.group(2) != "ec2":
        return None
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    parameters = [(name, value) for name, value in parse_qsl(body.decode(), keep_blank_values=True) if name not in PASSING]
    if dict(parameters).get("Action") not in CONSTANT:
        return None
    return environ["HTTP_AUTHORIZATION"].split("/")[2], repr(sorted(parameters))


def _ask(app: App, environ: dict[str, Any]) -> Page:
    head: list[Any] = []
    body = b"".join(app(environ, lambda status, headers, exc_info=None: head.extend((status, headers))))
    return head[0], head[1], body
