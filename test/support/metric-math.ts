/** A time series: values by the start of their periods in milliseconds. */
export type Series = Map<number, number>;
type Value = number | Series;
type Node = (data: Data) => Value;

/** What CloudWatch is asked to compute: the starts of all periods, and the series of each id. */
export interface Data {
  times: number[];
  /** A metric has values in some periods; an expression is computed when it is asked for. */
  of(id: string): Series;
  /**
   * What DAY, HOUR and FILL make of a series without any value. AWS documents that the first two have a value for every
   * period, and says nothing of FILL; an expression is safe where it is right either way.
   */
  emptyStaysEmpty: boolean;
}

/**
 * Computes an expression of CloudWatch metric math, as "Using math expressions with CloudWatch metrics" documents it:
 * numbers, ids, `+`, comparisons, AND, OR, IF, FILL, TIME_SERIES, DAY (Monday is 1) and HOUR, both in UTC.
 *
 * Throws if the expression uses anything else.
 */
export function compute(expression: string, data: Data): Series {
  const node = parsed.get(expression) ?? parse(expression);
  parsed.set(expression, node);
  const result = node(data);
  if (typeof result === 'number') throw new Error(`${expression} is a number, expected a time series`);
  return result;
}

const parsed = new Map<string, Node>();

function parse(expression: string): Node {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(\.\d+)?|>=|<=|==|[-+<>(),]|\S/g) ?? [];
  let at = 0;
  const take = (expected?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new Error(`token ${at} of ${expression} is ${token}, expected ${expected ?? 'another'}`);
    }
    return token;
  };

  const binary =
    (operand: () => Node, operators: Record<string, (a: number, b: number) => number>) => (): Node => {
      let node = operand();
      for (let apply = operators[tokens[at] ?? '']; apply; apply = operators[tokens[at] ?? '']) {
        take();
        const [left, right, operator] = [node, operand(), apply];
        node = (data) => combined(left(data), right(data), operator);
      }
      return node;
    };
  const primary = (): Node => {
    const token = take();
    if (token === '(') {
      const value = either();
      take(')');
      return value;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (tokens[at] !== '(') return (data) => data.of(token);
    take('(');
    const args = [either()];
    while (tokens[at] === ',') {
      take();
      args.push(either());
    }
    take(')');
    return (data) =>
      call(
        token,
        args.map((arg) => arg(data)),
        data,
      );
  };
  const sum = binary(primary, { '+': (a, b) => a + b });
  const comparison = binary(sum, {
    '<': (a, b) => Number(a < b),
    '<=': (a, b) => Number(a <= b),
    '>': (a, b) => Number(a > b),
    '>=': (a, b) => Number(a >= b),
    '==': (a, b) => Number(a === b),
  });
  const both = binary(comparison, { AND: (a, b) => Number(a !== 0 && b !== 0) });
  const either: () => Node = binary(both, { OR: (a, b) => Number(a !== 0 || b !== 0) });

  const whole = either();
  if (at < tokens.length) throw new Error(`${expression} can't be read from "${tokens[at]}" on`);
  return whole;
}

/** Of two series, with a value wherever one of them has one: the missing one counts as 0. */
function combined(a: Value, b: Value, apply: (a: number, b: number) => number): Value {
  if (typeof a === 'number' && typeof b === 'number') return apply(a, b);
  const times = [a, b].flatMap((value) => (typeof value === 'number' ? [] : [...value.keys()]));
  const valueAt = (value: Value, time: number) =>
    typeof value === 'number' ? value : (value.get(time) ?? 0);
  return new Map(times.map((time) => [time, apply(valueAt(a, time), valueAt(b, time))]));
}

function call(name: string, args: Value[], { times, emptyStaysEmpty }: Data): Value {
  const [first, second, third] = args;
  const everywhere = (of: Value | undefined, valueAt: (time: number) => number): Series => {
    if (typeof of === 'number' || of === undefined) throw new Error(`${name} takes a time series`);
    return new Map(emptyStaysEmpty && of.size === 0 ? [] : times.map((time) => [time, valueAt(time)]));
  };
  switch (name) {
    case 'TIME_SERIES':
      if (typeof first !== 'number') throw new Error('TIME_SERIES takes a number');
      return new Map(times.map((time) => [time, first]));
    case 'FILL':
      if (typeof second !== 'number') throw new Error('FILL takes a number here');
      return everywhere(first, (time) => (first as Series).get(time) ?? second);
    case 'HOUR':
      return everywhere(first, (time) => new Date(time).getUTCHours());
    case 'DAY':
      return everywhere(first, (time) => ((new Date(time).getUTCDay() + 6) % 7) + 1);
    case 'IF':
      return chosen(first, second, third);
    default:
      throw new Error(`the function ${name} is not served`);
  }
}

/** A point of the condition that is missing has no result; where it is true and its value is missing, the result is 0. */
function chosen(condition?: Value, whenTrue?: Value, whenFalse?: Value): Series {
  if (!(condition instanceof Map)) throw new Error('the condition of IF is a time series here');
  const result: Series = new Map();
  for (const [time, holds] of condition) {
    const branch = holds === 0 ? whenFalse : whenTrue;
    const value = branch instanceof Map ? branch.get(time) : branch;
    if (value !== undefined) result.set(time, value);
    else if (holds !== 0) result.set(time, 0);
  }
  return result;
}
