/** What is counted in addition to the faults and to what becomes of orders. */
export const ORDER_HAPPENINGS = [
  ...[
    'order',
    'order again',
    'check',
    'halt',
    'unhalt',
    'another day',
    'open over night',
    'clocks changed',
    'traded',
    'refused',
    'gave up',
    'pending',
  ],
  ...[
    'let go',
    'let go again',
    'filled in part',
    'settled',
    'taken back',
    'reduced',
    'way out',
    'room',
    'no room',
    'crowded',
  ],
];
