/** What must hold of orders, books and trades. */
export const ORDER_RULES = {
  'one order': 'A key has at most one order at the broker, and at most one trade.',
  transition: 'An order in a book changes only as docs/orders.md says.',
  answers:
    'What a key was answered is true: a trade stands in the ledger, and what was refused is not filled.',
  limits: 'No limit is exceeded, whatever is filled and when.',
  halt: 'Nothing is let go once a halt was answered.',
  agreement: 'In the end the ledger, the books and the broker have the same shares, at the same prices.',
  comparison: 'What differs from the broker is on record, and nothing else is; what is accepted agrees.',
  progress: 'What was let go is found out about once the faults end.',
  'way out': 'What is held can be sold.',
} as const;

export class OrderViolation extends Error {
  override readonly name = 'Violation';
}

export function demand(holds: boolean, rule: keyof typeof ORDER_RULES, message: string): asserts holds {
  if (!holds) throw new OrderViolation(`${rule}: ${message}`);
}
