/** Which of `.` and `,` is before the decimals; the other one groups thousands. */
export type DecimalMark = '.' | ',';

const NOTHING = new Set(['null', 'n/a', 'n/d']);

/** Whether a cell says that there is no price, such as Yahoo's `null` and Stooq's `N/D`. */
export const isNoPrice = (cell: string): boolean => NOTHING.has(cell.toLowerCase());

const POINT = /^(\$ ?)?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+|\d{1,3}(?:[ \u00A0\u202F'’]\d{3})+)?(?:\.\d{1,18})?$/;
const COMMA = /^(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+|\d{1,3}(?:[ \u00A0\u202F'’]\d{3})+)?(?:,\d{1,18})?$/;

/**
 * The decimal mark of an amount. Undefined if the text has no mark, is not an amount, or has two meanings: `1,234` is
 * more than a thousand, or between one and two.
 */
export function decimalMarkOf(cell: string): DecimalMark | undefined {
  const [isPoint, isComma] = [POINT.test(cell), COMMA.test(cell)];
  if (isPoint === isComma) return undefined;
  return isPoint ? '.' : ',';
}

/**
 * Whether an amount has two meanings, so that another line decides. A single point is a decimal point, except in a
 * file that may come from a country with a decimal comma.
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
 * A positive amount as a decimal string with all its digits: at most 12 before the point and 18 after it. Undefined if
 * the text is not such an amount. The amount is never a float.
 */
export function toAmount(cell: string, mark: DecimalMark): string | undefined {
  if (!(mark === '.' ? POINT : COMMA).test(cell)) return undefined;
  const grouped = mark === '.' ? /[$, \u00A0\u202F'’]/g : /[. \u00A0\u202F'’]/g;
  const plain = cell.replaceAll(grouped, '').replace(',', '.').replace(/^\./, '0.');
  return /^(?=.*[1-9])(0|[1-9]\d{0,11})(\.\d{1,18})?$/.test(plain) ? plain : undefined;
}
