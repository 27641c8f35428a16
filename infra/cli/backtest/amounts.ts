/** Which of `.` and `,` is before the decimals; the other one groups thousands. */
export type DecimalMark = '.' | ',';

const NOTHING = new Set(['null', 'n/a', 'n/d']);

/** Whether a source says that it has no price there, as Yahoo's `null` and Stooq's `N/D` do. */
export const isNoPrice = (cell: string): boolean => NOTHING.has(cell.toLowerCase());

const POINT = /^(\$ ?)?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ \u00A0\u202F'’]\d{3})+)?(?:\.\d{1,18})?$/;
const COMMA = /^(?:\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ \u00A0\u202F'’]\d{3})+)?(?:,\d{1,18})?$/;

/**
 * Which mark an amount proves. Undefined where it has neither, is none, or may be read both ways: `1,234` is a
 * thousand or one and a bit.
 */
export function decimalMarkOf(cell: string): DecimalMark | undefined {
  const [isPoint, isComma] = [POINT.test(cell), COMMA.test(cell)];
  if (isPoint === isComma) return undefined;
  return isPoint ? '.' : ',';
}

/** Whether only another line can decide what it is. A single point is a decimal point unless a line says otherwise. */
export const isEitherMark = (cell: string): boolean => /^\d{1,3},\d{3}$/.test(cell);

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
