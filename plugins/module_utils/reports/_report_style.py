# Copyright (c) 2026 The accelerated.nodes authors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the HTML report looks, in light and dark, on a phone, a desk and paper.

This file is internal to the collection and may change in any release. Colours carry no meaning alone: each verdict has a
sign and is written. Text on its ground has a contrast of at least 4.5 to 1 in both schemes.
"""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ground: #f4f5f8; --card: #ffffff; --ink: #18202c; --soft: #566072; --line: #dfe3ea; --link: #1f55b5;
  --passed: #15713a; --failed: #b3261e; --busy: #845500; --unknown: #5a5280; --excluded: #566072;
  --passed-tint: #e2f3e8; --failed-tint: #fce9e7; --busy-tint: #fbf0d6; --unknown-tint: #ebe9f5; --excluded-tint: #eaecf0; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f131a; --card: #191f29; --ink: #e8ebf1; --soft: #9fa9ba; --line: #2e3745;
  --link: #8ab4ff;
  --passed: #62cf8c; --failed: #ff8d84; --busy: #f0bb55; --unknown: #b9b0e4; --excluded: #9fa9ba;
  --passed-tint: #143223; --failed-tint: #42201e; --busy-tint: #3a2d13; --unknown-tint: #2a2740; --excluded-tint: #262d39; } }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
html { scroll-padding-top: 84px; }
body { background: var(--ground); color: var(--ink); overflow-wrap: anywhere; -webkit-text-size-adjust: 100%;
  font: 15px/1.5 Inter, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-feature-settings: "tnum"; }
a { color: var(--link); text-underline-offset: 2px; }
main { max-width: 1200px; margin: 0 auto; padding: 32px 24px 8px; }
footer { max-width: 1200px; margin: 0 auto; padding: 16px 24px 40px; color: var(--soft); font-size: 12px; }
.symbols { position: absolute; width: 0; height: 0; }
.sign { width: 1em; height: 1em; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round;
  stroke-linejoin: round; }
.passed { --hue: var(--passed); --tint: var(--passed-tint); } .failed { --hue: var(--failed); --tint: var(--failed-tint); }
.busy { --hue: var(--busy); --tint: var(--busy-tint); } .unknown { --hue: var(--unknown); --tint: var(--unknown-tint); }
.excluded { --hue: var(--excluded); --tint: var(--excluded-tint); }
header, .panel, article, .problems > li { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
header { display: flex; justify-content: space-between; align-items: center; gap: 32px; border-top: 5px solid var(--hue);
  padding: 26px 32px; }
.kicker { color: var(--soft); font-size: 12px; font-weight: 500; letter-spacing: .07em; text-transform: uppercase; }
h1 { font-size: 28px; line-height: 1.2; letter-spacing: -.02em; margin: 4px 0 8px; }
h2 { font-size: 19px; line-height: 1.3; letter-spacing: -.01em; margin-bottom: 12px; } h3 { font-size: 15px; }
h4 { font-size: 14.5px; line-height: 1.4; }
.note { color: var(--soft); font-size: 13px; font-weight: 400; letter-spacing: 0; margin-left: 4px; }
.sentence { display: flex; gap: 8px; align-items: baseline; color: var(--hue); font-weight: 600; font-size: 16px; }
.sentence .sign { position: relative; top: 2px; stroke-width: 2.6; }
.counts, .legend, .problems, .problems ul, .findings, .tests, .others, .chips, .changes ul, details ul { list-style: none; padding: 0; }
.counts { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
.counts li, .badge, .tools button { display: inline-flex; align-items: center; gap: 5px; background: var(--tint); color: var(--hue);
  white-space: nowrap;
  border: 1px solid transparent; border-radius: 99px; padding: 2px 12px; font-size: 13px; }
.badge { font-weight: 600; font-size: 12.5px; padding: 1px 10px; flex: none; }
.badge .more { color: inherit; font-weight: inherit; }
.counts .sign, .badge .sign, button .sign { stroke-width: 2.4; font-size: 12px; }
.figures { margin-top: 14px; color: var(--soft); font-size: 13px; }
.figures span:not(:last-child)::after, .type span:not(:last-child)::after, details li span:not(:last-child)::after { content: " \\b7";
  color: var(--soft); }
.ring { width: 128px; flex: none; } .ring circle { fill: none; stroke-width: 10; stroke: var(--hue); } .ring .track { stroke: var(--line); }
.ring text { fill: var(--ink); font-size: 27px; font-weight: 700; text-anchor: middle; dominant-baseline: middle; letter-spacing: -.02em; }
.ring .unit { fill: var(--soft); font-size: 9.5px; font-weight: 500; letter-spacing: 0; }
section { margin-top: 32px; } section section { margin-top: 22px; } section section h3 { margin-bottom: 10px; }
.panel { padding: 16px 20px; } .run { border-left: 5px solid var(--hue); font-size: 14px; } .run p + p, .run dl + p { margin-top: 8px; }
.changes h3:not(:first-child) { margin-top: 12px; } .changes li { font-size: 13.5px; padding-left: 14px; text-indent: -14px; }
.changes li::before { content: "\\2013\\a0\\a0"; color: var(--soft); }
.problems { display: grid; gap: 10px; }
.problems > li { border-left: 5px solid var(--hue); padding: 13px 20px 14px; }
.check { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 9px; } .check > .sign { color: var(--hue); stroke-width: 2.6; }
.check b { font-size: 15.5px; } .step { margin: 3px 0 7px; } .problems ul li { color: var(--soft); font-size: 13.5px; padding: 1px 0; }
.problems q { color: var(--ink); quotes: none; } .problems a { font-weight: 500; }
details { font-size: 13px; } summary { cursor: pointer; color: var(--soft); width: max-content; max-width: 100%; padding: 2px 0; }
summary:hover { color: var(--ink); }
.fleet { width: 100%; border-collapse: collapse; }
.fleet th { text-align: left; vertical-align: top; font-size: 12.5px; font-weight: 500; color: var(--soft); padding: 0 16px 8px 0; }
.fleet tbody th { color: var(--ink); font-weight: 600; font-size: 14px; padding: 10px 16px 10px 0; width: 190px; }
.fleet tbody th .note { display: block; margin: 0; }
.fleet tbody tr > * { border-top: 1px solid var(--line); }
.fleet td { vertical-align: top; padding: 10px 12px 8px 0; line-height: 0; font-size: 0; }
.cell { display: inline-flex; align-items: center; justify-content: center; width: 28px; height: 28px; margin: 0 5px 5px 0;
  border-radius: 6px; position: relative;
  color: var(--hue); background: var(--tint); border: 1.5px solid var(--hue); font-size: 15px; text-decoration: none; }
.cell.failed { background: var(--hue); color: var(--card); } .cell.excluded, .cell.unknown { border-style: dashed; }
.cell.warned::after { content: ""; position: absolute; top: -4px; right: -4px; width: 9px; height: 9px; border-radius: 50%;
  background: var(--busy); border: 1.5px solid var(--card); }
.many .cell { width: 17px; height: 17px; margin: 0 3px 3px 0; border-radius: 4px; border-width: 1px; font-size: 10px; }
.many .sign { stroke-width: 2.2; }
.cell.dim { opacity: .22; } a.cell:hover, a.cell:focus-visible { outline: 2px solid var(--ink); outline-offset: 1px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 18px; font-size: 12.5px; color: var(--soft); border-top: 1px solid var(--line);
  padding-top: 12px; margin-top: 4px; }
.legend li { display: flex; align-items: center; gap: 7px; }
.legend .cell { width: 18px; height: 18px; margin: 0; border-radius: 4px; font-size: 11px; }
.tools { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; align-items: center; gap: 8px; background: var(--ground);
  padding: 10px 0; }
.tools input, .tools select { font: inherit; font-size: 14px; color: var(--ink); background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: 6px 12px; min-width: 0; }
.tools input { flex: 1 1 260px; } .tools select { flex: 0 1 auto; max-width: 100%; } .verdicts { display: flex; flex-wrap: wrap; gap: 6px; }
.tools button { font: inherit; font-size: 13px; padding: 5px 12px; cursor: pointer; } .tools button:hover { border-color: var(--hue); }
.tools button[aria-pressed="true"] { background: var(--hue); color: var(--card); }
.tools output { color: var(--soft); font-size: 13px; margin-left: auto; white-space: nowrap; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 370px), 1fr)); gap: 12px; align-items: start; }
article { border-left: 5px solid var(--hue); padding: 13px 16px; }
.large article { content-visibility: auto; contain-intrinsic-size: auto 150px; } article:target { outline: 2px solid var(--link); }
.top { display: flex; justify-content: space-between; align-items: flex-start; gap: 12px; }
.type { color: var(--soft); font-size: 13px; margin-top: 3px; line-height: 1.45; }
.type b { color: var(--ink); font-weight: 600; margin-right: 4px; }
.chips { display: flex; flex-wrap: wrap; gap: 11.5px; padding: 7px 5px; margin-top: 6px; }
.chips li { position: relative; width: 27px; height: 27px; display: flex; align-items: center; justify-content: center; font-size: 12px;
  font-weight: 600;
  color: var(--pin); background: var(--fill); border: 1.5px solid var(--pin); border-radius: 5px; }
.chips li::before, .chips li::after { content: ""; position: absolute; border: 0 dashed var(--pin); opacity: .75; }
.chips li::before { inset: -5.5px 4px; border-width: 4px 0; } .chips li::after { inset: 4px -5.5px; border-width: 0 4px; }
.chips .sign { font-size: 14px; stroke-width: 2.2; }
.good { --pin: var(--passed); --fill: var(--passed-tint); } .bad { --pin: var(--failed); --fill: var(--failed-tint); }
.warned { --pin: var(--busy); --fill: var(--busy-tint); }
.missing { --pin: var(--failed); --fill: none; } .unseen { --pin: var(--soft); --fill: none; }
.chips .missing, .chips .unseen { border-style: dashed; }
.chips .missing::before, .chips .missing::after, .chips .unseen::before, .chips .unseen::after { opacity: .3; }
.reason { font-size: 13.5px; margin-top: 8px; }
.findings { margin-top: 8px; } .findings li { border-top: 1px solid var(--line); padding: 8px 0 2px; font-size: 13.5px; }
.findings li > .sign { color: var(--failed); margin-right: 6px; vertical-align: -2px; stroke-width: 2.4; }
.findings span { color: var(--soft); margin-left: 4px; } .findings .warning > .sign, .findings .warning b { color: var(--busy); }
.findings b { color: var(--failed); font-weight: 600; }
.tests { margin: 8px 0 4px; font-size: 13px; } .tests li { padding: 1px 0; } .tests .sign { color: var(--hue); margin-right: 6px; vertical-align: -2px; }
.tests span { color: var(--soft); }
.others { margin: 8px 0; font-size: 12.5px; color: var(--soft); } .others b { font-weight: 600; }
dl { display: grid; grid-template-columns: 76px 1fr; gap: 1px 10px; font-size: 13px; margin: 3px 0 6px; } dt { color: var(--soft); }
dd { min-width: 0; }
article details { margin-top: 4px; } details ul { padding: 4px 0 2px; }
article details li { color: var(--soft); font-size: 12.5px; padding: 3px 0; }
article details li b { color: var(--ink); display: inline-block; min-width: 1.4em; }
article details em { font-style: normal; color: var(--ink); margin-right: 4px; }
.wide { overflow-x: auto; } .times { border-collapse: collapse; font-size: 13px; width: 100%; }
.times th { text-align: left; color: var(--soft); font-weight: 500; }
.times th, .times td { padding: 4px 14px 4px 0; overflow-wrap: normal; }
.nothing { color: var(--soft); padding: 24px 0; }
@media (max-width: 640px) {
  main { padding: 14px 12px; } footer { padding: 12px 14px 32px; } html { scroll-padding-top: 12px; }
  header { flex-direction: column; align-items: flex-start; gap: 18px; padding: 18px 18px 20px; } h1 { font-size: 23px; }
  .ring { width: 112px; align-self: center; }
  .panel { padding: 12px 14px; } .problems > li { padding: 12px 14px; } article { padding: 12px 14px; }
  .tools { position: static; } .tools input, .tools select { flex: 1 1 100%; font-size: 16px; } .tools button { padding: 7px 13px; }
  .fleet thead { display: none; } .fleet, .fleet tbody, .fleet tr, .fleet td, .fleet tbody th { display: block; width: auto; }
  .fleet tbody tr > * { border: 0; } .fleet tbody tr + tr { border-top: 1px solid var(--line); } .fleet tbody th { padding: 9px 0 3px; }
  .fleet tbody th .note { display: inline; }
  .fleet td { padding: 4px 0; } .fleet td.none { display: none; }
  .fleet td::before { content: attr(data-zone); display: block; font-size: 12px; line-height: 1.4; color: var(--soft); margin-bottom: 4px; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --card: #fff; } body { font-size: 11pt; } main, footer { max-width: none; padding: 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .tools { display: none !important; } header, .problems > li, tr, .top, .chips, .findings li, details li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .large article { content-visibility: visible; } .tiles { display: block; } article { margin-bottom: 10px; }
  a { color: inherit; text-decoration: none; }
  main:not(.large) details::details-content { content-visibility: visible; display: block; } section { margin-top: 20px; }
}
@media print and (prefers-color-scheme: dark) { :root { --ink: #18202c; --soft: #566072; --line: #dfe3ea;
  --passed: #15713a; --failed: #b3261e; --busy: #845500; --unknown: #5a5280; --excluded: #566072;
  --passed-tint: #e2f3e8; --failed-tint: #fce9e7; --busy-tint: #fbf0d6; --unknown-tint: #ebe9f5; --excluded-tint: #eaecf0; } }
@media (forced-colors: active) { .cell, .chips li, .badge { forced-color-adjust: none; } }
"""
