/** Which of `.` and `,` is before the decimals; the other one groups thousands. */
export type DecimalMark = '.' | ',';

const NOTHING = new Set(['null', 'n/a', 'n/d']);

/** Whether a source says that it has no price there, as Yahoo's `null` and Stooq's `N/D` do. */
export const isNoPrice = (cell: string): boolean => NOTHING.has(cell.toLowerCase());

const POINT = /^(\$ ?)?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+|\d{1,3}(?:[ \u00A0\u202F'’]\d{3})+)?(?:\.\d{1,18})?$/;
const COMMA = /^(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+|\d{1,3}(?:[ \u00A0\u202F'’]\d{3})+)?(?:,\d{1,18})?$/;

/**
 * Which mark an amount proves. Undefined where it has neither, is none, or may be read both ways: `1,234` is a
 * thousand or one and a bit.
 */
export function decimalMarkOf(cell: string): DecimalMark | undefined {
  const [isPoint, isComma] = [POINT.test(cell), COMMA.test(cell)];
  if (isPoint === isComma) return undefined;
  return isPoint ? '.' : ',';
}

/**
 * Whether only another line can decide what it is. A single point is a decimal point unless a line says otherwise,
 * except in a file of which `hasCommas` says that it may come from a country with a decimal comma.
 */
export const isEitherMark = (cell: string, hasCommas: boolean): boolean =>
  (hasCommas ? /^[1-9]\d{0,2}[.,]\d{3}$/ : /^[1-9]\d{0,2},\d{3}$/).test(cell);

const EXPONENT = /^(\d{1,18})(?:\.(\d{1,40}))?e([+-]?\d{1,3})$/i;

/** A JSON number with an exponent, such as `8.12e-06`, in plain digits, exactly; any other text as it is. */
export function withoutExponent(text: string): string {
  const [, before, after = '', power] = EXPONENT.exec(text) ?? [];
  if (before === undefined) return text;
  const point = before.length + Number(power);
  const digits = `${'0'.repeat(Math.max(0, 1 - point))}${before}${after}`;
  const whole = Math.max(1, point);
  const decimals = digits.slice(whole).replace(/0+$/, '');
  const plain = digits
    .slice(0, whole)
    .padEnd(whole, '0')
    .replace(/^0+(?=\d)/, '');
  return decimals === '' ? plain : `${plain}.${decimals}`;
}

/**
 * A positive amount as a decimal string, every digit kept: at most 12 before the point and 18 after it. Undefined where
 * it is none. No float is made of it.
 */
export function toAmount(cell: string, mark: DecimalMark): string | undefined {
  if (!(mark === '.' ? POINT : COMMA).test(cell)) return undefined;
  const grouped = mark === '.' ? /[$, \u00A0\u202F'’]/g : /[. \u00A0\u202F'’]/g;
  const plain = cell.replaceAll(grouped, '').replace(',', '.').replace(/^\./, '0.');
  return /^(?=.*[1-9])(0|[1-9]\d{0,11})(\.\d{1,18})?$/.test(plain) ? plain : undefined;
}
