import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { truthy, type Doc } from '../bson/values.ts';
import { refuse } from '../errors.ts';
import type { Command } from './call.ts';
import { VERSION } from './handshake.ts';

// The commands that mongosh and Compass send when they connect and browse.

export const buildInfo: Command = () => ({
  version: VERSION,
  versionArray: [...VERSION.split('.').map(Number), 0],
  gitVersion: 'embedded',
  modules: [],
  allocator: 'system',
  javascriptEngine: 'none',
  sysInfo: 'deprecated',
  bits: 64,
  debug: false,
  maxBsonObjectSize: 16 * 1024 * 1024,
  storageEngines: ['lmdb'],
});

export const hostInfo: Command = () => ({
  system: {
    currentTime: new Date(),
    hostname: hostname(),
    cpuAddrSize: 64,
    memSizeMB: Math.floor(totalmem() / 1024 / 1024),
    numCores: cpus().length,
    cpuArch: arch(),
  },
  os: { type: platform(), name: platform(), version: release() },
  extra: {},
});

export const connectionStatus: Command = () => ({
  authInfo: { authenticatedUsers: [], authenticatedUserRoles: [], authenticatedUserPrivileges: [] },
});

export const serverStatus: Command = ({ store }) => {
  const uptimeMillis = Date.now() - store.startedAt.getTime();
  return {
    host: `${hostname()}:${store.port}`,
    version: VERSION,
    process: 'mongod',
    pid: process.pid,
    uptime: uptimeMillis / 1000,
    uptimeMillis,
    localTime: new Date(),
    connections: { current: store.connections(), available: 1000 },
    storageEngine: { name: 'lmdb', persistent: true, supportsCommittedReads: true },
    metrics: {
      cursor: { open: { total: store.cursors.size } },
      commands: Object.fromEntries([...store.counters].map(([name, total]) => [name, { total }])),
    },
  };
};

export const getParameter: Command = ({ body, store }) => {
  const known: Doc = {
    featureCompatibilityVersion: { version: VERSION.split('.').slice(0, 2).join('.') },
    cursorTimeoutMillis: (store.options.cursorTimeoutSeconds ?? 600) * 1000,
    ttlMonitorSleepSecs: store.options.ttlSweepSeconds ?? 60,
    ttlMonitorEnabled: true,
    enableTestCommands: store.options.failPoints === true,
    authenticationMechanisms: [],
  };
  if (body.getParameter === '*') return known;
  const found = Object.keys(known).filter((name) => body[name] !== undefined && truthy(body[name]));
  if (found.length === 0) refuse('InvalidOptions', 'no option found to get');
  return Object.fromEntries(found.map((name) => [name, known[name]]));
};

export const getLog: Command = ({ body }) => {
  if (body.getLog === '*') return { names: ['global', 'startupWarnings'] };
  const log = ['This store is for one machine and for tests. It keeps no access control.'];
  return { totalLinesWritten: log.length, log: body.getLog === 'startupWarnings' ? log : [] };
};

export const getCmdLineOpts: Command = () => ({ argv: ['embedded-store'], parsed: {} });
export const whatsMyUri: Command = ({ connection }) => ({ you: `127.0.0.1:${connection.id}` });
export const nothing: Command = () => ({});
export const getFreeMonitoringStatus: Command = () => ({ state: 'disabled' });

export const replSetGetStatus: Command = ({ store }) => {
  if (store.options.replicaSet === undefined) refuse(76, 'not running with --replSet');
  const me = {
    _id: 0,
    name: `127.0.0.1:${store.port}`,
    health: 1,
    state: 1,
    stateStr: 'PRIMARY',
    self: true,
  };
  return { set: store.options.replicaSet, date: new Date(), myState: 1, members: [me] };
};
