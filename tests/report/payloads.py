"""Hostile texts, as a log, a label or a condition may hold them: a seeded list, the same each time."""

from __future__ import annotations

import random
from typing import Any

from tests.report.results import fleet, result

JINJA = (
    "{{ 7 * 7 }}",
    "{{7*'7'}}",
    "{% for i in range(9) %}x{% endfor %}",
    "{%- raw -%}x{%- endraw -%}",
    "{# comment #}",
    "{{ lookup('ansible.builtin.env', 'HOME') }}",
    "{{ lookup('pipe', 'touch /tmp/pwned') }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ hostvars }}",
    "{{ ansible_facts }}",
    "${{ github.token }}",
    "#{7*7}",
    "<%= 7 * 7 %>",
    "${7*7}",
    "{{ undefined_variable }}",
    "{{",
    "}}",
    "{%",
    "{% set x = 1 %}{{ x }}",
)
MARKUP = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "</style><script>window.pwned=1</script>",
    "</title><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    '"><img src=x onerror=window.pwned=1>',
    "' onmouseover='window.pwned=1",
    '" autofocus onfocus="window.pwned=1',
    "<svg onload=window.pwned=1>",
    "</svg><svg><animate onbegin=window.pwned=1 attributeName=x>",
    "<svg><foreignObject><body onload=window.pwned=1>",
    "<use href='http://evil.example/x.svg#a'/>",
    "<math><mtext><style><img src=x onerror=window.pwned=1></style></mtext></math>",
    "<iframe src=javascript:window.pwned=1></iframe>",
    "<a href=javascript:window.pwned=1>x</a>",
    "<base href=http://evil.example/>",
    "<meta http-equiv=refresh content=0;url=http://evil.example/>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<form action=http://evil.example><button autofocus>",
    "<style>*{background:url(http://evil.example/x)}</style>",
    "};*{display:none}",
    "expression(window.pwned=1)",
    "--><script>window.pwned=1</script><!--",
    "<!--",
    "<![CDATA[<script>window.pwned=1</script>]]>",
    "]]>",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "&#60;script&#62;window.pwned=1&#60;/script&#62;",
    "<plaintext>",
    "<noscript><p title='</noscript><img src=x onerror=window.pwned=1>'>",
    "<template><script>window.pwned=1</script></template>",
    "<object data=data:text/html,x></object>",
    "\u2028window.pwned=1\u2029",
    "\uff1cscript\uff1ewindow.pwned=1\uff1c/script\uff1e",
    "<scr\x00ipt>window.pwned=1</scr\x00ipt>",
    "<\x0bimg src=x onerror=window.pwned=1>",
)
FORMATS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "&x;",
    "</failure></testcase></testsuite>",
    '" tests="0" failures="0',
    '", "verdict": "passed", "x": "',
    '\\", \\"verdict\\": \\"passed',
    "\\u0000",
    "!!python/object/apply:os.system ['touch /tmp/pwned']",
    "!unsafe x",
    "!vault |",
    "--- # x",
    "- item\n- item",
    "key: value",
    "*anchor",
    "&anchor x",
    "<<: *x",
    "| not a pipe |",
    "# heading\n## heading",
    "[x](javascript:window.pwned=1)",
    "![x](http://evil.example/x.png)",
    "``` \n<script>window.pwned=1</script>\n```",
    "`x` | `y`",
    "\n\n| a | b |\n| --- | --- |",
    "<details open ontoggle=window.pwned=1>",
    "@everyone http://evil.example www.evil.example",
    "$(touch /tmp/pwned)",
    "`touch /tmp/pwned`",
    "; touch /tmp/pwned #",
    "%s%s%n %(x)s {0} {x!r}",
    "../../../../etc/passwd",
)
CONTROL = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\x1b[2J\x1b[H",
    "\x1bc",
    "\x9b31m",
    "\x00",
    "a\x00b",
    "\x08\x08\x08passed",
    "\rpassed",
    "\x7f",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "\u200e\u200f\u061c",
    "\u200b\u200c\u200d\ufeff",
    "\ud800",
    "\udfff\ud800",
    "\ufffe\uffff",
    "\U0001f4a9" * 20,
    "e" + "\u0301" * 200,
)
LONG = ("A" * 5000, "x " * 3000, "\u4e2d" * 3000, "<" * 3000, "{{" * 2000, "a\n" * 2000)
SEEDS = (*JINJA, *MARKUP, *FORMATS, *CONTROL, *LONG)


def payloads(number: int = 200, seed: int = 20261129) -> list[str]:
    """Every seed, and then pairs of them beside a harmless word, until there are so many."""
    chance = random.Random(seed)
    made = list(SEEDS)
    while len(made) < number:
        first, second = chance.sample(SEEDS[: -len(LONG)], 2)
        made.append(f"{first}{chance.choice(('', ' ', 'GPU 0: ', chr(10)))}{second}")
    return made


def poisoned(number: int = 200) -> tuple[dict[str, Any], str]:
    """Results in which every text that a cluster or a tool writes is one of the payloads, and a title that is one."""
    texts = payloads(number)
    nodes = fleet((10, 10, 5))
    verdicts = ("failed", "passed", "unknown", "busy", "excluded")
    turn = iter(range(10**9))

    def text() -> str:
        return texts[next(turn) % len(texts)]

    for place, node in enumerate(nodes):
        node.update(
            {
                key: text()
                for key in ("name", "node_claim", "node_pool", "instance_type", "driver_version", "cuda_version", "zone", "reason")
            }
        )
        node["capacity_type"], node["verdict"] = text(), verdicts[place % len(verdicts)]
        finding = {key: text() for key in ("check", "expected", "found", "next_step", "device")}
        node["findings"] = [{**finding, "severity": "warning" if node["verdict"] == "passed" else "error", "action": "replace"}]
        node["said_by_others"] = [{**{key: text() for key in ("source", "mark", "value", "message")}, "healthy": False}]
        node["tests"] = [
            {**{key: text() for key in ("name", "kind", "outcome", "reason", "image", "output")}, "exit_code": 1, "value": None}
        ]
        node["marked"] = [text()]
        for device in node["devices"][:3]:
            device.update({key: text() for key in ("uuid", "model", "bus_id", "serial")})
    verdict = {key: text() for key in ("object", "reason", "message", "explanation", "next_step")}
    changed = [{"node": text(), "node_pool": text(), "verdict": "failed", "check": text(), "device": text(), "found": text()}]
    moved = [{"uuid": text(), "was_on": text(), "is_on": text()}]
    places = [{"node": text(), "node_pool": text(), "verdict": "failed"}]
    compared = {"with": text(), "time": text(), "new": changed, "mended": changed, "still_failing": changed, "not_looked_at": changed}
    compared |= {"missing": places, "appeared": places, "devices": moved}
    made = [{"node_pool": text(), "node_claim": text(), "asked_at": text(), "ready_at": text()}]
    content = result(nodes, verdict=verdict, comparison=compared, provisioned=made, leftovers=[text(), text()])
    return content | {"msg": " ".join(texts[:40])}, texts[20]
