/** The style of the page: no fonts or images from elsewhere, both colour schemes, one column on a phone. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #f6f7f9; --card: #fff; --line: #d0d7de;
  --good: #1a7f37; --bad: #c22028; --wait: #8a5a00; --way: #0a5fc4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b3; --paper: #0d1117; --card: #161b22;
  --line: #3a424c; --good: #4cc368; --bad: #ff7b72; --wait: #e0aa3e; --way: #6cb1ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere; }
main { max-width: 1040px; margin: 0 auto; padding: 20px 16px 48px; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 1rem; margin: 0 0 12px; color: var(--soft); font-weight: 600; }
h3 { font-size: 1rem; margin: 0; }
.badge { display: inline-block; padding: 2px 10px; border: 1.5px solid; border-radius: 99px; font-weight: 600; font-size: .85rem; }
.SUCCESS, .done .state, .done h3 { color: var(--good); } .ERROR, .failed .state, .failed h3 { color: var(--bad); }
.IN_PROGRESS, .waiting .state, .waiting h3 { color: var(--wait); }
.about { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 16px 0 24px; }
.about dt { color: var(--soft); } .about dd { margin: 0; }
.panels { display: grid; gap: 20px; } .panels > section { min-width: 0; overflow-x: auto; }
@media (min-width: 820px) { .panels { grid-template-columns: 460px 1fr; align-items: start; } }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px; }
section > svg { display: block; width: 100%; min-width: 360px; max-width: 500px; margin: 0 auto; }
.node rect { fill: var(--card); stroke: var(--line); stroke-width: 1.5; stroke-dasharray: 4 4; }
.node text { fill: var(--soft); font: 12.5px ui-monospace, monospace; text-anchor: middle; }
.node.done rect, .node.failed rect, .node.waiting rect { stroke-dasharray: none; stroke-width: 2; }
.node.done rect { stroke: var(--good); } .node.failed rect { stroke: var(--bad); } .node.waiting rect { stroke: var(--wait); }
.node.done text, .node.failed text, .node.waiting text { fill: var(--ink); font-weight: 600; }
.edge path { fill: none; stroke: var(--line); stroke-width: 1.5; } .edge text { fill: var(--soft); font: 11px system-ui, sans-serif; }
.edge.taken path { stroke: var(--way); stroke-width: 3; } .edge.taken text { fill: var(--ink); font-weight: 600; }
.timeline { list-style: none; margin: 0; padding: 0; }
.timeline li { padding: 14px 0; border-top: 1px solid var(--line); } .timeline li:first-child { border: 0; padding-top: 0; }
.facts { margin: 2px 0 8px; color: var(--soft); font-size: .87rem; } .state { font-weight: 600; }
.bar { display: block; width: 100%; height: 10px; } .track { fill: var(--paper); } .span { fill: var(--good); }
.failed .span { fill: var(--bad); }
dl { margin: 8px 0 0; } .timeline dt { color: var(--soft); font-size: .82rem; margin-top: 6px; } .timeline dd { margin: 0; }
pre { margin: 2px 0 0; padding: 8px 10px; background: var(--paper); border-radius: 8px; white-space: pre-wrap;
  font: 12.5px/1.45 ui-monospace, monospace; }
.error { border-color: var(--bad); margin-bottom: 20px; }
@media print { body { background: #fff; } section { break-inside: avoid; border-color: #999; } }
`;
