import { getField, isDocument, type Doc } from './values.ts';

/**
 * The values that a dotted path reaches for a query, which searches the arrays along the path by item and by
 * position. `undefined` stands for a missing value.
 */
export function leaves(doc: unknown, path: string): unknown[] {
  const found: unknown[] = [];
  collect(doc, path.split('.'), 0, found);
  return found;
}

function collect(value: unknown, parts: string[], at: number, found: unknown[]): void {
  if (at === parts.length) {
    found.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) if (isDocument(item)) collect(item, parts, at, found);
    const part = parts[at]!;
    if (/^\d+$/.test(part) && Number(part) < value.length) collect(value[Number(part)], parts, at + 1, found);
  } else if (isDocument(value)) {
    collect(getField(value, parts[at]!), parts, at + 1, found);
  } else {
    found.push(undefined);
  }
}

/** The values that a predicate tests: each leaf, and each item of a leaf that is an array. */
export function candidates(doc: Doc, path: string): unknown[] {
  const reached = leaves(doc, path);
  if (!reached.some(Array.isArray)) return reached;
  return reached.flatMap((leaf): unknown[] =>
    Array.isArray(leaf) ? [...(leaf as unknown[]), leaf] : [leaf],
  );
}

/** The values that a path reaches, where an array stands for its items. */
export function itemsAt(doc: Doc, path: string): unknown[] {
  return leaves(doc, path).flatMap((leaf): unknown[] => (Array.isArray(leaf) ? leaf : [leaf]));
}
