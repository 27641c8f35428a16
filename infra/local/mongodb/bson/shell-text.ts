import type { Binary, Code, Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'bson';
import { bsonType, entriesOf, isDocument } from './values.ts';

/** A value as the server prints it in its messages: `{ a: "x", n: 1 }`. */
export function shellText(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'string') return `"${value.replace(/[\\"]/g, '\\$&')}"`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(shellText).join(', ')} ]`;
  if (isDocument(value)) {
    const fields = entriesOf(value).map(([name, field]) => `${name}: ${shellText(field)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  switch (bsonType(value)) {
    case 'ObjectId':
      return `ObjectId('${(value as ObjectId).toHexString()}')`;
    case 'Int32':
    case 'Long':
    case 'Decimal128':
      return (value as Int32 | Long | Decimal128).toString();
    case 'Double': {
      const number = (value as Double).value;
      return Number.isInteger(number) && Math.abs(number) < 1e15 ? number.toFixed(1) : String(number);
    }
    case 'Binary':
    case 'UUID': {
      const binary = value as Binary;
      if (binary.sub_type === 4) return `UUID("${binary.toUUID().toString()}")`;
      return `BinData(${binary.sub_type}, ${binary.toString('hex').toUpperCase()})`;
    }
    case 'Timestamp':
      return `Timestamp(${(value as Timestamp).t}, ${(value as Timestamp).i})`;
    case 'MinKey':
    case 'MaxKey':
      return bsonType(value)!;
    case 'Code':
      return String((value as Code).code);
    default:
      return JSON.stringify(value);
  }
}
