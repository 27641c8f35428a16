import type { Run } from '../answer/answer.ts';

/** A step, or the end of a run without a trade; its centre is at `x` and `y`. */
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

/** The graph of a workflow: all paths that a run can take. */
export interface Graph {
  nodes: Node[];
  edges: Edge[];
}

export const WIDTH = 360;
export const NODE_HEIGHT = 34;
const WIDE = 212;
const NARROW = 104;
const MIDDLE = WIDTH / 2;

const ROW = 72;
const wide = (ref: string, y: number): Node => ({ ref, label: ref, x: MIDDLE, y, width: WIDE });

/** The end of a run without a trade. */
const NO_TRADE = 'no trade';
const NO_TRADES = ['held', 'rejected', 'refused'];

/** The trading workflow, with or without limits. */
function trading(hasLimits: boolean): Graph {
  const check = hasLimits ? 'check-limits' : 'generate-recommendation';
  const again = hasLimits ? 'check-limits-again' : 'approval';
  const trunk = [
    'check-stock-price',
    'generate-recommendation',
    check,
    'request-approval',
    'approval',
    again,
  ];
  const refs = [...new Set(trunk)];
  const last = ROW * refs.length + 42;
  const narrow = (ref: string, x: number): Node => ({ ref, label: ref, x, y: last, width: NARROW });
  return {
    nodes: [
      ...refs.map((ref, index) => wide(ref, 24 + ROW * index)),
      narrow('buy-stock', 60),
      narrow(NO_TRADE, MIDDLE),
      narrow('sell-stock', 300),
    ],
    edges: [
      { from: 'check-stock-price', to: 'generate-recommendation' },
      ...(hasLimits
        ? [
            { from: 'generate-recommendation', to: check },
            { from: 'generate-recommendation', to: NO_TRADE },
            { from: 'approval', to: again },
            { from: again, to: NO_TRADE },
          ]
        : []),
      { from: check, to: 'request-approval', label: 'asked' },
      { from: check, to: 'approval' },
      { from: check, to: 'buy-stock' },
      { from: check, to: 'sell-stock' },
      { from: check, to: NO_TRADE },
      { from: 'request-approval', to: 'approval' },
      { from: again, to: 'buy-stock', label: 'buy' },
      { from: again, to: 'sell-stock', label: 'sell' },
      { from: 'approval', to: NO_TRADE, label: 'rejected' },
    ],
  };
}

const graphs: Record<string, (path: string[]) => Graph> = {
  trading: (path) => trading(path.includes('check-limits')),
};

/** The nodes that a run has reached, in order. */
export function pathOf(run: Run): string[] {
  const steps = run.steps.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  const path = [...new Set([...steps, ...run.waits].map(({ ref }) => ref))].filter((ref) => ref !== 'queue');
  const result: object = typeof run.result === 'object' && run.result !== null ? run.result : {};
  const isPlaced = path.some((ref) => ref === 'buy-stock' || ref === 'sell-stock');
  const isEnd = run.state === 'SUCCESS' && !isPlaced && NO_TRADES.some((word) => word in result);
  return run.workflow === 'trading' && isEnd ? [...path, NO_TRADE] : path;
}

/** The described graph of a run's workflow. If none contains all its steps: the steps, one after the other. */
export function graphOf(run: Run): Graph {
  const path = pathOf(run);
  const described = graphs[run.workflow ?? '']?.(path);
  if (described && path.every((ref) => described.nodes.some((node) => node.ref === ref))) return described;
  return {
    nodes: path.map((ref, index) => wide(ref, 24 + index * ROW)),
    edges: path.slice(1).map((to, index) => ({ from: path[index]!, to })),
  };
}
