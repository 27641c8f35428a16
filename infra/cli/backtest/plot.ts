import { html, type Html } from '../page/html.ts';
import type { Backtest } from './backtest.ts';
import type { PricePoint } from './prices.ts';

const WIDTH = 960;
const LEFT = 90;
const RIGHT = 24;
const PANEL = 190;
const TOPS = { price: 52, equity: 300 };
const HEIGHT = 540;

/** A row of values drawn from left to right. */
interface Curve {
  name: string;
  top: number;
  values: number[];
  low: number;
  high: number;
}

/** An SVG with the prices and trades, and the equity below; numbers are rounded only for the drawing. */
export function plot(title: string, prices: PricePoint[], { trades, equity }: Backtest): string {
  const price = curveOf(
    'Price',
    TOPS.price,
    prices.map((point) => Number(point.price)),
  );
  const worth = curveOf('Equity', TOPS.equity, equity.map(Number));
  const indexOf = new Map(prices.map(({ time }, index) => [time, index]));
  const marks = trades.map(({ time, type, price: at, qty }) => {
    const [x, y] = [xOf(indexOf.get(time)!, prices.length), yOf(price, Number(at))];
    const tip = type === 'buy' ? -7 : 7;
    const points = `${x},${y + tip} ${x - 5},${y - tip / 2} ${x + 5},${y - tip / 2}`;
    return html`<polygon class="${type}" points="${points}"
      ><title>${type} ${qty} at ${at}, ${time}</title></polygon
    > `;
  });
  const drawn = html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-labelledby="t d"
  >
    <title id="t">${title}</title>
    <desc id="d">The price with ${trades.length} trades on it, and below it the equity.</desc>
    <style>
      text {
        font:
          13px system-ui,
          sans-serif;
        fill: #24303d;
      }
      .heading {
        font-weight: 600;
        font-size: 16px;
      }
      .grid {
        stroke: #d8dee6;
      }
      .curve {
        fill: none;
        stroke: #2458b8;
        stroke-width: 1.5;
      }
      .buy {
        fill: #12803c;
      }
      .sell {
        fill: #c62828;
      }
    </style>
    <rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff" />
    <text class="heading" x="${LEFT}" y="28">${title}</text>
    <polygon class="buy" points="${WIDTH - 170},18 ${WIDTH - 175},28 ${WIDTH - 165},28" />
    <text x="${WIDTH - 158}" y="28">buy</text>
    <polygon class="sell" points="${WIDTH - 100},28 ${WIDTH - 105},18 ${WIDTH - 95},18" />
    <text x="${WIDTH - 88}" y="28">sell</text>
    ${panel(price)}${marks}${panel(worth)}
    <text x="${LEFT}" y="${HEIGHT - 14}">${prices[0]!.time}</text>
    <text x="${WIDTH - RIGHT}" y="${HEIGHT - 14}" text-anchor="end">${prices.at(-1)!.time}</text>
  </svg> `;
  return drawn.text;
}

function panel(curve: Curve): Html {
  const { name, top, values, low, high } = curve;
  const lines = [high, (low + high) / 2, low].map((value) => {
    const y = yOf(curve, value);
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" /><text
        x="${LEFT - 8}"
        y="${y + 4}"
        text-anchor="end"
        >${value.toFixed(2)}</text
      > `;
  });
  const points = values.map((value, index) => `${xOf(index, values.length)},${yOf(curve, value)}`).join(' ');
  return html`${lines}<text x="${LEFT + 6}" y="${top + 16}">${name} ($)</text
    ><polyline class="curve" points="${points}" /> `;
}

function curveOf(name: string, top: number, values: number[]): Curve {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  // A flat line is drawn in the middle.
  const margin = low === high ? 1 : 0;
  return { name, top, values, low: low - margin, high: high + margin };
}

const rounded = (value: number) => Math.round(value * 10) / 10;
const xOf = (index: number, count: number) =>
  rounded(LEFT + ((WIDTH - RIGHT - LEFT) * index) / Math.max(1, count - 1));

const yOf = ({ top, low, high }: Curve, value: number) =>
  rounded(top + PANEL * (1 - (value - low) / (high - low)));
