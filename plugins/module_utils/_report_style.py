# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the HTML report looks, in light and dark.

This file is internal to the collection and may change in any release. Colours carry no meaning alone: each verdict is
also written. Text on its ground has a contrast of at least 4.5 to 1 in both schemes.
"""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ground: #f5f6f8; --card: #ffffff; --ink: #1b2330; --soft: #5a6475; --line: #dde1e8;
  --passed: #16753c; --failed: #b3261e; --busy: #8a5a00; --unknown: #5b5478;
  --passed-tint: #e4f4ea; --failed-tint: #fbe9e7; --busy-tint: #fdf1d8; --unknown-tint: #ecebf3; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161d; --card: #1b212b; --ink: #e7eaf0; --soft: #9ea8b9; --line: #313a48;
  --passed: #62cf8c; --failed: #ff8d84; --busy: #f0bb55; --unknown: #b7aee0;
  --passed-tint: #163425; --failed-tint: #42201e; --busy-tint: #3c2f14; --unknown-tint: #2b2840; } }
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 24px 8px; }
footer { max-width: 1180px; margin: 0 auto; padding: 8px 24px 32px; color: var(--soft); font-size: 12px; }
.passed { --hue: var(--passed); --tint: var(--passed-tint); } .failed { --hue: var(--failed); --tint: var(--failed-tint); }
.busy { --hue: var(--busy); --tint: var(--busy-tint); } .unknown, .excluded { --hue: var(--unknown); --tint: var(--unknown-tint); }
header { display: flex; justify-content: space-between; align-items: center; gap: 24px; background: var(--card);
  border: 1px solid var(--line); border-top: 5px solid var(--hue); border-radius: 12px; padding: 24px 28px; }
.kicker { color: var(--soft); font-size: 12px; letter-spacing: .08em; text-transform: uppercase; }
h1 { font-size: 27px; line-height: 1.25; margin: 2px 0 6px; } .sentence { color: var(--hue); font-weight: 600; font-size: 16px; }
.counts { display: flex; flex-wrap: wrap; gap: 8px; list-style: none; padding: 0; margin-top: 14px; }
.counts li, .badge { background: var(--tint); color: var(--hue); border-radius: 99px; padding: 2px 12px; font-size: 13px; white-space: nowrap; }
.badge { font-weight: 700; letter-spacing: .02em; }
.ring { width: 112px; flex: none; } .ring circle { fill: none; stroke-width: 10; } .ring .track { stroke: var(--line); }
.ring .done { stroke: var(--passed); } .ring text { fill: var(--ink); font-size: 26px; font-weight: 700; text-anchor: middle; dominant-baseline: middle; }
.ring .of { fill: var(--soft); font-size: 17px; font-weight: 500; } .ring .unit { fill: var(--soft); font-size: 11px; font-weight: 500; }
section { margin-top: 28px; } h2 { font-size: 18px; margin-bottom: 12px; } .note { color: var(--soft); font-size: 14px; font-weight: 400; margin-left: 6px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 14px; align-items: start; }
article, .run { background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--hue); border-radius: 10px; padding: 15px 18px;
  overflow-wrap: anywhere; }
.top { display: flex; justify-content: space-between; align-items: flex-start; gap: 12px; } h3 { font-size: 15px; line-height: 1.4; }
.type { color: var(--soft); font-size: 13px; margin-top: 2px; } .type b { color: var(--ink); font-weight: 600; } .type span { white-space: nowrap; }
.devices { display: block; margin-top: 10px; max-width: 100%; height: auto; overflow: visible; }
.devices path { stroke: var(--pin); stroke-width: 2.5; } .devices rect { fill: var(--fill); stroke: var(--pin); stroke-width: 1.5; }
.devices text { fill: var(--pin); font-size: 13px; font-weight: 700; text-anchor: middle; }
.good { --pin: var(--passed); --fill: var(--passed-tint); } .bad { --pin: var(--failed); --fill: var(--failed-tint); }
.missing, .unseen { --pin: var(--soft); --fill: none; } .missing { --pin: var(--failed); }
.devices .missing rect, .devices .unseen rect { stroke-dasharray: 4 3; } .devices .missing path, .devices .unseen path { opacity: .35; }
.findings { list-style: none; padding: 0; margin-top: 12px; } .findings li { border-top: 1px solid var(--line); padding: 9px 0 2px; font-size: 13.5px; }
.others { list-style: none; padding: 0; margin-top: 10px; font-size: 12.5px; color: var(--soft); } .others b { font-weight: 600; }
.findings .warning b { color: var(--busy); } .findings .warning b::before { content: "warning: "; }
.findings b { color: var(--hue); } dl { display: grid; grid-template-columns: 78px 1fr; gap: 1px 10px; font-size: 13px; margin: 3px 0 6px; }
dt { color: var(--soft); } dd { min-width: 0; } .run { font-size: 14px; } .run p + p { margin-top: 8px; }
@media (max-width: 560px) { header { flex-direction: column-reverse; align-items: flex-start; } main { padding: 16px 12px; } }
@media print { body { background: none; } article, header { break-inside: avoid; } }
"""
