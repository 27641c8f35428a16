import type { Run } from '../answer.ts';

/** A step, or a way to end without one; its middle is at `x` and `y`. */
export interface Node {
  ref: string;
  label: string;
  x: number;
  y: number;
  width: number;
}

export interface Edge {
  from: string;
  to: string;
  label?: string;
}

/** The shape of a workflow: every way that a run of it can take. */
export interface Graph {
  nodes: Node[];
  edges: Edge[];
}

export const WIDTH = 360;
export const NODE_HEIGHT = 34;
const WIDE = 212;
const NARROW = 104;
const MIDDLE = WIDTH / 2;

const wide = (ref: string, y: number): Node => ({ ref, label: ref, x: MIDDLE, y, width: WIDE });

/** The end of a run that makes no trade: what was held, or rejected. */
const NO_TRADE = 'no trade';

const trading: Graph = {
  nodes: [
    wide('check-stock-price', 24),
    wide('generate-recommendation', 96),
    wide('request-approval', 168),
    wide('approval', 240),
    { ref: 'buy-stock', label: 'buy-stock', x: 60, y: 330, width: NARROW },
    { ref: NO_TRADE, label: NO_TRADE, x: MIDDLE, y: 330, width: NARROW },
    { ref: 'sell-stock', label: 'sell-stock', x: 300, y: 330, width: NARROW },
  ],
  edges: [
    { from: 'check-stock-price', to: 'generate-recommendation' },
    { from: 'generate-recommendation', to: 'request-approval', label: 'asked' },
    { from: 'generate-recommendation', to: 'approval' },
    { from: 'generate-recommendation', to: 'buy-stock' },
    { from: 'generate-recommendation', to: 'sell-stock' },
    { from: 'generate-recommendation', to: NO_TRADE },
    { from: 'request-approval', to: 'approval' },
    { from: 'approval', to: 'buy-stock', label: 'buy' },
    { from: 'approval', to: 'sell-stock', label: 'sell' },
    { from: 'approval', to: NO_TRADE, label: 'rejected' },
  ],
};

const graphs: Record<string, Graph> = { trading };

/** The nodes that a run has come to, in the order in which it did. */
export function pathOf(run: Run): string[] {
  const steps = run.steps.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  const path = [...new Set([...steps, ...run.waits].map(({ ref }) => ref))].filter((ref) => ref !== 'queue');
  const result: object = typeof run.result === 'object' && run.result !== null ? run.result : {};
  const isEnd = run.state === 'SUCCESS' && ('held' in result || 'rejected' in result);
  return run.workflow === 'trading' && isEnd ? [...path, NO_TRADE] : path;
}

/** The described graph of a run's workflow; where there is none that holds its steps, the steps one after the other. */
export function graphOf(run: Run): Graph {
  const described = graphs[run.workflow ?? ''];
  const path = pathOf(run);
  if (described && path.every((ref) => described.nodes.some((node) => node.ref === ref))) return described;
  return {
    nodes: path.map((ref, index) => wide(ref, 24 + index * 72)),
    edges: path.slice(1).map((to, index) => ({ from: path[index]!, to })),
  };
}
