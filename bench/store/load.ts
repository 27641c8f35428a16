import { MongoClient } from 'mongodb';

export type Operation = 'read' | 'insert';

interface Point {
  _id: number | string;
  symbol: string;
  price: string;
  qty: number;
  note: string;
}

const POINTS = 1000;
const point = (_id: Point['_id']): Point => ({
  _id,
  symbol: 'AMZN',
  price: '102.48',
  qty: 1,
  note: 'x'.repeat(100),
});

/** The documents that the reads ask for. */
export async function fill(uri: string, documents = POINTS): Promise<void> {
  const client = await connect(uri, 1);
  const points = client.db('bench').collection<Point>('points');
  for (let from = 0; from < documents; from += 1000) {
    const count = Math.min(1000, documents - from);
    await points.insertMany(Array.from({ length: count }, (_, i) => point(from + i)));
  }
  await client.close();
}

/** A client with so many connections, each busy all the time while a rate is taken. */
export interface Load {
  /** Operations a second over so many milliseconds. */
  rate(operation: Operation, ms: number): Promise<number>;
  close(): Promise<void>;
}

export async function startLoad(uri: string, connections: number): Promise<Load> {
  const client = await connect(uri, connections);
  const points = client.db('bench').collection<Point>('points');
  return {
    async rate(operation, ms) {
      const began = performance.now();
      let done = 0;
      const lane = async () => {
        while (performance.now() - began < ms) {
          if (operation === 'read') await points.findOne({ _id: done % POINTS });
          else await points.insertOne(point(`${process.pid}-${written++}`));
          done++;
        }
      };
      await Promise.all(Array.from({ length: connections }, lane));
      return (done * 1000) / (performance.now() - began);
    },
    close: () => client.close(),
  };
}

let written = 0;

function connect(uri: string, connections: number): Promise<MongoClient> {
  return new MongoClient(uri, { maxPoolSize: connections, minPoolSize: connections }).connect();
}
