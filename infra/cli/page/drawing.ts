import type { Run } from '../answer/answer.ts';
import { graphOf, pathOf, type Edge } from './graph.ts';
import { html, type Html } from './html.ts';
import {
  LABEL_GAP,
  MOST_CHARACTERS,
  NODE_HEIGHT,
  placed,
  type PlacedEdge,
  type PlacedNode,
} from './layout.ts';

type Standing = 'done' | 'failed' | 'waiting' | 'open';
const MARKS: Record<Standing, string> = { done: '\u2713 ', failed: '\u2715 ', waiting: '\u2026 ', open: '' };

/** The graph of the workflow, with the path of the run. */
export function drawing(run: Run): Html {
  const { width, height, nodes, edges } = placed(graphOf(run));
  const path = pathOf(run);
  const taken = new Set(path.slice(1).map((to, index) => `${path[index]} ${to}`));
  // The path is drawn last, above the other edges.
  const inOrder = edges.toSorted((a, b) => Number(isTaken(a, taken)) - Number(isTaken(b, taken)));
  return html`<svg
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="The path of the run: ${path.join(', then ')}"
  >
    ${inOrder.map((edge) => drawEdge(edge, isTaken(edge, taken)))}
    ${nodes.map((node) => drawNode(node, standingOf(node.ref, run, path)))}
  </svg>`;
}

const short = (ref: string) =>
  ref.length <= MOST_CHARACTERS ? ref : `${ref.slice(0, MOST_CHARACTERS - 1)}…`;

const isTaken = ({ from, to }: Edge, taken: Set<string>) => taken.has(`${from} ${to}`);

function standingOf(ref: string, { steps, waits }: Run, path: string[]): Standing {
  if (!path.includes(ref)) return 'open';
  if (waits.some((wait) => wait.ref === ref)) return 'waiting';
  return steps.some((step) => step.ref === ref && step.state === 'ERROR') ? 'failed' : 'done';
}

function drawNode({ ref, x, y, width }: PlacedNode, standing: Standing): Html {
  return html`<g class="node ${standing}"
    ><rect
      x="${x - width / 2}"
      y="${y - NODE_HEIGHT / 2}"
      width="${width}"
      height="${NODE_HEIGHT}"
      rx="8"
    /><text x="${x}" y="${y + 4}">${MARKS[standing]}${short(ref)}</text></g
  > `;
}

function drawEdge({ points, label }: PlacedEdge, taken: boolean): Html {
  const { x, y } = points[Math.floor(points.length / 2)]!;
  const text =
    label === undefined ? undefined : html`<text x="${x + LABEL_GAP}" y="${y + 4}">${label}</text>`;
  return html`<g class="edge${taken ? ' taken' : ''}"><path d="${curve(points)}" />${text}</g> `;
}

/** A smooth line: from the middle of one segment to that of the next, with the points between them as controls. */
function curve([start, ...others]: PlacedEdge['points']): string {
  const end = others.pop()!;
  const curves = others.map(({ x, y }, index) => {
    const next = others[index + 1];
    const to = next ? { x: (x + next.x) / 2, y: (y + next.y) / 2 } : end;
    return `Q ${x} ${y}, ${to.x} ${to.y}`;
  });
  return `M ${start!.x} ${start!.y} ${others.length > 0 ? curves.join(' ') : `L ${end.x} ${end.y}`}`;
}
