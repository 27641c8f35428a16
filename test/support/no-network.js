// Loaded into each Node process of a command: every connection fails, also one to this machine.
import { Socket } from 'node:net';

const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  // A path is a pipe between processes.
  if (typeof options === 'string' || options?.path) return connect.apply(this, args);
  process.stderr.write(`NETWORK ${options?.host ?? options?.port ?? options}\n`);
  throw new Error('This command may not use the network.');
};
