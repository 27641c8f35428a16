import dagre from '@dagrejs/dagre';
import type { Edge, Graph } from './graph.ts';

export const NODE_HEIGHT = 34;

interface Point {
  x: number;
  y: number;
}

/** A node with the position of its centre. */
export interface PlacedNode extends Point {
  ref: string;
  width: number;
}

/** An edge with the points that its line goes through; a label is at the middle one. */
export interface PlacedEdge extends Edge {
  points: Point[];
}

/** The most characters of a ref that fit into a node. */
export const MOST_CHARACTERS = 26;
const CHARACTER_WIDTH = 7.6;
const widthOf = (ref: string) => Math.min(ref.length + 3, MOST_CHARACTERS) * CHARACTER_WIDTH;

/** Where to draw a graph, from top to bottom. */
export function placed({ nodes, edges }: Graph) {
  const graph = new dagre.graphlib.Graph().setGraph({
    nodesep: 8,
    ranksep: 32,
    edgesep: 6,
    marginx: 2,
    marginy: 2,
  });
  for (const ref of nodes) graph.setNode(ref, { width: widthOf(ref), height: NODE_HEIGHT });
  // A label takes no width: on a phone, the text of a wider graph is too small.
  for (const { from, to, label } of edges) {
    graph.setEdge(from, to, { width: 0, height: label === undefined ? 0 : 12 });
  }
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const placedEdges = edges.map((edge): PlacedEdge => ({ ...edge, ...graph.edge(edge.from, edge.to) }));
  return {
    // Of an empty graph, both are below zero. A label may extend over the right side.
    width: Math.max(0, width, ...placedEdges.map(endOfLabel)),
    height: Math.max(0, height),
    nodes: nodes.map((ref): PlacedNode => ({ ref, ...graph.node(ref) })),
    edges: placedEdges,
  };
}

/** A label begins next to the middle point of its edge. */
export const LABEL_GAP = 6;
const LABEL_CHARACTER_WIDTH = 7;

function endOfLabel({ label = '', points }: PlacedEdge): number {
  const middle = points[Math.floor(points.length / 2)];
  return middle && label !== '' ? middle.x + LABEL_GAP + label.length * LABEL_CHARACTER_WIDTH : 0;
}
