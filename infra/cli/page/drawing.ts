import type { Run } from '../answer/answer.ts';
import { graphOf, NODE_HEIGHT, pathOf, WIDTH, type Edge, type Graph, type Node } from './graph.ts';
import { html, type Html } from './html.ts';

type Standing = 'done' | 'failed' | 'waiting' | 'open';
const MARKS: Record<Standing, string> = { done: '\u2713 ', failed: '\u2715 ', waiting: '\u2026 ', open: '' };

/** The graph of the workflow, with the path of the run. */
export function drawing(run: Run): Html {
  const graph = graphOf(run);
  const path = pathOf(run);
  const taken = new Set(path.slice(1).map((to, index) => `${path[index]} ${to}`));
  const height = Math.max(...graph.nodes.map(({ y }) => y), 0) + NODE_HEIGHT;
  // The path is drawn last, above the other edges.
  const edges = graph.edges.toSorted((a, b) => Number(isTaken(a, taken)) - Number(isTaken(b, taken)));
  return html`<svg
    viewBox="0 0 ${WIDTH} ${height}"
    role="img"
    aria-label="The path of the run: ${path.join(', then ')}"
  >
    ${edges.map((edge) => drawEdge(edge, graph, isTaken(edge, taken)))}
    ${graph.nodes.map((node) => drawNode(node, standingOf(node.ref, run, path)))}
  </svg>`;
}

/** As many characters as fit into a node; the list of steps has the whole ref. */
const short = (label: string) => (label.length <= 26 ? label : `${label.slice(0, 25)}…`);

const isTaken = ({ from, to }: Edge, taken: Set<string>) => taken.has(`${from} ${to}`);

function standingOf(ref: string, { steps, waits }: Run, path: string[]): Standing {
  if (!path.includes(ref)) return 'open';
  if (waits.some((wait) => wait.ref === ref)) return 'waiting';
  return steps.some((step) => step.ref === ref && step.state === 'ERROR') ? 'failed' : 'done';
}

function drawNode({ label, x, y, width }: Node, standing: Standing): Html {
  return html`<g class="node ${standing}"
    ><rect
      x="${x - width / 2}"
      y="${y - NODE_HEIGHT / 2}"
      width="${width}"
      height="${NODE_HEIGHT}"
      rx="8"
    /><text x="${x}" y="${y + 4}">${MARKS[standing]}${short(label)}</text></g
  > `;
}

function drawEdge({ from, to, label }: Edge, { nodes }: Graph, taken: boolean): Html {
  const [start, end] = [from, to].map((ref) => nodes.find((node) => node.ref === ref)!) as [Node, Node];
  const { d, middle } = curve(start, end);
  const text = label === undefined ? undefined : html`<text x="${middle.x}" y="${middle.y}">${label}</text>`;
  return html`<g class="edge${taken ? ' taken' : ''}"><path d="${d}" />${text}</g> `;
}

/** Down from one node to the next; past those in between, if there are any, along their side. */
function curve(start: Node, end: Node): { d: string; middle: { x: number; y: number } } {
  const top = end.y - NODE_HEIGHT / 2;
  const bottom = start.y + NODE_HEIGHT / 2;
  const rows = Math.round((end.y - start.y) / 72);
  if (start.x === end.x && rows > 1) {
    const side = start.x + start.width / 2;
    const out = side + 18 * (rows - 1);
    const entry = end.x + end.width / 2 - 8;
    const d = `M ${side - 8} ${bottom} C ${out} ${bottom + 24}, ${out} ${top - 24}, ${entry} ${top}`;
    return { d, middle: { x: out - 8, y: (bottom + top) / 2 } };
  }
  const x = start.x + Math.sign(end.x - start.x) * (start.width / 2 - 12);
  const from = start.x === end.x ? start.x : x;
  const bend = (top - bottom) / 2;
  const d = `M ${from} ${bottom} C ${from} ${bottom + bend}, ${end.x} ${top - bend}, ${end.x} ${top}`;
  return { d, middle: { x: (from + end.x) / 2 + 6, y: bottom + bend + 4 } };
}
